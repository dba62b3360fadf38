/* SPDX-License-Identifier: Apache-2.0 */
/* Every tolerance of src/verify: how far a device's float32 result may lie from the double
 * reference. No other file holds a margin. u = 2^-24; an ulp is at most 2u of the value. */
#ifndef SC_VERIFY_TOLERANCE_H
#define SC_VERIFY_TOLERANCE_H

#include "op/expr.h"

/* Distance of neighbouring floats at |value| (2^-149 at the least); infinite for what is no finite
 * float. */
double sc_tolerance_ulp(double value);

/* Rounding error of one scalar operation at result `value` and argument `argument`. 0: the result
 * is exact. `correct_divide`: the device divides and takes roots correctly rounded. */
double sc_tolerance_expr(sc_expr_op op, double value, double argument, bool correct_divide);
/* The operation is exact or correctly rounded: its result can be demanded to the bit. */
bool sc_tolerance_correctly_rounded(sc_expr_op op, bool correct_divide);

/* A sum of `length` products (or terms), `magnitude` = the sum of their absolute values. */
double sc_tolerance_sum(int64_t length, double magnitude);
/* Softmax output `value` of a row of n, `distance` = max - x; log-softmax and cross-entropy of the
 * same. */
double sc_tolerance_softmax(int64_t n, double distance, double value);
double sc_tolerance_log_softmax(int64_t n, double distance, double value);
/* dx of softmax: terms of magnitude `magnitude` (|y| * (|dy| + sum |dy y|)). */
double sc_tolerance_softmax_grad(int64_t n, double magnitude);
/* The mean of n terms, `magnitude` = the mean of their absolute values. */
double sc_tolerance_mean(int64_t n, double magnitude);
/* 1 / sqrt(variance + epsilon) of n values whose mean is off by `shift`. */
double sc_tolerance_inverse_deviation(int64_t n, double variance, double epsilon, double shift,
                                      bool correct_divide);
/* y of layer normalisation: (distance * inverse) * scale + the rest that makes it `value`, where
 * the distance to the mean and its inverse are off by so much. */
double sc_tolerance_layer_norm(double distance, double distance_error, double inverse,
                               double inverse_error, double scale, double value);
/* dx of layer normalisation: terms of magnitude `magnitude` (inverse * (|g| + mean |g| + |h| mean
 * |g h|)). */
double sc_tolerance_layer_norm_grad(int64_t n, double magnitude);
/* The relative error of exp(x), x being a difference that is off by `error`. */
double sc_tolerance_weight(double x, double error);
/* Sums over n keys in tiles that are scaled anew, and a division: terms of magnitude `magnitude`.
 */
double sc_tolerance_attention(int64_t n, double magnitude);
/* A logarithm of a sum of n, whose terms together are off by the share `error`. */
double sc_tolerance_logsum(int64_t n, double error, double logarithm, double value);
/* Standard normal from uniform words at radius r. */
double sc_tolerance_normal(double radius);
/* What a device that flushes subnormals may add to a result made of `length` terms. */
double sc_tolerance_flush(int64_t length);

/* The table behind the functions, for people: one row per rule. */
typedef struct sc_tolerance_row {
    const char *what, *formula, *reason;
} sc_tolerance_row;
const sc_tolerance_row *sc_tolerance_rows(int *count);

#endif
