/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scalar mathematics of Socle: exp, log, tanh, sigmoid ... written once and compiled twice, as
 * C11 for the cpu backend and as OpenCL C 1.2 for every device (included by generated kernels). It
 * is built from + - * /, square root, integer operations and bit casts alone: no fma, no table, no
 * library call and no branch, so equal input bits give equal output bits everywhere, and C loops
 * over it vectorise. It must not know tensors, kernels or who calls it. scalar_special.h holds
 * sin, cos, pow, erf and gelu; scalar_type.h the types, which may be vectors.
 *
 * Equal bits need: no contraction (-ffp-contract=off in C, the pragma below in OpenCL C), no fast-
 * math option, and -cl-fp32-correctly-rounded-divide-sqrt, which a device accepts if it reports
 * CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT. On other devices a quotient may be 2.5 ulp and a root 3 ulp
 * off. In C also use -fno-math-errno and -fno-trapping-math: the bits are the same without them,
 * but fewer loops vectorise.
 *
 * Subnormal numbers are computed in full. A device that does not report CL_FP_DENORM may replace
 * them by zero; there results can differ where an argument, the result, or (sc_exp and what is
 * made from it) a factor near the result is below 2^-126 in magnitude. All other results keep
 * their bits.
 *
 * NaN. Every function returns NaN if any argument is NaN; only sc_is_finite answers false. The
 * sign and payload of a NaN that comes out of arithmetic are the device's own. sc_abs, sc_relu,
 * sc_min, sc_max, sc_clip, sc_floor and sc_sign pass a NaN argument on as it is (sc_abs clears its
 * sign).
 */
#ifndef SC_SCALAR_H
#define SC_SCALAR_H

#include "scalar_type.h"

SC_INLINE SC_REAL sc_abs(SC_REAL x) {
    return SC_AS_REAL(SC_AS_UINT(x) & ~SC_SIGN_BIT);
}

SC_INLINE SC_REAL sc_negate_if(SC_UINT sign_bit, SC_REAL x) {
    return SC_AS_REAL(SC_AS_UINT(x) ^ sign_bit);
}

/* True for every number that is neither infinite nor NaN. */
SC_INLINE SC_INT sc_is_finite(SC_REAL x) {
    return sc_abs(x) < SC_INFINITY;
}

/* min and max of -0 and +0: the second argument. */
SC_INLINE SC_REAL sc_min(SC_REAL a, SC_REAL b) {
    return sc_select((a < b) | (a != a), a, b);
}

SC_INLINE SC_REAL sc_max(SC_REAL a, SC_REAL b) {
    return sc_select((a > b) | (a != a), a, b);
}

/* Needs low <= high, neither NaN. */
SC_INLINE SC_REAL sc_clip(SC_REAL x, SC_REAL low, SC_REAL high) {
    return sc_select(x < low, low, sc_select(x > high, high, x));
}

/* -1, +1, or the argument itself if it is a zero or NaN. */
SC_INLINE SC_REAL sc_sign(SC_REAL x) {
    SC_REAL one = sc_negate_if(SC_AS_UINT(x) & SC_SIGN_BIT, SC_CONST(1.0f));
    return sc_select((x < 0.0f) | (x > 0.0f), one, x);
}

SC_INLINE SC_REAL sc_relu(SC_REAL x) {
    return sc_select(x < 0.0f, SC_CONST(0.0f), x);
}

/* From 2^23 on every number is whole; below, conversion to int and back cuts the fraction off. */
SC_INLINE SC_REAL sc_floor(SC_REAL x) {
    SC_INT small = sc_abs(x) < 8388608.0f;
    SC_REAL whole = SC_TO_REAL(SC_TO_INT(sc_select(small, x, SC_CONST(0.0f))));
    SC_REAL down = sc_select(whole > x, whole - 1.0f, whole);
    SC_REAL signed_down = SC_AS_REAL(SC_AS_UINT(down) | (SC_AS_UINT(x) & SC_SIGN_BIT));
    return sc_select(small, signed_down, x);
}

