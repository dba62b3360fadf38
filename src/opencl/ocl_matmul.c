/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matrix products on OpenCL devices: "packed" (cl/matmul_packed.cl) for CPU-class devices and
 * "plain" (cl/matmul_plain.cl), the reference. It must not know graphs or compute units.
 */
#include "opencl/ocl_matmul.h"

#include "opencl/ocl_frame.h"
#include "opencl/ocl_matmul_geometry.h"

enum { COMPUTE, PACK_A, PACK_B }; /* kernels; plain: COMPUTE alone */

typedef struct matmul {
    sc_ocl_frame frame;
    sc_op_desc desc; /* without expressions, which are borrowed */
    sc_ocl_tail tail;
    sc_matmul_tile tile;
} matmul;

bool sc_ocl_matmul_tail(sc_ocl_tail *out, const sc_op_desc *desc) {
    const int rank = desc->tensor[desc->inputs].rank;
    return sc_ocl_tail_describe(out, desc, sc_matmul_merges_batch(desc) ? 0 : rank - 2, rank - 1);
}

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_ocl_tail tail;
    (void)device;
    return sc_ocl_matmul_tail(&tail, desc);
}

/* ---- Arguments and grids, the same for launches and warm-ups ---- */

static void pack_arguments(sc_ocl_call *call, sc_operand from, sc_operand to,
                           const sc_shape_matmul *shape) {
    sc_ocl_call_operand(call, from, sizeof(float));
    sc_ocl_call_operand(call, to, sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static void compute_arguments(sc_ocl_call *call, sc_operand a, sc_operand b, sc_operand c,
                              const sc_shape_matmul *shape) {
    sc_ocl_call_operand(call, a, sizeof(float));
    sc_ocl_call_operand(call, b, sizeof(float));
    sc_ocl_call_operand(call, c, sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
}

/* Device offsets of panels stay multiples of a cache line. */
static size_t panel_bytes(size_t floats) {
    return (size_t)sc_round_up((int64_t)(floats * sizeof(float)), 128);
}

/* ---- Packed ---- */

static socle_status enqueue_pack(matmul *self, sc_queue *queue, const sc_ocl_kernel *kernel,
                                 sc_operand from, sc_operand to, const sc_shape_matmul *shape,
                                 const size_t *global) {
    sc_ocl_call call;
    sc_ocl_call_begin(&call, sc_ocl_device_of(self->frame.base.device), queue, kernel);
    pack_arguments(&call, from, to, shape);
    return sc_ocl_call_run(&call, global);
}

static socle_status enqueue_pack_b(matmul *self, sc_queue *queue, sc_operand from, sc_operand to,
                                   const sc_shape_matmul *shape, const sc_matmul_grid *grid) {
    const size_t pack_b[3] = {grid->column_panels, grid->depth_pieces, (size_t)shape->matrices_b};
    return enqueue_pack(self, queue, &self->frame.kernel[PACK_B], from, to, shape, pack_b);
}

/* Panels of an operand that is not batched: the same whatever the number of rows. */
static socle_status pack_panels(sc_kernel *kernel, sc_queue *queue, sc_operand from,
                                sc_operand to) {
    matmul *self = (matmul *)kernel;
    const sc_shape_matmul shape = sc_matmul_shape_at(&self->desc, 1);
    sc_matmul_grid grid;
    if (!sc_matmul_grid_of(&grid, &shape, &self->tile))
        return sc_fail(queue->env, SOCLE_STATUS_INTERNAL, "matmul: panels are too large");
    return enqueue_pack_b(self, queue, from, to, &shape, &grid);
}

/* kept: the second operand lies packed already. */
static socle_status run_packed(matmul *self, sc_queue *queue, const sc_operand *operands,
                               sc_operand workspace, const sc_launch *launch, bool kept) {
    const sc_shape_matmul shape = sc_matmul_shape_at(&self->desc, launch->rows);
    sc_operand a_panels = workspace, b_panels = workspace;
    sc_matmul_grid grid;
    if (!sc_matmul_grid_of(&grid, &shape, &self->tile))
        return sc_fail(queue->env, SOCLE_STATUS_INTERNAL, "matmul: more rows than were planned");
    b_panels.offset += panel_bytes(grid.a_floats);

    const size_t pack_a[3] = {grid.row_panels, grid.depth_pieces, (size_t)shape.matrices_a};
    const size_t tiles[3] = {grid.row_panels, grid.column_panels, (size_t)shape.batch};
    SC_TRY(enqueue_pack(self, queue, &self->frame.kernel[PACK_A], operands[0], a_panels, &shape,
                        pack_a));
    if (kept)
        b_panels = operands[1];
    else
        SC_TRY(enqueue_pack_b(self, queue, operands[1], b_panels, &shape, &grid));
    int begin = 0;
    do { /* at least once: an empty sum is written too */
        const int end = shape.depth - begin > SC_MATMUL_RANGE_DEPTH ? begin + SC_MATMUL_RANGE_DEPTH
                                                                    : shape.depth;
        sc_ocl_call call;
        sc_ocl_call_begin(&call, sc_ocl_device_of(self->frame.base.device), queue,
                          &self->frame.kernel[COMPUTE]);
        compute_arguments(&call, a_panels, b_panels, operands[self->desc.inputs], &shape);
        sc_ocl_call_value(&call, &begin, sizeof begin);
        sc_ocl_call_value(&call, &end, sizeof end);
        sc_ocl_tail_arguments(&call, &self->tail, operands + 2, launch);
        SC_TRY(sc_ocl_call_run(&call, tiles));
        begin = end;
    } while (begin < shape.depth);
    return SOCLE_OK;
}

static socle_status enqueue_packed(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch) {
    return run_packed((matmul *)kernel, queue, operands, workspace, launch, false);
}

static socle_status enqueue_kept(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                 sc_operand workspace, const sc_launch *launch) {
    return run_packed((matmul *)kernel, queue, operands, workspace, launch, true);
}

static socle_status warm_packed(matmul *self, sc_ocl_device *device, const sc_matmul_grid *grid) {
    const sc_operand nothing = sc_ocl_nothing(device);
    const sc_shape_matmul none = {0};
    const int zero = 0;
    const size_t largest[3] = {grid->row_panels, grid->column_panels, grid->depth_pieces};
    sc_ocl_kernel *const packs[2] = {&self->frame.kernel[PACK_A], &self->frame.kernel[PACK_B]};
    sc_ocl_call call;
    for (int i = 0; i < 2; i++) {
        sc_ocl_call_begin(&call, device, NULL, packs[i]);
        pack_arguments(&call, nothing, nothing, &none);
        SC_TRY(sc_ocl_call_warm(&call, largest));
    }
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[COMPUTE]);
    compute_arguments(&call, nothing, nothing, nothing, &none);
    sc_ocl_call_value(&call, &zero, sizeof zero);
    sc_ocl_call_value(&call, &zero, sizeof zero);
    sc_ocl_tail_arguments(&call, &self->tail, NULL, NULL);
    return sc_ocl_call_warm(&call, largest);
}

/* desc: with its tail; NULL: without one. */
static socle_status build(const sc_ocl_program **out, const matmul *self, sc_ocl_device *device,
                          const sc_op_desc *desc, const char *file, bool packed) {
    sc_text prefix, defines;
    sc_text_init(&prefix, device->base.env);
    sc_text_init(&defines, device->base.env);
    if (desc) sc_ocl_tail_text(&prefix, desc, &self->tail);
    sc_text_add(&defines, "-D SC_VECTOR_WIDTH=%d", self->tile.width);
    if (packed)
        sc_text_add(&defines, " -D SC_TILE_ROWS=%d -D SC_TILE_VECTORS=%d -D SC_PACK_DEPTH=%d",
                    self->tile.rows, self->tile.vectors, SC_MATMUL_PACK_DEPTH);
    if (!(device->base.info.traits & SC_TRAIT_FAST_FMA) && !self->desc.portable)
        sc_text_add(&defines, " -D SC_NO_FMA");
    return sc_ocl_frame_program(out, device, &prefix, file, &defines);
}

/* What both implementations start with. tile: rows and vectors of the packed one; NULL: plain. */
static socle_status create(matmul *self, const sc_ocl_program **program, const sc_op_desc *desc,
                           const int *tile, const char *file) {
    sc_device *device = self->frame.base.device;
    const int rows = tile ? tile[0] : 0, vectors = tile ? tile[1] : 0;
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    self->tile = sc_matmul_tile_for(device->info.vector_width, rows, vectors);
    if (!sc_ocl_matmul_tail(&self->tail, desc))
        return sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED,
                       "matmul: the tail's broadcast pattern does not fit (batch, row, column)");
    return build(program, self, sc_ocl_device_of(device), desc, file, tile != NULL);
}

static int64_t capacity(const sc_op_desc *desc) {
    return sc_tensor_samples(&desc->tensor[desc->tensor[0].rows_per_sample ? 0 : 1]);
}

/* Packing does not know of tails: all products share the kernels of the one without a tail. */
static socle_status finish_packed(matmul *self, sc_ocl_device *device,
                                  const sc_ocl_program *program) {
    const size_t local[3] = {1, 1, 1};
    const sc_shape_matmul shape = sc_matmul_shape_at(&self->desc, capacity(&self->desc));
    const sc_ocl_program *packing;
    sc_matmul_grid grid;
    if (!sc_matmul_grid_of(&grid, &shape, &self->tile) || grid.a_floats > SIZE_MAX / 16 ||
        grid.b_floats > SIZE_MAX / 16)
        return sc_fail(device->base.env, SOCLE_STATUS_UNSUPPORTED, "matmul: panels are too large");
    self->frame.base.workspace = panel_bytes(grid.a_floats) + panel_bytes(grid.b_floats);
    if (!self->desc.tensor[1].rows_per_sample)
        self->frame.base.packing = (sc_packing){.bytes = panel_bytes(grid.b_floats),
                                                .operand = 1,
                                                .pack = pack_panels,
                                                .enqueue = enqueue_kept};
    SC_TRY(build(&packing, self, device, NULL, "matmul_packed.cl", true));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[PACK_A], device, packing, "matmul_pack_a", 3,
                                local, true));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[PACK_B], device, packing, "matmul_pack_b", 3,
                                local, true));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[COMPUTE], device, program, "matmul_tile", 3,
                                local, true));
    return warm_packed(self, device, &grid);
}

