/* SPDX-License-Identifier: Apache-2.0 */
/* Which optimizer moves which parameter, how fast, with which decay, and what stays as it is: what
 * a run's parameter groups come to for a network. It knows names and numbers, no device and no
 * file. */
#ifndef SC_TRAIN_UPDATES_H
#define SC_TRAIN_UPDATES_H

#include "train/fit.h"

typedef struct sc_updates {
    sc_env *env;
    sc_optimizer optimizer[SC_OPTIMIZERS]; /* the run's, then those of groups: each once */
    int optimizers;
    char *average[SC_OPTIMIZERS]; /* their updates where the run averages; else NULL */
    int *optimizer_of; /* per net parameter: its number, or SC_FROZEN, as statistics have too */
    char *penalty[SC_OPTIMIZERS]; /* their updates where L1 makes zeros, without averages; else NULL
                                   */
    float *rate_scale, *decay, *l1, *l2; /* per net parameter */
    bool penalised;                      /* some of the last two is not 0 */
    int group, pattern; /* after CONFIG: whose fault it is; -1: of all groups, of all patterns */
} sc_updates;

/* Settles the groups of `options` over a network. Errors: CONFIG (a pattern matches no parameter,
 * two groups have one, everything is frozen, too many optimizers; `group` and `pattern` say where).
 * On failure nothing is left to free. */
socle_status sc_updates_create(sc_updates *out, const sc_net *net, const sc_fit_options *options);
void sc_updates_free(sc_updates *updates); /* a zeroed one is fine */
/* What moves a parameter; NULL: it is frozen, or a statistic. */
const sc_optimizer *sc_updates_optimizer(const sc_updates *updates, size_t parameter);
/* The options of an engine that trains so; `updates` must outlive its creation. */
void sc_updates_apply(const sc_updates *updates, sc_engine_options *options);

/* average.c: the update of an optimizer that keeps the average of each weight too, as its last
 * state: how far it lags behind. *out is released by sc_release. Errors: CONFIG (no room for a
 * further state). */
socle_status sc_average_update(char **out, sc_env *env, const sc_optimizer *optimizer,
                               float average);

/* An update between two texts, in their place *out; `what` begins messages. */
socle_status sc_surround_update(char **out, sc_env *env, const sc_optimizer *optimizer,
                                const char *what, const char *before, const char *behind);
/* penalty.c: the update of an optimizer that leaves weights with an L1 penalty on their side of 0.
 */
socle_status sc_penalty_update(char **out, sc_env *env, const sc_optimizer *optimizer);

#endif
