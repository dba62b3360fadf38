/* SPDX-License-Identifier: Apache-2.0 */
/* Reads M, N, K, strides and batch dimensions of a matrix product from its descriptor and the rows
 * of a launch. */
#include "cpu/cpu_matmul.h"

sc_matmul_shape sc_matmul_shape_make(const sc_op_desc *desc, int64_t rows) {
    const sc_tensor_desc *a = &desc->tensor[0], *b = &desc->tensor[1],
                         *c = &desc->tensor[desc->inputs];
    int row = c->rank - 2, column = c->rank - 1;
    bool ta = desc->attr.matmul.transpose_a, tb = desc->attr.matmul.transpose_b;
    sc_matmul_shape shape = {
        .transpose_a = ta,
        .transpose_b = tb,
        .m = sc_tensor_dim_at(c, row, rows),
        .n = c->dim[column],
        .k = sc_tensor_dim_at(a, ta ? row : column, rows),
        .lda = a->dim[column],
        .ldb = b->dim[column],
        .batch = 1,
        .batch_rank = row,
    };
    int64_t step_a = a->dim[row] * a->dim[column], step_b = b->dim[row] * b->dim[column];
    for (int d = row - 1; d >= 0; d--) {
        shape.batch_dim[d] = sc_tensor_dim_at(c, d, rows);
        shape.stride_a[d] = a->dim[d] == 1 ? 0 : step_a;
        shape.stride_b[d] = b->dim[d] == 1 ? 0 : step_b;
        step_a *= a->dim[d];
        step_b *= b->dim[d];
        shape.batch *= shape.batch_dim[d];
    }
    return shape;
}

void sc_matmul_offsets(const sc_matmul_shape *shape, int64_t index, int64_t *a, int64_t *b,
                       int64_t *c) {
    *a = *b = 0;
    *c = index * shape->m * shape->n;
    for (int d = shape->batch_rank - 1; d >= 0; d--) {
        int64_t at = index % shape->batch_dim[d];
        *a += at * shape->stride_a[d];
        *b += at * shape->stride_b[d];
        index /= shape->batch_dim[d];
    }
}