static socle_status prepare_packed(sc_kernel **out, sc_device *device,
                                   const sc_implementation *implementation, const sc_op_desc *desc,
                                   const int *tuning) {
    matmul *self;
    const sc_ocl_program *program;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue_packed));
    socle_status status = create(self, &program, desc, tuning, "matmul_packed.cl");
    if (status == SOCLE_OK) status = finish_packed(self, sc_ocl_device_of(device), program);
    return sc_ocl_frame_finish(out, &self->frame, status);
}

/* ---- Plain ---- */

static socle_status enqueue_plain(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                  sc_operand workspace, const sc_launch *launch) {
    matmul *self = (matmul *)kernel;
    const sc_shape_matmul shape = sc_matmul_shape_at(&self->desc, launch->rows);
    const size_t global[3] = {(size_t)shape.columns, (size_t)shape.rows, (size_t)shape.batch};
    sc_ocl_call call;
    (void)workspace;
    sc_ocl_call_begin(&call, sc_ocl_device_of(self->frame.base.device), queue,
                      &self->frame.kernel[COMPUTE]);
    compute_arguments(&call, operands[0], operands[1], operands[self->desc.inputs], &shape);
    sc_ocl_tail_arguments(&call, &self->tail, operands + 2, launch);
    return sc_ocl_call_run(&call, global);
}

