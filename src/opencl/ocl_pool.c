/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling and its gradients (cl/pool.cl). The window is compiled in, sizes are arguments. `rows` gives a work-item
 * whole rows or planes (CPU-class devices), `each` one element (GPUs, and the reference). */
#include "opencl/ocl.h"

#include "cl/shape_pool.h"

#include <string.h>

enum { ELEMENTS = 4096, LOCAL = 64 };

typedef struct pool {
    sc_kernel base;
    sc_ocl_kernel kernel;
    bool wide, gradient;
    sc_tensor_desc large, small; /* what the window runs over, and what it leaves */
    int operands;
} pool;

static const char *kernel_name(sc_op op, bool wide) {
    switch (op) {
    case SC_OP_MAXPOOL2D: return wide ? "maxpool_rows" : "maxpool_each";
    case SC_OP_MAXPOOL2D_GRAD: return wide ? "maxpool_grad_planes" : "maxpool_grad_each";
    case SC_OP_AVGPOOL2D: return wide ? "avgpool_rows" : "avgpool_each";
    default: return wide ? "avgpool_grad_planes" : "avgpool_grad_each";
    }
}

static void arrange(const pool *self, sc_shape_pool *shape, size_t *global, int64_t rows) {
    const sc_tensor_desc *large = &self->large, *small = &self->small;
    *shape = (sc_shape_pool){
        .planes = (int)(sc_tensor_dim_at(large, 0, rows) * large->dim[1]),
        .height = (int)large->dim[2], .width = (int)large->dim[3],
        .out_height = (int)small->dim[2], .out_width = (int)small->dim[3], .chunk = 1};
    if (!self->wide) {
        const sc_tensor_desc *written = self->gradient ? large : small;
        *global = (size_t)sc_tensor_elements_at(written, rows);
        return;
    }
    int64_t unit = self->gradient ? large->dim[2] * large->dim[3] : large->dim[3];
    int64_t units = self->gradient ? shape->planes : (int64_t)shape->planes * shape->out_height;
    if (unit < ELEMENTS) shape->chunk = (int)(ELEMENTS / unit);
    *global = (size_t)sc_ceil_div(units, shape->chunk);
}

