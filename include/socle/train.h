/* SPDX-License-Identifier: Apache-2.0 */
/* Training, in two levels: socle_fit and its relatives run whole loops; a socle_trainer runs single
 * steps for those who write their own. Same seed, same device: same bits. */
#ifndef SOCLE_TRAIN_H
#define SOCLE_TRAIN_H

#include "data.h"
#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_optimizer {
    const char *kind; /* "sgd", "nesterov", "adam", "adamw", "amsgrad", "adamax", "nadam", "lamb",
                         "lion", "rmsprop", "adagrad", "adadelta" (docs/reference.md), or an update
                         as a formula (socle_update); NULL: adam */
    float value[6];   /* its options in the order of the reference, the rate first; sgd: rate,
                         momentum; adam: rate, beta1, beta2, epsilon; an update: rate */
    int values;       /* how many were given; the others are standard */
} socle_optimizer;

/* v = momentum v + g; w -= learning_rate v */
static inline socle_optimizer socle_sgd(float learning_rate, float momentum) {
    socle_optimizer optimizer = {"sgd", {learning_rate, momentum}, 2};
    return optimizer;
}
/* Kingma and Ba 2015; beta1 0.9, beta2 0.999, epsilon 1e-8. */
static inline socle_optimizer socle_adam(float learning_rate) {
    socle_optimizer optimizer = {"adam", {learning_rate}, 1};
    return optimizer;
}

/* An optimizer of one's own, as a formula (docs/configuration.md, "Formulas") of w, a parameter, g,
 * its gradient, lr and step: "v = 0.9 * v + g; w = w - lr * v". What is read before it is given a
 * value, as v here, is kept from step to step. A formula that is wrong is a CONFIG error of whoever
 * trains with it, which names the column. */
static inline socle_optimizer socle_update(float learning_rate, const char *formula) {
    socle_optimizer optimizer = {formula, {learning_rate}, 1};
    return optimizer;
}

/* How the learning rate changes in the course of a run: a factor of it for each step. Zeroed: not
 * at all. */
typedef struct socle_schedule {
    const char *kind; /* "step", "exponential", "cosine", "polynomial", "one_cycle", "plateau"
                         (docs/reference.md), or the factor as a formula of epoch (0 at first, grows
                         by a part with each step), epochs, step (from 1) and steps: "1 / (1 +
                         epoch)"; NULL: "constant" */
    float value[6];   /* the kind's options in the order of the reference; cosine: period, growth,
                         least, warmup */
    int values;       /* how many were given; the others are standard */
} socle_schedule;

/* Falls to 0 along half a cosine wave, after the rate has risen for `warmup` epochs. */
static inline socle_schedule socle_cosine(float warmup) {
    socle_schedule schedule = {"cosine", {0, 1, 0, warmup}, 4};
    return schedule;
}

/* Something that is measured beside the loss: "accuracy", the loss of a phase ("NAME_loss"). */
typedef struct socle_metric {
    const char *name; /* the net's */
    double value;     /* a mean; NaN: does not exist */
} socle_metric;

typedef struct socle_epoch {
    int64_t epoch;                                 /* from 1 */
    double loss, accuracy, val_loss, val_accuracy; /* means; accuracy 0 to 1; NaN: does not exist */
    double samples_per_second;                     /* of training alone */
    /* All that the net measures, of training and of validation; until the callback returns. */
    int metrics;
    const socle_metric *metric, *val_metric;
} socle_epoch;

/* Parameters that are moved in another way than the others. A parameter is in one group at most; an
 * optimizer's rate follows the schedule in proportion to that of the fit. */
typedef struct socle_parameter_group {
    const char *const *parameters; /* their names, or patterns of such ("conv2d*.weight"); the name
                                      of a layer or of a network stands for all it has */
    int count;
    socle_optimizer optimizer; /* zeroed: the fit's */
    float rate;                /* factor of the learning rate; 0: 1 */
    int frozen;                /* 1: they stay as they are, and take no memory for training */
    const float *weight_decay, *penalty_l1, *penalty_l2; /* NULL: the fit's */
} socle_parameter_group;

