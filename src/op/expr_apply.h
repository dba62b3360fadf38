/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of expr_list.def on numbers, on the host: for constants of formulas, and for the cpu
 * backend's references. */
#ifndef SC_OP_EXPR_APPLY_H
#define SC_OP_EXPR_APPLY_H

#include "op/expr.h"

typedef union sc_scalar {
    float f;
    int32_t i;
} sc_scalar;

/* The result of a row of expr_list.def on numbers; arguments beyond the row's are not read. Never
 * fails. */
sc_scalar sc_expr_apply(sc_expr_op op, const sc_scalar argument[3]);

#endif
