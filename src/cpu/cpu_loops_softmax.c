/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax, its gradient and cross-entropy over dense rows; compiled once per instruction set. */
#include "cpu/cpu_loops_rows.h"

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
