/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attention and its gradients in tiles held in local memory (Dao 2022 and 2023), for GPU-class
 * devices: a work-group owns SC_OWN rows of one head and meets the other side's rows, SC_OTHER at a
 * time. Of the scores it holds one tile against a tile. Every result has one owner, so nothing is
 * atomic, and sums run in the order of the other side. It must not know layers.
 *
 *     work-item (x, y), 8 x 16, of a tile of scores [SC_OWN][SC_OTHER]: rows y + 16 r, r < SC_R,
 *                       columns x + 8 c, c < SC_C
 *                       of sums [SC_OWN][depth]: the same rows, columns 4 x + 32 c .. + 3, c <
 *                       SC_QUADS
 *
 * Global (128 * blocks of rows, heads, samples), local (128, 1, 1). -D list: SC_GRADIENT (which of
 * the kernels there are: their tiles are of different sizes), SC_QUADS (columns of a head / 32,
 * rounded up), SC_R, SC_C; SC_NO_FMA. Accuracy: each product and each sum is one chain of
 * multiply-adds; a sum of weights has 8 of them, added up in order.
 */
#include "attention.h"
#include "vector.h"

#define SC_ITEMS 128
#define SC_ROWS_OF_ITEMS 16
#define SC_COLUMNS_OF_ITEMS 8
#define SC_OWN (SC_ROWS_OF_ITEMS * SC_R)
#define SC_OTHER (SC_COLUMNS_OF_ITEMS * SC_C)
/* Floats of a row in local memory: neighbours begin in other banks. */
#define SC_PITCH (32 * SC_QUADS + 4)
#define SC_FACTORS (SC_OTHER + 4)
#define SC_X ((int)get_local_id(0) % SC_COLUMNS_OF_ITEMS)
#define SC_Y ((int)get_local_id(0) / SC_COLUMNS_OF_ITEMS)
#define SC_ROW(r) (SC_Y + SC_ROWS_OF_ITEMS * (r))
#define SC_COLUMN(c) (SC_X + SC_COLUMNS_OF_ITEMS * (c))

/* Copies rows `first` .. `first + rows - 1` of a head to local memory; what is beyond `count` rows
 * or the columns of a head becomes 0. */
SC_INLINE void sc_load_rows(local float *to, global const float *from, int first, int count,
                            const int rows, const sc_shape_attention *shape, int aligned) {
#if SC_GRADIENT
#pragma unroll 1 /* more of them at once do not fit the registers of some */
#endif
    for (int i = (int)get_local_id(0); i < rows * 8 * SC_QUADS; i += SC_ITEMS) {
        const int row = i / (8 * SC_QUADS), j = 4 * (i % (8 * SC_QUADS));
        global const float *at = from + (size_t)(first + row) * shape->width + j;
        const int depth = first + row < count ? shape->depth : 0;
        float4 v = (float4)(0.0f);
        if (aligned) {
            if (j < depth) v = *(global const float4 *)at;
        } else {
            if (j < depth) v.x = at[0];
            if (j + 1 < depth) v.y = at[1];
            if (j + 2 < depth) v.z = at[2];
            if (j + 3 < depth) v.w = at[3];
        }
        *(local float4 *)(to + row * SC_PITCH + j) = v;
    }
}

/* score[r][c] = own row times other row, over the columns in order. */
SC_INLINE void sc_multiply(float (*score)[SC_C], local const float *own, local const float *other,
                           int depth) {
#pragma unroll
    for (int r = 0; r < SC_R; ++r)
#pragma unroll
        for (int c = 0; c < SC_C; ++c) score[r][c] = 0.0f;
#pragma unroll 1
    for (int d = 0; d < depth; d += 4) {
        float4 a[SC_R], b[SC_C];
#pragma unroll
        for (int r = 0; r < SC_R; ++r)
            a[r] = *(local const float4 *)(own + SC_ROW(r) * SC_PITCH + d);
#pragma unroll
        for (int c = 0; c < SC_C; ++c)
            b[c] = *(local const float4 *)(other + SC_COLUMN(c) * SC_PITCH + d);
#pragma unroll
        for (int r = 0; r < SC_R; ++r)
#pragma unroll
            for (int c = 0; c < SC_C; ++c) {
                score[r][c] = SC_FMA(a[r].x, b[c].x, score[r][c]);
                score[r][c] = SC_FMA(a[r].y, b[c].y, score[r][c]);
                score[r][c] = SC_FMA(a[r].z, b[c].z, score[r][c]);
                score[r][c] = SC_FMA(a[r].w, b[c].w, score[r][c]);
            }
    }
}

