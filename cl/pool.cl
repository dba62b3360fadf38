/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maximum and average pooling of [planes][height][width] and their gradients. Two forms each: `_rows` / `_planes`, where
 * a work-item does `chunk` output rows (gradient: planes) with loops that vectorise, for CPU-class devices; and `_each`,
 * one element per work-item, for GPUs and as the reference. It must not know layers.
 *
 * maxpool_rows, avgpool_rows             global (planes * out_height / chunk), local 1
 * maxpool_grad_planes, avgpool_grad_planes   global (planes / chunk), local 1
 * maxpool_each, avgpool_each             global (outputs), local any
 * maxpool_grad_each, avgpool_grad_each   global (inputs), local any
 * -D list, [H] height and [W] width: SC_KERNEL_*, SC_STRIDE_*, SC_DILATION_*, SC_PAD_* (before), SC_COUNT_PADDING,
 * SC_OVERHANG (1: the last windows reach over the far border).
 * The index of maxpool is kernel row * SC_KERNEL_W + kernel column of the first maximum; a NaN counts as maximum.
 * Accuracy: one rounding per addition, in rising order of the index; gradients add in one fixed order per form.
 */
#include "shape_pool.h"
#include "vector_loop.h"

#pragma OPENCL FP_CONTRACT OFF

#define SC_TAPS (SC_KERNEL_H * SC_KERNEL_W)
#define SC_REACH_H ((SC_KERNEL_H - 1) * SC_DILATION_H)
#define SC_REACH_W ((SC_KERNEL_W - 1) * SC_DILATION_W)
/* No two windows share an element, and none reaches over the border. */
#define SC_DISJOINT                                                                                \
    (!SC_OVERHANG && SC_PAD_H == 0 && SC_PAD_W == 0 && SC_DILATION_H == 1 && SC_DILATION_W == 1 &&                 \
     SC_STRIDE_H >= SC_KERNEL_H && SC_STRIDE_W >= SC_KERNEL_W && SC_STRIDE_W <= 8)
#if defined(__clang__) && SC_KERNEL_H * SC_KERNEL_W <= 16
#define SC_UNROLL _Pragma("unroll")
#else
#define SC_UNROLL
#endif

/* ---- Forward: one output, with and without looking at the border ---- */

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

static inline float sc_max_checked(global const float *plane, int y, int x, int height, int width, int *tap) {
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
        for (int kw = 0; kw < SC_KERNEL_W; ++kw) sum += from[kh * SC_DILATION_H * width + kw * SC_DILATION_W];
    }
    return sum;
}

/* How many taps of a window that starts at `first` lie inside [0, size). */
static inline int sc_inside(int first, int size, int kernel_size, int dilation) {
    int count = 0;
    for (int k = 0; k < kernel_size; ++k) count += first + k * dilation >= 0 && first + k * dilation < size;
    return count;
}

static inline float sc_divisor(int y, int x, int height, int width) {
#if SC_COUNT_PADDING
    return (float)SC_TAPS;
#else
    const int count = sc_inside(y, height, SC_KERNEL_H, SC_DILATION_H) * sc_inside(x, width, SC_KERNEL_W, SC_DILATION_W);
    return (float)max(count, 1);
#endif
}

static inline float sc_mean_checked(global const float *plane, int y, int x, int height, int width) {
    float sum = 0.0f;
    for (int kh = 0; kh < SC_KERNEL_H; ++kh) {
        for (int kw = 0; kw < SC_KERNEL_W; ++kw) {
            const int iy = y + kh * SC_DILATION_H, ix = x + kw * SC_DILATION_W;
            if (iy >= 0 && iy < height && ix >= 0 && ix < width) sum += plane[iy * width + ix];
        }
    }
    return sum / sc_divisor(y, x, height, width);
}

/* The outputs [*begin, *end) of a row whose windows lie inside; empty when the row itself reaches over the border. */
static inline void sc_inner_columns(const sc_shape_pool *shape, int y, int *begin, int *end) {
    const bool inside = y >= 0 && y + SC_REACH_H < shape->height;
    const int room = shape->width - 1 - SC_REACH_W + SC_PAD_W;
    *begin = inside ? min((SC_PAD_W + SC_STRIDE_W - 1) / SC_STRIDE_W, shape->out_width) : shape->out_width;
    *end = inside && room >= 0 ? min(room / SC_STRIDE_W + 1, shape->out_width) : 0;
    *end = max(*end, *begin);
}

