/* SPDX-License-Identifier: Apache-2.0 */
/* Gather, scatter-add, put-rows and argmax. Scatter-add gives each task a fixed range of the table,
 * so that every row of it is summed by one task in the order of the samples. */
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

#include <string.h>

enum { TASK_ELEMENTS = 16384, TABLE_RANGES = 16 };

typedef struct indexed {
    sc_cpu_kernel base;
    sc_op op;
    sc_tensor_desc first; /* argmax: x; of the others the index */
    int64_t table_rows;
    int64_t row;   /* elements of a row */
    size_t size;   /* of an element */
    int64_t piece; /* rows per task: of the output, or of the table; put-rows: of either */
} indexed;

typedef struct job {
    const indexed *self;
    const sc_operand *operands;
    int64_t rows;
} job;

static void gather_task(void *argument, int64_t task, int worker) {
    const job *work = argument;
    const indexed *self = work->self;
    size_t bytes = (size_t)self->row * self->size;
    const char *table = sc_cpu_memory(work->operands[0]);
    const int32_t *index = sc_cpu_memory(work->operands[1]);
    char *out = sc_cpu_memory(work->operands[2]);
    (void)worker;
    for (int64_t n = task * self->piece; n < (task + 1) * self->piece && n < work->rows; n++) {
        if (index[n] >= 0 && index[n] < self->table_rows)
            memcpy(out + (size_t)n * bytes, table + (size_t)index[n] * bytes, bytes);
        else
            memset(out + (size_t)n * bytes, 0, bytes);
    }
}

static void scatter_task(void *argument, int64_t task, int worker) {
    const job *work = argument;
    const indexed *self = work->self;
    const int32_t *index = sc_cpu_memory(work->operands[0]);
    const float *src = sc_cpu_memory(work->operands[1]);
    float *table = sc_cpu_memory(work->operands[2]);
    int64_t begin = task * self->piece, end = begin + self->piece;
    if (end > self->table_rows) end = self->table_rows;
    (void)worker;
    memset(table + begin * self->row, 0, (size_t)((end - begin) * self->row) * sizeof *table);
    for (int64_t n = 0; n < work->rows; n++) {
        if (index[n] < begin || index[n] >= end) continue;
        float *to = table + index[n] * self->row;
        const float *from = src + n * self->row;
        for (int64_t i = 0; i < self->row; i++) to[i] += from[i];
    }
}

/* The table, where the result lies elsewhere. */
static void copy_task(void *argument, int64_t task, int worker) {
    const job *work = argument;
    const indexed *self = work->self;
    const size_t bytes = (size_t)self->row * self->size;
    int64_t begin = task * self->piece, end = begin + self->piece;
    if (end > self->table_rows) end = self->table_rows;
    (void)worker;
    memcpy((char *)sc_cpu_memory(work->operands[3]) + (size_t)begin * bytes,
           (const char *)sc_cpu_memory(work->operands[0]) + (size_t)begin * bytes,
           (size_t)(end - begin) * bytes);
}

static void put_task(void *argument, int64_t task, int worker) {
    const job *work = argument;
    const indexed *self = work->self;
    const size_t bytes = (size_t)self->row * self->size;
    const int32_t *index = sc_cpu_memory(work->operands[1]);
    const char *rows = sc_cpu_memory(work->operands[2]);
    char *out = sc_cpu_memory(work->operands[3]);
    (void)worker;
    for (int64_t n = task * self->piece; n < (task + 1) * self->piece && n < work->rows; n++)
        if (index[n] >= 0 && index[n] < self->table_rows)
            memcpy(out + (size_t)index[n] * bytes, rows + (size_t)n * bytes, bytes);
}

static int32_t argmax_row(const float *x, int64_t columns) {
    int64_t best = 0;
    for (int64_t c = 0; c < columns; c++) {
        if (x[c] != x[c]) return (int32_t)c;
        if (x[c] > x[best]) best = c;
    }
    return (int32_t)best;
}

static void argmax_task(void *argument, int64_t task, int worker) {
    const job *work = argument;
    const indexed *self = work->self;
    const float *x = sc_cpu_memory(work->operands[0]);
    int32_t *out = sc_cpu_memory(work->operands[1]);
    (void)worker;
    for (int64_t n = task * self->piece; n < (task + 1) * self->piece && n < work->rows; n++)
        out[n] = argmax_row(x + n * self->row, self->row);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const indexed *self = (const indexed *)kernel;
    job work = {self, operands, sc_tensor_elements_at(&self->first, launch->rows)};
    (void)queue;
    (void)workspace;
    if (self->op == SC_OP_SCATTER_ADD) {
        sc_cpu_run(kernel->device, sc_ceil_div(self->table_rows, self->piece), scatter_task, &work);
        return SOCLE_OK;
    }
    if (self->op == SC_OP_ARGMAX) work.rows /= self->row;
    if (self->op == SC_OP_PUT_ROWS && sc_cpu_memory(operands[0]) != sc_cpu_memory(operands[3]))
        sc_cpu_run(kernel->device, sc_ceil_div(self->table_rows, self->piece), copy_task, &work);
    sc_cpu_run(kernel->device, sc_ceil_div(work.rows, self->piece),
               self->op == SC_OP_GATHER     ? gather_task
               : self->op == SC_OP_PUT_ROWS ? put_task
                                            : argmax_task,
               &work);
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    indexed *self;
    const sc_tensor_desc *rows = &desc->tensor[desc->op == SC_OP_SCATTER_ADD ? 2 : 0];
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->op = desc->op;
    self->first = desc->tensor[desc->op == SC_OP_GATHER || desc->op == SC_OP_PUT_ROWS ? 1 : 0];
    self->size = sc_dtype_size(desc->tensor[0].dtype);
    if (desc->op == SC_OP_ARGMAX) {
        self->row = self->first.dim[self->first.rank - 1];
    } else {
        self->table_rows = rows->dim[0];
        self->row = sc_tensor_elements(rows) / rows->dim[0];
    }
    self->piece = desc->op == SC_OP_SCATTER_ADD ? sc_ceil_div(self->table_rows, TABLE_RANGES)
                                                : sc_ceil_div(TASK_ELEMENTS, self->row);
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_gather = {.op = SC_OP_GATHER,
                                         .name = "rows",
                                         .storage = SC_STORAGE_MOVED,
                                         .canonical = true,
                                         .prepare = prepare};
const sc_implementation sc_cpu_scatter_add = {
    .op = SC_OP_SCATTER_ADD, .name = "ranges", .canonical = true, .prepare = prepare};
const sc_implementation sc_cpu_put_rows = {.op = SC_OP_PUT_ROWS,
                                           .name = "rows",
                                           .storage = SC_STORAGE_MOVED,
                                           .canonical = true,
                                           .prepare = prepare};
const sc_implementation sc_cpu_argmax = {
    .op = SC_OP_ARGMAX, .name = "rows", .canonical = true, .prepare = prepare};
