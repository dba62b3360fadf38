/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic behind ocl_matmul_geometry.h. Everything is a function of descriptor, rows and
 * tile, never of compute units. It must not know OpenCL.
 */
#include "opencl/ocl_matmul_geometry.h"

bool sc_matmul_merges_batch(const sc_op_desc *desc) {
    const sc_tensor_desc *b = &desc->tensor[1];
    if (desc->attr.matmul.transpose_a || b->rank == 2) return false;
    for (int d = 0; d < b->rank - 2; d++)
        if (b->dim[d] != 1) return false;
    return true;
}

sc_shape_matmul sc_matmul_shape_at(const sc_op_desc *desc, int64_t rows) {
    const sc_tensor_desc *a = &desc->tensor[0], *b = &desc->tensor[1];
    const sc_tensor_desc *c = &desc->tensor[desc->inputs];
    const bool transpose_a = desc->attr.matmul.transpose_a;
    const int rank = c->rank;
    sc_shape_matmul shape = {
        .rows = (int)sc_tensor_dim_at(c, rank - 2, rows),
        .columns = (int)c->dim[rank - 1],
        .depth = (int)sc_tensor_dim_at(a, transpose_a ? rank - 2 : rank - 1, rows),
        .transpose_a = transpose_a,
        .transpose_b = desc->attr.matmul.transpose_b,
        .batch = 1,
        .matrices_a = 1,
        .matrices_b = 1,
    };
    for (int i = 0; i < SC_MATMUL_BATCH_DIMS; i++) shape.batch_dim[i] = 1;
    for (int d = rank - 3; d >= 0; d--) {
        const int at = d + SC_MATMUL_BATCH_DIMS - (rank - 2);
        shape.batch_dim[at] = (int)sc_tensor_dim_at(c, d, rows);
        shape.step_a[at] = a->dim[d] == 1 ? 0 : shape.matrices_a;
        shape.step_b[at] = b->dim[d] == 1 ? 0 : shape.matrices_b;
        shape.batch *= shape.batch_dim[at];
        shape.matrices_a *= (int)sc_tensor_dim_at(a, d, rows);
        shape.matrices_b *= (int)sc_tensor_dim_at(b, d, rows);
    }
    if (sc_matmul_merges_batch(desc)) {
        shape.rows *= shape.batch;
        shape.batch = 1;
        shape.matrices_a = 1;
        for (int i = 0; i < SC_MATMUL_BATCH_DIMS; i++) {
            shape.batch_dim[i] = 1;
            shape.step_a[i] = 0;
        }
    }
    return shape;
}

static sc_matmul_tile standard_tile(int device_width) {
    if (device_width >= 16) return (sc_matmul_tile){.width = 16, .rows = 12, .vectors = 2};
    if (device_width >= 8) return (sc_matmul_tile){.width = 8, .rows = 6, .vectors = 2};
    return (sc_matmul_tile){.width = 4, .rows = 4, .vectors = 3};
}

sc_matmul_tile sc_matmul_tile_for(int device_width, int rows, int vectors) {
    sc_matmul_tile tile = standard_tile(device_width);
    if (rows && (rows < tile.width || rows % tile.width == 0)) tile.rows = rows;
    if (vectors) tile.vectors = vectors;
    return tile;
}

static bool panel_floats(size_t *out, size_t matrices, size_t panels, size_t depth, size_t lanes) {
    return sc_mul_size(out, matrices, panels) && sc_mul_size(out, *out, depth) &&
           sc_mul_size(out, *out, lanes);
}

bool sc_matmul_grid_of(sc_matmul_grid *out, const sc_shape_matmul *shape,
                       const sc_matmul_tile *tile) {
    const int64_t lanes = (int64_t)tile->vectors * tile->width;
    *out = (sc_matmul_grid){
        .row_panels = (size_t)sc_ceil_div(shape->rows, tile->rows),
        .column_panels = (size_t)sc_ceil_div(shape->columns, lanes),
        .depth_pieces = (size_t)sc_ceil_div(shape->depth, SC_MATMUL_PACK_DEPTH),
    };
    return panel_floats(&out->a_floats, (size_t)shape->matrices_a, out->row_panels,
                        (size_t)shape->depth, (size_t)tile->rows) &&
           panel_floats(&out->b_floats, (size_t)shape->matrices_b, out->column_panels,
                        (size_t)shape->depth, (size_t)lanes);
}
