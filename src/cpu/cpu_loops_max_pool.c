/* SPDX-License-Identifier: Apache-2.0 */
/* Maximum pooling of one plane and its gradient, row by row and tap by tap, so that the inner loops
 * run along a row; compiled once per instruction set. */
#include "cpu/cpu_loops.h"
#include "cpu/cpu_loops_pool.h"
#include "cpu/cpu_scalar.h"

#include <math.h>
#include <string.h>

enum { GATHERED = 1024 };

/* The later tap wins if it is larger or the first NaN. Through bits: a jump would keep the loops
 * scalar. */
SC_ALWAYS_INLINE void take_larger(float *best, uint32_t *index, float value, uint32_t tap,
                                  int first) {
    int wins = (value > *best) | ((value != value) & (*best == *best)) | first;
    *best = sc_select(wins, value, *best);
    *index = sc_blend(SC_MASK(wins), tap, *index);
}

SC_ALWAYS_INLINE void max_tap(float *best, int32_t *index, const float *x, int64_t count,
                              const int64_t step, uint32_t tap) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        float value = best[i];
        uint32_t at = (uint32_t)index[i];
        take_larger(&value, &at, x[i * step], tap, index[i] < 0);
        best[i] = value;
        index[i] = (int32_t)at;
    }
}

static void max_row(const sc_cpu_pool *pool, float *y, int32_t *index, const float *x, int64_t oy) {
    for (int64_t i = 0; i < pool->out[1]; i++) {
        y[i] = -INFINITY;
        index[i] = -1;
    }
    for (int64_t ky = 0; ky < pool->kernel[0]; ky++) {
        int64_t iy = oy * pool->stride[0] + ky * pool->dilation[0] - pool->pad[0];
        if (iy < 0 || iy >= pool->in[0]) continue;
        for (int64_t kx = 0; kx < pool->kernel[1]; kx++) {
            int64_t begin, end, stride = pool->stride[1];
            sc_pool_range(pool, 1, kx, &begin, &end);
            const float *row =
                x + iy * pool->in[1] + kx * pool->dilation[1] - pool->pad[1] + begin * stride;
            uint32_t tap = (uint32_t)(ky * pool->kernel[1] + kx);
            if (stride == 1)
                max_tap(y + begin, index + begin, row, end - begin, 1, tap);
            else if (stride == 2)
                max_tap(y + begin, index + begin, row, end - begin, 2, tap);
            else
                max_tap(y + begin, index + begin, row, end - begin, stride, tap);
        }
    }
}

/* The most common window, 2 x 2 without overlap or padding, over rows of 2 * count columns. */
static void max_pairs(float *y, int32_t *index, const float *upper, const float *lower,
                      int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        float best = upper[2 * i];
        uint32_t at = 0;
        take_larger(&best, &at, upper[2 * i + 1], 1, 0);
        take_larger(&best, &at, lower[2 * i], 2, 0);
        take_larger(&best, &at, lower[2 * i + 1], 3, 0);
        y[i] = best;
        index[i] = (int32_t)at;
    }
}

/* Several output rows at once: narrow rows would leave most of a vector empty. */
static void max_pool_pairs(const sc_cpu_pool *pool, float *y, int32_t *index, const float *x) {
    float upper[GATHERED], lower[GATHERED];
    int64_t width = 2 * pool->out[1], at_once = GATHERED / width;
    for (int64_t oy = 0; oy < pool->out[0];) {
        const float *row = x + 2 * oy * pool->in[1];
        int64_t rows = pool->out[0] - oy < at_once ? pool->out[0] - oy : at_once;
        if (rows <= 1) {
            max_pairs(y, index, row, row + pool->in[1], pool->out[1]);
            rows = 1;
        } else {
            for (int64_t r = 0; r < rows; r++, row += 2 * pool->in[1]) {
                memcpy(upper + r * width, row, (size_t)width * sizeof *row);
                memcpy(lower + r * width, row + pool->in[1], (size_t)width * sizeof *row);
            }
            max_pairs(y, index, upper, lower, rows * pool->out[1]);
        }
        oy += rows;
        y += rows * pool->out[1];
        index += rows * pool->out[1];
    }
}

static bool is_pairs(const sc_cpu_pool *pool) {
    for (int axis = 0; axis < 2; axis++)
        if (pool->kernel[axis] != 2 || pool->stride[axis] != 2 || pool->dilation[axis] != 1 ||
            pool->pad[axis] != 0 || 2 * pool->out[axis] > pool->in[axis])
            return false;
    return true;
}

void SC_LOOP(max_pool)(const sc_cpu_pool *pool, float *y, int32_t *index, const float *x) {
    if (is_pairs(pool)) {
        max_pool_pairs(pool, y, index, x);
        return;
    }
    for (int64_t oy = 0; oy < pool->out[0]; oy++, y += pool->out[1], index += pool->out[1])
        max_row(pool, y, index, x, oy);
}

static void spread_pairs(float *upper, float *lower, const float *dy, const int32_t *index,
                         int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        float value = dy[i] + 0.0f;
        upper[2 * i] = sc_select(index[i] == 0, value, 0.0f);
        upper[2 * i + 1] = sc_select(index[i] == 1, value, 0.0f);
        lower[2 * i] = sc_select(index[i] == 2, value, 0.0f);
        lower[2 * i + 1] = sc_select(index[i] == 3, value, 0.0f);
    }
}

void SC_LOOP(max_pool_grad)(const sc_cpu_pool *pool, float *dx, const float *dy,
                            const int32_t *index) {
    bool pairs = is_pairs(pool);
    int32_t width = (int32_t)pool->kernel[1], taps = (int32_t)pool->kernel[0] * width;
    if (!pairs || 2 * pool->out[0] < pool->in[0] || 2 * pool->out[1] < pool->in[1])
        memset(dx, 0, (size_t)(pool->in[0] * pool->in[1]) * sizeof *dx);
    for (int64_t oy = 0; oy < pool->out[0]; oy++, dy += pool->out[1], index += pool->out[1]) {
        float *upper = dx + 2 * oy * pool->in[1];
        if (pairs) {
            spread_pairs(upper, upper + pool->in[1], dy, index, pool->out[1]);
            continue;
        }
        for (int64_t ox = 0; ox < pool->out[1]; ox++) {
            if (index[ox] < 0 || index[ox] >= taps) continue;
            int64_t iy =
                oy * pool->stride[0] + index[ox] / width * pool->dilation[0] - pool->pad[0];
            int64_t ix =
                ox * pool->stride[1] + index[ox] % width * pool->dilation[1] - pool->pad[1];
            if (iy >= 0 && iy < pool->in[0] && ix >= 0 && ix < pool->in[1])
                dx[iy * pool->in[1] + ix] += dy[ox];
        }
    }
}
