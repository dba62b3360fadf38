/* SPDX-License-Identifier: Apache-2.0 */
/* The copy family: permute, slice, concat, pad, reorder, as strided moves of boxes (cl/copy.cl),
 * after a fill with zeros where the boxes leave something out. `wide` walks along neighbours, or in
 * tiles where source and target run along different dimensions (CPU-class devices); `tile` takes
 * such tiles through local memory (GPUs, cl/copy_tile.cl); `thin` moves one element per work-item
 * (GPUs, and the reference). */
#include "opencl/ocl_copy_region.h"
#include "opencl/ocl_frame.h"

#include <stdio.h>
#include <string.h>

enum { PIECE = 4096, SIDE = 32, LOCAL = 64 };
/* Of tiles in local memory: for elements of fewer than four bytes, the least that is turned in
 * them, work-items. */
enum { NARROW_SIDE = 64, LEAST_SIDE = 8, TILE_ITEMS = 256, LEAST_ITEMS = 32 };

enum { FLAT, TURN }; /* kernels; TURN: if a region wants it */
enum form { THIN, WIDE, TILE };

typedef struct copy {
    sc_ocl_frame frame;
    enum form form;
    bool covers;
    sc_tensor_desc out;
    size_t element;
    int inputs, regions;
    size_t items;           /* of a group that moves a tile */
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

/* Tiles of GPUs want work for all their work-items; where the sides are short, neighbours in the
 * target are near each other in the source. */
static bool turns(enum form form, const sc_ocl_region *region) {
    const int turned = turned_group(region);
    if (form == THIN || turned < 0) return false;
    const int64_t *size = region->space.size;
    return form == WIDE ||
           (size[turned] >= LEAST_SIDE && size[region->space.groups - 1] >= LEAST_SIDE);
}

static unsigned side_of(const copy *self) {
    return self->form == TILE && self->element < 4 ? NARROW_SIDE : SIDE;
}

static size_t arrange(const copy *self, const sc_ocl_region *region, sc_shape_copy *shape,
                      int64_t rows) {
    bool turned = turns(self->form, region);
    sc_ocl_region_shape(shape, region, rows, turned ? turned_group(region) : -1);
    unsigned inner = shape->inner;
    size_t elements = (size_t)shape->outer * inner;
    if (elements == 0) return elements;
    if (turned) {
        const unsigned side = side_of(self);
        shape->tiles = (shape->turn + side - 1) / side;
        shape->pieces = (inner + side - 1) / side;
        return (size_t)shape->outer * shape->tiles * shape->pieces * self->items;
    }
    if (self->form != WIDE) return elements;
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
                          &self->frame.kernel[turns(self->form, region) ? TURN : FLAT]);
        add_arguments(&call, self, operands[region->input], target, &shape);
        SC_TRY(sc_ocl_call_run(&call, &global));
    }
    return SOCLE_OK;
}

static socle_status warm_up(copy *self, sc_ocl_device *device, const sc_ocl_region *region) {
    sc_shape_copy shape, nothing = {.tiles = 1, .pieces = 1};
    sc_ocl_call call;
    size_t largest = arrange(self, region, &shape, sc_tensor_samples(&self->out));
    sc_ocl_call_begin(&call, device, NULL,
                      &self->frame.kernel[turns(self->form, region) ? TURN : FLAT]);
    add_arguments(&call, self, sc_ocl_nothing(device), sc_ocl_nothing(device), &nothing);
    return sc_ocl_call_warm(&call, &largest);
}

static socle_status get_program(const sc_ocl_program **out, const copy *self, sc_ocl_device *device,
                                int kernel) {
    const char *element = sc_ocl_element_option(self->element);
    char options[64];
    if (kernel == FLAT || self->form != TILE)
        return sc_ocl_program_get(out, device, NULL, "copy.cl", element);
    snprintf(options, sizeof options, "-D SC_SIDE=%u -D SC_ITEMS=%zu %s", side_of(self),
             self->items, element ? element : "");
    return sc_ocl_program_get(out, device, NULL, "copy_tile.cl", options);
}

