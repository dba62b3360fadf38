/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts and packed weights in plans: blocked values give the bits of plain ones, combinations
 * that no implementation takes are not planned, and packed weights are kept from run to run until
 * the plan is told. */
#include "backend/null.h"
#include "blocked_device.h"
#include "nn/lanes.h"
#include "plan_fixture.h"

enum {
    CAPACITY = 4,
    CHANNELS = 16,
    SIDE = 6,
    PIXELS = CHANNELS * SIDE * SIDE,
    WEIGHTS = CHANNELS * CHANNELS * 9
};

/* `convolutions` of 3x3, bare or with a bias and relu behind each, from the input to the output. */
static void make(plan_fixture *p, device_fixture *f, int convolutions, bool bare,
                 const sc_plan_options *options) {
    static float data[CAPACITY * PIXELS + 1];
    plan_begin(p, f, CAPACITY);
    sc_value x = plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 4,
                               (const int64_t[]){CAPACITY, CHANNELS, SIDE, SIDE});
    for (int i = 0; i < convolutions; i++) {
        sc_value w = plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, 4,
                                   (const int64_t[]){CHANNELS, CHANNELS, 3, 3});
        sc_value bias = plan_external(p, SC_LANE_STATISTICS, SOCLE_F32, false, 4,
                                      (const int64_t[]){1, CHANNELS, 1, 1});
        sc_graph_scope(p->graph, i ? "conv2" : "conv1");
        x = sc_build_conv2d(p->graph, x, w, &(sc_window){{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
                            1);
        if (bare) continue;
        x = sc_build_binary(p->graph, SC_EXPR_ADD, x, bias);
        x = sc_build_unary(p->graph, SC_EXPR_RELU, x);
    }
    plan_output(p, x, SC_LANE_OUTPUTS);
    SC_OK(&f->env, plan_make(p, options));
    device_fill(data, CAPACITY * PIXELS + 1, 5);
    plan_write(p, SC_LANE_INPUTS, 0, data, CAPACITY * PIXELS * sizeof *data);
    for (int i = 0; i < convolutions; i++) {
        plan_write(p, SC_LANE_PARAMETERS, i, data + i, WEIGHTS * sizeof *data);
        plan_write(p, SC_LANE_STATISTICS, i, data, CHANNELS * sizeof *data);
    }
}

static const float *run(plan_fixture *p) {
    static float y[2][CAPACITY * PIXELS];
    static int turn;
    turn = !turn;
    SC_OK(&p->f->env, plan_run(p, &(sc_launch){.rows = CAPACITY}));
    plan_read(p, SC_LANE_OUTPUTS, 0, y[turn], sizeof y[turn]);
    return y[turn];
}

static int reorders(const sc_plan *plan) {
    int count = 0;
    for (int i = 0; i < sc_plan_launches(plan); i++)
        count += sc_plan_launch_info(plan, i).op == SC_OP_REORDER;
    return count;
}

static void chain(const char *device, blocked_manner manner, int convolutions, bool bare, int packs,
                  int others) {
    device_fixture f;
    blocked_device blocked;
    plan_fixture changed, plain;
    SC_REPRO("%s, manner %d, %d convolutions, bare %d", device, (int)manner, convolutions, bare);
    device_open(&f, device, NULL);
    make(&plain, &f, convolutions, bare, NULL);
    const int own = sc_plan_sizes(plain.plan).packs; /* of kernels that pack for themselves */
    if (!packs) packs = own;
    blocked_device_install(&blocked, f.device, manner);
    make(&changed, &f, convolutions, bare, NULL);
    SC_EQ(sc_plan_sizes(changed.plan).packs, packs);
    SC_EQ(reorders(changed.plan), packs + others);
    SC_EQ(sc_plan_launches(changed.plan), sc_plan_launches(plain.plan) - own + packs + others);
    const float *expected = run(&plain);
    SC_EQ_MEMORY(run(&changed), expected, CAPACITY * PIXELS * sizeof(float));
    plan_end(&changed);
    plan_end(&plain);
    device_close(&f);
}

