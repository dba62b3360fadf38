/* SPDX-License-Identifier: Apache-2.0 */
/* Crop2d (cl/crop.cl). `wide` gives a work-item many columns of several lines (CPU-class devices),
 * `thin` one element (GPUs, and the reference). */
#include "opencl/ocl.h"

#include "cl/shape_crop.h"

#include <string.h>

enum { WIDE_PIECE = 1024, WIDE_ELEMENTS = 4096, LOCAL = 64, OPERANDS = 3 };

typedef struct crop {
    sc_kernel base;
    sc_ocl_kernel kernel;
    bool wide;
    sc_tensor_desc x, out;
    size_t element[OPERANDS];
} crop;

static void arrange(const crop *self, sc_shape_crop *shape, size_t *global, int64_t rows) {
    const sc_tensor_desc *x = &self->x, *out = &self->out;
    int64_t width = out->dim[3], piece = self->wide ? WIDE_PIECE : 1;
    int64_t taken = width < piece ? width : piece, chunk = self->wide ? WIDE_ELEMENTS / taken : 1;
    int64_t lines = sc_tensor_elements_at(out, rows) / width, pieces = sc_ceil_div(width, piece);
    *shape = (sc_shape_crop){
        .lines = (unsigned)lines,
        .channels = (unsigned)out->dim[1],
        .height = (unsigned)out->dim[2],
        .width = (unsigned)width,
        .from_height = (unsigned)x->dim[2],
        .from_width = (unsigned)x->dim[3],
        .chunk = (unsigned)chunk,
        .piece = (unsigned)piece,
        .pieces = (unsigned)pieces,
    };
    *global = (size_t)(pieces * sc_ceil_div(lines, chunk));
}

static void add_arguments(sc_ocl_call *call, const crop *self, const sc_operand *operands,
                          const sc_shape_crop *shape) {
    for (int i = 0; i < OPERANDS; i++)
        sc_ocl_call_operand(call, operands ? operands[i] : sc_ocl_nothing(call->device),
                            self->element[i]);
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    crop *self = (crop *)kernel;
    sc_shape_crop shape;
    sc_ocl_call call;
    size_t global;
    (void)workspace;
    arrange(self, &shape, &global, launch->rows);
    sc_ocl_call_begin(&call, sc_ocl_device_of(kernel->device), queue, &self->kernel);
    add_arguments(&call, self, operands, &shape);
    return sc_ocl_call_run(&call, &global);
}

static void release(sc_kernel *kernel) {
    crop *self = (crop *)kernel;
    sc_ocl_kernel_destroy(&self->kernel);
    sc_release(kernel->device->env, self);
}

static socle_status build(crop *self, sc_ocl_device *device) {
    const size_t local = self->wide ? 1 : LOCAL;
    const sc_ocl_program *program = NULL;
    sc_shape_crop shape, nothing = {.channels = 1, .height = 1, .piece = 1, .pieces = 1};
    sc_ocl_call call;
    size_t largest;
    SC_TRY(sc_ocl_program_get(&program, device, NULL, "crop.cl",
                              self->element[0] == 1 ? "-D SC_ELEMENT=uchar" : NULL));
    SC_TRY(sc_ocl_kernel_create(&self->kernel, device, program, "crop2d", 1, &local, false));
    arrange(self, &shape, &largest, self->out.dim[0]);
    sc_ocl_call_begin(&call, device, NULL, &self->kernel);
    add_arguments(&call, self, NULL, &nothing);
    return sc_ocl_call_warm(&call, &largest);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const char *tuning) {
    crop *self = NULL;
    (void)tuning;
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    self->base = (sc_kernel){
        .device = device, .implementation = implementation, .enqueue = enqueue, .release = release};
    self->wide = strcmp(implementation->name, "wide") == 0;
    self->x = desc->tensor[0];
    self->out = desc->tensor[2];
    for (int i = 0; i < OPERANDS; i++) self->element[i] = sc_dtype_size(desc->tensor[i].dtype);
    socle_status status = build(self, sc_ocl_device_of(device));
    if (status != SOCLE_OK) {
        release(&self->base);
        return status;
    }
    *out = &self->base;
    return SOCLE_OK;
}

const sc_implementation sc_ocl_crop2d_wide = {
    .op = SC_OP_CROP2D, .name = "wide", .needs = SC_TRAIT_WIDE_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_crop2d_thin = {
    .op = SC_OP_CROP2D, .name = "thin", .prepare = prepare};
