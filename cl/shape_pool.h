/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of the pooling kernels, shared by C and OpenCL C so that both sides agree on
 * its layout. A plane is one channel of one sample. The window is compiled in.
 */
#ifndef SC_SHAPE_POOL_H
#define SC_SHAPE_POOL_H

#include "shape_divide.h"

typedef struct sc_shape_pool {
    int planes;
    int channels; /* planes of a sample */
    int height;
    int width;
    int out_height;
    int out_width;
    int chunk;                /* rows or planes per work-item */
    sc_shape_divide by_width; /* of what is written, as by_height */
    sc_shape_divide by_height;
} sc_shape_pool;
SC_ARGUMENT(sc_shape_pool, 7 + 2 * SC_WORDS(sc_shape_divide));

#endif
