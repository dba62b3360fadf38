/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of attention and its gradients: every pair of a query and a key by itself. */
#include "verify/reference.h"
#include "verify/tolerance.h"

#include <math.h>

/* One head of one sample. Rows of q and of k, v lie `width` apart. */
typedef struct head {
    const sc_reference_job *job;
    int64_t queries, keys, width, depth, length, statistics;
    int64_t at_query, at_key; /* of the first query and key in their operands */
    double scale;
} head;

enum { QUERY, KEY, VALUE, SLOPE, LOGSUM, DELTA };

static const double *row_of(const head *h, int operand, int64_t row) {
    bool by_key = operand == KEY || operand == VALUE;
    return h->job->operand[operand].value + (by_key ? h->at_key : h->at_query) + row * h->width;
}

/* Where the values of query t lie among those of [N,T,heads]. */
static int64_t statistic(const head *h, int64_t t) {
    return h->statistics + t * h->job->desc->attr.attention.heads;
}

static bool sees(const head *h, int64_t t, int64_t s) {
    const sc_op_attr *attr = &h->job->desc->attr;
    return s < h->length && (!attr->attention.causal || s <= t + attr->attention.shift);
}

/* A sum of products along a row, and how far a float one may be off. */
static double dot(const head *h, const double *a, const double *b, double *error) {
    double sum = 0, magnitude = 0;
    for (int64_t d = 0; d < h->depth; d++) {
        sum += a[d] * b[d];
        magnitude += fabs(a[d] * b[d]);
    }
    *error = sc_reference_sum_bound(h->job, h->depth, magnitude);
    return sum;
}

static double score(const head *h, int64_t t, int64_t s, double *error) {
    double sum = dot(h, row_of(h, QUERY, t), row_of(h, KEY, s), error), magnitude = 0;
    int exponent;
    bool exact = *error == 0 && fabs(frexp(h->scale, &exponent)) == 0.5;
    const double *q = row_of(h, QUERY, t), *k = row_of(h, KEY, s);
    for (int64_t d = 0; d < h->depth; d++) magnitude += fabs(q[d] * k[d]);
    *error = exact ? 0 : sc_tolerance_sum(h->depth + 2, fabs(h->scale) * magnitude);
    return h->scale * sum;
}

/* exp(x), x off by `error`; *share: the relative error. What is 0 is exactly so. */
static double weight(double x, double error, double *share) {
    double value = exp(x);
    *share = value == 0 ? 0 : sc_tolerance_weight(x, error);
    return value;
}

/* The head number `index` of all, counted along heads, then samples. */
static head head_at(const sc_reference_job *job, int64_t index, int lengths) {
    const sc_op_desc *desc = job->desc;
    const sc_tensor_desc *q = &desc->tensor[QUERY], *k = &desc->tensor[KEY];
    const int heads = desc->attr.attention.heads;
    int64_t sample = index / heads, depth = q->dim[2] / heads;
    head h = {.job = job,
              .queries = q->dim[1],
              .keys = k->dim[1],
              .width = q->dim[2],
              .depth = depth,
              .length = k->dim[1],
              .statistics = sample * q->dim[1] * heads + index % heads,
              .at_query = sample * q->dim[1] * q->dim[2] + index % heads * depth,
              .at_key = sample * k->dim[1] * q->dim[2] + index % heads * depth,
              .scale = (double)desc->attr.attention.scale};
    if (desc->inputs > lengths)
        h.length = (int64_t)fmin(fmax(job->operand[lengths].value[sample], 0), (double)h.keys);
    return h;
}

static int64_t head_count(const sc_reference_job *job) {
    return sc_tensor_dim_at(&job->desc->tensor[QUERY], 0, job->launch->rows) *
           job->desc->attr.attention.heads;
}

static double largest_score(const head *h, int64_t t, int64_t *seen) {
    double best = -INFINITY, error;
    for (int64_t s = 0; s < h->keys; s++) {
        if (!sees(h, t, s)) continue;
        double x = score(h, t, s, &error);
        best = isnan(best) || isnan(x) ? NAN : fmax(best, x);
        ++*seen;
    }
    return best;
}

