/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result of the tile engine that is a dense matrix. OpenCL C only. It must not know operations.
 */
#ifndef SC_TILE_MATRIX_H
#define SC_TILE_MATRIX_H

#include "tail.h"
#include "vector.h"

typedef struct sc_matrix {
    global float *result; /* of this matrix */
    int columns;
    int batch; /* for the tail */
    int wide;
} sc_matrix;

typedef int sc_matrix_spot; /* the column */

static inline sc_matrix_spot sc_matrix_find(const sc_matrix *target, int column) {
    return column;
}

static inline float sc_lane_of(float4 quad, int i) {
    return i < 2 ? (i == 0 ? quad.x : quad.y) : (i == 2 ? quad.z : quad.w);
}

static inline void sc_matrix_put(const sc_matrix *target, const sc_matrix_spot *spot,
                                 sc_vector quad, int row, int count SC_TAIL_PARAMETERS) {
    global float *to = target->result + (row * target->columns + *spot);
#if !SC_HAS_TAIL || defined(SC_TAIL_VECTOR)
#if SC_HAS_TAIL
    quad = SC_TAIL_VECTOR(quad, (uint)target->batch, (uint)row, (uint)*spot, count);
#endif
    if (target->wide)
        *(global sc_vector *)to = quad;
    else
        sc_store_part(quad, to, count);
#else
#pragma unroll 1
    for (int i = 0; i < count; ++i)
        to[i] = SC_TAIL(sc_lane_of(quad, i), (uint)target->batch, (uint)row, (uint)(*spot + i));
#endif
}

#endif
