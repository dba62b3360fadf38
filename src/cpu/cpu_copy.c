/* SPDX-License-Identifier: Apache-2.0 */
/* Permute, slice, concat and pad: each is one or more copies of a box of elements between two
 * strided views. Dimensions are merged first; rows that are contiguous on both sides are copied
 * whole, transposed ones in small squares. */
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

#include <string.h>

enum { TASK_ELEMENTS = 16384, TURN_ROWS = 64 };

typedef struct box {
    int rank; /* at least 1; dimension 0 is outermost */
    int64_t extent[SC_MAX_RANK + 1], to[SC_MAX_RANK + 1], from[SC_MAX_RANK + 1]; /* strides in
                                                                                    elements */
} box;

typedef struct copy {
    sc_cpu_kernel base;
    sc_op_desc desc;
    size_t size; /* of an element */
} copy;

typedef struct job {
    sc_device *device;
    box outer; /* what the tasks walk over */
    int64_t items, task_items;
    size_t size;
    char *to;
    const char *from;
    int64_t run, run_from;  /* innermost dimension: contiguous in `to` */
    int64_t lines, line_to; /* the dimension that is contiguous in `from` when the innermost is not;
                               else 1 */
} job;

static void strides_of(const sc_tensor_desc *tensor, int64_t *stride) {
    int64_t step = 1;
    for (int d = tensor->rank - 1; d >= 0; d--) {
        stride[d] = step;
        step *= tensor->dim[d];
    }
}

/* Drops dimensions of size 1 and merges neighbours that are one run on both sides. */
static box merged(const box *whole) {
    box out = {0};
    for (int d = 0; d < whole->rank; d++) {
        int last = out.rank - 1;
        if (whole->extent[d] == 1) continue;
        if (last >= 0 && out.to[last] == whole->to[d] * whole->extent[d] &&
            out.from[last] == whole->from[d] * whole->extent[d]) {
            out.extent[last] *= whole->extent[d];
            out.to[last] = whole->to[d];
            out.from[last] = whole->from[d];
            continue;
        }
        out.extent[out.rank] = whole->extent[d];
        out.to[out.rank] = whole->to[d];
        out.from[out.rank++] = whole->from[d];
    }
    /* Everything else may count on an innermost dimension that is dense in `to`. */
    if (out.rank == 0 || out.to[out.rank - 1] != 1) {
        out.extent[out.rank] = out.to[out.rank] = out.from[out.rank] = 1;
        out.rank++;
    }
    return out;
}

static void copy_item(const job *work, char *to, const char *from, int64_t lines) {
    size_t size = work->size;
    if (work->run_from == 1 && work->lines == 1) {
        memcpy(to, from, (size_t)work->run * size);
    } else if (size == sizeof(float)) {
        const sc_cpu_isa *isa = sc_cpu_device_of(work->device)->isa;
        isa->turn((float *)(void *)to, work->line_to, (const float *)(const void *)from,
                  work->run_from, work->run, lines);
    } else {
        for (int64_t i = 0; i < lines; i++)
            for (int64_t j = 0; j < work->run; j++)
                memcpy(to + (size_t)(i * work->line_to + j) * size,
                       from + (size_t)(i + j * work->run_from) * size, size);
    }
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    int64_t first = index * work->task_items, last = first + work->task_items;
    int64_t pieces = sc_ceil_div(work->lines, TURN_ROWS);
    (void)worker;
    for (int64_t item = first; item < last && item < work->items; item++) {
        int64_t rest = item / pieces, line = item % pieces * TURN_ROWS, to = line * work->line_to,
                from = line;
        int64_t lines = work->lines - line < TURN_ROWS ? work->lines - line : TURN_ROWS;
        for (int d = work->outer.rank - 1; d >= 0; d--) {
            int64_t at = rest % work->outer.extent[d];
            rest /= work->outer.extent[d];
            to += at * work->outer.to[d];
            from += at * work->outer.from[d];
        }
        copy_item(work, work->to + (size_t)to * work->size, work->from + (size_t)from * work->size,
                  lines);
    }
}

/* Copies a box; `to` is dense along the innermost dimension. */
static void copy_box(sc_device *device, const box *whole, size_t size, char *to, const char *from) {
    job work = {.device = device, .size = size, .to = to, .from = from, .lines = 1, .line_to = 1};
    for (int d = 0; d < whole->rank; d++)
        if (whole->extent[d] == 0) return;
    box all = merged(whole);
    int inner = all.rank - 1, turned = -1;
    work.run = all.extent[inner];
    work.run_from = all.from[inner];
    for (int d = 0; d < inner; d++)
        if (all.from[d] == 1 && all.from[inner] != 1) turned = d;
    work.items = 1;
    for (int d = 0; d < inner; d++) {
        if (d == turned) {
            work.lines = all.extent[d];
            work.line_to = all.to[d];
            continue;
        }
        int r = work.outer.rank++;
        work.outer.extent[r] = all.extent[d];
        work.outer.to[r] = all.to[d];
        work.outer.from[r] = all.from[d];
        work.items *= all.extent[d];
    }
    work.items *= sc_ceil_div(work.lines, TURN_ROWS);
    int64_t item = work.run * (work.lines < TURN_ROWS ? work.lines : TURN_ROWS);
    work.task_items = sc_ceil_div(TASK_ELEMENTS, item);
    sc_cpu_run(device, sc_ceil_div(work.items, work.task_items), run_task, &work);
}

