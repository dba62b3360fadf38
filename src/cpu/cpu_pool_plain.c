/* SPDX-License-Identifier: Apache-2.0 */
/* The references of pooling and its gradients: window by window, one thread. */
#include "cpu/cpu_plain.h"
#include "cpu/cpu_pool.h"

#include <math.h>
#include <string.h>

/* The input element of tap (ky, kx) of an output; -1 in the padding. */
static int64_t element(const sc_cpu_pool *pool, int64_t oy, int64_t ox, int64_t ky, int64_t kx) {
    int64_t iy = oy * pool->stride[0] + ky * pool->dilation[0] - pool->pad[0];
    int64_t ix = ox * pool->stride[1] + kx * pool->dilation[1] - pool->pad[1];
    bool inside = iy >= 0 && iy < pool->in[0] && ix >= 0 && ix < pool->in[1];
    return inside ? iy * pool->in[1] + ix : -1;
}

static void max_window(const sc_cpu_pool *pool, const float *x, int64_t oy, int64_t ox, float *y,
                       int32_t *index) {
    *index = -1;
    *y = -INFINITY;
    for (int64_t k = 0; k < pool->kernel[0] * pool->kernel[1]; k++) {
        int64_t e = element(pool, oy, ox, k / pool->kernel[1], k % pool->kernel[1]);
        if (e < 0 || isnan(*y)) continue;
        if (*index >= 0 && !isnan(x[e]) && !(x[e] > *y)) continue;
        *y = x[e];
        *index = (int32_t)k;
    }
}

static double divisor(const sc_cpu_pool *pool, int64_t oy, int64_t ox) {
    int64_t taps = pool->kernel[0] * pool->kernel[1], inside = 0;
    for (int64_t k = 0; k < taps; k++)
        inside += element(pool, oy, ox, k / pool->kernel[1], k % pool->kernel[1]) >= 0;
    return (double)(pool->count_padding ? taps : inside);
}

static double average_window(const sc_cpu_pool *pool, const float *x, int64_t oy, int64_t ox) {
    double sum = 0.0;
    for (int64_t k = 0; k < pool->kernel[0] * pool->kernel[1]; k++) {
        int64_t e = element(pool, oy, ox, k / pool->kernel[1], k % pool->kernel[1]);
        if (e >= 0) sum += (double)x[e];
    }
    return sum / divisor(pool, oy, ox);
}

static void spread_average(const sc_cpu_pool *pool, float *dx, float dy, int64_t oy, int64_t ox) {
    float share = (float)((double)dy / divisor(pool, oy, ox));
    for (int64_t k = 0; k < pool->kernel[0] * pool->kernel[1]; k++) {
        int64_t e = element(pool, oy, ox, k / pool->kernel[1], k % pool->kernel[1]);
        if (e >= 0) dx[e] += share;
    }
}

static void run_plane(sc_op op, const sc_cpu_pool *pool, const sc_operand *operands,
                      int64_t plane) {
    int64_t in = pool->in[0] * pool->in[1], out = pool->out[0] * pool->out[1];
    bool max = op == SC_OP_MAXPOOL2D || op == SC_OP_MAXPOOL2D_GRAD;
    bool forward = op == SC_OP_MAXPOOL2D || op == SC_OP_AVGPOOL2D;
    const float *x = sc_cpu_memory(operands[0]), *dy = x;
    float *y = sc_cpu_memory(operands[1]), *dx = sc_cpu_memory(operands[max ? 2 : 1]);
    int32_t *index = max ? (int32_t *)sc_cpu_memory(operands[forward ? 2 : 1]) : NULL;
    if (!forward) memset(dx + plane * in, 0, (size_t)in * sizeof *dx);
    for (int64_t e = 0; e < out; e++) {
        int64_t oy = e / pool->out[1], ox = e % pool->out[1], o = plane * out + e;
        if (op == SC_OP_MAXPOOL2D) {
            max_window(pool, x + plane * in, oy, ox, &y[o], &index[o]);
        } else if (op == SC_OP_AVGPOOL2D) {
            y[o] = (float)average_window(pool, x + plane * in, oy, ox);
        } else if (op == SC_OP_AVGPOOL2D_GRAD) {
            spread_average(pool, dx + plane * in, dy[o], oy, ox);
        } else if (index[o] >= 0 && index[o] < pool->kernel[0] * pool->kernel[1]) {
            int64_t to =
                element(pool, oy, ox, index[o] / pool->kernel[1], index[o] % pool->kernel[1]);
            if (to >= 0) dx[plane * in + to] += dy[o];
        }
    }
}

void sc_cpu_plain_pool(const sc_op_desc *desc, const sc_operand *operands,
                       const sc_launch *launch) {
    const sc_cpu_pool pool = sc_cpu_pool_make(desc);
    int64_t planes = sc_tensor_dim_at(&desc->tensor[0], 0, launch->rows) * desc->tensor[0].dim[1];
    for (int64_t plane = 0; plane < planes; plane++) run_plane(desc->op, &pool, operands, plane);
}
