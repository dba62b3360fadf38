/* SPDX-License-Identifier: Apache-2.0 */
/* Training that is killed at random moments and continued, over and over: what the short and the
 * long test share. */
#ifndef KILL_ROUNDS_H
#define KILL_ROUNDS_H

#include "tool.h"

typedef struct kill_rounds {
    const char *begin;   /* `socle` words of a run into the directory `run` */
    const char *resume;  /* words that continue it */
    const char *whole;   /* words of the same run into the directory `whole`, never killed */
    const char *started; /* what standard output says before the clock starts; NULL: it starts with
                            the process */
    int rounds;
    unsigned seed;
} kill_rounds;

/* Kills until `rounds` processes died, a quarter of them continuing another. After each kill every
 * checkpoint in the directory must load; whenever the run comes to its end, and at last, the result
 * must have the bytes of the run that was never killed. */
void kill_rounds_run(const kill_rounds *plan);

#endif
