/* SPDX-License-Identifier: Apache-2.0 */
/* A deadline that counts the time in which this process ran. A process that is stopped (SIGSTOP, a
 * suspended laptop, a paused container) does not read its clock; so a waiter sleeps in short
 * slices, and each reading adds what has passed since the last one, but at most two slices. It must
 * not know what is waited for. */
#ifndef SC_BASE_DEADLINE_H
#define SC_BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct sc_deadline { /* nanoseconds */
    uint64_t total;
    uint64_t spent; /* of it, at the last look */
    uint64_t stood; /* passed, but not counted: the process stood still */
    uint64_t slice; /* the longest sleep between two looks */
    uint64_t looked;
} sc_deadline;

/* From now on. */
sc_deadline sc_deadline_start(uint64_t total);
/* Looks: what is left, 0 once it has passed. */
uint64_t sc_deadline_left(sc_deadline *deadline);
/* Looks: how long to sleep until the next look; 0 once it has passed. */
uint64_t sc_deadline_nap(sc_deadline *deadline);
/* Makes it longer. */
void sc_deadline_extend(sc_deadline *deadline, uint64_t more);

#endif
