/* SPDX-License-Identifier: Apache-2.0 */
/* Blocked layouts and packed weights in whole training runs: the same bits as a plain plan, on the
 * cpu and through OpenCL, whatever mixtures the implementations take; and weights are packed once
 * per commit, not with every micro-batch. */
#include "../backend/blocked_device.h"
#include "../train/fixture.h"
#include "backend/null.h"

enum { BATCH = 16, STEPS = 4 };

typedef struct variant {
    const char *device;
    blocked_manner manner;
    bool plain; /* the driver's own implementations alone */
    sc_plan_options plan;
} variant;

typedef struct outcome {
    float *weights;
    size_t count;
    sc_totals evaluated[2]; /* after training, and once more with a weight written by hand */
    int reorders, packs, launched;
} outcome;

static void count_launches(const sc_plan *plan, outcome *out) {
    out->packs = sc_plan_sizes(plan).packs;
    for (int i = 0; i < sc_plan_launches(plan); i++)
        out->reorders += sc_plan_launch_info(plan, i).op == SC_OP_REORDER;
}

static void evaluate(fixture *f, sc_engine *engine, sc_totals *out) {
    const sc_column *images = sc_dataset_column(f->data, 0),
                    *labels = sc_dataset_column(f->data, 1);
    const void *column[2] = {images->data, labels->data};
    FIXTURE_OK(sc_engine_totals_reset(engine));
    FIXTURE_OK(sc_engine_upload(engine, 0, BATCH / 2, column, NULL));
    FIXTURE_OK(sc_engine_evaluate(engine, 0, BATCH / 2));
    FIXTURE_OK(sc_engine_totals(engine, out));
}

/* Trains, evaluates, changes a convolution's weights, evaluates again. */
static void train(const variant *v, outcome *out) {
    fixture f;
    blocked_device blocked;
    memset(out, 0, sizeof *out);
    fixture_open(&f, v->device, 0);
    fixture_golden(&f, "wide");
    if (!v->plain) blocked_device_install(&blocked, f.device, v->manner);
    sc_optimizer optimizer = fixture_optimizer("sgd", 0.05f, 0.9f);
    sc_engine_options options = {.capacity = BATCH / 2,
                                 .micro_batches = 2,
                                 .optimizer = &optimizer,
                                 .seed = 3,
                                 .plan = v->plan};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    for (uint32_t step = 1; step <= STEPS; step++) {
        evaluate(&f, engine, &out->evaluated[0]); /* between the steps too: packs of this plan grow
                                                     stale by each commit */
        fixture_step(&f, engine, step, (step - 1) * BATCH, BATCH, 2, 0.05f);
    }
    out->weights = fixture_parameters(&f, engine, &out->count);
    evaluate(&f, engine, &out->evaluated[0]);
    size_t p = 2; /* conv2d2.weight */
    SC_EQ_STR(f.net->parameter[p].name, "conv2d2.weight");
    size_t elements = (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
    float *halved = malloc(elements * sizeof *halved);
    FIXTURE_OK(sc_engine_read(engine, (int)p, halved));
    for (size_t i = 0; i < elements; i++) halved[i] *= 0.5f;
    FIXTURE_OK(sc_engine_write(engine, (int)p, halved));
    evaluate(&f, engine, &out->evaluated[1]);
    free(halved);
    count_launches(sc_engine_train_plan(engine), out);
    out->launched = v->plain ? 0 : blocked.launched;
    sc_engine_destroy(engine);
    fixture_close(&f);
}

static void compare(const variant *v, const outcome *plain) {
    outcome blocked;
    SC_REPRO("%s, manner %d, separate %d, unfused %d", v->device, (int)v->manner,
             v->plan.hooks.separate, v->plan.hooks.keep_graph_order);
    train(v, &blocked);
    SC_EQ(blocked.count, plain->count);
    for (size_t i = 0; i < plain->count; i++)
        SC_EQ_FLOAT_BITS(blocked.weights[i], plain->weights[i]);
    for (int e = 0; e < 2; e++) {
        SC_TRUE(blocked.evaluated[e].sum.loss == plain->evaluated[e].sum.loss);
        SC_TRUE(blocked.evaluated[e].sum.metric[0] == plain->evaluated[e].sum.metric[0]);
        SC_TRUE(blocked.evaluated[e].sum.weight == BATCH / 2);
    }
    SC_TRUE(plain->evaluated[0].sum.loss != plain->evaluated[1].sum.loss); /* else a stale pack
                                                                      would not show */
    SC_TRUE(blocked.launched > 10 * STEPS);
    SC_TRUE(blocked.packs >= 3);
    SC_TRUE(blocked.reorders > blocked.packs);
    free(blocked.weights);
}

/* A plan may refuse what the device offers. */
static void refuse(variant v, const outcome *plain) {
    outcome unused;
    v.plan.hooks.plain_layouts = true;
    train(&v, &unused);
    SC_EQ(unused.reorders, 0);
    SC_EQ(unused.launched, 0);
    SC_EQ_MEMORY(unused.weights, plain->weights, plain->count * sizeof *plain->weights);
    for (int e = 0; e < 2; e++)
        SC_TRUE(unused.evaluated[e].sum.loss == plain->evaluated[e].sum.loss);
    free(unused.weights);
}

static void same_bits(const char *device, bool thorough) {
    for (int unfused = 0; unfused < 1 + thorough; unfused++) {
        variant v = {.device = device, .plain = true, .plan.hooks = {.keep_graph_order = unfused}};
        outcome plain;
        train(&v, &plain);
        SC_EQ(plain.reorders, plain.packs); /* of kernels that pack for themselves */
        v.plain = false;
        for (int manner = BLOCKED_ANY; manner <= BLOCKED_APART; manner++) {
            if (manner != BLOCKED_ANY && !thorough && !sc_test_full()) continue;
            v.manner = (blocked_manner)manner;
            for (int separate = 0; separate < 1 + thorough; separate++) {
                v.plan.hooks.separate = separate;
                compare(&v, &plain);
            }
        }
        if (thorough || sc_test_full()) refuse(v, &plain);
        free(plain.weights);
    }
}

Test(layouts, same_bits_cpu) {
    same_bits("cpu", true);
}

Test(layouts, same_bits_opencl) {
    same_bits("opencl:0", false);
}

/* Three micro-batches a step: a pack runs with the first one alone. */
Test(layouts, packed_once_per_commit) {
    fixture f;
    blocked_device blocked;
    fixture_open_timed(&f, "cpu");
    fixture_golden(&f, "wide");
    blocked_device_install(&blocked, f.device, BLOCKED_ANY);
    sc_optimizer optimizer = fixture_optimizer("sgd", 0.05f, 0);
    sc_engine_options options = {.capacity = 8,
                                 .micro_batches = 3,
                                 .optimizer = &optimizer,
                                 .seed = 3,
                                 .plan = {.profile = true}};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 3));
    for (uint32_t step = 1; step <= STEPS; step++) fixture_step(&f, engine, step, 0, 24, 3, 0.05f);
    const sc_plan *plan = sc_engine_train_plan(engine);
    int packs = sc_plan_sizes(plan).packs;
    SC_TRUE(packs >= 3);
    for (int i = 0; i < sc_plan_launches(plan); i++) {
        sc_plan_launch launch = sc_plan_launch_info(plan, i);
        if (i < packs) SC_EQ(launch.op, SC_OP_REORDER);
        SC_EQ(launch.runs, i < packs ? STEPS : 3 * STEPS);
    }
    sc_engine_destroy(engine);
    fixture_close(&f);
}

