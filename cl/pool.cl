/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maximum and average pooling of [planes][height][width]. Two forms: `_rows`, where a work-item
 * does `chunk` output rows on vectors, for CPU-class devices; and `_each`, one element per
 * work-item, for GPUs and as the reference. It must not know layers.
 *
 * maxpool_rows, avgpool_rows   global (planes * out_height / chunk), local 1
 * maxpool_each, avgpool_each   global (outputs), local any
 * -D list: pool_window.h.
 * The index of maxpool is kernel row * SC_KERNEL_W + kernel column of the first maximum; a NaN
 * counts as maximum. Accuracy: one rounding per addition, in rising order of the index.
 */
#define SC_VECTOR_WIDTH 16
#include "pool_window.h"
#include "shape_pool.h"
#include "vector.h"

#pragma OPENCL FP_CONTRACT OFF

/* ---- One output, with and without looking at the border ---- */

static inline float sc_max_inside(global const float *from, int width, int *tap) {
    float most = -INFINITY;
    int place = 0;
    SC_UNROLL
    for (int kh = 0; kh < SC_KERNEL_H; ++kh) {
        SC_UNROLL
        for (int kw = 0; kw < SC_KERNEL_W; ++kw) {
            const float v = from[kh * SC_DILATION_H * width + kw * SC_DILATION_W];
            const int more = !(v <= most) & (most == most);
            most = more ? v : most;
            place = more ? kh * SC_KERNEL_W + kw : place;
        }
    }
    *tap = place;
    return most;
}

static inline float sc_max_checked(global const float *plane, int y, int x, int height, int width,
                                   int *tap) {
    float most = -INFINITY;
    int place = -1;
    for (int kh = 0; kh < SC_KERNEL_H; ++kh) {
        for (int kw = 0; kw < SC_KERNEL_W; ++kw) {
            const int iy = y + kh * SC_DILATION_H, ix = x + kw * SC_DILATION_W;
            if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
            const float v = plane[iy * width + ix];
            if (place < 0 || (!(v <= most) && most == most)) {
                most = v;
                place = kh * SC_KERNEL_W + kw;
            }
        }
    }
    *tap = max(place, 0);
    return most;
}

static inline float sc_sum_inside(global const float *from, int width) {
    float sum = 0.0f;
    SC_UNROLL
    for (int kh = 0; kh < SC_KERNEL_H; ++kh) {
        SC_UNROLL
        for (int kw = 0; kw < SC_KERNEL_W; ++kw)
            sum += from[kh * SC_DILATION_H * width + kw * SC_DILATION_W];
    }
    return sum;
}

static inline float sc_mean_checked(global const float *plane, int y, int x, int height,
                                    int width) {
    float sum = 0.0f;
    for (int kh = 0; kh < SC_KERNEL_H; ++kh) {
        for (int kw = 0; kw < SC_KERNEL_W; ++kw) {
            const int iy = y + kh * SC_DILATION_H, ix = x + kw * SC_DILATION_W;
            if (iy >= 0 && iy < height && ix >= 0 && ix < width) sum += plane[iy * width + ix];
        }
    }
    return sum / sc_divisor(y, x, height, width);
}

/* The outputs [*begin, *end) of a row whose windows lie inside; empty when the row itself reaches
 * over the border. */
static inline void sc_inner_columns(const sc_shape_pool *shape, int y, int *begin, int *end) {
    const bool inside = y >= 0 && y + SC_REACH_H < shape->height;
    const int room = shape->width - 1 - SC_REACH_W + SC_PAD_W;
    *begin = inside ? min((SC_PAD_W + SC_STRIDE_W - 1) / SC_STRIDE_W, shape->out_width)
                    : shape->out_width;
    *end = inside && room >= 0 ? min(room / SC_STRIDE_W + 1, shape->out_width) : 0;
    *end = max(*end, *begin);
}

#if SC_PAIRS
#include "pool_pairs.h"
#endif

#define SC_HAS_LANES                                                                               \
    (SC_STRIDE_W == 1 || (SC_STRIDE_W == 2 && SC_KERNEL_W >= 2 && SC_DILATION_W == 1))
