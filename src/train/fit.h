/* SPDX-License-Identifier: Apache-2.0 */
/* The training loop of one network over one data set: epochs, steps, validation, what to stop for,
 * what is best so far. It decides which samples make a step; the fleet computes. Position and
 * totals can be taken out and put back (checkpoint.h), after which the run continues as if it had
 * never stopped. Thread: the caller's. */
#ifndef SC_TRAIN_FIT_H
#define SC_TRAIN_FIT_H

#include "engine/stage.h"
#include "fleet/fleet.h"
#include "train/schedule.h"

#include <math.h>

typedef struct sc_trainer sc_trainer;

typedef struct sc_progress {
    int64_t epoch, epochs; /* epoch from 1 */
    int64_t row, rows;     /* of the epoch */
    int64_t step;
    double loss, metric[SC_NET_METRICS]; /* so far in this epoch, as last seen without waiting; NaN:
                                            not yet */
    double samples_per_second;           /* of this epoch so far */
} sc_progress;

typedef struct sc_epoch_report {
    int64_t epoch, step;
    double loss, metric[SC_NET_METRICS]; /* NaN: does not exist */
    double val_loss, val_metric[SC_NET_METRICS];
    double seconds, samples_per_second; /* training part alone */
    float learning_rate;                /* of the last step, */
    float last_loss;                    /* and its mean loss; 0 where nothing of it counted */
    bool best;                          /* best validation so far (without validation: always) */
    double penalty;                     /* of the weights after the last step; NaN: there is none */
    bool whole;                         /* false: the step limit came first */
    sc_scaling scaling;                 /* of precision f16, as it is now */
    const sc_fleet *fleet;              /* who computed it, with shares and rates */
} sc_epoch_report;

typedef struct sc_evaluation {
    double loss, metric[SC_NET_METRICS]; /* means, by weight where samples have weights; NaN: does
                                            not exist */
    int64_t samples;
    double weight; /* the sum of their weights, or their number; 0: the means are NaN */
} sc_evaluation;

/* What is added to the loss: l1 * sum |w| + l2 * sum w^2. NaN: as the run says. */
typedef struct sc_penalty {
    double l1, l2;
    bool biases; /* of biases and scales too, not of weights alone */
} sc_penalty;

/* Parameters that are moved in another way than the others. */
typedef struct sc_parameter_group {
    const char **pattern; /* of their names, as for files ("conv2d*.weight"); a layer's name stands
                             for all it has */
    int patterns;
    sc_optimizer optimizer; /* no kind: the run's */
    float rate;             /* factor of the learning rate */
    double decay;           /* L2, on weights alone; NaN: the run's */
    sc_penalty penalty;
    bool frozen; /* keeps its values: no gradient, no optimizer */
} sc_parameter_group;
#define SC_PARAMETER_GROUP_STANDARD .rate = 1, .decay = NAN, .penalty = {.l1 = NAN, .l2 = NAN}

/* For tests and benchmarks: all zero in a run. */
typedef struct sc_fit_hooks {
    sc_engine_hooks engine;
    uint64_t least_deadline; /* ns; what steps take gives no shorter deadline; 0: the standard one
                              */
} sc_fit_hooks;