/* How training varies images (inputs [channels, height, width]), anew in each epoch; validation
 * sees them as they are. The same seed gives the same images on every device. Zeroed: not at all.
 */
typedef struct socle_augment {
    int shift; /* moves by up to so many pixels, down or up and right or left; 0 comes in */
    int flip_horizontal; /* 1: left and right change places in every second image */
} socle_augment;

typedef struct socle_fit_opts {
    socle_optimizer optimizer;
    int64_t epochs, steps;  /* steps: stop after so many; 0 = no limit */
    int64_t batch;          /* samples of a step */
    uint64_t seed;          /* of initial weights, order, split, augmentation, dropout */
    float validation_split; /* share of the data set aside, 0 to below 1 */
    float weight_decay;     /* L2 coefficient, on weights */
    int no_shuffle;         /* 1: every epoch in the order of the data set */
    uint64_t memory;        /* budget of device bytes; 0: what the device offers */
    /* After each epoch, on the caller's thread; not 0: stop. It may call socle_error; other calls
     * on the context return STATE. */
    int (*on_epoch)(void *user, const socle_epoch *epoch);
    void *user; /* given to on_epoch */
    /* 1: fixed micro-batches, summed along a fixed tree: the same bits whether 1, 2 or 3 devices of
     * one kind take part. Batch normalisation then takes statistics over micro-batches. 2: besides,
     * every sum in an order that follows from its shape alone: the same bits on every device that
     * rounds as IEEE 754 says and keeps subnormal numbers, and on any mixture of them; others are
     * refused. */
    int reproducible;
    socle_augment augment;
    int drop_short; /* 1: leave out a last batch of an epoch that is not full */
    /* How activations and their gradients are stored: SOCLE_F32, or in half of the bytes SOCLE_F16,
     * with gradients scaled as far as it goes, or SOCLE_BF16. Weights are f32 always. */
    socle_dtype precision;
    socle_schedule schedule; /* of the optimizer's learning rate */
    /* Limits of a step's mean gradient, before weight decay: of the norm of all its numbers, and
     * then of each. 0: none. */
    float clip_norm, clip_value;
    /* Ends the fit when so many epochs have brought nothing better by validation: a higher
     * accuracy, or where the loss has none a lower loss, by at least least_gain. 0: never. */
    int64_t patience;
    float least_gain;
    /* Leaves averages of the weights over the steps instead of the weights, and judges by them: how
     * much of its average a weight's step keeps, 0 to below 1 (0.999). 0: the weights. */
    float average;
    /* Added to the mean loss of a step: penalty_l1 * sum |w| + penalty_l2 * sum w^2 of the weights,
     * not of biases. What L1 brings to 0 is exactly 0. 0: nothing. */
    float penalty_l1, penalty_l2;
    /* Further ways in which training varies images: the share of which a random rectangle becomes
     * 0, 0 to 1, or the side of a square that does in each, in pixels. 0: none. */
    float augment_erase;
    int augment_cutout;
    int replacement; /* 1: the samples of an epoch are drawn from all, some twice, some not at all
                      */
    const socle_parameter_group *groups; /* `group_count` of them; what is in none has the options
                                            above */
    int group_count;
    /* An epoch shuffles samples within windows of so many neighbours, and windows among each other,
     * which keeps together what socle_data_stream reads together. 0: all samples together. */
    uint32_t window;
} socle_fit_opts;

/* socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT; */
#ifdef __cplusplus
static inline socle_fit_opts socle_fit_opts_default(void) {
    socle_fit_opts opts = socle_fit_opts();
    opts.optimizer = socle_adam(0.001f);
    opts.epochs = 1;
    opts.batch = 32;
    opts.seed = 1;
    return opts;
}
#define SOCLE_FIT_OPTS_DEFAULT socle_fit_opts_default()
#else
#define SOCLE_FIT_OPTS_DEFAULT                                                                     \
    { .optimizer = {"adam", {0.001f}, 1}, .epochs = 1, .batch = 32, .seed = 1 }
