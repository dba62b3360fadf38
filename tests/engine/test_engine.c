/* SPDX-License-Identifier: Apache-2.0 */
/* The training step's promises: same seed and device, same bits; threads, memory mode and fusion do
 * not change bits; micro-batches add up along a fixed tree to the gradient of the batch; a step
 * that is not finite changes nothing; cpu and opencl agree. */
#include "../train/fixture.h"
#include "sc_device_bodies.h"

enum { BATCH = 16 };

typedef struct run {
    const char *device, *network;
    int threads, parts;
    int64_t capacity, rows;
    sc_plan_options plan;
    int steps;
} run;

/* Trains from seed 3 and gives all weights; *losses (may be NULL) gets the loss of each step. */
static float *train(const run *r, float *losses, size_t *count) {
    fixture f;
    fixture_open(&f, r->device, r->threads);
    fixture_golden(&f, r->network);
    sc_optimizer optimizer = fixture_optimizer("sgd", 0.05f, 0.9f);
    int64_t rows = r->rows ? r->rows : BATCH;
    sc_engine_options options = {.capacity = r->capacity ? r->capacity : rows,
                                 .micro_batches = r->parts,
                                 .optimizer = &optimizer,
                                 .seed = 3,
                                 .plan = r->plan};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    for (int s = 0; s < r->steps; s++) {
        float loss =
            fixture_step(&f, engine, (uint32_t)s + 1, s * rows % 256, rows, r->parts, 0.05f);
        if (losses) losses[s] = loss;
    }
    float *all = fixture_parameters(&f, engine, count);
    sc_engine_destroy(engine);
    fixture_close(&f);
    return all;
}

static void same_bits(const run *a, const run *b) {
    size_t n, m;
    float *x = train(a, NULL, &n), *y = train(b, NULL, &m);
    SC_EQ(n, m);
    for (size_t i = 0; i < n; i++)
        if (memcmp(&x[i], &y[i], sizeof *x) != 0)
            SC_TEST_FAIL("%s on %s: weight %zu is %.9g and %.9g", a->network, a->device, i,
                         (double)x[i], (double)y[i]);
    free(x);
    free(y);
}

static void repeatable(const char *device) {
    const char *networks[] = {"cnn", "dropout"};
    for (int i = 0; i < 2; i++) {
        if (!sc_test_takes(device, i + 1, 2)) continue;
        run base = {.device = device, .network = networks[i], .parts = 1, .steps = 12},
            other = base;
        same_bits(&base, &base);
        other.plan.hooks.separate = true;
        same_bits(&base, &other);
        other = base;
        other.capacity = 37; /* rows vary, shapes do not */
        if (strcmp(device, "cpu") == 0) {
            other = base;
            base.threads = 1;
            other.threads = 2;
            same_bits(&base, &other);
        }
    }
}

Test(engine, repeatable_cpu) {
    repeatable("cpu");
}

SC_OPENCL_BODY(repeatable)

/* Micro-batches change the order of sums alone. */
static void micro_batches(const char *device) {
    const run whole = {
        .device = device, .network = "dropout", .parts = 1, .rows = BATCH, .steps = 6};
    float one[6];
    size_t n;
    float *x = train(&whole, one, &n);
    for (int parts = 2; parts <= 7; parts++) {
        if (!sc_test_takes(device, parts + 3, 6)) continue;
        float many[6];
        size_t m;
        run split = whole;
        split.parts = parts;
        float *y = train(&split, many, &m), *again = train(&split, NULL, &m);
        SC_EQ(m, n);
        for (int s = 0; s < 6; s++)
            if (!(fabsf(one[s] - many[s]) <= 2e-5f * one[s]))
                SC_TEST_FAIL("%s in %d parts: loss of step %d is %.9g, whole %.9g", device, parts,
                             s, (double)many[s], (double)one[s]);
        for (size_t i = 0; i < n; i++)
            if (!(fabsf(x[i] - y[i]) <= 2e-5f))
                SC_TEST_FAIL("%s in %d parts: weight %zu is %.9g, whole %.9g", device, parts, i,
                             (double)y[i], (double)x[i]);
        SC_EQ_MEMORY(again, y, n * sizeof *y);
        free(again);
        free(y);
    }
    free(x);
}

