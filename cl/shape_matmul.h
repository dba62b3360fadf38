/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of the matmul kernels, shared by C and OpenCL C so that both sides agree on
 * its layout. It is passed to kernels by value. It must not know about buffers, tiles or devices.
 */
#ifndef SC_SHAPE_MATMUL_H
#define SC_SHAPE_MATMUL_H

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

/* Which matrix of an operand with these steps belongs to batch entry `entry`. */
static inline int sc_matmul_matrix(const sc_shape_matmul *shape, const int *step, int entry) {
    int matrix = 0;
    for (int d = SC_MATMUL_BATCH_DIMS - 1; d >= 0; --d) {
        matrix += entry % shape->batch_dim[d] * step[d];
        entry /= shape->batch_dim[d];
    }
    return matrix;
}

#endif