#define SC_HAS_LANES (SC_STRIDE_W == 1 || (SC_STRIDE_W == 2 && SC_KERNEL_W >= 2 && SC_DILATION_W == 1))
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
static inline void sc_maxpool_inside(global const float *line, int width, global float *to, global int *tap, int begin,
                                     int end) {
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

static inline void sc_avgpool_inside(global const float *line, int width, global float *to, int begin, int end) {
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

kernel void maxpool_rows(global const float *x, ulong x_offset, global float *y, ulong y_offset, global int *index,
                         ulong index_offset, sc_shape_pool shape) {
    const int total = shape.planes * shape.out_height;
    const int first = (int)get_global_id(0) * shape.chunk;
    for (int row = first; row < min(first + shape.chunk, total); ++row) {
        const int plane = row / shape.out_height;
        const int iy = (row - plane * shape.out_height) * SC_STRIDE_H - SC_PAD_H;
        global const float *from = x + x_offset + (size_t)plane * (size_t)(shape.height * shape.width);
        global float *to = y + y_offset + (size_t)row * (size_t)shape.out_width;
        global int *tap = index + index_offset + (size_t)row * (size_t)shape.out_width;
        int begin, end;
        sc_inner_columns(&shape, iy, &begin, &end);
        for (int ox = 0; ox < begin; ++ox) {
            int place;
            to[ox] = sc_max_checked(from, iy, ox * SC_STRIDE_W - SC_PAD_W, shape.height, shape.width, &place);
            tap[ox] = place;
        }
        global const float *line = from + iy * shape.width - SC_PAD_W;
        sc_maxpool_inside(line, shape.width, to, tap, begin, end);
        for (int ox = end; ox < shape.out_width; ++ox) {
            int place;
            to[ox] = sc_max_checked(from, iy, ox * SC_STRIDE_W - SC_PAD_W, shape.height, shape.width, &place);
            tap[ox] = place;
        }
    }
}

kernel void avgpool_rows(global const float *x, ulong x_offset, global float *y, ulong y_offset, sc_shape_pool shape) {
    const int total = shape.planes * shape.out_height;
    const int first = (int)get_global_id(0) * shape.chunk;
    for (int row = first; row < min(first + shape.chunk, total); ++row) {
        const int plane = row / shape.out_height;
        const int iy = (row - plane * shape.out_height) * SC_STRIDE_H - SC_PAD_H;
        global const float *from = x + x_offset + (size_t)plane * (size_t)(shape.height * shape.width);
        global float *to = y + y_offset + (size_t)row * (size_t)shape.out_width;
        int begin, end;
        sc_inner_columns(&shape, iy, &begin, &end);
        for (int ox = 0; ox < begin; ++ox)
            to[ox] = sc_mean_checked(from, iy, ox * SC_STRIDE_W - SC_PAD_W, shape.height, shape.width);
        global const float *line = from + iy * shape.width - SC_PAD_W;
        sc_avgpool_inside(line, shape.width, to, begin, end);
        for (int ox = end; ox < shape.out_width; ++ox)
            to[ox] = sc_mean_checked(from, iy, ox * SC_STRIDE_W - SC_PAD_W, shape.height, shape.width);
    }
}

kernel void maxpool_each(global const float *x, ulong x_offset, global float *y, ulong y_offset, global int *index,
                         ulong index_offset, sc_shape_pool shape) {
    const uint at = (uint)get_global_id(0), row = at / (uint)max(shape.out_width, 1);
    const int plane = (int)(row / (uint)shape.out_height);
    if (plane >= shape.planes) return;
    const int oy = (int)row - plane * shape.out_height, ox = (int)(at - row * (uint)shape.out_width);
    int place;
    y[y_offset + at] = sc_max_checked(x + x_offset + (size_t)plane * (size_t)(shape.height * shape.width),
                                      oy * SC_STRIDE_H - SC_PAD_H, ox * SC_STRIDE_W - SC_PAD_W, shape.height,
                                      shape.width, &place);
    index[index_offset + at] = place;
}

kernel void avgpool_each(global const float *x, ulong x_offset, global float *y, ulong y_offset, sc_shape_pool shape) {
    const uint at = (uint)get_global_id(0), row = at / (uint)max(shape.out_width, 1);
    const int plane = (int)(row / (uint)shape.out_height);
    if (plane >= shape.planes) return;
    const int oy = (int)row - plane * shape.out_height, ox = (int)(at - row * (uint)shape.out_width);
    y[y_offset + at] = sc_mean_checked(x + x_offset + (size_t)plane * (size_t)(shape.height * shape.width),
                                       oy * SC_STRIDE_H - SC_PAD_H, ox * SC_STRIDE_W - SC_PAD_W, shape.height,
                                       shape.width);
}

/* ---- Gradients ---- */

#if SC_DISJOINT

/* One output row gives SC_STRIDE_H input rows, each written once, left to right. */
static inline void sc_grad_rows(global const float *dy, global const int *index, global float *dx, int width,
                                int out_width, int rows, const bool average) {
    for (int kh = 0; kh < rows; ++kh) {
        global float *to = dx + kh * width;
        int done = 0;
#if SC_STRIDE_W == 2 && SC_KERNEL_W == 2
        const int lanes = average || kh >= SC_KERNEL_H ? 0 : sc_lanes_for(out_width);
        for (; done < out_width && lanes; done += lanes) {
            const int ox = min(done, out_width - lanes);
            if (lanes == 16) sc_maxpool_grad_lanes16(dy + ox, index + ox, kh, to + 2 * ox);
            if (lanes == 8) sc_maxpool_grad_lanes8(dy + ox, index + ox, kh, to + 2 * ox);
            if (lanes == 4) sc_maxpool_grad_lanes4(dy + ox, index + ox, kh, to + 2 * ox);
        }
        if (lanes) {
            for (int x = 2 * out_width; x < width; ++x) to[x] = 0.0f;
            continue;
        }
#endif
        SC_VECTOR_LOOP
        for (int ox = done; ox < out_width - 1; ++ox) {
            const float g = average ? dy[ox] / (float)SC_TAPS : dy[ox];
            const int tap = average ? 0 : index[ox];
            SC_UNROLL
            for (int kw = 0; kw < SC_STRIDE_W; ++kw) {
                const bool hit = kh < SC_KERNEL_H && kw < SC_KERNEL_W && (average || tap == kh * SC_KERNEL_W + kw);
                to[ox * SC_STRIDE_W + kw] = hit ? g : 0.0f;
            }
        }
        const int ox = out_width - 1;
        const float g = average ? dy[ox] / (float)SC_TAPS : dy[ox];
        const int tap = average ? 0 : index[ox];
        for (int x = ox * SC_STRIDE_W; x < width; ++x) {
            const int kw = x - ox * SC_STRIDE_W;
            const bool hit = kh < SC_KERNEL_H && kw < SC_KERNEL_W && (average || tap == kh * SC_KERNEL_W + kw);
            to[x] = hit ? g : 0.0f;
        }
    }
}

static inline void sc_grad_plane(global const float *dy, global const int *index, global float *dx,
                                 const sc_shape_pool *shape, const bool average) {
    for (int oy = 0; oy < shape->out_height; ++oy) {
        const int last = oy == shape->out_height - 1 ? shape->height : (oy + 1) * SC_STRIDE_H;
        sc_grad_rows(dy + oy * shape->out_width, average ? index : index + oy * shape->out_width,
                     dx + oy * SC_STRIDE_H * shape->width, shape->width, shape->out_width, last - oy * SC_STRIDE_H,
                     average);
    }
}

#else

static inline void sc_grad_plane(global const float *dy, global const int *index, global float *dx,
                                 const sc_shape_pool *shape, const bool average) {
    for (int i = 0; i < shape->height * shape->width; ++i) dx[i] = 0.0f;
    for (int oy = 0; oy < shape->out_height; ++oy) {
        for (int ox = 0; ox < shape->out_width; ++ox) {
            const int y = oy * SC_STRIDE_H - SC_PAD_H, x = ox * SC_STRIDE_W - SC_PAD_W;
            const float g = dy[oy * shape->out_width + ox];
            if (average) {
                const float part = g / sc_divisor(y, x, shape->height, shape->width);
                for (int kh = 0; kh < SC_KERNEL_H; ++kh) {
                    for (int kw = 0; kw < SC_KERNEL_W; ++kw) {
                        const int iy = y + kh * SC_DILATION_H, ix = x + kw * SC_DILATION_W;
                        if (iy >= 0 && iy < shape->height && ix >= 0 && ix < shape->width)
                            dx[iy * shape->width + ix] += part;
                    }
                }
            } else {
                const int tap = index[oy * shape->out_width + ox];
                const int iy = y + tap / SC_KERNEL_W * SC_DILATION_H, ix = x + tap % SC_KERNEL_W * SC_DILATION_W;
                if (tap >= 0 && iy >= 0 && iy < shape->height && ix >= 0 && ix < shape->width)
                    dx[iy * shape->width + ix] += g;
            }
        }
    }
}

#endif

kernel void maxpool_grad_planes(global const float *dy, ulong dy_offset, global const int *index, ulong index_offset,
                                global float *dx, ulong dx_offset, sc_shape_pool shape) {
    const size_t size = (size_t)(shape.height * shape.width), out_size = (size_t)(shape.out_height * shape.out_width);
    const int first = (int)get_global_id(0) * shape.chunk;
    for (int plane = first; plane < min(first + shape.chunk, shape.planes); ++plane)
        sc_grad_plane(dy + dy_offset + (size_t)plane * out_size, index + index_offset + (size_t)plane * out_size,
                      dx + dx_offset + (size_t)plane * size, &shape, false);
}

kernel void avgpool_grad_planes(global const float *dy, ulong dy_offset, global float *dx, ulong dx_offset,
                                sc_shape_pool shape) {
    const size_t size = (size_t)(shape.height * shape.width), out_size = (size_t)(shape.out_height * shape.out_width);
    const int first = (int)get_global_id(0) * shape.chunk;
    for (int plane = first; plane < min(first + shape.chunk, shape.planes); ++plane)
        sc_grad_plane(dy + dy_offset + (size_t)plane * out_size, 0, dx + dx_offset + (size_t)plane * size, &shape, true);
}

/* The output coordinate whose tap k lies at `at`, or -1. */
static inline int sc_window_of(int at, int k, int dilation, int stride, int out_size) {
    const int shifted = at - k * dilation;
    if (shifted < 0 || shifted % stride != 0 || shifted / stride >= out_size) return -1;
    return shifted / stride;
}

kernel void maxpool_grad_each(global const float *dy, ulong dy_offset, global const int *index, ulong index_offset,
                              global float *dx, ulong dx_offset, sc_shape_pool shape) {
    const uint place = (uint)get_global_id(0), row = place / (uint)max(shape.width, 1);
    const int plane = (int)(row / (uint)max(shape.height, 1));
    if (plane >= shape.planes) return;
    const int y = (int)row - plane * shape.height, x = (int)(place - row * (uint)shape.width);
    const size_t base = (size_t)plane * (size_t)(shape.out_height * shape.out_width);
    float sum = 0.0f;
    for (int kh = SC_KERNEL_H - 1; kh >= 0; --kh) {
        const int oy = sc_window_of(y + SC_PAD_H, kh, SC_DILATION_H, SC_STRIDE_H, shape.out_height);
        for (int kw = SC_KERNEL_W - 1; kw >= 0 && oy >= 0; --kw) {
            const int ox = sc_window_of(x + SC_PAD_W, kw, SC_DILATION_W, SC_STRIDE_W, shape.out_width);
            if (ox < 0) continue;
            const size_t at = base + (size_t)(oy * shape.out_width + ox);
            if (index[index_offset + at] == kh * SC_KERNEL_W + kw) sum += dy[dy_offset + at];
        }
    }
    dx[dx_offset + place] = sum;
}

kernel void avgpool_grad_each(global const float *dy, ulong dy_offset, global float *dx, ulong dx_offset,
                              sc_shape_pool shape) {
    const uint place = (uint)get_global_id(0), row = place / (uint)max(shape.width, 1);
    const int plane = (int)(row / (uint)max(shape.height, 1));
    if (plane >= shape.planes) return;
    const int y = (int)row - plane * shape.height, x = (int)(place - row * (uint)shape.width);
    const size_t base = (size_t)plane * (size_t)(shape.out_height * shape.out_width);
    float sum = 0.0f;
    for (int kh = SC_KERNEL_H - 1; kh >= 0; --kh) {
        const int oy = sc_window_of(y + SC_PAD_H, kh, SC_DILATION_H, SC_STRIDE_H, shape.out_height);
        for (int kw = SC_KERNEL_W - 1; kw >= 0 && oy >= 0; --kw) {
            const int ox = sc_window_of(x + SC_PAD_W, kw, SC_DILATION_W, SC_STRIDE_W, shape.out_width);
            if (ox < 0) continue;
            sum += dy[dy_offset + base + (size_t)(oy * shape.out_width + ox)] /
                   sc_divisor(oy * SC_STRIDE_H - SC_PAD_H, ox * SC_STRIDE_W - SC_PAD_W, shape.height, shape.width);
        }
    }
    dx[dx_offset + place] = sum;
}
