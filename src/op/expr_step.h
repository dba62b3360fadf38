/* SPDX-License-Identifier: Apache-2.0 */
/* Terms of the step number alone, such as 1 / (1 - beta1 ** step) in an optimizer: all elements
 * share them, and in single precision they lose most of their digits. They are taken out of an
 * expression and computed by the host, in double, once per step; the launch gets them as scalars.
 */
#ifndef SC_OP_EXPR_STEP_H
#define SC_OP_EXPR_STEP_H

#include "op/expr.h"

enum { SC_STEP_TERMS = 4 };

typedef struct sc_step_terms {
    int count;
    sc_expr term[SC_STEP_TERMS]; /* its output 0 */
} sc_step_terms;

/* Replaces the largest float terms of the step and constants by launch scalars slot[0], slot[1]
 * ...; what they were is added to `out`, where equal terms share a slot. Unused nodes stay
 * (sc_expr_prune). False if there are more than SC_STEP_TERMS. */
bool sc_expr_take_step_terms(sc_expr *expr, const int slot[SC_STEP_TERMS], sc_step_terms *out);

/* Output 0 of an expression of the step, constants and inputs; `input` NULL: it has none. Inputs of
 * either type are given as doubles. */
double sc_expr_value(const sc_expr *expr, uint32_t step, const double *input);

#endif
