/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions: the expression runs in blocks over the index space, blocks are folded into sums of
 * double precision, one set of sums per task; where a result has several tasks, their partial
 * results are folded in order at the end. */
#include "cpu/cpu_impls.h"
#include "cpu/cpu_program.h"
#include "cpu/cpu_reduce_shape.h"
#include "op/storage.h"

#include <math.h>
#include <string.h>

enum { COMBINE_ELEMENTS = 4096 };

typedef struct reduce {
    sc_cpu_kernel base;
    sc_cpu_program program;
    sc_reduce_shape shape;
    int inputs, outputs;
    uint8_t kind[SC_EXPR_OUTPUTS], dtype[SC_EXPR_OUTPUTS]; /* of each output */
    size_t sums_offset; /* of the sums in a worker's scratch memory */
} reduce;

typedef struct job {
    const reduce *self;
    const sc_operand *operands;
    sc_operand workspace;
    const sc_launch *launch;
    sc_reduce_grid grid;
    double *partials; /* [output][partial][kept]; NULL: one is all */
} job;

typedef struct range {
    int64_t begin, end;
} range;

static double nothing(int kind) {
    return kind == SC_REDUCE_SUM   ? 0.0
           : kind == SC_REDUCE_MAX ? -(double)INFINITY
                                   : (double)INFINITY;
}

static double fold(int kind, double a, double b) {
    if (kind == SC_REDUCE_SUM) return a + b;
    if (isnan(a)) return a;
    if (kind == SC_REDUCE_MAX) return a > b ? a : b;
    return a < b ? a : b;
}

static void put(void *out, int dtype, int64_t at, double sum) {
    sc_number_store(out, dtype, at, (sc_scalar){.f = (float)sum});
}

static void split(const job *work, int64_t index, range *part) {
    const sc_reduce_shape *shape = &work->self->shape;
    for (int p = SC_REDUCE_PARTS - 1; p >= 0; p--) {
        int64_t at = index % work->grid.pieces[p] * shape->piece[p], end = at + shape->piece[p];
        part[p] = (range){at, end < work->grid.size[p] ? end : work->grid.size[p]};
        index /= work->grid.pieces[p];
    }
}

/* Folds elements start .. start + length - 1 of the space; sums[0] belongs to the first of them. */
static void fold_segment(const job *work, sc_cpu_frame *frame, double *sums, int64_t start,
                         int64_t length) {
    const reduce *self = work->self;
    int64_t columns = work->grid.size[SC_REDUCE_K1];
    int64_t row = columns == 1 ? work->grid.size[SC_REDUCE_R1] : columns;
    int64_t per_sum = work->grid.size[SC_REDUCE_R1] * columns;
    for (int64_t at = 0; at < length; at += SC_CPU_BLOCK) {
        int64_t count = length - at < SC_CPU_BLOCK ? length - at : SC_CPU_BLOCK;
        sc_cpu_frame_run(frame, start + at, count);
        for (int64_t done = 0; done < count;) {
            int64_t place = at + done, within = place % row;
            int64_t run = row - within < count - done ? row - within : count - done;
            int64_t sum = place / per_sum * columns + (columns == 1 ? 0 : within);
            for (int o = 0; o < self->outputs; o++) {
                double *to = sums + (int64_t)o * SC_REDUCE_SUMS + sum;
                const float *block = sc_cpu_frame_result(frame, o) + done;
                if (columns == 1)
                    self->program.isa->fold_row(to, self->kind[o], block, run);
                else
                    self->program.isa->fold_columns(to, self->kind[o], block, run);
            }
            done += run;
        }
    }
}

/* Walks the contiguous pieces of a task's box. */
static void fold_box(const job *work, sc_cpu_frame *frame, double *sums, const range *part) {
    const int64_t *size = work->grid.size;
    const range *r0 = &part[SC_REDUCE_R0], *k0 = &part[SC_REDUCE_K0], *r1 = &part[SC_REDUCE_R1],
                *k1 = &part[SC_REDUCE_K1];
    int64_t width = k1->end - k1->begin, depth = r1->end - r1->begin;
    bool whole_rows = width == size[SC_REDUCE_K1],
         whole = whole_rows && depth == size[SC_REDUCE_R1];
    int64_t per_k0 = size[SC_REDUCE_R1] * size[SC_REDUCE_K1];
    for (int64_t r = r0->begin; r < r0->end; r++) {
        int64_t base = r * size[SC_REDUCE_K0];
        if (whole) {
            fold_segment(work, frame, sums, (base + k0->begin) * per_k0,
                         (k0->end - k0->begin) * per_k0);
            continue;
        }
        for (int64_t k = k0->begin; k < k0->end; k++) {
            int64_t start = (base + k) * per_k0 + r1->begin * size[SC_REDUCE_K1] + k1->begin;
            double *to = sums + (k - k0->begin) * width;
            if (whole_rows)
                fold_segment(work, frame, to, start, depth * width);
            else
                for (int64_t i = 0; i < depth; i++)
                    fold_segment(work, frame, to, start + i * size[SC_REDUCE_K1], width);
        }
    }
}

