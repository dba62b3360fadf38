/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of layer normalisation, shared by C and OpenCL C so that both sides agree on
 * its layout. It must not know about buffers or devices.
 */
#ifndef SC_SHAPE_NORM_H
#define SC_SHAPE_NORM_H

#include "argument.h"

typedef struct sc_shape_norm {
    unsigned int rows;
    unsigned int columns;
    unsigned int chunk; /* rows per work-item */
    float share;        /* 1 / columns */
    float epsilon;
} sc_shape_norm;
SC_ARGUMENT(sc_shape_norm, 5);

#endif
