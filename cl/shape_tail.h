/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of a fused tail (tail.h), shared by C and OpenCL C. An element of the result
 * is at (batch, row, column): for matmul the coordinates in C[batch], for convolution (sample,
 * channel, pixel). Tail operand k lies at stride[3 * k] * batch + stride[3 * k + 1] * row +
 * stride[3 * k + 2] * column. It must not know any operation.
 */
#ifndef SC_SHAPE_TAIL_H
#define SC_SHAPE_TAIL_H

#include "launch.h"

#define SC_TAIL_OPERANDS 8

typedef struct sc_shape_tail {
    sc_launch_values launch;
    int stride[SC_TAIL_OPERANDS * 3];
    int rows; /* of one batch entry */
    int columns;
    unsigned int per_sample; /* elements of one sample; all of them when not batched */
    int batched;
    int rank;
    int dim[6]; /* of the result */
} sc_shape_tail;
SC_ARGUMENT(sc_shape_tail, SC_WORDS(sc_launch_values) + SC_TAIL_OPERANDS * 3 + 5 + 6);

#endif
