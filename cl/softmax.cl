/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Softmax, its gradient and cross entropy along the rows of [rows][columns]: a work-item walks along
 * `chunk` rows with loops that vectorise (CPU-class devices). softmax_group.cl is for the others.
 * It must not know layers.
 *
 * Global (rows / chunk), local 1. -D SC_LABEL=uchar|int: the type of labels. Accuracy: exp 1 ulp;
 * sums in 16 interleaved accumulators, then pairwise. The maximum is subtracted before exp. A NaN in
 * a row makes the row NaN.
 */
#include "scalar.h"
#include "shape_rows.h"
#include "vector_loop.h"

#ifndef SC_LABEL
#define SC_LABEL int
#endif

static inline float sc_row_max(global const float *x, uint columns) {
    float lane[16];
    uint j = 0;
    float16 most = (float16)(-INFINITY);
    for (; j + 16 <= columns; j += 16) {
        const float16 v = vload16(0, x + j);
        most = (v > most) | (v != v) ? v : most;
    }
    vstore16(most, 0, lane);
    for (; j < columns; ++j) lane[j & 15] = sc_max(x[j], lane[j & 15]);
    for (int step = 8; step > 0; step /= 2)
        for (int i = 0; i < step; ++i) lane[i] = sc_max(lane[i], lane[i + step]);
    return lane[0];
}

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

static inline float sc_row_dot(global const float *a, global const float *b, uint columns) {
    float lane[16];
    uint j = 0;
    float16 sum = (float16)(0.0f);
    for (; j + 16 <= columns; j += 16) sum += vload16(0, a + j) * vload16(0, b + j);
    vstore16(sum, 0, lane);
    for (; j < columns; ++j) lane[j & 15] += a[j] * b[j];
    return sc_sum_lanes(lane);
}

/* y = exp(x - most); returns the sum. */
static inline float sc_row_exp(global const float *x, global float *y, float most, uint columns) {
    SC_VECTOR_LOOP
    for (size_t j = 0; j < columns; ++j) y[j] = sc_exp(x[j] - most);
    return sc_row_sum(y, columns);
}

kernel void softmax_rows(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                         sc_shape_rows shape) {
    const size_t columns = shape.columns;
    const uint first = (uint)get_global_id(0) * shape.chunk;
    for (uint row = first; row < min(first + shape.chunk, shape.rows); ++row) {
        global const float *from = x + x_offset + row * columns;
        global float *to = y + y_offset + row * columns;
        const float most = sc_row_max(from, shape.columns);
        const float sum = sc_row_exp(from, to, most, shape.columns);
        if (shape.logarithm) {
            const float shift = sc_log(sum);
            SC_VECTOR_LOOP
            for (size_t j = 0; j < columns; ++j) to[j] = (from[j] - most) - shift;
        } else {
            SC_VECTOR_LOOP
            for (size_t j = 0; j < columns; ++j) to[j] = to[j] / sum;
        }
    }
}

kernel void softmax_grad_rows(global const float *y, ulong y_offset, global const float *dy,
                              ulong dy_offset, global float *dx, ulong dx_offset,
                              sc_shape_rows shape) {
    const size_t columns = shape.columns;
    const uint first = (uint)get_global_id(0) * shape.chunk;
    for (uint row = first; row < min(first + shape.chunk, shape.rows); ++row) {
        global const float *result = y + y_offset + row * columns;
        global const float *gradient = dy + dy_offset + row * columns;
        global float *to = dx + dx_offset + row * columns;
        if (shape.logarithm) {
            const float sum = sc_row_sum(gradient, shape.columns);
            SC_VECTOR_LOOP
            for (size_t j = 0; j < columns; ++j) to[j] = gradient[j] - sc_exp(result[j]) * sum;
        } else {
            const float dot = sc_row_dot(result, gradient, shape.columns);
            SC_VECTOR_LOOP
            for (size_t j = 0; j < columns; ++j) to[j] = result[j] * (gradient[j] - dot);
        }
    }
}

kernel void cross_entropy_rows(global const float *x, ulong x_offset, global const SC_LABEL *label,
                               ulong label_offset, global float *loss, ulong loss_offset,
                               global float *dx, ulong dx_offset, sc_shape_rows shape) {
    const size_t columns = shape.columns;
    const uint first = (uint)get_global_id(0) * shape.chunk;
    for (uint row = first; row < min(first + shape.chunk, shape.rows); ++row) {
        global const float *from = x + x_offset + row * columns;
        global float *to = dx + dx_offset + row * columns;
        const int wanted = label[label_offset + row];
        const bool known = wanted >= 0 && (uint)wanted < shape.columns;
        const float most = sc_row_max(from, shape.columns);
        const float sum = sc_row_exp(from, to, most, shape.columns);
        const float scale = known ? sum : NAN;
        SC_VECTOR_LOOP
        for (size_t j = 0; j < columns; ++j) to[j] = to[j] / scale;
        loss[loss_offset + row] = known ? sc_log(sum) - (from[wanted] - most) : NAN;
        if (known) to[wanted] -= 1.0f;
    }
}
