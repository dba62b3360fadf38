/* SPDX-License-Identifier: Apache-2.0 */
/* The geometry of a matrix product at launch, shared by its implementations. Pure arithmetic on
 * shapes. */
#ifndef SC_CPU_CPU_MATMUL_H
#define SC_CPU_CPU_MATMUL_H

#include "cpu/cpu.h"

typedef struct sc_matmul_shape {
    bool transpose_a, transpose_b;
    int64_t m, n, k;  /* at this launch */
    int64_t lda, ldb; /* elements between rows as stored; C is dense, ldc = n */
    int64_t batch;    /* products */
    int batch_rank;
    int64_t batch_dim[SC_MAX_RANK];
    int64_t stride_a[SC_MAX_RANK], stride_b[SC_MAX_RANK]; /* per batch dimension; 0 where broadcast
                                                           */
} sc_matmul_shape;

sc_matmul_shape sc_matmul_shape_make(const sc_op_desc *desc, int64_t rows);
/* Element offsets of product `index`. */
void sc_matmul_offsets(const sc_matmul_shape *shape, int64_t index, int64_t *a, int64_t *b,
                       int64_t *c);

#endif
