/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gradients of maximum and average pooling of [planes][height][width], with the tail of tail.h at
 * (sample, channel, pixel). Two forms: `_planes`, where a work-item does `chunk` planes, row by
 * row, for CPU-class devices; and `_each`, one element per work-item, for GPUs and as the
 * reference. It must not know layers.
 *
 * maxpool_grad_planes, avgpool_grad_planes   global (planes / chunk), local 1
 * maxpool_grad_each, avgpool_grad_each       global (inputs), local any
 * -D list: pool_window.h; SC_VECTOR_WIDTH (16, 8, 4); and the tail of tail.h.
 * Accuracy: one rounding per addition, in one fixed order per form.
 */
#include "pool_window.h"
#include "shape_pool.h"
#include "store.h"
#include "vector_loop.h"

#pragma OPENCL FP_CONTRACT OFF

/* The tail over finished elements [begin, end) of a plane, while they are in the cache. */
static inline void sc_finish(global float *dx, int begin, int end, uint sample,
                             uint channel SC_TAIL_PARAMETERS) {
#if SC_HAS_TAIL
    for (int i = begin; i < end; i += SC_VECTOR_WIDTH) {
        const int count = min(SC_VECTOR_WIDTH, end - i);
        sc_store_row(sc_load_part(dx + i, count), count, dx + i, 1, sample, channel,
                     (uint)i SC_TAIL_ARGUMENTS);
    }
#endif
}

#if SC_PAIRS

#define SC_HALF_16 8
#define SC_HALF_8 4
#define SC_HALF_4 2
#define SC_HALF SC_JOIN(SC_HALF_, SC_VECTOR_WIDTH)
typedef SC_JOIN(float, SC_HALF) sc_half;
typedef SC_JOIN(int, SC_HALF) sc_half_int;

/* Outputs from dy and index on; `room` of them are left in the tensor, what lies beyond is not
 * read. */
static inline void sc_load_outputs(global const float *dy, global const int *index, int room,
                                   sc_half *g, sc_half_int *tap) {
    if (room >= SC_HALF) {
        *g = SC_JOIN(vload, SC_HALF)(0, dy);
        *tap = SC_JOIN(vload, SC_HALF)(0, index);
        return;
    }
    float value[SC_HALF] = {0.0f};
    int place[SC_HALF] = {0};
    for (int i = 0; i < room; ++i) {
        value[i] = dy[i];
        place[i] = index[i];
    }
    *g = SC_JOIN(vload, SC_HALF)(0, value);
    *tap = SC_JOIN(vload, SC_HALF)(0, place);
}

static inline void sc_zeros(global float *dx, int begin, int end, uint sample,
                            uint channel SC_TAIL_PARAMETERS) {
    for (int i = begin; i < end; i += SC_VECTOR_WIDTH)
        sc_store_row((sc_vector)(0.0f), min(SC_VECTOR_WIDTH, end - i), dx + i, 1, sample, channel,
                     (uint)i SC_TAIL_ARGUMENTS);
}

/* Each element is written once. `room`: outputs from this plane's on to the tensor's end. */
static inline void sc_maxpool_grad_plane(global const float *dy, global const int *index, int room,
                                         global float *dx, const sc_shape_pool *shape, uint sample,
                                         uint channel SC_TAIL_PARAMETERS) {
    const int width = shape->width, covered = 2 * shape->out_width;
    for (int oy = 0; oy < shape->out_height; ++oy) {
        for (int x = 0; x < covered; x += SC_VECTOR_WIDTH) {
            const int output = oy * shape->out_width + x / 2;
            sc_half g;
            sc_half_int tap;
            sc_load_outputs(dy + output, index + output, room - output, &g, &tap);
            for (int kh = 0; kh < 2; ++kh) {
                const int pixel = (2 * oy + kh) * width + x;
                sc_vector v;
                v.even = tap == 2 * kh ? g : (sc_half)(0.0f);
                v.odd = tap == 2 * kh + 1 ? g : (sc_half)(0.0f);
                sc_store_row(v, min(SC_VECTOR_WIDTH, covered - x), dx + pixel, 1, sample, channel,
                             (uint)pixel SC_TAIL_ARGUMENTS);
            }
        }
        for (int row = 2 * oy; row < 2 * oy + 2 && covered < width; ++row)
            sc_zeros(dx, row * width + covered, (row + 1) * width, sample,
                     channel SC_TAIL_ARGUMENTS);
    }
    sc_zeros(dx, 2 * shape->out_height * width, shape->height * width, sample,
             channel SC_TAIL_ARGUMENTS);
}

