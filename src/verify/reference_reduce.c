/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of reduce: its expression over the inputs' common index space, folded into sums,
 * maxima and minima. While it runs, an output's bound holds the sum of magnitudes (sums) or the
 * largest error seen (maxima, minima). */
#include "verify/reference.h"
#include "verify/tolerance.h"

#include <math.h>

static void start(const sc_reference_job *job, int k) {
    const sc_op_desc *desc = job->desc;
    const sc_reference_array *out = &job->operand[desc->inputs + k];
    static const double empty[] = {
        [SC_REDUCE_SUM] = 0, [SC_REDUCE_MAX] = -INFINITY, [SC_REDUCE_MIN] = INFINITY};
    for (int64_t i = 0; i < out->count; i++) {
        out->value[i] = empty[desc->attr.reduce.kind[k]];
        out->bound[i] = 0;
    }
}

static double fold(sc_reduce_kind kind, double so_far, double next) {
    if (kind == SC_REDUCE_SUM) return so_far + next;
    if (isnan(so_far) || isnan(next)) return NAN;
    return kind == SC_REDUCE_MAX ? fmax(so_far, next) : fmin(so_far, next);
}

/* A term's own error enters the magnitude as what it is worth there: growth * (error / growth). */
static void take(const sc_reference_job *job, int k, int64_t at, sc_reference_number term,
                 double growth) {
    const sc_reference_array *out = &job->operand[job->desc->inputs + k];
    sc_reduce_kind kind = (sc_reduce_kind)job->desc->attr.reduce.kind[k];
    out->value[at] = fold(kind, out->value[at], term.value);
    if (kind == SC_REDUCE_SUM)
        out->bound[at] += fabs(term.value) + term.error / growth;
    else
        out->bound[at] = fmax(out->bound[at], term.error);
}

static void evaluate(const sc_reference_job *job, sc_reference_way way,
                     const sc_reference_point *point, sc_reference_number *out) {
    const sc_op_desc *desc = job->desc;
    sc_reference_number in[SC_EXPR_INPUTS] = {{0, 0}};
    for (int i = 0; i < desc->inputs && i < SC_EXPR_INPUTS; i++) {
        const sc_reference_array *operand = &job->operand[i];
        int64_t at = sc_reference_broadcast(&operand->tensor, job->launch->rows, point->coordinate);
        in[i].value = operand->value[at];
    }
    sc_reference_expr(desc->expr, point, way, job->correct_divide, in, out);
}

static void finish(const sc_reference_job *job, int k, bool exact, int64_t length) {
    const sc_reference_array *out = &job->operand[job->desc->inputs + k];
    if (job->desc->attr.reduce.kind[k] != SC_REDUCE_SUM) return;
    for (int64_t i = 0; i < out->count; i++)
        out->bound[i] = exact ? sc_reference_sum_bound(job, length, out->bound[i])
                              : sc_tolerance_sum(length, out->bound[i]);
}

void sc_reference_reduce(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    sc_tensor_desc space = sc_op_space(desc);
    const sc_reference_array *first = &job->operand[desc->inputs];
    int64_t rows = job->launch->rows, points = sc_tensor_elements_at(&space, rows);
    int64_t length = first->count ? points / first->count : 0;
    double growth = sc_tolerance_sum(length, 1);
    const sc_reference_way way = sc_reference_way_of(job, desc->expr);
    sc_reference_point point = {.launch = job->launch};
    for (int k = 0; k < desc->outputs; k++) start(job, k);
    for (int64_t p = 0; p < points; p++) {
        sc_reference_number out[SC_EXPR_OUTPUTS];
        sc_reference_locate(&point, &space, rows, p);
        evaluate(job, way, &point, out);
        int64_t at = sc_reference_broadcast(&first->tensor, rows, point.coordinate);
        for (int k = 0; k < desc->outputs; k++) take(job, k, at, out[k], growth);
    }
    for (int k = 0; k < desc->outputs; k++) finish(job, k, way == SC_REFERENCE_EXACT, length);
}
