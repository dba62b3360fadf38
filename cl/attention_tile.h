/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tiles of attention_group.cl: their sizes, which work-item has what of them, and how they are
 * loaded, multiplied, added up and stored. It must not know which operation they serve.
 *
 *     work-item (x, y), 8 x SC_ITEMS / 8,
 *         of a tile of scores [SC_OWN][SC_OTHER]: rows y + SC_ITEMS / 8 * r, r < SC_R,
 *                                                 columns x + 8 c, c < SC_C
 *         of sums [SC_OWN][depth]: the same rows, columns 4 x + 32 c .. + 3, c < SC_QUADS
 */
#ifndef SC_ATTENTION_TILE_H
#define SC_ATTENTION_TILE_H

#include "attention.h"
#include "vector.h"

#define SC_COLUMNS_OF_ITEMS 8
#define SC_ROWS_OF_ITEMS (SC_ITEMS / SC_COLUMNS_OF_ITEMS)
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

#endif