static socle_status create(copy *self, sc_ocl_device *device) {
    static const char *const name[][2] = {[THIN] = {"copy_thin", NULL},
                                          [WIDE] = {"copy_wide", "copy_turn"},
                                          [TILE] = {"copy_thin", "copy_tile"}};
    const size_t flat = self->form == WIDE ? 1 : LOCAL;
    const sc_ocl_program *program[2];
    bool wanted[2] = {false, false};
    for (int i = 0; i < self->regions; i++) wanted[turns(self->form, &self->region[i])] = true;
    for (int k = FLAT; k <= TURN; k++)
        if (wanted[k]) SC_TRY(get_program(&program[k], self, device, k));
    for (int k = FLAT; k <= TURN; k++)
        if (wanted[k] && !self->frame.kernel[k].handle)
            SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[k], device, program[k],
                                        name[self->form][k], 1, k == TURN ? &self->items : &flat,
                                        k == TURN));
    return SOCLE_OK;
}

/* How many work-items a kernel may have is known when it is built. */
static socle_status build(copy *self, sc_ocl_device *device) {
    self->items = self->form == TILE ? TILE_ITEMS : 1;
    socle_status status = create(self, device);
    while (status == SOCLE_STATUS_UNSUPPORTED && self->items > LEAST_ITEMS) {
        self->items /= 2;
        status = create(self, device);
    }
    SC_TRY(status);
    for (int i = 0; i < self->regions; i++) SC_TRY(warm_up(self, device, &self->region[i]));
    return SOCLE_OK;
}

/* Something turns: of operations that have two regions at most. */
static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_ocl_region region[2];
    bool covers;
    (void)device;
    const int count = sc_ocl_copy_regions(region, desc, &covers);
    for (int i = 0; i < count; i++)
        if (turns(TILE, &region[i])) return true;
    return false;
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
    self->form = strcmp(implementation->name, "wide") == 0   ? WIDE
                 : strcmp(implementation->name, "tile") == 0 ? TILE
                                                             : THIN;
    self->covers = covers;
    self->out = desc->tensor[desc->inputs];
    self->element = sc_dtype_size(self->out.dtype);
    self->inputs = desc->inputs;
    self->regions = count;
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device)));
}

enum { ANY_LAYOUT = 1u << SC_LAYOUT_PLAIN | 1u << SC_LAYOUT_C16 };

#define NEIGHBOURS                                                                                 \
    .name = "wide", .needs = SC_TRAIT_WIDE_ITEMS, .storage = SC_STORAGE_MOVED, .canonical = true,  \
    .prepare = prepare
#define TILED                                                                                      \
    .name = "tile", .needs = SC_TRAIT_MANY_ITEMS | SC_TRAIT_LOCAL_MEMORY,                          \
    .storage = SC_STORAGE_MOVED, .accepts = accepts, .canonical = true, .prepare = prepare
#define PLAIN .name = "thin", .storage = SC_STORAGE_MOVED, .canonical = true, .prepare = prepare
const sc_implementation sc_ocl_permute_wide = {.op = SC_OP_PERMUTE, NEIGHBOURS};
const sc_implementation sc_ocl_permute_tile = {.op = SC_OP_PERMUTE, TILED};
const sc_implementation sc_ocl_permute_thin = {.op = SC_OP_PERMUTE, PLAIN};
const sc_implementation sc_ocl_slice_wide = {.op = SC_OP_SLICE, NEIGHBOURS};
const sc_implementation sc_ocl_slice_thin = {.op = SC_OP_SLICE, PLAIN};
const sc_implementation sc_ocl_concat_wide = {.op = SC_OP_CONCAT, NEIGHBOURS};
const sc_implementation sc_ocl_concat_thin = {.op = SC_OP_CONCAT, PLAIN};
const sc_implementation sc_ocl_pad_wide = {.op = SC_OP_PAD, NEIGHBOURS};
const sc_implementation sc_ocl_pad_thin = {.op = SC_OP_PAD, PLAIN};
const sc_implementation sc_ocl_reorder_wide = {
    .op = SC_OP_REORDER, .layouts = ANY_LAYOUT, NEIGHBOURS};
const sc_implementation sc_ocl_reorder_tile = {.op = SC_OP_REORDER, .layouts = ANY_LAYOUT, TILED};
const sc_implementation sc_ocl_reorder_thin = {.op = SC_OP_REORDER, .layouts = ANY_LAYOUT, PLAIN};
