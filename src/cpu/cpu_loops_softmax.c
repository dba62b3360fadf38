/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax, its gradient and cross-entropy over dense rows; compiled once per instruction set. Each sum runs along
 * its row in order, as a plain kernel would; several rows are summed side by side to hide the latency of additions. */
#include "cpu/cpu_loops.h"
#include "cpu/cpu_scalar.h"

enum { SIDE = 8, LANES = 16 };

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

static void exp_row(float *e, const float *x, float max, int64_t columns) {
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) e[c] = sc_exp(x[c] - max);
}

static void sum_rows(float *sum, const float *x, int rows, int64_t columns) {
    float total[SIDE] = {0};
    if (rows == SIDE) {
        for (int64_t c = 0; c < columns; c++)
            for (int r = 0; r < SIDE; r++) total[r] += x[r * columns + c];
    } else {
        for (int r = 0; r < rows; r++)
            for (int64_t c = 0; c < columns; c++) total[r] += x[r * columns + c];
    }
    for (int r = 0; r < rows; r++) sum[r] = total[r];
}

/* exp(x - max) into `e`, and per row the maximum and the sum of these. */
static void exponentials(float *e, float *max, float *sum, const float *x, int rows, int64_t columns) {
    for (int r = 0; r < rows; r++) {
        max[r] = row_max(x + r * columns, columns);
        exp_row(e + r * columns, x + r * columns, max[r], columns);
    }
    sum_rows(sum, e, rows, columns);
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

static int side(int64_t rows) { return rows < SIDE ? (int)rows : SIDE; }

void SC_LOOP(softmax)(float *y, const float *x, int64_t rows, int64_t columns, bool log) {
    for (; rows > 0; rows -= SIDE, x += SIDE * columns, y += SIDE * columns) {
        float max[SIDE], sum[SIDE];
        exponentials(y, max, sum, x, side(rows), columns);
        for (int r = 0; r < side(rows); r++) {
            if (log) log_row(y + r * columns, x + r * columns, max[r], sum[r], columns);
            else divide_row(y + r * columns, sum[r], columns);
        }
    }
}

static void grad_row(float *dx, const float *y, const float *dy, float sum, int64_t columns) {
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) dx[c] = y[c] * (dy[c] - sum);
}

static void log_grad_row(float *dx, const float *y, const float *dy, float sum, int64_t columns) {
    SC_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) dx[c] = dy[c] - sc_exp(y[c]) * sum;
}

void SC_LOOP(softmax_grad)(float *dx, const float *y, const float *dy, int64_t rows, int64_t columns,
                               bool log) {
    for (; rows > 0; rows -= SIDE, y += SIDE * columns, dy += SIDE * columns, dx += SIDE * columns) {
        int count = side(rows);
        float sum[SIDE];
        if (!log) {
            SC_INDEPENDENT
            for (int64_t i = 0; i < count * columns; i++) dx[i] = y[i] * dy[i];
        }
        sum_rows(sum, log ? dy : dx, count, columns);
        for (int r = 0; r < count; r++) {
            int64_t at = r * columns;
            if (log) log_grad_row(dx + at, y + at, dy + at, sum[r], columns);
            else grad_row(dx + at, y + at, dy + at, sum[r], columns);
        }
    }
}

void SC_LOOP(cross_entropy)(float *loss, float *dx, const float *x, const int32_t *label, int64_t rows,
                                int64_t columns) {
    for (; rows > 0; rows -= SIDE, x += SIDE * columns, dx += SIDE * columns, label += SIDE, loss += SIDE) {
        float max[SIDE], sum[SIDE];
        exponentials(dx, max, sum, x, side(rows), columns);
        for (int r = 0; r < side(rows); r++) {
            int64_t at = r * columns;
            if (label[r] < 0 || label[r] >= columns) {
                loss[r] = SC_NAN;
                for (int64_t c = 0; c < columns; c++) dx[at + c] = SC_NAN;
                continue;
            }
            loss[r] = sc_log(sum[r]) - (x[at + label[r]] - max[r]);
            divide_row(dx + at, sum[r], columns);
            dx[at + label[r]] -= 1.0f;
        }
    }
}
