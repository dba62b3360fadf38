/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of tolerances, each with its formula and its reason. A bound is never widened to
 * make a device pass: the bounds follow from the arithmetic (any order of a sum, any use of fma) or
 * from OpenCL's own limits. */
#include "verify/tolerance.h"

#include <float.h>
#include <math.h>

static const double unit = 0x1p-24;

static const sc_tolerance_row rows[] = {
    {"copies, comparisons, integers, relu, max, argmax, uniform", "0, by bits",
     "no rounding takes place"},
    {"add, mul and other correctly rounded operations", "0, by bits",
     "IEEE 754 names the one result"},
    {"sums of small whole numbers", "0, by bits",
     "every partial sum is below 2^24, so every order is exact"},
    {"sum of K terms", "g(K+2) * sum|a||b|, g(n) = n u / (1 - n u)",
     "holds for every order, tiling and fma"},
    {"scalar functions", "ULP per function, in the table below",
     "limits of OpenCL 1.2, full profile, or tighter"},
    {"expressions of several functions", "first-order propagation of the above",
     "each rounding enters once"},
    {"softmax", "(|x - max| + n + 12) u relative",
     "one exp of a rounded difference, a sum of n, a division"},
    {"log-softmax, cross-entropy", "4 (n + |x - max|) u + u |y|",
     "absolute: the logarithm of a sum near 1 cancels"},
    {"softmax gradient", "(n + 8) u * |y| (|dy| + sum|dy y|)",
     "a dot product of n and two roundings"},
    {"mean of n values", "g(n + 4) * mean|x|", "a sum, and a product with 1 / n"},
    {"layer normalisation",
     "mean off by e, 1 / deviation between those of v (1 - g(n + 6)) and (v + e^2) (1 + g(n + 6))",
     "deviations from a mean that is off by e have mean squares v + e^2; then three products and a "
     "sum"},
    {"layer normalisation's gradient", "g(n + 14) * inverse (|g| + mean|g| + |h| mean|g h|)",
     "two means of n products"},
    {"attention's weights", "exp(e + (|x| + 8) u) - 1 relative, e = g(D + 4) |scale| sum|q||k|",
     "a score of D products, a rounded difference, an exp"},
    {"attention",
     "sum p e|v - y| / (1 - sum p e) + g(1.5 n + 24) * sum p (|v| + |y|), e of the weights",
     "weights that are off by e move their mean by the first term; a sum of n, scaled anew by an "
     "exp and a product for each tile of 16 keys or more"},
    {"attention's logsum", "sum p e / (1 - sum p e) + g(1.5 n + 24) + 6 u |log| + u |y|",
     "the logarithm of that sum"},
    {"attention's gradients",
     "sum of |p| e, |p| times the error of dy.v - delta, each times its factor; g(n + 6) of the "
     "sum",
     "first-order propagation of the weights' errors, a sum of n"},
    {"normal numbers", "8 u r", "log, root, sine at radius r"},
    {"what is stored as f16 or bf16", "+ half an ulp of the type, of a subnormal at least",
     "one rounding, when it is stored"},
    {"devices without subnormals", "+ (K + 1) 2^-126", "each term may lose a subnormal"},
};

const sc_tolerance_row *sc_tolerance_rows(int *count) {
    *count = (int)(sizeof rows / sizeof rows[0]);
    return rows;
}

/* ULP of each operation that rounds; the second figure where division and root are not correctly
 * rounded. */
typedef struct ulp_row {
    double correct, loose;
} ulp_row;
static const ulp_row ulps[SC_EXPR_COUNT] = {
    [SC_EXPR_ADD] = {0.5, 0.5},    [SC_EXPR_SUB] = {0.5, 0.5}, [SC_EXPR_MUL] = {0.5, 0.5},
    [SC_EXPR_SQUARE] = {0.5, 0.5}, [SC_EXPR_DIV] = {0.5, 2.5}, [SC_EXPR_SQRT] = {0.5, 3},
    [SC_EXPR_RSQRT] = {1.5, 6},    [SC_EXPR_EXP] = {3, 3},     [SC_EXPR_EXPM1] = {3, 3},
    [SC_EXPR_LOG] = {3, 3},        [SC_EXPR_LOG1P] = {2, 2},   [SC_EXPR_SIN] = {4, 4},
    [SC_EXPR_COS] = {4, 4},        [SC_EXPR_ERF] = {16, 16},   [SC_EXPR_POW] = {16, 16},
    [SC_EXPR_TANH] = {5, 5},       [SC_EXPR_SIGMOID] = {7, 7}, [SC_EXPR_SOFTPLUS] = {6, 6},
    [SC_EXPR_SILU] = {8, 8},       [SC_EXPR_GELU] = {8, 8},    [SC_EXPR_GELU_TANH] = {8, 8},
    [SC_EXPR_MISH] = {8, 8},
};

