/* SPDX-License-Identifier: Apache-2.0 */
/* Training steps on samples of several rows: an embedding, dense layers over the tokens, a loss per
 * token of which some do not count. The first step is PyTorch's; micro-batches, weights of samples
 * and devices change nothing but the order of sums; no buffer holds the weights once per sample. */
#include "../nn/sequences.h"
#include "fixture.h"
#include "sc_device_bodies.h"
#include "train/targets.h"

enum { TOKENS = 3, SAMPLES = 12, IGNORED = 2 };

static int add(sc_net *net, const char *word, int input, int units, int vocabulary) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    options.units = units;
    options.vocabulary = vocabulary;
    if (strcmp(word, "dropout") == 0) options.rate = 0.25f;
    return sc_net_layer(net, kind, NULL, 1, &input, &options);
}

/* embedding -> dense -> tanh -> (dropout ->) dense, per token. */
static void token_net(fixture *f, bool dropout) {
    FIXTURE_OK(sc_net_create(&f->net, &f->env));
    int x = sc_net_input(f->net, "input", SOCLE_I32, &(socle_shape){1, {TOKENS}}, 1);
    x = add(f->net, "dense", add(f->net, "embedding", x, 4, 6), 5, 0);
    x = add(f->net, "tanh", x, 0, 0);
    if (dropout) x = add(f->net, "dropout", x, 0, 0);
    FIXTURE_OK(sc_net_loss(f->net, "softmax_cross_entropy", add(f->net, "dense", x, 4, 0)));
    FIXTURE_OK(sc_net_ignore(f->net, IGNORED));
}

static const int32_t tokens[SAMPLES * TOKENS] = {0, 4, 4, 1, 5, 0, 3, 3, 2, 1, 0, 5,
                                                 2, 4, 1, 0, 0, 0, 5, 5, 1, 2, 2, 3,
                                                 4, 1, 0, 3, 5, 2, 1, 1, 4, 0, 2, 5};
static const uint8_t labels[SAMPLES * TOKENS] = {0, 2, 3, 1, 0, 2, 2, 2, 2, 3, 1, 0,
                                                 0, 2, 1, 3, 3, 2, 1, 0, 0, 2, 2, 1,
                                                 3, 2, 0, 1, 1, 2, 0, 3, 2, 2, 1, 0};
static const float weights[SAMPLES] = {1, 0.5f, 3, 0, 2, 1, 1, 0.25f, 4, 1, 0.5f, 2};

typedef struct run {
    const char *device;
    int parts, steps;
    bool dropout, weighted;
} run;

static sc_engine *engine_of(fixture *f, const run *r, sc_optimizer *optimizer) {
    sc_engine *engine;
    fixture_open(f, r->device, 0);
    token_net(f, r->dropout);
    *optimizer = fixture_optimizer("sgd", 1, 0);
    sc_engine_options options = {.capacity = SAMPLES,
                                 .micro_batches = r->parts,
                                 .optimizer = optimizer,
                                 .seed = 3,
                                 .has_target_dtype = true,
                                 .target_dtype = SOCLE_U8};
    if (r->weighted) options.factor[0].kind = &sc_column_kinds[SC_COLUMN_WEIGHT];
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    return engine;
}

/* A step of the first `samples` samples; gives the totals since the last reset. */
static sc_totals step(sc_engine *engine, const run *r, uint32_t number, int samples, float rate) {
    sc_totals totals;
    for (int part = 0; part < r->parts; part++) {
        int begin = samples * part / r->parts, end = samples * (part + 1) / r->parts;
        const void *column[3] = {tokens + begin * TOKENS, labels + begin * TOKENS, weights + begin};
        int slot = part % sc_engine_slots(engine);
        FIXTURE_OK(sc_engine_upload(engine, slot, end - begin, column, NULL));
        FIXTURE_OK(sc_engine_slot_uploaded(engine, slot));
        FIXTURE_OK(sc_engine_micro_batch(engine, slot, end - begin, (uint32_t)begin, number));
    }
    FIXTURE_OK(sc_engine_commit(engine, &(sc_engine_step){number, samples, r->parts, rate}));
    FIXTURE_OK(sc_engine_totals(engine, &totals));
    SC_EQ(totals.bad_step, 0);
    return totals;
}

static uint32_t word;

