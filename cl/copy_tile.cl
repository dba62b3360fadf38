/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves a box of elements whose source and target run along different groups of dimensions, for
 * GPUs: a tile goes through local memory, so that neighbouring work-items read neighbours of the
 * source and write neighbours of the target. copy.cl has the other forms. Bits are moved, never
 * values.
 *
 * copy_tile  global (outer * tiles * pieces * SC_ITEMS), local SC_ITEMS
 * -D SC_ELEMENT=uint|ushort|uchar, -D SC_SIDE: of a tile, -D SC_ITEMS: no more than SC_SIDE *
 * SC_SIDE, both powers of two
 */
#include "copy_place.h"

#ifndef SC_ELEMENT
#define SC_ELEMENT uint
#endif
#ifndef SC_SIDE
#define SC_SIDE 32
#endif
#ifndef SC_ITEMS
#define SC_ITEMS 256
#endif
#define SC_ROUNDS (SC_SIDE * SC_SIDE / SC_ITEMS)
#define SC_LINE (SC_SIDE + 4 / sizeof(SC_ELEMENT)) /* one word more: a column meets every bank */

kernel void copy_tile(global const SC_ELEMENT *x, ulong x_offset, global SC_ELEMENT *y,
                      ulong y_offset, sc_shape_copy values) {
    local SC_ELEMENT square[SC_SIDE * SC_LINE];
    const sc_shape_copy *shape = &values;
    const uint me = (uint)get_local_id(0);
    const uint group = (uint)get_group_id(0), tiles = shape->tiles * shape->pieces;
    const uint row = group / tiles, tile = group - row * tiles;
    const uint first_turn = tile / shape->pieces * SC_SIDE;
    const uint first_inner = (tile - tile / shape->pieces * shape->pieces) * SC_SIDE;
    const uint turn_count = min((uint)SC_SIDE, shape->turn - first_turn);
    const uint inner_count = min((uint)SC_SIDE, shape->inner - first_inner);
    const size_t from_step = shape->from_step, to_step = shape->to_step;
    const size_t turn_to_step = shape->turn_to_step;
    uint from, to;
    sc_place(shape, row, &from, &to);
    x += x_offset + from + first_turn + first_inner * from_step;
    y += y_offset + to + first_turn * turn_to_step + first_inner * to_step;
    SC_ELEMENT held[SC_ROUNDS]; /* so that all loads are on their way before the first is waited for
                                 */
#pragma unroll
    for (uint round = 0; round < SC_ROUNDS; ++round) {
        const uint i = round * SC_ITEMS + me, t = i % SC_SIDE, j = i / SC_SIDE;
        held[round] = t < turn_count && j < inner_count ? x[t + j * from_step] : 0;
    }
#pragma unroll
    for (uint round = 0; round < SC_ROUNDS; ++round) {
        const uint i = round * SC_ITEMS + me;
        square[i / SC_SIDE * SC_LINE + i % SC_SIDE] = held[round];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
    for (uint round = 0; round < SC_ROUNDS; ++round) {
        const uint i = round * SC_ITEMS + me, j = i % SC_SIDE, t = i / SC_SIDE;
        if (t < turn_count && j < inner_count)
            y[t * turn_to_step + j * to_step] = square[j * SC_LINE + t];
    }
}
