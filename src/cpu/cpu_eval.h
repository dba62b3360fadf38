/* SPDX-License-Identifier: Apache-2.0 */
/* The reference evaluation of expressions: one element at a time, in the plainest way. The "plain"
 * implementations use it; it shares nothing with the block programs but the table of operations. */
#ifndef SC_CPU_CPU_EVAL_H
#define SC_CPU_CPU_EVAL_H

#include "cpu/cpu.h"
#include "op/expr_apply.h"

typedef struct sc_cpu_eval {
    sc_expr expr;
    sc_tensor_desc space;
    sc_tensor_desc input[SC_EXPR_INPUTS];
} sc_cpu_eval;

/* Evaluates every node for the element at `coordinate` of the space; value[] holds SC_EXPR_NODES.
 */
void sc_cpu_eval_element(const sc_cpu_eval *eval, const sc_operand *inputs, const sc_launch *launch,
                         const int64_t *coordinate, sc_scalar *value);
/* Coordinates of element `index` of a dense tensor. */
void sc_cpu_coordinates(const sc_tensor_desc *tensor, int64_t index, int64_t *coordinate);
/* Element of a tensor at a coordinate of a space it broadcasts to (ranks are equal). */
int64_t sc_cpu_element(const sc_tensor_desc *tensor, const int64_t *coordinate);

#endif
