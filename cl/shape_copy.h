/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of the copy kernels, shared by C and OpenCL C so that both sides agree on its
 * layout: a box of elements, and where it lies in source and target.
 */
#ifndef SC_SHAPE_COPY_H
#define SC_SHAPE_COPY_H

#define SC_COPY_GROUPS 6

typedef struct sc_shape_copy {
    int groups;
    unsigned int size[SC_COPY_GROUPS]; /* the last group is the innermost loop */
    int from[SC_COPY_GROUPS];          /* strides */
    int to[SC_COPY_GROUPS];
    unsigned int from_start;
    unsigned int to_start;
    unsigned int outer; /* product of all sizes but the last */
    unsigned int piece; /* elements of the last group per step */
    unsigned int pieces;
    unsigned int chunk; /* steps per work-item */
    int turn; /* group with source stride 1 that is walked in tiles with the last one; -1: none */
    unsigned int tiles; /* along that group */
} sc_shape_copy;

#endif
