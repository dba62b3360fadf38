/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fast matrix product for CPU-class devices: both operands are packed into panels, then one
 * work-item computes one register tile of SC_TILE_ROWS x SC_TILE_COLUMNS elements of C. All shapes
 * are run-time arguments. It must not know how many compute units there are.
 *
 * Panels (floats), zero beyond the last row or column:
 *   A [matrices_a][row panel][depth][SC_TILE_ROWS]
 *   B [matrices_b][column panel][depth][SC_TILE_COLUMNS]
 *
 * Local size (1, 1, 1) everywhere. Global sizes:
 *   matmul_pack_a  (row panels, depth pieces of SC_PACK_DEPTH, matrices_a)
 *   matmul_pack_b  (column panels, depth pieces of SC_PACK_DEPTH, matrices_b)
 *   matmul_tile    (row panels, column panels, batch), once per depth range in rising order, at
 * least once; the launch whose depth_end is the depth applies the tail
 *
 * -D list: SC_VECTOR_WIDTH (16, 8, 4), SC_TILE_ROWS, SC_TILE_VECTORS, SC_PACK_DEPTH; SC_NO_FMA;
 * and the tail of tail.h.
 *
 * Accuracy: every element is one chain of depth fused multiply-adds in order, so results do not
 * depend on tile, vector width or depth ranges, and equal those of matmul_plain.
 */
#include "shape_matmul.h"
#include "store.h"

#pragma OPENCL FP_CONTRACT OFF

#ifndef SC_TILE_ROWS
#define SC_TILE_ROWS 12
#endif
#ifndef SC_TILE_VECTORS
#define SC_TILE_VECTORS 2
#endif
#ifndef SC_PACK_DEPTH
#define SC_PACK_DEPTH 256
#endif
#if SC_TILE_ROWS > SC_VECTOR_WIDTH && SC_TILE_ROWS % SC_VECTOR_WIDTH != 0
#error SC_TILE_ROWS must be below SC_VECTOR_WIDTH or a multiple of it
#endif
#define SC_TILE_COLUMNS (SC_TILE_VECTORS * SC_VECTOR_WIDTH)

/* One panel piece whose lanes are each contiguous in depth: squares are turned in registers. */
static inline void sc_pack_turned(global const float *source, size_t lane_step, global float *panel,
                                  int depth, const int lanes) {
    int k = 0;
    for (; k + SC_VECTOR_WIDTH < depth; k += SC_VECTOR_WIDTH) {
#pragma unroll
        for (int first = 0; first < lanes; first += SC_VECTOR_WIDTH) {
            sc_vector square[SC_VECTOR_WIDTH];
#pragma unroll
            for (int i = 0; i < SC_VECTOR_WIDTH; ++i)
                square[i] = first + i < lanes
                                ? SC_LOAD(source + (size_t)(first + i) * lane_step + (size_t)k)
                                : (sc_vector)(0.0f);
            sc_transpose(square);
            /* A store past the lanes is put right by the next k; the loop leaves the last k to the
             * code below. */
#pragma unroll
            for (int i = 0; i < SC_VECTOR_WIDTH; ++i)
                SC_STORE(square[i], panel + (k + i) * lanes + first);
        }
    }
    for (; k < depth; ++k)
        for (int i = 0; i < lanes; ++i)
            panel[k * lanes + i] = source[(size_t)i * lane_step + (size_t)k];
}

