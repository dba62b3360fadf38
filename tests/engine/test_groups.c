/* SPDX-License-Identifier: Apache-2.0 */
/* Several optimizers in one engine, and parameters that none moves: each part of a step equals, to
 * the bit, the step of an engine in which its optimizer moves everything; in pieces of any size,
 * with sums over tensors, and with the memory that was forecast. */
#include "../train/fixture.h"

#include "engine/engine_private.h"

#include <limits.h>

enum { ROWS = 2, PARTS = 2, MOST = 64 };

static fixture f;

typedef struct setting {
    const sc_optimizer *optimizer;
    int optimizers;
    const int *of; /* NULL: the first, for all */
    uint64_t most; /* bytes at once; 0: as many as there are */
    int steps, precision;
} setting;

typedef struct outcome {
    float *value[MOST], *state[MOST][SC_OPTIMIZER_STATES];
    int states[MOST];
    sc_engine_memory memory;
} outcome;

static size_t elements(size_t p) {
    return (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
}

static void read_all(sc_engine *engine, outcome *out) {
    for (size_t p = 0; p < f.net->parameters; p++) {
        out->value[p] = calloc(elements(p), sizeof(float));
        FIXTURE_OK(sc_engine_read(engine, (int)p, out->value[p]));
        out->states[p] = sc_engine_states_of(engine, (int)p);
        for (int s = 0; s < out->states[p]; s++) {
            out->state[p][s] = calloc(elements(p), sizeof(float));
            FIXTURE_OK(sc_engine_read_state(engine, s, (int)p, out->state[p][s]));
        }
        SC_TRUE(sc_engine_read_state(engine, out->states[p], (int)p, out->value[p]) != SOCLE_OK);
    }
}

static void train(const setting *how, outcome *out) {
    const sc_engine_options options = {.capacity = ROWS,
                                       .micro_batches = PARTS,
                                       .optimizer = how->optimizer,
                                       .optimizers = how->optimizers,
                                       .optimizer_of = how->of,
                                       .precision = how->precision,
                                       .seed = 3};
    const uint64_t normal = f.device->info.max_allocation;
    sc_engine_memory forecast;
    sc_engine *engine;
    memset(out, 0, sizeof *out);
    if (how->most) f.device->info.max_allocation = how->most;
    FIXTURE_OK(sc_engine_forecast(&forecast, f.device, f.net, &options, (sc_engine_uses){0}));
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    for (int s = 0; s < how->steps; s++)
        fixture_step(&f, engine, (uint32_t)s + 1, s * ROWS * PARTS, ROWS * PARTS, PARTS,
                     how->optimizer[0].value[0]);
    read_all(engine, out);
    out->memory = sc_engine_memory_used(engine);
    SC_EQ(out->memory.total, forecast.total);
    SC_EQ(out->memory.state, forecast.state);
    sc_engine_destroy(engine);
    f.device->info.max_allocation = normal;
}

static void release(outcome *o) {
    for (int p = 0; p < MOST; p++) {
        free(o->value[p]);
        for (int s = 0; s < SC_OPTIMIZER_STATES; s++) free(o->state[p][s]);
    }
}

static void expect_same(const outcome *a, const outcome *b, size_t p) {
    SC_REPRO("%s", f.net->parameter[p].name);
    SC_EQ_MEMORY(a->value[p], b->value[p], elements(p) * sizeof(float));
    SC_EQ(a->states[p], b->states[p]);
    for (int s = 0; s < a->states[p]; s++)
        SC_EQ_MEMORY(a->state[p][s], b->state[p][s], elements(p) * sizeof(float));
}

/* Parameters in turn: the first optimizer, the second ..., nobody. */
static void assign(int of[MOST], int optimizers, bool freezes) {
    int next = 0;
    for (size_t p = 0; p < f.net->parameters; p++) {
        of[p] = SC_FROZEN;
        if (f.net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
        int turn = next++ % (optimizers + freezes);
        of[p] = turn == optimizers ? SC_FROZEN : turn;
    }
}

/* The first step begins at the same weights, so its gradients are the same. */
static void parts_equal_wholes(const char *device, const char *network) {
    const sc_optimizer mixed[4] = {
        fixture_optimizer("sgd", 0.05f, 0.9f), fixture_optimizer("adam", 0.01f, 0),
        fixture_optimizer("lamb", 0.02f, 0), fixture_optimizer("nadam", 0.003f, 0)};
    int of[MOST], frozen = 0;
    outcome whole[4], some, before;
    fixture_open(&f, device, 0);
    fixture_golden(&f, network);
    assign(of, 4, true);
    for (int o = 0; o < 4; o++) train(&(setting){&mixed[o], 1, NULL, 0, 1, 0}, &whole[o]);
    train(&(setting){mixed, 1, NULL, 0, 0, 0}, &before);
    train(&(setting){mixed, 4, of, 0, 1, 0}, &some);
    for (size_t p = 0; p < f.net->parameters; p++) {
        bool statistic = f.net->parameter[p].role == SC_PARAMETER_STATISTIC;
        if (statistic || of[p] != SC_FROZEN) expect_same(&some, &whole[statistic ? 0 : of[p]], p);
        if (statistic || of[p] != SC_FROZEN) continue;
        frozen++;
        SC_EQ(some.states[p], 0);
        SC_EQ_MEMORY(some.value[p], before.value[p], elements(p) * sizeof(float));
    }
    SC_TRUE(frozen > 0);
    SC_TRUE(some.memory.gradients < before.memory.gradients);
    for (int o = 0; o < 4; o++) release(&whole[o]);
    release(&some), release(&before);
    fixture_close(&f);
}

Test(groups, parts_equal_wholes_cpu) {
    parts_equal_wholes("cpu", "mlp");
    parts_equal_wholes("cpu", "cnn");
}

Test(groups, parts_equal_wholes_opencl) {
    parts_equal_wholes("opencl:0", "cnn");
}

/* Gradients in f16 are scaled: every part divides by the scale of its step. */
Test(groups, parts_equal_wholes_in_half) {
    const sc_optimizer mixed[2] = {fixture_optimizer("adam", 0.01f, 0),
                                   fixture_optimizer("sgd", 0.05f, 0.9f)};
    int of[MOST];
    outcome whole[2], some;
    fixture_open(&f, "cpu", 0);
    fixture_golden(&f, "mlp");
    assign(of, 2, false);
    for (int o = 0; o < 2; o++) train(&(setting){&mixed[o], 1, NULL, 0, 1, SOCLE_F16}, &whole[o]);
    train(&(setting){mixed, 2, of, 0, 1, SOCLE_F16}, &some);
    for (size_t p = 0; p < f.net->parameters; p++) expect_same(&some, &whole[of[p]], p);
    for (int o = 0; o < 2; o++) release(&whole[o]);
    release(&some);
    fixture_close(&f);
}

/* Several steps; in small pieces the same bits. */
Test(groups, in_pieces) {
    const sc_optimizer mixed[2] = {fixture_optimizer("rmsprop", 0.002f, 0.9f),
                                   fixture_optimizer("adamw", 0.01f, 0)};
    int of[MOST];
    outcome whole, cut, twin;
    fixture_open(&f, "cpu", 1); /* each thread has a workspace, in one piece */
    fixture_golden(&f, "deep");
    assign(of, 2, true);
    train(&(setting){mixed, 2, of, 0, 3, 0}, &whole);
    train(&(setting){mixed, 2, of, 0, 3, 0}, &twin);
    train(&(setting){mixed, 2, of, 112 * 1024, 3, 0}, &cut);
    SC_TRUE(cut.memory.parameter_piece < whole.memory.parameter_piece);
    for (size_t p = 0; p < f.net->parameters; p++) {
        expect_same(&whole, &cut, p);
        expect_same(&whole, &twin, p);
    }
    release(&whole), release(&cut), release(&twin);
    fixture_close(&f);
}

/* What is frozen below the loss needs no backward pass: gradients, states and activations go. */
Test(groups, frozen_takes_no_memory) {
    const sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    int of[MOST];
    outcome all, last;
    fixture_open(&f, "cpu", 0);
    fixture_golden(&f, "deep");
    size_t trained = 0, most = 0;
    for (size_t p = 0; p < f.net->parameters; p++) {
        of[p] = p + 2 < f.net->parameters ? SC_FROZEN : 0;
        size_t bytes = (elements(p) * sizeof(float) + 127) / 128 * 128;
        if (f.net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
        most += bytes;
        if (!of[p]) trained += bytes;
    }
    train(&(setting){&adam, 1, NULL, 0, 1, 0}, &all);
    train(&(setting){&adam, 1, of, 0, 1, 0}, &last);
    SC_EQ(all.memory.state, 2 * most);
    SC_EQ(last.memory.state, 2 * trained);
    SC_EQ(all.memory.gradients - last.memory.gradients, PARTS * (most - trained));
    SC_TRUE(last.memory.activations < all.memory.activations);
    SC_EQ(last.memory.parameters, all.memory.parameters);
    release(&all), release(&last);
    fixture_close(&f);
}

/* A rate that the caller changes changes all in proportion. */
Test(groups, rates_stay_in_proportion) {
    const sc_optimizer mixed[2] = {fixture_optimizer("sgd", 0.5f, 0),
                                   fixture_optimizer("sgd", 0.25f, 0)};
    const sc_optimizer half[2] = {fixture_optimizer("sgd", 0.25f, 0),
                                  fixture_optimizer("sgd", 0.125f, 0)};
    int of[MOST];
    sc_engine *engine[2];
    fixture_open(&f, "cpu", 0);
    fixture_golden(&f, "mlp");
    assign(of, 2, false);
    for (int e = 0; e < 2; e++) {
        const sc_engine_options options = {
            .capacity = ROWS, .optimizer = e ? half : mixed, .optimizers = 2, .optimizer_of = of};
        FIXTURE_OK(sc_engine_create(&engine[e], f.device, f.net, &options));
        FIXTURE_OK(sc_engine_initialize(engine[e], 3));
        fixture_step(&f, engine[e], 1, 0, ROWS, 1, 0.25f);
    }
    for (size_t p = 0; p < f.net->parameters; p++) {
        float *a = calloc(elements(p), sizeof *a), *b = calloc(elements(p), sizeof *b);
        FIXTURE_OK(sc_engine_read(engine[0], (int)p, a));
        FIXTURE_OK(sc_engine_read(engine[1], (int)p, b));
        SC_EQ_MEMORY(a, b, elements(p) * sizeof *a);
        free(a), free(b);
    }
    sc_engine_destroy(engine[0]), sc_engine_destroy(engine[1]);
    fixture_close(&f);
}

Test(groups, nothing_to_train) {
    const sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    int of[MOST];
    sc_engine *engine;
    fixture_open(&f, "cpu", 0);
    fixture_golden(&f, "mlp");
    for (int p = 0; p < MOST; p++) of[p] = SC_FROZEN;
    const sc_engine_options options = {.capacity = ROWS, .optimizer = &adam, .optimizer_of = of};
    SC_FAILS(f.device->env, sc_engine_create(&engine, f.device, f.net, &options),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(f.device->env->text, "every parameter is frozen");
    fixture_close(&f);
}
