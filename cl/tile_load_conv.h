/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaders of the tile engine for convolutions: operands that are seen as matrices but lie in memory
 * as images and filters. OpenCL C only. It must not know which of the three passes reads them.
 *
 * Padding and what lies beyond the depth are zeros. Every access is to an address inside the
 * operand, so that loads need no branches.
 */
#ifndef SC_TILE_LOAD_CONV_H
#define SC_TILE_LOAD_CONV_H

#include "tile.h"

/* A coordinate so far outside that no step of a window comes back. */
#define SC_FAR (INT_MIN / 2)

/* ---- Where one is among planes of height x width, without a division on the way ---- */

typedef struct sc_walk {
    int plane;
    int y;
    int x;
} sc_walk;

/* Number `at` of the elements of such planes; empty planes have none. */
static inline sc_walk sc_walk_at(int at, int height, int width) {
    const uint columns = (uint)max(width, 1);
    const uint rows = (uint)max(height, 1);
    const uint line = (uint)at / columns;
    return (sc_walk){(int)(line / rows), (int)(line % rows), (int)((uint)at % columns)};
}

/* `step` elements further, which are given as a walk from 0. */
static inline void sc_walk_on(sc_walk *walk, const sc_walk *step, int height, int width) {
    walk->x += step->x;
    walk->y += step->y;
    walk->plane += step->plane;
    if (walk->x >= width) {
        walk->x -= width;
        walk->y += 1;
    }
    if (walk->y >= height) {
        walk->y -= height;
        walk->plane += 1;
    }
}

/* An image: some of the planes of one sample, or of all of them. */
typedef struct sc_image {
    global const float *source;
    int height;
    int width;
    int pitch; /* from plane to plane */
    int planes;
} sc_image;

/* ---- Windows, the lanes being their places and the depth (plane, tap y, tap x) ---- */

/* What all lanes have in common, the taps of a step, is worked out by as many items while the step
 * before is fetched, and lies in local memory: offset from tap 0, its y and its x. */
#define SC_WINDOWS_LOCAL (2 * SC_TILE_DEPTH)

typedef struct sc_windows {
    sc_image image;
    local int4 *taps;
    int base;         /* of tap 0 of the lane's window, in the image */
    int y, x;         /* where it lies */
    int tap_y, tap_x; /* from tap to tap */
    int taps_y, taps_x;
    sc_walk at; /* the item's tap of the next step */
} sc_windows;

static inline void sc_windows_prepare(sc_windows *self, local int4 *taps, const sc_walk *step) {
    const int item = (int)get_local_id(0);
    if (item >= SC_TILE_DEPTH) return;
    const int y = self->at.y * self->tap_y;
    const int x = self->at.x * self->tap_x;
    taps[item] = (int4)(self->at.plane * self->image.pitch + y * self->image.width + x,
                        self->at.plane < self->image.planes ? y : SC_FAR, x, 0);
    sc_walk_on(&self->at, step, self->taps_y, self->taps_x);
}

static inline sc_walk sc_windows_step(const sc_windows *self) {
    return sc_walk_at(SC_TILE_DEPTH, self->taps_y, self->taps_x);
}

/* The taps of the first step. By all items of the group. */
static inline void sc_windows_begin(sc_windows *self) {
    self->at = sc_walk_at((int)get_local_id(0), self->taps_y, self->taps_x);
    const sc_walk step = sc_windows_step(self);
    sc_windows_prepare(self, self->taps, &step);
    barrier(CLK_LOCAL_MEM_FENCE);
}

static inline float sc_windows_value(const sc_windows *self, local const int4 *taps, int i) {
    const int4 tap = taps[i];
    const bool inside = (uint)(self->y + tap.y) < (uint)self->image.height &
                        (uint)(self->x + tap.z) < (uint)self->image.width;
    const float value = self->image.source[inside ? self->base + tap.x : 0];
    return inside ? value : 0.0f;
}

static inline void sc_windows_fetch(sc_vector *next, sc_windows *self, const int lanes, int depth,
                                    int end) {
    const int step = SC_TILE_ITEMS / lanes;
    const int slot = depth & SC_TILE_DEPTH;
    local const int4 *taps = self->taps + slot + (int)get_local_id(0) / lanes;
    const sc_walk on = sc_windows_step(self);
#pragma unroll
    for (int i = 0; i < SC_TILE_SHARE(lanes); ++i)
        next[i] = (sc_vector)(sc_windows_value(self, taps, 4 * i * step),
                              sc_windows_value(self, taps, (4 * i + 1) * step),
                              sc_windows_value(self, taps, (4 * i + 2) * step),
                              sc_windows_value(self, taps, (4 * i + 3) * step));
    sc_windows_prepare(self, self->taps + (SC_TILE_DEPTH - slot), &on);
}

#define sc_windows_put sc_tile_put_lane

/* ---- Filters, the lanes being their channels and the depth (filter, tap y, tap x) ---- */

typedef struct sc_filters {
    global const float *source; /* of the first tap that counts, at lane 0 */
    int filters;
    int filter_pitch;
    int lane_pitch;
    int tap_y, tap_x; /* from tap to tap, in elements */
    int taps_y, taps_x;
    int lane, last; /* the item's first, and the last one that is there */
    sc_walk at, step;
} sc_filters;

/* Lane number i of the item, at `offset`. */
static inline float sc_filters_lane(const sc_filters *self, int offset, int i) {
    const int lane = min(self->lane + i * (SC_TILE_ITEMS / SC_TILE_DEPTH), self->last);
    return self->source[offset + lane * self->lane_pitch];
}

