/* SPDX-License-Identifier: Apache-2.0 */
/* Embeddings of which a step moves the rows alone that it looks up. Where rows without a gradient
 * would stay as they are anyway, the bits are those of an update of all rows; else rows that were
 * not looked up keep weights and states, and rows that were move as they would among all. Gradients
 * have as many rows as a step can look up, and the forecast knows it to the byte. */
#include "fixture.h"
#include "sc_device_bodies.h"

enum { TOKENS = 3, SAMPLES = 4, STEPS = 5, WORDS = 50, UNITS = 5, CLASSES = 4 };

static int add(sc_net *net, const char *word, int input, int units, bool sparse) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    options.units = units;
    options.vocabulary = WORDS;
    options.sparse = sparse;
    return sc_net_layer(net, kind, NULL, 1, &input, &options);
}

static int head(sc_net *net, int x) {
    return add(net, "dense", add(net, "tanh", x, 0, false), CLASSES, false);
}

static int concat(sc_net *net, int a, int b) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find("concat", &options);
    options.axis = 1;
    return sc_net_layer(net, kind, NULL, 2, (int[]){a, b}, &options);
}

/* What reads the tokens. */
typedef enum shape { ONE_TABLE, TWO_TABLES, TABLE_TWICE, TABLE_ALONE } shape;

static sc_net *build(fixture *f, shape shape, bool sparse) {
    sc_net *net;
    FIXTURE_OK(sc_net_create(&net, &f->env));
    int x = sc_net_input(net, "input", SOCLE_I32, &(socle_shape){1, {TOKENS}}, 1), y = x;
    if (shape == TABLE_TWICE) {
        int second = sc_net_input(net, "second", SOCLE_I32, &(socle_shape){1, {TOKENS}}, 1);
        FIXTURE_OK(sc_net_begin_network(net, "words", x));
        y = add(net, "embedding", x, UNITS, sparse);
        FIXTURE_OK(sc_net_end_network(net));
        y = concat(net, y, sc_net_apply(net, 0, second));
    } else if (shape == TABLE_ALONE) {
        y = add(net, "embedding", x, CLASSES, sparse);
    } else {
        y = add(net, "embedding", x, UNITS, sparse);
        if (shape == TWO_TABLES) y = concat(net, y, add(net, "embedding", x, UNITS, sparse));
    }
    FIXTURE_OK(sc_net_loss(net, "softmax_cross_entropy", shape == TABLE_ALONE ? y : head(net, y)));
    return net;
}

/* A step's tokens, and for a second input those of another one. Some are in no vocabulary. */
static int32_t token(int step, int at) {
    int32_t number = (int32_t)((step * 5 + at * at * 3 + at / 2) % (WORDS + 2)) - 1;
    return number;
}

typedef struct run {
    const char *device;
    shape shape;
    const char *optimizer;
    int parts, precision, planned; /* planned: samples of a step; 0: SAMPLES */
    bool told, sparse, same;       /* same: each step has the samples of the first */
    float decay, clip;
    bool grouped;   /* the embedding has Adam, the others the optimizer, */
    bool frozen;    /* or nothing moves the embedding */
    bool penalised; /* all parameters but the first, with an update that heeds it */
    uint64_t most;  /* bytes of an allocation; 0: as the device says */
} run;

typedef struct result {
    float *weight, *state; /* of all parameters, one behind the other; of the first state */
    size_t count;
    sc_engine_memory memory, forecast;
    size_t used;
    int tables;
} result;