/* Reorders beside the packs: a result with a tail is blocked, so the last one is made plain for its
 * home; STRICT makes the input blocked too. A bare single convolution that takes mixtures needs
 * neither; under PAIRED it then goes without its packed weight, which nothing takes alone. */
static void chains(const char *device) {
    chain(device, BLOCKED_ANY, 1, false, 1, 1);
    chain(device, BLOCKED_ANY, 1, true, 1, 0);
    chain(device, BLOCKED_ANY, 2, false, 2, 1);
    chain(device, BLOCKED_ANY, 2, true, 2, 0);
    chain(device, BLOCKED_APART, 2, false, 2, 1);
    chain(device, BLOCKED_STRICT, 1, true, 1, 2);
    chain(device, BLOCKED_STRICT, 2, false, 2, 2);
    chain(device, BLOCKED_PAIRED, 1, true, 0, 0);
    chain(device, BLOCKED_PAIRED, 1, false, 1, 1);
    chain(device, BLOCKED_PAIRED, 2, true, 2, 0);
}

Test(plan_layouts, chains_cpu) {
    chains("cpu");
}

Test(plan_layouts, chains_opencl) {
    chains("opencl:0");
}

static void add_to_weights(plan_fixture *p, float change) {
    static float data[WEIGHTS];
    plan_read(p, SC_LANE_PARAMETERS, 0, data, sizeof data);
    for (int i = 0; i < WEIGHTS; i++) data[i] += change;
    plan_write(p, SC_LANE_PARAMETERS, 0, data, sizeof data);
}

static void keeps_packs(bool separate) {
    device_fixture f;
    blocked_device blocked;
    plan_fixture packed, plain;
    enum { BYTES = CAPACITY * PIXELS * sizeof(float) };
    static float first[CAPACITY * PIXELS];
    device_open(&f, "cpu", NULL);
    make(&plain, &f, 2, false, NULL);
    blocked_device_install(&blocked, f.device, BLOCKED_ANY);
    make(&packed, &f, 2, false, &(sc_plan_options){.hooks = {.separate = separate}});
    SC_EQ(sc_plan_launch_info(packed.plan, 0).op, SC_OP_REORDER);
    SC_EQ_STR(sc_plan_launch_info(packed.plan, 0).layer, "conv1");
    memcpy(first, run(&plain), BYTES);
    SC_EQ_MEMORY(run(&packed), first, BYTES);
    add_to_weights(&packed, 0.25f);
    SC_EQ_MEMORY(run(&packed), first, BYTES); /* the change was not announced: the packs of before
                                               */
    sc_plan_weights_changed(packed.plan);
    add_to_weights(&plain, 0.25f);
    for (int again = 0; again < 2; again++) {
        const float *expected = run(&plain);
        SC_EQ_MEMORY(run(&packed), expected, BYTES);
        SC_TRUE(memcmp(expected, first, BYTES) != 0);
    }
    /* The weights of the beginning, at another place: seen without being told. */
    sc_lane_memory home = packed.memory;
    sc_operand *weights = &packed.memory.base[SC_LANE_PARAMETERS];
    size_t bytes = packed.map.lane[SC_LANE_PARAMETERS].bytes;
    SC_OK(&f.env, sc_buffer_create(&weights->buffer, f.device, SC_BUFFER_DEVICE, bytes + 128));
    weights->offset = 128;
    SC_OK(&f.env, sc_queue_copy(f.queue, *weights, home.base[SC_LANE_PARAMETERS], bytes));
    add_to_weights(&packed, -0.25f);
    add_to_weights(&plain, -0.25f);
    memcpy(first, run(&plain), BYTES);
    SC_EQ_MEMORY(run(&packed), first, BYTES);
    sc_buffer_destroy(weights->buffer);
    packed.memory = home;
    plan_end(&packed);
    plan_end(&plain);
    device_close(&f);
}

Test(plan_layouts, packs_are_kept) {
    keeps_packs(false);
}

