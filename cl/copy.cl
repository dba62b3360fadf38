/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves a box of elements between two strided arrangements: permute, slice, concat, pad and reorder
 * are this with different strides. Bits are moved, never values.
 *
 * copy_wide  global (outer * pieces / chunk), local 1: loops over neighbours, for CPU-class devices
 * copy_turn  global (outer / size[turn] * tiles * pieces), local 1: tiles of 32 x 32, where source
 * and target run along different groups copy_thin  global (elements), local any: for GPUs, and the
 * reference -D SC_ELEMENT=uint|uchar
 */
#include "shape_copy.h"
#include "vector_loop.h"

#ifndef SC_ELEMENT
#define SC_ELEMENT uint
#endif
#define SC_SIDE 32

/* Both addresses of a row (a number over all groups but the last and `skipped`). */
static inline void sc_place(const sc_shape_copy *shape, uint row, int skipped, uint *from,
                            uint *to) {
    *from = shape->from_start;
    *to = shape->to_start;
    for (int g = shape->groups - 2; g >= 0; --g) {
        if (g == skipped) continue;
        const uint rest = row / shape->size[g];
        const uint at = row - rest * shape->size[g];
        *from += at * (uint)shape->from[g];
        *to += at * (uint)shape->to[g];
        row = rest;
    }
}

kernel void copy_wide(global const SC_ELEMENT *x, ulong x_offset, global SC_ELEMENT *y,
                      ulong y_offset, sc_shape_copy values) {
    const sc_shape_copy *shape = &values;
    const uint total = shape->outer * shape->pieces;
    const uint first = (uint)get_global_id(0) * shape->chunk;
    const size_t from_step = (size_t)shape->from[max(shape->groups - 1, 0)];
    const size_t to_step = (size_t)shape->to[max(shape->groups - 1, 0)];
    for (uint at = first; at < min(first + shape->chunk, total); ++at) {
        const uint row = at / shape->pieces;
        const uint begin = (at - row * shape->pieces) * shape->piece;
        const uint count = min(shape->piece, shape->size[shape->groups - 1] - begin);
        uint from, to;
        sc_place(shape, row, -1, &from, &to);
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
    const int last = max(shape->groups - 1, 0);
    const uint item = (uint)get_global_id(0);
    const uint row = item / (shape->tiles * shape->pieces);
    if (row >= shape->outer) return;
    const uint tile = item - row * shape->tiles * shape->pieces;
    const uint first_turn = tile / shape->pieces * SC_SIDE;
    const uint first_last = (tile - tile / shape->pieces * shape->pieces) * SC_SIDE;
    const uint end_turn = min(first_turn + SC_SIDE, shape->size[shape->turn]);
    const uint end_last = min(first_last + SC_SIDE, shape->size[last]);
    const size_t from_step = (size_t)shape->from[last], to_step = (size_t)shape->to[last];
    uint from, to;
    sc_place(shape, row, shape->turn, &from, &to);
    global const SC_ELEMENT *source = x + x_offset + from;
    global SC_ELEMENT *target = y + y_offset + to;
    SC_ELEMENT square[SC_SIDE][SC_SIDE + 1]; /* so that both sides are walked in runs */
    const uint turn_count = end_turn - first_turn, last_count = end_last - first_last;
    source += first_turn + first_last * from_step;
    target += first_turn * (size_t)shape->to[shape->turn] + first_last * to_step;
    for (uint j = 0; j < last_count; ++j)
        for (uint t = 0; t < turn_count; ++t) square[j][t] = source[t + j * from_step];
    for (uint t = 0; t < turn_count; ++t)
        for (uint j = 0; j < last_count; ++j)
            target[t * (size_t)shape->to[shape->turn] + j * to_step] = square[j][t];
}

kernel void copy_thin(global const SC_ELEMENT *x, ulong x_offset, global SC_ELEMENT *y,
                      ulong y_offset, sc_shape_copy values) {
    const sc_shape_copy *shape = &values;
    const uint item = (uint)get_global_id(0);
    const int last = max(shape->groups - 1, 0);
    if (shape->size[last] == 0) return;
    const uint row = item / shape->size[last];
    const uint j = item - row * shape->size[last];
    if (row >= shape->outer) return;
    uint from, to;
    sc_place(shape, row, -1, &from, &to);
    y[y_offset + to + j * (uint)shape->to[last]] = x[x_offset + from + j * (uint)shape->from[last]];
}