static void take_step(sc_engine *engine, const run *r, int number) {
    int32_t tokens[SAMPLES * TOKENS], second[SAMPLES * TOKENS];
    uint8_t labels[SAMPLES * TOKENS];
    for (int i = 0; i < SAMPLES * TOKENS; i++) {
        tokens[i] = token(r->same ? 0 : number, i);
        second[i] = token(r->same ? 0 : number + 3, i + 7);
        labels[i] = (uint8_t)((i + number) % CLASSES);
    }
    const bool twice = r->shape == TABLE_TWICE;
    const void *whole[3] = {tokens, twice ? (const void *)second : labels, labels};
    if (r->told) FIXTURE_OK(sc_engine_step_samples(engine, whole, SAMPLES, NULL));
    for (int part = 0; part < r->parts; part++) {
        int begin = SAMPLES * part / r->parts, end = SAMPLES * (part + 1) / r->parts;
        const void *column[3] = {tokens + begin * TOKENS,
                                 twice ? (const void *)(second + begin * TOKENS)
                                       : labels + begin * TOKENS,
                                 labels + begin * TOKENS};
        int slot = part % sc_engine_slots(engine);
        FIXTURE_OK(sc_engine_upload(engine, slot, end - begin, column, NULL));
        FIXTURE_OK(sc_engine_slot_uploaded(engine, slot));
        FIXTURE_OK(sc_engine_micro_batch(engine, slot, end - begin, (uint32_t)begin,
                                         (uint32_t)number + 1));
    }
    FIXTURE_OK(
        sc_engine_commit(engine, &(sc_engine_step){(uint32_t)number + 1, SAMPLES, r->parts, 0.1f}));
}

static float *read_states(sc_engine *engine, const sc_net *net, size_t count) {
    float *all = calloc(count, sizeof *all), *at = all;
    for (size_t p = 0; p < net->parameters; p++) {
        if (sc_engine_states_of(engine, (int)p))
            FIXTURE_OK(sc_engine_read_state(engine, 0, (int)p, at));
        at += sc_tensor_elements(&net->parameter[p].desc);
    }
    return all;
}

static sc_engine_options options_of(const run *r, const sc_optimizer *optimizer,
                                    const float *decay) {
    static const float penalty[8] = {0, 0.01f, 0.01f, 0.01f, 0.01f, 0.01f, 0.01f, 0.01f};
    static const int own[8] = {1}, frozen[8] = {SC_FROZEN};
    return (sc_engine_options){.capacity = SAMPLES,
                               .optimizers = r->grouped ? 2 : 1,
                               .optimizer_of = r->grouped  ? own
                                               : r->frozen ? frozen
                                                           : NULL,
                               .l1 = r->penalised ? penalty : NULL,
                               .l2 = r->penalised ? penalty : NULL,
                               .micro_batches = r->parts,
                               .optimizer = optimizer,
                               .seed = 3,
                               .decay = decay,
                               .clip_norm = r->clip,
                               .precision = r->precision,
                               .step_samples = !r->told     ? 0
                                               : r->planned ? r->planned
                                                            : SAMPLES,
                               .has_target_dtype = true,
                               .target_dtype = SOCLE_U8};
}

static result trained(const run *r, int steps) {
    fixture f;
    result out = {0};
    sc_engine *engine;
    sc_totals totals;
    fixture_open(&f, r->device, 0);
    if (r->most) f.device->info.max_allocation = r->most;
    f.net = build(&f, r->shape, r->sparse);
    sc_optimizer optimizer[2] = {fixture_optimizer(r->optimizer, 0.1f, 0),
                                 fixture_optimizer("adam", 0.05f, 0)};
    if (r->sparse && r->penalised)
        optimizer->update = "w = w - lr * g; w = 0 if w * _side <= 0 else w";
    float *decay = calloc(f.net->parameters, sizeof *decay);
    for (size_t p = 0; p < f.net->parameters; p++) decay[p] = r->decay;
    const sc_engine_options options = options_of(r, optimizer, decay);
    FIXTURE_OK(sc_engine_forecast(&out.forecast, f.device, f.net, &options, (sc_engine_uses){0}));
    size_t before = sc_device_memory(f.device).used[SC_BUFFER_DEVICE];
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    out.used = sc_device_memory(f.device).used[SC_BUFFER_DEVICE] - before;
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    for (int s = 0; s < steps; s++) take_step(engine, r, s);
    FIXTURE_OK(sc_engine_totals(engine, &totals));
    SC_EQ(totals.bad_step, 0);
    out.weight = fixture_parameters(&f, engine, &out.count);
    out.state = read_states(engine, f.net, out.count);
    out.memory = sc_engine_memory_used(engine);
    out.tables = sc_engine_tables(engine);
    sc_engine_destroy(engine);
    free(decay);
    fixture_close(&f);
    return out;
}

static void release(result *r) {
    free(r->weight);
    free(r->state);
}

