/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that fold values into sums, maxima and minima, and those that change the width of integers;
 * compiled once per instruction set. The lanes of a sum are 16 in every set, so the order of
 * additions is the same. */
#include "cpu/cpu_loops.h"
#include "cpu/cpu_scalar.h"
#include "op/op.h"

#include <string.h>

enum { LANES = 16 };

#if defined(__GNUC__)
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
#endif

static double sum_row(const float *in, int64_t count) {
    float part[LANES] = {0};
    int64_t i = 0;
#if defined(__GNUC__)
    lanes sum = {0};
    for (; i + LANES <= count; i += LANES) {
        lanes next;
        memcpy(&next, in + i, sizeof next);
        sum += next;
    }
    memcpy(part, &sum, sizeof part);
#else
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++) part[l] += in[i + l];
#endif
    double total = 0.0;
    for (int l = 0; l < LANES; l++) total += (double)part[l];
    for (; i < count; i++) total += (double)in[i];
    return total;
}

/* Maximum of sign * in[i], a NaN above all. */
static float max_row(const float *in, int64_t count, float sign) {
    float part[LANES];
    int64_t i = 0;
    for (int l = 0; l < LANES; l++) part[l] = -SC_INFINITY;
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++) part[l] = sc_max(part[l], sign * in[i + l]);
    for (int l = 1; l < LANES; l++) part[0] = sc_max(part[0], part[l]);
    for (; i < count; i++) part[0] = sc_max(part[0], sign * in[i]);
    return part[0];
}

static double max_double(double a, double b) {
    return ((a > b) | (a != a)) ? a : b;
}

static double min_double(double a, double b) {
    return ((a < b) | (a != a)) ? a : b;
}

void SC_LOOP(fold_row)(double *sum, int kind, const float *in, int64_t count) {
    if (kind == SC_REDUCE_SUM)
        *sum += sum_row(in, count);
    else if (kind == SC_REDUCE_MAX)
        *sum = max_double(*sum, (double)max_row(in, count, 1.0f));
    else
        *sum = min_double(*sum, (double)-max_row(in, count, -1.0f));
}

void SC_LOOP(fold_columns)(double *sum, int kind, const float *in, int64_t count) {
    if (kind == SC_REDUCE_SUM) {
        SC_INDEPENDENT
        for (int64_t i = 0; i < count; i++) sum[i] += (double)in[i];
    } else if (kind == SC_REDUCE_MAX) {
        SC_INDEPENDENT
        for (int64_t i = 0; i < count; i++) sum[i] = max_double(sum[i], (double)in[i]);
    } else {
        SC_INDEPENDENT
        for (int64_t i = 0; i < count; i++) sum[i] = min_double(sum[i], (double)in[i]);
    }
}
