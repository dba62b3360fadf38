/* SPDX-License-Identifier: Apache-2.0 */
/* Training on devices that allocate less at once than the parameters take: parameters, gradients
 * and states lie in pieces, and everything keeps its bits, alone and among devices that have it all
 * in one. The device lies about its limit; its driver enforces the lie. */
#include "../train/fixture.h"
#include "sc_temp.h"

#include "engine/engine_private.h"
#include "model/net_config.h"
#include "nn/lanes.h"
#include "run/checkpoint.h"

/* LOW: six of the twenty large tensors of "deep". */
enum { ROWS = 2, PARTS = 5, STEPS = 3, STATES = 2, MEMBERS = 2, LOW = 112 * 1024 };

static fixture f;

typedef struct everything {
    float *value;
    size_t count;
} everything;

static void expect_equal(const everything *a, const everything *b) {
    SC_EQ(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        if (memcmp(&a->value[i], &b->value[i], sizeof *a->value) != 0)
            SC_TEST_FAIL("value %zu of %zu is %a and %a", i, a->count, (double)a->value[i],
                         (double)b->value[i]);
}

/* The same, and both go. */
static void expect_same(everything *a, everything *b) {
    expect_equal(a, b);
    free(a->value);
    free(b->value);
}

/* ---- Spans by themselves ---- */

Test(pieces, cuts) {
    sc_cuts cuts = {.count = 2, .end = {512, 768}};
    SC_EQ(sc_cuts_bytes(&cuts, 1), 256);
    SC_EQ(sc_cuts_largest(&cuts), 512);
    sc_cuts_append(&cuts, 128, 512);
    SC_EQ(cuts.count, 2);
    SC_EQ(cuts.end[1], 896);
    sc_cuts_append(&cuts, 256, 512); /* 384 + 256 is more */
    SC_EQ(cuts.count, 3);
    SC_EQ(cuts.end[2], 1152);
    sc_cuts none = {.count = 1};
    sc_cuts_append(&none, 4096, 512); /* nothing to be apart from */
    SC_EQ(none.count, 1);
    SC_EQ(none.end[0], 4096);
}

/* Every interval of a span in three pieces, through a copy and back. */
Test(pieces, intervals) {
    const sc_cuts cuts = {.count = 3, .end = {128, 512, 640}};
    sc_pieces a, b;
    sc_queue *queue;
    unsigned char in[640], out[640];
    fixture_open(&f, "cpu", 1);
    FIXTURE_OK(sc_queue_open(&queue, f.device));
    FIXTURE_OK(sc_pieces_create(&a, f.device, &cuts));
    FIXTURE_OK(sc_pieces_create(&b, f.device, &cuts));
    for (size_t begin = 0; begin < 640; begin += 64)
        for (size_t end = begin + 64; end <= 640; end += 64) {
            for (size_t i = 0; i < 640; i++) in[i] = (unsigned char)(i * 7 + begin + end);
            memset(out, 0, sizeof out);
            FIXTURE_OK(sc_pieces_write(&a, queue, in, begin, end));
            FIXTURE_OK(sc_pieces_copy(&b, queue, &a, begin, end));
            FIXTURE_OK(sc_pieces_read(&b, queue, out, begin, end));
            FIXTURE_OK(sc_queue_finish(queue));
            for (size_t i = 0; i < 640; i++) SC_EQ(out[i], i >= begin && i < end ? in[i] : 0);
        }
    SC_EQ(sc_pieces_at(&a, 128).offset, 0);
    SC_TRUE(sc_pieces_at(&a, 128).buffer == a.base[1].buffer);
    SC_EQ(sc_pieces_end(&a, 127, 600), 128);
    SC_EQ(sc_pieces_end(&a, 512, 600), 600);
    sc_pieces_destroy(&a);
    sc_pieces_destroy(&b);
    sc_queue_close(queue);
    fixture_close(&f);
}

/* ---- One engine ---- */

typedef struct one {
    const char *optimizer;
    bool fixed_tree;
    uint64_t most;      /* bytes at once; 0: as many as there are */
    const char *update; /* of the optimizer expr */
} one;

static everything train(const one *o, sc_engine_memory *memory) {
    sc_optimizer optimizer = fixture_optimizer(o->optimizer, 0.01f, 0.9f);
    optimizer.update = o->update;
    sc_engine_options options = {.capacity = ROWS,
                                 .micro_batches = PARTS,
                                 .fixed_tree = o->fixed_tree,
                                 .optimizer = &optimizer,
                                 .seed = 3};
    const uint64_t normal = f.device->info.max_allocation;
    sc_engine *engine;
    everything all;
    if (o->most) f.device->info.max_allocation = o->most;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    for (uint32_t s = 0; s < STEPS; s++)
        fixture_step(&f, engine, s + 1, s * ROWS * PARTS, ROWS * PARTS, PARTS, 0.01f);
    all.value = fixture_parameters(&f, engine, &all.count);
    all.value = realloc(all.value, ((1 + STATES) * all.count + ROWS * 10) * sizeof *all.value);
    for (int s = 0; s < sc_engine_states(engine); s++)
        for (size_t p = 0; p < f.net->parameters; p++) {
            if (f.net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
            FIXTURE_OK(sc_engine_read_state(engine, s, (int)p, all.value + all.count));
            all.count += (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
        }
    FIXTURE_OK(sc_engine_predict(engine, 0, ROWS, 0, all.value + all.count));
    all.count += ROWS * 10;
    *memory = sc_engine_memory_used(engine);
    sc_engine_destroy(engine);
    f.device->info.max_allocation = normal;
    return all;
}

/* How memory is cut is the host's affair: what the cpu shows in every combination, OpenCL shows in
 * one of each kind. */
static bool is_quick(const char *device) {
    return strcmp(device, "cpu") != 0 && !sc_test_full();
}

/* Sums over a tensor are the same in any piece, to the bit; those over all are added up in another
 * grouping. */
Test(pieces, updates_sum_over_tensors_of_every_piece) {
    static const struct {
        const char *update;
        double tolerance;
    } cases[] = {
        {"m = 0.9 * m + g / (norm(g) + 1e-6); w = w - lr * m * (mean(w * w) + 0.1)", 0},
        {"w = w - lr * g * min(1, 0.01 / (total_norm(g) + 1e-6)) + 1e-6 * total(w)", 1e-5},
    };
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "deep");
    for (int i = 0; i < 2; i++) {
        one o = {.optimizer = "expr", .update = cases[i].update};
        sc_engine_memory whole, divided;
        SC_REPRO("%s", o.update);
        everything expected = train(&o, &whole);
        o.most = LOW;
        everything all = train(&o, &divided);
        SC_TRUE(divided.parameters > 2 * divided.parameter_piece);
        SC_EQ(all.count, expected.count);
        for (size_t k = 0; k < all.count; k++)
            SC_NEAR(all.value[k], expected.value[k],
                    cases[i].tolerance * (1 + fabs((double)expected.value[k])));
        free(all.value);
        free(expected.value);
    }
    fixture_close(&f);
}

static void same_bits(const char *device, const char *network, uint64_t most) {
    static const char *const optimizers[] = {"adam", "sgd"};
    fixture_open(&f, device, 1); /* threads have scratch memory of their own */
    fixture_golden(&f, network);
    for (int i = 0; i < 4; i++) {
        if (i != 1 && is_quick(device)) continue;
        one o = {.optimizer = optimizers[i / 2], .fixed_tree = i % 2};
        sc_engine_memory whole, divided;
        SC_REPRO("%s, %s, %s, fixed tree %d", device, network, o.optimizer, o.fixed_tree);
        everything expected = train(&o, &whole);
        o.most = most;
        everything all = train(&o, &divided);
        expect_same(&all, &expected);
        SC_EQ(whole.parameter_piece, whole.parameters);
        SC_TRUE(divided.parameters > 2 * divided.parameter_piece); /* three pieces at least */
        SC_TRUE(divided.piece <= most && divided.partial_piece <= most);
        SC_EQ(divided.parameters, whole.parameters);
        SC_EQ(divided.gradients, whole.gradients);
        SC_EQ(divided.state, whole.state);
    }
    fixture_close(&f);
}

Test(pieces, dense_layers_keep_their_bits_cpu) {
    same_bits("cpu", "deep", LOW);
}

Test(pieces, dense_layers_keep_their_bits_opencl) {
    same_bits("opencl:0", "deep", LOW);
}

/* A gradient that is not finite is seen in whichever piece it lies, and nothing of any piece is
 * updated. */
Test(pieces, health_sees_every_piece) {
    sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    sc_engine_options options = {.capacity = ROWS, .optimizer = &adam};
    const float bad = NAN;
    sc_engine *engine;
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "deep");
    f.device->info.max_allocation = LOW;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    const sc_column *images = sc_dataset_column(f.data, 0), *labels = sc_dataset_column(f.data, 1);
    const void *column[2] = {images->data, labels->data};
    SC_TRUE(engine->cuts.count >= 3);
    for (int p = 0; p < engine->cuts.count; p++)
        for (int last = 0; last < 2; last++) {
            sc_totals totals;
            size_t n, at = last ? engine->cuts.end[p] - sizeof bad
                           : p  ? engine->cuts.end[p - 1]
                                : 0;
            FIXTURE_OK(sc_queue_fill(engine->compute, engine->memory.base[SC_LANE_HEALTH], 0,
                                     SC_LANE_ALIGNMENT));
            float *before = fixture_parameters(&f, engine, &n);
            FIXTURE_OK(sc_engine_upload(engine, 0, ROWS, column, NULL));
            FIXTURE_OK(sc_engine_micro_batch(engine, 0, ROWS, 0, 7));
            const sc_pieces *sums = &engine->partial[engine->tree.node[0].holder];
            FIXTURE_OK(sc_queue_write(engine->compute, sc_pieces_at(sums, at), &bad, sizeof bad));
            FIXTURE_OK(sc_engine_commit(engine, &(sc_engine_step){7, ROWS, 1, 0.01f}));
            FIXTURE_OK(sc_engine_totals(engine, &totals));
            float *after = fixture_parameters(&f, engine, &n);
            SC_EQ(totals.bad_step, 7);
            SC_EQ_MEMORY(after, before, n * sizeof *after);
            free(before);
            free(after);
            FIXTURE_OK(
                sc_queue_fill(engine->compute, sc_pieces_at(sums, at), 0, sizeof bad)); /* it
                                                                                           may
                                                                                           be
                                                                                           padding
                                                                                         */
        }
    FIXTURE_OK(
        sc_queue_fill(engine->compute, engine->memory.base[SC_LANE_HEALTH], 0, SC_LANE_ALIGNMENT));
    fixture_step(&f, engine, 8, 0, ROWS, 1, 0.01f);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

/* ---- Steps shared by two ---- */

typedef struct shared {
    const char *devices;
    bool own_memory, reproducible;
    int low[MEMBERS]; /* whether a member allocates little at once */
} shared;

static socle_status lower_limit(sc_device *device, void *argument) {
    (void)argument;
    device->info.max_allocation = LOW;
    return SOCLE_OK;
}

static everything train_shared(const shared *s) {
    sc_fleet_device device[MEMBERS] = {0};
    sc_device_options one_thread = SC_DEVICE_OPTIONS_DEFAULT;
    sc_device_choice *choice;
    sc_trainer *trainer;
    int count;
    everything all = {0};
    sc_fit_options options = sc_fit_defaults();
    options.batch = 16;
    options.micro_batch = ROWS;
    options.steps = 6;
    options.staged = true;
    options.reproducible = s->reproducible;
    options.hooks.engine.own_memory = s->own_memory;
    options.optimizer = fixture_optimizer("adam", 0.01f, 0);
    one_thread.threads = 1;
    FIXTURE_OK(sc_registry_select(&f.registry, &f.env, s->devices, &choice, &count));
    SC_EQ(count, MEMBERS);
    for (int i = 0; i < MEMBERS; i++) {
        FIXTURE_OK(
            sc_worker_create(&device[i].worker, &f.env, &f.registry, &choice[i], &one_thread));
        device[i].share = 1;
        if (s->low[i]) FIXTURE_OK(sc_worker_run(device[i].worker, lower_limit, NULL, 0));
    }
    sc_release(&f.env, choice);
    FIXTURE_OK(
        sc_trainer_create_on(&trainer, &f.env, device, MEMBERS, f.net, &options, f.data, NULL));
    FIXTURE_OK(sc_trainer_run(trainer));
    sc_fleet *fleet = sc_trainer_fleet(trainer);
    SC_EQ(sc_fleet_alive(fleet), MEMBERS);
    for (int state = -1; state < STATES; state++)
        for (size_t p = 0; p < f.net->parameters; p++) {
            if (state >= 0 && f.net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
            size_t elements = (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
            all.value = realloc(all.value, (all.count + elements) * sizeof *all.value);
            FIXTURE_OK(sc_fleet_read(fleet, (int)p, state, all.value + all.count));
            all.count += elements;
        }
    sc_trainer_destroy(trainer);
    for (int i = 0; i < MEMBERS; i++) sc_worker_destroy(device[i].worker);
    return all;
}

static void shared_same_bits(const char *devices, const char *probe) {
    fixture_open(&f, probe, 1);
    fixture_golden(&f, "deep");
    for (int way = 0; way < 4; way++) {
        if (is_quick(probe) && way != 3) continue;
        shared s = {devices, way & 1, way >> 1, {0, 0}};
        everything expected = train_shared(&s);
        for (int low = 1; low < 4; low++) {
            if (is_quick(probe) && low != 3) continue;
            SC_REPRO("%s, own memory %d, reproducible %d, low %d", devices, s.own_memory,
                     s.reproducible, low);
            s.low[0] = low & 1;
            s.low[1] = low >> 1;
            everything all = train_shared(&s);
            expect_equal(&all, &expected);
            free(all.value);
        }
        free(expected.value);
    }
    fixture_close(&f);
}

Test(pieces, members_keep_their_bits_cpu) {
    shared_same_bits("cpu,cpu", "cpu");
}

Test(pieces, members_keep_their_bits_opencl) {
    shared_same_bits("opencl:0/0,opencl:0/1", "opencl:0");
}

/* ---- A checkpoint from pieces, resumed without ---- */

static sc_trainer *make_trainer(int64_t steps, uint64_t most) {
    sc_fit_options options = sc_fit_defaults();
    const uint64_t normal = f.device->info.max_allocation;
    sc_trainer *trainer;
    options.batch = 16;
    options.micro_batch = ROWS;
    options.steps = steps;
    options.staged = true;
    options.optimizer = fixture_optimizer("adam", 0.01f, 0);
    if (most) f.device->info.max_allocation = most;
    FIXTURE_OK(sc_trainer_create(&trainer, f.device, f.net, &options, f.data, NULL));
    f.device->info.max_allocation = normal;
    return trainer;
}

static everything state_of(sc_trainer *trainer) {
    sc_engine *engine = (sc_engine *)sc_fleet_engine(sc_trainer_fleet(trainer));
    everything all;
    all.value = fixture_parameters(&f, engine, &all.count);
    all.value = realloc(all.value, (1 + STATES) * all.count * sizeof *all.value);
    for (int s = 0; s < STATES; s++)
        for (size_t p = 0; p < f.net->parameters; p++) {
            if (f.net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
            FIXTURE_OK(sc_engine_read_state(engine, s, (int)p, all.value + all.count));
            all.count += (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
        }
    return all;
}

static void resume(uint64_t first, uint64_t second) {
    sc_identity identity = {.config = "{\"optimizer\": {\"adam\": {}}, \"train\": {\"batch\": 16}}",
                            .data = "{\"samples\": 320}"};
    static sc_temp temp;
    char *text;
    sc_temp_make(&temp);
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "deep");
    FIXTURE_OK(sc_net_text(&text, f.net));
    identity.network = text;
    const char *path = sc_temp_file(&temp, "checkpoint.safetensors");
    sc_trainer *interrupted = make_trainer(4, first), *resumed = make_trainer(9, second),
               *straight = make_trainer(9, 0);
    FIXTURE_OK(sc_trainer_run(interrupted));
    FIXTURE_OK(sc_checkpoint_save(interrupted, path, &identity));
    FIXTURE_OK(sc_checkpoint_load(resumed, path, &identity));
    everything saved = state_of(interrupted), loaded = state_of(resumed);
    expect_same(&loaded, &saved);
    FIXTURE_OK(sc_trainer_run(resumed));
    FIXTURE_OK(sc_trainer_run(straight));
    everything expected = state_of(straight), all = state_of(resumed);
    expect_same(&all, &expected);
    sc_trainer_destroy(interrupted);
    sc_trainer_destroy(resumed);
    sc_trainer_destroy(straight);
    sc_release(&f.env, text);
    fixture_close(&f);
    sc_temp_remove(&temp);
}

Test(pieces, resumed_in_one) {
    resume(LOW, 0);
}

Test(pieces, resumed_in_pieces) {
    resume(0, LOW);
}
