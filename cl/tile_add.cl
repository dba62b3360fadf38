/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds up the pieces that a product on the tile engine left for each of its sums, in rising order,
 * and applies the tail. It must not know which product it was.
 *
 * Local size: any. Global size: the outputs.
 *
 * -D list: none needed; the tail of tail.h.
 *
 * Accuracy: a chain of additions in rising order of the pieces.
 */
#include "shape_tile.h"
#include "tail.h"

#pragma OPENCL FP_CONTRACT OFF

/* Pieces whose loads are on their way together. */
#define SC_TOGETHER 8

kernel void tile_add(global const float *pieces, ulong pieces_offset, global float *result,
                     ulong result_offset, sc_shape_tile_add shape SC_TAIL_PARAMETERS) {
    const size_t at = get_global_id(0);
    const size_t outputs = (size_t)shape.outputs;
    if (at >= outputs) return;

    pieces += pieces_offset + at;
    float sum = *pieces;
    int piece = 1;
    for (; piece + SC_TOGETHER <= shape.splits; piece += SC_TOGETHER) {
        float next[SC_TOGETHER];
#pragma unroll
        for (int i = 0; i < SC_TOGETHER; ++i) next[i] = pieces[(size_t)(piece + i) * outputs];
#pragma unroll
        for (int i = 0; i < SC_TOGETHER; ++i) sum += next[i];
    }
    for (; piece < shape.splits; ++piece) sum += pieces[(size_t)piece * outputs];

    const uint line = (uint)at / (uint)shape.columns;
    result[result_offset + at] = SC_TAIL(sum, line / (uint)shape.rows, line % (uint)shape.rows,
                                         (uint)at % (uint)shape.columns);
}
