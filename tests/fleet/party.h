/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of fleets share: several devices with a worker each, small networks on the golden
 * data, a run on them, and everything that persists at its end. Each test is a process of its own,
 * so there is one party at a time. */
#ifndef SC_TEST_PARTY_H
#define SC_TEST_PARTY_H

#include "../train/fixture.h"
#include "unruly.h"

#include <unistd.h>

enum { PARTY_MOST = 4, PARTY_LOG = 1 << 16, PARTY_STEPS = 64 };

typedef struct party {
    sc_env env;
    sc_registry registry, real; /* real: behind unruly devices */
    sc_fleet_device device[PARTY_MOST];
    int devices;
    sc_dataset *data;
    char log[PARTY_LOG]; /* lines of the logger, "W text\n" or "I text\n" */
} party;

/* Opens devices by the tool's grammar ("cpu=3,cpu=1", "opencl:0/0,cpu"), the cpu with one thread
 * each. One that is not here skips the test. "unruly,unruly=2" opens unruly devices over the cpu;
 * set their manners before by party_manner.
 */
void party_open(party *p, const char *devices);
void party_manner(int number, unruly_manner manner); /* of the unruly devices of the next party_open
                                                      */
void party_close(party *p);
/* How many lines hold `text`. */
int party_lines(const party *p, const char *text);
/* The data: the golden images, 320 of 12x12, at first. */
void party_data(party *p, sc_dataset *data);

/* Nets: "mlp": two layers with dropout; "cnn": as in fashion-cnn, with dropout; "norm": batch
 * normalisation; "unequal": with two group sizes, the second half the first; "count": one dense
 * unit, squared error; "words": an embedding of which a step moves the rows that it looks up. */
typedef struct party_run {
    const char *net;
    int64_t group;  /* of "norm" */
    bool unwatched; /* no look between steps, which waits for the leader: `loss` and `share` stay
                       empty */
    sc_fit_options fit;       /* hooks are the party's own, but for `stop` with `user` */
    struct party_state *kept; /* where a run fails: parameters and statistics that the host has;
                                 NULL: not asked */
    /* Out. */
    sc_trainer *trainer; /* while hooks are called */
    float loss[PARTY_STEPS];
    int64_t share[PARTY_STEPS][PARTY_MOST]; /* after each step but the last of an epoch */
    int steps;                              /* so many of them are filled */
    double validation;                      /* loss of the last epoch */
    int64_t calls[UNRULY_MOST];             /* of unruly devices, before everything is destroyed */
    int64_t step_calls[PARTY_STEPS][UNRULY_MOST]; /* after each step but the last of an epoch */
    int64_t epoch_calls[UNRULY_MOST];             /* after the first epoch */
} party_run;

/* Standard: "mlp", sgd with momentum, batch 50, seed 5; `steps` of them, over as many epochs as
 * that takes. */
party_run party_standard(int64_t steps);

/* All that persists after a run: parameters, statistics, optimizer states, the epoch's totals. */
typedef struct party_state {
    float *value;
    size_t count, parameters; /* parameters: how many of them are parameters and statistics */
} party_state;

/* Runs; `state` may be NULL. */
socle_status party_train(party *p, party_run *run, party_state *state);
/* The same, which must go well. */
party_state party_trained(party *p, party_run *run);
/* The whole of it: opens, trains, closes. */
party_state party_on(const char *devices, party_run *run);
void party_free(party_state *state);
void party_same(const party_state *a, const party_state *b);       /* by bits */
double party_distance(const party_state *a, const party_state *b); /* largest difference of
                                                                      parameters and statistics */

#endif
