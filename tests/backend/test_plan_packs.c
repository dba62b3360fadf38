/* SPDX-License-Identifier: Apache-2.0 */
/* Weights that kernels pack for themselves: a plan keeps what was packed until it is told that the
 * weights changed, and computes the bits of a plan whose kernels pack in every launch. */
#include "backend/null.h"
#include "nn/lanes.h"
#include "plan_fixture.h"

enum {
    CAPACITY = 5,
    CHANNELS = 3,
    SIDE = 9,
    PIXELS = CHANNELS * SIDE * SIDE,
    FILTERS = 20,
    UNITS = 70,
    CLASSES = 10
};
enum { INNER = FILTERS * SIDE * SIDE, OUTPUTS = CAPACITY * CLASSES, PARAMETERS = 4 };
static const int64_t weight_shape[PARAMETERS][4] = {
    {FILTERS, CHANNELS, 3, 3}, {UNITS, INNER}, {CLASSES, UNITS}, {CLASSES, CLASSES}};
static const int weight_rank[PARAMETERS] = {4, 2, 2, 2};
#define CPU_CLASS "conv2d=direct,matmul=packed"

static size_t elements(int parameter) {
    size_t count = 1;
    for (int d = 0; d < weight_rank[parameter]; d++) count *= (size_t)weight_shape[parameter][d];
    return count;
}

/* Convolution, relu, two products with weights as they are, one with what is computed of another.
 */
static sc_value build(plan_fixture *p) {
    const sc_window window = {{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
    const sc_tensor_desc flat =
        sc_tensor_make(SOCLE_F32, true, 2, (const int64_t[]){CAPACITY, INNER});
    sc_value w[PARAMETERS];
    sc_value x = plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 4,
                               (const int64_t[]){CAPACITY, CHANNELS, SIDE, SIDE});
    for (int i = 0; i < PARAMETERS; i++)
        w[i] =
            plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, weight_rank[i], weight_shape[i]);
    sc_graph_scope(p->graph, "conv");
    x = sc_build_unary(p->graph, SC_EXPR_RELU, sc_build_conv2d(p->graph, x, w[0], &window, 1));
    x = sc_graph_alias(p->graph, x, &flat);
    sc_graph_scope(p->graph, "first");
    x = sc_build_unary(p->graph, SC_EXPR_TANH, sc_build_matmul(p->graph, x, w[1], false, true));
    sc_graph_scope(p->graph, "second");
    x = sc_build_matmul(p->graph, x, w[2], false, true);
    sc_graph_scope(p->graph, "computed");
    return sc_build_matmul(p->graph, x, sc_build_unary(p->graph, SC_EXPR_TANH, w[3]), false, false);
}

static void make(plan_fixture *p, device_fixture *f, const sc_plan_options *options) {
    static float data[CAPACITY * PIXELS];
    plan_begin(p, f, CAPACITY);
    plan_output(p, build(p), SC_LANE_OUTPUTS);
    SC_OK(&f->env, plan_make(p, options));
    device_fill(data, CAPACITY * PIXELS, 5);
    plan_write(p, SC_LANE_INPUTS, 0, data, sizeof data);
}

/* Weights that differ for each `seed`. */
static void write_weights(plan_fixture *p, uint64_t seed) {
    static float data[UNITS * INNER];
    for (int i = 0; i < PARAMETERS; i++) {
        device_fill(data, elements(i), seed + (uint64_t)i);
        for (size_t k = 0; k < elements(i); k++) data[k] *= 0.1f;
        plan_write(p, SC_LANE_PARAMETERS, i, data, elements(i) * sizeof *data);
    }
}

static void run(plan_fixture *p, int64_t rows, float *y) {
    SC_OK(&p->f->env, plan_run(p, &(sc_launch){.rows = rows}));
    plan_read(p, SC_LANE_OUTPUTS, 0, y, (size_t)rows * CLASSES * sizeof *y);
}

static void same(plan_fixture *a, plan_fixture *b) {
    float y[OUTPUTS], expected[OUTPUTS];
    for (int64_t rows = CAPACITY; rows > 0; rows -= CAPACITY - 1) {
        run(a, rows, y);
        run(b, rows, expected);
        SC_EQ_MEMORY(y, expected, (size_t)rows * CLASSES * sizeof *y);
    }
}