static void same_bits(const run *a, const run *b, int tables) {
    SC_REPRO("%s shape %d, %s in %d parts, precision %d", a->device, (int)a->shape, a->optimizer,
             a->parts, a->precision);
    result x = trained(a, STEPS), y = trained(b, STEPS);
    SC_EQ(x.tables, 0);
    SC_EQ(y.tables, tables);
    SC_EQ(x.count, y.count);
    for (size_t i = 0; i < x.count; i++)
        if (memcmp(&x.weight[i], &y.weight[i], sizeof(float)) != 0)
            SC_TEST_FAIL("weight %zu is %.9g with all rows, %.9g by rows", i, (double)x.weight[i],
                         (double)y.weight[i]);
    SC_TRUE(y.memory.gradients < x.memory.gradients);
    SC_EQ(y.forecast.total, y.memory.total);
    SC_EQ(y.used, y.memory.total);
    release(&x);
    release(&y);
}

/* Plain descent without decay is updated by rows unasked. */
static void plain_descent_has_the_bits_of_all_rows(const char *device) {
    static const int parts[] = {1, 3};
    static const int tables[] = {1, 2, 1, 1};
    const bool all_forms = strcmp(device, "cpu") == 0 || sc_test_full();
    for (int shape = ONE_TABLE; shape <= TABLE_ALONE; shape++)
        for (int p = 0; p < 2; p++) {
            if (!all_forms && (shape != TABLE_TWICE || !p)) continue;
            run all = {.device = device, .shape = shape, .optimizer = "sgd", .parts = parts[p]};
            run rows = all;
            rows.told = true;
            same_bits(&all, &rows, tables[shape]);
            if (shape != ONE_TABLE || !p) continue;
            all.precision = rows.precision = SOCLE_F16;
            same_bits(&all, &rows, 1);
            all = (run){.device = device, .optimizer = "sgd", .parts = 3, .penalised = true};
            all.shape = TWO_TABLES; /* the second has a penalty */
            rows = all;
            rows.told = true;
            same_bits(&all, &rows, 1);
        }
}

SC_DEVICE_BODY(sparse, plain_descent_has_the_bits_of_all_rows)

/* Of each step all samples are the same, so what moves has moved in each step before. */
static void rows_that_move_move_as_among_all(const char *device) {
    static const char *const optimizers[] = {"adam", "adamw", "sgd", "sgd", "lamb"};
    const bool all_forms = strcmp(device, "cpu") == 0 || sc_test_full();
    for (int o = 0; o < (all_forms ? 5 : 1); o++) {
        run all = {.device = device,
                   .optimizer = optimizers[o],
                   .parts = 2,
                   .same = true,
                   .sparse = true,
                   .grouped = o == 4,
                   .penalised = o == 3,
                   .clip = o == 3 ? 100.0f : 0,
                   .decay = o == 3 ? 0 : 0.01f},
            rows = all;
        rows.told = true;
        SC_REPRO("%s on %s", optimizers[o], device);
        result first = trained(&all, 0), x = trained(&all, STEPS), y = trained(&rows, STEPS);
        SC_EQ(x.tables, 0);
        SC_EQ(y.tables, 1);
        bool looked_up[WORDS] = {false};
        int moved = 0;
        for (int i = 0; i < SAMPLES * TOKENS; i++)
            if (token(0, i) >= 0 && token(0, i) < WORDS) looked_up[token(0, i)] = true;
        for (size_t i = 0; i < x.count; i++) {
            const bool kept = i < WORDS * UNITS && !looked_up[i / UNITS];
            const float weight = kept ? first.weight[i] : x.weight[i],
                        state = kept ? 0 : x.state[i];
            if (memcmp(&weight, &y.weight[i], sizeof weight) != 0 ||
                memcmp(&state, &y.state[i], sizeof state) != 0)
                SC_TEST_FAIL("number %zu is %.9g with state %.9g, not %.9g with %.9g", i,
                             (double)y.weight[i], (double)y.state[i], (double)weight,
                             (double)state);
            moved += y.weight[i] != first.weight[i];
            if (kept && o != 3) SC_TRUE(x.weight[i] != first.weight[i]); /* all rows decay */
        }
        SC_TRUE(moved > 4 * UNITS);
        release(&first);
        release(&x);
        release(&y);
    }
}

SC_DEVICE_BODY(sparse, rows_that_move_move_as_among_all)