static void store(const job *work, const double *sums, const range *part) {
    const reduce *self = work->self;
    const sc_reduce_grid *grid = &work->grid;
    const range *k0 = &part[SC_REDUCE_K0], *k1 = &part[SC_REDUCE_K1];
    int64_t width = k1->end - k1->begin;
    int64_t partial =
        part[SC_REDUCE_R0].begin / self->shape.piece[SC_REDUCE_R0] * grid->pieces[SC_REDUCE_R1] +
        part[SC_REDUCE_R1].begin / self->shape.piece[SC_REDUCE_R1];
    for (int o = 0; o < self->outputs; o++) {
        void *out = sc_cpu_memory(work->operands[self->inputs + o]);
        double *rest = work->partials;
        if (rest) rest += ((int64_t)o * grid->partials + partial) * grid->kept;
        for (int64_t k = k0->begin; k < k0->end; k++) {
            const double *from = sums + (int64_t)o * SC_REDUCE_SUMS + (k - k0->begin) * width;
            int64_t to = k * grid->size[SC_REDUCE_K1] + k1->begin;
            for (int64_t i = 0; i < width; i++) {
                if (grid->partials == 1)
                    put(out, self->dtype[o], to + i, from[i]);
                else
                    rest[to + i] = from[i];
            }
        }
    }
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const reduce *self = work->self;
    char *scratch = sc_cpu_scratch(&self->base, work->workspace, worker);
    double *sums = (double *)(void *)(scratch + self->sums_offset);
    range part[SC_REDUCE_PARTS];
    sc_cpu_frame frame;
    split(work, index, part);
    for (int o = 0; o < self->outputs; o++)
        for (int64_t i = 0; i < SC_REDUCE_SUMS; i++)
            sums[(int64_t)o * SC_REDUCE_SUMS + i] = nothing(self->kind[o]);
    frame.program = &self->program;
    frame.launch = work->launch;
    frame.scratch = scratch;
    for (int i = 0; i < self->program.inputs; i++)
        frame.input[i] = sc_cpu_memory(work->operands[i]);
    sc_cpu_frame_begin(&frame, SC_CPU_BLOCK);
    fold_box(work, &frame, sums, part);
    store(work, sums, part);
}

/* Folds the partial results of a range of outputs; none at all gives the value of an empty
 * reduction. */
static void combine_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const reduce *self = work->self;
    const sc_reduce_grid *grid = &work->grid;
    int64_t begin = index * COMBINE_ELEMENTS, end = begin + COMBINE_ELEMENTS;
    if (end > grid->kept) end = grid->kept;
    (void)worker;
    for (int o = 0; o < self->outputs; o++) {
        void *out = sc_cpu_memory(work->operands[self->inputs + o]);
        const double *from = work->partials;
        if (from) from += (int64_t)o * grid->partials * grid->kept;
        for (int64_t i = begin; i < end; i++) {
            double sum = nothing(self->kind[o]);
            for (int64_t p = 0; p < grid->partials; p++)
                sum = fold(self->kind[o], sum, from[p * grid->kept + i]);
            put(out, self->dtype[o], i, sum);
        }
    }
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const reduce *self = (const reduce *)kernel;
    (void)queue;
    job work = {.self = self, .operands = operands, .workspace = workspace, .launch = launch};
    work.grid = sc_reduce_grid_make(&self->shape, launch->rows);
    if (work.grid.partials > 1) work.partials = sc_cpu_memory(workspace);
    sc_cpu_run(kernel->device, work.grid.tasks, run_task, &work);
    if (work.grid.partials != 1)
        sc_cpu_run(kernel->device, sc_ceil_div(work.grid.kept, COMBINE_ELEMENTS), combine_task,
                   &work);
    return SOCLE_OK;
}

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_reduce_shape shape;
    sc_tensor_desc space = sc_op_space(desc);
    (void)device;
    return sc_reduce_shape_make(&shape, &space, desc->attr.reduce.axes);
}

static socle_status plan_workspace(reduce *self, sc_device *device, const sc_tensor_desc *space) {
    sc_reduce_grid grid = sc_reduce_grid_make(&self->shape, sc_tensor_samples(space));
    size_t bytes = (size_t)self->outputs * sizeof(double);
    if (grid.partials <= 1) return SOCLE_OK;
    if (!sc_mul_size(&bytes, bytes, (size_t)grid.partials) ||
        !sc_mul_size(&bytes, bytes, (size_t)grid.kept))
        return sc_fail(device->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "reduce: the partial results are too many");
    self->base.base.workspace = bytes;
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    reduce *self;
    sc_tensor_desc space = sc_op_space(desc);
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->inputs = desc->inputs;
    self->outputs = desc->outputs;
    memcpy(self->kind, desc->attr.reduce.kind, sizeof self->kind);
    for (int o = 0; o < desc->outputs; o++) self->dtype[o] = desc->tensor[desc->inputs + o].dtype;
    socle_status status = SOCLE_STATUS_UNSUPPORTED;
    if (sc_reduce_shape_make(&self->shape, &space, desc->attr.reduce.axes)) {
        sc_cpu_program_init(&self->program, device, desc->expr, &space, desc->tensor, NULL);
        self->sums_offset = sc_cpu_program_scratch(&self->program);
        status = plan_workspace(self, device, &space);
    }
    size_t sums = (size_t)self->outputs * SC_REDUCE_SUMS * sizeof(double);
    if (status == SOCLE_OK) status = sc_cpu_scratch_plan(&self->base, self->sums_offset + sums);
    if (status != SOCLE_OK) {
        sc_kernel_release(&self->base.base);
        return status;
    }
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_reduce_blocks = {
    .op = SC_OP_REDUCE,
    .name = "blocks",
    .storage = SC_STORAGE_ANY,
    .accepts = accepts,
    .prepare = prepare,
};
