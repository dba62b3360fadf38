/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of generated kernels (elementwise, reduce): sizes of the groups of dimensions,
 * and for every stream (an operand's address, a coordinate) one stride per group. Shared by C and
 * OpenCL C so that both sides agree on its layout. It must not know what the streams are.
 */
#ifndef SC_SHAPE_SPACE_H
#define SC_SHAPE_SPACE_H

#include "launch.h"

#define SC_SPACE_GROUPS 6
#define SC_SPACE_STREAMS 24

typedef struct sc_shape_space {
    sc_launch_values launch;
    unsigned int size[SC_SPACE_GROUPS];
    unsigned int outer; /* product of the groups a work-item's row number runs over */
    unsigned int inner; /* size of the last group */
    unsigned int piece; /* elements of the last group taken at once */
    unsigned int pieces;
    unsigned int chunk;    /* rows or pieces per work-item */
    unsigned int parts;    /* reduce: partial results */
    unsigned int kept;     /* reduce: results */
    unsigned int together; /* reduce: results per work-item */
    unsigned int lanes;    /* reduce by groups: work-items that share a result */
    int stride[SC_SPACE_STREAMS * SC_SPACE_GROUPS]; /* at SC_SPACE_STRIDE(stream, group) */
} sc_shape_space;
SC_ARGUMENT(sc_shape_space,
            SC_WORDS(sc_launch_values) + SC_SPACE_GROUPS + 9 + SC_SPACE_STREAMS * SC_SPACE_GROUPS);

#define SC_SPACE_STRIDE(stream, group) ((stream)*SC_SPACE_GROUPS + (group))

#endif