/* Adam's states in a later step: a row that the second step lacks goes on from those of the
 * first, with the third step's bias. */
Test(sparse, states_wait_for_their_row) {
    run rows = {.device = "cpu", .optimizer = "adam", .parts = 1, .told = true, .sparse = true};
    result at[4];
    for (int s = 0; s < 4; s++) at[s] = trained(&rows, s);
    for (int step = 0; step < 3; step++) {
        bool looked_up[WORDS] = {false};
        for (int i = 0; i < SAMPLES * TOKENS; i++)
            if (token(step, i) >= 0 && token(step, i) < WORDS) looked_up[token(step, i)] = true;
        for (int i = 0; i < WORDS * UNITS; i++) {
            const bool stays = at[step].weight[i] == at[step + 1].weight[i] &&
                               at[step].state[i] == at[step + 1].state[i];
            SC_EQ(stays, !looked_up[i / UNITS]);
        }
    }
    for (int s = 0; s < 4; s++) release(&at[s]);
}

/* A table of two inputs lists the rows of both; half of the vocabulary is the limit. */
Test(sparse, what_may_look_up_too_much_is_updated_whole) {
    run rows = {.device = "cpu",
                .shape = TABLE_TWICE,
                .optimizer = "adam",
                .parts = 2,
                .planned = SAMPLES + 1,
                .told = true,
                .sparse = true};
    result r = trained(&rows, 1);
    SC_EQ(r.tables, 0); /* 2 * 15 of 50 */
    release(&r);
    rows.shape = ONE_TABLE;
    r = trained(&rows, 1);
    SC_EQ(r.tables, 1);
    release(&r);
    rows.optimizer = "lamb";
    r = trained(&rows, 1);
    SC_EQ(r.tables, 0);
    release(&r);
    rows.optimizer = "adam";
    rows.frozen = true;
    r = trained(&rows, STEPS);
    SC_EQ(r.tables, 0);
    release(&r);
    rows.frozen = rows.sparse = false;
    r = trained(&rows, 1);
    SC_EQ(r.tables, 0);
    release(&r);
    rows.optimizer = "sgd";
    rows.clip = 1;
    r = trained(&rows, 1);
    SC_EQ(r.tables, 0); /* the norm is summed in another order */
    rows.sparse = true;
    release(&r);
    r = trained(&rows, STEPS);
    SC_EQ(r.tables, 1);
    release(&r);
}

/* A table that is larger than anything that is allocated at once, and gradients that are not. */
Test(sparse, table_in_a_piece_of_its_own) {
    run rows = {.device = "cpu", .optimizer = "adam", .parts = 3, .told = true, .sparse = true};
    result whole = trained(&rows, STEPS);
    rows.most = whole.memory.piece;
    result bound = trained(&rows, STEPS);
    SC_EQ_MEMORY(whole.weight, bound.weight, whole.count * sizeof(float));
    SC_EQ(bound.forecast.total, bound.memory.total);
    release(&whole);
    release(&bound);
}

Test(sparse, a_step_must_tell_its_samples) {
    fixture f;
    sc_engine *engine;
    const run r = {.device = "cpu", .optimizer = "adam", .parts = 1, .told = true, .sparse = true};
    const sc_optimizer adam = fixture_optimizer("adam", 0.1f, 0);
    const sc_engine_options options = options_of(&r, &adam, NULL);
    const int32_t tokens[SAMPLES * TOKENS] = {1, 2, 3};
    const uint8_t labels[SAMPLES * TOKENS] = {1};
    const void *column[2] = {tokens, labels};
    fixture_open(&f, "cpu", 0);
    f.net = build(&f, ONE_TABLE, true);
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_upload(engine, 0, 2, column, NULL));
    SC_FAILS(&f.env, sc_engine_micro_batch(engine, 0, 2, 0, 1), SOCLE_STATUS_STATE);
    SC_FAILS(&f.env, sc_engine_step_samples(engine, column, SAMPLES + 1, NULL),
             SOCLE_STATUS_INVALID_ARGUMENT);
    const sc_engine_table table = sc_engine_table_of(engine, 0);
    SC_EQ(table.rows, WORDS);
    SC_EQ(table.most, SAMPLES * TOKENS);
    SC_EQ(table.columns, 1);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

SC_OPENCL_BODIES(sparse)
