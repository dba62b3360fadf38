/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matrix products on the tile engine (cl/tile_matmul.cl), for GPU-class devices. It must not know
 * graphs or compute units.
 */
#include "opencl/ocl_matmul.h"
#include "opencl/ocl_matmul_geometry.h"
#include "opencl/ocl_tile.h"

static bool tail(sc_ocl_tail *out, const sc_op_desc *desc) {
    return sc_ocl_matmul_tail(out, desc);
}

static void measure(sc_shape_tile *out, const sc_op_desc *desc, int64_t rows) {
    const sc_shape_matmul shape = sc_matmul_shape_at(desc, rows);
    out->rows = shape.rows;
    out->columns = shape.columns;
    out->depth = shape.depth;
    out->products = shape.batch;
    out->wide = 0;
    if ((shape.transpose_a ? shape.rows : shape.depth) % 4 == 0) out->wide |= SC_TILE_WIDE_LEFT;
    if ((shape.transpose_b ? shape.depth : shape.columns) % 4 == 0) out->wide |= SC_TILE_WIDE_RIGHT;
    if (shape.columns % 4 == 0) out->wide |= SC_TILE_WIDE_RESULT;
}

static bool splits(const sc_op_desc *desc) {
    return !desc->tensor[desc->inputs].rows_per_sample;
}

static void defines(sc_text *out, const sc_op_desc *desc) {
    if (desc->attr.matmul.transpose_a) sc_text_add(out, " -D SC_TRANSPOSE_A");
    if (desc->attr.matmul.transpose_b) sc_text_add(out, " -D SC_TRANSPOSE_B");
}

static void shape_argument(sc_ocl_call *call, const sc_op_desc *desc, int64_t rows) {
    static const sc_shape_matmul least = {.rows = 1,
                                          .columns = 1,
                                          .depth = 1,
                                          .batch = 1,
                                          .matrices_a = 1,
                                          .matrices_b = 1,
                                          .batch_dim = {1, 1, 1, 1}};
    const sc_shape_matmul shape = desc ? sc_matmul_shape_at(desc, rows) : least;
    sc_ocl_call_value(call, &shape, sizeof shape);
}

static const sc_ocl_tile_kind kind = {
    .file = "tile_matmul.cl",
    .kernel = "tile_matmul",
    .left = 0,
    .right = 1,
    .loaders = 20,
    .tail = tail,
    .measure = measure,
    .splits = splits,
    .defines = defines,
    .shape = shape_argument,
};

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_ocl_tail described;
    (void)device;
    return tail(&described, desc);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    return sc_ocl_tile_prepare(out, device, implementation, desc, tuning, &kind);
}

const sc_implementation sc_ocl_matmul_tile = {
    .op = SC_OP_MATMUL,
    SC_OCL_TILE_IMPLEMENTATION,
    .fuses_tail = true,
    .accepts = accepts,
    .prepare = prepare,
};