/* The fraction cut off; the nearest int beyond the range of int; 0 for NaN. */
SC_INLINE SC_INT sc_to_int(SC_REAL x) {
    SC_REAL bounded = sc_clip(x, SC_CONST(-2147483648.0f), SC_CONST(2147483520.0f));
    SC_INT whole = SC_TO_INT(sc_select(x == x, bounded, SC_CONST(0.0f)));
    return SC_AS_INT(sc_blend(SC_MASK(x >= 2147483648.0f), 0x7fffffffu, SC_INT_BITS(whole)));
}

/* Towards zero, as in C; a / 0 = 0, and the one quotient that overflows wraps to itself. */
SC_INLINE SC_INT sc_int_div(SC_INT a, SC_INT b) {
    SC_UINT zero = SC_MASK(b == 0);
    SC_UINT plain = zero | (SC_MASK(b == -1) & SC_MASK(SC_INT_BITS(a) == SC_SIGN_BIT));
    SC_UINT quotient = SC_INT_BITS(a / SC_AS_INT(sc_blend(plain, 1u, SC_INT_BITS(b))));
    return SC_AS_INT(quotient & ~zero);
}

/* a - (a / b) * b: the sign of a, as in C; a mod 0 = a. */
SC_INLINE SC_INT sc_int_mod(SC_INT a, SC_INT b) {
    return SC_AS_INT(SC_INT_BITS(a) - SC_INT_BITS(sc_int_div(a, b)) * SC_INT_BITS(b));
}

/* Correctly rounded. */
SC_INLINE SC_REAL sc_sqrt(SC_REAL x) {
    return SC_SQRT(x);
}

SC_INLINE SC_REAL sc_rsqrt(SC_REAL x) {
    return 1.0f / SC_SQRT(x);
}

/*
 * exp(r) - 1 for |r| <= 0.41. Even and odd powers apart make short chains. Polynomial of degree 7;
 * its own error is 2^-31 relative for |r| <= 0.347.
 */
SC_INLINE SC_REAL sc_expm1_reduced(SC_REAL r) {
    SC_REAL square = r * r;
    SC_REAL odd = (1.97473069e-4f * square + 8.33356194e-3f) * square + 0.166666657f;
    SC_REAL even = (1.39326556e-3f * square + 4.16664891e-2f) * square + 0.5f;
    return r + square * (odd * r + even);
}

/*
 * n = the whole number nearest to x / ln 2, for |x| <= 170: returns n + 1.5 * 2^23, a float whose
 * low bits are n.
 */
SC_INLINE SC_REAL sc_round_over_ln2(SC_REAL x) {
    return x * 1.44269502f + 12582912.0f;
}

/*
 * x - n * ln 2. The first constant has 9 bits: its product with n is exact, and so is the
 * difference.
 */
SC_INLINE SC_REAL sc_minus_ln2_times(SC_REAL x, SC_REAL n) {
    return (x - n * 0.693359375f) + n * 2.12194442e-4f;
}

/* The n of a sum made by sc_round_over_ln2, as an integer modulo 2^32. */
SC_INLINE SC_UINT sc_low_bits(SC_REAL rounded) {
    return SC_AS_UINT(rounded) - 0x4b400000u;
}

/* 2^n for -126 <= n <= 127; of no meaning elsewhere. */
SC_INLINE SC_REAL sc_power_of_two(SC_UINT n) {
    return SC_AS_REAL((n + 127u) << 23);
}

/*
 * factor * exp(x - low) for |x| <= 170, |low| <= 0.06: low is the part of an exponent that x had
 * no bits for. The result is rounded into the subnormals only once, so a factor above 1 loses
 * nothing there.
 */
SC_INLINE SC_REAL sc_times_exp(SC_REAL factor, SC_REAL x, SC_REAL low) {
    SC_REAL rounded = sc_round_over_ln2(x - low);
    SC_REAL r = sc_minus_ln2_times(x, rounded - 12582912.0f) - low;
    SC_UINT n = sc_low_bits(rounded);
    SC_UINT first = ((n + 256u) >> 1) - 128u;
    SC_REAL value = factor * (1.0f + sc_expm1_reduced(r));
    return (value * sc_power_of_two(first)) * sc_power_of_two(n - first);
}