/* Writes depth x lanes floats, zero past `count` lanes. `lanes` is a constant at each call. */
static inline void sc_pack_panel(global const float *source, size_t lane_step, size_t depth_step,
                                 global float *panel, int depth, const int lanes, int count) {
    if (count < lanes) {
        for (int k = 0; k < depth; ++k)
            for (int i = 0; i < lanes; ++i)
                panel[k * lanes + i] =
                    i < count ? source[(size_t)i * lane_step + (size_t)k * depth_step] : 0.0f;
    } else if (lane_step == 1) {
        for (int k = 0; k < depth; ++k)
            for (int i = 0; i < lanes; ++i)
                panel[k * lanes + i] = source[(size_t)k * depth_step + (size_t)i];
    } else {
        sc_pack_turned(source, lane_step, panel, depth, lanes);
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
matmul_pack_a(global const float *a, ulong a_offset, global float *panels, ulong panels_offset,
              sc_shape_matmul shape) {
    const int row = (int)get_global_id(0) * SC_TILE_ROWS;
    const int depth_begin = (int)get_global_id(1) * SC_PACK_DEPTH;
    const size_t matrix = get_global_id(2);
    if (row >= shape.rows || depth_begin >= shape.depth || matrix >= (size_t)shape.matrices_a)
        return;

    const size_t row_step = shape.transpose_a ? 1 : (size_t)shape.depth;
    const size_t depth_step = shape.transpose_a ? (size_t)shape.rows : 1;
    const size_t row_panels = ((size_t)shape.rows + SC_TILE_ROWS - 1) / SC_TILE_ROWS;
    const size_t line =
        (matrix * row_panels + get_global_id(0)) * (size_t)shape.depth + (size_t)depth_begin;
    a += a_offset + matrix * (size_t)shape.rows * (size_t)shape.depth + (size_t)row * row_step +
         (size_t)depth_begin * depth_step;
    sc_pack_panel(a, row_step, depth_step, panels + panels_offset + line * SC_TILE_ROWS,
                  min(SC_PACK_DEPTH, shape.depth - depth_begin), SC_TILE_ROWS, shape.rows - row);
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
matmul_pack_b(global const float *b, ulong b_offset, global float *panels, ulong panels_offset,
              sc_shape_matmul shape) {
    const int column = (int)get_global_id(0) * SC_TILE_COLUMNS;
    const int depth_begin = (int)get_global_id(1) * SC_PACK_DEPTH;
    const size_t matrix = get_global_id(2);
    if (column >= shape.columns || depth_begin >= shape.depth || matrix >= (size_t)shape.matrices_b)
        return;

    const size_t column_step = shape.transpose_b ? (size_t)shape.depth : 1;
    const size_t depth_step = shape.transpose_b ? 1 : (size_t)shape.columns;
    const size_t column_panels = ((size_t)shape.columns + SC_TILE_COLUMNS - 1) / SC_TILE_COLUMNS;
    const size_t line =
        (matrix * column_panels + get_global_id(0)) * (size_t)shape.depth + (size_t)depth_begin;
    b += b_offset + matrix * (size_t)shape.depth * (size_t)shape.columns +
         (size_t)column * column_step + (size_t)depth_begin * depth_step;
    sc_pack_panel(b, column_step, depth_step, panels + panels_offset + line * SC_TILE_COLUMNS,
                  min(SC_PACK_DEPTH, shape.depth - depth_begin), SC_TILE_COLUMNS,
                  shape.columns - column);
}

/* Sums start at zero, or where an earlier depth range has left off in rows x columns of C. */
static inline void sc_start_tile(sc_vector sum[SC_TILE_ROWS][SC_TILE_VECTORS],
                                 global const float *c, size_t step, int rows, int columns) {
#pragma unroll
    for (int i = 0; i < SC_TILE_ROWS; ++i)
#pragma unroll
        for (int j = 0; j < SC_TILE_VECTORS; ++j) sum[i][j] = (sc_vector)(0.0f);
    if (rows == 0) return;
#pragma unroll
    for (int i = 0; i < SC_TILE_ROWS; ++i) {
        float line[SC_TILE_COLUMNS];
        for (int j = 0; j < SC_TILE_COLUMNS; ++j)
            line[j] = i < rows && j < columns ? c[(size_t)i * step + (size_t)j] : 0.0f;
#pragma unroll
        for (int j = 0; j < SC_TILE_VECTORS; ++j) sum[i][j] = SC_LOAD(line + j * SC_VECTOR_WIDTH);
    }
}

/* Adds `depth` products to a tile's sums. */
static inline void sc_sum_tile(sc_vector sum[SC_TILE_ROWS][SC_TILE_VECTORS], global const float *a,
                               global const float *b, int depth) {
    for (int k = 0; k < depth; ++k, a += SC_TILE_ROWS, b += SC_TILE_COLUMNS) {
        sc_vector right[SC_TILE_VECTORS];
#pragma unroll
        for (int j = 0; j < SC_TILE_VECTORS; ++j) right[j] = SC_LOAD(b + j * SC_VECTOR_WIDTH);
#pragma unroll
        for (int i = 0; i < SC_TILE_ROWS; ++i)
#pragma unroll
            for (int j = 0; j < SC_TILE_VECTORS; ++j)
                sum[i][j] = SC_FMA((sc_vector)(a[i]), right[j], sum[i][j]);
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
matmul_tile(global const float *a_panels, ulong a_offset, global const float *b_panels,
            ulong b_offset, global float *c, ulong c_offset, sc_shape_matmul shape, int depth_begin,
            int depth_end SC_TAIL_PARAMETERS) {
    const int row = (int)get_global_id(0) * SC_TILE_ROWS;
    const int column = (int)get_global_id(1) * SC_TILE_COLUMNS;
    const size_t batch = get_global_id(2);
    if (row >= shape.rows || column >= shape.columns || batch >= (size_t)shape.batch) return;

    const size_t row_panels = ((size_t)shape.rows + SC_TILE_ROWS - 1) / SC_TILE_ROWS;
    const size_t column_panels = ((size_t)shape.columns + SC_TILE_COLUMNS - 1) / SC_TILE_COLUMNS;
    int a_matrix, b_matrix;
    sc_matmul_matrices(&shape, (int)batch, &a_matrix, &b_matrix);
    const size_t a_panel = get_global_id(0) + a_matrix * row_panels;
    const size_t b_panel = get_global_id(1) + b_matrix * column_panels;
    global const float *a =
        a_panels + a_offset + (a_panel * (size_t)shape.depth + (size_t)depth_begin) * SC_TILE_ROWS;
    global const float *b = b_panels + b_offset +
                            (b_panel * (size_t)shape.depth + (size_t)depth_begin) * SC_TILE_COLUMNS;
    c += c_offset + (batch * (size_t)shape.rows + (size_t)row) * (size_t)shape.columns +
         (size_t)column;

    const int rows = min(SC_TILE_ROWS, shape.rows - row);
    const int columns = min(SC_TILE_COLUMNS, shape.columns - column);
    sc_vector sum[SC_TILE_ROWS][SC_TILE_VECTORS];

    sc_start_tile(sum, c, (size_t)shape.columns, depth_begin > 0 ? rows : 0, columns);
    sc_sum_tile(sum, a, b, depth_end - depth_begin);

    /* The sums leave the registers here: code between loop and store would make the compiler spill
     * inside the loop. */
    float tile[SC_TILE_ROWS * SC_TILE_COLUMNS];
#pragma unroll
    for (int i = 0; i < SC_TILE_ROWS; ++i)
#pragma unroll
        for (int j = 0; j < SC_TILE_VECTORS; ++j)
            SC_STORE(sum[i][j], tile + i * SC_TILE_COLUMNS + j * SC_VECTOR_WIDTH);

    const bool last = depth_end == shape.depth;
    for (int i = 0; i < rows; ++i, c += shape.columns) {
        for (int j = 0; j < columns; j += SC_VECTOR_WIDTH) {
            const sc_vector value = SC_LOAD(tile + i * SC_TILE_COLUMNS + j);
            const int count = min(columns - j, SC_VECTOR_WIDTH);
            if (last)
                sc_store_row(value, count, c + j, 1, (uint)batch, (uint)(row + i),
                             (uint)(column + j) SC_TAIL_ARGUMENTS);
            else
                sc_store_part(value, c + j, count);
        }
    }
}
