/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layer normalisation and its gradient along the rows of [rows][columns]. Two forms each: `_rows`,
 * where a work-item walks along `chunk` rows with loops that vectorise, and `_group`, where
 * SC_GROUP work-items share a row, of which each holds SC_QUADS times four elements in registers;
 * with SC_MORE the row has more of them and is read again for each pass. It must not know layers.
 *
 * *_rows: global (rows / chunk), local 1. *_group: global (rows * SC_GROUP), local SC_GROUP.
 * Accuracy: `_rows`: sums in 16 interleaved accumulators, then pairwise. `_group`: each work-item
 * adds up its own elements, then the items are added up pairwise. Which element belongs to which
 * sum is a function of `columns` alone, and of SC_GROUP, which small devices have less of.
 */
#include "scalar.h"
#include "shape_norm.h"
#include "vector_loop.h"

#ifndef SC_GROUP
#define SC_GROUP 64
#endif
#ifndef SC_QUADS
#define SC_QUADS 1
#endif
#ifndef SC_MORE
#define SC_MORE 1
#endif

/* ---- One work-item per row ---- */

static inline float sc_sum_lanes(float *lane) {
    for (int step = 8; step > 0; step /= 2)
        for (int i = 0; i < step; ++i) lane[i] += lane[i + step];
    return lane[0];
}

static inline float sc_row_sum(global const float *x, uint columns) {
    float lane[16];
    uint j = 0;
    float16 sum = (float16)(0.0f);
    for (; j + 16 <= columns; j += 16) sum += vload16(0, x + j);
    vstore16(sum, 0, lane);
    for (; j < columns; ++j) lane[j & 15] += x[j];
    return sc_sum_lanes(lane);
}

static inline float sc_row_squares(global const float *x, float mean, uint columns) {
    float lane[16];
    uint j = 0;
    float16 sum = (float16)(0.0f);
    for (; j + 16 <= columns; j += 16) {
        const float16 distance = vload16(0, x + j) - mean;
        sum += distance * distance;
    }
    vstore16(sum, 0, lane);
    for (; j < columns; ++j) lane[j & 15] += (x[j] - mean) * (x[j] - mean);
    return sc_sum_lanes(lane);
}

/* The sum of g * (x - mean) * inverse. */
static inline float sc_row_dot(global const float *g, global const float *x, float mean,
                               float inverse, uint columns) {
    float lane[16];
    uint j = 0;
    float16 sum = (float16)(0.0f);
    for (; j + 16 <= columns; j += 16)
        sum += vload16(0, g + j) * ((vload16(0, x + j) - mean) * inverse);
    vstore16(sum, 0, lane);
    for (; j < columns; ++j) lane[j & 15] += g[j] * ((x[j] - mean) * inverse);
    return sc_sum_lanes(lane);
}

kernel void layer_norm_rows(global const float *x, ulong x_offset, global const float *scale,
                            ulong scale_offset, global const float *shift, ulong shift_offset,
                            global float *y, ulong y_offset, global float *mean, ulong mean_offset,
                            global float *inverse, ulong inverse_offset, sc_shape_norm shape) {
    const size_t columns = shape.columns;
    const uint first = (uint)get_global_id(0) * shape.chunk;
    scale += scale_offset;
    shift += shift_offset;
    for (uint row = first; row < min(first + shape.chunk, shape.rows); ++row) {
        global const float *from = x + x_offset + row * columns;
        global float *to = y + y_offset + row * columns;
        const float centre = sc_row_sum(from, shape.columns) * shape.share;
        const float variance = sc_row_squares(from, centre, shape.columns) * shape.share;
        const float factor = sc_rsqrt(variance + shape.epsilon);
        SC_VECTOR_LOOP
        for (size_t j = 0; j < columns; ++j)
            to[j] = ((from[j] - centre) * factor) * scale[j] + shift[j];
        mean[mean_offset + row] = centre;
        inverse[inverse_offset + row] = factor;
    }
}