/* exp(-inf) = 0, exp(+inf) = +inf. */
SC_INLINE SC_REAL sc_exp(SC_REAL x) {
    SC_REAL bounded = sc_clip(x, SC_CONST(-104.0f), SC_CONST(89.0f));
    return sc_times_exp(SC_CONST(1.0f), bounded, SC_CONST(0.0f));
}

/*
 * expm1(-inf) = -1, expm1(-0) = -0. 2^n * (exp(r) - 1) + (2^n - 1), halved so that n = 128 does
 * not overflow.
 */
SC_INLINE SC_REAL sc_expm1(SC_REAL x) {
    SC_REAL bounded = sc_clip(x, SC_CONST(-25.0f), SC_CONST(89.0f));
    SC_REAL rounded = sc_round_over_ln2(bounded);
    SC_REAL r = sc_minus_ln2_times(bounded, rounded - 12582912.0f);
    SC_REAL scale = sc_power_of_two(sc_low_bits(rounded) - 1u);
    SC_REAL value = 2.0f * (scale * sc_expm1_reduced(r) + (scale - 0.5f));
    return sc_select(sc_abs(x) < 2.98023224e-8f, x, value);
}

/* tanh(|x|) = e / (e + 2) with e = exp(2|x|) - 1; odd by construction; from 9.1 on it is 1. */
SC_INLINE SC_REAL sc_tanh(SC_REAL x) {
    SC_REAL a = 2.0f * sc_abs(x);
    SC_REAL bounded = sc_select(a > 18.2f, SC_CONST(18.2f), a);
    SC_REAL rounded = sc_round_over_ln2(bounded);
    SC_REAL r = sc_minus_ln2_times(bounded, rounded - 12582912.0f);
    SC_REAL scale = sc_power_of_two(sc_low_bits(rounded));
    SC_REAL e = scale * sc_expm1_reduced(r) + (scale - 1.0f);
    return sc_negate_if(SC_AS_UINT(x) & SC_SIGN_BIT, e / (e + 2.0f));
}

/*
 * exp(-|x|) / (1 + exp(-|x|)) below zero keeps full precision where 1 / (1 + exp(-x)) would
 * overflow.
 */
SC_INLINE SC_REAL sc_sigmoid(SC_REAL x) {
    SC_REAL e = sc_exp(-sc_abs(x));
    return sc_select(x < 0.0f, e, SC_CONST(1.0f)) / (1.0f + e);
}

/*
 * x * sigmoid(gate), where bounded is x, clipped to where the product is not yet zero; |gate| <=
 * 170.
 */
SC_INLINE SC_REAL sc_times_sigmoid(SC_REAL x, SC_REAL bounded, SC_REAL gate) {
    SC_REAL zero = SC_CONST(0.0f);
    SC_REAL e = sc_times_exp(SC_CONST(1.0f), -sc_abs(gate), zero);
    SC_REAL numerator = sc_times_exp(bounded, -sc_abs(gate), zero);
    return sc_select(x < 0.0f, numerator, x) / (1.0f + e);
}

/* x * sigmoid(x); silu(-inf) = -0. */
SC_INLINE SC_REAL sc_silu(SC_REAL x) {
    SC_REAL bounded = sc_clip(x, SC_CONST(-120.0f), SC_CONST(120.0f));
    return sc_times_sigmoid(x, bounded, bounded);
}

/*
 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2, which is x * sigmoid(twice that
 * argument).
 */
SC_INLINE SC_REAL sc_gelu_tanh(SC_REAL x) {
    SC_REAL bounded = sc_clip(x, SC_CONST(-12.0f), SC_CONST(12.0f));
    SC_REAL gate = bounded * (1.59576917f + 0.0713548139f * (bounded * bounded));
    return sc_times_sigmoid(x, bounded, gate);
}

/*
 * x * tanh(softplus(x)) = x * n / (n + 2) with n = e * (e + 2), e = exp(x); from 10 on the
 * fraction is 1.
 */
