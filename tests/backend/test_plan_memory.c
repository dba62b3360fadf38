/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of plans: a forecast is as large as the plan and takes nothing; plans that take turns in a
 * pool compute what they compute alone, keep their packed weights, and need the memory of the
 * largest. */
#include "blocked_device.h"
#include "plan_fixture.h"
#include "sc_device_bodies.h"

enum {
    CAPACITY = 4,
    CHANNELS = 16,
    SIDE = 6,
    PIXELS = CHANNELS * SIDE * SIDE,
    WEIGHTS = CHANNELS * CHANNELS * 9
};

/* A convolution with tanh, `depth` times over the same weight, then tanh of the sum of all results:
 * these live long. */
static void build(plan_fixture *p, int depth) {
    sc_value x = plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 4,
                               (const int64_t[]){CAPACITY, CHANNELS, SIDE, SIDE});
    sc_value w = plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, 4,
                               (const int64_t[]){CHANNELS, CHANNELS, 3, 3});
    sc_value sum = x;
    for (int i = 0; i < depth; i++) {
        sc_graph_scope(p->graph, i ? "later" : "first");
        x = sc_build_conv2d(p->graph, x, w, &(sc_window){{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
                            1);
        x = sc_build_unary(p->graph, SC_EXPR_TANH, x);
        sum = sc_build_binary(p->graph, SC_EXPR_ADD, sum, x);
    }
    sc_graph_scope(p->graph, "last");
    plan_output(p, sc_build_unary(p->graph, SC_EXPR_TANH, sum), SC_LANE_OUTPUTS);
}

static socle_status make(plan_fixture *p, device_fixture *f, int depth,
                         const sc_plan_options *options) {
    plan_begin(p, f, CAPACITY);
    build(p, depth);
    return plan_make(p, options);
}

/* Another plan over the same lanes. */
static socle_status make_again(plan_fixture *p, int depth, const sc_plan_options *options) {
    sc_plan_destroy(p->plan);
    sc_graph_destroy(p->graph);
    memset(p->tensors, 0, sizeof p->tensors);
    SC_OK(&p->f->env, sc_graph_create(&p->graph, &p->f->env, CAPACITY));
    build(p, depth);
    return sc_plan_create(&p->plan, p->f->device, p->graph, &p->map, options);
}

static void fill(plan_fixture *p) {
    static float data[CAPACITY * PIXELS];
    device_fill(data, CAPACITY * PIXELS, 5);
    plan_write(p, SC_LANE_INPUTS, 0, data, sizeof data);
    for (int i = 0; i < WEIGHTS; i++) data[i] *= 0.1f;
    plan_write(p, SC_LANE_PARAMETERS, 0, data, WEIGHTS * sizeof *data);
}

static void run(plan_fixture *p, float *y) {
    SC_OK(&p->f->env, plan_run(p, &(sc_launch){.rows = CAPACITY}));
    plan_read(p, SC_LANE_OUTPUTS, 0, y, CAPACITY * PIXELS * sizeof *y);
}

static uint64_t used(const device_fixture *f) {
    return sc_device_memory(f->device).used[SC_BUFFER_DEVICE];
}

static void same_size(sc_plan_size a, sc_plan_size b) {
    SC_EQ(a.activations, b.activations);
    SC_EQ(a.packed, b.packed);
    SC_EQ(a.scratch, b.scratch);
    SC_EQ(a.buffers, b.buffers);
    SC_EQ(a.piece, b.piece);
    SC_EQ(a.peak, b.peak);
    SC_EQ(a.heaviest, b.heaviest);
    SC_EQ_STR(a.heaviest_layer, b.heaviest_layer);
}

static void forecasts(const char *device, bool separate, bool blocked) {
    device_fixture f;
    plan_fixture told, real;
    blocked_device pretended;
    SC_REPRO("%s, separate %d, blocked %d", device, separate, blocked);
    device_open(&f, device, NULL);
    if (blocked) blocked_device_install(&pretended, f.device, BLOCKED_ANY);
    SC_OK(&f.env,
          make(&told, &f, 3, &(sc_plan_options){.forecast = true, .hooks.separate = separate}));
    uint64_t before = used(&f);
    SC_OK(&f.env, make(&real, &f, 3, &(sc_plan_options){.hooks = {.separate = separate}}));
    size_t lanes = 0;
    for (int l = 0; l < SC_LANE_COUNT; l++) lanes += real.map.lane[l].bytes;
    sc_plan_size size = sc_plan_sizes(told.plan);
    SC_EQ(used(&f) - before, lanes + size.activations);
    same_size(size, sc_plan_sizes(real.plan));
    if (blocked) SC_TRUE(size.packs > 0);
    SC_EQ(size.packed > 0, size.packs > 0 && !separate);
    SC_FAILS(&f.env, plan_run(&told, &(sc_launch){.rows = 1}), SOCLE_STATUS_STATE);
    plan_end(&told);
    plan_end(&real);
    device_close(&f);
}

static void all_forecasts(const char *device) {
    for (int i = 0; i < 4; i++)
        if (sc_test_takes(device, i, 3)) forecasts(device, i & 1, i & 2);
}

Test(plan_memory, forecast_is_the_plan_cpu) {
    all_forecasts("cpu");
}

SC_OPENCL_BODY(all_forecasts)

/* What fits no allocation of the device: the plan refuses, the forecast tells. */
Test(plan_memory, the_piece_that_does_not_fit) {
    device_fixture f;
    plan_fixture p;
    device_open(&f, "opencl:0", NULL);
    SC_OK(&f.env, make(&p, &f, 2, &(sc_plan_options){.forecast = true}));
    sc_plan_size size = sc_plan_sizes(p.plan);
    SC_TRUE(size.piece >= CAPACITY * PIXELS * sizeof(float));
    f.device->info.max_allocation = size.piece + 100; /* just enough: in as many buffers as it takes
                                                       */
    SC_OK(&f.env, make_again(&p, 2, NULL));
    SC_TRUE(sc_plan_sizes(p.plan).buffers > 1);
    f.device->info.max_allocation = size.piece - 1;
    SC_OK(&f.env, make_again(&p, 2, &(sc_plan_options){.forecast = true}));
    SC_EQ(sc_plan_sizes(p.plan).piece, size.piece);
    SC_EQ(make_again(&p, 2, NULL), SOCLE_STATUS_DEVICE_MEMORY);
    SC_CONTAINS(f.env.text, "more than the device allocates at once");
    plan_end(&p);
    device_close(&f);
}

static size_t piece_of(device_fixture *f) {
    plan_fixture p;
    SC_OK(&f->env, make(&p, f, 4, &(sc_plan_options){.forecast = true}));
    size_t piece = sc_plan_sizes(p.plan).piece;
    plan_end(&p);
    return piece;
}

/* Two plans of unlike size, blocked weights packed in each, by turns; the larger one comes second,
 * so the pool grows under the first. */
static void turns(const char *device, bool divided) {
    device_fixture f;
    blocked_device pretended;
    plan_fixture alone[2], pooled[2];
    sc_plan_pool *pool;
    static float expected[CAPACITY * PIXELS], y[CAPACITY * PIXELS];
    SC_REPRO("%s, divided %d", device, divided);
    device_open(&f, device, NULL);
    blocked_device_install(&pretended, f.device, BLOCKED_ANY);
    SC_OK(&f.env, sc_plan_pool_create(&pool, f.device, false));
    size_t largest = 0;
    if (divided) f.device->info.max_allocation = piece_of(&f);
    for (int i = 0; i < 2; i++) {
        SC_OK(&f.env, make(&alone[i], &f, 1 + 3 * i, NULL));
        SC_OK(&f.env, make(&pooled[i], &f, 1 + 3 * i, &(sc_plan_options){.pool = pool}));
        fill(&alone[i]);
        fill(&pooled[i]);
        sc_plan_size size = sc_plan_sizes(pooled[i].plan);
        same_size(size, sc_plan_sizes(alone[i].plan));
        SC_TRUE(size.packs > 0 && size.packed > 0);
        if (size.activations - size.packed > largest) largest = size.activations - size.packed;
        if (i == 0) run(&pooled[0], y);
    }
    SC_TRUE(divided ? sc_plan_pool_bytes(pool) >= largest : sc_plan_pool_bytes(pool) == largest);
    SC_EQ(sc_plan_sizes(pooled[1].plan).buffers > 2, divided);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 2; i++) {
            run(&alone[i], expected);
            run(&pooled[i], y);
            SC_EQ_MEMORY(y, expected, sizeof y);
        }
    for (int i = 0; i < 2; i++) {
        plan_end(&alone[i]);
        plan_end(&pooled[i]);
    }
    uint64_t before = used(&f);
    size_t bytes = sc_plan_pool_bytes(pool);
    sc_plan_pool_destroy(pool);
    SC_EQ(before - used(&f), bytes);
    device_close(&f);
}

