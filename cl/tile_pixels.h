/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result of the tile engine whose rows are channels and whose columns are the pixels of all
 * samples, or some of the pixels at regular distances. OpenCL C only. It must not know operations.
 */
#ifndef SC_TILE_PIXELS_H
#define SC_TILE_PIXELS_H

#include "tail.h"
#include "tile_load_conv.h"

typedef struct sc_pixels {
    global float *result;
    int channels;
    int channel;        /* of row 0 */
    int plane;          /* pixels of it */
    int height, width;  /* columns of a sample */
    int step_y, step_x; /* from column to column, in pixels */
    int first;          /* pixel of column 0 */
    int wide;           /* quads lie in one sample, side by side and at multiples of 16 bytes */
} sc_pixels;

typedef struct sc_pixels_spot {
    int sample[4];
    int pixel[4];
} sc_pixels_spot;

static inline sc_pixels_spot sc_pixels_find(const sc_pixels *target, int column) {
    sc_pixels_spot spot;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const sc_walk at = sc_walk_at(column + i, target->height, target->width);
        spot.sample[i] = at.plane;
        spot.pixel[i] = target->first + at.y * target->step_y + at.x * target->step_x;
    }
    return spot;
}

static inline global float *sc_pixels_at(const sc_pixels *target, const sc_pixels_spot *spot,
                                         int channel, int i) {
    return target->result +
           ((spot->sample[i] * target->channels + channel) * target->plane + spot->pixel[i]);
}

static inline void sc_pixels_put(const sc_pixels *target, const sc_pixels_spot *spot,
                                 sc_vector quad, int row, int count SC_TAIL_PARAMETERS) {
    const int channel = target->channel + row;
#if !SC_HAS_TAIL || defined(SC_TAIL_VECTOR)
    if (target->wide) {
#if SC_HAS_TAIL
        quad = SC_TAIL_VECTOR(quad, (uint)spot->sample[0], (uint)channel, (uint)spot->pixel[0], 4);
#endif
        *(global sc_vector *)sc_pixels_at(target, spot, channel, 0) = quad;
        return;
    }
#endif
    float line[4];
    vstore4(quad, 0, line);
#pragma unroll
    for (int i = 0; i < 4; ++i)
        if (i < count)
            *sc_pixels_at(target, spot, channel, i) =
                SC_TAIL(line[i], (uint)spot->sample[i], (uint)channel, (uint)spot->pixel[i]);
}

#endif