#endif

#if SC_DISJOINT

/* One output row gives SC_STRIDE_H input rows, each written once, left to right. */
static inline void sc_grad_rows(global const float *dy, global const int *index, global float *dx,
                                int width, int out_width, int rows, const bool average) {
    for (int kh = 0; kh < rows; ++kh) {
        global float *to = dx + kh * width;
        SC_VECTOR_LOOP
        for (int ox = 0; ox < out_width - 1; ++ox) {
            const float g = average ? dy[ox] / (float)SC_TAPS : dy[ox];
            const int tap = average ? 0 : index[ox];
            SC_UNROLL
            for (int kw = 0; kw < SC_STRIDE_W; ++kw) {
                const bool hit = kh < SC_KERNEL_H && kw < SC_KERNEL_W &&
                                 (average || tap == kh * SC_KERNEL_W + kw);
                to[ox * SC_STRIDE_W + kw] = hit ? g : 0.0f;
            }
        }
        const int ox = out_width - 1;
        const float g = average ? dy[ox] / (float)SC_TAPS : dy[ox];
        const int tap = average ? 0 : index[ox];
        for (int x = ox * SC_STRIDE_W; x < width; ++x) {
            const int kw = x - ox * SC_STRIDE_W;
            const bool hit =
                kh < SC_KERNEL_H && kw < SC_KERNEL_W && (average || tap == kh * SC_KERNEL_W + kw);
            to[x] = hit ? g : 0.0f;
        }
    }
}

static inline void sc_grad_plane(global const float *dy, global const int *index, global float *dx,
                                 const sc_shape_pool *shape, const bool average, uint sample,
                                 uint channel SC_TAIL_PARAMETERS) {
    for (int oy = 0; oy < shape->out_height; ++oy) {
        const int first = oy * SC_STRIDE_H,
                  last = oy == shape->out_height - 1 ? shape->height : first + SC_STRIDE_H;
        sc_grad_rows(dy + oy * shape->out_width, average ? index : index + oy * shape->out_width,
                     dx + first * shape->width, shape->width, shape->out_width, last - first,
                     average);
        sc_finish(dx, first * shape->width, last * shape->width, sample, channel SC_TAIL_ARGUMENTS);
    }
}

#else

static inline void sc_grad_plane(global const float *dy, global const int *index, global float *dx,
                                 const sc_shape_pool *shape, const bool average, uint sample,
                                 uint channel SC_TAIL_PARAMETERS) {
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
                const int iy = y + tap / SC_KERNEL_W * SC_DILATION_H,
                          ix = x + tap % SC_KERNEL_W * SC_DILATION_W;
                if (tap >= 0 && iy >= 0 && iy < shape->height && ix >= 0 && ix < shape->width)
                    dx[iy * shape->width + ix] += g;
            }
        }
    }
    sc_finish(dx, 0, shape->height * shape->width, sample, channel SC_TAIL_ARGUMENTS);
}

#endif

kernel void maxpool_grad_planes(global const float *dy, ulong dy_offset, global const int *index,
                                ulong index_offset, global float *dx, ulong dx_offset,
                                sc_shape_pool shape SC_TAIL_PARAMETERS) {
    const int first = (int)get_global_id(0) * shape.chunk,
              out_size = shape.out_height * shape.out_width;
    for (int plane = first; plane < min(first + shape.chunk, shape.planes); ++plane) {
        const size_t from = (size_t)plane * (size_t)out_size;
        const size_t to = (size_t)plane * (size_t)(shape.height * shape.width);
        const uint sample = (uint)plane / (uint)shape.channels,
                   channel = (uint)plane - sample * (uint)shape.channels;
#if SC_PAIRS
        sc_maxpool_grad_plane(dy + dy_offset + from, index + index_offset + from,
                              (shape.planes - plane) * out_size, dx + dx_offset + to, &shape,
                              sample, channel SC_TAIL_ARGUMENTS);
#else
        sc_grad_plane(dy + dy_offset + from, index + index_offset + from, dx + dx_offset + to,
                      &shape, false, sample, channel SC_TAIL_ARGUMENTS);
#endif
    }
}