#endif

/* Trains from the present weights (the first time: initial ones from the seed) with a fresh
 * optimizer state, and leaves the best weights by validation, without validation the last. data: a
 * column for each input of the net, and labels or targets as its loss reads them; with a column
 * "weight" (data.h), losses, gradients and accuracies are means by weight: a step divides by the
 * sum of its samples' weights, and one whose sum is 0 changes nothing. opts NULL: standard. errors:
 * the first error of building; CONFIG (an option out of range, no loss), DATA (data that do not
 * suit the net), DEVICE, DEVICE_MEMORY. After DIVERGED the weights are those before the step that
 * was not finite; after INTERRUPTED (on_epoch asked to stop) the last. Where the last of several
 * devices was lost they are those with which its epoch began, and if it was lost between two
 * epochs the one before. Where the only device was lost they
 * are those that a fit of the epochs before would have left: of the best one by validation, without
 * validation of the last one, and in the first epoch those before the call. After any other failure
 * they are those before the call. */
SOCLE_API socle_status socle_fit(socle_net *net, const socle_data *data,
                                 const socle_fit_opts *opts);

/* What a fit takes of a device, in bytes, before anything is taken. */
typedef struct socle_memory {
    uint64_t parameters, gradients, optimizer, inputs, data, activations;
    uint64_t other;     /* statistics, coefficients, packed weights, exchange between devices */
    uint64_t total;     /* of all these: device memory */
    uint64_t staging;   /* host memory that the device reads from */
    uint64_t needed;    /* what of total and staging counts against the budget */
    uint64_t available; /* what is left of the budget */
    uint64_t largest;   /* largest part that must lie in one allocation, */
    uint64_t max_allocation;  /* and what the device gives at once */
    int64_t micro_batch;      /* samples that are computed at once, */
    int64_t micro_batches;    /* so many times for each step */
    int data_on_device, fits; /* 1: yes */
    int recomputed;           /* 1: only if activations are made again in the backward pass */
} socle_memory;

/* Forecasts what socle_fit would take of the context's first device. data NULL: samples come from
 * the host. opts NULL: standard; `memory` in them is the budget. Compiles kernels, allocates no
 * device memory.
 * errors: as of socle_fit. DEVICE_MEMORY: it does not fit; *out is filled all the same, and the
 * text says by how much, which layer takes the most, and what would help. */
SOCLE_API socle_status socle_memory_forecast(socle_net *net, const socle_data *data,
                                             const socle_fit_opts *opts, socle_memory *out);

typedef struct socle_result {
    double loss, accuracy; /* means over the samples, by their weights if data have them; accuracy
                              NaN: the loss has none */
    int64_t samples;
} socle_result;

/* Loss and accuracy of the present weights. data: as for socle_fit. A sample whose outputs are NaN
 * or infinite counts as wrong. errors: the first error of building; CONFIG (no loss), DATA, DEVICE,
 * DEVICE_MEMORY. DIVERGED: the loss is not finite; *out is filled all the same. */
SOCLE_API socle_status socle_evaluate(socle_net *net, const socle_data *data, socle_result *out);
/* Predictions of the present weights. data: a column for each input; targets are not read.
 * out: [count of data, socle_outputs] f32, softmax or sigmoid applied as the loss says; `size`
 * floats. The weights stay on the device until they or the network change, a network of the context
 * trains, or evaluation or prediction lacks the memory; further calls cost the samples alone.
 * errors: the first error of building; INVALID_ARGUMENT (another size), DATA, DEVICE. */
SOCLE_API socle_status socle_predict(socle_net *net, const socle_data *data, float *out,
                                     size_t size);
/* socle_predict without the softmax or sigmoid: the values that the loss reads. A network's calls
 * of the two in turn bring its weights to the device each time. errors: the same. */
SOCLE_API socle_status socle_predict_logits(socle_net *net, const socle_data *data, float *out,
                                            size_t size);
/* Floats per sample that socle_predict gives; 0 for NULL or an empty network. */
SOCLE_API int64_t socle_outputs(const socle_net *net);

