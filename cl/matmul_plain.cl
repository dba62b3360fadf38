/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain reference matrix product: one work-item per element of C, any shape, any device.
 * It exists to be obviously right; the fast kernels are compared with it and it ends every list of
 * implementations.
 *
 * Global size: (columns, rows, batch), each rounded up to the local size. Local size: any.
 *
 * -D list: none needed; SC_NO_FMA and the tail of tail.h.
 *
 * Accuracy: one chain of depth fused multiply-adds in order.
 */
#include "shape_matmul.h"
#include "tail.h"
#include "vector.h"

#pragma OPENCL FP_CONTRACT OFF

kernel void matmul_plain(global const float *a, ulong a_offset, global const float *b,
                         ulong b_offset, global float *c, ulong c_offset,
                         sc_shape_matmul shape SC_TAIL_PARAMETERS) {
    const size_t column = get_global_id(0);
    const size_t row = get_global_id(1);
    const size_t batch = get_global_id(2);
    if (column >= (size_t)shape.columns || row >= (size_t)shape.rows ||
        batch >= (size_t)shape.batch)
        return;

    int a_matrix, b_matrix;
    sc_matmul_matrices(&shape, (int)batch, &a_matrix, &b_matrix);
    const size_t rows = (size_t)shape.rows;
    const size_t columns = (size_t)shape.columns;
    const size_t depth = (size_t)shape.depth;
    const size_t a_step = shape.transpose_a ? rows : 1;
    const size_t b_step = shape.transpose_b ? 1 : columns;
    a += a_offset + a_matrix * rows * depth + row * (shape.transpose_a ? 1 : depth);
    b += b_offset + b_matrix * depth * columns + column * (shape.transpose_b ? depth : 1);
    c += c_offset + (batch * rows + row) * columns + column;

    float sum = 0.0f;
    for (int k = 0; k < shape.depth; ++k)
        sum = SC_FMA(a[(size_t)k * a_step], b[(size_t)k * b_step], sum);
    *c = SC_TAIL(sum, (uint)batch, (uint)row, (uint)column);
}
