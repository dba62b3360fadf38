/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the sums of a tile leave the registers: through the tail, never past the result's edges.
 * OpenCL C only. It must not know operations: SC_TARGET names what says where results belong, a
 * struct that is declared before, of which there are
 *   name_spot                                  where a column of quads lies, a type
 *   name_find(target, column)                  the spot of the quads that begin at `column`
 *   name_put(target, spot, quad, row, count)   stores the first `count` (1 .. 4) values of one
 */
#ifndef SC_TILE_STORE_H
#define SC_TILE_STORE_H

#include "tail.h"
#include "tile_sum.h"

#define SC_TARGET_SPOT SC_JOIN(SC_TARGET, _spot)
#define SC_TARGET_FIND SC_JOIN(SC_TARGET, _find)
#define SC_TARGET_PUT SC_JOIN(SC_TARGET, _put)

/* Row `r` of a column of quads. The sums stay in registers: no index is unknown. All of them are
 * read before one is chosen, since compilers make one read behind an unknown index of reads that
 * depend on `r`. */
static inline sc_vector sc_tile_pick(sc_tile_sums sum, int r, int j) {
    sc_vector quad = sum[0][j];
#pragma unroll
    for (int i = 1; i < SC_ITEM_ROWS; ++i) {
        const sc_vector other = sum[i][j];
        quad = r == i ? other : quad;
    }
    return quad;
}

/* With a tail its text is there once for each column of quads, not for each row too. */
static inline void sc_tile_store(sc_tile_sums sum, const SC_TARGET *target,
                                 const sc_tile_place *place, int columns SC_TAIL_PARAMETERS) {
    const int item = (int)get_local_id(0);
    const int row = place->row + item / SC_TILE_GROUP_COLUMNS * 4;
    const int column = place->column + item % SC_TILE_GROUP_COLUMNS * 4;
#pragma unroll
    for (int j = 0; j < SC_ITEM_COLUMNS / 4; ++j) {
        const int at = column + j * 4 * SC_TILE_GROUP_COLUMNS;
        if (at >= columns) continue;
        const SC_TARGET_SPOT spot = SC_TARGET_FIND(target, at);
        const int count = min(columns - at, 4);
#if SC_HAS_TAIL
#pragma unroll 1
#else
#pragma unroll
#endif
        for (int r = 0; r < SC_ITEM_ROWS; ++r) {
            const int line = row + r / 4 * 4 * SC_TILE_GROUP_ROWS + r % 4;
            if (line < place->rows)
                SC_TARGET_PUT(target, &spot, sc_tile_pick(sum, r, j), line,
                              count SC_TAIL_ARGUMENTS);
        }
    }
}

#endif