static socle_status finish_plain(matmul *self, sc_ocl_device *device,
                                 const sc_ocl_program *program) {
    const size_t local[3] = {16, 4, 1}, largest[3] = {65536, 1, 1};
    const sc_operand nothing = sc_ocl_nothing(device);
    const sc_shape_matmul none = {0};
    sc_ocl_call call;
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[COMPUTE], device, program, "matmul_plain", 3,
                                local, false));
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[COMPUTE]);
    compute_arguments(&call, nothing, nothing, nothing, &none);
    sc_ocl_tail_arguments(&call, &self->tail, NULL, NULL);
    return sc_ocl_call_warm(&call, largest);
}

static socle_status prepare_plain(sc_kernel **out, sc_device *device,
                                  const sc_implementation *implementation, const sc_op_desc *desc,
                                  const int *tuning) {
    matmul *self;
    const sc_ocl_program *program;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue_plain));
    socle_status status = create(self, &program, desc, NULL, "matmul_plain.cl");
    if (status == SOCLE_OK) status = finish_plain(self, sc_ocl_device_of(device), program);
    return sc_ocl_frame_finish(out, &self->frame, status);
}

/* The register tile; 0: what suits the device's vectors. */
static const sc_tuning_parameter packed_parameters[] = {
    {"ROWS", 0, {2, 3, 4, 6, 8, 12, 16}}, {"VECTORS", 0, {1, 2, 3, 4}}, {.name = NULL}};

const sc_implementation sc_ocl_matmul_packed = {
    .op = SC_OP_MATMUL,
    .name = "packed",
    .needs = SC_TRAIT_WIDE_ITEMS,
    .fuses_tail = true,
    .accepts = accepts,
    .parameter = packed_parameters,
    .canonical = true,
    .prepare = prepare_packed,
};

const sc_implementation sc_ocl_matmul_plain = {
    .op = SC_OP_MATMUL,
    .name = "plain",
    .fuses_tail = true,
    .accepts = accepts,
    .canonical = true,
    .prepare = prepare_plain,
};
