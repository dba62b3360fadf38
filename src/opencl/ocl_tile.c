/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prepares and launches operations on the tile engine: chooses the tile, builds the kernel, cuts
 * large work into launches, and where the depth is in pieces has them added up. It must not know
 * which operation it is.
 */
#include "opencl/ocl_tile.h"

enum { COMPUTE, ADD }; /* kernels */
enum { ADD_ITEMS = 64, QUAD_BYTES = 16 };

typedef struct tiled {
    sc_ocl_frame frame;
    const sc_ocl_tile_kind *kind;
    sc_op_desc desc; /* without expressions, which are borrowed */
    sc_ocl_tail tail;
    sc_tile tile;
    int split_depth;
    bool adds; /* pieces of the depth lie in the workspace, and the tail comes when they are added
                */
} tiled;

static sc_shape_tile shape_at(const tiled *self, int64_t rows) {
    sc_shape_tile shape = {0};
    self->kind->measure(&shape, &self->desc, rows);
    sc_tile_cut(&shape, self->split_depth);
    sc_tile_cover(&shape, &self->tile);
    return shape;
}

/* Quads of lines that are long enough may still begin anywhere. */
static int wide_sides(const tiled *self, int sides, const sc_operand *operands, sc_operand result) {
    if (operands[self->kind->left].offset % QUAD_BYTES) sides &= ~SC_TILE_WIDE_LEFT;
    if (operands[self->kind->right].offset % QUAD_BYTES) sides &= ~SC_TILE_WIDE_RIGHT;
    if (result.offset % QUAD_BYTES) sides &= ~SC_TILE_WIDE_RESULT;
    return sides;
}

/* launch NULL: a warm-up. */
static void arguments(sc_ocl_call *call, const tiled *self, const sc_operand *operands,
                      sc_operand result, const sc_shape_tile *shape, const sc_launch *launch) {
    sc_ocl_call_operand(call, operands[0], sizeof(float));
    sc_ocl_call_operand(call, operands[1], sizeof(float));
    sc_ocl_call_operand(call, result, sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
    self->kind->shape(call, launch ? &self->desc : NULL, launch ? launch->rows : 0);
    if (!self->adds) sc_ocl_tail_arguments(call, &self->tail, launch ? operands + 2 : NULL, launch);
}

static void add_arguments(sc_ocl_call *call, const tiled *self, sc_operand pieces,
                          sc_operand result, const sc_shape_tile_add *shape,
                          const sc_operand *operands, const sc_launch *launch) {
    sc_ocl_call_operand(call, pieces, sizeof(float));
    sc_ocl_call_operand(call, result, sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
    sc_ocl_tail_arguments(call, &self->tail, launch ? operands + 2 : NULL, launch);
}

static socle_status enqueue_products(tiled *self, sc_queue *queue, const sc_operand *operands,
                                     sc_operand result, sc_shape_tile *shape,
                                     const sc_launch *launch) {
    sc_ocl_device *device = sc_ocl_device_of(self->frame.base.device);
    const int64_t groups = sc_tile_groups(shape);
    const int64_t together = sc_tile_groups_together(shape, &self->tile, device->launch_products);
    shape->wide = wide_sides(self, shape->wide, operands, result);
    for (int64_t first = 0; first < groups; first += together) {
        const int64_t count = groups - first < together ? groups - first : together;
        const size_t global = (size_t)count * (size_t)sc_tile_items(&self->tile);
        sc_ocl_call call;
        shape->first_group = (int)first;
        sc_ocl_call_begin(&call, device, queue, &self->frame.kernel[COMPUTE]);
        arguments(&call, self, operands, result, shape, launch);
        SC_TRY(sc_ocl_call_run(&call, &global));
    }
    return SOCLE_OK;
}

static socle_status enqueue_add(tiled *self, sc_queue *queue, const sc_operand *operands,
                                sc_operand pieces, const sc_shape_tile *shape,
                                const sc_launch *launch) {
    const sc_shape_tile_add add = {(int)sc_tile_outputs(shape), shape->splits, shape->rows,
                                   shape->columns};
    const size_t global = (size_t)add.outputs;
    sc_ocl_call call;
    sc_ocl_call_begin(&call, sc_ocl_device_of(self->frame.base.device), queue,
                      &self->frame.kernel[ADD]);
    add_arguments(&call, self, pieces, operands[self->desc.inputs], &add, operands, launch);
    return sc_ocl_call_run(&call, &global);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    tiled *self = (tiled *)kernel;
    sc_shape_tile shape = shape_at(self, launch->rows);
    const sc_operand result = self->adds ? workspace : operands[self->desc.inputs];
    SC_TRY(enqueue_products(self, queue, operands, result, &shape, launch));
    return self->adds ? enqueue_add(self, queue, operands, workspace, &shape, launch) : SOCLE_OK;
}

static socle_status warm(tiled *self, sc_ocl_device *device, const sc_shape_tile *capacity) {
    const sc_operand nothing = sc_ocl_nothing(device);
    const sc_operand operands[2] = {nothing, nothing};
    const sc_shape_tile none = {0};
    const sc_shape_tile_add none_added = {.rows = 1, .columns = 1};
    const size_t largest = (size_t)sc_tile_groups(capacity) * (size_t)sc_tile_items(&self->tile);
    const size_t outputs = (size_t)sc_tile_outputs(capacity);
    sc_ocl_call call;
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[COMPUTE]);
    arguments(&call, self, operands, nothing, &none, NULL);
    SC_TRY(sc_ocl_call_warm(&call, &largest));
    if (!self->adds) return SOCLE_OK;
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[ADD]);
    add_arguments(&call, self, nothing, nothing, &none_added, NULL, NULL);
    return sc_ocl_call_warm(&call, &outputs);
}