Test(plan_layouts, packs_are_kept_separate) {
    keeps_packs(true);
}

/* A plan on the null device, which takes every layout, so that all parts of making one allocate. */
static socle_status make_on(sc_device *device, plan_fixture *p, const sc_plan_options *options) {
    const sc_lane lanes[] = {SC_LANE_INPUTS, SC_LANE_PARAMETERS, SC_LANE_OUTPUTS};
    const size_t bytes[2] = {9216, 9216};
    const sc_window window = {{3, 3}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};
    SC_TRY(sc_graph_create(&p->graph, device->env, 4));
    sc_value x =
        plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 4, (const int64_t[]){4, 16, 6, 6});
    sc_graph_scope(p->graph, "conv");
    for (int i = 0; i < 2; i++) {
        sc_value w = plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, 4,
                                   (const int64_t[]){16, 16, 3, 3});
        SC_TRY(p->graph->status);
        x = sc_build_conv2d(p->graph, x, w, &window, 1);
        SC_TRY(p->graph->status);
    }
    x = sc_build_softmax(p->graph, x, false);
    sc_graph_output(p->graph, x, SC_LANE_OUTPUTS, 0);
    SC_TRY(p->graph->status);
    for (int i = 0; i < 3; i++)
        SC_TRY(sc_lane_place(&p->map.lane[lanes[i]], device->env, 2, bytes, NULL));
    SC_TRY(sc_plan_create(&p->plan, device, p->graph, &p->map, options));
    SC_EQ(sc_plan_sizes(p->plan).packs, 2);
    return SOCLE_OK;
}

static socle_status make_in(sc_env *env, void *argument) {
    sc_null_counts counts = {0};
    sc_device *device;
    plan_fixture p = {0};
    SC_TRY(sc_null_open(&device, env, &counts));
    socle_status status = make_on(device, &p, argument);
    sc_plan_destroy(p.plan);
    sc_graph_destroy(p.graph);
    sc_lane_map_free(&p.map, env);
    sc_device_close(device);
    SC_EQ(counts.kernels + counts.buffers, 0);
    return status;
}

Test(plan_layouts, survives_refused_allocations) {
    sc_test_each_allocation(make_in, &(sc_plan_options){0});
    sc_test_each_allocation(
        make_in, &(sc_plan_options){.hooks = {.separate = true, .keep_graph_order = true}});
}

/* A pack that failed is made again, and the others with it: the list runs whole until it has run
 * through. */
Test(plan_layouts, a_failed_pack_runs_again) {
    sc_env env;
    sc_null_counts counts = {0};
    sc_device *device;
    sc_queue *queue;
    sc_buffer *buffer;
    sc_lane_memory memory = {0};
    plan_fixture p = {0};
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    SC_OK(&env, make_on(device, &p, NULL));
    SC_OK(&env, sc_queue_open(&queue, device));
    SC_OK(&env, sc_buffer_create(&buffer, device, SC_BUFFER_DEVICE, 2 * 9216));
    for (int lane = 0; lane < SC_LANE_COUNT; lane++) memory.base[lane].buffer = buffer;
    const int launches = sc_plan_launches(p.plan), packs = sc_plan_sizes(p.plan).packs;
    for (int failing = 1; failing <= launches; failing++) {
        const sc_launch launch = {.rows = 4};
        sc_plan_weights_changed(p.plan);
        counts.fail_after = counts.calls + failing;
        SC_FAILS(&env, sc_plan_run(p.plan, queue, &memory, &launch), SOCLE_STATUS_DEVICE);
        counts.fail_after = 0;
        int64_t before = counts.enqueues;
        SC_OK(&env, sc_plan_run(p.plan, queue, &memory, &launch));
        SC_EQ(counts.enqueues - before, failing <= packs ? launches : launches - packs);
    }
    sc_buffer_destroy(buffer);
    sc_queue_close(queue);
    sc_plan_destroy(p.plan);
    sc_graph_destroy(p.graph);
    sc_lane_map_free(&p.map, &env);
    sc_device_close(device);
}
