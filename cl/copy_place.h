/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a row of a box lies in source and target, for the kernels that move boxes (copy.cl,
 * copy_tile.cl). OpenCL C only.
 */
#ifndef SC_COPY_PLACE_H
#define SC_COPY_PLACE_H

#include "shape_copy.h"

/* Both addresses of a row. Constant bounds and selection instead of a loop over `groups`: see
 * argument.h. */
static inline void sc_place(const sc_shape_copy *shape, uint row, uint *from, uint *to) {
    *from = shape->from_start;
    *to = shape->to_start;
#pragma unroll
    for (int g = SC_COPY_GROUPS - 1; g >= 0; --g) {
        if (g < shape->groups) {
            const uint rest = row / shape->size[g];
            const uint at = row - rest * shape->size[g];
            *from += at * shape->from[g];
            *to += at * shape->to[g];
            row = rest;
        }
    }
}

#endif
