/* SPDX-License-Identifier: Apache-2.0 */
/* Layer normalisation and its gradient: independent rows, a fixed number per task. */
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

enum { TASK_ELEMENTS = 8192 };

typedef struct norm {
    sc_cpu_kernel base;
    sc_op op;
    sc_tensor_desc x;
    int64_t columns, task_rows;
    float epsilon;
} norm;

typedef struct job {
    const norm *self;
    const sc_operand *operands;
    int64_t rows;
} job;

static float *floats(const job *work, int operand, int64_t element) {
    return (float *)sc_cpu_memory(work->operands[operand]) + element;
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const norm *self = work->self;
    const sc_cpu_isa *isa = sc_cpu_device_of(self->base.base.device)->isa;
    int64_t row = index * self->task_rows, at = row * self->columns;
    int64_t rows = work->rows - row < self->task_rows ? work->rows - row : self->task_rows;
    sc_cpu_norm loop = {.x = floats(work, 0, at),
                        .scale = floats(work, 1, 0),
                        .columns = self->columns,
                        .epsilon = self->epsilon};
    (void)worker;
    if (self->op == SC_OP_LAYER_NORM) {
        loop.shift = floats(work, 2, 0);
        isa->layer_norm(floats(work, 3, at), floats(work, 4, row), floats(work, 5, row), &loop,
                        rows);
    } else {
        isa->layer_norm_grad(floats(work, 5, at), floats(work, 2, at), floats(work, 3, row),
                             floats(work, 4, row), &loop, rows);
    }
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const norm *self = (const norm *)kernel;
    (void)queue;
    (void)workspace;
    job work = {self, operands, sc_tensor_elements_at(&self->x, launch->rows) / self->columns};
    sc_cpu_run(kernel->device, sc_ceil_div(work.rows, self->task_rows), run_task, &work);
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    norm *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->op = desc->op;
    self->x = desc->tensor[0];
    self->columns = desc->tensor[0].dim[desc->tensor[0].rank - 1];
    self->task_rows = sc_ceil_div(TASK_ELEMENTS, self->columns);
    if (desc->op == SC_OP_LAYER_NORM) self->epsilon = desc->attr.layer_norm.epsilon;
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_layer_norm_rows = {
    .op = SC_OP_LAYER_NORM, .name = "rows", .canonical = true, .prepare = prepare};
const sc_implementation sc_cpu_layer_norm_grad_rows = {
    .op = SC_OP_LAYER_NORM_GRAD, .name = "rows", .canonical = true, .prepare = prepare};
