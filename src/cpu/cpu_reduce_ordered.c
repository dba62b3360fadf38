/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions in the canonical order (op/op.h): for plans whose bits must not depend on the device.
 * A task takes one part of the reduced elements for a block of results; parts are combined in
 * rising order at the end. The expression runs over what lies in one piece, as in cpu_reduce.c. */
#include "cpu/cpu_impls.h"
#include "cpu/cpu_program.h"
#include "cpu/cpu_reduce_shape.h"
#include "op/storage.h"

#include <math.h>
#include <string.h>

enum { TASK_ELEMENTS = 32768, SUMS = 2048, COMBINE_ELEMENTS = 4096 };

typedef struct ordered {
    sc_cpu_kernel base;
    sc_cpu_program program;
    sc_reduce_shape shape;
    bool rows;             /* the last dimension is reduced */
    int64_t part;          /* reduced elements of one */
    int64_t block, column; /* outer results, and inner ones, of one task */
    int inputs, outputs;
    uint8_t kind[SC_EXPR_OUTPUTS], dtype[SC_EXPR_OUTPUTS];
    size_t sums_offset; /* of the sums in a worker's scratch memory */
} ordered;

/* One launch. size: of the parts of the space; the other numbers count tasks. */
typedef struct job {
    const ordered *self;
    const sc_operand *operands;
    sc_operand workspace;
    const sc_launch *launch;
    int64_t size[SC_REDUCE_PARTS];
    int64_t reduced, kept, parts, blocks, columns;
    float *partials; /* [output][part][kept]; NULL: one part is all */
} job;

/* What a task combines: reduced elements, outer and inner results. */
typedef struct box {
    int64_t first, last, outer, outer_end, inner, width;
} box;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static float nothing(int kind) {
    return kind == SC_REDUCE_SUM ? 0.0f : kind == SC_REDUCE_MAX ? -INFINITY : INFINITY;
}

static job job_of(const ordered *self, int64_t rows) {
    job work = {.self = self};
    for (int p = 0; p < SC_REDUCE_PARTS; p++)
        work.size[p] = self->shape.size[p] * (self->shape.has_rows[p] ? rows : 1);
    work.reduced = work.size[SC_REDUCE_R0] * work.size[SC_REDUCE_R1];
    work.kept = work.size[SC_REDUCE_K0] * work.size[SC_REDUCE_K1];
    work.parts = sc_ceil_div(work.reduced, self->part);
    work.blocks = sc_ceil_div(work.size[SC_REDUCE_K0], self->block);
    work.columns = sc_ceil_div(work.size[SC_REDUCE_K1], self->column);
    return work;
}

static box box_of(const job *work, int64_t index) {
    const ordered *self = work->self;
    box b;
    b.inner = index % work->columns * self->column;
    b.width = smaller(self->column, work->size[SC_REDUCE_K1] - b.inner);
    b.outer = index / work->columns % work->blocks * self->block;
    b.outer_end = smaller(b.outer + self->block, work->size[SC_REDUCE_K0]);
    b.first = index / (work->columns * work->blocks) * self->part;
    b.last = smaller(b.first + self->part, work->reduced);
    return b;
}

/* Where the sums of a result are, and how many floats each has. */
static int64_t lanes_of(const ordered *self) {
    return self->rows ? SC_REDUCE_LANES : 1;
}

/* Combines `count` elements from `start` of the space on, which begin at a row's beginning: rows of
 * `row` elements, each of one result (rows) or an element of each of `row` results. A result has
 * `depth` rows, or one of reduced elements from number `number` on. */
