/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling and its gradients: planes are independent; a task is a fixed number of them. */
#include "cpu/cpu_pool.h"
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

enum { TASK_ELEMENTS = 16384 };

typedef struct pooling {
    sc_cpu_kernel base;
    sc_op op;
    sc_cpu_pool pool;
    sc_tensor_desc planes; /* the first operand: its first two dims are planes */
    int64_t task_planes;
} pooling;

typedef struct job {
    const pooling *self;
    const sc_operand *operands;
    sc_operand workspace;
    int64_t planes;
} job;

static void run_plane(const job *work, int64_t plane, int worker) {
    const pooling *self = work->self;
    const sc_cpu_isa *isa = sc_cpu_device_of(self->base.base.device)->isa;
    const sc_cpu_pool *pool = &self->pool;
    int64_t in = plane * pool->in[0] * pool->in[1], out = plane * pool->out[0] * pool->out[1];
    const float *first = sc_cpu_memory(work->operands[0]);
    const sc_operand *rest = work->operands + 1;
    float *rows = sc_cpu_scratch(&self->base, work->workspace, worker);
    switch (self->op) {
    case SC_OP_MAXPOOL2D:
        isa->max_pool(pool, (float *)sc_cpu_memory(rest[0]) + out,
                      (int32_t *)sc_cpu_memory(rest[1]) + out, first + in);
        break;
    case SC_OP_MAXPOOL2D_GRAD:
        isa->max_pool_grad(pool, (float *)sc_cpu_memory(rest[1]) + in, first + out,
                           (const int32_t *)sc_cpu_memory(rest[0]) + out);
        break;
    case SC_OP_AVGPOOL2D:
        isa->average_pool(pool, (float *)sc_cpu_memory(rest[0]) + out, first + in, rows);
        break;
    default:
        isa->average_pool_grad(pool, (float *)sc_cpu_memory(rest[0]) + in, first + out, rows);
        break;
    }
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    int64_t first = index * work->self->task_planes, last = first + work->self->task_planes;
    for (int64_t plane = first; plane < last && plane < work->planes; plane++)
        run_plane(work, plane, worker);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const pooling *self = (const pooling *)kernel;
    (void)queue;
    job work = {self, operands, workspace,
                sc_tensor_dim_at(&self->planes, 0, launch->rows) * self->planes.dim[1]};
    sc_cpu_run(kernel->device, sc_ceil_div(work.planes, self->task_planes), run_task, &work);
    return SOCLE_OK;
}

sc_cpu_pool sc_cpu_pool_make(const sc_op_desc *desc) {
    const sc_window *window = &desc->attr.pool.window;
    bool forward = desc->op == SC_OP_MAXPOOL2D || desc->op == SC_OP_AVGPOOL2D;
    const sc_tensor_desc *x = &desc->tensor[forward ? 0 : desc->inputs];
    const sc_tensor_desc *y = &desc->tensor[forward ? desc->inputs : 0];
    sc_cpu_pool pool = {.count_padding = desc->attr.pool.count_padding};
    for (int axis = 0; axis < 2; axis++) {
        pool.in[axis] = x->dim[2 + axis];
        pool.out[axis] = y->dim[2 + axis];
        pool.kernel[axis] = window->kernel[axis];
        pool.stride[axis] = window->stride[axis];
        pool.dilation[axis] = window->dilation[axis];
        pool.pad[axis] = window->pad_before[axis];
    }
    return pool;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    pooling *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->op = desc->op;
    self->planes = desc->tensor[0];
    self->pool = sc_cpu_pool_make(desc);
    self->task_planes = sc_ceil_div(TASK_ELEMENTS, self->pool.in[0] * self->pool.in[1]);
    bool averages = desc->op == SC_OP_AVGPOOL2D || desc->op == SC_OP_AVGPOOL2D_GRAD;
    size_t rows = averages ? 2 * (size_t)self->pool.out[1] * sizeof(float) : 0;
    socle_status status = sc_cpu_scratch_plan(&self->base, rows);
    if (status != SOCLE_OK) {
        sc_kernel_release(&self->base.base);
        return status;
    }
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_max_pool_planes = {
    .op = SC_OP_MAXPOOL2D, .name = "planes", .canonical = true, .prepare = prepare};
const sc_implementation sc_cpu_max_pool_grad_planes = {
    .op = SC_OP_MAXPOOL2D_GRAD, .name = "planes", .canonical = true, .prepare = prepare};
const sc_implementation sc_cpu_average_pool_planes = {
    .op = SC_OP_AVGPOOL2D, .name = "planes", .canonical = true, .prepare = prepare};
const sc_implementation sc_cpu_average_pool_grad_planes = {
    .op = SC_OP_AVGPOOL2D_GRAD, .name = "planes", .canonical = true, .prepare = prepare};