typedef struct sc_fit_options {
    sc_optimizer optimizer;
    sc_schedule schedule;       /* of its learning rate; texts are borrowed */
    int64_t epochs, steps;      /* steps: stop after so many in all; 0 = no limit */
    int64_t batch, micro_batch; /* micro_batch 0: the whole share of a device, or what its memory
                                   allows */
    bool reproducible; /* fixed micro-batches, fixed sums: the same bits on 1, 2 or 3 devices of one
                          kind */
    sc_augment augment; /* of the training samples; validation and test see images as they are */
    uint64_t seed;      /* of initial weights, shuffling, split, augmentation and dropout */
    bool replacement;   /* each sample of an epoch is drawn anew from all: some come twice, some not
                         */
    uint32_t window;    /* of shuffling (sc_order); 0: all samples together */
    bool shuffle, drop_short; /* drop_short: leave out a last batch of fewer rows */
    double validation; /* fraction of the training data; which of the parts of this size, from 1: */
    int64_t fold;
    bool stratify; /* each class has its share of the validation part */
    uint32_t tail; /* the last so many of the training data are the validation instead; 0: none */
    const char *best; /* what of the validation says which epoch is best (sc_net_judge); read when a
                         trainer is made */
    float average; /* judge with averages of the weights, of which each step keeps so much; 0: with
                      the weights */
    int64_t patience;   /* end after so many epochs without a better validation; 0: never */
    double least_gain;  /* by which a better one is better, as sc_metric_score counts */
    float weight_decay; /* L2, on weights alone, as the optimizer has it */
    sc_penalty penalty;
    float clip_norm, clip_value; /* most of the norm of all gradients of a step, and of each of
                                    their elements; 0: no limit */
    float adversarial, adversarial_share; /* each sample is also seen moved so far against the
                                             network, which is so much of the loss; 0: no */
    const sc_parameter_group *group;      /* borrowed; what is in none has the options above */
    int groups;
    int64_t pictures; /* samples that sc_trainer_generate will be asked for, of a network that makes
                         them itself; 0: none */
    int precision; /* how activations and their gradients are stored in training: f32 (0), f16 with
                      loss scaling, bf16 */
    uint64_t memory;   /* budget of device bytes; 0 = what the device offers, less a reserve */
    bool staged;       /* never keep data on the device */
    uint64_t deadline; /* ns after which a device that does not answer is given up; 0: by what steps
                          take */
    sc_exchange_create exchange; /* of several devices' sums; NULL: within this process */
    sc_plan_options plan;
    sc_fit_hooks hooks;
    /* All may be NULL. Called on the trainer's thread. */
    void *user;
    void (*progress)(void *user, const sc_progress *progress);        /* about ten times a second */
    socle_status (*epoch)(void *user, const sc_epoch_report *report); /* a failure ends the run */
    bool (*stop)(void *user); /* asked after each step: true ends the run with INTERRUPTED after
                                 that step */
    /* Asked after each step within an epoch: true has `checkpoint` called, position and totals up
     * to date. It is called too where the step limit ends the run within an epoch, before that part
     * is judged: that state continues as if nothing had ended. A failure ends the run. */
    bool (*checkpoint_due)(void *user, int64_t step);
    socle_status (*checkpoint)(void *user);
} sc_fit_options;

#define SC_FIT_STANDARD                                                                            \
    .schedule = {.word = "constant"}, .epochs = 1, .batch = 32, .seed = 1, .shuffle = true,        \
    .fold = 1, .adversarial_share = 0.5f
/* Whether a run of these options validates. */
static inline bool sc_fit_validates(const sc_fit_options *options) {
    return options->validation > 0 || options->tail > 0;
}
sc_fit_options sc_fit_defaults(void); /* these, and adam as it is by default */

/* Data sets, net, workers and `env` must outlive the trainer. `test` may be NULL: a second data set
 * for sc_trainer_test. Weights are initialised from the seed. Errors: CONFIG (a batch of 0, batch
 * statistics that cannot be split, ...), those of the engine. */
socle_status sc_trainer_create_on(sc_trainer **out, sc_env *env, const sc_fleet_device *device,
                                  int devices, sc_net *net, const sc_fit_options *options,
                                  const sc_dataset *train, const sc_dataset *test);
/* On one device, on the caller's thread. */
socle_status sc_trainer_create(sc_trainer **out, sc_device *device, sc_net *net,
                               const sc_fit_options *options, const sc_dataset *train,
                               const sc_dataset *test);
/* False: a device hangs, and what the trainer was given must stay until the process ends. NULL is
 * fine. */
bool sc_trainer_destroy(sc_trainer *trainer);
sc_env *sc_trainer_env(const sc_trainer *trainer);
const sc_net *sc_trainer_net(const sc_trainer *trainer);
sc_fleet *sc_trainer_fleet(const sc_trainer *trainer);
const sc_fit_options *sc_trainer_options(const sc_trainer *trainer);

bool sc_trainer_penalised(const sc_trainer *trainer); /* has penalties, which reports show */
/* What moves a parameter; NULL: it is frozen, or a statistic. */
const sc_optimizer *sc_trainer_optimizer(const sc_trainer *trainer, int parameter);

/* Before a run: f16 has no room for products with a weight that is beyond its range. A run that
 * took steps in f16 before is not looked at, and statistics are never. Errors: CONFIG (names the
 * parameter), those of the fleet. */
socle_status sc_trainer_check_weights(const sc_trainer *trainer);
/* Whether the net measures what the schedule looks at, and there is a validation where it needs
 * one. *judge: as of sc_net_judge. Errors: CONFIG. */
