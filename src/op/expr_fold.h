/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of expr_list.def on known numbers, on the host. */
#ifndef SC_OP_EXPR_FOLD_H
#define SC_OP_EXPR_FOLD_H

#include "op/expr.h"

typedef union sc_constant {
    float f;
    int32_t i;
} sc_constant;

/* The result of a row of expr_list.def on constants, to the bit of the cpu backend. */
sc_constant sc_expr_fold(sc_expr_op op, const sc_constant argument[3]);

#endif
