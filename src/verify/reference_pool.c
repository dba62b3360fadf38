/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of max and average pooling and their gradients, one plane (sample and channel)
 * after the other. */
#include "verify/reference.h"
#include "verify/tolerance.h"

#include <math.h>
#include <string.h>

typedef struct plane {
    int64_t height, width, out_height, out_width;
    const sc_window *window;
} plane;

static plane plane_of(const sc_op_desc *desc, const sc_tensor_desc *x, const sc_tensor_desc *y) {
    return (plane){x->dim[2], x->dim[3], y->dim[2], y->dim[3], &desc->attr.pool.window};
}

/* The element of the plane under tap (kh, kw) of output (oh, ow), or -1 in the padding. */
static int64_t tap(const plane *p, int64_t oh, int64_t ow, int kh, int kw) {
    int64_t h =
        oh * p->window->stride[0] - p->window->pad_before[0] + (int64_t)kh * p->window->dilation[0];
    int64_t w =
        ow * p->window->stride[1] - p->window->pad_before[1] + (int64_t)kw * p->window->dilation[1];
    return h < 0 || h >= p->height || w < 0 || w >= p->width ? -1 : h * p->width + w;
}

/* The first maximum of a window; a NaN beats every number. */
static int find_maximum(const plane *p, const double *x, int64_t oh, int64_t ow) {
    int best = -1;
    double maximum = 0;
    for (int kh = 0; kh < p->window->kernel[0]; kh++)
        for (int kw = 0; kw < p->window->kernel[1]; kw++) {
            int64_t at = tap(p, oh, ow, kh, kw);
            if (at < 0) continue;
            if (best < 0 || (!isnan(maximum) && (x[at] > maximum || isnan(x[at])))) {
                best = kh * p->window->kernel[1] + kw;
                maximum = x[at];
            }
        }
    return best;
}

void sc_reference_maxpool2d(sc_reference_job *job) {
    const sc_reference_array *x = &job->operand[0], *y = &job->operand[1],
                             *index = &job->operand[2];
    plane p = plane_of(job->desc, &x->tensor, &y->tensor);
    int64_t size = p.height * p.width, out_size = p.out_height * p.out_width;
    for (int64_t i = 0; i < y->count; i++) {
        const double *from = x->value + i / out_size * size;
        int64_t oh = i % out_size / p.out_width, ow = i % p.out_width;
        int best = find_maximum(&p, from, oh, ow);
        index->value[i] = best;
        y->value[i] = from[tap(&p, oh, ow, best / p.window->kernel[1], best % p.window->kernel[1])];
        y->bound[i] = index->bound[i] = 0;
    }
}

/* Spreads dy over the windows: each output gives `share` of itself to each of its taps that
 * `wanted` names. */
typedef double sharing(const sc_reference_job *job, const plane *p, int64_t output, int64_t oh,
                       int64_t ow, int tap_number);

static void spread(sc_reference_job *job, sharing *share) {
    const sc_reference_array *dy = &job->operand[0], *dx = &job->operand[job->desc->inputs];
    plane p = plane_of(job->desc, &dx->tensor, &dy->tensor);
    int64_t size = p.height * p.width, out_size = p.out_height * p.out_width;
    int taps = p.window->kernel[0] * p.window->kernel[1];
    memset(dx->value, 0, (size_t)dx->count * sizeof *dx->value);
    memset(dx->bound, 0, (size_t)dx->count * sizeof *dx->bound);
    for (int64_t i = 0; i < dy->count; i++) {
        int64_t oh = i % out_size / p.out_width, ow = i % p.out_width;
        for (int t = 0; t < taps; t++) {
            int64_t at = tap(&p, oh, ow, t / p.window->kernel[1], t % p.window->kernel[1]);
            if (at < 0) continue;
            double part = share(job, &p, i, oh, ow, t);
            dx->value[i / out_size * size + at] += part;
            dx->bound[i / out_size * size + at] += fabs(part);
        }
    }
}

