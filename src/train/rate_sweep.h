/* SPDX-License-Identifier: Apache-2.0 */
/* The range test of learning rates (Smith 2017, "Cyclical Learning Rates for Training Neural
 * Networks", section 3.3): one run in which the rate grows with each step by the same factor. Where
 * the loss falls fastest the rate is a good one; where it grows the rate is too large. */
#ifndef SC_TRAIN_RATE_SWEEP_H
#define SC_TRAIN_RATE_SWEEP_H

#include "train/fit.h"

typedef struct sc_rate_sweep_options {
    double low, high; /* rates of the first step and of the last: 0 < low < high */
    int64_t steps;    /* SC_RATE_SWEEP_LEAST to SC_RATE_SWEEP_MOST */
    /* Both may be NULL. `step`: after each one that counts; `stop`: true ends it, INTERRUPTED. */
    void *user;
    void (*step)(void *user, int64_t step, double loss);
    bool (*stop)(void *user);
} sc_rate_sweep_options;
enum { SC_RATE_SWEEP_LEAST = 20, SC_RATE_SWEEP_MOST = 10000 };

typedef struct sc_rate_sweep {
    sc_env *env;
    size_t steps; /* that were made: it ends where the loss is four times the least one, or no
                   * number
                   */
    double *rate, *loss; /* of each: its rate, and its mean loss before the weights moved */
    double *smooth;      /* the losses so far, averaged with weights that halve every 14 steps */
    double proposal; /* where `smooth` falls fastest over the logarithm of the rate; NaN: nowhere
                      */
    double least;    /* where it is least; NaN: there is no step */
} sc_rate_sweep;

/* The trainer's options with rates of its own: validation, schedule, early stopping, averages and
 * callbacks are left out. Weights are those that the seed gives. Errors: CONFIG, those of
 * training. On failure nothing is left to free. */
socle_status sc_rate_sweep_run(sc_rate_sweep *out, sc_env *env, const sc_fleet_device *device,
                               int devices, sc_net *net, const sc_fit_options *fit,
                               const sc_dataset *train, const sc_rate_sweep_options *options);
void sc_rate_sweep_free(sc_rate_sweep *sweep); /* a zeroed one is fine */

/* What follows from the losses: `smooth`, `proposal` and `least`. A pure function. */
void sc_rate_sweep_judge(sc_rate_sweep *sweep);

#endif