static void keeps(bool separate) {
    device_fixture f;
    plan_fixture kept, plain;
    float first[OUTPUTS], y[OUTPUTS];
    SC_REPRO("separate %d", separate);
    device_open(&f, "opencl:0", NULL);
    make(&plain, &f, &(sc_plan_options){.force = CPU_CLASS, .hooks.plain_layouts = true});
    make(&kept, &f, &(sc_plan_options){.force = CPU_CLASS, .hooks.separate = separate});
    SC_EQ(sc_plan_sizes(plain.plan).packs, 0);
    SC_EQ(sc_plan_sizes(kept.plan).packs, 3);
    SC_EQ(sc_plan_launches(kept.plan), sc_plan_launches(plain.plan) + 3);
    SC_EQ(sc_plan_launch_info(kept.plan, 1).op, SC_OP_REORDER);
    SC_EQ_STR(sc_plan_launch_info(kept.plan, 1).layer, "first");
    SC_EQ_STR(sc_plan_launch_info(kept.plan, 1).implementation, "packed");
    write_weights(&plain, 11);
    write_weights(&kept, 11);
    same(&kept, &plain);
    /* Nobody says that they changed: the kernels read nothing but what was packed. `computed` packs
     * in each launch. */
    run(&kept, CAPACITY, first);
    write_weights(&kept, 22);
    float last[CLASSES * CLASSES];
    plan_read(&plain, SC_LANE_PARAMETERS, 3, last, sizeof last);
    plan_write(&kept, SC_LANE_PARAMETERS, 3, last, sizeof last);
    run(&kept, CAPACITY, y);
    SC_EQ_MEMORY(y, first, sizeof y);
    write_weights(&kept, 22);
    write_weights(&plain, 22);
    sc_plan_weights_changed(kept.plan);
    same(&kept, &plain);
    run(&kept, CAPACITY, y);
    SC_TRUE(memcmp(y, first, sizeof y) != 0);
    plan_end(&kept);
    plan_end(&plain);
    device_close(&f);
}

Test(plan_packs, stay_until_the_weights_change) {
    keeps(false);
    keeps(true);
}

/* Panels leave the workspace, stay beside everything else, and are forecast. */
Test(plan_packs, memory_is_forecast) {
    device_fixture f;
    plan_fixture told, kept, plain;
    sc_plan_options options = {.force = CPU_CLASS};
    device_open(&f, "opencl:0", NULL);
    make(&kept, &f, &options);
    options.forecast = true;
    make(&told, &f, &options);
    options.hooks.plain_layouts = true;
    make(&plain, &f, &options);
    const sc_plan_size size = sc_plan_sizes(kept.plan), forecast = sc_plan_sizes(told.plan);
    SC_EQ(forecast.activations, size.activations);
    SC_EQ(forecast.packed, size.packed);
    SC_EQ(forecast.peak, size.peak);
    SC_TRUE(size.packed >= (elements(0) + elements(1) + elements(2)) * sizeof(float));
    SC_TRUE(size.scratch + UNITS * INNER * sizeof(float) <= sc_plan_sizes(plain.plan).scratch);
    plan_end(&kept);
    plan_end(&told);
    plan_end(&plain);
    device_close(&f);
}

enum { NULL_PACKING = 4096 };

static socle_status make_on_null(sc_device *device, plan_fixture *p,
                                 const sc_plan_options *options) {
    const size_t bytes[PARAMETERS] = {4 * UNITS * INNER, 4 * UNITS * INNER, 4 * UNITS * INNER,
                                      4 * UNITS * INNER};
    SC_TRY(sc_graph_create(&p->graph, device->env, CAPACITY));
    sc_graph_output(p->graph, build(p), SC_LANE_OUTPUTS, 0);
    SC_TRY(p->graph->status);
    p->tensors[SC_LANE_OUTPUTS] = 1;
    for (int lane = 0; lane < SC_LANE_COUNT; lane++)
        if (p->tensors[lane])
            SC_TRY(sc_lane_place(&p->map.lane[lane], device->env, p->tensors[lane], bytes, NULL));
    return sc_plan_create(&p->plan, device, p->graph, &p->map, options);
}

static void end_on_null(sc_device *device, plan_fixture *p) {
    sc_plan_destroy(p->plan);
    sc_graph_destroy(p->graph);
    sc_lane_map_free(&p->map, device->env);
    sc_device_close(device);
}

