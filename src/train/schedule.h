/* SPDX-License-Identifier: Apache-2.0 */
/* How the learning rate changes in the course of a run: a factor of it for each step, by a formula
 * of the step and the epoch. It knows numbers alone, no network and no device. */
#ifndef SC_TRAIN_SCHEDULE_H
#define SC_TRAIN_SCHEDULE_H

#include "base/option.h"
#include "op/expr.h"

enum { SC_SCHEDULE_OPTIONS = 4 };

typedef struct sc_schedule {
    const char *word;                 /* of sc_schedule_family; NULL: constant */
    float warmup;                     /* epochs in which the rate rises from 0 first */
    float value[SC_SCHEDULE_OPTIONS]; /* what the formula of the kind reads by name */
    int patience;                     /* epochs without progress before the rate falls */
    sc_numbers at;                    /* epochs at which something happens */
    const char *metric;               /* of a kind that judges epochs: what by; NULL: the loss */
    const char *formula;              /* of a kind without one of its own; borrowed */
} sc_schedule;

extern const sc_family sc_schedule_family;
/* The formula of a record of the family; NULL: the user's. */
const char *sc_schedule_formula(const sc_record *record);

/* What a schedule has learnt from the epochs so far. */
typedef struct sc_plateau {
    double factor;  /* of the rate, 1 at first */
    double best;    /* least loss so far, or what stands for it; NaN: none */
    int64_t waited; /* epochs since then */
} sc_plateau;
sc_plateau sc_plateau_begin(void);

/* A schedule over a run of so many steps. */
typedef struct sc_schedule_run {
    sc_schedule schedule;
    sc_expr expr;
    double epoch_steps, steps;
} sc_schedule_run;

/* Whether the formula can be read. Errors: CONFIG, with the column. */
socle_status sc_schedule_check(sc_env *env, const sc_schedule *schedule);
/* Reads the formula. `schedule`: as its table allows; its texts must outlive the run. Errors:
 * CONFIG (a formula that is wrong, with its column; a factor of some epoch that is negative or not
 * finite). */
socle_status sc_schedule_begin(sc_schedule_run *out, sc_env *env, const sc_schedule *schedule,
                               int64_t epoch_steps, int64_t steps);
/* The factor of a step, from 1. Errors: CONFIG (negative, or not finite). */
socle_status sc_schedule_factor(double *out, sc_env *env, const sc_schedule_run *run, int64_t step,
                                const sc_plateau *plateau);
/* Whether epochs are judged: else their losses change nothing. */
bool sc_schedule_judges(const sc_schedule *schedule);
/* After an epoch of this loss (of the validation data, where there are some). True: the rate falls.
 */
bool sc_schedule_judge(const sc_schedule *schedule, sc_plateau *plateau, double loss);

#endif