static void take_turns(const char *device) {
    turns(device, false);
    turns(device, true);
}

Test(plan_memory, plans_take_turns_cpu) {
    take_turns("cpu");
}

SC_OPENCL_BODY(take_turns)

/* Separate memory stays separate, pool or not. */
Test(plan_memory, separate_plans_leave_the_pool) {
    device_fixture f;
    plan_fixture p;
    sc_plan_pool *pool;
    static float y[CAPACITY * PIXELS];
    device_open(&f, "cpu", NULL);
    SC_OK(&f.env, sc_plan_pool_create(&pool, f.device, false));
    SC_OK(&f.env, make(&p, &f, 2, &(sc_plan_options){.pool = pool, .hooks.separate = true}));
    SC_EQ(sc_plan_pool_bytes(pool), 0);
    fill(&p);
    run(&p, y);
    plan_end(&p);
    sc_plan_pool_destroy(pool);
    device_close(&f);
}

/* A pool that the budget does not let grow: the new plan fails, the old one works on. With room for
 * the new memory once the old is gone it grows. */
Test(plan_memory, a_pool_that_cannot_grow) {
    device_fixture f;
    plan_fixture small, large;
    sc_plan_pool *pool;
    static float before[CAPACITY * PIXELS], after[CAPACITY * PIXELS];
    device_open(&f, "cpu", NULL);
    SC_OK(&f.env, sc_plan_pool_create(&pool, f.device, false));
    SC_OK(&f.env, make(&small, &f, 1, &(sc_plan_options){.pool = pool}));
    fill(&small);
    run(&small, before);
    size_t bytes = sc_plan_pool_bytes(pool);
    SC_OK(&f.env, make(&large, &f, 4, &(sc_plan_options){.forecast = true}));
    size_t wanted = sc_plan_sizes(large.plan).activations;
    SC_TRUE(wanted > bytes);
    uint64_t just_enough = sc_device_memory(f.device).bounded - bytes + wanted;
    sc_device_set_budget(f.device, just_enough - 1);
    SC_EQ(make_again(&large, 4, &(sc_plan_options){.pool = pool}), SOCLE_STATUS_DEVICE_MEMORY);
    SC_CONTAINS(f.env.text, "1 too many");
    SC_EQ(sc_plan_pool_bytes(pool), bytes);
    run(&small, after);
    SC_EQ_MEMORY(after, before, sizeof after);
    sc_device_set_budget(f.device, just_enough);
    SC_OK(&f.env, make_again(&large, 4, &(sc_plan_options){.pool = pool}));
    SC_EQ(sc_plan_pool_bytes(pool), wanted);
    run(&small, after);
    SC_EQ_MEMORY(after, before, sizeof after);
    plan_end(&large);
    plan_end(&small);
    sc_plan_pool_destroy(pool);
    device_close(&f);
}

SC_OPENCL_BODIES(plan_memory)
