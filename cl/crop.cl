/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window of each sample at a place of its own: random crops and mirror images. Bits are moved,
 * never values.
 *
 * crop2d  x [samples][channels][from_height][from_width], origin [samples][3] (row, column, mirror)
 *         -> [samples][channels][height][width]; zeros where the window leaves the input
 *         global (pieces * lines / chunk), local any: each work-item takes `piece` columns of
 *         `chunk` lines, one element on GPU-class devices
 * -D SC_ELEMENT=uint|ushort|uchar
 *
 * Places are any 32-bit numbers, so all sums of them are made in 64 bits.
 */
#include "shape_crop.h"
#include "vector_loop.h"

#ifndef SC_ELEMENT
#define SC_ELEMENT uint
#endif

kernel void crop2d(global const SC_ELEMENT *x, ulong x_offset, global const int *origin,
                   ulong origin_offset, global SC_ELEMENT *y, ulong y_offset, sc_shape_crop shape) {
    const uint group = (uint)get_global_id(0) / shape.pieces; /* of lines */
    const long begin = (long)((uint)get_global_id(0) - group * shape.pieces) * shape.piece;
    const long end = min(begin + shape.piece, (long)shape.width);
    const uint first = group * shape.chunk;
    for (uint line = first; line < min(first + shape.chunk, shape.lines); ++line) {
        const uint plane = line / shape.height;
        global const int *place = origin + origin_offset + (size_t)(plane / shape.channels) * 3;
        const long row = (long)place[0] + (line - plane * shape.height);
        const long column = place[1];
        const bool mirrored = place[2] != 0;
        const bool known = row >= 0 && row < (long)shape.from_height;
        /* Columns of the result that lie on the input. */
        const long on = mirrored ? column + shape.width - shape.from_width : -column;
        const long from = clamp(on, begin, end);
        const long to = known ? clamp(on + shape.from_width, begin, end) : from;
        global const SC_ELEMENT *source =
            x + x_offset +
            ((size_t)plane * shape.from_height + (known ? (size_t)row : 0)) * shape.from_width;
        global SC_ELEMENT *target = y + y_offset + (size_t)line * shape.width;
        for (long j = begin; j < from; ++j) target[j] = 0;
        if (mirrored) {
            const long last = column + shape.width - 1;
            SC_VECTOR_LOOP
            for (long j = from; j < to; ++j) target[j] = source[last - j];
        } else {
            SC_VECTOR_LOOP
            for (long j = from; j < to; ++j) target[j] = source[column + j];
        }
        for (long j = to; j < end; ++j) target[j] = 0;
    }
}
