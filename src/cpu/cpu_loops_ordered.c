/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that combine values in the canonical order of reductions (op/op.h): values go in turn into
 * the sums of a row, or each into the sum of its column; compiled once per instruction set. */
#include "cpu/cpu_loops_rows.h"
#include "op/op.h"

SC_ALWAYS_INLINE float combine(const int kind, float a, float b) {
    if (kind == SC_REDUCE_SUM) return a + b;
    return kind == SC_REDUCE_MAX ? sc_max(a, b) : sc_min(a, b);
}

/* Whole vectors from lane 0 on; returns how many values they have. */
SC_ALWAYS_INLINE int64_t fold_whole(float *lane, const int kind, const float *in, int64_t count) {
    int64_t i = 0;
#if defined(__GNUC__)
    wide sum[PARTS];
    memcpy(sum, lane, sizeof sum);
    for (; i + LANES <= count; i += LANES) {
        for (int v = 0; v < PARTS; v++) {
            const wide next = wide_at(in + i, v);
            sum[v] = kind == SC_REDUCE_SUM   ? sum[v] + next
                     : kind == SC_REDUCE_MAX ? wide_max(sum[v], next)
                                             : -wide_max(-sum[v], -next);
        }
    }
    memcpy(lane, sum, sizeof sum);
#else
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++) lane[l] = combine(kind, lane[l], in[i + l]);
#endif
    return i;
}

SC_ALWAYS_INLINE void fold(float *lane, const int kind, int first, const float *in, int64_t count) {
    int64_t i = 0;
    for (; i < count && (first + i) % LANES; i++)
        lane[(first + i) % LANES] = combine(kind, lane[(first + i) % LANES], in[i]);
    i += fold_whole(lane, kind, in + i, count - i);
    for (; i < count; i++)
        lane[(first + i) % LANES] = combine(kind, lane[(first + i) % LANES], in[i]);
}

void SC_LOOP(fold_lanes)(float *lane, int kind, int first, const float *in, int64_t count) {
    if (kind == SC_REDUCE_SUM)
        fold(lane, SC_REDUCE_SUM, first, in, count);
    else if (kind == SC_REDUCE_MAX)
        fold(lane, SC_REDUCE_MAX, first, in, count);
    else
        fold(lane, SC_REDUCE_MIN, first, in, count);
}

void SC_LOOP(fold_sums)(float *sum, int kind, const float *in, int64_t count) {
    if (kind == SC_REDUCE_SUM) {
        SC_INDEPENDENT
        for (int64_t i = 0; i < count; i++) sum[i] = sum[i] + in[i];
    } else if (kind == SC_REDUCE_MAX) {
        SC_INDEPENDENT
        for (int64_t i = 0; i < count; i++) sum[i] = sc_max(sum[i], in[i]);
    } else {
        SC_INDEPENDENT
        for (int64_t i = 0; i < count; i++) sum[i] = sc_min(sum[i], in[i]);
    }
}

float SC_LOOP(join_lanes)(const float *lane, int kind) {
    float part[LANES];
    memcpy(part, lane, sizeof part);
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int l = 0; l < step; l++) part[l] = combine(kind, part[l], part[l + step]);
    return part[0];
}
