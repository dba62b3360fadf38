/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of the convolution and its two gradients. All three visit the same products x * w
 * -> y; they differ in which two are read and which is summed into. */
#include "verify/reference.h"

#include <math.h>
#include <string.h>

typedef struct geometry {
    int64_t samples, channels, height, width, filters, out_height, out_width, per_group_in,
        per_group_out;
    const sc_window *window;
} geometry;

/* One product: numbers of the elements of x, w and y it joins. */
typedef void visitor(void *state, int64_t x, int64_t w, int64_t y);

static geometry geometry_of(const sc_op_desc *desc, const sc_tensor_desc *x,
                            const sc_tensor_desc *y, int64_t rows) {
    return (geometry){
        .samples = sc_tensor_dim_at(x, 0, rows),
        .channels = x->dim[1],
        .height = x->dim[2],
        .width = x->dim[3],
        .filters = y->dim[1],
        .out_height = y->dim[2],
        .out_width = y->dim[3],
        .per_group_in = x->dim[1] / desc->attr.conv.groups,
        .per_group_out = y->dim[1] / desc->attr.conv.groups,
        .window = &desc->attr.conv.window,
    };
}

static void visit_window(const geometry *g, int64_t n, int64_t o, int64_t oh, int64_t ow,
                         visitor *visit, void *state) {
    const sc_window *window = g->window;
    int64_t y = ((n * g->filters + o) * g->out_height + oh) * g->out_width + ow;
    for (int64_t c = 0; c < g->per_group_in; c++)
        for (int kh = 0; kh < window->kernel[0]; kh++)
            for (int kw = 0; kw < window->kernel[1]; kw++) {
                int64_t h = oh * window->stride[0] - window->pad_before[0] +
                            (int64_t)kh * window->dilation[0];
                int64_t w = ow * window->stride[1] - window->pad_before[1] +
                            (int64_t)kw * window->dilation[1];
                if (h < 0 || h >= g->height || w < 0 || w >= g->width) continue;
                int64_t channel = o / g->per_group_out * g->per_group_in + c;
                int64_t x = ((n * g->channels + channel) * g->height + h) * g->width + w;
                visit(state, x,
                      ((o * g->per_group_in + c) * window->kernel[0] + kh) * window->kernel[1] + kw,
                      y);
            }
}

static void visit_all(const geometry *g, visitor *visit, void *state) {
    for (int64_t n = 0; n < g->samples; n++)
        for (int64_t o = 0; o < g->filters; o++)
            for (int64_t oh = 0; oh < g->out_height; oh++)
                for (int64_t ow = 0; ow < g->out_width; ow++)
                    visit_window(g, n, o, oh, ow, visit, state);
}

typedef struct sums {
    const double *a, *b;
    const sc_reference_array *out;
} sums;

static void add_product(const sums *s, int64_t a, int64_t b, int64_t out) {
    double product = s->a[a] * s->b[b];
    s->out->value[out] += product;
    s->out->bound[out] += fabs(product);
}

static void forward(void *state, int64_t x, int64_t w, int64_t y) {
    add_product(state, x, w, y);
}
static void by_input(void *state, int64_t x, int64_t w, int64_t y) {
    add_product(state, y, w, x);
}
static void by_weight(void *state, int64_t x, int64_t w, int64_t y) {
    add_product(state, x, y, w);
}

static void run(sc_reference_job *job, const geometry *g, visitor *visit, int64_t length) {
    const sc_reference_array *out = &job->operand[job->desc->inputs];
    sums state = {job->operand[0].value, job->operand[1].value, out};
    memset(out->value, 0, (size_t)out->count * sizeof *out->value);
    memset(out->bound, 0, (size_t)out->count * sizeof *out->bound);
    visit_all(g, visit, &state);
    for (int64_t i = 0; i < out->count; i++)
        out->bound[i] = sc_reference_sum_bound(job, length, out->bound[i]);
}

void sc_reference_conv2d(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    geometry g =
        geometry_of(desc, &desc->tensor[0], &desc->tensor[desc->inputs], job->launch->rows);
    run(job, &g, forward, g.per_group_in * g.window->kernel[0] * g.window->kernel[1]);
}

void sc_reference_conv2d_grad_input(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    geometry g =
        geometry_of(desc, &desc->tensor[desc->inputs], &desc->tensor[0], job->launch->rows);
    run(job, &g, by_input, g.per_group_out * g.window->kernel[0] * g.window->kernel[1]);
}

void sc_reference_conv2d_grad_weight(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    geometry g = geometry_of(desc, &desc->tensor[0], &desc->tensor[1], job->launch->rows);
    run(job, &g, by_weight, g.samples * g.out_height * g.out_width);
}
