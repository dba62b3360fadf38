/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan tells of its launches and their faults: times on the device's clock, and the separate
 * mode, which names the tensor that a kernel overran and shows as NaN what was not written. The
 * faults are planted in an implementation put before the device's own. */
#include "backend/tuning.h"
#include "plan_fixture.h"
#include "sc_device_bodies.h"

#include <time.h>

enum { ROWS = 7, COLUMNS = 3, ELEMENTS = ROWS * COLUMNS };

typedef enum fault { NONE, BEHIND, FAR_BEHIND, BEFORE, NOTHING, A_ROW_LESS } fault;

static const sc_implementation *real;
static fault planted;

typedef struct faulty {
    sc_kernel base;
    sc_kernel *inner;
    size_t bytes;
    int inputs;
} faulty;

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    faulty *self = (faulty *)kernel;
    sc_launch fewer = *launch;
    if (planted == A_ROW_LESS) fewer.rows--;
    if (planted != NOTHING)
        SC_TRY(sc_kernel_enqueue(self->inner, queue, operands, workspace, &fewer));
    sc_operand out = operands[self->inputs];
    if (planted == BEFORE)
        out.offset -= 4;
    else if (planted == BEHIND)
        out.offset += self->bytes;
    else if (planted == FAR_BEHIND)
        out.offset += self->bytes + 60;
    else
        return SOCLE_OK;
    return sc_queue_fill(queue, out, 0x3f800000u, 4);
}

static void release(sc_kernel *kernel) {
    sc_kernel_release(((faulty *)kernel)->inner);
    sc_release(kernel->device->env, kernel);
}

static bool is_tanh(const sc_device *device, const sc_op_desc *desc) {
    (void)device;
    return sc_expr_uses(desc->expr, SC_EXPR_TANH);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    faulty *self;
    int own[SC_TUNING_PARAMETERS];
    (void)tuning;
    sc_tuning_read(own, real, NULL);
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    self->base = (sc_kernel){
        .device = device, .implementation = implementation, .enqueue = enqueue, .release = release};
    self->bytes = sc_tensor_bytes(&desc->tensor[desc->inputs]);
    self->inputs = desc->inputs;
    socle_status status = real->prepare(&self->inner, device, real, desc, own);
    if (status != SOCLE_OK) { /* a kernel that is announced is not made */
        sc_release(device->env, self);
        return status;
    }
    *out = &self->base;
    self->base.workspace = self->inner->workspace;
    return SOCLE_OK;
}

static const sc_implementation planted_tanh = {
    .op = SC_OP_ELEMENTWISE, .name = "faulty", .accepts = is_tanh, .prepare = prepare};

/* exp(tanh(x) * 2) in three launches, tanh(x) in the layer "first". */
static void setup(plan_fixture *p, device_fixture *f, const char *device,
                  const sc_plan_options *options) {
    const sc_implementation *first[] = {&planted_tanh};
    device_open(f, device, NULL);
    for (const sc_implementation *const *list = f->device->implementations; *list && !real; list++)
        if ((*list)->op == SC_OP_ELEMENTWISE && !((*list)->needs & ~f->device->info.traits))
            real = *list;
    device_put_first(f, 1, first, f->device->implementations);
    plan_begin(p, f, ROWS);
    sc_value x =
        plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 2, (const int64_t[]){ROWS, COLUMNS});
    sc_graph_scope(p->graph, "first");
    x = sc_build_unary(p->graph, SC_EXPR_TANH, x);
    sc_graph_scope(p->graph, "second");
    x = sc_build_scale(p->graph, x, 2, 0);
    sc_graph_scope(p->graph, "third");
    plan_output(p, sc_build_unary(p->graph, SC_EXPR_EXP, x), SC_LANE_OUTPUTS);
    SC_OK(&f->env, plan_make(p, options));
    SC_EQ(sc_plan_launches(p->plan), 3);
    SC_EQ_STR(sc_plan_launch_info(p->plan, 0).implementation, "faulty");
    float data[ELEMENTS];
    device_fill(data, ELEMENTS, 3);
    plan_write(p, SC_LANE_INPUTS, 0, data, sizeof data);
}

