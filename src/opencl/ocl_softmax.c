/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax, its gradient and cross entropy (cl/softmax.cl). `group` gives a row to a work-group
 * (GPUs), `rows` a few rows to a work-item (CPU-class devices, and the reference). */
#include "opencl/ocl.h"

#include "cl/shape_rows.h"

#include <string.h>

enum { GROUP = 64, ELEMENTS = 2048, OPERANDS = 4 };

typedef struct softmax {
    sc_kernel base;
    sc_ocl_kernel kernel;
    sc_tensor_desc x;
    bool by_group;
    int operands;
    size_t element[OPERANDS];
    int logarithm;
} softmax;

static const char *kernel_name(sc_op op, bool by_group) {
    switch (op) {
    case SC_OP_SOFTMAX:
        return by_group ? "softmax_group" : "softmax_rows";
    case SC_OP_SOFTMAX_GRAD:
        return by_group ? "softmax_grad_group" : "softmax_grad_rows";
    default:
        return by_group ? "cross_entropy_group" : "cross_entropy_rows";
    }
}

static size_t arrange(const softmax *self, sc_shape_rows *shape, int64_t rows) {
    unsigned columns = (unsigned)self->x.dim[self->x.rank - 1];
    size_t lines = (size_t)(sc_tensor_elements_at(&self->x, rows) / columns);
    *shape =
        (sc_shape_rows){.rows = (unsigned)lines, .columns = columns, .logarithm = self->logarithm};
    shape->chunk = columns < ELEMENTS ? ELEMENTS / columns : 1;
    return self->by_group ? lines * GROUP : (lines + shape->chunk - 1) / shape->chunk;
}

static void add_arguments(sc_ocl_call *call, const softmax *self, const sc_operand *operands,
                          const sc_shape_rows *shape) {
    for (int i = 0; i < self->operands; i++)
        sc_ocl_call_operand(call, operands ? operands[i] : sc_ocl_nothing(call->device),
                            self->element[i]);
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    softmax *self = (softmax *)kernel;
    sc_shape_rows shape;
    sc_ocl_call call;
    (void)workspace;
    size_t global = arrange(self, &shape, launch->rows);
    sc_ocl_call_begin(&call, sc_ocl_device_of(kernel->device), queue, &self->kernel);
    add_arguments(&call, self, operands, &shape);
    return sc_ocl_call_run(&call, &global);
}

static void release(sc_kernel *kernel) {
    softmax *self = (softmax *)kernel;
    sc_ocl_kernel_destroy(&self->kernel);
    sc_release(kernel->device->env, self);
}

static socle_status build(softmax *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const size_t local = self->by_group ? GROUP : 1;
    bool bytes = desc->op == SC_OP_CROSS_ENTROPY && desc->tensor[1].dtype == SOCLE_U8;
    const sc_ocl_program *program = NULL;
    sc_shape_rows shape, nothing = {.chunk = 1, .columns = 1};
    sc_ocl_call call;
    SC_TRY(sc_ocl_program_get(&program, device, NULL, "softmax.cl",
                              bytes ? "-D SC_LABEL=uchar" : NULL));
    SC_TRY(sc_ocl_kernel_create(&self->kernel, device, program,
                                kernel_name(desc->op, self->by_group), 1, &local, true));
    size_t largest = arrange(self, &shape, self->x.dim[0]);
    sc_ocl_call_begin(&call, device, NULL, &self->kernel);
    add_arguments(&call, self, NULL, &nothing);
    return sc_ocl_call_warm(&call, &largest);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const char *tuning) {
    softmax *self = NULL;
    (void)tuning;
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    self->base = (sc_kernel){
        .device = device, .implementation = implementation, .enqueue = enqueue, .release = release};
    self->by_group = strcmp(implementation->name, "group") == 0;
    self->x = desc->tensor[0];
    self->operands = desc->inputs + desc->outputs;
    self->logarithm = desc->op != SC_OP_CROSS_ENTROPY && desc->attr.softmax.log;
    for (int i = 0; i < self->operands; i++)
        self->element[i] = sc_dtype_size(desc->tensor[i].dtype);
    socle_status status = build(self, sc_ocl_device_of(device), desc);
    if (status != SOCLE_OK) {
        release(&self->base);
        return status;
    }
    *out = &self->base;
    return SOCLE_OK;
}

const sc_implementation sc_ocl_softmax_group = {
    .op = SC_OP_SOFTMAX, .name = "group", .needs = SC_TRAIT_MANY_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_softmax_rows = {
    .op = SC_OP_SOFTMAX, .name = "rows", .prepare = prepare};
const sc_implementation sc_ocl_softmax_grad_group = {
    .op = SC_OP_SOFTMAX_GRAD, .name = "group", .needs = SC_TRAIT_MANY_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_softmax_grad_rows = {
    .op = SC_OP_SOFTMAX_GRAD, .name = "rows", .prepare = prepare};
const sc_implementation sc_ocl_cross_entropy_group = {
    .op = SC_OP_CROSS_ENTROPY, .name = "group", .needs = SC_TRAIT_MANY_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_cross_entropy_rows = {
    .op = SC_OP_CROSS_ENTROPY, .name = "rows", .prepare = prepare};
