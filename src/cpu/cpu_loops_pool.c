/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling of one plane and its gradients, row by row and tap by tap, so that the inner loops run along a row; compiled
 * once per instruction set. */
#include "cpu/cpu_loops.h"
#include "cpu/cpu_scalar.h"

#include <math.h>
#include <string.h>

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* Outputs whose tap k along an axis lies inside of the input: *begin .. *end - 1. */
static void tap_range(const sc_cpu_pool *pool, int axis, int64_t k, int64_t *begin, int64_t *end) {
    int64_t shift = k * pool->dilation[axis] - pool->pad[axis], stride = pool->stride[axis];
    int64_t last = pool->in[axis] - 1 - shift; /* largest output * stride that stays inside */
    *begin = shift < 0 ? (-shift + stride - 1) / stride : 0;
    *end = last < 0 ? 0 : last / stride + 1;
    if (*end > pool->out[axis]) *end = pool->out[axis];
}

/* The later tap wins if it is larger or the first NaN. Through bits: a jump would keep the loops scalar. */
INLINE void take_larger(float *best, uint32_t *index, float value, uint32_t tap, int first) {
    int wins = (value > *best) | ((value != value) & (*best == *best)) | first;
    *best = sc_select(wins, value, *best);
    *index = sc_blend(SC_MASK(wins), tap, *index);
}

INLINE void max_tap(float *best, int32_t *index, const float *x, int64_t count, const int64_t step,
                    uint32_t tap) {
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
            tap_range(pool, 1, kx, &begin, &end);
            const float *row = x + iy * pool->in[1] + kx * pool->dilation[1] - pool->pad[1] + begin * stride;
            uint32_t tap = (uint32_t)(ky * pool->kernel[1] + kx);
            if (stride == 1) max_tap(y + begin, index + begin, row, end - begin, 1, tap);
            else if (stride == 2) max_tap(y + begin, index + begin, row, end - begin, 2, tap);
            else max_tap(y + begin, index + begin, row, end - begin, stride, tap);
        }
    }
}

/* The most common window, 2 x 2 without overlap or padding, in one go. */
static void max_row_pairs(float *y, int32_t *index, const float *upper, const float *lower, int64_t count) {
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

static bool is_pairs(const sc_cpu_pool *pool) {
    for (int axis = 0; axis < 2; axis++)
        if (pool->kernel[axis] != 2 || pool->stride[axis] != 2 || pool->dilation[axis] != 1 ||
            pool->pad[axis] != 0 || 2 * pool->out[axis] > pool->in[axis])
            return false;
    return true;
}

void SC_LOOP(max_pool)(const sc_cpu_pool *pool, float *y, int32_t *index, const float *x) {
    bool pairs = is_pairs(pool);
    for (int64_t oy = 0; oy < pool->out[0]; oy++, y += pool->out[1], index += pool->out[1]) {
        const float *upper = x + 2 * oy * pool->in[1];
        if (pairs) max_row_pairs(y, index, upper, upper + pool->in[1], pool->out[1]);
        else max_row(pool, y, index, x, oy);
    }
}

static void spread_pairs(float *upper, float *lower, const float *dy, const int32_t *index, int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        float value = dy[i] + 0.0f;
        upper[2 * i] = sc_select(index[i] == 0, value, 0.0f);
        upper[2 * i + 1] = sc_select(index[i] == 1, value, 0.0f);
        lower[2 * i] = sc_select(index[i] == 2, value, 0.0f);
        lower[2 * i + 1] = sc_select(index[i] == 3, value, 0.0f);
    }
}

void SC_LOOP(max_pool_grad)(const sc_cpu_pool *pool, float *dx, const float *dy, const int32_t *index) {
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
            int64_t iy = oy * pool->stride[0] + index[ox] / width * pool->dilation[0] - pool->pad[0];
            int64_t ix = ox * pool->stride[1] + index[ox] % width * pool->dilation[1] - pool->pad[1];
            if (iy >= 0 && iy < pool->in[0] && ix >= 0 && ix < pool->in[1]) dx[iy * pool->in[1] + ix] += dy[ox];
        }
    }
}

/* Taps of output o along an axis that lie inside of the input. */
static int64_t taps_inside(const sc_cpu_pool *pool, int axis, int64_t o) {
    int64_t count = 0;
    for (int64_t k = 0; k < pool->kernel[axis]; k++) {
        int64_t at = o * pool->stride[axis] + k * pool->dilation[axis] - pool->pad[axis];
        count += at >= 0 && at < pool->in[axis];
    }
    return count;
}

static float divisor(const sc_cpu_pool *pool, int64_t taps_y, int64_t ox) {
    if (pool->count_padding) return (float)(pool->kernel[0] * pool->kernel[1]);
    return (float)(taps_y * taps_inside(pool, 1, ox));
}

INLINE void add_strided(float *to, const int64_t to_step, const float *from, const int64_t from_step,
                        int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) to[i * to_step] += from[i * from_step];
}

void SC_LOOP(average_pool)(const sc_cpu_pool *pool, float *y, const float *x) {
    for (int64_t oy = 0; oy < pool->out[0]; oy++, y += pool->out[1]) {
        int64_t taps_y = taps_inside(pool, 0, oy), stride = pool->stride[1];
        memset(y, 0, (size_t)pool->out[1] * sizeof *y);
        for (int64_t ky = 0; ky < pool->kernel[0]; ky++) {
            int64_t iy = oy * pool->stride[0] + ky * pool->dilation[0] - pool->pad[0];
            if (iy < 0 || iy >= pool->in[0]) continue;
            for (int64_t kx = 0; kx < pool->kernel[1]; kx++) {
                int64_t begin, end;
                tap_range(pool, 1, kx, &begin, &end);
                const float *row = x + iy * pool->in[1] + kx * pool->dilation[1] - pool->pad[1] + begin * stride;
                if (stride == 1) add_strided(y + begin, 1, row, 1, end - begin);
                else add_strided(y + begin, 1, row, stride, end - begin);
            }
        }
        for (int64_t ox = 0; ox < pool->out[1]; ox++) y[ox] /= divisor(pool, taps_y, ox);
    }
}

void SC_LOOP(average_pool_grad)(const sc_cpu_pool *pool, float *dx, const float *dy, float *row) {
    memset(dx, 0, (size_t)(pool->in[0] * pool->in[1]) * sizeof *dx);
    for (int64_t oy = 0; oy < pool->out[0]; oy++, dy += pool->out[1]) {
        int64_t taps_y = taps_inside(pool, 0, oy), stride = pool->stride[1];
        for (int64_t ox = 0; ox < pool->out[1]; ox++) row[ox] = dy[ox] / divisor(pool, taps_y, ox);
        for (int64_t ky = 0; ky < pool->kernel[0]; ky++) {
            int64_t iy = oy * pool->stride[0] + ky * pool->dilation[0] - pool->pad[0];
            if (iy < 0 || iy >= pool->in[0]) continue;
            for (int64_t kx = 0; kx < pool->kernel[1]; kx++) {
                int64_t begin, end;
                tap_range(pool, 1, kx, &begin, &end);
                float *to = dx + iy * pool->in[1] + kx * pool->dilation[1] - pool->pad[1] + begin * stride;
                if (stride == 1) add_strided(to, 1, row + begin, 1, end - begin);
                else add_strided(to, stride, row + begin, 1, end - begin);
            }
        }
    }
}
