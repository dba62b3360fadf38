/* SPDX-License-Identifier: Apache-2.0 */
/* Training, in two levels: socle_fit and its relatives run whole loops; a socle_trainer runs single steps for those who write their
 * own. Same seed, same device: same bits. */
#ifndef SOCLE_TRAIN_H
#define SOCLE_TRAIN_H

#include "data.h"
#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_optimizer {
    const char *kind; /* "sgd", "adam" */
    float value[6];   /* in the order of the functions' arguments below */
    int values;       /* how many were given; the others are standard */
} socle_optimizer;

/* v = momentum v + g; w -= lr v */
static inline socle_optimizer socle_sgd(float learning_rate, float momentum) {
    socle_optimizer optimizer = {"sgd", {learning_rate, momentum}, 2};
    return optimizer;
}
/* Kingma and Ba 2015; beta1 0.9, beta2 0.999, epsilon 1e-8. */
static inline socle_optimizer socle_adam(float learning_rate) {
    socle_optimizer optimizer = {"adam", {learning_rate}, 1};
    return optimizer;
}

typedef struct socle_epoch {
    int64_t epoch;                                  /* from 1 */
    double loss, accuracy, val_loss, val_accuracy;  /* NaN: does not exist */
    double samples_per_second;
} socle_epoch;

typedef struct socle_fit_opts {
    socle_optimizer optimizer;
    int64_t epochs, steps;     /* steps: stop after so many; 0 = no limit */
    int64_t batch;
    uint64_t seed;
    float validation_split;    /* share of the data set aside, 0 to below 1 */
    float weight_decay;        /* L2 on weights */
    int no_shuffle;
    uint64_t memory;           /* budget of device bytes; 0: what the device offers */
    int (*on_epoch)(void *user, const socle_epoch *epoch); /* not 0: stop. Called on the device's thread */
    void *user;
} socle_fit_opts;
#define SOCLE_FIT_OPTS_DEFAULT { .optimizer = {"adam", {0.001f}, 1}, .epochs = 1, .batch = 32, .seed = 1 }

/* Trains from the present weights (initial ones from the seed the first time) and leaves the best ones by validation, or the last.
 * errors: CONFIG, SHAPE, DATA, DEVICE..., DIVERGED (weights are those before), INTERRUPTED (on_epoch asked to stop). */
SOCLE_API socle_status socle_fit(socle_net *net, const socle_data *data, const socle_fit_opts *opts);

typedef struct socle_result {
    double loss, accuracy; /* accuracy NaN: the loss has none */
    int64_t samples;
} socle_result;

SOCLE_API socle_status socle_evaluate(socle_net *net, const socle_data *data, socle_result *out);
/* out: [count of data, outputs] f32, softmax or sigmoid applied as the loss says; `size` floats. */
SOCLE_API socle_status socle_predict(socle_net *net, const socle_data *data, float *out, size_t size);
SOCLE_API int64_t socle_outputs(const socle_net *net); /* floats per sample that socle_predict gives */

typedef struct socle_trainer socle_trainer;

/* A training step for own loops: up to `batch` rows at once. The net's weights go to the device now and come back with
 * socle_trainer_sync. owns: the caller; net must outlive it. */
SOCLE_API socle_status socle_trainer_create(socle_trainer **out, socle_net *net, socle_optimizer optimizer, int64_t batch,
                                            uint64_t seed);
SOCLE_API void socle_trainer_destroy(socle_trainer *trainer); /* NULL is fine */
/* One step over `rows` samples in host memory: inputs [rows, shape], targets [rows, ...] as the net and its loss read them (class numbers: u8).
 * *loss (may be NULL, then nothing waits) is the mean loss before the step. errors: DIVERGED. */
SOCLE_API socle_status socle_trainer_step(socle_trainer *trainer, int64_t rows, const void *inputs, const void *targets, float *loss);
/* For schedules: the rate of the following steps. */
SOCLE_API void socle_trainer_learning_rate(socle_trainer *trainer, float learning_rate);
/* Copies the weights back into the net. */
SOCLE_API socle_status socle_trainer_sync(socle_trainer *trainer);

#ifdef __cplusplus
}
#endif
#endif