static void fold_run(const job *work, sc_cpu_frame *frame, float *sums, int64_t start,
                     int64_t count, int64_t row, int64_t depth, int64_t number) {
    const ordered *self = work->self;
    const sc_cpu_isa *isa = self->program.isa;
    for (int64_t at = 0; at < count; at += SC_CPU_BLOCK) {
        int64_t length = smaller(SC_CPU_BLOCK, count - at);
        sc_cpu_frame_run(frame, start + at, length);
        for (int64_t done = 0, run; done < length; done += run) {
            int64_t line = (at + done) / row, within = (at + done) % row;
            run = smaller(row - within, length - done);
            for (int o = 0; o < self->outputs; o++) {
                float *to = sums + o * SUMS;
                const float *value = sc_cpu_frame_result(frame, o) + done;
                if (self->rows)
                    isa->fold_lanes(to + line * SC_REDUCE_LANES, self->kind[o],
                                    (int)((number + within) % SC_REDUCE_LANES), value, run);
                else
                    isa->fold_sums(to + line / depth * row + within, self->kind[o], value, run);
            }
        }
    }
}

/* The reduced elements from `number` on that are together in the inner reduced part. */
static void fold_stretch(const job *work, sc_cpu_frame *frame, float *sums, const box *b,
                         int64_t number, int64_t depth) {
    const int64_t *size = work->size;
    const int64_t width = size[SC_REDUCE_K1], r1 = size[SC_REDUCE_R1];
    const int64_t base = number / r1 * size[SC_REDUCE_K0], inside = number % r1;
    const int64_t per_outer = lanes_of(work->self) * b->width;
    const int64_t row = work->self->rows ? depth : b->width;
    if (depth == r1 && b->width == width) {
        fold_run(work, frame, sums, (base + b->outer) * r1 * width,
                 (b->outer_end - b->outer) * r1 * width, row, depth, number);
        return;
    }
    for (int64_t k = b->outer; k < b->outer_end; k++) {
        float *to = sums + (k - b->outer) * per_outer;
        int64_t start = ((base + k) * r1 + inside) * width + b->inner;
        if (b->width == width)
            fold_run(work, frame, to, start, depth * width, row, depth, number);
        else
            for (int64_t i = 0; i < depth; i++)
                fold_run(work, frame, to, start + i * width, b->width, row, depth, number);
    }
}

static void put(const job *work, int output, int64_t part, int64_t at, float value) {
    const ordered *self = work->self;
    if (work->parts == 1)
        sc_number_store(sc_cpu_memory(work->operands[self->inputs + output]), self->dtype[output],
                        at, (sc_scalar){.f = value});
    else
        work->partials[((int64_t)output * work->parts + part) * work->kept + at] = value;
}

static void store(const job *work, const float *sums, const box *b) {
    const ordered *self = work->self;
    const int64_t part = b->first / self->part, lanes = lanes_of(self);
    for (int o = 0; o < self->outputs; o++)
        for (int64_t k = b->outer; k < b->outer_end; k++)
            for (int64_t i = 0; i < b->width; i++) {
                const float *sum = sums + o * SUMS + ((k - b->outer) * b->width + i) * lanes;
                put(work, o, part, k * work->size[SC_REDUCE_K1] + b->inner + i,
                    self->rows ? self->program.isa->join_lanes(sum, self->kind[o]) : *sum);
            }
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const ordered *self = work->self;
    char *scratch = sc_cpu_scratch(&self->base, work->workspace, worker);
    float *sums = (float *)(void *)(scratch + self->sums_offset);
    const int64_t inner = work->size[SC_REDUCE_R1];
    const box b = box_of(work, index);
    sc_cpu_frame frame = {.program = &self->program, .launch = work->launch, .scratch = scratch};
    for (int o = 0; o < self->outputs; o++)
        for (int64_t i = 0; i < SUMS; i++) sums[o * SUMS + i] = nothing(self->kind[o]);
    for (int i = 0; i < self->program.inputs; i++)
        frame.input[i] = sc_cpu_memory(work->operands[i]);
    sc_cpu_frame_begin(&frame, SC_CPU_BLOCK);
    for (int64_t number = b.first, depth; number < b.last; number += depth) {
        depth = smaller(inner - number % inner, b.last - number);
        fold_stretch(work, &frame, sums, &b, number, depth);
    }
    store(work, sums, &b);
}

