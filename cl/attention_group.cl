/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attention and its gradients in tiles held in local memory (Dao 2022 and 2023), for GPU-class
 * devices: a work-group owns SC_OWN rows of one head and meets the other side's rows, SC_OTHER at a
 * time. Of the scores it holds one tile against a tile. Every result has one owner, so nothing is
 * atomic, and sums run in the order of the other side. attention_tile.h says which work-item has
 * what of a tile. It must not know layers.
 *
 * Global (SC_ITEMS * blocks of rows, heads, samples), local (SC_ITEMS, 1, 1). -D list: SC_GRADIENT
 * (which of the kernels there are: their tiles are of different sizes), SC_ITEMS (a power of two,
 * 8 at least), SC_QUADS (columns of a head / 32, rounded up), SC_R, SC_C; SC_NO_FMA. Accuracy: each
 * product and each sum is one chain of multiply-adds; a sum of weights has 8 of them, added up in
 * order.
 */
#include "attention_tile.h"

#if !SC_GRADIENT

kernel void attention_group(global const float *q, ulong q_offset, global const float *k,
                            ulong k_offset, global const float *v, ulong v_offset,
                            global const int *length, ulong length_offset, global float *y,
                            ulong y_offset, global float *logsum, ulong logsum_offset,
                            sc_shape_attention shape) {
    local float own[SC_OWN * SC_PITCH], other[SC_OTHER * SC_PITCH];
    local float weight[SC_OWN * SC_FACTORS], shared[SC_OWN * (SC_COLUMNS_OF_ITEMS + 1)];
    const int first = (int)get_group_id(0) * SC_OWN;
    const int aligned = SC_ALIGNED(q_offset | k_offset, v_offset | y_offset);
    if (first >= shape.queries) return; /* the whole group */
    const int keys = sc_length_of(length + length_offset, &shape);
    const int most_rows = min(first + SC_OWN, shape.queries);
    const int all = sc_end_of_keys(most_rows - 1, keys, &shape);
    const int least = sc_end_of_keys(first, keys, &shape); /* what every row sees */
    float4 sum[SC_R][SC_QUADS];
    float most[SC_R], weights[SC_R];
    int end[SC_R];
    q += q_offset + SC_HEAD_OF(shape.queries);
    k += k_offset + SC_HEAD_OF(shape.keys);
    v += v_offset + SC_HEAD_OF(shape.keys);
    sc_clear(sum);
#pragma unroll
    for (int r = 0; r < SC_R; ++r) {
        most[r] = -INFINITY;
        weights[r] = 0.0f;
        end[r] = sc_end_of_keys(first + SC_ROW(r), keys, &shape);
    }
    sc_load_rows(own, q, first, shape.queries, SC_OWN, &shape, aligned);
    for (int at = 0; at < all; at += SC_OTHER) {
        float score[SC_R][SC_C];
        int begins[SC_R], ends[SC_R];
        sc_load_rows(other, k, at, all, SC_OTHER, &shape, aligned);
        barrier(CLK_LOCAL_MEM_FENCE);
        sc_multiply(score, own, other, shape.depth);
#pragma unroll
        for (int r = 0; r < SC_R; ++r) {
            float here = -INFINITY;
#pragma unroll
            for (int c = 0; c < SC_C; ++c) {
                score[r][c] = score[r][c] * shape.scale;
                here = at + SC_COLUMN(c) < end[r] ? sc_max(score[r][c], here) : here;
            }
            shared[SC_ROW(r) * (SC_COLUMNS_OF_ITEMS + 1) + SC_X] = here;
            begins[r] = 0;
            ends[r] = end[r] - at;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        sc_load_rows(other, v, at, all, SC_OTHER, &shape, aligned);
#pragma unroll
        for (int r = 0; r < SC_R; ++r) {
            local const float *line = shared + SC_ROW(r) * (SC_COLUMNS_OF_ITEMS + 1);
            float next = most[r], part = 0.0f;
#pragma unroll
            for (int x = 0; x < SC_COLUMNS_OF_ITEMS; ++x) next = sc_max(line[x], next);
            const float base = next == -INFINITY ? 0.0f : next; /* nothing but -inf: weights 0 */
            const float again = sc_exp(most[r] - base);
#pragma unroll
            for (int c = 0; c < SC_C; ++c) {
                const float p = at + SC_COLUMN(c) < end[r] ? sc_exp(score[r][c] - base) : 0.0f;
                weight[SC_ROW(r) * SC_FACTORS + SC_COLUMN(c)] = p;
                part += p;
            }
            most[r] = next;
            weights[r] = weights[r] * again + part;
#pragma unroll
            for (int c = 0; c < SC_QUADS; ++c) sum[r][c] *= again;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        sc_accumulate(sum, weight, other, begins, ends, at + SC_OTHER <= least || all == least);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
#pragma unroll
    for (int r = 0; r < SC_R; ++r)
        shared[SC_ROW(r) * (SC_COLUMNS_OF_ITEMS + 1) + SC_X] = weights[r];
    barrier(CLK_LOCAL_MEM_FENCE);
    float factor[SC_R];
    logsum += logsum_offset + SC_STATISTICS;
#pragma unroll
    for (int r = 0; r < SC_R; ++r) {
        float total = 0.0f;
        const int row = first + SC_ROW(r);
#pragma unroll
        for (int x = 0; x < SC_COLUMNS_OF_ITEMS; ++x)
            total += shared[SC_ROW(r) * (SC_COLUMNS_OF_ITEMS + 1) + x];
        factor[r] = end[r] > 0 ? 1.0f / total : 0.0f;
        if (SC_X == 0 && row < shape.queries)
            logsum[(size_t)row * shape.heads] = end[r] <= 0    ? -INFINITY
                                                : total > 0.0f ? most[r] + sc_log(total)
                                                               : NAN;
    }
    sc_store_sums(y + y_offset + SC_HEAD_OF(shape.queries), sum, factor, first, shape.queries,
                  &shape, aligned);
}

#else

kernel void attention_grad_query_group(global const float *q, ulong q_offset, global const float *k,
                                       ulong k_offset, global const float *v, ulong v_offset,
                                       global const float *dy, ulong dy_offset,
                                       global const float *logsum, ulong logsum_offset,
                                       global const float *delta, ulong delta_offset,
                                       global const int *length, ulong length_offset,
                                       global float *dq, ulong dq_offset,
                                       sc_shape_attention shape) {
    local float own[2][SC_OWN * SC_PITCH], other[2][SC_OTHER * SC_PITCH];
    local float slope[SC_OWN * SC_FACTORS];
    const int first = (int)get_group_id(0) * SC_OWN;
    const int aligned = SC_ALIGNED(q_offset | k_offset | dq_offset, v_offset | dy_offset);
    if (first >= shape.queries) return; /* the whole group */
    const int keys = sc_length_of(length + length_offset, &shape);
    const int all = sc_end_of_keys(min(first + SC_OWN, shape.queries) - 1, keys, &shape);
    const int least = sc_end_of_keys(first, keys, &shape);
    float4 sum[SC_R][SC_QUADS];
    float total[SC_R], part[SC_R], factor[SC_R];
    int end[SC_R];
    q += q_offset + SC_HEAD_OF(shape.queries);
    dy += dy_offset + SC_HEAD_OF(shape.queries);
    k += k_offset + SC_HEAD_OF(shape.keys);
    v += v_offset + SC_HEAD_OF(shape.keys);
    sc_clear(sum);
#pragma unroll
    for (int r = 0; r < SC_R; ++r) {
        const int row = first + SC_ROW(r);
        const size_t statistic = SC_STATISTICS + (size_t)min(row, shape.queries - 1) * shape.heads;
        total[r] = logsum[logsum_offset + statistic];
        part[r] = delta[delta_offset + statistic];
        factor[r] = shape.scale;
        end[r] = sc_end_of_keys(row, keys, &shape);
    }
    sc_load_rows(own[0], q, first, shape.queries, SC_OWN, &shape, aligned);
    sc_load_rows(own[1], dy, first, shape.queries, SC_OWN, &shape, aligned);
    for (int at = 0; at < all; at += SC_OTHER) {
        float score[SC_R][SC_C], change[SC_R][SC_C];
        int begins[SC_R], ends[SC_R];
        sc_load_rows(other[0], k, at, all, SC_OTHER, &shape, aligned);
        sc_load_rows(other[1], v, at, all, SC_OTHER, &shape, aligned);
        barrier(CLK_LOCAL_MEM_FENCE);
        sc_multiply(score, own[0], other[0], shape.depth);
        sc_multiply(change, own[1], other[1], shape.depth);
#pragma unroll
        for (int r = 0; r < SC_R; ++r) {
#pragma unroll
            for (int c = 0; c < SC_C; ++c) {
                const float p = sc_exp(score[r][c] * shape.scale - total[r]);
                const float g = p * (change[r][c] - part[r]);
                slope[SC_ROW(r) * SC_FACTORS + SC_COLUMN(c)] =
                    at + SC_COLUMN(c) < end[r] ? g : 0.0f;
            }
            begins[r] = 0;
            ends[r] = end[r] - at;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        sc_accumulate(sum, slope, other[0], begins, ends, at + SC_OTHER <= least || all == least);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    sc_store_sums(dq + dq_offset + SC_HEAD_OF(shape.queries), sum, factor, first, shape.queries,
                  &shape, aligned);
}

kernel void attention_grad_key_group(global const float *q, ulong q_offset, global const float *k,
                                     ulong k_offset, global const float *v, ulong v_offset,
                                     global const float *dy, ulong dy_offset,
                                     global const float *logsum, ulong logsum_offset,
                                     global const float *delta, ulong delta_offset,
                                     global const int *length, ulong length_offset,
                                     global float *dk, ulong dk_offset, global float *dv,
                                     ulong dv_offset, sc_shape_attention shape) {
    local float own[2][SC_OWN * SC_PITCH], other[2][SC_OTHER * SC_PITCH];
    local float weight[SC_OWN * SC_FACTORS], slope[SC_OWN * SC_FACTORS];
    const int first = (int)get_group_id(0) * SC_OWN;
    const int aligned =
        SC_ALIGNED(q_offset | k_offset | dk_offset, v_offset | dy_offset | dv_offset);
    if (first >= shape.keys) return; /* the whole group */
    const int keys = sc_length_of(length + length_offset, &shape);
    /* What any row is seen by, and what every row that counts is. */
    const int all = sc_begin_of_queries(first, keys, &shape);
    const int last = min(first + SC_OWN, shape.keys) - 1;
    const int least = sc_begin_of_queries(last, keys, &shape);
    float4 sum_k[SC_R][SC_QUADS], sum_v[SC_R][SC_QUADS];
    float by_scale[SC_R], by_one[SC_R];
    int begin[SC_R];
    q += q_offset + SC_HEAD_OF(shape.queries);
    dy += dy_offset + SC_HEAD_OF(shape.queries);
    logsum += logsum_offset + SC_STATISTICS;
    delta += delta_offset + SC_STATISTICS;
    sc_clear(sum_k);
    sc_clear(sum_v);
#pragma unroll
    for (int r = 0; r < SC_R; ++r) {
        begin[r] = sc_begin_of_queries(first + SC_ROW(r), keys, &shape);
        by_scale[r] = shape.scale;
        by_one[r] = 1.0f;
    }
    sc_load_rows(own[0], k + k_offset + SC_HEAD_OF(shape.keys), first, keys, SC_OWN, &shape,
                 aligned);
    sc_load_rows(own[1], v + v_offset + SC_HEAD_OF(shape.keys), first, keys, SC_OWN, &shape,
                 aligned);
    for (int at = all - all % SC_OTHER; at < shape.queries; at += SC_OTHER) {
        float score[SC_R][SC_C], change[SC_R][SC_C];
        int begins[SC_R], ends[SC_R];
        sc_load_rows(other[0], q, at, shape.queries, SC_OTHER, &shape, aligned);
        sc_load_rows(other[1], dy, at, shape.queries, SC_OTHER, &shape, aligned);
        barrier(CLK_LOCAL_MEM_FENCE);
        sc_multiply(score, own[0], other[0], shape.depth);
        sc_multiply(change, own[1], other[1], shape.depth);
#pragma unroll
        for (int c = 0; c < SC_C; ++c) {
            const int t = at + SC_COLUMN(c);
            const size_t statistic = (size_t)min(t, shape.queries - 1) * shape.heads;
            const float total = logsum[statistic], part = delta[statistic];
#pragma unroll
            for (int r = 0; r < SC_R; ++r) {
                const int place = SC_ROW(r) * SC_FACTORS + SC_COLUMN(c);
                const int seen = (t >= begin[r]) & (t < shape.queries);
                const float p = sc_exp(score[r][c] * shape.scale - total);
                const float g = p * (change[r][c] - part);
                weight[place] = seen ? p : 0.0f;
                slope[place] = seen ? g : 0.0f;
            }
        }
#pragma unroll
        for (int r = 0; r < SC_R; ++r) {
            begins[r] = begin[r] - at;
            ends[r] = SC_OTHER;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        sc_accumulate(sum_v, weight, other[1], begins, ends, at >= least);
        sc_accumulate(sum_k, slope, other[0], begins, ends, at >= least);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    sc_store_sums(dk + dk_offset + SC_HEAD_OF(shape.keys), sum_k, by_scale, first, shape.keys,
                  &shape, aligned);
    sc_store_sums(dv + dv_offset + SC_HEAD_OF(shape.keys), sum_v, by_one, first, shape.keys, &shape,
                  aligned);
}

#endif