static void finish(plan_fixture *p, device_fixture *f) {
    plan_end(p);
    device_close(f);
}

static void finds(const char *device) {
    device_fixture f;
    plan_fixture p;
    setup(&p, &f, device,
          &(sc_plan_options){.hooks = {.separate = true, .keep_graph_order = true}});
    const sc_launch launch = {.rows = ROWS};
    for (int round = 0; round < 2; round++) { /* a fault of one run is not held against the next */
        static const struct {
            fault planted;
            const char *text;
        } cases[] = {
            {BEHIND, "memory behind first (84 bytes) was overwritten"}, /* one element, still inside
                                                                           the padding */
            {FAR_BEHIND, "memory behind first (84 bytes) was overwritten"},
            {BEFORE, "memory before first (84 bytes) was overwritten"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            planted = cases[i].planted;
            SC_FAILS(&f.env, plan_run(&p, &launch), SOCLE_STATUS_WRONG_RESULT);
            SC_CONTAINS(f.env.text, cases[i].text);
            planted = NONE;
            SC_OK(&f.env, plan_run(&p, &launch));
        }
    }
    finish(&p, &f);
}

Test(plan_modes, an_overrun_is_found_and_named_cpu) {
    finds("cpu");
}

SC_OPENCL_BODY(finds)

static void shows_unwritten(const char *device) {
    device_fixture f;
    plan_fixture p;
    float y[ELEMENTS];
    setup(&p, &f, device,
          &(sc_plan_options){.hooks = {.separate = true, .keep_graph_order = true}});
    planted = NONE;
    SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = ROWS}));
    plan_read(&p, SC_LANE_OUTPUTS, 0, y, sizeof y);
    for (int i = 0; i < ELEMENTS; i++) SC_TRUE(!isnan(y[i]));
    planted = NOTHING; /* the values of the run before are poisoned away */
    SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = ROWS}));
    plan_read(&p, SC_LANE_OUTPUTS, 0, y, sizeof y);
    for (int i = 0; i < ELEMENTS; i++) SC_TRUE(isnan(y[i]));
    planted = A_ROW_LESS;
    SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = ROWS}));
    plan_read(&p, SC_LANE_OUTPUTS, 0, y, sizeof y);
    for (int i = 0; i < ELEMENTS; i++) SC_EQ(isnan(y[i]) != 0, i >= ELEMENTS - COLUMNS);
    finish(&p, &f);
}

Test(plan_modes, the_unwritten_shows_cpu) {
    shows_unwritten("cpu");
}

SC_OPENCL_BODY(shows_unwritten)

/* The same bits as in an arena. */
Test(plan_modes, separate_computes_the_same) {
    device_fixture f;
    plan_fixture p;
    float separate[ELEMENTS], arena[ELEMENTS];
    for (int mode = 0; mode < 2; mode++) {
        planted = NONE;
        setup(&p, &f, "cpu",
              &(sc_plan_options){.hooks = {.separate = mode == 0, .keep_graph_order = true}});
        int buffers = sc_plan_sizes(p.plan).buffers; /* separate: two tensors, and workspaces */
        SC_TRUE(mode == 0 ? buffers >= 2 : buffers == 1);
        SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = ROWS}));
        plan_read(&p, SC_LANE_OUTPUTS, 0, mode == 0 ? separate : arena, sizeof arena);
        finish(&p, &f);
    }
    SC_EQ_MEMORY(separate, arena, sizeof arena);
}

/* Every launch takes time, times add up over the runs, and together they are no longer than the
 * clock on the wall. */
