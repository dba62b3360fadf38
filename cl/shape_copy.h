/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of the copy kernels, shared by C and OpenCL C so that both sides agree on its
 * layout: a box of elements, and where it lies in source and target. The box is a number of rows
 * along one group of dimensions; rows are counted over the groups outside it.
 */
#ifndef SC_SHAPE_COPY_H
#define SC_SHAPE_COPY_H

#include "argument.h"

#define SC_COPY_GROUPS 5

typedef struct sc_shape_copy {
    int groups; /* outside the rows; 0: the outermost of them */
    unsigned int size[SC_COPY_GROUPS];
    unsigned int from[SC_COPY_GROUPS]; /* strides, in source and target */
    unsigned int to[SC_COPY_GROUPS];
    unsigned int from_start;
    unsigned int to_start;
    unsigned int outer; /* rows: product of all sizes */
    unsigned int inner; /* elements of a row */
    unsigned int from_step;
    unsigned int to_step;
    unsigned int piece; /* elements of a row taken at once */
    unsigned int pieces;
    unsigned int chunk; /* pieces per work-item */
    unsigned int turn;  /* copy_turn: size of the group that is walked together with the rows;
                           its source stride is 1 */
    unsigned int turn_to_step; /* its stride in the target */
    unsigned int tiles;        /* along that group */
} sc_shape_copy;
SC_ARGUMENT(sc_shape_copy, 1 + 3 * SC_COPY_GROUPS + 12);

#endif