static socle_status make_in(sc_env *env, void *argument) {
    sc_null_counts counts = {.packing = NULL_PACKING};
    sc_device *device;
    plan_fixture p = {0};
    SC_TRY(sc_null_open(&device, env, &counts));
    socle_status status = make_on_null(device, &p, argument);
    end_on_null(device, &p);
    SC_EQ(counts.kernels + counts.buffers, 0);
    return status;
}

Test(plan_packs, survives_refused_allocations) {
    sc_test_each_allocation(make_in, &(sc_plan_options){0});
    sc_test_each_allocation(make_in, &(sc_plan_options){.hooks.separate = true});
}

/* Whatever fails: the next run packs what is not whole, and the one after it packs nothing. */
Test(plan_packs, later_runs_pack_nothing) {
    sc_env env;
    sc_null_counts counts = {.packing = NULL_PACKING};
    sc_device *device;
    sc_queue *queue;
    sc_buffer *buffer;
    sc_lane_memory memory = {0};
    plan_fixture p = {0};
    const sc_launch launch = {.rows = CAPACITY};
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    SC_OK(&env, make_on_null(device, &p, NULL));
    SC_OK(&env, sc_queue_open(&queue, device));
    SC_OK(&env, sc_buffer_create(&buffer, device, SC_BUFFER_DEVICE, 64 * UNITS * INNER));
    for (int lane = 0; lane < SC_LANE_COUNT; lane++) memory.base[lane].buffer = buffer;
    const int launches = sc_plan_launches(p.plan), packs = sc_plan_sizes(p.plan).packs;
    SC_TRUE(packs >= 2);
    for (int failing = 0; failing <= launches; failing++) {
        sc_plan_weights_changed(p.plan);
        counts.fail_after = failing ? counts.calls + failing : 0;
        SC_EQ(sc_plan_run(p.plan, queue, &memory, &launch),
              failing ? SOCLE_STATUS_DEVICE : SOCLE_OK);
        counts.fail_after = 0;
        for (int again = 0; again < 2; again++) {
            const int64_t before = counts.enqueues;
            SC_OK(&env, sc_plan_run(p.plan, queue, &memory, &launch));
            SC_EQ(counts.enqueues - before,
                  again || failing == 0 || failing > packs ? launches - packs : launches);
        }
    }
    sc_buffer_destroy(buffer);
    sc_queue_close(queue);
    end_on_null(device, &p);
}

/* The contract checks what whoever packs hands over. */
Test(plan_packs, too_little_memory_is_refused) {
    sc_env env;
    sc_null_counts counts = {.packing = NULL_PACKING};
    sc_device *device;
    sc_queue *queue;
    sc_buffer *small;
    sc_kernel *kernel;
    sc_op_desc desc = {.op = SC_OP_MATMUL, .inputs = 2, .outputs = 1};
    for (int i = 0; i < 3; i++)
        desc.tensor[i] = sc_tensor_make(SOCLE_F32, false, 2, (const int64_t[]){4, 4});
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    SC_OK(&env, sc_queue_open(&queue, device));
    SC_OK(&env, sc_buffer_create(&small, device, SC_BUFFER_DEVICE, NULL_PACKING - 1));
    SC_OK(&env, sc_prepare(&kernel, device, &desc, NULL));
    const sc_operand operand[3] = {{small, 0}, {small, 0}, {small, 0}};
    SC_EQ(kernel->workspace, NULL_PACKING);
    SC_FAILS(&env, sc_kernel_pack(kernel, queue, operand[1], operand[2]),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_CONTAINS(env.text, "needs 4096 bytes of memory for a packed operand");
    SC_FAILS(&env,
             sc_kernel_enqueue(kernel, queue, operand, (sc_operand){0}, &(sc_launch){.rows = 1}),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_CONTAINS(env.text, "needs 4096 bytes of workspace");
    SC_FAILS(
        &env,
        sc_kernel_enqueue_packed(kernel, queue, operand, (sc_operand){0}, &(sc_launch){.rows = 1}),
        SOCLE_STATUS_INVALID_ARGUMENT);
    SC_CONTAINS(env.text, "needs 4096 bytes of a packed operand");
    sc_kernel_release(kernel);
    sc_buffer_destroy(small);
    sc_queue_close(queue);
    sc_device_close(device);
}
