/* SPDX-License-Identifier: Apache-2.0 */
/* The copy family: permute, slice, concat, pad, reorder, as strided moves of boxes (cl/copy.cl),
 * after a fill with zeros where the boxes leave something out. `wide` walks along neighbours, or in
 * tiles where source and target run along different dimensions (CPU-class devices); `thin` moves
 * one element per work-item (GPUs, and the reference). */
#include "opencl/ocl_copy_region.h"
#include "opencl/ocl_frame.h"

#include <string.h>

enum { PIECE = 4096, SIDE = 32, LOCAL = 64 };

enum { FLAT, TURN }; /* kernels; TURN: wide alone, if a region wants it */

typedef struct copy {
    sc_ocl_frame frame;
    bool wide, covers;
    sc_tensor_desc out;
    size_t element;
    int inputs, regions;
    sc_ocl_region region[]; /* `regions` of them */
} copy;

/* The group to be walked together with the last one, or -1. */
static int turned_group(const sc_ocl_region *region) {
    const sc_ocl_space *space = &region->space;
    int last = space->groups - 1;
    if (space->stride[region->source][last] == 1) return -1;
    for (int g = 0; g < last; g++)
        if (space->stride[region->source][g] == 1) return g;
    return -1;
}

static bool turns(const copy *self, const sc_ocl_region *region) {
    return self->wide && turned_group(region) >= 0;
}

static size_t arrange(const copy *self, const sc_ocl_region *region, sc_shape_copy *shape,
                      int64_t rows) {
    bool turned = turns(self, region);
    sc_ocl_region_shape(shape, region, rows, turned ? turned_group(region) : -1);
    unsigned inner = shape->inner;
    size_t elements = (size_t)shape->outer * inner;
    if (elements == 0 || !self->wide) return elements;
    if (turned) {
        shape->tiles = (shape->turn + SIDE - 1) / SIDE;
        shape->pieces = (inner + SIDE - 1) / SIDE;
        return (size_t)shape->outer * shape->tiles * shape->pieces;
    }
    shape->piece = PIECE;
    shape->pieces = (inner + PIECE - 1) / PIECE;
    shape->chunk = inner < PIECE ? PIECE / inner : 1;
    return ((size_t)shape->outer * shape->pieces + shape->chunk - 1) / shape->chunk;
}

static void add_arguments(sc_ocl_call *call, const copy *self, sc_operand source, sc_operand target,
                          const sc_shape_copy *shape) {
    sc_ocl_call_operand(call, source, self->element);
    sc_ocl_call_operand(call, target, self->element);
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static socle_status fill_zero(const copy *self, sc_queue *base, sc_operand target, int64_t rows) {
    static const uint32_t zero = 0;
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    sc_tensor_desc out = self->out;
    cl_event event = NULL;
    if (out.rows_per_sample) out.dim[0] = sc_tensor_dim_at(&out, 0, rows);
    size_t bytes = sc_tensor_bytes(&out);
    if (bytes == 0) return SOCLE_OK;
    SC_TRY(sc_ocl_queue_check(queue));
    cl_int code = clEnqueueFillBuffer(queue->handle, sc_ocl_memory(target), &zero, self->element,
                                      target.offset, bytes, 0, NULL, &event);
    return sc_ocl_queue_done(queue, "clEnqueueFillBuffer", code, event);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    copy *self = (copy *)kernel;
    sc_operand target = operands[self->inputs];
    (void)workspace;
    if (self->out.rows_per_sample && launch->rows == 0) return SOCLE_OK;
    if (!self->covers) SC_TRY(fill_zero(self, queue, target, launch->rows));
    for (int i = 0; i < self->regions; i++) {
        const sc_ocl_region *region = &self->region[i];
        sc_shape_copy shape;
        sc_ocl_call call;
        size_t global = arrange(self, region, &shape, launch->rows);
        sc_ocl_call_begin(&call, sc_ocl_device_of(kernel->device), queue,
                          &self->frame.kernel[turns(self, region) ? TURN : FLAT]);
        add_arguments(&call, self, operands[region->input], target, &shape);
        SC_TRY(sc_ocl_call_run(&call, &global));
    }
    return SOCLE_OK;
}

static socle_status warm_up(copy *self, sc_ocl_device *device, const sc_ocl_region *region) {
    sc_shape_copy shape, nothing = {.tiles = 1, .pieces = 1};
    sc_ocl_call call;
    size_t largest = arrange(self, region, &shape, sc_tensor_samples(&self->out));
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[turns(self, region) ? TURN : FLAT]);
    add_arguments(&call, self, sc_ocl_nothing(device), sc_ocl_nothing(device), &nothing);
    return sc_ocl_call_warm(&call, &largest);
}

