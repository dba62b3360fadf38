/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of the tile engine. SC_LEFT and SC_RIGHT name the loaders of the two operands, which are
 * declared before. OpenCL C only. It must not know what is multiplied.
 *
 * While the sums of a step are made, the next step is on its way from memory into registers. With
 * two buffers a step ends with one barrier; with one buffer there is another one before it is
 * written over.
 */
#ifndef SC_TILE_SUM_H
#define SC_TILE_SUM_H

#include "tile.h"

#define SC_LEFT_FETCH SC_JOIN(SC_LEFT, _fetch)
#define SC_LEFT_PUT SC_JOIN(SC_LEFT, _put)
#define SC_RIGHT_FETCH SC_JOIN(SC_RIGHT, _fetch)
#define SC_RIGHT_PUT SC_JOIN(SC_RIGHT, _put)

typedef sc_vector sc_tile_sums[SC_ITEM_ROWS][SC_ITEM_COLUMNS / 4];

/* One step; the item's quads begin at `left` and `right`. */
static inline void sc_tile_multiply(sc_tile_sums sum, local const sc_vector *left,
                                    local const sc_vector *right) {
#pragma unroll
    for (int k = 0; k < SC_TILE_DEPTH; ++k) {
        sc_vector column[SC_ITEM_COLUMNS / 4];
#pragma unroll
        for (int j = 0; j < SC_ITEM_COLUMNS / 4; ++j)
            column[j] = right[k * (SC_TILE_PITCH(SC_TILE_COLUMNS) / 4) + j * SC_TILE_GROUP_COLUMNS];
#pragma unroll
        for (int i = 0; i < SC_ITEM_ROWS; i += 4) {
            const sc_vector row =
                left[k * (SC_TILE_PITCH(SC_TILE_ROWS) / 4) + i / 4 * SC_TILE_GROUP_ROWS];
#pragma unroll
            for (int j = 0; j < SC_ITEM_COLUMNS / 4; ++j) {
                sum[i][j] = SC_FMA((sc_vector)(row.x), column[j], sum[i][j]);
                sum[i + 1][j] = SC_FMA((sc_vector)(row.y), column[j], sum[i + 1][j]);
                sum[i + 2][j] = SC_FMA((sc_vector)(row.z), column[j], sum[i + 2][j]);
                sum[i + 3][j] = SC_FMA((sc_vector)(row.w), column[j], sum[i + 3][j]);
            }
        }
    }
}

/* The item's sums over the depth from `begin` to `end`; by all items of the group. */
static inline void sc_tile_sum(sc_tile_sums sum, local sc_vector *left_tile,
                               local sc_vector *right_tile, SC_LEFT *left, SC_RIGHT *right,
                               int begin, int end) {
    const int item = (int)get_local_id(0);
    const int left_at = item / SC_TILE_GROUP_COLUMNS;
    const int right_at = item % SC_TILE_GROUP_COLUMNS;
    sc_vector left_next[SC_TILE_SHARE(SC_TILE_ROWS)];
    sc_vector right_next[SC_TILE_SHARE(SC_TILE_COLUMNS)];
    int left_buffer = 0, right_buffer = 0;
#pragma unroll
    for (int i = 0; i < SC_ITEM_ROWS; ++i)
#pragma unroll
        for (int j = 0; j < SC_ITEM_COLUMNS / 4; ++j) sum[i][j] = (sc_vector)(0.0f);

    SC_LEFT_FETCH(left_next, left, SC_TILE_ROWS, begin, end);
    SC_RIGHT_FETCH(right_next, right, SC_TILE_COLUMNS, begin, end);
    SC_LEFT_PUT((local float *)left_tile, left_next, SC_TILE_ROWS, item);
    SC_RIGHT_PUT((local float *)right_tile, right_next, SC_TILE_COLUMNS, item);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int depth = begin; depth < end; depth += SC_TILE_DEPTH) {
        SC_LEFT_FETCH(left_next, left, SC_TILE_ROWS, depth + SC_TILE_DEPTH, end);
        SC_RIGHT_FETCH(right_next, right, SC_TILE_COLUMNS, depth + SC_TILE_DEPTH, end);
        sc_tile_multiply(sum, left_tile + left_buffer + left_at,
                         right_tile + right_buffer + right_at);
#if SC_TILE_BUFFERS == 1
        barrier(CLK_LOCAL_MEM_FENCE);
#else
        left_buffer = SC_TILE_QUADS(SC_TILE_ROWS) - left_buffer;
        right_buffer = SC_TILE_QUADS(SC_TILE_COLUMNS) - right_buffer;
#endif
        SC_LEFT_PUT((local float *)(left_tile + left_buffer), left_next, SC_TILE_ROWS, item);
        SC_RIGHT_PUT((local float *)(right_tile + right_buffer), right_next, SC_TILE_COLUMNS, item);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}

#endif
