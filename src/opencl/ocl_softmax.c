/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax, its gradient and cross entropy. `group` gives a row to several work-items (GPUs,
 * cl/softmax_group.cl), `rows` a few rows to one (CPU-class devices, and the reference,
 * cl/softmax.cl). */
#include "opencl/ocl_frame.h"

#include "cl/shape_rows.h"

#include <stdio.h>
#include <string.h>

enum { ELEMENTS = 2048, OPERANDS = 4 };
/* Of a group: its work-items where a row has fewer, those that share a row, and the values that one
 * holds. */
enum { LEAST_GROUP = 64, LEAST_LANES = 8, MOST_LANES = 256, ITEM_VALUES = 4, MOST_HELD = 32 };

typedef struct softmax {
    sc_ocl_frame frame;
    sc_tensor_desc x;
    bool by_group;
    unsigned lanes, group, held; /* by group: items of a row, of a group; values of an item */
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

/* Where a group may have MOST_LANES items, the shape alone decides, and with it the order of a
 * row's sums; with fewer, `most`, a row has as many as there are. */
static void divide_rows(softmax *self, size_t most) {
    int64_t columns = self->x.dim[self->x.rank - 1];
    self->lanes = LEAST_LANES;
    while (self->lanes < MOST_LANES && self->lanes * ITEM_VALUES < columns &&
           2 * self->lanes <= most)
        self->lanes *= 2;
    self->group = self->lanes;
    while (self->group < LEAST_GROUP && 2 * self->group <= most) self->group *= 2;
    int64_t held = (columns + self->lanes - 1) / self->lanes;
    self->held = held <= MOST_HELD ? (unsigned)held : 0;
}

static void arrange(const void *frame, void *sizes, size_t *global, int64_t rows) {
    const softmax *self = frame;
    sc_shape_rows *shape = sizes;
    unsigned columns = (unsigned)self->x.dim[self->x.rank - 1];
    size_t lines = (size_t)(sc_tensor_elements_at(&self->x, rows) / columns);
    *shape =
        (sc_shape_rows){.rows = (unsigned)lines, .columns = columns, .logarithm = self->logarithm};
    shape->chunk = columns < ELEMENTS ? ELEMENTS / columns : 1;
    size_t rows_of_group = self->by_group ? self->group / self->lanes : 0;
    *global = self->by_group ? (lines + rows_of_group - 1) / rows_of_group * self->group
                             : (lines + shape->chunk - 1) / shape->chunk;
}

static void add_arguments(sc_ocl_call *call, const void *frame, const sc_operand *operands,
                          const void *shape, const sc_launch *launch) {
    const softmax *self = frame;
    (void)launch;
    sc_ocl_frame_operands(call, operands, self->operands, self->element);
    sc_ocl_call_value(call, shape, sizeof(sc_shape_rows));
}

static const sc_shape_rows nothing = {.chunk = 1, .columns = 1};
static const sc_ocl_single single = {sizeof(sc_shape_rows), &nothing, arrange, add_arguments};

static socle_status create(softmax *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const size_t local = self->by_group ? self->group : 1;
    bool bytes = desc->op == SC_OP_CROSS_ENTROPY && desc->tensor[1].dtype == SOCLE_U8;
    const char *label = bytes ? "-D SC_LABEL=uchar" : "";
    char options[96];
    const sc_ocl_program *program = NULL;
    snprintf(options, sizeof options, "-D SC_LANES=%u -D SC_GROUP=%u -D SC_HELD=%u %s", self->lanes,
             self->group, self->held, label);
    SC_TRY(sc_ocl_program_get(&program, device, NULL,
                              self->by_group ? "softmax_group.cl" : "softmax.cl",
                              self->by_group ? options
                              : bytes        ? label
                                             : NULL));
    return sc_ocl_kernel_create(&self->frame.kernel[0], device, program,
                                kernel_name(desc->op, self->by_group), 1, &local, true);
}

/* How many work-items a kernel may have is known when it is built. */
static socle_status build(softmax *self, sc_ocl_device *device, const sc_op_desc *desc) {
    divide_rows(self, device->base.info.max_work_group);
    socle_status status = create(self, device, desc);
    while (status == SOCLE_STATUS_UNSUPPORTED && self->by_group && self->group > LEAST_LANES) {
        divide_rows(self, self->group / 2);
        status = create(self, device, desc);
    }
    SC_TRY(status);
    return sc_ocl_single_warm(&self->frame, sc_tensor_samples(&self->x));
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    softmax *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, sc_ocl_single_enqueue));
    self->frame.single = &single;
    self->by_group = strcmp(implementation->name, "group") == 0;
    self->x = desc->tensor[0];
    self->operands = desc->inputs + desc->outputs;
    self->logarithm = desc->op != SC_OP_CROSS_ENTROPY && desc->attr.softmax.log;
    for (int i = 0; i < self->operands; i++)
        self->element[i] = sc_dtype_size(desc->tensor[i].dtype);
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device), desc));
}

const sc_implementation sc_ocl_softmax_group = {
    .op = SC_OP_SOFTMAX, .name = "group", .needs = SC_TRAIT_MANY_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_softmax_rows = {
    .op = SC_OP_SOFTMAX, .name = "rows", .canonical = true, .prepare = prepare};
const sc_implementation sc_ocl_softmax_grad_group = {
    .op = SC_OP_SOFTMAX_GRAD, .name = "group", .needs = SC_TRAIT_MANY_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_softmax_grad_rows = {
    .op = SC_OP_SOFTMAX_GRAD, .name = "rows", .canonical = true, .prepare = prepare};
const sc_implementation sc_ocl_cross_entropy_group = {
    .op = SC_OP_CROSS_ENTROPY, .name = "group", .needs = SC_TRAIT_MANY_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_cross_entropy_rows = {
    .op = SC_OP_CROSS_ENTROPY, .name = "rows", .canonical = true, .prepare = prepare};
