/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of the kernels that sort rows by the entry of a table that they name
 * (index_sort.cl), shared by C and OpenCL C so that both sides agree on its layout.
 */
#ifndef SC_SHAPE_SORT_H
#define SC_SHAPE_SORT_H

#include "argument.h"

typedef struct sc_shape_sort {
    unsigned int rows;
    unsigned int columns;
    unsigned int table; /* its entries; as a key: rows that name none */
    unsigned int tile;  /* rows per group, a multiple of the work-items */
    unsigned int tiles;
    unsigned int shift; /* the bits of a key that this pass does not look at; 0: the first pass,
                           which finds the rows in their own order */
} sc_shape_sort;
SC_ARGUMENT(sc_shape_sort, 6);

#endif
