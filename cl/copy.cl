/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves a box of elements between two strided arrangements: permute, slice, concat, pad and reorder
 * are this with different strides. Bits are moved, never values.
 *
 * copy_wide  global (outer * pieces / chunk), local 1: loops over neighbours, for CPU-class devices
 * copy_turn  global (outer * tiles * pieces), local 1: tiles of 32 x 32, where source and target
 *            run along different groups; for CPU-class devices, as a tile is 4 KiB of private
 * memory (GPUs: copy_tile.cl) copy_thin  global (elements), local any: for GPUs, and the reference
 * -D SC_ELEMENT=uint|ushort|uchar
 */
#include "copy_place.h"
#include "vector_loop.h"

#ifndef SC_ELEMENT
#define SC_ELEMENT uint
#endif
#define SC_SIDE 32

kernel void copy_wide(global const SC_ELEMENT *x, ulong x_offset, global SC_ELEMENT *y,
                      ulong y_offset, sc_shape_copy values) {
    const sc_shape_copy *shape = &values;
    const uint total = shape->outer * shape->pieces;
    const uint first = (uint)get_global_id(0) * shape->chunk;
    const size_t from_step = shape->from_step, to_step = shape->to_step;
    for (uint at = first; at < min(first + shape->chunk, total); ++at) {
        const uint row = at / shape->pieces;
        const uint begin = (at - row * shape->pieces) * shape->piece;
        const uint count = min(shape->piece, shape->inner - begin);
        uint from, to;
        sc_place(shape, row, &from, &to);
        global const SC_ELEMENT *source = x + x_offset + from + begin * from_step;
        global SC_ELEMENT *target = y + y_offset + to + begin * to_step;
        if (from_step == 1 && to_step == 1) {
            SC_VECTOR_LOOP
            for (size_t j = 0; j < count; ++j) target[j] = source[j];
        } else {
            for (size_t j = 0; j < count; ++j) target[j * to_step] = source[j * from_step];
        }
    }
}

kernel void copy_turn(global const SC_ELEMENT *x, ulong x_offset, global SC_ELEMENT *y,
                      ulong y_offset, sc_shape_copy values) {
    const sc_shape_copy *shape = &values;
    const uint item = (uint)get_global_id(0);
    const uint row = item / (shape->tiles * shape->pieces);
    if (row >= shape->outer) return;
    const uint tile = item - row * shape->tiles * shape->pieces;
    const uint first_turn = tile / shape->pieces * SC_SIDE;
    const uint first_inner = (tile - tile / shape->pieces * shape->pieces) * SC_SIDE;
    const uint turn_count = min((uint)SC_SIDE, shape->turn - first_turn);
    const uint inner_count = min((uint)SC_SIDE, shape->inner - first_inner);
    const size_t from_step = shape->from_step, to_step = shape->to_step;
    const size_t turn_to_step = shape->turn_to_step;
    uint from, to;
    sc_place(shape, row, &from, &to);
    global const SC_ELEMENT *source = x + x_offset + from + first_turn + first_inner * from_step;
    global SC_ELEMENT *target =
        y + y_offset + to + first_turn * turn_to_step + first_inner * to_step;
    SC_ELEMENT square[SC_SIDE][SC_SIDE + 1]; /* so that both sides are walked in runs */
    for (uint j = 0; j < inner_count; ++j)
        for (uint t = 0; t < turn_count; ++t) square[j][t] = source[t + j * from_step];
    for (uint t = 0; t < turn_count; ++t)
        for (uint j = 0; j < inner_count; ++j)
            target[t * turn_to_step + j * to_step] = square[j][t];
}

kernel void copy_thin(global const SC_ELEMENT *x, ulong x_offset, global SC_ELEMENT *y,
                      ulong y_offset, sc_shape_copy values) {
    const sc_shape_copy *shape = &values;
    const uint item = (uint)get_global_id(0);
    if (shape->inner == 0) return;
    const uint row = item / shape->inner;
    const uint j = item - row * shape->inner;
    if (row >= shape->outer) return;
    uint from, to;
    sc_place(shape, row, &from, &to);
    y[y_offset + to + j * shape->to_step] = x[x_offset + from + j * shape->from_step];
}