static void times(const char *device) {
    device_fixture f;
    plan_fixture p;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    enum { SIDE = 200, RUNS = 5 };
    static float data[SIDE * SIDE];
    struct timespec begin, end;
    options.timestamps = true;
    device_open(&f, device, &options);
    plan_begin(&p, &f, SIDE);
    sc_value x =
        plan_external(&p, SC_LANE_INPUTS, SOCLE_F32, true, 2, (const int64_t[]){SIDE, SIDE});
    sc_value w =
        plan_external(&p, SC_LANE_PARAMETERS, SOCLE_F32, false, 2, (const int64_t[]){SIDE, SIDE});
    sc_value y =
        sc_build_matmul(p.graph, sc_build_unary(p.graph, SC_EXPR_TANH, x), w, false, false);
    plan_output(&p, sc_build_softmax(p.graph, y, false), SC_LANE_OUTPUTS);
    SC_OK(&f.env, plan_make(&p, &(sc_plan_options){.profile = true}));
    device_fill(data, SIDE * SIDE, 1);
    plan_write(&p, SC_LANE_INPUTS, 0, data, sizeof data);
    plan_write(&p, SC_LANE_PARAMETERS, 0, data, sizeof data);
    const int packs = sc_plan_sizes(p.plan).packs, launches = sc_plan_launches(p.plan);
    SC_TRUE(packs <= 1); /* where the product packs its weight, once */
    SC_EQ(launches, 3 + packs);
    uint64_t before[4] = {0}, sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (uint64_t run = 1; run <= RUNS; run++) {
        SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = SIDE}));
        for (int i = 0; i < launches; i++) {
            sc_plan_launch launch = sc_plan_launch_info(p.plan, i);
            SC_EQ(launch.runs, i < packs ? 1 : run);
            SC_TRUE(i < packs && run > 1 ? launch.nanoseconds == before[i]
                                         : launch.nanoseconds > before[i]);
            before[i] = launch.nanoseconds;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (int i = 0; i < launches; i++) sum += before[i];
    double wall = 1e9 * (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec);
    SC_TRUE((double)sum < wall);
    SC_TRUE(sum > 10000); /* 40 million multiplications */
    finish(&p, &f);
}

Test(plan_modes, times_cpu) {
    times("cpu");
}

SC_OPENCL_BODY(times)

/* Events of one queue: each ends after it starts, and no earlier than the one before. */
static void marks(const char *device) {
    device_fixture f;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    sc_buffer *buffer;
    uint64_t last = 0;
    enum { BYTES = 1 << 22 };
    options.timestamps = true;
    device_open(&f, device, &options);
    SC_OK(&f.env, sc_buffer_create(&buffer, f.device, SC_BUFFER_DEVICE, BYTES));
    for (uint32_t i = 0; i < 5; i++) {
        sc_event *event;
        uint64_t start, end;
        SC_OK(&f.env, sc_queue_fill(f.queue, (sc_operand){buffer, 0}, i, BYTES));
        SC_OK(&f.env, sc_queue_record(f.queue, &event));
        SC_OK(&f.env, sc_queue_finish(f.queue));
        SC_OK(&f.env, sc_event_times(event, &start, &end));
        SC_TRUE(start > 0 && start < end && last <= start);
        last = end;
        sc_event_release(event);
    }
    sc_buffer_destroy(buffer);
    device_close(&f);
}

Test(plan_modes, marks_cpu) {
    marks("cpu");
}

SC_OPENCL_BODY(marks)

/* A device without times says so, instead of giving zeros. */
static void no_times(const char *device) {
    device_fixture f;
    plan_fixture p;
    planted = NONE;
    setup(&p, &f, device, &(sc_plan_options){.profile = true, .hooks.keep_graph_order = true});
    SC_FAILS(&f.env, plan_run(&p, &(sc_launch){.rows = ROWS}), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(f.env.text, "timestamps");
    finish(&p, &f);
}

Test(plan_modes, without_times_cpu) {
    no_times("cpu");
}

SC_OPENCL_BODY(no_times)

SC_OPENCL_BODIES(plan_modes)
