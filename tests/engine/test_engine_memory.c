/* SPDX-License-Identifier: Apache-2.0 */
/* Engines on devices that allocate little at once: lanes and activations are divided as far as they
 * can be, results keep their bits, and what cannot be divided is refused by name. The device lies
 * about its limit; its driver enforces the lie. */
#include "../train/fixture.h"
#include "sc_device_bodies.h"

enum { BATCH = 8, PARTS = 3, ROWS = BATCH * PARTS };

static sc_engine *create(fixture *f, bool trains, int64_t capacity) {
    static sc_optimizer adam;
    adam = fixture_optimizer("adam", 0.01f, 0);
    sc_engine_options options = {.capacity = capacity,
                                 .micro_batches = trains ? PARTS : 0,
                                 .optimizer = trains ? &adam : NULL,
                                 .seed = 3};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    return engine;
}

/* All weights after a few steps of three micro-batches. most 0: no limit. */
static float *train(const char *device, uint64_t most, size_t *count, sc_engine_memory *memory) {
    fixture f;
    fixture_open(&f, device, 0);
    fixture_example(&f, "fashion-mlp");
    if (most) f.device->info.max_allocation = most;
    sc_engine *engine = create(&f, true, BATCH);
    for (uint32_t s = 0; s < 4; s++) fixture_step(&f, engine, s + 1, s * ROWS, ROWS, PARTS, 0.01f);
    float *all = fixture_parameters(&f, engine, count);
    *memory = sc_engine_memory_used(engine);
    sc_engine_destroy(engine);
    fixture_close(&f);
    return all;
}

/* A limit that the largest piece just meets: gradients of several micro-batches and two states are
 * well above it together. */
static void divided(const char *device) {
    size_t n, m;
    sc_engine_memory whole, bound;
    float *x = train(device, 0, &n, &whole), *y = train(device, whole.piece, &m, &bound);
    SC_EQ(n, m);
    for (size_t i = 0; i < n; i++)
        if (memcmp(&x[i], &y[i], sizeof *x) != 0)
            SC_TEST_FAIL("%s: weight %zu is %.9g and %.9g", device, i, (double)x[i], (double)y[i]);
    SC_EQ(bound.piece, whole.piece);
    SC_TRUE(whole.gradients > whole.piece && whole.state > whole.piece);
    free(x);
    free(y);
}

Test(engine_memory, divided_cpu) {
    divided("cpu");
}

SC_OPENCL_BODY(divided)

/* Activations alone are larger than what is allocated at once: the plan is divided, tensors are
 * not. */
Test(engine_memory, activations_in_several_buffers) {
    fixture f;
    sc_engine_memory memory[2];
    static float out[2][BATCH * 10];
    fixture_open(&f, "cpu", 0);
    fixture_example(&f, "fashion-residual");
    for (int i = 0; i < 2; i++) {
        if (i) f.device->info.max_allocation = memory[0].piece;
        sc_engine *engine = create(&f, true, BATCH);
        fixture_step(&f, engine, 1, 0, ROWS, PARTS, 0.01f);
        FIXTURE_OK(sc_engine_predict(engine, 0, BATCH, 0, out[i]));
        memory[i] = sc_engine_memory_used(engine);
        sc_engine_destroy(engine);
    }
    SC_TRUE(memory[0].train > 2 * memory[0].piece);
    SC_EQ(memory[1].piece, memory[0].piece);
    SC_EQ_MEMORY(out[0], out[1], sizeof out[0]);
    fixture_close(&f);
}

static void refuses(const char *device, const char *network, const char *what, uint64_t most) {
    fixture f;
    sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    sc_engine_options options = {.capacity = BATCH, .optimizer = &adam};
    sc_engine_memory memory;
    sc_engine *engine;
    char text[128];
    fixture_open(&f, device, 0);
    if (strcmp(network, "deep") == 0)
        fixture_golden(&f, network);
    else
        fixture_example(&f, network);
    f.device->info.max_allocation = most;
    uint64_t before = sc_device_memory(f.device).bounded;
    SC_FAILS(&f.env, sc_engine_create(&engine, f.device, f.net, &options),
             SOCLE_STATUS_DEVICE_MEMORY);
    snprintf(text, sizeof text, "the %s take ", what);
    SC_CONTAINS(f.env.text, text);
    snprintf(text, sizeof text, "at most %llu at once", (unsigned long long)most);
    SC_CONTAINS(f.env.text, text);
    SC_EQ(sc_device_memory(f.device).bounded, before);
    FIXTURE_OK(sc_engine_forecast(&memory, f.device, f.net, &options, (sc_engine_uses){0}));
    SC_TRUE(memory.piece > most);
    SC_TRUE(strstr(memory.piece_name, what) || memory.piece > memory.parameter_piece);
    fixture_close(&f);
}

/* The weights of one layer lie in one piece, here 784 x 256 of them; and there are at most 16
 * pieces, here for twenty layers. */
