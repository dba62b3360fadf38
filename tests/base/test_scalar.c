/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scalar mathematics on the host: accuracy against double precision, special values, NaN, and
 * that vectorised loops give the bits of single calls. SC_SCALAR_STRIDE=1 tries all 2^32 arguments.
 */
#include <criterion/criterion.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "scalar_cases.h"

#define DEFINE_FUNCTION(name, expression)                                                          \
    static __attribute__((noinline, unused)) float call_##name(float x, float y) {                 \
        (void)x, (void)y;                                                                          \
        return expression;                                                                         \
    }
SC_SCALAR_CASES(DEFINE_FUNCTION)

typedef float (*scalar_function)(float x, float y);

static void fail(const char *name, sc_pair in, float got, double expected, const char *what) {
    cr_assert_fail("sc_%s(%.9g [0x%08" PRIx32 "], %.9g [0x%08" PRIx32 "]) = %.9g [0x%08" PRIx32
                   "], expected %.17g: %s",
                   name, (double)in.x, sc_float_to_bits(in.x), (double)in.y, sc_float_to_bits(in.y),
                   (double)got, sc_float_to_bits(got), expected, what);
}

static double reference_sigmoid(double x) {
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static double reference_softplus(double x) {
    return fmax(x, 0) + log1p(exp(-fabs(x))) + (isnan(x) ? x : 0);
}

/* x * f(x) where f vanishes at -inf. */
static double times(double x, double f) {
    return isinf(x) && x < 0 ? -0.0 : x * f;
}

static double reference_silu(double x) {
    return times(x, reference_sigmoid(x));
}

static double reference_mish(double x) {
    double e = exp(fmin(x, 40)), n = e * (e + 2);
    return times(x, n / (n + 2) + (isnan(x) ? x : 0));
}

static double reference_normal_cdf(double x) {
    return 0.5 * erfc(-x / sqrt(2.0));
}

static double reference_gelu(double x) {
    return times(x, reference_normal_cdf(x));
}

static double reference_gelu_tanh(double x) {
    double gate = 2 * 0.79788456080286535588 * (x + 0.044715 * x * x * x);
    return times(x, reference_sigmoid(gate));
}

static double reference_rsqrt(double x) {
    return 1 / sqrt(x);
}

/* Bounds in units in the last place; slack is an absolute error per |x| that is allowed besides. */
typedef struct accuracy {
    const char *name;
    scalar_function function;
    double (*reference)(double);
    double ulp, slack;
} accuracy;

static const accuracy accuracies[] = {
    {"exp", call_exp, exp, 1, 0},
    {"expm1", call_expm1, expm1, 2, 0},
    {"log", call_log, log, 1, 0},
    {"log1p", call_log1p, log1p, 1, 0},
    {"tanh", call_tanh, tanh, 3, 0},
    {"sigmoid", call_sigmoid, reference_sigmoid, 3, 0},
    {"softplus", call_softplus, reference_softplus, 2, 0},
    {"silu", call_silu, reference_silu, 4, 0},
    {"mish", call_mish, reference_mish, 5, 0},
    {"gelu", call_gelu, reference_gelu, 8, 0},
    {"gelu_tanh", call_gelu_tanh, reference_gelu_tanh, 8, 2e-7},
    {"normal_cdf", call_normal_cdf, reference_normal_cdf, 8, 0},
    {"erf", call_erf, erf, 8, 0},
    {"sin", call_sin, sin, 3, 0},
    {"cos", call_cos, cos, 3, 0},
    {"sqrt", call_sqrt, sqrt, 0.5, 0},
    {"rsqrt", call_rsqrt, reference_rsqrt, 1.5, 0},
    {"floor", call_floor, floor, 0, 0},
    {"abs", call_abs, fabs, 0, 0},
};

/*
 * |got - expected| in units in the last place of expected, which are 2^-149 below 2^-125. Another
 * sign, also of zero, and NaN against a number are infinitely wrong; infinity counts as 2^128.
 */
static double error_in_ulp(float got, double expected) {
    if (isnan(got) || isnan(expected)) return isnan(got) && isnan(expected) ? 0 : INFINITY;
    if (!signbit(got) != !signbit(expected)) return INFINITY;
    double value = fmin(fabs((double)got), 0x1p128), wanted = fmin(fabs(expected), 0x1p128);
    double unit = wanted < 0x1p-125 ? 0x1p-149 : ldexp(1, ilogb(wanted) - 23);
    return fabs(value - wanted) / unit;
}

Test(scalar, accuracy, .timeout = 0) {
    uint64_t stride = sc_scalar_stride(), count = sc_input_count(stride);
    for (size_t f = 0; f < sizeof accuracies / sizeof accuracies[0]; f++) {
        const accuracy *row = &accuracies[f];
        double worst = 0;
        for (uint64_t i = 0; i < count; i++) {
            sc_pair in = sc_input(i, stride);
            float got = row->function(in.x, in.y);
            double expected = row->reference(in.x), error = error_in_ulp(got, expected);
            if (fabs(got - expected) <= row->slack * fabs(in.x)) continue;
            if (error > row->ulp) fail(row->name, in, got, expected, "error too large");
            worst = fmax(worst, error);
        }
        cr_log_info("%-10s %.2f ulp of %.2f", row->name, worst, row->ulp);
        cr_assert(row->ulp <= 100 * worst, "the bound of %s is stale", row->name);
    }
}

/* C99 hides a NaN in pow(x, 0) and pow(1, y); sc_pow does not. */
static double reference_pow(double x, double y) {
    return isnan(x) || isnan(y) ? NAN : pow(x, y);
}

Test(scalar, pow, .timeout = 0) {
    uint64_t stride = sc_scalar_stride(), count = sc_input_count(stride);
    double worst = 0;
    for (uint64_t i = 0; i < count; i++) {
        sc_pair in = sc_input(i, stride);
        float got = call_pow(in.x, in.y);
        double expected = reference_pow(in.x, in.y), error = error_in_ulp(got, expected);
        if (error > 8) fail("pow", in, got, expected, "more than 8 ulp");
        worst = fmax(worst, error);
    }
    cr_log_info("pow        %.2f ulp of 8", worst);
}

Test(scalar, exact_functions_equal_their_definition) {
    uint64_t stride = sc_scalar_stride(), count = sc_input_count(stride);
    for (uint64_t i = 0; i < count; i++) {
        sc_pair in = sc_input(i, stride);
        float x = in.x, y = in.y;
        bool nan_x = isnan(x), nan_y = isnan(y);
        const struct {
            const char *name;
            float got, expected;
        } rows[] = {
            {"relu", call_relu(x, y),
             nan_x   ? x
             : x < 0 ? 0.0f
                     : x},
            {"sign", call_sign(x, y), nan_x || x == 0 ? x : copysignf(1, x)},
            {"min", call_min(x, y),
             nan_x   ? x
             : nan_y ? y
             : x < y ? x
                     : y},
            {"max", call_max(x, y),
             nan_x   ? x
             : nan_y ? y
             : x > y ? x
                     : y},
            {"clip", call_clip(x, y),
             nan_x || nan_y        ? x
             : fabsf(x) > fabsf(y) ? copysignf(y, x)
                                   : x},
            {"is_finite", call_is_finite(x, y), isfinite(x) ? 1.0f : 0.0f},
            {"floor", call_floor(x, y), nan_x ? x : floorf(x)},
            {"select", call_select(x, y), x < y ? x : y},
        };
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
            if (sc_float_to_bits(rows[r].got) != sc_float_to_bits(rows[r].expected))
                fail(rows[r].name, in, rows[r].got, rows[r].expected, "other bits");
    }
}

Test(scalar, no_function_hides_a_nan) {
    const uint32_t bits[] = {0x7fc00000, 0xffc00000, 0x7fffffff, 0x7f800001, 0xffbfffff};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        float nan_value = sc_bits_to_float(bits[i]);
        for (size_t f = 0; f < sizeof accuracies / sizeof accuracies[0]; f++) {
            float got = accuracies[f].function(nan_value, 1);
            if (!isnan(got))
                fail(accuracies[f].name, (sc_pair){nan_value, 1}, got, NAN, "NaN hidden");
        }
        const float others[] = {0, -0.0f, 1, -1, 2.5f, INFINITY, -INFINITY, nan_value};
        for (size_t o = 0; o < sizeof others / sizeof others[0]; o++) {
            float other = others[o];
            cr_assert(isnan(sc_relu(nan_value)) && isnan(sc_sign(nan_value)));
            cr_assert(isnan(sc_clip(nan_value, -1, 1)) && !sc_is_finite(nan_value));
            cr_assert(isnan(sc_min(nan_value, other)) && isnan(sc_min(other, nan_value)));
            cr_assert(isnan(sc_max(nan_value, other)) && isnan(sc_max(other, nan_value)));
            cr_assert(isnan(sc_pow(nan_value, other)), "pow(NaN, %g)", (double)other);
            cr_assert(isnan(sc_pow(other, nan_value)), "pow(%g, NaN)", (double)other);
        }
    }
}