static double to_maximum(const sc_reference_job *job, const plane *p, int64_t output, int64_t oh,
                         int64_t ow, int tap_number) {
    (void)p, (void)oh, (void)ow;
    return job->operand[1].value[output] == tap_number ? job->operand[0].value[output] : 0;
}

void sc_reference_maxpool2d_grad(sc_reference_job *job) {
    const sc_window *window = &job->desc->attr.pool.window;
    const sc_reference_array *dx = &job->operand[job->desc->inputs];
    bool overlap = window->stride[0] < window->kernel[0] * window->dilation[0] ||
                   window->stride[1] < window->kernel[1] * window->dilation[1];
    spread(job, to_maximum);
    for (int64_t i = 0; i < dx->count; i++)
        dx->bound[i] = overlap ? sc_reference_sum_bound(job, window->kernel[0] * window->kernel[1],
                                                        dx->bound[i])
                               : 0;
}

/* Elements an average divides by. */
static int64_t divisor(const sc_reference_job *job, const plane *p, int64_t oh, int64_t ow) {
    int64_t inside = 0;
    for (int kh = 0; kh < p->window->kernel[0]; kh++)
        for (int kw = 0; kw < p->window->kernel[1]; kw++) inside += tap(p, oh, ow, kh, kw) >= 0;
    return job->desc->attr.pool.count_padding ? (int64_t)p->window->kernel[0] * p->window->kernel[1]
                                              : inside;
}

/* A quotient costs a rounding or two beyond the sum; dividing whole numbers by 2^n costs none. */
static double average_bound(const sc_reference_job *job, int64_t terms, int64_t count,
                            double magnitude) {
    bool exact = job->whole && (count & (count - 1)) == 0;
    return exact ? 0 : sc_tolerance_sum(terms + (job->correct_divide ? 2 : 5), magnitude);
}

void sc_reference_avgpool2d(sc_reference_job *job) {
    const sc_reference_array *x = &job->operand[0], *y = &job->operand[1];
    plane p = plane_of(job->desc, &x->tensor, &y->tensor);
    int64_t size = p.height * p.width, out_size = p.out_height * p.out_width;
    int taps = p.window->kernel[0] * p.window->kernel[1];
    for (int64_t i = 0; i < y->count; i++) {
        int64_t oh = i % out_size / p.out_width, ow = i % p.out_width,
                count = divisor(job, &p, oh, ow);
        double sum = 0, magnitude = 0;
        for (int t = 0; t < taps; t++) {
            int64_t at = tap(&p, oh, ow, t / p.window->kernel[1], t % p.window->kernel[1]);
            if (at < 0) continue;
            sum += x->value[i / out_size * size + at];
            magnitude += fabs(x->value[i / out_size * size + at]);
        }
        y->value[i] = sum / (double)count;
        y->bound[i] = average_bound(job, taps, count, magnitude / (double)count);
    }
}

static double to_all(const sc_reference_job *job, const plane *p, int64_t output, int64_t oh,
                     int64_t ow, int tap_number) {
    (void)tap_number;
    return job->operand[0].value[output] / (double)divisor(job, p, oh, ow);
}

void sc_reference_avgpool2d_grad(sc_reference_job *job) {
    const sc_window *window = &job->desc->attr.pool.window;
    const sc_reference_array *dx = &job->operand[job->desc->inputs];
    spread(job, to_all);
    int64_t taps = (int64_t)window->kernel[0] * window->kernel[1];
    for (int64_t i = 0; i < dx->count; i++) {
        int64_t worst = job->desc->attr.pool.count_padding ? taps : 3; /* a count of 3 is not exact:
                                                                          assume one occurs */
        bool padded = window->pad_before[0] + window->pad_before[1] + window->pad_after[0] +
                          window->pad_after[1] >
                      0;
        dx->bound[i] = average_bound(job, taps, padded ? worst : taps, dx->bound[i]);
    }
}
