/* SPDX-License-Identifier: Apache-2.0 */
/* Sums along a dense row, for the files compiled once per instruction set. A sum has 16 interleaved
 * parts that are added in pairs at the end: the order of cl/softmax.cl and cl/norm.cl on CPU-class
 * devices, so that both drivers give the same bits. */
#ifndef SC_CPU_CPU_LOOPS_ROWS_H
#define SC_CPU_CPU_LOOPS_ROWS_H

#include "cpu/cpu_loops.h"
#include "cpu/cpu_scalar.h"

#include <string.h>

enum { LANES = 16 };

#if defined(__GNUC__)
typedef float half_lanes __attribute__((vector_size(LANES / 2 * sizeof(float))));
typedef float quad __attribute__((vector_size(4 * sizeof(float))));
typedef int32_t quad_bits __attribute__((vector_size(4 * sizeof(int32_t))));

/* Vectors as wide as the set's: compilers keep sums of wider ones in memory, and compare them
 * element by element. */
#if defined(__AVX512F__)
enum { WIDE = 16 };
#elif defined(__AVX__)
enum { WIDE = 8 };
#else
enum { WIDE = 4 };
#endif
typedef float wide __attribute__((vector_size(WIDE * sizeof(float))));
typedef int32_t wide_bits __attribute__((vector_size(WIDE * sizeof(int32_t))));

enum { PARTS = LANES / WIDE };

/* Vector number v from x on. */
SC_ALWAYS_INLINE wide wide_at(const float *x, int v) {
    wide value;
    memcpy(&value, x + v * WIDE, sizeof value);
    return value;
}

/* sc_max of each lane. */
SC_ALWAYS_INLINE wide wide_max(wide a, wide b) {
    const wide_bits first = (a > b) | (a != a);
    return (wide)(((wide_bits)a & first) | ((wide_bits)b & ~first));
}

SC_ALWAYS_INLINE quad quad_max(quad a, quad b) {
    const quad_bits first = (a > b) | (a != a);
    return (quad)(((quad_bits)a & first) | ((quad_bits)b & ~first));
}

SC_ALWAYS_INLINE float add_pairs(const float *part) {
    half_lanes half[2];
    quad quarter[2];
    memcpy(half, part, sizeof half);
    half[0] += half[1];
    memcpy(quarter, &half[0], sizeof quarter);
    quarter[0] += quarter[1];
    return (quarter[0][0] + quarter[0][2]) + (quarter[0][1] + quarter[0][3]);
}
#else
SC_ALWAYS_INLINE float add_pairs(float *part) {
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int l = 0; l < step; l++) part[l] += part[l + step];
    return part[0];
}
#endif

SC_ALWAYS_INLINE float larger(float a, float b) {
    return ((a > b) | (a != a)) ? a : b;
}

/* The largest, or a NaN where there is one; -inf of nothing. */
SC_ALWAYS_INLINE float row_max(const float *x, int64_t columns) {
    float most = -SC_INFINITY;
    int64_t i = 0;
#if defined(__GNUC__)
    if (columns >= 2 * WIDE) {
        wide even = wide_at(x, 0), odd = wide_at(x, 1);
        quad part[WIDE / 4];
        for (i = 2 * WIDE; i + 2 * WIDE <= columns; i += 2 * WIDE) {
            even = wide_max(even, wide_at(x + i, 0));
            odd = wide_max(odd, wide_at(x + i, 1));
        }
        even = wide_max(even, odd);
        memcpy(part, &even, sizeof part);
        for (int q = 1; q < WIDE / 4; q++) part[0] = quad_max(part[0], part[q]);
        most = larger(larger(part[0][0], part[0][2]), larger(part[0][1], part[0][3]));
    }
#endif
    for (; i < columns; i++) most = larger(most, x[i]);
    return most;
}

SC_ALWAYS_INLINE float row_sum(const float *x, int64_t columns) {
    float part[LANES] = {0};
    int64_t i = 0;
#if defined(__GNUC__)
    wide sum[PARTS] = {{0}};
    for (; i + LANES <= columns; i += LANES)
        for (int v = 0; v < PARTS; v++) sum[v] += wide_at(x + i, v);
    memcpy(part, sum, sizeof part);
#endif
    for (; i < columns; i++) part[i % LANES] += x[i];
    return add_pairs(part);
}

SC_ALWAYS_INLINE float row_dot(const float *a, const float *b, int64_t columns) {
    float part[LANES] = {0};
    int64_t i = 0;
#if defined(__GNUC__)
    wide sum[PARTS] = {{0}};
    for (; i + LANES <= columns; i += LANES)
        for (int v = 0; v < PARTS; v++) sum[v] += wide_at(a + i, v) * wide_at(b + i, v);
    memcpy(part, sum, sizeof part);
#endif
    for (; i < columns; i++) part[i % LANES] += a[i] * b[i];
    return add_pairs(part);
}

#endif