Test(scalar, values_at_the_ends) {
    const struct {
        const char *name;
        scalar_function function;
        float x, expected;
    } rows[] = {
        {"exp", call_exp, INFINITY, INFINITY},
        {"exp", call_exp, -INFINITY, 0},
        {"exp", call_exp, -0.0f, 1},
        {"expm1", call_expm1, -INFINITY, -1},
        {"expm1", call_expm1, -0.0f, -0.0f},
        {"expm1", call_expm1, INFINITY, INFINITY},
        {"log", call_log, 0, -INFINITY},
        {"log", call_log, -0.0f, -INFINITY},
        {"log", call_log, -1, NAN},
        {"log", call_log, INFINITY, INFINITY},
        {"log", call_log, -INFINITY, NAN},
        {"log", call_log, 1, 0},
        {"log1p", call_log1p, -1, -INFINITY},
        {"log1p", call_log1p, -2, NAN},
        {"log1p", call_log1p, -0.0f, -0.0f},
        {"log1p", call_log1p, INFINITY, INFINITY},
        {"tanh", call_tanh, INFINITY, 1},
        {"tanh", call_tanh, -INFINITY, -1},
        {"tanh", call_tanh, -0.0f, -0.0f},
        {"sigmoid", call_sigmoid, INFINITY, 1},
        {"sigmoid", call_sigmoid, -INFINITY, 0},
        {"sigmoid", call_sigmoid, 0, 0.5f},
        {"softplus", call_softplus, -INFINITY, 0},
        {"softplus", call_softplus, INFINITY, INFINITY},
        {"silu", call_silu, -INFINITY, -0.0f},
        {"silu", call_silu, INFINITY, INFINITY},
        {"silu", call_silu, -FLT_MAX, -0.0f},
        {"silu", call_silu, FLT_MAX, FLT_MAX},
        {"mish", call_mish, -INFINITY, -0.0f},
        {"mish", call_mish, INFINITY, INFINITY},
        {"mish", call_mish, FLT_MAX, FLT_MAX},
        {"gelu", call_gelu, FLT_MAX, FLT_MAX},
        {"gelu", call_gelu, -INFINITY, -0.0f},
        {"gelu", call_gelu, INFINITY, INFINITY},
        {"gelu", call_gelu, -0.0f, -0.0f},
        {"gelu_tanh", call_gelu_tanh, INFINITY, INFINITY},
        {"gelu_tanh", call_gelu_tanh, -INFINITY, -0.0f},
        {"erf", call_erf, INFINITY, 1},
        {"erf", call_erf, -INFINITY, -1},
        {"erf", call_erf, -0.0f, -0.0f},
        {"sin", call_sin, -0.0f, -0.0f},
        {"sin", call_sin, INFINITY, NAN},
        {"cos", call_cos, -0.0f, 1},
        {"cos", call_cos, -INFINITY, NAN},
        {"sqrt", call_sqrt, -0.0f, -0.0f},
        {"sqrt", call_sqrt, -1, NAN},
        {"rsqrt", call_rsqrt, 0, INFINITY},
        {"rsqrt", call_rsqrt, INFINITY, 0},
        {"to_int", call_to_int, NAN, 0},
        {"to_int", call_to_int, -2.9f, -2},
        {"to_int", call_to_int, 1e20f, 0x1p31f},
        {"to_int", call_to_int, -INFINITY, -0x1p31f},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        float got = rows[r].function(rows[r].x, 0);
        if (!sc_same_bits(got, rows[r].expected))
            fail(rows[r].name, (sc_pair){rows[r].x, 0}, got, rows[r].expected, "other bits");
    }
}

