/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax, log-softmax, their gradient, and cross-entropy: independent rows, a fixed number per
 * task. */
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

enum { TASK_ELEMENTS = 8192, LABELS = 1024 };

typedef struct softmax {
    sc_cpu_kernel base;
    sc_op op;
    sc_tensor_desc x;
    int64_t columns, task_rows;
    bool log, byte_labels;
} softmax;

typedef struct job {
    const softmax *self;
    const sc_operand *operands;
    int64_t rows;
} job;

static const float *floats(const job *work, int operand, int64_t element) {
    return (const float *)sc_cpu_memory(work->operands[operand]) + element;
}

static float *result(const job *work, int operand, int64_t element) {
    return (float *)sc_cpu_memory(work->operands[operand]) + element;
}

static void cross_entropy(const job *work, int64_t row, int64_t rows) {
    const softmax *self = work->self;
    const sc_cpu_isa *isa = sc_cpu_device_of(self->base.base.device)->isa;
    for (int64_t end = row + rows; row < end; row += LABELS) {
        int32_t widened[LABELS];
        int64_t count = end - row < LABELS ? end - row : LABELS, at = row * self->columns;
        const int32_t *label = (const int32_t *)sc_cpu_memory(work->operands[1]) + row;
        if (self->byte_labels) {
            isa->widen_bytes(widened, (const uint8_t *)sc_cpu_memory(work->operands[1]) + row,
                             count);
            label = widened;
        }
        isa->cross_entropy(result(work, 2, row), result(work, 3, at), floats(work, 0, at), label,
                           count, self->columns);
    }
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const softmax *self = work->self;
    const sc_cpu_isa *isa = sc_cpu_device_of(self->base.base.device)->isa;
    int64_t row = index * self->task_rows, at = row * self->columns;
    int64_t rows = work->rows - row < self->task_rows ? work->rows - row : self->task_rows;
    (void)worker;
    if (self->op == SC_OP_CROSS_ENTROPY)
        cross_entropy(work, row, rows);
    else if (self->op == SC_OP_SOFTMAX)
        isa->softmax(result(work, 1, at), floats(work, 0, at), rows, self->columns, self->log);
    else
        isa->softmax_grad(result(work, 2, at), floats(work, 0, at), floats(work, 1, at), rows,
                          self->columns, self->log);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const softmax *self = (const softmax *)kernel;
    (void)queue;
    (void)workspace;
    job work = {self, operands, sc_tensor_elements_at(&self->x, launch->rows) / self->columns};
    sc_cpu_run(kernel->device, sc_ceil_div(work.rows, self->task_rows), run_task, &work);
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    softmax *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->op = desc->op;
    self->x = desc->tensor[0];
    self->columns = desc->tensor[0].dim[desc->tensor[0].rank - 1];
    self->task_rows = sc_ceil_div(TASK_ELEMENTS, self->columns);
    if (desc->op == SC_OP_CROSS_ENTROPY)
        self->byte_labels = desc->tensor[1].dtype == SOCLE_U8;
    else
        self->log = desc->attr.softmax.log;
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_softmax_rows = {
    .op = SC_OP_SOFTMAX, .name = "rows", .canonical = true, .prepare = prepare};
const sc_implementation sc_cpu_softmax_grad_rows = {
    .op = SC_OP_SOFTMAX_GRAD, .name = "rows", .canonical = true, .prepare = prepare};
const sc_implementation sc_cpu_cross_entropy_rows = {
    .op = SC_OP_CROSS_ENTROPY, .name = "rows", .canonical = true, .prepare = prepare};
