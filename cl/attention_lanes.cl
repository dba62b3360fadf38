/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attention and its gradients for CPU-class devices: a work-item has 16 rows of a head, one per
 * lane of its vectors, and meets the rows of the other side in order, 16 at a time. What it owns is
 * turned once, so that no sum crosses lanes; what it meets is read where it lies. It must not know
 * layers.
 *
 * Global (blocks of 16 rows, heads, samples), local 1; the rows are queries, of
 * attention_grad_key_lanes keys. -D list: SC_MOST (columns of a head at most); SC_NO_FMA. Accuracy:
 * each product and each sum is one chain of multiply-adds in order.
 */
#define SC_WIDTH 16
#include "attention.h"
#include "vector.h"

#define SC_LANES 16
#define SC_BLOCK 16 /* rows of the other side */
#define SC_STEP 4   /* of which so many are multiplied at once */

/* to[d] = column d of rows `first` .. `first + 15` of a head; 0 beyond `count` rows. */
SC_INLINE void sc_turn_in(float16 *to, global const float *from, int first, int count,
                          const sc_shape_attention *shape) {
    float *flat = (float *)to;
    for (int lane = 0; lane < SC_LANES; ++lane) {
        global const float *row = from + (size_t)min(first + lane, count - 1) * shape->width;
        const bool there = first + lane < count;
        for (int d = 0; d < shape->depth; ++d) flat[d * SC_LANES + lane] = there ? row[d] : 0.0f;
    }
}

/* Row `first + lane` = the lane of from[d] times that of `factor`. */
SC_INLINE void sc_turn_out(global float *to, const float16 *from, float16 factor, int first,
                           int count, const sc_shape_attention *shape) {
    const float *flat = (const float *)from;
    float by[SC_LANES];
    vstore16(factor, 0, by);
    for (int lane = 0; lane < min(SC_LANES, count - first); ++lane) {
        global float *row = to + (size_t)(first + lane) * shape->width;
        for (int d = 0; d < shape->depth; ++d) row[d] = flat[d * SC_LANES + lane] * by[lane];
    }
}

SC_INLINE void sc_clear(float16 *sum, int depth) {
    for (int d = 0; d < depth; ++d) sum[d] = (float16)(0.0f);
}

/* The products of what each lane owns with SC_BLOCK rows from `at` on, of which `count` are there;
 * beyond, what comes out means nothing. */
SC_INLINE void sc_multiply(float16 *out, const float16 *own, global const float *rows, int at,
                           int count, const sc_shape_attention *shape) {
    for (int i = 0; i < SC_BLOCK; i += SC_STEP) {
        global const float *row[SC_STEP];
        float16 sum[SC_STEP];
#pragma unroll
        for (int j = 0; j < SC_STEP; ++j) {
            row[j] = rows + (size_t)min(at + i + j, count - 1) * shape->width;
            sum[j] = (float16)(0.0f);
        }
        for (int d = 0; d < shape->depth; ++d) {
            const float16 a = own[d];
#pragma unroll
            for (int j = 0; j < SC_STEP; ++j) sum[j] = SC_FMA(a, (float16)(row[j][d]), sum[j]);
        }
#pragma unroll
        for (int j = 0; j < SC_STEP; ++j) out[i + j] = sum[j];
    }
}

/* sum[d] += factor[i] times column d of row `at + i`, in the lanes where seen[i] is set, or with
 * `whole` in all. What a lane does not see is left out, not multiplied by 0: it may be NaN. */
SC_INLINE void sc_accumulate_as(float16 *sum, const float16 *factor, const int16 *seen,
                                global const float *rows, int at, int count,
                                const sc_shape_attention *shape, const int whole) {
    for (int i = 0; i < SC_BLOCK; i += SC_STEP) {
        global const float *row[SC_STEP];
#pragma unroll
        for (int j = 0; j < SC_STEP; ++j)
            row[j] = rows + (size_t)min(at + i + j, count - 1) * shape->width;
        for (int d = 0; d < shape->depth; ++d) {
            float16 a = sum[d];
#pragma unroll
            for (int j = 0; j < SC_STEP; ++j) {
                const float16 next = SC_FMA(factor[i + j], (float16)(row[j][d]), a);
                a = whole ? next : seen[i + j] ? next : a;
            }
            sum[d] = a;
        }
    }
}

SC_INLINE void sc_accumulate(float16 *sum, const float16 *factor, const int16 *seen, int whole,
                             global const float *rows, int at, int count,
                             const sc_shape_attention *shape) {
    if (whole)
        sc_accumulate_as(sum, factor, seen, rows, at, count, shape, 1);
    else
        sc_accumulate_as(sum, factor, seen, rows, at, count, shape, 0);
}