kernel void layer_norm_grad_rows(global const float *x, ulong x_offset, global const float *scale,
                                 ulong scale_offset, global const float *dy, ulong dy_offset,
                                 global const float *mean, ulong mean_offset,
                                 global const float *inverse, ulong inverse_offset,
                                 global float *dx, ulong dx_offset, sc_shape_norm shape) {
    const size_t columns = shape.columns;
    const uint first = (uint)get_global_id(0) * shape.chunk;
    scale += scale_offset;
    for (uint row = first; row < min(first + shape.chunk, shape.rows); ++row) {
        global const float *from = x + x_offset + row * columns;
        global const float *gradient = dy + dy_offset + row * columns;
        global float *to = dx + dx_offset + row * columns;
        const float centre = mean[mean_offset + row];
        const float factor = inverse[inverse_offset + row];
        SC_VECTOR_LOOP
        for (size_t j = 0; j < columns; ++j) to[j] = gradient[j] * scale[j];
        const float sum = sc_row_sum(to, shape.columns) * shape.share;
        const float dot = sc_row_dot(to, from, centre, factor, shape.columns) * shape.share;
        SC_VECTOR_LOOP
        for (size_t j = 0; j < columns; ++j)
            to[j] = factor * ((to[j] - sum) - ((from[j] - centre) * factor) * dot);
    }
}

/* ---- A work-group per row; every item takes part in every barrier ---- */

/* The elements of an item: quads of four neighbours, the first at 4 * item, then every SC_GROUP
 * quads. A row is walked in pieces of SC_PIECE elements, of which there is one without SC_MORE. */
#define SC_PIECE (4u * SC_GROUP * SC_QUADS)
#if SC_MORE
#define SC_EACH_PIECE(first, columns) for (uint first = 0; first < columns; first += SC_PIECE)
#else
#define SC_EACH_PIECE(first, columns) for (uint first = 0, once = 1; once; once = 0)
#endif
#define SC_AT(first, q) (first + 4u * ((uint)get_local_id(0) + (q)*SC_GROUP))

/* Elements j .. j + 3 of a row of which `columns` are there; the others are `rest`. */
static inline float4 sc_load_quad(global const float *row, uint j, uint columns, int aligned,
                                  float rest) {
    float4 v = (float4)(rest);
    if (aligned) return j < columns ? *(global const float4 *)(row + j) : v;
    if (j < columns) v.x = row[j];
    if (j + 1 < columns) v.y = row[j + 1];
    if (j + 2 < columns) v.z = row[j + 2];
    if (j + 3 < columns) v.w = row[j + 3];
    return v;
}

static inline void sc_store_quad(float4 v, global float *row, uint j, uint columns, int aligned) {
    if (aligned) {
        if (j < columns) *(global float4 *)(row + j) = v;
        return;
    }
    if (j < columns) row[j] = v.x;
    if (j + 1 < columns) row[j + 1] = v.y;
    if (j + 2 < columns) row[j + 2] = v.z;
    if (j + 3 < columns) row[j + 3] = v.w;
}

static inline float sc_sum_quad(float4 v) {
    return (v.x + v.y) + (v.z + v.w);
}

