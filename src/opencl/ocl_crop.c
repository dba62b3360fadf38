/* SPDX-License-Identifier: Apache-2.0 */
/* Crop2d (cl/crop.cl). `wide` gives a work-item many columns of several lines (CPU-class devices),
 * `thin` one element (GPUs, and the reference). */
#include "opencl/ocl_frame.h"

#include "cl/shape_crop.h"

#include <string.h>

enum { WIDE_PIECE = 1024, WIDE_ELEMENTS = 4096, LOCAL = 64, OPERANDS = 3 };

typedef struct crop {
    sc_ocl_frame frame;
    bool wide;
    sc_tensor_desc x, out;
    size_t element[OPERANDS];
} crop;

static void arrange(const void *frame, void *sizes, size_t *global, int64_t rows) {
    const crop *self = frame;
    sc_shape_crop *shape = sizes;
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

static void add_arguments(sc_ocl_call *call, const void *frame, const sc_operand *operands,
                          const void *shape, const sc_launch *launch) {
    const crop *self = frame;
    (void)launch;
    sc_ocl_frame_operands(call, operands, OPERANDS, self->element);
    sc_ocl_call_value(call, shape, sizeof(sc_shape_crop));
}

static const sc_shape_crop nothing = {.channels = 1, .height = 1, .piece = 1, .pieces = 1};
static const sc_ocl_single single = {sizeof(sc_shape_crop), &nothing, arrange, add_arguments};

static socle_status build(crop *self, sc_ocl_device *device) {
    const size_t local = self->wide ? 1 : LOCAL;
    const sc_ocl_program *program = NULL;
    SC_TRY(sc_ocl_program_get(&program, device, NULL, "crop.cl",
                              sc_ocl_element_option(self->element[0])));
    SC_TRY(
        sc_ocl_kernel_create(&self->frame.kernel[0], device, program, "crop2d", 1, &local, false));
    return sc_ocl_single_warm(&self->frame, sc_tensor_samples(&self->out));
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    crop *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, sc_ocl_single_enqueue));
    self->frame.single = &single;
    self->wide = strcmp(implementation->name, "wide") == 0;
    self->x = desc->tensor[0];
    self->out = desc->tensor[2];
    for (int i = 0; i < OPERANDS; i++) self->element[i] = sc_dtype_size(desc->tensor[i].dtype);
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device)));
}

const sc_implementation sc_ocl_crop2d_wide = {.op = SC_OP_CROP2D,
                                              .name = "wide",
                                              .needs = SC_TRAIT_WIDE_ITEMS,
                                              .storage = SC_STORAGE_MOVED,
                                              .canonical = true,
                                              .prepare = prepare};
const sc_implementation sc_ocl_crop2d_thin = {.op = SC_OP_CROP2D,
                                              .name = "thin",
                                              .storage = SC_STORAGE_MOVED,
                                              .canonical = true,
                                              .prepare = prepare};
