/* SPDX-License-Identifier: Apache-2.0 */
/* Training whose activations and gradients are stored in half precision: what it takes of memory,
 * that it learns as f32 does, that its bits repeat, and how the scale of f16's gradients moves. A
 * step that overflows changes nothing and is counted; what no scale explains is a failure. */
#include "../train/fixture.h"
#include "sc_device_bodies.h"

#include <math.h>

enum { BATCH = 16, STEPS = 30 };

static const int types[] = {SOCLE_F32, SOCLE_F16, SOCLE_BF16};

static sc_engine_options options_of(const sc_optimizer *adam, int precision) {
    return (sc_engine_options){
        .capacity = BATCH, .optimizer = adam, .seed = 3, .precision = precision};
}

static sc_engine *create(fixture *f, int precision) {
    static sc_optimizer adam;
    sc_engine *engine;
    adam = fixture_optimizer("adam", 0.01f, 0);
    const sc_engine_options options = options_of(&adam, precision);
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    return engine;
}

/* Two optimizers, whose parameters take turns. */
static sc_engine *create_two(fixture *f) {
    static sc_optimizer two[2];
    static int of[64];
    sc_engine *engine;
    two[0] = fixture_optimizer("adam", 0.01f, 0);
    two[1] = fixture_optimizer("sgd", 0.01f, 0.9f);
    for (int p = 0; p < 64; p++) of[p] = p % 2;
    sc_engine_options options = options_of(two, SOCLE_F16);
    options.optimizers = 2;
    options.optimizer_of = of;
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    return engine;
}

static void step(fixture *f, sc_engine *engine, uint32_t number) {
    const int64_t first = (int64_t)(number - 1) * BATCH % FIXTURE_EXAMPLE_SAMPLES;
    fixture_step(f, engine, number, first, BATCH, 1, 0.01f);
}

static sc_totals totals_of(sc_engine *engine) {
    sc_totals totals;
    FIXTURE_OK(sc_engine_totals(engine, &totals));
    return totals;
}

/* Weights after some steps; *loss: the mean over the last ten. */
static float *train(const char *device, const char *network, int precision, size_t *count,
                    double *loss) {
    fixture f;
    fixture_open(&f, device, 0);
    fixture_golden(&f, network);
    sc_engine *engine = create(&f, precision);
    *loss = 0;
    for (uint32_t s = 1; s <= STEPS; s++) {
        step(&f, engine, s);
        sc_totals totals = totals_of(engine);
        SC_EQ(totals.bad_step, 0);
        if (s > STEPS - 10) *loss += (double)totals.last_loss / 10;
        SC_TRUE(precision == SOCLE_F16 ? totals.scaling.scale >= 1 : totals.scaling.scale == 0);
    }
    float *all = fixture_parameters(&f, engine, count);
    sc_engine_destroy(engine);
    fixture_close(&f);
    return all;
}

/* Rounding to 11 or 8 digits moves a mean loss by far less than it has fallen. */
static void learns(const char *network) {
    double loss[3];
    size_t n[3];
    for (int t = 0; t < 3; t++) {
        float *once = train("cpu", network, types[t], &n[t], &loss[t]);
        float *again = train("cpu", network, types[t], &n[t], &loss[t]);
        SC_EQ_MEMORY(once, again, n[t] * sizeof *once);
        free(once);
        free(again);
    }
    SC_TRUE(loss[0] < 1.9); /* as it began, 2.3 */
    SC_NEAR(loss[1], loss[0], 0.02);
    SC_NEAR(loss[2], loss[0], 0.05);
}

Test(precision, learns_on_cpu) {
    learns("mlp");
    learns("cnn");
    learns("rnn"); /* whose recurrent layer repeats a region of the graph */
}

static void learns_as_the_cpu(const char *device) {
    double loss[2];
    size_t n;
    free(train("cpu", "mlp", SOCLE_F16, &n, &loss[0]));
    free(train(device, "mlp", SOCLE_F16, &n, &loss[1]));
    SC_NEAR(loss[1], loss[0], 0.02);
}

SC_OPENCL_BODY(learns_as_the_cpu)

/* Activations and their gradients are what a training step of a convolutional network holds. */
Test(precision, takes_half_of_the_memory) {
    fixture f;
    sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    sc_engine_memory memory[3];
    fixture_open(&f, "cpu", 0);
    fixture_example(&f, "fashion-cnn");
    for (int t = 0; t < 3; t++) {
        sc_engine_options options = options_of(&adam, types[t]);
        options.capacity = 128;
        sc_engine *engine;
        FIXTURE_OK(sc_engine_forecast(&memory[t], f.device, f.net, &options, (sc_engine_uses){0}));
        FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
        SC_EQ(sc_engine_memory_used(engine).total, memory[t].total);
        sc_engine_destroy(engine);
    }
    for (int t = 1; t < 3; t++) {
        double part = (double)memory[t].train / (double)memory[0].train;
        if (part > 0.55)
            SC_TEST_FAIL("%s takes %zu bytes, f32 %zu: %.3f of it", sc_dtype_word(types[t]),
                         memory[t].train, memory[0].train, part);
        SC_EQ(memory[t].gradients, memory[0].gradients);
        SC_EQ(memory[t].parameters, memory[0].parameters);
    }
    fixture_close(&f);
}

