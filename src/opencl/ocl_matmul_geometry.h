/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the matmul kernels need to be told before they run: the shape struct of a launch, tiles,
 * panel sizes and grids, all pure arithmetic on a descriptor. It must not know OpenCL.
 */
#ifndef SC_OPENCL_OCL_MATMUL_GEOMETRY_H
#define SC_OPENCL_OCL_MATMUL_GEOMETRY_H

#include "cl/shape_matmul.h"
#include "op/op.h"

/* Depth pieces of the packing kernels, and of one launch of the tile kernel: a column panel of that
 * depth stays in a second-level cache. */
enum { SC_MATMUL_PACK_DEPTH = 256, SC_MATMUL_RANGE_DEPTH = 2048 };

typedef struct sc_matmul_tile {
    int width;   /* SC_VECTOR_WIDTH */
    int rows;    /* SC_TILE_ROWS */
    int vectors; /* SC_TILE_VECTORS */
} sc_matmul_tile;

typedef struct sc_matmul_grid {
    size_t row_panels, column_panels, depth_pieces;
    size_t a_floats, b_floats; /* panels in the workspace */
} sc_matmul_grid;

/* The shape of a launch with `rows` rows. Batch entries that share B are seen as rows of one
 * matrix. */
sc_shape_matmul sc_matmul_shape_at(const sc_op_desc *desc, int64_t rows);
/* Whether sc_matmul_shape_at sees batch entries as rows. */
bool sc_matmul_merges_batch(const sc_op_desc *desc);
/* The register tile for a device whose vectors hold `device_width` floats; of so many rows and
 * vectors where they are not 0 and can be (rows below the vector's width, or whole multiples). */
sc_matmul_tile sc_matmul_tile_for(int device_width, int rows, int vectors);
/* Panels and grids; false when sizes overflow. */
bool sc_matmul_grid_of(sc_matmul_grid *out, const sc_shape_matmul *shape,
                       const sc_matmul_tile *tile);

#endif
