/* SPDX-License-Identifier: Apache-2.0 */
/* Averages of the weights: what an optimizer keeps beside its states against the recursion in
 * double, over the weights that the steps leave. */
#include "fixture.h"

#include "train/updates.h"

#include <math.h>

enum { STEPS = 12, ROWS = 20 };
#define UNIT (1.0 / 16777216) /* of rounding: 2^-24 */
static const float average = 0.75f;

/* An engine of f->net whose optimizer averages. */
static sc_engine *engine_of(fixture *f, sc_updates *updates, const sc_optimizer *optimizer) {
    sc_fit_options options = sc_fit_defaults();
    options.optimizer = *optimizer;
    options.average = average;
    FIXTURE_OK(sc_updates_create(updates, f->net, &options));
    sc_engine_options engine_options = {.capacity = ROWS};
    sc_updates_apply(updates, &engine_options);
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &engine_options));
    fixture_weights(f, engine, "mlp");
    return engine;
}

/* The lags of all parameters, which are of one optimizer. */
static float *lags_of(const fixture *f, sc_engine *engine, int state, size_t count) {
    float *lag = malloc(count * sizeof *lag);
    size_t at = 0;
    for (size_t p = 0; p < f->net->parameters; p++) {
        FIXTURE_OK(sc_engine_read_state(engine, state, (int)p, lag + at));
        at += (size_t)sc_tensor_elements(&f->net->parameter[p].desc);
    }
    SC_EQ(at, count);
    return lag;
}

static void follow(const char *device, const char *word, float rate, int states) {
    fixture f;
    sc_updates updates;
    size_t count;
    fixture_open(&f, device, 0);
    fixture_golden(&f, "mlp");
    const sc_optimizer optimizer = fixture_optimizer(word, rate, 0.5f);
    sc_engine *engine = engine_of(&f, &updates, &optimizer);
    SC_EQ(sc_optimizer_states(&updates.optimizer[0]), states + 1);
    float *weight = fixture_parameters(&f, engine, &count);
    double *mean = malloc(count * sizeof *mean), moved = 0;
    for (size_t i = 0; i < count; i++) mean[i] = (double)weight[i];
    free(weight);
    for (int t = 1; t <= STEPS; t++) {
        const double keep = fmin((double)average, (1.0 + t) / (10.0 + t));
        fixture_step(&f, engine, (uint32_t)t, 0, ROWS, 1, rate);
        weight = fixture_parameters(&f, engine, &count);
        float *lag = lags_of(&f, engine, states, count);
        for (size_t i = 0; i < count; i++) {
            mean[i] = keep * mean[i] + (1 - keep) * (double)weight[i];
            moved = fmax(moved, fabs((double)lag[i]));
            /* Of each step: two roundings of the lag and one of the weight's move, which later
             * steps keep in part. */
            double bound = 4 * UNIT / (1 - (double)average) * (1 + fabs((double)weight[i]));
            SC_NEAR((double)weight[i] - (double)lag[i], mean[i], bound);
        }
        free(weight);
        free(lag);
    }
    SC_TRUE(moved > 1e-3);
    free(mean);
    sc_engine_destroy(engine);
    sc_updates_free(&updates);
    fixture_close(&f);
}

Test(average, cpu) {
    follow("cpu", "sgd", 0.2f, 1);
    follow("cpu", "adam", 0.01f, 2);
    follow("cpu", "lamb", 0.05f, 2);
}

Test(average, opencl) {
    follow("opencl:0", "adam", 0.01f, 2);
}

/* Where there is no room for one more state, that is said. */
Test(average, of_an_optimizer_that_keeps_much_is_refused) {
    fixture f;
    sc_updates updates;
    fixture_open(&f, "cpu", 0);
    fixture_golden(&f, "mlp");
    static const char *const words[] = {"nadam", "amsgrad"};
    for (int i = 0; i < 2; i++) {
        sc_fit_options options = sc_fit_defaults();
        options.optimizer = fixture_optimizer(words[i], 0.01f, 0);
        options.average = average;
        SC_EQ(sc_updates_create(&updates, f.net, &options), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(fixture_text(), "train.average");
        SC_CONTAINS(fixture_text(), words[i]);
    }
    fixture_close(&f);
}
