/* SPDX-License-Identifier: Apache-2.0 */
/* Average pooling of one plane and its gradient; compiled once per instruction set. Wide outputs
 * are made tap by tap along rows, narrow ones window by window; which of them is a matter of shape,
 * and each sum has the same order. */
#include "cpu/cpu_loops.h"
#include "cpu/cpu_loops_pool.h"

#include <string.h>

enum { NARROW = 8 };

/* Taps of output o along an axis that lie inside of the input. */
static int64_t taps_inside(const sc_cpu_pool *pool, int axis, int64_t o) {
    int64_t count = 0;
    for (int64_t k = 0; k < pool->kernel[axis]; k++) {
        int64_t at = o * pool->stride[axis] + k * pool->dilation[axis] - pool->pad[axis];
        count += at >= 0 && at < pool->in[axis];
    }
    return count;
}

/* What each output of a row is divided by, but for the taps along the height. */
static void count_taps(const sc_cpu_pool *pool, float *across) {
    for (int64_t ox = 0; ox < pool->out[1]; ox++)
        across[ox] = (float)(pool->count_padding ? pool->kernel[1] : taps_inside(pool, 1, ox));
}

static float taps_down(const sc_cpu_pool *pool, int64_t oy) {
    return (float)(pool->count_padding ? pool->kernel[0] : taps_inside(pool, 0, oy));
}

SC_ALWAYS_INLINE void add_strided(float *to, const int64_t to_step, const float *from,
                                  const int64_t from_step, int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) to[i * to_step] += from[i * from_step];
}

/* Sums of one input row into an output row, or back. */
static void sum_row(const sc_cpu_pool *pool, float *y, const float *x) {
    int64_t stride = pool->stride[1];
    for (int64_t kx = 0; kx < pool->kernel[1]; kx++) {
        int64_t begin, end;
        sc_pool_range(pool, 1, kx, &begin, &end);
        const float *from = x + kx * pool->dilation[1] - pool->pad[1] + begin * stride;
        if (stride == 1)
            add_strided(y + begin, 1, from, 1, end - begin);
        else if (stride == 2)
            add_strided(y + begin, 1, from, 2, end - begin);
        else
            add_strided(y + begin, 1, from, stride, end - begin);
    }
}

/* The last tap first: so each sum takes outputs in rising order, as spread_windows has it. */
static void spread_row(const sc_cpu_pool *pool, float *dx, const float *share) {
    int64_t stride = pool->stride[1];
    for (int64_t kx = pool->kernel[1] - 1; kx >= 0; kx--) {
        int64_t begin, end;
        sc_pool_range(pool, 1, kx, &begin, &end);
        float *to = dx + kx * pool->dilation[1] - pool->pad[1] + begin * stride;
        if (stride == 1)
            add_strided(to, 1, share + begin, 1, end - begin);
        else if (stride == 2)
            add_strided(to, 2, share + begin, 1, end - begin);
        else
            add_strided(to, stride, share + begin, 1, end - begin);
    }
}

static void sum_windows(const sc_cpu_pool *pool, float *y, const float *x) {
    for (int64_t ox = 0; ox < pool->out[1]; ox++) {
        int64_t at = ox * pool->stride[1] - pool->pad[1];
        float sum = y[ox];
        for (int64_t kx = 0; kx < pool->kernel[1]; kx++, at += pool->dilation[1])
            if (at >= 0 && at < pool->in[1]) sum += x[at];
        y[ox] = sum;
    }
}

static void spread_windows(const sc_cpu_pool *pool, float *dx, const float *share) {
    for (int64_t ox = 0; ox < pool->out[1]; ox++) {
        int64_t at = ox * pool->stride[1] - pool->pad[1];
        for (int64_t kx = 0; kx < pool->kernel[1]; kx++, at += pool->dilation[1])
            if (at >= 0 && at < pool->in[1]) dx[at] += share[ox];
    }
}

void SC_LOOP(average_pool)(const sc_cpu_pool *pool, float *y, const float *x, float *rows) {
    count_taps(pool, rows);
    for (int64_t oy = 0; oy < pool->out[0]; oy++, y += pool->out[1]) {
        float down = taps_down(pool, oy);
        memset(y, 0, (size_t)pool->out[1] * sizeof *y);
        for (int64_t ky = 0; ky < pool->kernel[0]; ky++) {
            int64_t iy = oy * pool->stride[0] + ky * pool->dilation[0] - pool->pad[0];
            if (iy < 0 || iy >= pool->in[0]) continue;
            if (pool->out[1] < NARROW)
                sum_windows(pool, y, x + iy * pool->in[1]);
            else
                sum_row(pool, y, x + iy * pool->in[1]);
        }
        for (int64_t ox = 0; ox < pool->out[1]; ox++) y[ox] /= down * rows[ox];
    }
}

void SC_LOOP(average_pool_grad)(const sc_cpu_pool *pool, float *dx, const float *dy, float *rows) {
    float *share = rows + pool->out[1];
    count_taps(pool, rows);
    memset(dx, 0, (size_t)(pool->in[0] * pool->in[1]) * sizeof *dx);
    for (int64_t oy = 0; oy < pool->out[0]; oy++, dy += pool->out[1]) {
        float down = taps_down(pool, oy);
        for (int64_t ox = 0; ox < pool->out[1]; ox++) share[ox] = dy[ox] / (down * rows[ox]);
        for (int64_t ky = 0; ky < pool->kernel[0]; ky++) {
            int64_t iy = oy * pool->stride[0] + ky * pool->dilation[0] - pool->pad[0];
            if (iy < 0 || iy >= pool->in[0]) continue;
            if (pool->out[1] < NARROW)
                spread_windows(pool, dx + iy * pool->in[1], share);
            else
                spread_row(pool, dx + iy * pool->in[1], share);
        }
    }
}
