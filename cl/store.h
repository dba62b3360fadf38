/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How register-tile kernels put neighbours of a result into memory: through the tail, never past
 * the last one. OpenCL C only. It must not know any operation.
 *
 * A generated tail may define, beside SC_TAIL, the same on vectors: SC_TAIL_VECTOR(value, batch,
 * row, column, count), where lane j belongs to column + j and lanes from `count` on are neither
 * valid nor stored.
 */
#ifndef SC_STORE_H
#define SC_STORE_H

#include "tail.h"
#include "vector.h"

/* Lane j < count goes to target[j * step] and belongs to column + j * step. */
static inline void sc_store_row(sc_vector value, int count, global float *target, int step,
                                uint batch, uint row, uint column SC_TAIL_PARAMETERS) {
#if !SC_HAS_TAIL || defined(SC_TAIL_VECTOR)
    if (step == 1) {
#if SC_HAS_TAIL
        value = SC_TAIL_VECTOR(value, batch, row, column, count);
#endif
        sc_store_part(value, target, count);
        return;
    }
#endif
    float line[SC_VECTOR_WIDTH];
    SC_STORE(value, line);
    for (int j = 0; j < count; ++j)
        target[j * step] = SC_TAIL(line[j], batch, row, column + (uint)(j * step));
}

#endif