/* The text with the descriptor's tail where `with_tail`. */
static socle_status build(const sc_ocl_program **out, const tiled *self, sc_ocl_device *device,
                          const sc_op_desc *desc, const char *file, bool with_tail) {
    const sc_tile *tile = &self->tile;
    sc_text prefix, defines;
    sc_text_init(&prefix, device->base.env);
    sc_text_init(&defines, device->base.env);
    if (with_tail) sc_ocl_tail_text(&prefix, desc, &self->tail);
    sc_text_add(&defines, "-D SC_VECTOR_WIDTH=4");
    if (file == self->kind->file) {
        sc_text_add(&defines,
                    " -D SC_TILE_ROWS=%d -D SC_TILE_COLUMNS=%d -D SC_TILE_DEPTH=%d"
                    " -D SC_ITEM_ROWS=%d -D SC_ITEM_COLUMNS=%d -D SC_TILE_BUFFERS=%d",
                    tile->rows, tile->columns, tile->depth, tile->item_rows, tile->item_columns,
                    tile->buffers);
        self->kind->defines(&defines, desc);
    }
    if (!(device->base.info.traits & SC_TRAIT_FAST_FMA)) sc_text_add(&defines, " -D SC_NO_FMA");
    return sc_ocl_frame_program(out, device, &prefix, file, &defines);
}

static socle_status build_kernels(tiled *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const size_t local = (size_t)sc_tile_items(&self->tile), add_local = ADD_ITEMS;
    const sc_ocl_program *program, *adding = NULL;
    SC_TRY(build(&program, self, device, desc, self->kind->file, !self->adds));
    if (self->adds) SC_TRY(build(&adding, self, device, desc, "tile_add.cl", true));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[COMPUTE], device, program, self->kind->kernel,
                                1, &local, true));
    if (!self->adds) return SOCLE_OK;
    return sc_ocl_kernel_create(&self->frame.kernel[ADD], device, adding, "tile_add", 1, &add_local,
                                false);
}

static int64_t capacity_of(const sc_op_desc *desc) {
    return sc_tensor_samples(&desc->tensor[desc->tensor[0].rows_per_sample ? 0 : 1]);
}

/* The largest size of a launch, and with it what the workspace must hold. */
static socle_status plan(tiled *self, const sc_op_desc *desc, sc_shape_tile *shape) {
    sc_env *env = self->frame.base.device->env;
    size_t *bytes = &self->frame.base.workspace;
    self->kind->measure(shape, desc, capacity_of(desc));
    if (self->kind->splits(desc)) self->split_depth = sc_tile_split_depth(sc_tile_outputs(shape));
    sc_tile_cut(shape, self->split_depth);
    self->adds = shape->splits > 1;
    if (!self->kind->tail(&self->tail, desc))
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "%s: the tail's broadcast pattern does not fit", self->kind->kernel);
    if (!self->adds) return SOCLE_OK;
    if (sc_mul_size(bytes, (size_t)sc_tile_outputs(shape) * sizeof(float), (size_t)shape->splits) &&
        *bytes / sizeof(float) <= INT32_MAX)
        return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_UNSUPPORTED, "%s: its pieces are too large",
                   self->kind->kernel);
}

/* With groups of *items at most, which is then as many as were tried; 0: there is nothing to try.
 */
static socle_status fit_tile(tiled *self, sc_ocl_device *device, const sc_op_desc *desc,
                             const int *tuning, sc_shape_tile *shape, size_t *items) {
    sc_env *env = device->base.env;
    const sc_device_info *info = &device->base.info;
    const bool known = info->device_class == SC_DEVICE_GPU;
    const sc_tile_limits limits = {*items, (size_t)info->local_memory, self->kind->loaders,
                                   known ? sc_tile_machine_of(info->vendor) : NULL,
                                   known ? info->compute_units : 0};
    *items = 0;
    if (!sc_tile_choose(&self->tile, shape, tuning, &limits))
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "%s: no tile fits %s (groups of %zu items, %llu bytes of local memory)",
                       self->kind->kernel, info->name, limits.items,
                       (unsigned long long)info->local_memory);
    sc_tile_cover(shape, &self->tile);
    if (sc_tile_groups(shape) > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED, "%s: 2^31 groups or more",
                       self->kind->kernel);
    *items = (size_t)sc_tile_items(&self->tile);
    return build_kernels(self, device, desc);
}

/* A driver may allow a kernel smaller groups than its device has, which it says of the built one.
 */
static socle_status finish(tiled *self, sc_ocl_device *device, const sc_op_desc *desc,
                           const int *tuning) {
    sc_shape_tile shape = {0};
    size_t items = device->base.info.max_work_group;
    SC_TRY(plan(self, desc, &shape));
    socle_status status = fit_tile(self, device, desc, tuning, &shape, &items);
    while (status == SOCLE_STATUS_UNSUPPORTED && items > 1) {
        items /= 2;
        status = fit_tile(self, device, desc, tuning, &shape, &items);
    }
    return status == SOCLE_OK ? warm(self, device, &shape) : status;
}

socle_status sc_ocl_tile_prepare(sc_kernel **out, sc_device *device,
                                 const sc_implementation *implementation, const sc_op_desc *desc,
                                 const int *tuning, const sc_ocl_tile_kind *kind) {
    tiled *self;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    self->kind = kind;
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    return sc_ocl_frame_finish(out, &self->frame,
                               finish(self, sc_ocl_device_of(device), desc, tuning));
}
