/* SPDX-License-Identifier: Apache-2.0 */
/* Layer normalisation and its gradient over dense rows; compiled once per instruction set. Sums run
 * in the order of cl/norm.cl on CPU-class devices. */
#include "cpu/cpu_loops_rows.h"

/* The sum of (x - mean)^2. */
static float row_squares(const float *x, float mean, int64_t columns) {
    float part[LANES] = {0};
    int64_t i = 0;
#if defined(__GNUC__)
    wide sum[PARTS] = {{0}};
    for (; i + LANES <= columns; i += LANES)
        for (int v = 0; v < PARTS; v++) {
            const wide distance = wide_at(x + i, v) - mean;
            sum[v] += distance * distance;
        }
    memcpy(part, sum, sizeof part);
#endif
    for (; i < columns; i++) part[i % LANES] += (x[i] - mean) * (x[i] - mean);
    return add_pairs(part);
}

void SC_LOOP(layer_norm)(float *y, float *mean, float *inverse, const sc_cpu_norm *norm,
                         int64_t rows) {
    const float *x = norm->x, *scale = norm->scale, *shift = norm->shift;
    const int64_t columns = norm->columns;
    const float share = 1.0f / (float)columns;
    for (int64_t r = 0; r < rows; r++, x += columns, y += columns) {
        const float centre = row_sum(x, columns) * share;
        const float variance = row_squares(x, centre, columns) * share;
        const float factor = sc_rsqrt(variance + norm->epsilon);
        mean[r] = centre;
        inverse[r] = factor;
        SC_INDEPENDENT
        for (int64_t c = 0; c < columns; c++)
            y[c] = ((x[c] - centre) * factor) * scale[c] + shift[c];
    }
}

/* dx = dy * scale, which is g. */
static void scale_gradient(float *dx, const float *dy, const float *scale, int64_t columns) {
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) dx[c] = dy[c] * scale[c];
}

/* The sum of g * h, h = (x - mean) * inverse. */
static float row_dot_distance(const float *g, const float *x, float mean, float inverse,
                              int64_t columns) {
    float part[LANES] = {0};
    int64_t i = 0;
#if defined(__GNUC__)
    wide sum[PARTS] = {{0}};
    for (; i + LANES <= columns; i += LANES)
        for (int v = 0; v < PARTS; v++)
            sum[v] += wide_at(g + i, v) * ((wide_at(x + i, v) - mean) * inverse);
    memcpy(part, sum, sizeof part);
#endif
    for (; i < columns; i++) part[i % LANES] += g[i] * ((x[i] - mean) * inverse);
    return add_pairs(part);
}

void SC_LOOP(layer_norm_grad)(float *dx, const float *dy, const float *mean, const float *inverse,
                              const sc_cpu_norm *norm, int64_t rows) {
    const float *x = norm->x;
    const int64_t columns = norm->columns;
    const float share = 1.0f / (float)columns;
    for (int64_t r = 0; r < rows; r++, x += columns, dy += columns, dx += columns) {
        const float centre = mean[r], factor = inverse[r];
        scale_gradient(dx, dy, norm->scale, columns);
        const float sum = row_sum(dx, columns) * share;
        const float dot = row_dot_distance(dx, x, centre, factor, columns) * share;
        SC_INDEPENDENT
        for (int64_t c = 0; c < columns; c++)
            dx[c] = factor * ((dx[c] - sum) - ((x[c] - centre) * factor) * dot);
    }
}
