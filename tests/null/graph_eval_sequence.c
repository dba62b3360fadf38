/* SPDX-License-Identifier: Apache-2.0 */
/* Layer normalisation, attention and their gradients in the evaluator: every row, every pair of a
 * query and a key, by itself. */
#include "graph_eval.h"

#include <math.h>

void eval_layer_norm(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                     const eval_tensor *out) {
    int64_t C = in[0].dim[in[0].rank - 1];
    for (int64_t row = 0; row < in[0].elements / C; row++) {
        double mean = 0, variance = 0;
        for (int64_t c = 0; c < C; c++) mean += eval_get(&in[0], row * C + c) / (double)C;
        for (int64_t c = 0; c < C; c++)
            variance += pow(eval_get(&in[0], row * C + c) - mean, 2) / (double)C;
        double inverse = 1 / sqrt(variance + (double)node->attr.layer_norm.epsilon);
        for (int64_t c = 0; c < C; c++)
            eval_set(eval, &out[0], row * C + c,
                     (eval_get(&in[0], row * C + c) - mean) * inverse * eval_get(&in[1], c) +
                         eval_get(&in[2], c));
        eval_set(eval, &out[1], row, mean);
        eval_set(eval, &out[2], row, inverse);
    }
}

void eval_layer_norm_grad(const graph_eval *eval, const eval_tensor *in, const eval_tensor *dx) {
    int64_t C = in[0].dim[in[0].rank - 1];
    for (int64_t row = 0; row < in[0].elements / C; row++) {
        double mean = eval_get(&in[3], row), inverse = eval_get(&in[4], row), sum = 0, dot = 0;
        for (int64_t c = 0; c < C; c++) {
            double g = eval_get(&in[2], row * C + c) * eval_get(&in[1], c);
            sum += g / (double)C;
            dot += g * (eval_get(&in[0], row * C + c) - mean) * inverse / (double)C;
        }
        for (int64_t c = 0; c < C; c++) {
            double g = eval_get(&in[2], row * C + c) * eval_get(&in[1], c);
            double h = (eval_get(&in[0], row * C + c) - mean) * inverse;
            eval_set(eval, dx, row * C + c, inverse * (g - sum - h * dot));
        }
    }
}

/* A head of a sample. */
typedef struct head {
    const graph_eval *eval;
    const sc_node *node;
    const eval_tensor *in, *out;
    int64_t sample, number, depth, length;
} head;

static int64_t place(const head *h, const eval_tensor *x, int64_t row, int64_t d) {
    return (h->sample * x->dim[1] + row) * x->dim[2] + h->number * h->depth + d;
}

static int64_t statistic(const head *h, int64_t t) {
    return (h->sample * h->in[0].dim[1] + t) * h->node->attr.attention.heads + h->number;
}

static bool sees(const head *h, int64_t t, int64_t s) {
    const sc_op_attr *attr = &h->node->attr;
    return s < h->length && (!attr->attention.causal || s <= t + attr->attention.shift);
}

static double dot(const head *h, const eval_tensor *a, int64_t row_a, const eval_tensor *b,
                  int64_t row_b) {
    double sum = 0;
    for (int64_t d = 0; d < h->depth; d++)
        sum += eval_get(a, place(h, a, row_a, d)) * eval_get(b, place(h, b, row_b, d));
    return sum;
}

static double score(const head *h, int64_t t, int64_t s) {
    return (double)h->node->attr.attention.scale * dot(h, &h->in[0], t, &h->in[1], s);
}

static void add(const head *h, const eval_tensor *to, int64_t row, double factor,
                const eval_tensor *from, int64_t row_from) {
    for (int64_t d = 0; d < h->depth; d++) {
        int64_t at = place(h, to, row, d);
        eval_set(h->eval, to, at,
                 eval_get(to, at) + factor * eval_get(from, place(h, from, row_from, d)));
    }
}

static void attend(const head *h, int64_t t) {
    double sum = 0;
    for (int64_t s = 0; s < h->in[1].dim[1]; s++)
        if (sees(h, t, s)) sum += exp(score(h, t, s));
    for (int64_t s = 0; s < h->in[1].dim[1]; s++)
        if (sees(h, t, s)) add(h, &h->out[0], t, exp(score(h, t, s)) / sum, &h->in[2], s);
    eval_set(h->eval, &h->out[1], statistic(h, t), log(sum));
}

static void slope(const head *h, int64_t t, int64_t s) {
    double p = exp(score(h, t, s) - eval_get(&h->in[4], statistic(h, t)));
    double g = p * (dot(h, &h->in[3], t, &h->in[2], s) - eval_get(&h->in[5], statistic(h, t)));
    g *= (double)h->node->attr.attention.scale;
    if (h->node->op == SC_OP_ATTENTION_GRAD_QUERY) {
        add(h, &h->out[0], t, g, &h->in[1], s);
    } else {
        add(h, &h->out[0], s, g, &h->in[0], t);
        add(h, &h->out[1], s, p, &h->in[3], t);
    }
}

void eval_attention(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                    const eval_tensor *out) {
    const int lengths = node->op == SC_OP_ATTENTION ? 3 : 6;
    head h = {.eval = eval, .node = node, .in = in, .out = out};
    h.depth = in[0].dim[2] / node->attr.attention.heads;
    for (int k = 0; k < (node->op == SC_OP_ATTENTION_GRAD_KEY ? 2 : 1); k++)
        for (int64_t i = 0; i < out[k].elements; i++) eval_set(eval, &out[k], i, 0.0);
    for (; h.sample < in[0].dim[0]; h.sample++)
        for (h.number = 0; h.number < node->attr.attention.heads; h.number++) {
            h.length = in[1].dim[1];
            if (node->inputs > lengths) h.length = (int64_t)eval_get(&in[lengths], h.sample);
            for (int64_t t = 0; t < in[0].dim[1]; t++) {
                if (node->op == SC_OP_ATTENTION) attend(&h, t);
                for (int64_t s = 0; node->op != SC_OP_ATTENTION && s < in[1].dim[1]; s++)
                    if (sees(&h, t, s)) slope(&h, t, s);
            }
        }
}