/* The lanes' numbers from `first` on. */
SC_INLINE int16 sc_rows_from(int first) {
    return first + (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/* sc_end_of_keys and sc_begin_of_queries of each lane's row. */
SC_INLINE int16 sc_ends_of_keys(int16 row, int length, const sc_shape_attention *shape) {
    return shape->causal ? clamp(row + (shape->shift + 1), (int16)(0), (int16)(length))
                         : (int16)(length);
}

SC_INLINE int16 sc_begins_of_queries(int16 row, int length, const sc_shape_attention *shape) {
    const int16 begin =
        shape->causal ? clamp(row - shape->shift, (int16)(0), (int16)(shape->queries)) : (int16)(0);
    return row < length ? begin : (int16)(shape->queries);
}

/* A value per query of the lanes; 0 beyond the last. */
SC_INLINE float16 sc_statistics(global const float *from, int first,
                                const sc_shape_attention *shape) {
    float value[SC_LANES];
    for (int lane = 0; lane < SC_LANES; ++lane)
        value[lane] =
            first + lane < shape->queries ? from[(size_t)(first + lane) * shape->heads] : 0.0f;
    return vload16(0, value);
}

kernel void attention_lanes(global const float *q, ulong q_offset, global const float *k,
                            ulong k_offset, global const float *v, ulong v_offset,
                            global const int *length, ulong length_offset, global float *y,
                            ulong y_offset, global float *logsum, ulong logsum_offset,
                            sc_shape_attention shape) {
    const int first = (int)get_global_id(0) * SC_LANES;
    if (first >= shape.queries) return;
    const int keys = sc_length_of(length + length_offset, &shape);
    const int last = min(first + SC_LANES, shape.queries) - 1;
    const int all = sc_end_of_keys(last, keys, &shape), least = sc_end_of_keys(first, keys, &shape);
    const int16 end = sc_ends_of_keys(sc_rows_from(first), keys, &shape);
    float16 own[SC_MOST], sum[SC_MOST], weight[SC_BLOCK];
    float16 most = (float16)(-INFINITY), total = (float16)(0.0f);
    int16 seen[SC_BLOCK];
    k += k_offset + SC_HEAD_OF(shape.keys);
    v += v_offset + SC_HEAD_OF(shape.keys);
    sc_turn_in(own, q + q_offset + SC_HEAD_OF(shape.queries), first, shape.queries, &shape);
    sc_clear(sum, shape.depth);
    for (int at = 0; at < all; at += SC_BLOCK) {
        float16 next = most;
        sc_multiply(weight, own, k, at, all, &shape);
        for (int i = 0; i < SC_BLOCK; ++i) {
            weight[i] = weight[i] * shape.scale;
            seen[i] = at + i < end;
            next = seen[i] ? sc_max(weight[i], next) : next;
        }
        const float16 base = next == -INFINITY ? (float16)(0.0f) : next;
        const float16 again = sc_exp(most - base);
        total *= again;
        for (int i = 0; i < SC_BLOCK; ++i) {
            weight[i] = seen[i] ? sc_exp(weight[i] - base) : (float16)(0.0f);
            total += weight[i];
        }
        if (any(again != 1.0f))
            for (int d = 0; d < shape.depth; ++d) sum[d] *= again;
        most = next;
        sc_accumulate(sum, weight, seen, at + SC_BLOCK <= least, v, at, all, &shape);
    }
    sc_turn_out(y + y_offset + SC_HEAD_OF(shape.queries), sum,
                end > 0 ? 1.0f / total : (float16)(0.0f), first, shape.queries, &shape);
    const float16 logarithm = total > 0.0f ? most + sc_log(total) : (float16)(NAN);
    float result[SC_LANES];
    vstore16(end > 0 ? logarithm : (float16)(-INFINITY), 0, result);
    logsum += logsum_offset + SC_STATISTICS;
    for (int t = first; t <= last; ++t) logsum[(size_t)t * shape.heads] = result[t - first];
}

kernel void attention_grad_query_lanes(global const float *q, ulong q_offset, global const float *k,
                                       ulong k_offset, global const float *v, ulong v_offset,
                                       global const float *dy, ulong dy_offset,
                                       global const float *logsum, ulong logsum_offset,
                                       global const float *delta, ulong delta_offset,
                                       global const int *length, ulong length_offset,
                                       global float *dq, ulong dq_offset,
                                       sc_shape_attention shape) {
    const int first = (int)get_global_id(0) * SC_LANES;
    if (first >= shape.queries) return;
    const int keys = sc_length_of(length + length_offset, &shape);
    const int last = min(first + SC_LANES, shape.queries) - 1;
    const int all = sc_end_of_keys(last, keys, &shape), least = sc_end_of_keys(first, keys, &shape);
    const int16 end = sc_ends_of_keys(sc_rows_from(first), keys, &shape);
    const float16 total = sc_statistics(logsum + logsum_offset + SC_STATISTICS, first, &shape);
    const float16 part = sc_statistics(delta + delta_offset + SC_STATISTICS, first, &shape);
    float16 own[SC_MOST], slope[SC_MOST], sum[SC_MOST], p[SC_BLOCK], g[SC_BLOCK];
    int16 seen[SC_BLOCK];
    k += k_offset + SC_HEAD_OF(shape.keys);
    v += v_offset + SC_HEAD_OF(shape.keys);
    sc_turn_in(own, q + q_offset + SC_HEAD_OF(shape.queries), first, shape.queries, &shape);
    sc_turn_in(slope, dy + dy_offset + SC_HEAD_OF(shape.queries), first, shape.queries, &shape);
    sc_clear(sum, shape.depth);
    for (int at = 0; at < all; at += SC_BLOCK) {
        sc_multiply(p, own, k, at, all, &shape);
        sc_multiply(g, slope, v, at, all, &shape);
        for (int i = 0; i < SC_BLOCK; ++i) {
            seen[i] = at + i < end;
            g[i] = sc_exp(p[i] * shape.scale - total) * (g[i] - part);
        }
        sc_accumulate(sum, g, seen, at + SC_BLOCK <= least, k, at, all, &shape);
    }
    sc_turn_out(dq + dq_offset + SC_HEAD_OF(shape.queries), sum, (float16)(shape.scale), first,
                shape.queries, &shape);
}

kernel void attention_grad_key_lanes(global const float *q, ulong q_offset, global const float *k,
                                     ulong k_offset, global const float *v, ulong v_offset,
                                     global const float *dy, ulong dy_offset,
                                     global const float *logsum, ulong logsum_offset,
                                     global const float *delta, ulong delta_offset,
                                     global const int *length, ulong length_offset,
                                     global float *dk, ulong dk_offset, global float *dv,
                                     ulong dv_offset, sc_shape_attention shape) {
    const int first = (int)get_global_id(0) * SC_LANES;
    if (first >= shape.keys) return;
    const int keys = sc_length_of(length + length_offset, &shape), queries = shape.queries;
    const int last = min(first + SC_LANES, shape.keys) - 1;
    const int all = sc_begin_of_queries(first, keys, &shape);
    const int least = sc_begin_of_queries(last, keys, &shape);
    const int16 begin = sc_begins_of_queries(sc_rows_from(first), keys, &shape);
    float16 own[SC_MOST], value[SC_MOST], sum_k[SC_MOST], sum_v[SC_MOST], p[SC_BLOCK], g[SC_BLOCK];
    int16 seen[SC_BLOCK];
    q += q_offset + SC_HEAD_OF(queries);
    dy += dy_offset + SC_HEAD_OF(queries);
    logsum += logsum_offset + SC_STATISTICS;
    delta += delta_offset + SC_STATISTICS;
    sc_turn_in(own, k + k_offset + SC_HEAD_OF(shape.keys), first, shape.keys, &shape);
    sc_turn_in(value, v + v_offset + SC_HEAD_OF(shape.keys), first, shape.keys, &shape);
    sc_clear(sum_k, shape.depth);
    sc_clear(sum_v, shape.depth);
    for (int at = all - all % SC_BLOCK; at < queries; at += SC_BLOCK) {
        const int whole = at >= least && at + SC_BLOCK <= queries;
        sc_multiply(p, own, q, at, queries, &shape);
        sc_multiply(g, value, dy, at, queries, &shape);
        for (int i = 0; i < SC_BLOCK; ++i) {
            const size_t statistic = (size_t)min(at + i, queries - 1) * shape.heads;
            seen[i] = (at + i >= begin) & (int16)(at + i < queries ? -1 : 0);
            p[i] = sc_exp(p[i] * shape.scale - logsum[statistic]);
            g[i] = p[i] * (g[i] - delta[statistic]);
        }
        sc_accumulate(sum_v, p, seen, whole, dy, at, queries, &shape);
        sc_accumulate(sum_k, g, seen, whole, q, at, queries, &shape);
    }
    sc_turn_out(dk + dk_offset + SC_HEAD_OF(shape.keys), sum_k, (float16)(shape.scale), first,
                shape.keys, &shape);
    sc_turn_out(dv + dv_offset + SC_HEAD_OF(shape.keys), sum_v, (float16)(1.0f), first, shape.keys,
                &shape);
}
