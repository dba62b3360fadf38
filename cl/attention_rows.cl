/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attention and its gradients, a row per work-item: the reference. Results are added up where they
 * lie in memory. It must not know layers.
 *
 * Global (rows, heads, samples), local 1; the rows are queries, of attention_grad_key_rows keys.
 * Accuracy: products of rows in 16 interleaved accumulators, then pairwise; all else in the order
 * of the other side's rows.
 */
#include "attention.h"
#include "vector_loop.h"

static inline float sc_dot(global const float *a, global const float *b, int count) {
    float16 sum = (float16)(0.0f);
    float rest = 0.0f;
    int j = 0;
    for (; j + 16 <= count; j += 16) sum += vload16(0, a + j) * vload16(0, b + j);
    for (; j < count; ++j) rest += a[j] * b[j];
    const float8 eight = sum.lo + sum.hi;
    const float4 four = eight.lo + eight.hi;
    const float2 two = four.lo + four.hi;
    return (two.x + two.y) + rest;
}

static inline void sc_fill(global float *to, float value, int count) {
    SC_VECTOR_LOOP
    for (int j = 0; j < count; ++j) to[j] = value;
}

static inline void sc_add(global float *to, float factor, global const float *row, int count) {
    SC_VECTOR_LOOP
    for (int j = 0; j < count; ++j) to[j] += factor * row[j];
}

static inline void sc_scale(global float *to, float factor, int count) {
    SC_VECTOR_LOOP
    for (int j = 0; j < count; ++j) to[j] *= factor;
}

kernel void attention_rows(global const float *q, ulong q_offset, global const float *k,
                           ulong k_offset, global const float *v, ulong v_offset,
                           global const int *length, ulong length_offset, global float *y,
                           ulong y_offset, global float *logsum, ulong logsum_offset,
                           sc_shape_attention shape) {
    const int t = (int)get_global_id(0), depth = shape.depth;
    if (t >= shape.queries) return;
    const size_t row = (size_t)t * shape.width;
    const int end = sc_end_of_keys(t, sc_length_of(length + length_offset, &shape), &shape);
    q += q_offset + SC_HEAD_OF(shape.queries) + row;
    y += y_offset + SC_HEAD_OF(shape.queries) + row;
    k += k_offset + SC_HEAD_OF(shape.keys);
    v += v_offset + SC_HEAD_OF(shape.keys);
    logsum += logsum_offset + SC_STATISTICS + (size_t)t * shape.heads;
    float most = -INFINITY, sum = 0.0f;
    for (int s = 0; s < end; ++s)
        most = sc_max(sc_dot(q, k + (size_t)s * shape.width, depth) * shape.scale, most);
    sc_fill(y, 0.0f, depth);
    for (int s = 0; s < end; ++s) {
        const size_t at = (size_t)s * shape.width;
        const float p = sc_exp(sc_dot(q, k + at, depth) * shape.scale - most);
        sum += p;
        sc_add(y, p, v + at, depth);
    }
    if (end > 0) sc_scale(y, 1.0f / sum, depth);
    *logsum = end > 0 ? most + sc_log(sum) : -INFINITY;
}

kernel void attention_grad_query_rows(global const float *q, ulong q_offset, global const float *k,
                                      ulong k_offset, global const float *v, ulong v_offset,
                                      global const float *dy, ulong dy_offset,
                                      global const float *logsum, ulong logsum_offset,
                                      global const float *delta, ulong delta_offset,
                                      global const int *length, ulong length_offset,
                                      global float *dq, ulong dq_offset, sc_shape_attention shape) {
    const int t = (int)get_global_id(0), depth = shape.depth;
    if (t >= shape.queries) return;
    const size_t row = SC_HEAD_OF(shape.queries) + (size_t)t * shape.width;
    const size_t statistic = SC_STATISTICS + (size_t)t * shape.heads;
    const int end = sc_end_of_keys(t, sc_length_of(length + length_offset, &shape), &shape);
    q += q_offset + row;
    dy += dy_offset + row;
    dq += dq_offset + row;
    k += k_offset + SC_HEAD_OF(shape.keys);
    v += v_offset + SC_HEAD_OF(shape.keys);
    const float total = logsum[logsum_offset + statistic], part = delta[delta_offset + statistic];
    sc_fill(dq, 0.0f, depth);
    for (int s = 0; s < end; ++s) {
        const size_t at = (size_t)s * shape.width;
        const float p = sc_exp(sc_dot(q, k + at, depth) * shape.scale - total);
        sc_add(dq, p * (sc_dot(dy, v + at, depth) - part), k + at, depth);
    }
    sc_scale(dq, shape.scale, depth);
}

kernel void attention_grad_key_rows(global const float *q, ulong q_offset, global const float *k,
                                    ulong k_offset, global const float *v, ulong v_offset,
                                    global const float *dy, ulong dy_offset,
                                    global const float *logsum, ulong logsum_offset,
                                    global const float *delta, ulong delta_offset,
                                    global const int *length, ulong length_offset, global float *dk,
                                    ulong dk_offset, global float *dv, ulong dv_offset,
                                    sc_shape_attention shape) {
    const int s = (int)get_global_id(0), depth = shape.depth;
    if (s >= shape.keys) return;
    const size_t row = SC_HEAD_OF(shape.keys) + (size_t)s * shape.width;
    const int begin = sc_begin_of_queries(s, sc_length_of(length + length_offset, &shape), &shape);
    k += k_offset + row;
    v += v_offset + row;
    dk += dk_offset + row;
    dv += dv_offset + row;
    q += q_offset + SC_HEAD_OF(shape.queries);
    dy += dy_offset + SC_HEAD_OF(shape.queries);
    logsum += logsum_offset + SC_STATISTICS;
    delta += delta_offset + SC_STATISTICS;
    sc_fill(dk, 0.0f, depth);
    sc_fill(dv, 0.0f, depth);
    for (int t = begin; t < shape.queries; ++t) {
        const size_t at = (size_t)t * shape.width, statistic = (size_t)t * shape.heads;
        const float p = sc_exp(sc_dot(q + at, k, depth) * shape.scale - logsum[statistic]);
        sc_add(dv, p, dy + at, depth);
        sc_add(dk, p * (sc_dot(dy + at, v, depth) - delta[statistic]), q + at, depth);
    }
    sc_scale(dk, shape.scale, depth);
}