/* Below -2 the two GELUs are differences of nearly equal numbers: an absolute bound in |x| takes
 * over. */
static const double gelu_cancels_below = -2, gelu_absolute = 2e-7;

double sc_tolerance_ulp(double value) {
    value = fabs(value);
    if (!(value <= FLT_MAX)) return INFINITY;
    if (value < FLT_MIN) return 0x1p-149;
    int exponent;
    frexp(value, &exponent);
    return ldexp(1.0, exponent - 24);
}

double sc_tolerance_expr(sc_expr_op op, double value, double argument, bool correct_divide) {
    double count = correct_divide ? ulps[op].correct : ulps[op].loose;
    if (count == 0) return 0;
    double bound = count * sc_tolerance_ulp(value);
    bool cancels = (op == SC_EXPR_GELU || op == SC_EXPR_GELU_TANH) && argument < gelu_cancels_below;
    if (cancels && isfinite(argument)) bound = fmax(bound, gelu_absolute * fabs(argument));
    return bound;
}

bool sc_tolerance_correctly_rounded(sc_expr_op op, bool correct_divide) {
    return op != SC_EXPR_NORMAL && (correct_divide ? ulps[op].correct : ulps[op].loose) <= 0.5;
}

static double growth(double n) {
    return n * unit / (1 - n * unit);
}

double sc_tolerance_sum(int64_t length, double magnitude) {
    return growth((double)length + 2) * magnitude;
}

double sc_tolerance_softmax(int64_t n, double distance, double value) {
    if (isinf(distance)) distance = 0; /* -inf less a number, and its exp, are exact */
    return (fabs(distance) + (double)n + 12) * unit * fabs(value) + 0x1p-149;
}

double sc_tolerance_log_softmax(int64_t n, double distance, double value) {
    return 4 * ((double)n + fabs(distance)) * unit + unit * fabs(value);
}

double sc_tolerance_softmax_grad(int64_t n, double magnitude) {
    return ((double)n + 8) * unit * magnitude + 0x1p-149;
}

double sc_tolerance_mean(int64_t n, double magnitude) {
    return growth((double)n + 4) * magnitude + 0x1p-149;
}

double sc_tolerance_inverse_deviation(int64_t n, double variance, double epsilon, double shift,
                                      bool correct_divide) {
    const double share = growth((double)n + 6), exact = 1 / sqrt(variance + epsilon);
    double least = (variance * (1 - share) + epsilon) * (1 - unit);
    double most = ((variance + shift * shift) * (1 + share) + epsilon) * (1 + unit);
    double bound = fmax(1 / sqrt(least) - exact, exact - 1 / sqrt(most));
    return bound + sc_tolerance_expr(SC_EXPR_RSQRT, exact, 0, correct_divide);
}

double sc_tolerance_layer_norm(double distance, double distance_error, double inverse,
                               double inverse_error, double scale, double value) {
    double most = (fabs(distance) + distance_error) * (inverse + inverse_error) * (1 + 4 * unit);
    double bound = fabs(scale) * (most - fabs(distance) * inverse);
    return bound + unit * (fabs(value) + bound) + 0x1p-148;
}

double sc_tolerance_layer_norm_grad(int64_t n, double magnitude) {
    return growth((double)n + 14) * magnitude + 0x1p-148;
}

double sc_tolerance_weight(double x, double error) {
    if (isinf(x)) x = 0; /* exp of an infinity is exact */
    return expm1(error + (fabs(x) + 8) * unit);
}

double sc_tolerance_attention(int64_t n, double magnitude) {
    return growth(1.5 * (double)n + 24) * magnitude;
}

double sc_tolerance_logsum(int64_t n, double error, double logarithm, double value) {
    return error + growth(1.5 * (double)n + 24) + 6 * unit * fabs(logarithm) + unit * fabs(value);
}

double sc_tolerance_normal(double radius) {
    return 8 * unit * radius;
}

double sc_tolerance_flush(int64_t length) {
    return ((double)length + 1) * 0x1p-126;
}