/* Combines the parts of a range of results; none at all gives the value of an empty reduction. */
static void combine_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const ordered *self = work->self;
    const int64_t begin = index * COMBINE_ELEMENTS,
                  end = smaller(begin + COMBINE_ELEMENTS, work->kept);
    (void)worker;
    for (int o = 0; o < self->outputs; o++) {
        void *out = sc_cpu_memory(work->operands[self->inputs + o]);
        for (int64_t i = begin; i < end; i++) {
            float sum = nothing(self->kind[o]);
            for (int64_t p = 0; p < work->parts; p++)
                self->program.isa->fold_sums(
                    &sum, self->kind[o],
                    work->partials + ((int64_t)o * work->parts + p) * work->kept + i, 1);
            sc_number_store(out, self->dtype[o], i, (sc_scalar){.f = sum});
        }
    }
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const ordered *self = (const ordered *)kernel;
    (void)queue;
    job work = job_of(self, launch->rows);
    work.operands = operands;
    work.workspace = workspace;
    work.launch = launch;
    if (work.parts > 1) work.partials = sc_cpu_memory(workspace);
    sc_cpu_run(kernel->device, work.parts * work.blocks * work.columns, run_task, &work);
    if (work.parts != 1)
        sc_cpu_run(kernel->device, sc_ceil_div(work.kept, COMBINE_ELEMENTS), combine_task, &work);
    return SOCLE_OK;
}

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_reduce_shape shape;
    sc_tensor_desc space = sc_op_space(desc);
    (void)device;
    return sc_reduce_shape_make(&shape, &space, desc->attr.reduce.axes);
}

/* Sizes of tasks, which change no result. */
static void choose_tasks(ordered *self) {
    const sc_reduce_shape *shape = &self->shape;
    self->rows = shape->size[SC_REDUCE_K1] == 1 && !shape->has_rows[SC_REDUCE_K1];
    self->part = self->rows ? SC_REDUCE_ROW_PART : SC_REDUCE_COLUMN_PART;
    self->column = smaller(shape->size[SC_REDUCE_K1], SUMS);
    if (shape->has_rows[SC_REDUCE_K1]) self->column = SUMS;
    int64_t most = SUMS / (self->column * lanes_of(self)),
            reduced = smaller(shape->size[SC_REDUCE_R0] * shape->size[SC_REDUCE_R1], self->part),
            wanted = TASK_ELEMENTS / (reduced * self->column);
    self->block = smaller(most, wanted > 1 ? wanted : 1);
}

static socle_status plan_workspace(ordered *self, sc_device *device, const sc_tensor_desc *space) {
    const job work = job_of(self, sc_tensor_samples(space));
    size_t bytes = (size_t)self->outputs * sizeof(float);
    if (work.parts <= 1) return SOCLE_OK;
    if (!sc_mul_size(&bytes, bytes, (size_t)work.parts) ||
        !sc_mul_size(&bytes, bytes, (size_t)work.kept))
        return sc_fail(device->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "reduce: the partial results are too many");
    self->base.base.workspace = bytes;
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    ordered *self;
    const sc_tensor_desc space = sc_op_space(desc);
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->inputs = desc->inputs;
    self->outputs = desc->outputs;
    memcpy(self->kind, desc->attr.reduce.kind, sizeof self->kind);
    for (int o = 0; o < desc->outputs; o++) self->dtype[o] = desc->tensor[desc->inputs + o].dtype;
    socle_status status = SOCLE_STATUS_UNSUPPORTED;
    if (sc_reduce_shape_make(&self->shape, &space, desc->attr.reduce.axes)) {
        choose_tasks(self);
        sc_cpu_program_init(&self->program, device, desc->expr, &space, desc->tensor, NULL);
        self->sums_offset = sc_cpu_program_scratch(&self->program);
        status = plan_workspace(self, device, &space);
    }
    size_t sums = (size_t)self->outputs * SUMS * sizeof(float);
    if (status == SOCLE_OK) status = sc_cpu_scratch_plan(&self->base, self->sums_offset + sums);
    if (status != SOCLE_OK) {
        sc_kernel_release(&self->base.base);
        return status;
    }
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_reduce_ordered = {.op = SC_OP_REDUCE,
                                                 .name = "ordered",
                                                 .storage = SC_STORAGE_ANY,
                                                 .canonical = true,
                                                 .accepts = accepts,
                                                 .prepare = prepare};
