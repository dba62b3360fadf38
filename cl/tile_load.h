/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaders of the tile engine for operands that lie in memory as matrices: their lines run along the
 * lanes of a tile or across them, along the depth. OpenCL C only. It must not know operations.
 */
#ifndef SC_TILE_LOAD_H
#define SC_TILE_LOAD_H

#include "tile.h"

/* ---- Along the lanes: (depth k, lane) is from[k * pitch + lane] ---- */

typedef struct sc_lines_along {
    global const float *source; /* of depth 0, at the item's quad */
    int pitch;
    int depth; /* of the item's first quad in a step */
    int last;  /* of its quad that is there */
    int wide;  /* whole quads at multiples of 16 bytes */
} sc_lines_along;

/* quad: the item's own, at depth 0; any that can be read where none of it is there. */
static inline sc_lines_along sc_lines_along_of(global const float *quad, int pitch, const int lanes,
                                               int count, int item, int wide) {
    return (sc_lines_along){quad, pitch, item / (lanes / 4), clamp(count - 1, 0, 3), wide};
}

/* The lanes of a matrix from `first` on, up to lane_end. */
static inline sc_lines_along sc_lines_along_begin(global const float *from, int pitch,
                                                  const int lanes, int first, int lane_end,
                                                  int item, int wide) {
    const int lane = first + item % (lanes / 4) * 4;
    return sc_lines_along_of(from + (lane < lane_end ? lane : 0), pitch, lanes, lane_end - lane,
                             item, wide);
}

/* Lanes that are not there repeat another one: their sums are never stored. */
static inline void sc_lines_along_fetch(sc_vector *next, const sc_lines_along *self,
                                        const int lanes, int depth, int end) {
    const int step = SC_TILE_ITEMS / (lanes / 4);
    if (self->wide) {
#pragma unroll
        for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
            const int k = depth + self->depth + i * step;
            const sc_vector quad =
                *(global const sc_vector *)(self->source + (k < end ? k * self->pitch : 0));
            next[i] = k < end ? quad : (sc_vector)(0.0f);
        }
    } else {
#pragma unroll
        for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
            const int k = depth + self->depth + i * step;
            global const float *from = self->source + (k < end ? k * self->pitch : 0);
            const sc_vector quad = (sc_vector)(from[0], from[min(1, self->last)],
                                               from[min(2, self->last)], from[self->last]);
            next[i] = k < end ? quad : (sc_vector)(0.0f);
        }
    }
}

#define sc_lines_along_put sc_tile_put_along

/* ---- Across the lanes: (depth k, lane) is from[lane * pitch + k] ---- */

typedef struct sc_lines_across {
    global const float *source; /* of lane 0 */
    int pitch;
    int depth;      /* of the item's quads in a step */
    int lane, last; /* the item's first, and the last one that is there */
    int wide;
} sc_lines_across;

static inline sc_lines_across sc_lines_across_begin(global const float *from, int pitch, int first,
                                                    int lane_end, int item, int wide) {
    return (sc_lines_across){from,
                             pitch,
                             item % (SC_TILE_DEPTH / 4) * 4,
                             first + item / (SC_TILE_DEPTH / 4),
                             max(lane_end - 1, 0),
                             wide};
}

/* The first `count` of four neighbours, at least one. */
static inline sc_vector sc_lines_part(global const float *from, int count) {
    const sc_vector quad = (sc_vector)(from[0], from[count > 1 ? 1 : 0], from[count > 2 ? 2 : 0],
                                       from[count > 3 ? 3 : 0]);
    return (sc_vector)(quad.x, count > 1 ? quad.y : 0.0f, count > 2 ? quad.z : 0.0f,
                       count > 3 ? quad.w : 0.0f);
}

static inline void sc_lines_across_fetch(sc_vector *next, const sc_lines_across *self,
                                         const int lanes, int depth, int end) {
    const int step = SC_TILE_ITEMS / (SC_TILE_DEPTH / 4);
    const int k = depth + self->depth;
    global const float *from = self->source + (k < end ? k : 0);
    if (self->wide) {
#pragma unroll
        for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
            const int lane = min(self->lane + i * step, self->last);
            const sc_vector quad = *(global const sc_vector *)(from + lane * self->pitch);
            next[i] = k < end ? quad : (sc_vector)(0.0f);
        }
    } else {
#pragma unroll
        for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
            const int lane = min(self->lane + i * step, self->last);
            const sc_vector quad = sc_lines_part(from + lane * self->pitch, end - k);
            next[i] = k < end ? quad : (sc_vector)(0.0f);
        }
    }
}

#define sc_lines_across_put sc_tile_put_across

#endif
