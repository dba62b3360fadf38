/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The matrix product on the tile engine, for GPU-class devices. All shapes are run-time arguments.
 * It must not know how many compute units there are.
 *
 * Local size (SC_TILE_ITEMS, 1, 1). Global size: the items of the groups of sc_shape_tile, of which
 * a launch may have a part. With several pieces of the depth C has [pieces][batch][rows][columns],
 * and tile_add.cl adds them up.
 *
 * -D list: that of tile.h; SC_TRANSPOSE_A, SC_TRANSPOSE_B where the operand is transposed; and the
 * tail of tail.h, not with several pieces.
 *
 * Accuracy: every element is one chain of fused multiply-adds in rising order of depth for each
 * piece of it; with one piece it equals that of matmul_plain.
 */
#include "shape_matmul.h"
#include "tile_load.h"
#include "tile_matrix.h"

#pragma OPENCL FP_CONTRACT OFF

#ifdef SC_TRANSPOSE_A
#define SC_LEFT sc_lines_along
#else
#define SC_LEFT sc_lines_across
#endif
#ifdef SC_TRANSPOSE_B
#define SC_RIGHT sc_lines_across
#else
#define SC_RIGHT sc_lines_along
#endif
#define SC_TARGET sc_matrix
#include "tile_store.h"

kernel __attribute__((reqd_work_group_size(SC_TILE_ITEMS, 1, 1))) void
tile_matmul(global const float *a, ulong a_offset, global const float *b, ulong b_offset,
            global float *c, ulong c_offset, sc_shape_tile tile,
            sc_shape_matmul shape SC_TAIL_PARAMETERS) {
    local sc_vector left_tile[SC_TILE_LOCAL(SC_TILE_ROWS)];
    local sc_vector right_tile[SC_TILE_LOCAL(SC_TILE_COLUMNS)];
    const int item = (int)get_local_id(0);
    const int wide_left = tile.wide & SC_TILE_WIDE_LEFT;
    const int wide_right = tile.wide & SC_TILE_WIDE_RIGHT;
    const sc_tile_place place = sc_tile_find(&tile);
    sc_tile_sums sum;
    int a_matrix, b_matrix;

    sc_matmul_matrices(&shape, place.product, &a_matrix, &b_matrix);
    a += a_offset + (size_t)a_matrix * (size_t)tile.rows * (size_t)tile.depth;
    b += b_offset + (size_t)b_matrix * (size_t)tile.depth * (size_t)tile.columns;
#ifdef SC_TRANSPOSE_A
    SC_LEFT left = sc_lines_along_begin(a, tile.rows, SC_TILE_ROWS, place.row, tile.rows, item,
                                        wide_left);
#else
    SC_LEFT left = sc_lines_across_begin(a, tile.depth, place.row, tile.rows, item, wide_left);
#endif
#ifdef SC_TRANSPOSE_B
    SC_RIGHT right =
        sc_lines_across_begin(b, tile.depth, place.column, tile.columns, item, wide_right);
#else
    SC_RIGHT right = sc_lines_along_begin(b, tile.columns, SC_TILE_COLUMNS, place.column,
                                          tile.columns, item, wide_right);
#endif
    sc_tile_sum(sum, left_tile, right_tile, &left, &right, place.begin, place.end);

    const size_t matrix =
        (size_t)place.piece * (size_t)tile.products + (size_t)place.product;
    const sc_matrix target = {
        c + c_offset + matrix * (size_t)tile.rows * (size_t)tile.columns, tile.columns,
        place.product, tile.wide & SC_TILE_WIDE_RESULT};
    sc_tile_store(sum, &target, &place, tile.columns SC_TAIL_ARGUMENTS);
}