static void write_drawn(sc_engine *engine, const sc_net *net, float *out) {
    word = 12345;
    for (size_t p = 0; p < net->parameters; p++) {
        int64_t count = sc_tensor_elements(&net->parameter[p].desc);
        for (int64_t i = 0; i < count; i++) {
            word = word * 1664525u + 1013904223u;
            out[i] = (float)((double)(word >> 8) * 0x1p-23 - 1.0);
        }
        FIXTURE_OK(sc_engine_write(engine, (int)p, out));
        out += count;
    }
}

/* With plain descent at rate 1 the parameters move by minus their gradient. */
static void first_step_is_pytorchs(const char *device) {
    enum { SUMS = 24 + 25 + 5 * 4 + 4 };
    static const double *const gradient[] = {tokens_table, tokens_w1, tokens_b1, tokens_w2,
                                             tokens_b2};
    static const int size[] = {24, 20, 5, 20, 4};
    const run r = {.device = device, .parts = 1};
    fixture f;
    sc_optimizer optimizer;
    float before[SUMS];
    size_t count;
    sc_engine *engine = engine_of(&f, &r, &optimizer);
    write_drawn(engine, f.net, before);
    sc_totals totals = step(engine, &r, 1, 2, 1.0f);
    SC_NEAR((double)totals.last_loss, tokens_loss[0], 1e-6);
    SC_EQ((int)totals.sum.weight, 4); /* of six tokens two do not count */
    float *after = fixture_parameters(&f, engine, &count);
    SC_EQ(count, SUMS);
    for (int p = 0, at = 0; p < 5; at += size[p++])
        for (int i = 0; i < size[p]; i++)
            if (!(fabs((double)before[at + i] - (double)after[at + i] - gradient[p][i]) <= 3e-7))
                SC_TEST_FAIL("%s: %s[%d] moves by %.9g, PyTorch's gradient is %.9g", device,
                             f.net->parameter[p].name, i, (double)(before[at + i] - after[at + i]),
                             gradient[p][i]);
    free(after);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

Test(sequences, first_step_is_pytorchs_cpu) {
    first_step_is_pytorchs("cpu");
}

/* In fast the comparison with the cpu backend stands for it. */
SC_OPENCL_BODY_IN_FULL(first_step_is_pytorchs)

static float *train(const run *r, double *loss, double *weight, size_t *count) {
    fixture f;
    sc_optimizer optimizer;
    sc_engine *engine = engine_of(&f, r, &optimizer);
    sc_totals totals = {0};
    for (int s = 0; s < r->steps; s++) totals = step(engine, r, (uint32_t)s + 1, SAMPLES, 0.5f);
    float *all = fixture_parameters(&f, engine, count);
    *loss = totals.sum.loss / totals.sum.weight;
    *weight = totals.sum.weight;
    sc_engine_destroy(engine);
    fixture_close(&f);
    return all;
}

/* Sums in another order alone: dropout counts by sample, tokens by their weight. */
static void compare(const run *a, const run *b, double tolerance) {
    double loss[2], weight[2];
    size_t n, m;
    SC_REPRO("%s in %d parts and %s in %d, dropout %d, weights %d", a->device, a->parts, b->device,
             b->parts, a->dropout, a->weighted);
    float *x = train(a, &loss[0], &weight[0], &n), *y = train(b, &loss[1], &weight[1], &m);
    SC_EQ(n, m);
    SC_NEAR(weight[0], weight[1], 1e-6 * weight[0]);
    SC_NEAR(loss[0], loss[1], tolerance);
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)x[i] - (double)y[i]) <= tolerance))
            SC_TEST_FAIL("weight %zu is %.9g and %.9g", i, (double)x[i], (double)y[i]);
    free(x);
    free(y);
}

static void order_of_sums_alone(const char *device) {
    bool cpu = strcmp(device, "cpu") == 0;
    for (int form = 0; form < 4; form++) {
        if (!cpu && form != 3 && !sc_test_full()) continue;
        run whole = {.device = device,
                     .parts = 1,
                     .steps = 6,
                     .dropout = form & 1,
                     .weighted = form >> 1},
            other = whole;
        compare(&whole, &other, 0);
        other.parts = 3;
        compare(&whole, &other, 2e-5);
        if (cpu) continue;
        other = whole;
        other.device = "cpu";
        compare(&whole, &other, 2e-5);
    }
}

