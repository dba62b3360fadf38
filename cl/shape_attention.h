/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of the attention kernels, shared by C and OpenCL C so that both sides agree on
 * its layout. It must not know about buffers, tiles or devices.
 */
#ifndef SC_SHAPE_ATTENTION_H
#define SC_SHAPE_ATTENTION_H

#include "argument.h"

typedef struct sc_shape_attention {
    int samples;
    int queries;
    int keys;
    int width; /* of a row: all heads */
    int heads;
    int depth;       /* columns of a head */
    int has_lengths; /* else all keys of each sample count */
    int causal;
    int shift; /* causal: query t sees the keys up to t + shift */
    float scale;
} sc_shape_attention;
SC_ARGUMENT(sc_shape_attention, 10);

#endif
