/* SPDX-License-Identifier: Apache-2.0 */
/* Layer normalisation and its gradient (cl/norm.cl). `group` gives a row to a work-group (GPUs),
 * `rows` a few rows to a work-item (CPU-class devices, and the reference). */
#include "opencl/ocl_frame.h"

#include "cl/shape_norm.h"

#include <string.h>

enum { LEAST_GROUP = 16, SMALL_GROUP = 64, GROUP = 256, QUADS = 4, ELEMENTS = 2048, OPERANDS = 6 };

typedef struct norm {
    sc_ocl_frame frame;
    sc_tensor_desc x;
    bool by_group;
    int operands;
    size_t local;
    float epsilon;
} norm;

static unsigned columns_of(const norm *self) {
    return (unsigned)self->x.dim[self->x.rank - 1];
}

static void arrange(const void *frame, void *sizes, size_t *global, int64_t rows) {
    const norm *self = frame;
    sc_shape_norm *shape = sizes;
    unsigned columns = columns_of(self);
    size_t lines = (size_t)(sc_tensor_elements_at(&self->x, rows) / columns);
    *shape = (sc_shape_norm){.rows = (unsigned)lines,
                             .columns = columns,
                             .share = 1.0f / (float)columns,
                             .epsilon = self->epsilon};
    shape->chunk = columns < ELEMENTS ? ELEMENTS / columns : 1;
    *global = self->by_group ? lines * self->local : (lines + shape->chunk - 1) / shape->chunk;
}

static void add_arguments(sc_ocl_call *call, const void *frame, const sc_operand *operands,
                          const void *shape, const sc_launch *launch) {
    static const size_t element[OPERANDS] = {4, 4, 4, 4, 4, 4};
    const norm *self = frame;
    (void)launch;
    sc_ocl_frame_operands(call, operands, self->operands, element);
    sc_ocl_call_value(call, shape, sizeof(sc_shape_norm));
}

static const sc_shape_norm nothing = {.chunk = 1, .columns = 1};
static const sc_ocl_single single = {sizeof(sc_shape_norm), &nothing, arrange, add_arguments};

/* How a work-group holds a row: items, groups of four elements per item, and whether the row has
 * more than these. */
static socle_status get_program(const sc_ocl_program **out, norm *self, sc_ocl_device *device) {
    const size_t quads = (columns_of(self) + 3) / 4;
    sc_text defines;
    if (!self->by_group) return sc_ocl_program_get(out, device, NULL, "norm.cl", NULL);
    size_t held = (quads + self->local - 1) / self->local;
    sc_text_init(&defines, device->base.env);
    sc_text_add(&defines, "-D SC_GROUP=%zu -D SC_QUADS=%zu -D SC_MORE=%d", self->local,
                held < QUADS ? held : QUADS, held > QUADS);
    return sc_ocl_frame_program(out, device, NULL, "norm.cl", &defines);
}

/* Work-items that share a row: as many as the device has, of those that a row keeps busy. */
static size_t items_of(const norm *self, const sc_device_info *info) {
    size_t items = columns_of(self) <= 4 * SMALL_GROUP * QUADS ? SMALL_GROUP : GROUP;
    while (items > info->max_work_group && items > LEAST_GROUP) items /= 2;
    return self->by_group ? items : 1;
}

static socle_status create(norm *self, sc_ocl_device *device, sc_op op) {
    const char *name = op == SC_OP_LAYER_NORM
                           ? (self->by_group ? "layer_norm_group" : "layer_norm_rows")
                           : (self->by_group ? "layer_norm_grad_group" : "layer_norm_grad_rows");
    const sc_ocl_program *program = NULL;
    SC_TRY(get_program(&program, self, device));
    return sc_ocl_kernel_create(&self->frame.kernel[0], device, program, name, 1, &self->local,
                                true);
}

/* How many work-items a kernel may have is known when it is built. */
static socle_status build(norm *self, sc_ocl_device *device, sc_op op) {
    self->local = items_of(self, &device->base.info);
    socle_status status = create(self, device, op);
    while (status == SOCLE_STATUS_UNSUPPORTED && self->local > LEAST_GROUP) {
        self->local /= 2;
        status = create(self, device, op);
    }
    SC_TRY(status);
    return sc_ocl_single_warm(&self->frame, sc_tensor_samples(&self->x));
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    norm *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, sc_ocl_single_enqueue));
    self->frame.single = &single;
    self->by_group = strcmp(implementation->name, "group") == 0;
    self->x = desc->tensor[0];
    self->operands = desc->inputs + desc->outputs;
    if (desc->op == SC_OP_LAYER_NORM) self->epsilon = desc->attr.layer_norm.epsilon;
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device), desc->op));
}

const sc_implementation sc_ocl_layer_norm_group = {
    .op = SC_OP_LAYER_NORM, .name = "group", .needs = SC_TRAIT_MANY_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_layer_norm_rows = {
    .op = SC_OP_LAYER_NORM, .name = "rows", .canonical = true, .prepare = prepare};
const sc_implementation sc_ocl_layer_norm_grad_group = {
    .op = SC_OP_LAYER_NORM_GRAD, .name = "group", .needs = SC_TRAIT_MANY_ITEMS, .prepare = prepare};
const sc_implementation sc_ocl_layer_norm_grad_rows = {
    .op = SC_OP_LAYER_NORM_GRAD, .name = "rows", .canonical = true, .prepare = prepare};
