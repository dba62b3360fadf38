/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of kernels that work along the rows of a matrix: softmax, cross entropy,
 * argmax, gather, scatter. Shared by C and OpenCL C so that both sides agree on its layout.
 */
#ifndef SC_SHAPE_ROWS_H
#define SC_SHAPE_ROWS_H

#include "argument.h"

typedef struct sc_shape_rows {
    unsigned int rows;
    unsigned int columns;
    unsigned int table; /* gather, scatter: rows of the table */
    unsigned int chunk; /* rows per work-item or work-group */
    unsigned int piece; /* columns per work-item */
    unsigned int pieces;
    int logarithm; /* softmax: of the logarithm */
} sc_shape_rows;
SC_ARGUMENT(sc_shape_rows, 7);

#endif
