/* SPDX-License-Identifier: Apache-2.0 */
/* Successive halving: all candidates are measured quickly, the better half of them more exactly,
 * and so on, so that the time goes to those that may be the best. Arithmetic alone: how a candidate
 * is measured is the caller's, and no clock is read here. */
#ifndef SC_TUNE_HALVING_H
#define SC_TUNE_HALVING_H

#include "base/env.h"

typedef struct sc_halving_entry {
    int rounds; /* that it was measured in, by an earlier search too */
    double seconds;
    bool out; /* it takes part no more: it cannot be used */
} sc_halving_entry;

/* Measures a candidate as exactly as the round asks (from 1). `best`: the least seconds so far, 0:
 * none. What it gives: seconds above 0; infinity: the candidate is out; NAN: there is no time left
 * for it, and it is passed over. A status other than OK ends the search. */
typedef socle_status sc_halving_measure(void *user, int candidate, int round, double best,
                                        double *seconds);

/* Candidates of equal seconds keep their order. What was measured in as many rounds before is not
 * measured again. order: room for `count` numbers, in which the standing is left, *left of them,
 * the best first. */
socle_status sc_halving_run(sc_halving_entry *entry, int count, int rounds,
                            sc_halving_measure *measure, void *user, int *order, int *left);

#endif