/* y and its bound at a query: weights p with relative errors e move y by the sum of p e (v - y). */
static void attend(const head *h, int64_t t, const sc_reference_array *y,
                   const sc_reference_array *logsum) {
    int64_t seen = 0, at = h->at_query + t * h->width;
    double best = largest_score(h, t, &seen), total = 0, spread = 0, error, share;
    double *value = y->value + at, *bound = y->bound + at;
    for (int64_t d = 0; d < h->depth; d++) value[d] = bound[d] = 0;
    logsum->value[statistic(h, t)] = -INFINITY;
    logsum->bound[statistic(h, t)] = 0;
    if (!seen) return;
    for (int64_t s = 0; s < h->keys; s++) {
        if (!sees(h, t, s)) continue;
        double p = weight(score(h, t, s, &error) - best, error, &share);
        total += p;
        spread += p * share;
        for (int64_t d = 0; d < h->depth; d++) value[d] += p * row_of(h, VALUE, s)[d];
    }
    for (int64_t d = 0; d < h->depth; d++) value[d] /= total;
    spread /= total;
    const double further = spread < 1 ? 1 / (1 - spread) : INFINITY;
    for (int64_t s = 0; s < h->keys; s++) {
        if (!sees(h, t, s)) continue;
        double p = weight(score(h, t, s, &error) - best, error, &share) / total;
        for (int64_t d = 0; d < h->depth; d++) {
            double v = row_of(h, VALUE, s)[d];
            bound[d] += p * share * fabs(v - value[d]) * further +
                        sc_tolerance_attention(h->keys, p * (fabs(v) + fabs(value[d]))) +
                        0x1p-149 * (1 + fabs(v));
        }
    }
    logsum->value[statistic(h, t)] = best + log(total);
    logsum->bound[statistic(h, t)] =
        sc_tolerance_logsum(h->keys, spread * further, log(total), best + log(total));
}

void sc_reference_attention(sc_reference_job *job) {
    const sc_reference_array *y = &job->operand[job->desc->inputs], *logsum = y + 1;
    for (int64_t i = 0; i < head_count(job); i++) {
        head h = head_at(job, i, 3);
        for (int64_t t = 0; t < h.queries; t++) attend(&h, t, y, logsum);
    }
}

/* What the gradients of a pair are made of: p, g = p (dy.v - delta), and their errors. */
typedef struct pair {
    double p, p_error, g, g_error;
} pair;

static pair pair_of(const head *h, int64_t t, int64_t s) {
    const sc_reference_job *job = h->job;
    double error, share, slope_error;
    double x = score(h, t, s, &error) - job->operand[LOGSUM].value[statistic(h, t)];
    double p = weight(x, error, &share);
    double slope = dot(h, row_of(h, SLOPE, t), row_of(h, VALUE, s), &slope_error) -
                   job->operand[DELTA].value[statistic(h, t)];
    pair result = {.p = p, .p_error = p * share + 0x1p-149, .g = p * slope};
    double off = slope_error + sc_tolerance_ulp(fabs(slope) + slope_error) / 2;
    result.g_error = p * share * (fabs(slope) + off) + p * off + 0x1p-149 * (1 + fabs(slope));
    return result;
}

static void add(const sc_reference_array *to, int64_t at, int64_t terms, double factor,
                double error, double by) {
    double size = (fabs(factor) + error) * fabs(by);
    to->value[at] += factor * by;
    to->bound[at] += error * fabs(by) + sc_tolerance_sum(terms + 4, size) + 0x1p-149;
}

static void clear(const sc_reference_array *array) {
    for (int64_t i = 0; i < array->count; i++) array->value[i] = array->bound[i] = 0;
}

void sc_reference_attention_grad_query(sc_reference_job *job) {
    const sc_reference_array *dq = &job->operand[job->desc->inputs];
    clear(dq);
    for (int64_t i = 0; i < head_count(job); i++) {
        head h = head_at(job, i, 6);
        for (int64_t t = 0; t < h.queries; t++)
            for (int64_t s = 0; s < h.keys; s++) {
                if (!sees(&h, t, s)) continue;
                pair x = pair_of(&h, t, s);
                for (int64_t d = 0; d < h.depth; d++)
                    add(dq, h.at_query + t * h.width + d, h.keys, h.scale * x.g,
                        fabs(h.scale) * x.g_error, row_of(&h, KEY, s)[d]);
            }
    }
}

void sc_reference_attention_grad_key(sc_reference_job *job) {
    const sc_reference_array *dk = &job->operand[job->desc->inputs], *dv = dk + 1;
    clear(dk);
    clear(dv);
    for (int64_t i = 0; i < head_count(job); i++) {
        head h = head_at(job, i, 6);
        for (int64_t t = 0; t < h.queries; t++)
            for (int64_t s = 0; s < h.keys; s++) {
                if (!sees(&h, t, s)) continue;
                pair x = pair_of(&h, t, s);
                for (int64_t d = 0; d < h.depth; d++) {
                    int64_t at = h.at_key + s * h.width + d;
                    add(dk, at, h.queries, h.scale * x.g, fabs(h.scale) * x.g_error,
                        row_of(&h, QUERY, t)[d]);
                    add(dv, at, h.queries, x.p, x.p_error, row_of(&h, SLOPE, t)[d]);
                }
            }
    }
}
