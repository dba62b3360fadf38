/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of softmax, its gradient and cross-entropy, row by row. */
#include "verify/reference.h"
#include "verify/tolerance.h"

#include <math.h>

static double maximum(const double *x, int64_t n) {
    double best = x[0];
    for (int64_t i = 1; i < n; i++) best = isnan(best) || isnan(x[i]) ? NAN : fmax(best, x[i]);
    return best;
}

/* log(sum exp(x - best)) */
static double log_sum(const double *x, int64_t n, double best) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += exp(x[i] - best);
    return log(sum);
}

void sc_reference_softmax(sc_reference_job *job) {
    const sc_reference_array *x = &job->operand[0], *y = &job->operand[1];
    int64_t n = x->tensor.dim[x->tensor.rank - 1];
    for (int64_t row = 0; row < x->count; row += n) {
        double best = maximum(x->value + row, n), log_total = log_sum(x->value + row, n, best);
        for (int64_t i = row; i < row + n; i++) {
            double distance = best - x->value[i], result = -distance - log_total;
            y->value[i] = job->desc->attr.softmax.log ? result : exp(result);
            y->bound[i] = job->desc->attr.softmax.log
                              ? sc_tolerance_log_softmax(n, distance, result)
                              : sc_tolerance_softmax(n, distance, y->value[i]);
        }
    }
}

void sc_reference_softmax_grad(sc_reference_job *job) {
    const sc_reference_array *y = &job->operand[0], *dy = &job->operand[1], *dx = &job->operand[2];
    int64_t n = y->tensor.dim[y->tensor.rank - 1];
    bool log_form = job->desc->attr.softmax.log;
    for (int64_t row = 0; row < y->count; row += n) {
        double sum = 0, magnitude = 0;
        for (int64_t i = row; i < row + n; i++) {
            double term = log_form ? dy->value[i] : dy->value[i] * y->value[i];
            sum += term;
            magnitude += fabs(term);
        }
        for (int64_t i = row; i < row + n; i++) {
            double p = log_form ? exp(y->value[i]) : y->value[i], d = dy->value[i];
            dx->value[i] = log_form ? d - p * sum : p * (d - sum);
            double size = log_form ? fabs(d) + p * (1 + fabs(y->value[i])) * magnitude
                                   : p * (fabs(d) + magnitude);
            dx->bound[i] = sc_tolerance_softmax_grad(n, size);
        }
    }
}

void sc_reference_cross_entropy(sc_reference_job *job) {
    const sc_reference_array *x = &job->operand[0], *labels = &job->operand[1];
    const sc_reference_array *loss = &job->operand[2], *dx = &job->operand[3];
    int64_t n = x->tensor.dim[1];
    for (int64_t row = 0; row < labels->count; row++) {
        const double *logits = x->value + row * n;
        int64_t label = (int64_t)labels->value[row];
        bool known = label >= 0 && label < n;
        double best = maximum(logits, n), log_total = log_sum(logits, n, best);
        double distance = known ? best - logits[label] : NAN;
        loss->value[row] = distance + log_total;
        loss->bound[row] = known ? sc_tolerance_log_softmax(n, distance, loss->value[row]) : 0;
        for (int64_t c = 0; c < n; c++) {
            double p = exp(logits[c] - best - log_total), result = p - (c == label);
            dx->value[row * n + c] = known ? result : NAN;
            dx->bound[row * n + c] = sc_tolerance_softmax(n, best - logits[c], p) +
                                     (c == label ? sc_tolerance_ulp(result) : 0);
        }
    }
}