#if SC_HAS_LANES
#define SC_LANES 16
#include "pool_lanes.h"
#define SC_LANES 8
#include "pool_lanes.h"
#define SC_LANES 4
#include "pool_lanes.h"
#endif

/* How many lanes fit `count` outputs; 0: too few for any. */
static inline int sc_lanes_for(int count) {
    return !SC_HAS_LANES || count < 4 ? 0 : count < 8 ? 4 : count < 16 ? 8 : 16;
}

/* Outputs [begin, end) of a row, all inside; `line` is where the window of output 0 starts. */
static inline void sc_maxpool_inside(global const float *line, int width, global float *to,
                                     global int *tap, int begin, int end) {
    const int lanes = sc_lanes_for(end - begin);
#if SC_HAS_LANES
    for (int x = begin; x < end && lanes; x += lanes) {
        const int ox = min(x, end - lanes);
        global const float *from = line + ox * SC_STRIDE_W;
        if (lanes == 16) sc_maxpool_lanes16(from, width, to + ox, tap + ox);
        if (lanes == 8) sc_maxpool_lanes8(from, width, to + ox, tap + ox);
        if (lanes == 4) sc_maxpool_lanes4(from, width, to + ox, tap + ox);
    }
#endif
    for (int ox = begin; ox < end && !lanes; ++ox) {
        int place;
        to[ox] = sc_max_inside(line + ox * SC_STRIDE_W, width, &place);
        tap[ox] = place;
    }
}

static inline void sc_avgpool_inside(global const float *line, int width, global float *to,
                                     int begin, int end) {
    const int lanes = sc_lanes_for(end - begin);
#if SC_HAS_LANES
    for (int x = begin; x < end && lanes; x += lanes) {
        const int ox = min(x, end - lanes);
        global const float *from = line + ox * SC_STRIDE_W;
        if (lanes == 16) sc_avgpool_lanes16(from, width, to + ox);
        if (lanes == 8) sc_avgpool_lanes8(from, width, to + ox);
        if (lanes == 4) sc_avgpool_lanes4(from, width, to + ox);
    }
#endif
    for (int ox = begin; ox < end && !lanes; ++ox)
        to[ox] = sc_sum_inside(line + ox * SC_STRIDE_W, width) / (float)SC_TAPS;
}

#if SC_PAIRS

/* Rows whose vectors would reach behind the last element of the tensor are left to the scalar form.
 */
kernel void maxpool_rows(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                         global int *index, ulong index_offset, sc_shape_pool shape) {
    const int width = shape.width, count = shape.out_width;
    const int first = (int)get_global_id(0) * shape.chunk;
    const int last = min(first + shape.chunk, shape.planes * shape.out_height);
    const int reach = width + (count + 7) / 8 * 16; /* of the vectors of one output row */
    int plane = first / shape.out_height, oy = first - plane * shape.out_height;
    x += x_offset;
    y += y_offset;
    index += index_offset;
    for (int row = first; row < last; ++row, ++oy) {
        if (oy == shape.out_height) {
            oy = 0;
            ++plane;
        }
        const size_t from =
            ((size_t)plane * (size_t)shape.height + (size_t)(2 * oy)) * (size_t)width;
        const size_t to = (size_t)row * (size_t)count;
        const size_t room = (size_t)shape.planes * (size_t)(shape.height * width) - from;
        if (count <= 8 && row + 1 < last && oy + 1 < shape.out_height &&
            (size_t)(2 * width + reach) <= room) {
            sc_maxpool_two_rows(x + from, width, count, y + to, index + to);
            ++row;
            ++oy;
        } else if ((size_t)reach <= room) {
            sc_maxpool_pair_row(x + from, width, count, y + to, index + to);
        } else {
            sc_maxpool_inside(x + from, width, y + to, index + to, 0, count);
        }
    }
}

#else