static inline void sc_filters_fetch(sc_vector *next, sc_filters *self, const int lanes, int depth,
                                    int end) {
    const bool inside = self->at.plane < self->filters;
    const int offset = inside ? self->at.plane * self->filter_pitch + self->at.y * self->tap_y +
                                    self->at.x * self->tap_x
                              : 0;
#pragma unroll
    for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
        const sc_vector quad = (sc_vector)(sc_filters_lane(self, offset, 4 * i),
                                           sc_filters_lane(self, offset, 4 * i + 1),
                                           sc_filters_lane(self, offset, 4 * i + 2),
                                           sc_filters_lane(self, offset, 4 * i + 3));
        next[i] = inside ? quad : (sc_vector)(0.0f);
    }
    sc_walk_on(&self->at, &self->step, self->taps_y, self->taps_x);
}

#define sc_filters_put sc_tile_put_depth

/* ---- Planes, the lanes being their channels and the depth (sample, pixel) ---- */

typedef struct sc_planes {
    global const float *source; /* of lane 0 */
    int pixels;                 /* of a plane, which is the distance of lanes too */
    int sample_pitch;
    int depth;                 /* of the item's quad in a step */
    int sample, pixel;         /* of its first element */
    int samples_on, pixels_on; /* from step to step */
    int lane, last;
    int wide;
} sc_planes;

static inline sc_planes sc_planes_begin(global const float *from, int size, int sample_pitch,
                                        int begin, int first, int lane_end, int item, int wide) {
    const int depth = item % (SC_TILE_DEPTH / 4) * 4;
    const int at = begin + depth;
    return (sc_planes){from,
                       size,
                       sample_pitch,
                       depth,
                       at / size,
                       at % size,
                       SC_TILE_DEPTH / size,
                       SC_TILE_DEPTH % size,
                       first + item / (SC_TILE_DEPTH / 4),
                       max(lane_end - 1, 0),
                       wide};
}

/* Offsets of a quad that may lie across the end of a plane. */
static inline int4 sc_planes_quad(const sc_planes *self) {
    int offset[4];
    int sample = self->sample, pixel = self->pixel;
#pragma unroll
    for (int j = 0; j < 4; ++j) {
        offset[j] = sample * self->sample_pitch + pixel;
        pixel += 1;
        sample += pixel == self->pixels;
        pixel = pixel == self->pixels ? 0 : pixel;
    }
    return (int4)(offset[0], offset[1], offset[2], offset[3]);
}

static inline void sc_planes_fetch(sc_vector *next, sc_planes *self, const int lanes, int depth,
                                   int end) {
    const int step = SC_TILE_ITEMS / (SC_TILE_DEPTH / 4);
    const int count = end - depth - self->depth;
    if (self->wide) {
        const int at = count > 0 ? self->sample * self->sample_pitch + self->pixel : 0;
#pragma unroll
        for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
            const int lane = min(self->lane + i * step, self->last);
            const sc_vector quad =
                *(global const sc_vector *)(self->source + (at + lane * self->pixels));
            next[i] = count > 0 ? quad : (sc_vector)(0.0f);
        }
    } else {
        const int4 there = (int4)(0, 1, 2, 3) < (int4)(count);
        const int4 at = there ? sc_planes_quad(self) : (int4)(0);
#pragma unroll
        for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
            global const float *from =
                self->source + min(self->lane + i * step, self->last) * self->pixels;
            const sc_vector quad = (sc_vector)(from[at.x], from[at.y], from[at.z], from[at.w]);
            next[i] = there ? quad : (sc_vector)(0.0f);
        }
    }
    self->sample += self->samples_on;
    self->pixel += self->pixels_on;
    if (self->pixel >= self->pixels) {
        self->pixel -= self->pixels;
        self->sample += 1;
    }
}

#define sc_planes_put sc_tile_put_across

/* ---- Taps, the lanes being (channel, tap y, tap x) and the depth (sample, place of the window)
 * ---- */

typedef struct sc_taps {
    sc_image image; /* its planes are samples */
    int stride_y, stride_x;
    int rows, columns; /* places of a window */
    int depth;         /* of the item in a step */
    sc_walk at, step;
    int4 offset[SC_TILE_SHARE(SC_TILE_COLUMNS)]; /* of the lanes, from place to element */
    int4 y[SC_TILE_SHARE(SC_TILE_COLUMNS)];
    int4 x[SC_TILE_SHARE(SC_TILE_COLUMNS)];
} sc_taps;

static inline void sc_taps_fetch(sc_vector *next, sc_taps *self, const int lanes, int depth,
                                 int end) {
    const int y0 = self->at.y * self->stride_y;
    const int x0 = self->at.x * self->stride_x;
    const int base = self->at.plane * self->image.pitch + y0 * self->image.width + x0;
    const int top = depth + self->depth < end ? y0 : SC_FAR;
#pragma unroll
    for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
        const int4 inside = as_uint4(top + self->y[i]) < (uint4)((uint)self->image.height) &
                            as_uint4(x0 + self->x[i]) < (uint4)((uint)self->image.width);
        const int4 at = inside ? base + self->offset[i] : (int4)(0);
        const sc_vector quad = (sc_vector)(self->image.source[at.x], self->image.source[at.y],
                                           self->image.source[at.z], self->image.source[at.w]);
        next[i] = inside ? quad : (sc_vector)(0.0f);
    }
    sc_walk_on(&self->at, &self->step, self->rows, self->columns);
}

#define sc_taps_put sc_tile_put_depth

#endif