Test(sequences, order_of_sums_alone_cpu) {
    order_of_sums_alone("cpu");
}

SC_OPENCL_BODY(order_of_sums_alone)

/* A step counts its tokens: their weights times the samples'. */
Test(sequences, what_counts_is_summed) {
    for (int weighted = 0; weighted < 2; weighted++) {
        double expected = 0, loss, weight;
        size_t count;
        const run r = {.device = "cpu", .parts = 2, .steps = 1, .weighted = weighted};
        for (int i = 0; i < SAMPLES * TOKENS; i++)
            if (labels[i] != IGNORED) expected += weighted ? (double)weights[i / TOKENS] : 1;
        free(train(&r, &loss, &weight, &count));
        SC_EQ(weight, expected);
    }
}

/* The largest tensors have the rows of all samples, the largest workspace two of these as they are
 * packed for a product. Weights held once per sample would be n * d * d numbers. */
static void weights_once(const char *device, int64_t n, int64_t t, int64_t d) {
    fixture f;
    sc_engine_memory memory;
    sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    fixture_open(&f, device, 0);
    FIXTURE_OK(sc_net_create(&f.net, &f.env));
    int x = sc_net_input(f.net, "input", SOCLE_F32, &(socle_shape){2, {t, d}}, 1);
    x = add(f.net, "relu", add(f.net, "dense", x, (int)d, 0), 0, 0);
    FIXTURE_OK(sc_net_loss(f.net, "mean_squared_error", add(f.net, "dense", x, (int)d, 0)));
    const sc_engine_options options = {.capacity = n, .optimizer = &adam};
    FIXTURE_OK(sc_engine_forecast(&memory, f.device, f.net, &options, (sc_engine_uses){0}));
    const size_t rows = (size_t)(n * t * d) * sizeof(float),
                 weights = (size_t)(d * d) * sizeof(float);
    const size_t packed = 2 * (rows > weights ? rows : weights);
    SC_TRUE(memory.tensor >= rows || memory.tensor >= weights);
    if (memory.tensor > packed + packed / 50)
        SC_TEST_FAIL("%s: the largest tensor or workspace has %zu bytes; two of all rows have %zu",
                     device, memory.tensor, packed);
    SC_TRUE(memory.gradients < 3 * weights);
    fixture_close(&f);
}

static void weights_are_held_once(const char *device) {
    weights_once(device, 64, 128, 256);
    weights_once(device, 64, 8, 1024); /* 256 MB per sample's weights, 2 MB of rows */
}

Test(sequences, weights_are_held_once_cpu) {
    weights_are_held_once("cpu");
}

SC_OPENCL_BODY(weights_are_held_once)

/* Numbers that no layer knows, labels of no class, labels that are ignored. */
Test(sequences, data_are_checked) {
    fixture f;
    fixture_open(&f, "cpu", 0);
    token_net(&f, false);
    int32_t numbers[4 * TOKENS] = {0, 1, 2, 3, 4, 5, 0, 6},
                        classes[4 * TOKENS] = {0, 1, IGNORED, 3};
    const sc_column input = {"input", SOCLE_I32, {1, {TOKENS}}, TOKENS * 4, numbers, NULL},
                    target = {"label", SOCLE_I32, {1, {TOKENS}}, TOKENS * 4, classes, NULL};
    FIXTURE_OK(sc_numbers_check(&f.env, f.net, 0, "here", &input, 2));
    SC_FAILS(&f.env, sc_numbers_check(&f.env, f.net, 0, "here", &input, 4), SOCLE_STATUS_DATA);
    SC_EQ_STR(f.env.text,
              "here: column 'input': sample 2 has the number 6; embedding1 knows 0 to 5");
    FIXTURE_OK(sc_net_ignore(f.net, -100));
    classes[2] = -100;
    FIXTURE_OK(sc_targets_check(&f.env, f.net, "here", &target, 4));
    classes[3] = 4;
    SC_FAILS(&f.env, sc_targets_check(&f.env, f.net, "here", &target, 4), SOCLE_STATUS_DATA);
    SC_CONTAINS(f.env.text, "sample 1 has label 4; with 4 classes, labels are 0 to 3");
    fixture_close(&f);
}

SC_OPENCL_BODIES(sequences)