kernel void maxpool_rows(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                         global int *index, ulong index_offset, sc_shape_pool shape) {
    const int total = shape.planes * shape.out_height;
    const int first = (int)get_global_id(0) * shape.chunk;
    for (int row = first; row < min(first + shape.chunk, total); ++row) {
        const int plane = row / shape.out_height;
        const int iy = (row - plane * shape.out_height) * SC_STRIDE_H - SC_PAD_H;
        global const float *from =
            x + x_offset + (size_t)plane * (size_t)(shape.height * shape.width);
        global float *to = y + y_offset + (size_t)row * (size_t)shape.out_width;
        global int *tap = index + index_offset + (size_t)row * (size_t)shape.out_width;
        int begin, end;
        sc_inner_columns(&shape, iy, &begin, &end);
        for (int ox = 0; ox < begin; ++ox) {
            int place;
            to[ox] = sc_max_checked(from, iy, ox * SC_STRIDE_W - SC_PAD_W, shape.height,
                                    shape.width, &place);
            tap[ox] = place;
        }
        global const float *line = from + iy * shape.width - SC_PAD_W;
        sc_maxpool_inside(line, shape.width, to, tap, begin, end);
        for (int ox = end; ox < shape.out_width; ++ox) {
            int place;
            to[ox] = sc_max_checked(from, iy, ox * SC_STRIDE_W - SC_PAD_W, shape.height,
                                    shape.width, &place);
            tap[ox] = place;
        }
    }
}

#endif

kernel void avgpool_rows(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                         sc_shape_pool shape) {
    const int total = shape.planes * shape.out_height;
    const int first = (int)get_global_id(0) * shape.chunk;
    for (int row = first; row < min(first + shape.chunk, total); ++row) {
        const int plane = row / shape.out_height;
        const int iy = (row - plane * shape.out_height) * SC_STRIDE_H - SC_PAD_H;
        global const float *from =
            x + x_offset + (size_t)plane * (size_t)(shape.height * shape.width);
        global float *to = y + y_offset + (size_t)row * (size_t)shape.out_width;
        int begin, end;
        sc_inner_columns(&shape, iy, &begin, &end);
        for (int ox = 0; ox < begin; ++ox)
            to[ox] =
                sc_mean_checked(from, iy, ox * SC_STRIDE_W - SC_PAD_W, shape.height, shape.width);
        global const float *line = from + iy * shape.width - SC_PAD_W;
        sc_avgpool_inside(line, shape.width, to, begin, end);
        for (int ox = end; ox < shape.out_width; ++ox)
            to[ox] =
                sc_mean_checked(from, iy, ox * SC_STRIDE_W - SC_PAD_W, shape.height, shape.width);
    }
}

kernel void maxpool_each(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                         global int *index, ulong index_offset, sc_shape_pool shape) {
    const uint at = (uint)get_global_id(0), row = sc_divide(at, shape.by_width);
    const int plane = (int)sc_divide(row, shape.by_height);
    if (plane >= shape.planes) return;
    const int oy = (int)row - plane * shape.out_height,
              ox = (int)(at - row * (uint)shape.out_width);
    int place;
    y[y_offset + at] =
        sc_max_checked(x + x_offset + (size_t)plane * (size_t)(shape.height * shape.width),
                       oy * SC_STRIDE_H - SC_PAD_H, ox * SC_STRIDE_W - SC_PAD_W, shape.height,
                       shape.width, &place);
    index[index_offset + at] = place;
}

kernel void avgpool_each(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                         sc_shape_pool shape) {
    const uint at = (uint)get_global_id(0), row = sc_divide(at, shape.by_width);
    const int plane = (int)sc_divide(row, shape.by_height);
    if (plane >= shape.planes) return;
    const int oy = (int)row - plane * shape.out_height,
              ox = (int)(at - row * (uint)shape.out_width);
    y[y_offset + at] = sc_mean_checked(
        x + x_offset + (size_t)plane * (size_t)(shape.height * shape.width),
        oy * SC_STRIDE_H - SC_PAD_H, ox * SC_STRIDE_W - SC_PAD_W, shape.height, shape.width);
}