SC_INLINE SC_REAL sc_mish(SC_REAL x) {
    SC_REAL bounded = sc_clip(x, SC_CONST(-120.0f), SC_CONST(10.0f));
    SC_REAL e = sc_times_exp(SC_CONST(1.0f), bounded, SC_CONST(0.0f));
    SC_REAL below = sc_times_exp(bounded, bounded, SC_CONST(0.0f));
    SC_REAL ratio = (sc_select(x < 0.0f, below, e) * (e + 2.0f)) / (e * (e + 2.0f) + 2.0f);
    return sc_select(x < 0.0f, ratio, x * ratio);
}

/*
 * Writes x = 2^exponent * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x;
 * returns f.
 */
SC_INLINE SC_REAL sc_split_exponent(SC_REAL x, SC_REAL *exponent) {
    SC_INT tiny = x < 1.17549435e-38f;
    SC_UINT bits = SC_AS_UINT(sc_select(tiny, x * 8388608.0f, x)) - 0x3f3504f3u;
    SC_REAL power = SC_TO_REAL(SC_AS_INT(bits) >> 23);
    *exponent = sc_select(tiny, power - 23.0f, power);
    return SC_AS_REAL((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
}

/*
 * exponent * ln 2 + log(1 + f) - low for f as above: f - f^2 / 2 + f^3 * (polynomial of degree 8).
 */
SC_INLINE SC_REAL sc_join_log(SC_REAL exponent, SC_REAL f, SC_REAL low) {
    SC_REAL square = f * f;
    SC_REAL even = 6.73197433e-2f;
    even = even * square + 0.118863247f;
    even = even * square + 0.142202303f;
    even = even * square + 0.20002073f;
    even = even * square + 0.333333135f;
    SC_REAL odd = 0.11660105f;
    odd = odd * square + 0.124082789f;
    odd = odd * square + 0.166678518f;
    odd = odd * square + 0.250000119f;
    SC_REAL p = even - odd * f;
    SC_REAL rest = (f * square) * p - exponent * 2.12194442e-4f;
    rest = (rest - low) - 0.5f * square;
    return (f + rest) + exponent * 0.693359375f;
}

/* log(0) = -inf, log of a negative number is NaN, log(+inf) = +inf. */
SC_INLINE SC_REAL sc_log(SC_REAL x) {
    SC_REAL exponent;
    SC_REAL f = sc_split_exponent(x, &exponent);
    SC_REAL value = sc_join_log(exponent, f, SC_CONST(0.0f));
    value = sc_select(x > 0.0f, value, sc_select(x < 0.0f, SC_NAN, -SC_INFINITY));
    return sc_select(x < SC_INFINITY, value, x);
}

/*
 * log(1 + x) for finite x > -1. The rounding error of 1 + x enters as error / (1 + x); a straight
 * line for 1 / (1 + f) is good to 6 %, which is 2^-29 of the result. Where 1 + x needs no scaling f
 * is x itself.
 */
SC_INLINE SC_REAL sc_log1p_inside(SC_REAL x) {
    SC_REAL sum = 1.0f + x;
    SC_REAL rounded_x = sum - 1.0f;
    SC_REAL error = (1.0f - (sum - rounded_x)) + (x - rounded_x);
    SC_REAL exponent;
    SC_REAL f = sc_split_exponent(sum, &exponent);
    SC_UINT power = (SC_AS_UINT(1.0f + f) - SC_AS_UINT(sum)) + 0x3f800000u;
    SC_REAL low = (error * SC_AS_REAL(power)) * (f - 1.06f);
    SC_INT unscaled = exponent == 0.0f;
    low = sc_select(unscaled | (x > 1073741824.0f), SC_CONST(0.0f), low);
    return sc_join_log(exponent, sc_select(unscaled, x, f), low);
}

/* log1p(-1) = -inf, NaN below, log1p(-0) = -0. */
SC_INLINE SC_REAL sc_log1p(SC_REAL x) {
    SC_REAL end = sc_select(x < -1.0f, SC_NAN, -SC_INFINITY);
    SC_REAL value = sc_select(x > -1.0f, sc_log1p_inside(x), end);
    return sc_select((x < SC_INFINITY) & (x != 0.0f), value, x);
}

/* log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)). */
SC_INLINE SC_REAL sc_softplus(SC_REAL x) {
    return sc_relu(x) + sc_log1p_inside(sc_exp(-sc_abs(x)));
}

#include "scalar_special.h"

#endif
