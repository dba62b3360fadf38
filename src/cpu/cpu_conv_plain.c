/* SPDX-License-Identifier: Apache-2.0 */
/* The references of convolution and its gradients: loops over what meets what, sums in double
 * precision, one thread. */
#include "cpu/cpu_plain.h"

typedef struct geometry {
    sc_window window;
    sc_tensor_desc x, w, y;
    int64_t source_channels, target_channels; /* per group */
} geometry;

/* The input position that tap k of output position o reads; false in the padding. */
static bool meets(const geometry *g, int axis, int64_t o, int64_t k, int64_t *at) {
    const sc_window *window = &g->window;
    *at = o * window->stride[axis] + k * window->dilation[axis] - window->pad_before[axis];
    return *at >= 0 && *at < g->x.dim[2 + axis];
}

static int64_t at4(const sc_tensor_desc *t, int64_t n, int64_t c, int64_t y, int64_t x) {
    return ((n * t->dim[1] + c) * t->dim[2] + y) * t->dim[3] + x;
}

static double forward_at(const geometry *g, const float *x, const float *w, int64_t n, int64_t o,
                         int64_t oy, int64_t ox) {
    int64_t group = o / g->target_channels, iy, ix;
    double sum = 0.0;
    for (int64_t c = 0; c < g->source_channels; c++)
        for (int64_t ky = 0; ky < g->w.dim[2]; ky++)
            for (int64_t kx = 0; kx < g->w.dim[3]; kx++)
                if (meets(g, 0, oy, ky, &iy) && meets(g, 1, ox, kx, &ix))
                    sum += (double)x[at4(&g->x, n, group * g->source_channels + c, iy, ix)] *
                           (double)w[at4(&g->w, o, c, ky, kx)];
    return sum;
}

/* The output position whose tap k reads input position i; false when there is none. */
static bool read_by(const geometry *g, int axis, int64_t i, int64_t k, int64_t *at) {
    const sc_window *window = &g->window;
    int64_t place = i + window->pad_before[axis] - k * window->dilation[axis];
    *at = place / window->stride[axis];
    return place >= 0 && place % window->stride[axis] == 0 && *at < g->y.dim[2 + axis];
}

static double grad_input_at(const geometry *g, const float *dy, const float *w, int64_t n,
                            int64_t c, int64_t iy, int64_t ix) {
    int64_t group = c / g->source_channels, oy, ox;
    double sum = 0.0;
    for (int64_t f = 0; f < g->target_channels; f++) {
        int64_t o = group * g->target_channels + f;
        for (int64_t ky = 0; ky < g->w.dim[2]; ky++)
            for (int64_t kx = 0; kx < g->w.dim[3]; kx++)
                if (read_by(g, 0, iy, ky, &oy) && read_by(g, 1, ix, kx, &ox))
                    sum += (double)dy[at4(&g->y, n, o, oy, ox)] *
                           (double)w[at4(&g->w, o, c % g->source_channels, ky, kx)];
    }
    return sum;
}

static double grad_weight_at(const geometry *g, const float *x, const float *dy, int64_t samples,
                             int64_t o, int64_t c, int64_t ky, int64_t kx) {
    int64_t channel = o / g->target_channels * g->source_channels + c, iy, ix;
    double sum = 0.0;
    for (int64_t n = 0; n < samples; n++)
        for (int64_t oy = 0; oy < g->y.dim[2]; oy++)
            for (int64_t ox = 0; ox < g->y.dim[3]; ox++)
                if (meets(g, 0, oy, ky, &iy) && meets(g, 1, ox, kx, &ix))
                    sum += (double)x[at4(&g->x, n, channel, iy, ix)] *
                           (double)dy[at4(&g->y, n, o, oy, ox)];
    return sum;
}

static geometry geometry_of(const sc_op_desc *desc) {
    geometry g = {.window = desc->attr.conv.window};
    g.w = desc->op == SC_OP_CONV2D_GRAD_WEIGHT ? desc->tensor[2] : desc->tensor[1];
    g.x = desc->op == SC_OP_CONV2D_GRAD_INPUT ? desc->tensor[desc->inputs] : desc->tensor[0];
    g.y = desc->op == SC_OP_CONV2D              ? desc->tensor[desc->inputs]
          : desc->op == SC_OP_CONV2D_GRAD_INPUT ? desc->tensor[0]
                                                : desc->tensor[1];
    g.source_channels = g.w.dim[1];
    g.target_channels = g.w.dim[0] / desc->attr.conv.groups;
    return g;
}

void sc_cpu_plain_conv(const sc_op_desc *desc, const sc_operand *operands,
                       const sc_launch *launch) {
    const geometry g = geometry_of(desc);
    const float *a = sc_cpu_memory(operands[0]), *b = sc_cpu_memory(operands[1]);
    float *out = sc_cpu_memory(operands[desc->inputs]);
    const sc_tensor_desc *t = desc->op == SC_OP_CONV2D              ? &g.y
                              : desc->op == SC_OP_CONV2D_GRAD_INPUT ? &g.x
                                                                    : &g.w;
    int64_t first = sc_tensor_dim_at(t, 0, launch->rows),
            samples = sc_tensor_dim_at(&g.x, 0, launch->rows);
    for (int64_t n = 0; n < first; n++)
        for (int64_t c = 0; c < t->dim[1]; c++)
            for (int64_t i = 0; i < t->dim[2]; i++)
                for (int64_t j = 0; j < t->dim[3]; j++) {
                    double value = desc->op == SC_OP_CONV2D ? forward_at(&g, a, b, n, c, i, j)
                                   : desc->op == SC_OP_CONV2D_GRAD_INPUT
                                       ? grad_input_at(&g, a, b, n, c, i, j)
                                       : grad_weight_at(&g, a, b, samples, n, c, i, j);
                    out[at4(t, n, c, i, j)] = (float)value;
                }
}