SC_INLINE float sc_part_of(float4 v, const int i) {
    return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w;
}

/* The same with a constant for `whole`. */
SC_INLINE void sc_accumulate_as(float4 (*sum)[SC_QUADS], local const float *factors,
                                local const float *other, const int *begin, const int *end,
                                const int whole) {
#pragma unroll 1
    for (int j = 0; j < SC_OTHER; j += 4) {
        float4 f[SC_R];
#pragma unroll
        for (int r = 0; r < SC_R; ++r)
            f[r] = *(local const float4 *)(factors + SC_ROW(r) * SC_FACTORS + j);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            local const float *row = other + (j + i) * SC_PITCH + 4 * SC_X;
            float4 b[SC_QUADS];
#pragma unroll
            for (int c = 0; c < SC_QUADS; ++c) b[c] = *(local const float4 *)(row + 32 * c);
#pragma unroll
            for (int r = 0; r < SC_R; ++r) {
                const int takes = whole | ((j + i >= begin[r]) & (j + i < end[r]));
                const float4 factor = (float4)(sc_part_of(f[r], i));
#pragma unroll
                for (int c = 0; c < SC_QUADS; ++c)
                    if (takes) sum[r][c] = SC_FMA(factor, b[c], sum[r][c]);
            }
        }
    }
}

/* sum[r] += factors of row r times the other rows, of which row r has a part in those from begin[r]
 * to end[r], or with `whole` in all. What it has no part in is left out, not multiplied by 0: it
 * may be NaN. */
SC_INLINE void sc_accumulate(float4 (*sum)[SC_QUADS], local const float *factors,
                             local const float *other, const int *begin, const int *end,
                             int whole) {
    if (whole)
        sc_accumulate_as(sum, factors, other, begin, end, 1);
    else
        sc_accumulate_as(sum, factors, other, begin, end, 0);
}

SC_INLINE void sc_clear(float4 (*sum)[SC_QUADS]) {
#pragma unroll
    for (int r = 0; r < SC_R; ++r)
#pragma unroll
        for (int c = 0; c < SC_QUADS; ++c) sum[r][c] = (float4)(0.0f);
}

SC_INLINE void sc_store_sums(global float *to, float4 (*sum)[SC_QUADS], const float *factor,
                             int first, int count, const sc_shape_attention *shape, int aligned) {
#pragma unroll
    for (int r = 0; r < SC_R; ++r) {
        if (first + SC_ROW(r) >= count) continue;
#pragma unroll
        for (int c = 0; c < SC_QUADS; ++c) {
            const int j = 4 * SC_X + 32 * c;
            global float *at = to + (size_t)(first + SC_ROW(r)) * shape->width + j;
            const float4 v = sum[r][c] * factor[r];
            if (aligned) {
                if (j < shape->depth) *(global float4 *)at = v;
                continue;
            }
            if (j < shape->depth) at[0] = v.x;
            if (j + 1 < shape->depth) at[1] = v.y;
            if (j + 2 < shape->depth) at[2] = v.z;
            if (j + 3 < shape->depth) at[3] = v.w;
        }
    }
}

/* Whether all rows of both sides begin at a multiple of four floats. */
#define SC_ALIGNED(a, b)                                                                           \
    ((((uint)(a) | (uint)(b) | (uint)shape.width | (uint)shape.depth) & 3u) == 0)

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
