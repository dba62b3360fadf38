/* SPDX-License-Identifier: Apache-2.0 */
/* The references of attention and its gradients: pair by pair, scores in double precision, one
 * thread. */
#include "cpu/cpu_plain.h"

#include <math.h>

enum { QUERY, KEY, VALUE, SLOPE, LOGSUM, DELTA };

/* One head of one sample. */
typedef struct head {
    const sc_op_desc *desc;
    const sc_operand *operands;
    int64_t sample, number, length;
} head;

static float *row_at(const head *h, int operand, int64_t row) {
    const sc_tensor_desc *x = &h->desc->tensor[operand];
    const int64_t depth = x->dim[2] / h->desc->attr.attention.heads;
    return (float *)sc_cpu_memory(h->operands[operand]) +
           (h->sample * x->dim[1] + row) * x->dim[2] + h->number * depth;
}

static float *statistic_at(const head *h, int operand, int64_t row) {
    const sc_tensor_desc *x = &h->desc->tensor[operand];
    return (float *)sc_cpu_memory(h->operands[operand]) +
           (h->sample * x->dim[1] + row) * x->dim[2] + h->number;
}

static int64_t depth_of(const head *h) {
    return h->desc->tensor[QUERY].dim[2] / h->desc->attr.attention.heads;
}

static int64_t seen_by(const head *h, int64_t t) {
    int64_t end = h->length;
    if (h->desc->attr.attention.causal && t + h->desc->attr.attention.shift + 1 < end)
        end = t + h->desc->attr.attention.shift + 1;
    return end < 0 ? 0 : end;
}

static double dot(const head *h, int a, int64_t row_a, int b, int64_t row_b) {
    const float *x = row_at(h, a, row_a), *y = row_at(h, b, row_b);
    double sum = 0.0;
    for (int64_t d = 0; d < depth_of(h); d++) sum += (double)x[d] * (double)y[d];
    return sum;
}

static double score(const head *h, int64_t t, int64_t s) {
    return (double)h->desc->attr.attention.scale * dot(h, QUERY, t, KEY, s);
}

static void add(const head *h, int to, int64_t row, double factor, int from, int64_t row_from) {
    float *sum = row_at(h, to, row);
    const float *x = row_at(h, from, row_from);
    for (int64_t d = 0; d < depth_of(h); d++)
        sum[d] = (float)((double)sum[d] + factor * (double)x[d]);
}

static void clear(const head *h, int operand) {
    for (int64_t row = 0; row < h->desc->tensor[operand].dim[1]; row++)
        for (int64_t d = 0; d < depth_of(h); d++) row_at(h, operand, row)[d] = 0.0f;
}

static void attend(const head *h, int64_t t) {
    const int64_t seen = seen_by(h, t);
    const int y = h->desc->inputs;
    double most = -INFINITY, sum = 0.0;
    *statistic_at(h, y + 1, t) = -INFINITY;
    for (int64_t s = 0; s < seen; s++) {
        double x = score(h, t, s);
        if (isnan(x) || x > most) most = x;
    }
    for (int64_t s = 0; s < seen; s++) sum += exp(score(h, t, s) - most);
    for (int64_t s = 0; s < seen; s++) add(h, y, t, exp(score(h, t, s) - most) / sum, VALUE, s);
    if (seen) *statistic_at(h, y + 1, t) = (float)(most + log(sum));
}

static void add_gradients(const head *h, int64_t t, int64_t s) {
    const int out = h->desc->inputs;
    const double scale = (double)h->desc->attr.attention.scale;
    double p = exp(score(h, t, s) - (double)*statistic_at(h, LOGSUM, t));
    double g = p * (dot(h, SLOPE, t, VALUE, s) - (double)*statistic_at(h, DELTA, t));
    if (h->desc->op == SC_OP_ATTENTION_GRAD_QUERY) {
        add(h, out, t, scale * g, KEY, s);
    } else {
        add(h, out, s, scale * g, QUERY, t);
        add(h, out + 1, s, p, SLOPE, t);
    }
}

static void run_head(const head *h) {
    const sc_op_desc *desc = h->desc;
    clear(h, desc->inputs);
    if (desc->op == SC_OP_ATTENTION_GRAD_KEY) clear(h, desc->inputs + 1);
    for (int64_t t = 0; t < desc->tensor[QUERY].dim[1]; t++) {
        if (desc->op == SC_OP_ATTENTION) attend(h, t);
        for (int64_t s = 0; desc->op != SC_OP_ATTENTION && s < seen_by(h, t); s++)
            add_gradients(h, t, s);
    }
}

void sc_cpu_plain_attention(const sc_op_desc *desc, const sc_operand *operands,
                            const sc_launch *launch) {
    const int lengths = desc->op == SC_OP_ATTENTION ? 3 : 6;
    const int64_t keys = desc->tensor[KEY].dim[1];
    head h = {.desc = desc, .operands = operands};
    for (; h.sample < sc_tensor_dim_at(&desc->tensor[QUERY], 0, launch->rows); h.sample++)
        for (h.number = 0; h.number < desc->attr.attention.heads; h.number++) {
            h.length = keys;
            if (desc->inputs > lengths)
                h.length = ((const int32_t *)sc_cpu_memory(operands[lengths]))[h.sample];
            if (h.length > keys) h.length = keys;
            run_head(&h);
        }
}
