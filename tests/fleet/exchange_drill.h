/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that deliver to an exchange in any order, step after step, and look at what comes out.
 * Shared by the test and by the program for ThreadSanitizer, so it knows neither harness. */
#ifndef SC_TEST_EXCHANGE_DRILL_H
#define SC_TEST_EXCHANGE_DRILL_H

#include "fleet/exchange.h"

typedef struct exchange_drill {
    int threads; /* 1 .. EXCHANGE_DRILL_THREADS */
    int steps;
    bool fixed_tree; /* several nodes per thread, joined along the tree of their numbers */
    bool cancels;    /* in most steps one thread gives the step up, at any point */
    uint32_t seed;
} exchange_drill;

enum { EXCHANGE_DRILL_THREADS = 6, EXCHANGE_DRILL_TEXT = 256 };

/* False: `why` says which step went wrong and how. Without a mistake *decided is the number of
 * steps that were not given up. */
bool exchange_drill_run(const exchange_drill *drill, int *decided, char why[EXCHANGE_DRILL_TEXT]);

#endif