Test(engine, micro_batches_cpu) {
    micro_batches("cpu");
}

SC_OPENCL_BODY(micro_batches)

static void agrees_with_the_cpu(const char *device) {
    const char *networks[] = {"mlp", "cnn", "dropout"};
    for (int i = 0; i < 3; i++) {
        if (!sc_test_takes(device, i + 1, 3)) continue; /* test_golden.c has the other two */
        float a[10], b[10];
        size_t n;
        run cpu = {.device = "cpu", .network = networks[i], .parts = 1, .steps = 10}, opencl = cpu;
        opencl.device = device;
        free(train(&cpu, a, &n));
        free(train(&opencl, b, &n));
        for (int s = 0; s < 10; s++)
            if (!(fabsf(a[s] - b[s]) <= 1e-4f * a[s]))
                SC_TEST_FAIL("%s: loss of step %d is %.9g on cpu, %.9g on opencl", networks[i],
                             s + 1, (double)a[s], (double)b[s]);
    }
}

SC_OPENCL_BODY(agrees_with_the_cpu)

/* A look at the totals that began before they were set, at the end of an epoch, does not give the
 * epoch that is over. */
Test(engine, a_look_does_not_outlive_what_it_looked_at) {
    fixture f;
    fixture_open(&f, "cpu", 0);
    fixture_golden(&f, "mlp");
    sc_optimizer optimizer = fixture_optimizer("adam", 0.01f, 0);
    sc_engine_options options = {.capacity = BATCH, .optimizer = &optimizer, .seed = 1};
    sc_engine *engine;
    sc_totals seen, none = {0};
    socle_status status;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 1));
    fixture_step(&f, engine, 1, 0, BATCH, 1, 0.01f);
    SC_TRUE(!sc_engine_totals_peek(engine, &seen, &status));
    FIXTURE_OK(sc_engine_totals_set(engine, &none));
    SC_TRUE(!sc_engine_totals_peek(engine, &seen, &status));
    FIXTURE_OK(status);
    FIXTURE_OK(sc_engine_totals(engine, &seen)); /* waits */
    SC_TRUE(sc_engine_totals_peek(engine, &seen, &status));
    SC_TRUE(seen.sum.weight == 0);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

/* A NaN in the weights makes the loss NaN: the commit must change nothing and the health word name
 * the step. */
static void not_finite(const char *device) {
    fixture f;
    fixture_open(&f, device, 0);
    fixture_golden(&f, "cnn");
    sc_optimizer optimizer = fixture_optimizer("adam", 0.01f, 0);
    sc_engine_options options = {.capacity = BATCH, .optimizer = &optimizer, .seed = 1};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 1));
    fixture_step(&f, engine, 1, 0, BATCH, 1, 0.01f);
    float bias[8];
    FIXTURE_OK(sc_engine_read(engine, 1, bias));
    bias[3] = NAN;
    FIXTURE_OK(sc_engine_write(engine, 1, bias));
    size_t n;
    float *before = fixture_parameters(&f, engine, &n);
    const sc_column *images = sc_dataset_column(f.data, 0), *labels = sc_dataset_column(f.data, 1);
    const void *column[2] = {images->data, labels->data};
    for (uint32_t step = 2; step <= 4; step++) {
        FIXTURE_OK(sc_engine_upload(engine, 0, BATCH, column, NULL));
        FIXTURE_OK(sc_engine_micro_batch(engine, 0, BATCH, 0, step));
        FIXTURE_OK(sc_engine_commit(engine, &(sc_engine_step){step, BATCH, 1, 0.01f}));
    }
    sc_totals totals;
    FIXTURE_OK(sc_engine_totals(engine, &totals));
    SC_EQ(totals.bad_step, 2);
    SC_EQ((int)totals.sum.weight, BATCH); /* the bad steps are not in the totals */
    float *after = fixture_parameters(&f, engine, &n);
    SC_EQ(memcmp(before, after, n * sizeof *before), 0);
    free(before);
    free(after);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

Test(engine, not_finite_cpu) {
    not_finite("cpu");
}

SC_OPENCL_BODY(not_finite)

SC_OPENCL_BODIES(engine)