/* The box of all of `tensor` at `rows`, with no strides yet. */
static box box_of(const sc_tensor_desc *tensor, int64_t rows) {
    box whole = {.rank = tensor->rank};
    for (int d = 0; d < tensor->rank; d++) whole.extent[d] = sc_tensor_dim_at(tensor, d, rows);
    return whole;
}

static void permute(const copy *self, const sc_operand *operands, int64_t rows) {
    const sc_tensor_desc *in = &self->desc.tensor[0], *out = &self->desc.tensor[1];
    int64_t stride[SC_MAX_RANK];
    box whole = box_of(out, rows);
    strides_of(in, stride);
    strides_of(out, whole.to);
    for (int d = 0; d < out->rank; d++) whole.from[d] = stride[self->desc.attr.permute.order[d]];
    copy_box(self->base.base.device, &whole, self->size, sc_cpu_memory(operands[1]),
             sc_cpu_memory(operands[0]));
}

static int64_t place(const int64_t *at, const int64_t *stride, int rank) {
    int64_t element = 0;
    for (int d = 0; d < rank; d++) element += at[d] * stride[d];
    return element;
}

static void slice(const copy *self, const sc_operand *operands, int64_t rows) {
    const sc_tensor_desc *in = &self->desc.tensor[0], *out = &self->desc.tensor[1];
    box whole = box_of(out, rows);
    strides_of(in, whole.from);
    strides_of(out, whole.to);
    int64_t first = place(self->desc.attr.slice.begin, whole.from, in->rank);
    copy_box(self->base.base.device, &whole, self->size, sc_cpu_memory(operands[1]),
             (const char *)sc_cpu_memory(operands[0]) + (size_t)first * self->size);
}

static void pad(const copy *self, const sc_operand *operands, int64_t rows) {
    const sc_tensor_desc *in = &self->desc.tensor[0], *out = &self->desc.tensor[1];
    char *to = sc_cpu_memory(operands[1]);
    box whole = box_of(in, rows);
    strides_of(in, whole.from);
    strides_of(out, whole.to);
    int64_t first = place(self->desc.attr.pad.before, whole.to, out->rank);
    memset(to, 0, (size_t)sc_tensor_elements_at(out, rows) * self->size);
    copy_box(self->base.base.device, &whole, self->size, to + (size_t)first * self->size,
             sc_cpu_memory(operands[0]));
}

static void concat(const copy *self, const sc_operand *operands, int64_t rows) {
    const sc_op_desc *desc = &self->desc;
    const sc_tensor_desc *out = &desc->tensor[desc->inputs];
    int64_t at = 0, axis = desc->attr.concat.axis;
    for (int i = 0; i < desc->inputs; i++) {
        box whole = box_of(&desc->tensor[i], rows);
        strides_of(&desc->tensor[i], whole.from);
        strides_of(out, whole.to);
        char *to = (char *)sc_cpu_memory(operands[desc->inputs]) +
                   (size_t)(at * whole.to[axis]) * self->size;
        copy_box(self->base.base.device, &whole, self->size, to, sc_cpu_memory(operands[i]));
        at += desc->tensor[i].dim[axis];
    }
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const copy *self = (const copy *)kernel;
    (void)queue;
    (void)workspace;
    switch (self->desc.op) {
    case SC_OP_PERMUTE:
        permute(self, operands, launch->rows);
        break;
    case SC_OP_SLICE:
        slice(self, operands, launch->rows);
        break;
    case SC_OP_PAD:
        pad(self, operands, launch->rows);
        break;
    default:
        concat(self, operands, launch->rows);
        break;
    }
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    copy *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->desc = *desc;
    self->size = sc_dtype_size(desc->tensor[0].dtype);
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_permute = {.op = SC_OP_PERMUTE,
                                          .name = "boxes",
                                          .storage = SC_STORAGE_MOVED,
                                          .canonical = true,
                                          .prepare = prepare};
const sc_implementation sc_cpu_slice = {.op = SC_OP_SLICE,
                                        .name = "boxes",
                                        .storage = SC_STORAGE_MOVED,
                                        .canonical = true,
                                        .prepare = prepare};
const sc_implementation sc_cpu_concat = {.op = SC_OP_CONCAT,
                                         .name = "boxes",
                                         .storage = SC_STORAGE_MOVED,
                                         .canonical = true,
                                         .prepare = prepare};
const sc_implementation sc_cpu_pad = {.op = SC_OP_PAD,
                                      .name = "boxes",
                                      .storage = SC_STORAGE_MOVED,
                                      .canonical = true,
                                      .prepare = prepare};
