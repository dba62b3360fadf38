/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels that meet one limit of a device each (backend/roof.h): multiply-adds from registers
 * alone, and passes over memory. It must not know operations.
 *
 * Global size: multiply_add: one item per vector; the others: as many items as share the vectors by
 * `first`, `next` and `count`. Local size: as the host says.
 * -D SC_REAL: the vector type, -D SC_LANES: its floats, -D SC_CHAINS: chains side by side.
 * Each round begins `shift` vectors further on. It is 0, but only the host knows: so a load of a
 * later round is no copy of an earlier one, and no store is the same as the one before.
 */
#include "shape_roof.h"

#define SC_STEPS 8

/* A number of its own for each lane: a compiler may compute equal lanes once. */
#if SC_LANES == 1
#define SC_LANE 0.0f
#elif SC_LANES == 4
#define SC_LANE (float4)(0, 1, 2, 3)
#elif SC_LANES == 8
#define SC_LANE (float8)(0, 1, 2, 3, 4, 5, 6, 7)
#else
#define SC_LANE (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#endif

kernel void roof_multiply_add(global const float *x, ulong x_offset, global float *y,
                              ulong y_offset, sc_shape_roof shape) {
    const size_t at = get_global_id(0);
    const SC_REAL factor = (SC_REAL)(x[x_offset]), addend = (SC_REAL)(x[x_offset + 1]);
    const SC_REAL lane = SC_LANE + (SC_REAL)((float)(at * SC_LANES % 16));
    SC_REAL chain[SC_CHAINS];
#pragma unroll
    for (int c = 0; c < SC_CHAINS; ++c) chain[c] = lane + (SC_REAL)((float)c);
    for (uint round = 0; round < shape.rounds; round += SC_STEPS) {
#pragma unroll
        for (int step = 0; step < SC_STEPS; ++step) {
#pragma unroll
            for (int c = 0; c < SC_CHAINS; ++c) chain[c] = mad(chain[c], factor, addend);
        }
    }
    SC_REAL sum = (SC_REAL)(0.0f);
#pragma unroll
    for (int c = 0; c < SC_CHAINS; ++c) sum += chain[c];
    if (at < shape.vectors) ((global SC_REAL *)(y + y_offset))[at] = sum;
}

kernel void roof_read(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                      sc_shape_roof shape) {
    const uint me = (uint)get_global_id(0);
    global const SC_REAL *from = (global const SC_REAL *)(x + x_offset);
    SC_REAL sum0 = (SC_REAL)(0.0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    for (uint round = 0; round < shape.rounds; ++round) {
        uint at = me * shape.first + round * shape.shift, k = 0;
        const uint last = me * shape.first < shape.vectors
                              ? min(shape.count, (shape.vectors - 1 - me * shape.first) /
                                                         shape.next + 1)
                              : 0;
        for (; k + 4 <= last; k += 4, at += 4 * shape.next) {
            sum0 += from[at];
            sum1 += from[at + shape.next];
            sum2 += from[at + 2 * shape.next];
            sum3 += from[at + 3 * shape.next];
        }
        for (; k < last; ++k, at += shape.next) sum0 += from[at];
    }
    if (me * shape.first < shape.vectors)
        ((global SC_REAL *)(y + y_offset))[me * shape.first] = (sum0 + sum1) + (sum2 + sum3);
}

kernel void roof_write(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                       sc_shape_roof shape) {
    const uint me = (uint)get_global_id(0);
    const SC_REAL value = (SC_REAL)(x[x_offset]);
    global SC_REAL *to = (global SC_REAL *)(y + y_offset);
    for (uint round = 0; round < shape.rounds; ++round) {
        uint at = me * shape.first;
        for (uint k = 0; k < shape.count && at < shape.vectors; ++k, at += shape.next)
            to[at + round * shape.shift] = value;
    }
}

kernel void roof_copy(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                      sc_shape_roof shape) {
    const uint me = (uint)get_global_id(0);
    global const SC_REAL *from = (global const SC_REAL *)(x + x_offset);
    global SC_REAL *to = (global SC_REAL *)(y + y_offset);
    for (uint round = 0; round < shape.rounds; ++round) {
        uint at = me * shape.first;
        for (uint k = 0; k < shape.count && at < shape.vectors; ++k, at += shape.next)
            to[at + round * shape.shift] = from[at + round * shape.shift];
    }
}
