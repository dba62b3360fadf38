/* SPDX-License-Identifier: Apache-2.0 */
/* Gather, scatter-add and argmax (cl/index.cl). One kernel each; `wide` gives a work-item many
 * columns (CPU-class devices), `thin` one (GPUs, and the reference). */
#include "opencl/ocl.h"

#include "cl/shape_rows.h"

#include <string.h>

enum { WIDE_PIECE = 1024, WIDE_ELEMENTS = 4096, TABLE_CHUNK = 256, LOCAL = 64, OPERANDS = 3 };

typedef struct rows_kernel {
    sc_kernel base;
    sc_ocl_kernel kernel;
    sc_op op;
    bool wide;
    sc_tensor_desc tensor[OPERANDS];
    size_t element[OPERANDS];
    int operands;
} rows_kernel;

static size_t divide(size_t value, size_t by) {
    return (value + by - 1) / by;
}

/* Elements per entry of the first dimension. */
static unsigned row_size(const sc_tensor_desc *tensor) {
    return (unsigned)(sc_tensor_elements(tensor) / tensor->dim[0]);
}

static void arrange(const rows_kernel *self, sc_shape_rows *shape, size_t *global, int64_t rows) {
    const sc_tensor_desc *tensor = self->tensor;
    *shape = (sc_shape_rows){0};
    if (self->op == SC_OP_ARGMAX) {
        shape->columns = (unsigned)tensor[0].dim[tensor[0].rank - 1];
        shape->rows = (unsigned)(sc_tensor_elements_at(&tensor[0], rows) / shape->columns);
        shape->chunk =
            self->wide && shape->columns < WIDE_ELEMENTS ? WIDE_ELEMENTS / shape->columns : 1;
        *global = divide(shape->rows, shape->chunk);
        return;
    }
    bool gather = self->op == SC_OP_GATHER;
    const sc_tensor_desc *table = &tensor[gather ? 0 : 2];
    shape->rows = (unsigned)sc_tensor_dim_at(&tensor[gather ? 1 : 0], 0, rows);
    shape->columns = row_size(table);
    shape->table = (unsigned)table->dim[0];
    shape->piece = self->wide ? WIDE_PIECE : 1;
    size_t taken = shape->columns < shape->piece ? shape->columns : shape->piece;
    shape->chunk = !gather ? TABLE_CHUNK : self->wide ? (unsigned)(WIDE_ELEMENTS / taken) : 1;
    shape->pieces = (unsigned)divide(shape->columns, shape->piece);
    *global = shape->pieces * divide(gather ? shape->rows : shape->table, shape->chunk);
}

static void add_arguments(sc_ocl_call *call, const rows_kernel *self, const sc_operand *operands,
                          const sc_shape_rows *shape) {
    for (int i = 0; i < self->operands; i++)
        sc_ocl_call_operand(call, operands ? operands[i] : sc_ocl_nothing(call->device),
                            self->element[i]);
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    rows_kernel *self = (rows_kernel *)kernel;
    sc_shape_rows shape;
    sc_ocl_call call;
    size_t global;
    (void)workspace;
    arrange(self, &shape, &global, launch->rows);
    sc_ocl_call_begin(&call, sc_ocl_device_of(kernel->device), queue, &self->kernel);
    add_arguments(&call, self, operands, &shape);
    return sc_ocl_call_run(&call, &global);
}

static void release(sc_kernel *kernel) {
    rows_kernel *self = (rows_kernel *)kernel;
    sc_ocl_kernel_destroy(&self->kernel);
    sc_release(kernel->device->env, self);
}

static socle_status build(rows_kernel *self, sc_ocl_device *device) {
    const char *name = self->op == SC_OP_GATHER   ? "gather"
                       : self->op == SC_OP_ARGMAX ? "argmax_rows"
                                                  : "scatter_add";
    const size_t local = self->wide ? 1 : LOCAL;
    bool bytes = self->op == SC_OP_GATHER && self->element[0] == 1;
    const sc_ocl_program *program = NULL;
    sc_shape_rows shape, nothing = {.chunk = 1, .piece = 1, .pieces = 1};
    sc_ocl_call call;
    size_t largest;
    SC_TRY(sc_ocl_program_get(&program, device, NULL, "index.cl",
                              bytes ? "-D SC_ELEMENT=uchar" : NULL));
    SC_TRY(sc_ocl_kernel_create(&self->kernel, device, program, name, 1, &local, false));
    int64_t capacity = self->op == SC_OP_GATHER ? self->tensor[1].dim[0] : self->tensor[0].dim[0];
    arrange(self, &shape, &largest, capacity);
    sc_ocl_call_begin(&call, device, NULL, &self->kernel);
    add_arguments(&call, self, NULL, &nothing);
    return sc_ocl_call_warm(&call, &largest);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const char *tuning) {
    rows_kernel *self = NULL;
    (void)tuning;
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    self->base = (sc_kernel){
        .device = device, .implementation = implementation, .enqueue = enqueue, .release = release};
    self->op = desc->op;
    self->wide = strcmp(implementation->name, "wide") == 0;
    self->operands = desc->inputs + desc->outputs;
    for (int i = 0; i < self->operands; i++) {
        self->tensor[i] = desc->tensor[i];
        self->element[i] = sc_dtype_size(desc->tensor[i].dtype);
    }
    socle_status status = build(self, sc_ocl_device_of(device));
    if (status != SOCLE_OK) {
        release(&self->base);
        return status;
    }
    *out = &self->base;
    return SOCLE_OK;
}

const sc_implementation sc_ocl_gather_wide = {
    .op = SC_OP_GATHER, .name = "wide", .needs = SC_TRAIT_WIDE_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_gather_thin = {
    .op = SC_OP_GATHER, .name = "thin", .prepare = prepare};
const sc_implementation sc_ocl_scatter_add_wide = {
    .op = SC_OP_SCATTER_ADD, .name = "wide", .needs = SC_TRAIT_WIDE_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_scatter_add_thin = {
    .op = SC_OP_SCATTER_ADD, .name = "thin", .prepare = prepare};
const sc_implementation sc_ocl_argmax_wide = {
    .op = SC_OP_ARGMAX, .name = "wide", .needs = SC_TRAIT_WIDE_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_argmax_thin = {
    .op = SC_OP_ARGMAX, .name = "thin", .prepare = prepare};
