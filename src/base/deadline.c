/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines in time in which the process ran. */
#include "base/deadline.h"

#include "base/thread_pool.h"

#define SLICES 16 /* of a deadline, so that short ones bear being stopped too */
#define SLICE_MOST UINT64_C(250000000) /* ns */
#define SLICE_LEAST UINT64_C(100000)

sc_deadline sc_deadline_start(uint64_t total) {
    uint64_t slice = total / SLICES;
    if (slice > SLICE_MOST) slice = SLICE_MOST;
    if (slice < SLICE_LEAST) slice = SLICE_LEAST;
    return (sc_deadline){.total = total, .slice = slice, .looked = sc_now_ns()};
}

uint64_t sc_deadline_left(sc_deadline *deadline) {
    uint64_t now = sc_now_ns(), passed = now - deadline->looked, most = 2 * deadline->slice;
    deadline->looked = now;
    deadline->stood += passed > most ? passed - most : 0;
    deadline->spent += passed > most ? most : passed;
    return deadline->spent < deadline->total ? deadline->total - deadline->spent : 0;
}

uint64_t sc_deadline_nap(sc_deadline *deadline) {
    uint64_t left = sc_deadline_left(deadline);
    return left < deadline->slice ? left : deadline->slice;
}

void sc_deadline_extend(sc_deadline *deadline, uint64_t more) {
    deadline->total += more;
}