/* At so high a scale every gradient is beyond f16, until it has been halved often enough. */
static void overflows(const char *device) {
    fixture f;
    size_t n;
    fixture_open(&f, device, 0);
    fixture_example(&f, "fashion-mlp");
    sc_engine *engine = create_two(&f);
    sc_totals totals = {.scaling = {.scale = 0x1p24, .steady = 7}};
    FIXTURE_OK(sc_engine_totals_set(engine, &totals));
    float *before = fixture_parameters(&f, engine, &n), *after;
    step(&f, engine, 1);
    totals = totals_of(engine);
    SC_EQ(totals.bad_step, 0);
    SC_EQ(totals.scaling.skipped, 1);
    SC_EQ(totals.scaling.steady, 0);
    SC_TRUE(totals.scaling.scale == 0x1p23);
    SC_TRUE(isfinite(totals.last_loss) && totals.last_loss > 0);
    after = fixture_parameters(&f, engine, &n);
    SC_EQ_MEMORY(before, after, n * sizeof *before);
    free(after);
    uint32_t s = 1;
    while (totals.scaling.steady < 1 && s < 24) {
        step(&f, engine, ++s);
        totals = totals_of(engine);
    }
    SC_EQ(totals.bad_step, 0);
    SC_EQ(totals.scaling.skipped, s - 1);
    SC_TRUE(totals.scaling.scale == ldexp(1, 24 - (int)totals.scaling.skipped));
    after = fixture_parameters(&f, engine, &n);
    float *was = before, *is = after;
    for (size_t p = 0; p < f.net->parameters; p++) {
        const size_t count = (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
        SC_TRUE(memcmp(was, is, count * sizeof *was) != 0);
        was += count, is += count;
    }
    free(before);
    free(after);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

Test(precision, a_step_that_overflows_is_skipped_cpu) {
    overflows("cpu");
}

SC_OPENCL_BODY(overflows)

/* After 2000 steps without an overflow the scale is doubled. A reset leaves it. */
Test(precision, the_scale_grows) {
    fixture f;
    fixture_open(&f, "cpu", 0);
    fixture_example(&f, "fashion-mlp");
    sc_engine *engine = create(&f, SOCLE_F16);
    step(&f, engine, 1);
    SC_TRUE(totals_of(engine).scaling.scale == 1024);
    sc_totals totals = {.scaling = {.scale = 512, .steady = 1998, .skipped = 5}};
    FIXTURE_OK(sc_engine_totals_set(engine, &totals));
    step(&f, engine, 2);
    SC_TRUE(totals_of(engine).scaling.scale == 512);
    FIXTURE_OK(sc_engine_totals_reset(engine));
    step(&f, engine, 3);
    totals = totals_of(engine);
    SC_TRUE(totals.scaling.scale == 1024);
    SC_EQ(totals.scaling.steady, 0);
    SC_EQ(totals.scaling.skipped, 5);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

/* One that may fail, as fixture_step may not. */
static void step_of_any(fixture *f, sc_engine *engine) {
    const void *column[2] = {sc_dataset_column(f->data, sc_dataset_find(f->data, "input"))->data,
                             sc_dataset_column(f->data, sc_dataset_find(f->data, "label"))->data};
    const sc_engine_step commit = {1, BATCH, 1, 0.01f};
    FIXTURE_OK(sc_engine_upload(engine, 0, BATCH, column, NULL));
    FIXTURE_OK(sc_engine_micro_batch(engine, 0, BATCH, 0, 1));
    FIXTURE_OK(sc_engine_commit(engine, &commit));
}

/* A weight that is no number makes a loss that is none, which no scale explains. */
Test(precision, a_nan_is_a_failure) {
    for (int t = 1; t < 3; t++) {
        fixture f;
        fixture_open(&f, "cpu", 0);
        fixture_example(&f, "fashion-mlp");
        sc_engine *engine = create(&f, types[t]);
        size_t n = (size_t)sc_tensor_elements(&f.net->parameter[0].desc);
        float *weight = calloc(n, sizeof *weight);
        weight[0] = NAN;
        FIXTURE_OK(sc_engine_write(engine, 0, weight));
        step_of_any(&f, engine);
        sc_totals totals = totals_of(engine);
        SC_EQ(totals.bad_step, 1);
        SC_EQ(totals.scaling.skipped, 0);
        free(weight);
        sc_engine_destroy(engine);
        fixture_close(&f);
    }
}

/* At a scale of 1 an overflow is not the scale's. */
Test(precision, an_overflow_at_scale_1_is_a_failure) {
    fixture f;
    fixture_open(&f, "cpu", 0);
    fixture_example(&f, "fashion-mlp");
    sc_engine *engine = create(&f, SOCLE_F16);
    const int last = (int)f.net->parameters - 2; /* the weights behind the hidden layer */
    const sc_tensor_desc *desc = &f.net->parameter[last].desc;
    size_t n = (size_t)sc_tensor_elements(desc);
    float *weight = calloc(n, sizeof *weight);
    for (size_t i = 0; i < n; i++) weight[i] = (int64_t)i / desc->dim[1] % 2 ? 6e4f : -6e4f;
    FIXTURE_OK(sc_engine_write(engine, last, weight));
    sc_totals totals = {.scaling = {.scale = 4}};
    FIXTURE_OK(sc_engine_totals_set(engine, &totals));
    for (int s = 0; s < 4 && !totals.bad_step; s++) {
        SC_EQ(totals.scaling.skipped, s);
        step_of_any(&f, engine);
        totals = totals_of(engine);
    }
    SC_EQ(totals.bad_step, 1);
    SC_EQ(totals.scaling.skipped, 2);
    SC_TRUE(totals.scaling.scale == 1);
    free(weight);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

SC_OPENCL_BODIES(precision)