/* The null device takes every layout: five packed weights, three of them read again by the backward
 * pass; and of one step's two micro-batches the second does not pack. */
Test(layouts, null_device_counts) {
    fixture f;
    sc_null_counts counts = {0};
    sc_device *device;
    memset(&f, 0, sizeof f);
    sc_env_init(&f.env, NULL, NULL);
    fixture_golden(&f, "wide");
    FIXTURE_OK(sc_null_open(&device, &f.env, &counts));
    sc_optimizer optimizer = fixture_optimizer("sgd", 0.05f, 0);
    sc_engine_options options = {
        .capacity = 8, .micro_batches = 2, .optimizer = &optimizer, .seed = 3};
    sc_engine *engine;
    SC_OK(&f.env, sc_engine_create(&engine, device, f.net, &options));
    const sc_plan *plan = sc_engine_train_plan(engine);
    sc_plan_size size = sc_plan_sizes(plan);
    SC_EQ(size.packs, 5);
    const void *column[2] = {sc_dataset_column(f.data, 0)->data,
                             sc_dataset_column(f.data, 1)->data};
    int64_t enqueues[4];
    for (int k = 0; k < 4; k++) {
        int64_t before = counts.enqueues;
        SC_OK(&f.env, sc_engine_upload(engine, 0, 8, column, NULL));
        SC_OK(&f.env, sc_engine_micro_batch(engine, 0, 8, 0, 1 + (uint32_t)k / 2));
        enqueues[k] = counts.enqueues - before;
        if (k % 2)
            SC_OK(&f.env,
                  sc_engine_commit(engine, &(sc_engine_step){1 + (uint32_t)k / 2, 16, 2, 0.1f}));
    }
    SC_EQ(enqueues[0], size.launches);
    SC_EQ(enqueues[1], size.launches - size.packs + 1); /* one addition of partials */
    SC_EQ(enqueues[2], size.launches);
    SC_EQ(enqueues[3], enqueues[1]);
    sc_engine_destroy(engine);
    sc_device_close(device);
    sc_net_destroy(f.net);
    sc_dataset_destroy(f.data);
    SC_EQ(counts.kernels, 0);
    SC_EQ(counts.buffers, 0);
}
