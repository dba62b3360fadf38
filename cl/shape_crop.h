/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of the crop kernel, shared by C and OpenCL C so that both sides agree on its
 * layout.
 */
#ifndef SC_SHAPE_CROP_H
#define SC_SHAPE_CROP_H

#include "argument.h"

typedef struct sc_shape_crop {
    unsigned int lines; /* of the result: samples * channels * height */
    unsigned int channels;
    unsigned int height, width;           /* of the result */
    unsigned int from_height, from_width; /* of the input */
    unsigned int chunk;                   /* lines per work-item */
    unsigned int piece;                   /* columns per work-item */
    unsigned int pieces;
} sc_shape_crop;
SC_ARGUMENT(sc_shape_crop, 9);

#endif