static socle_status build(copy *self, sc_ocl_device *device) {
    const size_t one = 1, local = self->wide ? 1 : LOCAL;
    const sc_ocl_program *program = NULL;
    SC_TRY(sc_ocl_program_get(&program, device, NULL, "copy.cl",
                              sc_ocl_element_option(self->element)));
    for (int i = 0; i < self->regions; i++) {
        bool turned = turns(self, &self->region[i]);
        sc_ocl_kernel *kernel = &self->frame.kernel[turned ? TURN : FLAT];
        if (!kernel->handle)
            SC_TRY(sc_ocl_kernel_create(kernel, device, program,
                                        turned       ? "copy_turn"
                                        : self->wide ? "copy_wide"
                                                     : "copy_thin",
                                        1, turned ? &one : &local, false));
        SC_TRY(warm_up(self, device, &self->region[i]));
    }
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    sc_ocl_region *region = NULL;
    copy *self = NULL;
    bool covers = true;
    (void)tuning;
    SC_TRY(sc_allocate(device->env, &region, SC_OCL_REGIONS, sizeof *region));
    int count = sc_ocl_copy_regions(region, desc, &covers);
    socle_status status = sc_ocl_frame_create(&self, sizeof *self + (size_t)count * sizeof *region,
                                              device, implementation, enqueue);
    if (status == SOCLE_OK) memcpy(self->region, region, (size_t)count * sizeof *region);
    sc_release(device->env, region);
    SC_TRY(status);
    self->wide = strcmp(implementation->name, "wide") == 0;
    self->covers = covers;
    self->out = desc->tensor[desc->inputs];
    self->element = sc_dtype_size(self->out.dtype);
    self->inputs = desc->inputs;
    self->regions = count;
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device)));
}

enum { ANY_LAYOUT = 1u << SC_LAYOUT_PLAIN | 1u << SC_LAYOUT_C16 };

#define WIDE                                                                                       \
    .name = "wide", .needs = SC_TRAIT_WIDE_ITEMS, .storage = SC_STORAGE_MOVED, .prepare = prepare
#define THIN .name = "thin", .storage = SC_STORAGE_MOVED, .prepare = prepare
const sc_implementation sc_ocl_permute_wide = {.op = SC_OP_PERMUTE, WIDE};
const sc_implementation sc_ocl_permute_thin = {.op = SC_OP_PERMUTE, THIN};
const sc_implementation sc_ocl_slice_wide = {.op = SC_OP_SLICE, WIDE};
const sc_implementation sc_ocl_slice_thin = {.op = SC_OP_SLICE, THIN};
const sc_implementation sc_ocl_concat_wide = {.op = SC_OP_CONCAT, WIDE};
const sc_implementation sc_ocl_concat_thin = {.op = SC_OP_CONCAT, THIN};
const sc_implementation sc_ocl_pad_wide = {.op = SC_OP_PAD, WIDE};
const sc_implementation sc_ocl_pad_thin = {.op = SC_OP_PAD, THIN};
const sc_implementation sc_ocl_reorder_wide = {.op = SC_OP_REORDER, .layouts = ANY_LAYOUT, WIDE};
const sc_implementation sc_ocl_reorder_thin = {.op = SC_OP_REORDER, .layouts = ANY_LAYOUT, THIN};
