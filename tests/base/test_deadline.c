/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines under a clock that the test moves: time that passes between two looks counts, time in
 * which the process stood still does not, and every deadline passes in the end. */
#include "base/deadline.h"
#include "base/thread_pool.h"
#include "sc_test.h"

static const uint64_t second = UINT64_C(1000000000);
static uint64_t now = UINT64_C(5000000000000);

uint64_t __wrap_sc_now_ns(void);
uint64_t __wrap_sc_now_ns(void) {
    return now;
}

/* Sleeps as a waiter does, until the deadline passes: ns. */
static uint64_t wait_for_it(sc_deadline *deadline) {
    uint64_t began = now, nap;
    while ((nap = sc_deadline_nap(deadline)) > 0) now += nap;
    return now - began;
}

Test(deadline, counts_time_that_passes) {
    const uint64_t lengths[] = {1, 1000, 50000000, 1000000000, 30000000000, 600000000000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        sc_deadline deadline = sc_deadline_start(lengths[i]);
        SC_EQ(sc_deadline_left(&deadline), lengths[i]);
        SC_EQ(wait_for_it(&deadline), lengths[i]);
        SC_EQ(deadline.stood, 0);
        SC_EQ(sc_deadline_left(&deadline), 0);
    }
}

/* Late by less than a slice, as threads are: still all counted. */
Test(deadline, counts_late_looks) {
    sc_deadline deadline = sc_deadline_start(30 * second);
    uint64_t began = now, nap;
    while ((nap = sc_deadline_nap(&deadline)) > 0) now += nap + deadline.slice / 2;
    SC_EQ(deadline.stood, 0);
    SC_TRUE(now - began >= 30 * second && now - began < 31 * second);
}

/* Minutes, and for a deadline of a second too, cost two slices, an eighth of it at most. */
Test(deadline, does_not_count_what_a_stopped_process_misses) {
    const uint64_t lengths[] = {1000000000, 30000000000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        sc_deadline deadline = sc_deadline_start(lengths[i]);
        for (int stop = 1; stop <= 4; stop++) {
            now += 600 * second;
            SC_TRUE(lengths[i] - sc_deadline_left(&deadline) <= (uint64_t)stop * lengths[i] / 8);
        }
        SC_TRUE(deadline.stood > 2395 * second);
        uint64_t left = lengths[i] - deadline.spent;
        SC_EQ(wait_for_it(&deadline), left);
    }
}

Test(deadline, of_nothing_and_extended) {
    sc_deadline none = sc_deadline_start(0), deadline = sc_deadline_start(second);
    SC_EQ(sc_deadline_nap(&none), 0);
    wait_for_it(&deadline);
    sc_deadline_extend(&deadline, 2 * second);
    SC_EQ(wait_for_it(&deadline), 2 * second);
    SC_EQ(deadline.spent, 3 * second);
}
