/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax, its gradient and cross-entropy over dense rows; compiled once per instruction set. Sums
 * have 16 interleaved parts that are added in pairs at the end: the order of cl/softmax.cl on
 * CPU-class devices, so that both give the same bits. */
#include "cpu/cpu_loops.h"
#include "cpu/cpu_scalar.h"

#include <string.h>

enum { LANES = 16 };

#if defined(__GNUC__)
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
#endif

static float row_max(const float *x, int64_t columns) {
    float part[LANES];
    int64_t i = 0;
    for (int l = 0; l < LANES; l++) part[l] = -SC_INFINITY;
    for (; i + LANES <= columns; i += LANES)
        for (int l = 0; l < LANES; l++) part[l] = sc_max(part[l], x[i + l]);
    for (int l = 1; l < LANES; l++) part[0] = sc_max(part[0], part[l]);
    for (; i < columns; i++) part[0] = sc_max(part[0], x[i]);
    return part[0];
}

static float add_pairs(float *part) {
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int l = 0; l < step; l++) part[l] += part[l + step];
    return part[0];
}

static float row_sum(const float *x, int64_t columns) {
    float part[LANES] = {0};
    int64_t i = 0;
#if defined(__GNUC__)
    lanes sum = {0};
    for (; i + LANES <= columns; i += LANES) {
        lanes next;
        memcpy(&next, x + i, sizeof next);
        sum += next;
    }
    memcpy(part, &sum, sizeof part);
#endif
    for (; i < columns; i++) part[i % LANES] += x[i];
    return add_pairs(part);
}

static float row_dot(const float *a, const float *b, int64_t columns) {
    float part[LANES] = {0};
    int64_t i = 0;
#if defined(__GNUC__)
    lanes sum = {0};
    for (; i + LANES <= columns; i += LANES) {
        lanes left, right;
        memcpy(&left, a + i, sizeof left);
        memcpy(&right, b + i, sizeof right);
        sum += left * right;
    }
    memcpy(part, &sum, sizeof part);
#endif
    for (; i < columns; i++) part[i % LANES] += a[i] * b[i];
    return add_pairs(part);
}

/* e = exp(x - max); returns the sum. */
static float row_exp(float *e, const float *x, float max, int64_t columns) {
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) e[c] = sc_exp(x[c] - max);
    return row_sum(e, columns);
}

static void divide_row(float *y, float sum, int64_t columns) {
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) y[c] = y[c] / sum;
}

static void log_row(float *y, const float *x, float max, float sum, int64_t columns) {
    float log_sum = sc_log(sum);
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) y[c] = (x[c] - max) - log_sum;
}

void SC_LOOP(softmax)(float *y, const float *x, int64_t rows, int64_t columns, bool log) {
    for (int64_t r = 0; r < rows; r++, x += columns, y += columns) {
        float max = row_max(x, columns), sum = row_exp(y, x, max, columns);
        if (log)
            log_row(y, x, max, sum, columns);
        else
            divide_row(y, sum, columns);
    }
}

static void grad_row(float *dx, const float *y, const float *dy, int64_t columns) {
    float dot = row_dot(y, dy, columns);
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) dx[c] = y[c] * (dy[c] - dot);
}

static void log_grad_row(float *dx, const float *y, const float *dy, int64_t columns) {
    float sum = row_sum(dy, columns);
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) dx[c] = dy[c] - sc_exp(y[c]) * sum;
}

void SC_LOOP(softmax_grad)(float *dx, const float *y, const float *dy, int64_t rows,
                           int64_t columns, bool log) {
    for (int64_t r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
        if (log)
            log_grad_row(dx, y, dy, columns);
        else
            grad_row(dx, y, dy, columns);
    }
}

void SC_LOOP(cross_entropy)(float *loss, float *dx, const float *x, const int32_t *label,
                            int64_t rows, int64_t columns) {
    for (int64_t r = 0; r < rows; r++, x += columns, dx += columns) {
        bool known = label[r] >= 0 && label[r] < columns;
        float max = row_max(x, columns), sum = row_exp(dx, x, max, columns);
        divide_row(dx, known ? sum : SC_NAN, columns);
        loss[r] = known ? sc_log(sum) - (x[label[r]] - max) : SC_NAN;
        if (known) dx[label[r]] -= 1.0f;
    }
}
