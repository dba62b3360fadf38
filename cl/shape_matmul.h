/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of the matmul kernels, shared by C and OpenCL C so that both sides agree on
 * its layout. It is passed to kernels by value. It must not know about buffers, tiles or devices.
 */
#ifndef SC_SHAPE_MATMUL_H
#define SC_SHAPE_MATMUL_H

#include "argument.h"

#define SC_MATMUL_BATCH_DIMS 4

/*
 * C[i] = op(A[a]) * op(B[b]) for every batch entry i, all row-major and dense. A is rows x depth,
 * or depth x rows when transpose_a; B is depth x columns, or columns x depth when transpose_b.
 * Entry i has coordinates in batch_dim (the last one fastest); a and b are their products with the
 * steps.
 */
typedef struct sc_shape_matmul {
    int rows;
    int columns;
    int depth;
    int transpose_a;
    int transpose_b;
    int batch;
    int matrices_a; /* distinct ones */
    int matrices_b;
    int batch_dim[SC_MATMUL_BATCH_DIMS];
    int step_a[SC_MATMUL_BATCH_DIMS]; /* in matrices; 0 where A has size 1 */
    int step_b[SC_MATMUL_BATCH_DIMS];
} sc_shape_matmul;
SC_ARGUMENT(sc_shape_matmul, 8 + 3 * SC_MATMUL_BATCH_DIMS);

/* Which matrices of A and B belong to batch entry `entry`. */
static inline void sc_matmul_matrices(const sc_shape_matmul *shape, int entry, int *a, int *b) {
    *a = *b = 0;
    for (int d = SC_MATMUL_BATCH_DIMS - 1; d >= 0; --d) {
        const int rest = entry / shape->batch_dim[d];
        const int at = entry - rest * shape->batch_dim[d];
        *a += at * shape->step_a[d];
        *b += at * shape->step_b[d];
        entry = rest;
    }
}

#endif