static void add_arguments(sc_ocl_call *call, const pool *self, const sc_operand *operands,
                          const sc_shape_pool *shape) {
    for (int i = 0; i < self->operands; i++)
        sc_ocl_call_operand(call, operands ? operands[i] : sc_ocl_nothing(call->device), sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands, sc_operand workspace,
                            const sc_launch *launch) {
    pool *self = (pool *)kernel;
    sc_shape_pool shape;
    sc_ocl_call call;
    size_t global;
    (void)workspace;
    arrange(self, &shape, &global, launch->rows);
    sc_ocl_call_begin(&call, sc_ocl_device_of(kernel->device), queue, &self->kernel);
    add_arguments(&call, self, operands, &shape);
    return sc_ocl_call_run(&call, &global);
}

static void release(sc_kernel *kernel) {
    pool *self = (pool *)kernel;
    sc_ocl_kernel_destroy(&self->kernel);
    sc_release(kernel->device->env, self);
}

static void add_defines(sc_text *text, const sc_op_desc *desc) {
    static const char letters[] = "HW";
    const sc_window *window = &desc->attr.pool.window;
    const bool gradient = desc->op == SC_OP_MAXPOOL2D_GRAD || desc->op == SC_OP_AVGPOOL2D_GRAD;
    const sc_tensor_desc *large = &desc->tensor[gradient ? desc->inputs : 0];
    bool overhang = false;
    for (int axis = 0; axis < 2; axis++) {
        int64_t start = (sc_window_output(large->dim[2 + axis], window, axis) - 1) * window->stride[axis] - window->pad_before[axis];
        overhang |= start + (int64_t)(window->kernel[axis] - 1) * window->dilation[axis] >= large->dim[2 + axis];
    }
    for (int axis = 0; axis < 2; axis++)
        sc_text_add(text, "%s-D SC_KERNEL_%c=%d -D SC_STRIDE_%c=%d -D SC_DILATION_%c=%d -D SC_PAD_%c=%d",
                    axis ? " " : "", letters[axis], window->kernel[axis], letters[axis], window->stride[axis],
                    letters[axis], window->dilation[axis], letters[axis], window->pad_before[axis]);
    sc_text_add(text, " -D SC_COUNT_PADDING=%d -D SC_OVERHANG=%d", desc->attr.pool.count_padding ? 1 : 0, overhang ? 1 : 0);
}

static socle_status build(pool *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const size_t local = self->wide ? 1 : LOCAL;
    cl_program program = NULL;
    sc_shape_pool shape, nothing = {.chunk = 1, .out_height = 1};
    sc_ocl_call call;
    size_t largest;
    sc_text defines;
    sc_text_init(&defines, device->base.env);
    add_defines(&defines, desc);
    socle_status status = defines.status;
    if (status == SOCLE_OK) status = sc_ocl_program_get(&program, device, NULL, "pool.cl", defines.data);
    sc_text_free(&defines);
    if (status == SOCLE_OK)
        status = sc_ocl_kernel_create(&self->kernel, device, program, kernel_name(desc->op, self->wide),
                                      1, &local, false);
    if (status != SOCLE_OK) return status;
    arrange(self, &shape, &largest, self->large.dim[0]);
    sc_ocl_call_begin(&call, device, NULL, &self->kernel);
    add_arguments(&call, self, NULL, &nothing);
    return sc_ocl_call_warm(&call, &largest);
}

static socle_status prepare(sc_kernel **out, sc_device *device, const sc_implementation *implementation,
                            const sc_op_desc *desc, const char *tuning) {
    pool *self = NULL;
    (void)tuning;
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    self->base = (sc_kernel){.device = device, .implementation = implementation, .enqueue = enqueue, .release = release};
    self->wide = strcmp(implementation->name, "rows") == 0;
    self->gradient = desc->op == SC_OP_MAXPOOL2D_GRAD || desc->op == SC_OP_AVGPOOL2D_GRAD;
    self->large = desc->tensor[self->gradient ? desc->inputs : 0];
    self->small = desc->tensor[self->gradient ? 0 : desc->inputs];
    self->operands = desc->inputs + desc->outputs;
    socle_status status = build(self, sc_ocl_device_of(device), desc);
    if (status != SOCLE_OK) {
        release(&self->base);
        return status;
    }
    *out = &self->base;
    return SOCLE_OK;
}

#define WIDE .name = "rows", .needs = SC_TRAIT_WIDE_ITEMS, .prepare = prepare
#define EACH .name = "each", .prepare = prepare
const sc_implementation sc_ocl_maxpool2d_rows = {.op = SC_OP_MAXPOOL2D, WIDE};
const sc_implementation sc_ocl_maxpool2d_each = {.op = SC_OP_MAXPOOL2D, EACH};
const sc_implementation sc_ocl_maxpool2d_grad_rows = {.op = SC_OP_MAXPOOL2D_GRAD, WIDE};
const sc_implementation sc_ocl_maxpool2d_grad_each = {.op = SC_OP_MAXPOOL2D_GRAD, EACH};
const sc_implementation sc_ocl_avgpool2d_rows = {.op = SC_OP_AVGPOOL2D, WIDE};
const sc_implementation sc_ocl_avgpool2d_each = {.op = SC_OP_AVGPOOL2D, EACH};
const sc_implementation sc_ocl_avgpool2d_grad_rows = {.op = SC_OP_AVGPOOL2D_GRAD, WIDE};
const sc_implementation sc_ocl_avgpool2d_grad_each = {.op = SC_OP_AVGPOOL2D_GRAD, EACH};