kernel void avgpool_grad_planes(global const float *dy, ulong dy_offset, global float *dx,
                                ulong dx_offset, sc_shape_pool shape SC_TAIL_PARAMETERS) {
    const int first = (int)get_global_id(0) * shape.chunk;
    for (int plane = first; plane < min(first + shape.chunk, shape.planes); ++plane) {
        const size_t from = (size_t)plane * (size_t)(shape.out_height * shape.out_width);
        const size_t to = (size_t)plane * (size_t)(shape.height * shape.width);
        const uint sample = (uint)plane / (uint)shape.channels,
                   channel = (uint)plane - sample * (uint)shape.channels;
        sc_grad_plane(dy + dy_offset + from, 0, dx + dx_offset + to, &shape, true, sample,
                      channel SC_TAIL_ARGUMENTS);
    }
}

/* The output coordinate whose tap k lies at `at`, or -1. */
static inline int sc_window_of(int at, int k, int dilation, int stride, int out_size) {
    const int shifted = at - k * dilation;
    if (shifted < 0 || shifted % stride != 0 || shifted / stride >= out_size) return -1;
    return shifted / stride;
}

kernel void maxpool_grad_each(global const float *dy, ulong dy_offset, global const int *index,
                              ulong index_offset, global float *dx, ulong dx_offset,
                              sc_shape_pool shape SC_TAIL_PARAMETERS) {
    const uint place = (uint)get_global_id(0), row = sc_divide(place, shape.by_width);
    const int plane = (int)sc_divide(row, shape.by_height);
    if (plane >= shape.planes) return;
    const int y = (int)row - plane * shape.height, x = (int)(place - row * (uint)shape.width);
    const size_t base = (size_t)plane * (size_t)(shape.out_height * shape.out_width);
    const uint sample = (uint)plane / (uint)shape.channels;
    float sum = 0.0f;
    for (int kh = SC_KERNEL_H - 1; kh >= 0; --kh) {
        const int oy = sc_window_of(y + SC_PAD_H, kh, SC_DILATION_H, SC_STRIDE_H, shape.out_height);
        for (int kw = SC_KERNEL_W - 1; kw >= 0 && oy >= 0; --kw) {
            const int ox =
                sc_window_of(x + SC_PAD_W, kw, SC_DILATION_W, SC_STRIDE_W, shape.out_width);
            if (ox < 0) continue;
            const size_t at = base + (size_t)(oy * shape.out_width + ox);
            if (index[index_offset + at] == kh * SC_KERNEL_W + kw) sum += dy[dy_offset + at];
        }
    }
    dx[dx_offset + place] = SC_TAIL(sum, sample, (uint)plane - sample * (uint)shape.channels,
                                    (uint)(y * shape.width + x));
}

kernel void avgpool_grad_each(global const float *dy, ulong dy_offset, global float *dx,
                              ulong dx_offset, sc_shape_pool shape SC_TAIL_PARAMETERS) {
    const uint place = (uint)get_global_id(0), row = sc_divide(place, shape.by_width);
    const int plane = (int)sc_divide(row, shape.by_height);
    if (plane >= shape.planes) return;
    const int y = (int)row - plane * shape.height, x = (int)(place - row * (uint)shape.width);
    const size_t base = (size_t)plane * (size_t)(shape.out_height * shape.out_width);
    const uint sample = (uint)plane / (uint)shape.channels;
    float sum = 0.0f;
    for (int kh = SC_KERNEL_H - 1; kh >= 0; --kh) {
        const int oy = sc_window_of(y + SC_PAD_H, kh, SC_DILATION_H, SC_STRIDE_H, shape.out_height);
        for (int kw = SC_KERNEL_W - 1; kw >= 0 && oy >= 0; --kw) {
            const int ox =
                sc_window_of(x + SC_PAD_W, kw, SC_DILATION_W, SC_STRIDE_W, shape.out_width);
            if (ox < 0) continue;
            sum += dy[dy_offset + base + (size_t)(oy * shape.out_width + ox)] /
                   sc_divisor(oy * SC_STRIDE_H - SC_PAD_H, ox * SC_STRIDE_W - SC_PAD_W,
                              shape.height, shape.width);
        }
    }
    dx[dx_offset + place] = SC_TAIL(sum, sample, (uint)plane - sample * (uint)shape.channels,
                                    (uint)(y * shape.width + x));
}