Test(scalar, odd_and_even_to_the_bit) {
    uint64_t stride = sc_scalar_stride(), count = sc_input_count(stride);
    for (uint64_t i = 0; i < count; i++) {
        sc_pair in = sc_input(i, stride);
        if (!sc_same_bits(sc_tanh(-in.x), -sc_tanh(in.x)))
            fail("tanh", in, sc_tanh(in.x), NAN, "not odd");
        if (!sc_same_bits(sc_erf(-in.x), -sc_erf(in.x)))
            fail("erf", in, sc_erf(in.x), NAN, "not odd");
        if (!sc_same_bits(sc_sin(-in.x), -sc_sin(in.x)))
            fail("sin", in, sc_sin(in.x), NAN, "not odd");
        if (!sc_same_bits(sc_cos(-in.x), sc_cos(in.x)))
            fail("cos", in, sc_cos(in.x), NAN, "not even");
    }
}

Test(scalar, integer_division_is_total) {
    cr_assert_eq(sc_int_div(7, -2), -3);
    cr_assert_eq(sc_int_mod(7, -2), 1);
    cr_assert_eq(sc_int_mod(-7, 2), -1);
    cr_assert_eq(sc_int_div(5, 0), 0);
    cr_assert_eq(sc_int_mod(5, 0), 5);
    cr_assert_eq(sc_int_div(INT32_MIN, -1), INT32_MIN);
    cr_assert_eq(sc_int_mod(INT32_MIN, -1), 0);
    cr_assert_eq(sc_int_div(INT32_MIN, 1), INT32_MIN);
}