/* The sums over the group of two values of each item. */
static inline float2 sc_group_sum(local float2 *lane, float2 value) {
    const uint me = (uint)get_local_id(0);
    lane[me] = value;
    for (uint step = SC_GROUP / 2; step > 0; step /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (me < step) lane[me] += lane[me + step];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    value = lane[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    return value;
}

static inline void sc_load_quads(float4 *v, global const float *row, uint first, uint columns,
                                 int aligned) {
#pragma unroll
    for (uint q = 0; q < SC_QUADS; ++q)
        v[q] = sc_load_quad(row, SC_AT(first, q), columns, aligned, 0.0f);
}

kernel void layer_norm_group(global const float *x, ulong x_offset, global const float *scale,
                             ulong scale_offset, global const float *shift, ulong shift_offset,
                             global float *y, ulong y_offset, global float *mean, ulong mean_offset,
                             global float *inverse, ulong inverse_offset, sc_shape_norm shape) {
    local float2 lane[SC_GROUP];
    const uint row = (uint)get_group_id(0);
    const uint columns = row < shape.rows ? shape.columns : 0;
    global const float *from = x + x_offset + row * (size_t)shape.columns;
    global float *to = y + y_offset + row * (size_t)shape.columns;
    const int aligned =
        (((uint)(x_offset | y_offset | scale_offset | shift_offset) | shape.columns) & 3u) == 0;
    float4 v[SC_QUADS];
    float sum = 0.0f;
    scale += scale_offset;
    shift += shift_offset;
    SC_EACH_PIECE(first, columns) {
        sc_load_quads(v, from, first, columns, aligned);
#pragma unroll
        for (uint q = 0; q < SC_QUADS; ++q) sum += sc_sum_quad(v[q]);
    }
    const float centre = sc_group_sum(lane, (float2)(sum, 0.0f)).x * shape.share;
    sum = 0.0f;
    SC_EACH_PIECE(first, columns) {
        if (SC_MORE) sc_load_quads(v, from, first, columns, aligned);
#pragma unroll
        for (uint q = 0; q < SC_QUADS; ++q) {
            const uint4 place = SC_AT(first, q) + (uint4)(0, 1, 2, 3);
            const float4 distance = place < columns ? v[q] - centre : (float4)(0.0f);
            sum += sc_sum_quad(distance * distance);
        }
    }
    const float variance = sc_group_sum(lane, (float2)(sum, 0.0f)).x * shape.share;
    const float factor = sc_rsqrt(variance + shape.epsilon);
    SC_EACH_PIECE(first, columns) {
        if (SC_MORE) sc_load_quads(v, from, first, columns, aligned);
#pragma unroll
        for (uint q = 0; q < SC_QUADS; ++q) {
            const uint j = SC_AT(first, q);
            const float4 by = sc_load_quad(scale, j, columns, aligned, 0.0f);
            const float4 plus = sc_load_quad(shift, j, columns, aligned, 0.0f);
            sc_store_quad(((v[q] - centre) * factor) * by + plus, to, j, columns, aligned);
        }
    }
    if (columns && get_local_id(0) == 0) {
        mean[mean_offset + row] = centre;
        inverse[inverse_offset + row] = factor;
    }
}

/* g = dy * scale and h = (x - mean) * inverse of one piece. */
static inline void sc_load_gradient(float4 *g, float4 *h, global const float *x,
                                    global const float *scale, global const float *dy, float centre,
                                    float factor, uint first, uint columns, int aligned) {
#pragma unroll
    for (uint q = 0; q < SC_QUADS; ++q) {
        const uint j = SC_AT(first, q);
        g[q] = sc_load_quad(dy, j, columns, aligned, 0.0f) *
               sc_load_quad(scale, j, columns, aligned, 0.0f);
        h[q] = (sc_load_quad(x, j, columns, aligned, centre) - centre) * factor;
    }
}

kernel void layer_norm_grad_group(global const float *x, ulong x_offset, global const float *scale,
                                  ulong scale_offset, global const float *dy, ulong dy_offset,
                                  global const float *mean, ulong mean_offset,
                                  global const float *inverse, ulong inverse_offset,
                                  global float *dx, ulong dx_offset, sc_shape_norm shape) {
    local float2 lane[SC_GROUP];
    const uint row = (uint)get_group_id(0);
    const uint columns = row < shape.rows ? shape.columns : 0;
    global const float *from = x + x_offset + row * (size_t)shape.columns;
    global const float *gradient = dy + dy_offset + row * (size_t)shape.columns;
    global float *to = dx + dx_offset + row * (size_t)shape.columns;
    const int aligned =
        (((uint)(x_offset | dy_offset | dx_offset | scale_offset) | shape.columns) & 3u) == 0;
    const float centre = columns ? mean[mean_offset + row] : 0.0f;
    const float factor = columns ? inverse[inverse_offset + row] : 0.0f;
    float4 g[SC_QUADS], h[SC_QUADS];
    float2 part = (float2)(0.0f);
    scale += scale_offset;
    SC_EACH_PIECE(first, columns) {
        sc_load_gradient(g, h, from, scale, gradient, centre, factor, first, columns, aligned);
#pragma unroll
        for (uint q = 0; q < SC_QUADS; ++q)
            part += (float2)(sc_sum_quad(g[q]), sc_sum_quad(g[q] * h[q]));
    }
    const float2 share = sc_group_sum(lane, part) * shape.share;
    SC_EACH_PIECE(first, columns) {
        if (SC_MORE)
            sc_load_gradient(g, h, from, scale, gradient, centre, factor, first, columns, aligned);
#pragma unroll
        for (uint q = 0; q < SC_QUADS; ++q)
            sc_store_quad(factor * ((g[q] - share.x) - h[q] * share.y), to, SC_AT(first, q),
                          columns, aligned);
    }
}