static void is_named(const char *device) {
    const size_t largest = 784 * 256 * sizeof(float);
    refuses(device, "fashion-mlp", "parameters of dense1.weight", largest - 128);
}

SC_OPENCL_BODY(is_named)

Test(engine_memory, what_cannot_be_divided_is_named) {
    is_named("cpu");
    refuses("cpu", "deep", "parameters (they would make more than 16 pieces)", 16640);
}

/* Sums that do not fit behind the gradients have a piece of their own. */
Test(engine_memory, sums_apart) {
    size_t n, m;
    sc_engine_memory whole, bound;
    float *x = train("cpu", 0, &n, &whole), *y = train("cpu", whole.parameters, &m, &bound);
    SC_EQ(whole.partial_piece, whole.gradients / 2);
    SC_TRUE(whole.partial_piece > whole.parameters);
    SC_EQ(bound.parameter_piece, bound.parameters);
    SC_EQ(bound.partial_piece, bound.parameters);
    SC_EQ(bound.total, whole.total);
    SC_EQ(n, m);
    SC_EQ_MEMORY(x, y, n * sizeof *x);
    free(x);
    free(y);
}

/* An engine that only predicts reads every weight by itself, so they may lie in several pieces. */
static void divided_weights(const char *device) {
    fixture f;
    static float out[2][BATCH * 10], weight[2][784 * 256];
    sc_engine_memory memory;
    fixture_open(&f, device, 0);
    fixture_example(&f, "fashion-mlp");
    const sc_column *images = sc_dataset_column(f.data, 0);
    const void *column[2] = {images->data, NULL};
    for (int i = 0; i < 2; i++) {
        sc_engine *engine = create(&f, false, BATCH);
        FIXTURE_OK(sc_engine_upload(engine, 0, BATCH, column, NULL));
        FIXTURE_OK(sc_engine_predict(engine, 0, BATCH, 0, out[i]));
        FIXTURE_OK(sc_engine_read(engine, 0, weight[i]));
        memory = sc_engine_memory_used(engine);
        sc_engine_destroy(engine);
        f.device->info.max_allocation = memory.parameters - 128;
    }
    SC_TRUE(memory.piece < memory.parameters);
    SC_EQ_MEMORY(weight[0], weight[1], sizeof weight[0]);
    SC_EQ_MEMORY(out[0], out[1], sizeof out[0]);
    fixture_close(&f);
}

Test(engine_memory, divided_weights_cpu) {
    divided_weights("cpu");
}

SC_OPENCL_BODY(divided_weights)

static int dense(sc_net *net, int x, int units) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find("dense", &options);
    options.units = units;
    return sc_net_layer(net, kind, NULL, 1, &x, &options);
}

/* Three layers of 1.6e9 weights each, of which every one can be numbered and all together cannot:
 * lanes are cut for that too, so such a network is planned. Without momentum SGD keeps nothing
 * beside them. */
Test(engine_memory, more_than_2_to_the_31_weights) {
    enum { WIDE = 40000 };
    fixture f;
    fixture_open(&f, "cpu", 1);
    FIXTURE_OK(sc_net_create(&f.net, f.device->env));
    int x = sc_net_input(f.net, "input", SOCLE_F32, &(socle_shape){1, {WIDE}}, 1.0f);
    for (int i = 0; i < 3; i++) x = dense(f.net, x, WIDE);
    FIXTURE_OK(sc_net_loss(f.net, "softmax_cross_entropy", x));
    for (int with = 0; with < 2; with++) {
        sc_optimizer sgd = fixture_optimizer("sgd", 0.1f, with ? 0.9f : 0);
        sc_engine_options options = {.capacity = 4, .optimizer = &sgd, .seed = 1};
        sc_engine_memory memory;
        FIXTURE_OK(
            sc_engine_forecast(&memory, f.device, f.net, &options, (sc_engine_uses){true, true}));
        SC_TRUE(memory.parameters > 3 * sizeof(float) * (size_t)WIDE * WIDE);
        SC_TRUE(memory.parameter_piece < (size_t)INT32_MAX * sizeof(float));
        SC_EQ(memory.state, with ? memory.parameters : 0);
    }
    fixture_close(&f);
}

/* The same steps with a state of zeros, which is what was kept before. */
Test(engine_memory, sgd_without_momentum_has_no_state) {
    fixture f;
    fixture_open(&f, "cpu", 1);
    fixture_example(&f, "fashion-mlp");
    sc_optimizer sgd = fixture_optimizer("sgd", 0.1f, 0);
    sc_engine_options options = {
        .capacity = BATCH, .micro_batches = 1, .optimizer = &sgd, .seed = 3};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    SC_EQ(sc_engine_states(engine), 0);
    SC_EQ(sc_engine_memory_used(engine).state, 0);
    float first = fixture_step(&f, engine, 1, 0, BATCH, 1, 0.1f), last = first;
    for (uint32_t s = 2; s < 12; s++) last = fixture_step(&f, engine, s, 0, BATCH, 1, 0.1f);
    SC_TRUE(last < first);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

SC_OPENCL_BODIES(engine_memory)