typedef struct socle_trainer socle_trainer;

/* Makes a trainer for steps of up to `batch` samples. The net gives its weights now and takes them
 * back by socle_trainer_sync; while the trainer exists, nothing can be added to it.
 * seed: of the initial weights, if there are none yet, and of dropout.
 * errors: the first error of building; CONFIG, INVALID_ARGUMENT, DEVICE_MEMORY. */
SOCLE_API socle_status socle_trainer_create(socle_trainer **out, socle_net *net,
                                            socle_optimizer optimizer, int64_t batch,
                                            uint64_t seed);
/* The same with all that concerns single steps: the optimizer, batch, seed, weight_decay,
 * precision, clip_norm, clip_value, penalties and groups of `opts`; the rest, which is about loops
 * over data, is not read. opts NULL: standard. A net with phases takes a step of all of them.
 * errors: as of socle_trainer_create and of socle_fit. */
SOCLE_API socle_status socle_trainer_create_with(socle_trainer **out, socle_net *net,
                                                 const socle_fit_opts *opts);
/* Releases the trainer; the net keeps the weights of the last sync. NULL is fine. */
SOCLE_API void socle_trainer_destroy(socle_trainer *trainer);
/* Takes one step over `rows` samples (1 to batch) in host memory, each of which counts once.
 * inputs: [rows, shape] of the input's type. targets: class numbers u8 [rows], or values f32
 * [rows, shape of the output]; not read where no loss of the net compares with them. *loss: mean
 * loss before the step; NULL: nothing waits for the device. errors: INVALID_ARGUMENT (also where
 * there are more than 256 classes, which u8 does not hold: socle_trainer_step_with), DATA (a class
 * number out of range, a value that is not finite or, for binary cross-entropy, not 0 to 1; a
 * length, or a number to look up, that a layer does not know). DIVERGED: this step, or without loss
 * an earlier one, was not finite; it and all later ones change nothing: sync, and make a new
 * trainer. DEVICE, DEVICE_MEMORY, TIMEOUT: the trainer is of no further use; the net keeps the
 * weights of the last sync. */
SOCLE_API socle_status socle_trainer_step(socle_trainer *trainer, int64_t rows, const void *inputs,
                                          const void *targets, float *loss);

/* The samples of a step, and of which type their targets are. */
typedef struct socle_batch {
    int64_t rows;             /* 1 to the trainer's batch */
    const void *inputs;       /* [rows, shape] of the first input's type */
    const void *targets;      /* class numbers [rows], or values [rows, shape of the output] */
    socle_dtype target_dtype; /* class numbers: U8 or I32; values: any */
    const void *const *more;  /* of a network of several inputs: the second one's samples, and so on
                               */
} socle_batch;

/* socle_trainer_step for targets of any type, and for networks of several inputs. errors: the same.
 */
SOCLE_API socle_status socle_trainer_step_with(socle_trainer *trainer, const socle_batch *batch,
                                               float *loss);
/* Means over the samples of the steps since the last call: the loss, named "loss", then all that
 * the net measures, so with phases the loss of each. Waits for the steps. Writes up to `capacity`
 * of them to out (may be NULL when capacity is 0) and their number to *count (may be NULL). errors:
 * INVALID_ARGUMENT, DEVICE. DIVERGED: a step was not finite; they are written all the same. */
SOCLE_API socle_status socle_trainer_metrics(socle_trainer *trainer, socle_metric *out,
                                             int capacity, int *count);
/* Sets the rate of the following steps: a schedule of one's own; those of groups with an optimizer
 * of their own stay in proportion. errors: INVALID_ARGUMENT (not finite, < 0). */
SOCLE_API socle_status socle_trainer_learning_rate(socle_trainer *trainer, float learning_rate);
/* Waits for the steps taken and copies the weights back into the net. errors: DEVICE. DIVERGED: a
 * step was not finite; the weights, copied all the same, are those before it. */
SOCLE_API socle_status socle_trainer_sync(socle_trainer *trainer);

#ifdef __cplusplus
}
#endif
#endif
