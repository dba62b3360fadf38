/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of convolutions plane by plane (conv_planes.cl, conv_planes_weight.cl), shared
 * by C and OpenCL C so that both sides agree on its layout. A plane is one channel of one sample.
 * Forward the source is the input and the target the output; by the input it is the other way
 * round; by the weights as forward.
 */
#ifndef SC_SHAPE_PLANES_H
#define SC_SHAPE_PLANES_H

#include "argument.h"

typedef struct sc_shape_planes {
    int samples;
    int source_channels;
    int source_group; /* channels of one group of the convolution */
    int source_height;
    int source_width;
    int target_channels;
    int target_group;
    int target_height;
    int target_width;
    int pad_top;
    int pad_left;
    int first_y; /* by the input: of the positions that a phase has, the first one */
    int first_x;
    int tiles_y; /* of a plane of the target, or of one phase of it */
    int tiles_x;
    int chunk; /* by the weights: samples of a partial sum; 0: no work */
} sc_shape_planes;
SC_ARGUMENT(sc_shape_planes, 16);

#endif
