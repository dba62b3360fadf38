/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of layer normalisation and its gradient, row by row. */
#include "verify/reference.h"
#include "verify/tolerance.h"

#include <math.h>

/* Half a rounding of the distance from a mean that is off by `mean_error`. */
static double distance_error(double distance, double mean_error) {
    return mean_error + sc_tolerance_ulp(fabs(distance) + mean_error) / 2;
}

static void normalise(const sc_reference_job *job, int64_t row, int64_t n, double mean,
                      double mean_error, double inverse, double inverse_error) {
    const sc_reference_array *x = &job->operand[0], *scale = &job->operand[1],
                             *shift = &job->operand[2], *y = &job->operand[3];
    for (int64_t c = 0; c < n; c++) {
        double distance = x->value[row * n + c] - mean, factor = scale->value[c];
        double value = distance * inverse * factor + shift->value[c];
        y->value[row * n + c] = value;
        y->bound[row * n + c] = sc_tolerance_layer_norm(
            distance, distance_error(distance, mean_error), inverse, inverse_error, factor, value);
    }
}

void sc_reference_layer_norm(sc_reference_job *job) {
    const sc_reference_array *x = &job->operand[0], *mean = &job->operand[4],
                             *inverse = &job->operand[5];
    const double epsilon = (double)job->desc->attr.layer_norm.epsilon;
    int64_t n = x->tensor.dim[x->tensor.rank - 1];
    for (int64_t row = 0; row < mean->count; row++) {
        const double *value = x->value + row * n;
        double sum = 0, magnitude = 0, squares = 0;
        for (int64_t c = 0; c < n; c++) {
            sum += value[c];
            magnitude += fabs(value[c]);
        }
        double centre = sum / (double)n, centre_error = sc_tolerance_mean(n, magnitude / (double)n);
        for (int64_t c = 0; c < n; c++) squares += (value[c] - centre) * (value[c] - centre);
        double variance = squares / (double)n, factor = 1 / sqrt(variance + epsilon);
        double factor_error =
            sc_tolerance_inverse_deviation(n, variance, epsilon, centre_error, job->correct_divide);
        mean->value[row] = centre;
        mean->bound[row] = centre_error;
        inverse->value[row] = factor;
        inverse->bound[row] = factor_error;
        normalise(job, row, n, centre, centre_error, factor, factor_error);
    }
}

void sc_reference_layer_norm_grad(sc_reference_job *job) {
    const sc_reference_array *x = &job->operand[0], *scale = &job->operand[1],
                             *dy = &job->operand[2], *mean = &job->operand[3],
                             *inverse = &job->operand[4], *dx = &job->operand[5];
    int64_t n = x->tensor.dim[x->tensor.rank - 1];
    for (int64_t row = 0; row < mean->count; row++) {
        double sum = 0, dot = 0, size = 0, dot_size = 0, factor = inverse->value[row];
        for (int64_t c = 0; c < n; c++) {
            double g = dy->value[row * n + c] * scale->value[c],
                   h = (x->value[row * n + c] - mean->value[row]) * factor;
            sum += g / (double)n;
            dot += g * h / (double)n;
            size += fabs(g) / (double)n;
            dot_size += fabs(g * h) / (double)n;
        }
        for (int64_t c = 0; c < n; c++) {
            double g = dy->value[row * n + c] * scale->value[c],
                   h = (x->value[row * n + c] - mean->value[row]) * factor;
            double magnitude = fabs(factor) * (fabs(g) + size + fabs(h) * dot_size);
            dx->value[row * n + c] = factor * (g - sum - h * dot);
            dx->bound[row * n + c] = sc_tolerance_layer_norm_grad(n, magnitude);
        }
    }
}