socle_status sc_fit_judge_progress(int *judge, const sc_net *net, const sc_fit_options *options);
/* Runs to the end, or to a stop: INTERRUPTED (after a whole step), DIVERGED (text names the step;
 * weights are those before it). A run continued where its step limit ended it within an epoch
 * judges that part again. */
socle_status sc_trainer_run(sc_trainer *trainer);
/* The run is over because its validation has brought nothing better for so long as `patience` says.
 */
bool sc_trainer_gave_up(const sc_trainer *trainer);
/* Of a loss that moves nothing once every sample is right (the perceptron's): since which epoch
 * that is so; 0: it is not; -1: of another loss. */
int64_t sc_trainer_settled(const sc_trainer *trainer);
/* The micro-batch that `reproducible` fixes where none is named. */
int64_t sc_fit_reproducible_rows(int64_t batch);
/* Evaluates the test set with the current weights. */
socle_status sc_trainer_test(sc_trainer *trainer, sc_evaluation *out);
/* Puts the weights of the best epoch back (they are kept on the host). */
socle_status sc_trainer_restore_best(sc_trainer *trainer);

/* The last epoch that was better by enough, for early stopping. */
typedef struct sc_patience {
    double best;   /* its score; NaN: none since the waiting began */
    int64_t epoch; /* from 1; or after which epoch the waiting began */
} sc_patience;
sc_patience sc_patience_begin(int64_t epoch);

/* Where a run is; all that is needed beside the tensors to continue it. */
typedef struct sc_position {
    int64_t epoch;      /* whole epochs done */
    int64_t row;        /* rows done of the next one */
    int64_t step;       /* steps done in all */
    sc_sums sum;        /* of the epoch under way (sums of exact floats); a metric is NaN
                           where the run did not measure it from the epoch's begin */
    sc_scaling scaling; /* of precision f16 */
    sc_plateau plateau; /* of a schedule that judges epochs */
    sc_patience patience;
    double best; /* best score so far; NaN: none */
    int64_t best_epoch;
} sc_position;
sc_position sc_trainer_position(const sc_trainer *trainer);
socle_status sc_trainer_set_position(sc_trainer *trainer, const sc_position *position);
/* position.c: whether the trainer's run can ever be there: counts within an epoch's samples, and
 * steps and totals that follow from them. `has_best`: weights of a best epoch come along. Errors:
 * DATA (names the field, as in run.step, and what it may be). */
socle_status sc_trainer_check_position(const sc_trainer *trainer, const sc_position *position,
                                       bool has_best);
/* A parameter or statistic of which the host has a copy that outlives every device. Several
 * devices: as it was when the epoch under way began. One: as it was after the best epoch. NULL:
 * there is none yet. */
const float *sc_trainer_kept(const sc_trainer *trainer, int parameter);
/* Weights of the best epoch, one array per net parameter; NULL while there is none. */
float *const *sc_trainer_best(const sc_trainer *trainer);
socle_status sc_trainer_set_best(sc_trainer *trainer, int parameter, const float *data);

/* A loss that is not a finite number tells nothing of a model: DIVERGED. `what` names the data. */
socle_status sc_evaluation_check(sc_env *env, const sc_evaluation *evaluation, const char *what);
/* The means of what evaluations or epochs of this network summed up; metrics that it does not
 * measure are NaN. */
sc_evaluation sc_evaluation_of(const sc_net *net, const sc_sums *sum, int64_t samples);
/* Evaluates `dataset` on an engine made for evaluation (staged). */
socle_status sc_evaluate(sc_engine *engine, const sc_stage_source *source, sc_evaluation *out);
/* The same, and what was collected for metrics goes to `use`, where the net collects something. */
typedef socle_status (*sc_use_rows)(void *argument, const sc_scored *rows);
socle_status sc_evaluate_rows(sc_engine *engine, const sc_stage_source *source, sc_evaluation *out,
                              sc_use_rows use, void *argument);
/* `count` samples of a network that makes them itself: count * sc_engine_prediction_size floats.
 * They follow from weights and seed alone. Errors: STATE (its result is of an input). */
socle_status sc_generate(sc_engine *engine, int64_t count, float *out);
/* The same with the weights of a run as they are now, on its leader; `pictures` of its options says
 * so before. */
socle_status sc_trainer_generate(sc_trainer *trainer, int64_t count, float *out);
/* Predictions for every sample in order: out has count * sc_engine_prediction_size floats. Staged
 * engine; no target needed. */
socle_status sc_predict(sc_engine *engine, const sc_stage_source *source, float *out);

#endif
