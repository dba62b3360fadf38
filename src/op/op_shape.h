/* SPDX-License-Identifier: Apache-2.0 */
/* Private to src/op: the shape rule of each operation. A rule reads the inputs and attributes of
 * `desc`, refuses what is wrong with them, and fills `out` (which holds the outputs as the caller
 * left them: some operations take sizes from there). sc_op_infer keeps what a rule says;
 * sc_op_check compares it with the descriptor. */
#ifndef SC_OP_OP_SHAPE_H
#define SC_OP_OP_SHAPE_H

#include "op/op.h"

typedef socle_status sc_shape_rule(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out);

sc_shape_rule sc_shape_elementwise, sc_shape_reduce; /* op_shape_expr.c */
sc_shape_rule sc_shape_matmul;                       /* op_shape_matmul.c */
sc_shape_rule sc_shape_conv2d, sc_shape_conv2d_grad_input,
    sc_shape_conv2d_grad_weight; /* op_shape_conv.c
                                  */
sc_shape_rule sc_shape_maxpool2d, sc_shape_maxpool2d_grad, sc_shape_avgpool2d,
    sc_shape_avgpool2d_grad; /* op_shape_pool.c */
sc_shape_rule sc_shape_softmax, sc_shape_softmax_grad, sc_shape_cross_entropy,
    sc_shape_argmax; /* op_shape_rows.c */
/* op_shape_attention.c */
sc_shape_rule sc_shape_attention, sc_shape_attention_grad_query, sc_shape_attention_grad_key;
sc_shape_rule sc_shape_layer_norm, sc_shape_layer_norm_grad;            /* op_shape_norm.c */
sc_shape_rule sc_shape_gather, sc_shape_scatter_add, sc_shape_put_rows; /* op_shape_rows.c */
sc_shape_rule sc_shape_permute, sc_shape_slice, sc_shape_concat, sc_shape_pad, sc_shape_crop2d,
    sc_shape_reorder; /* op_shape_copy.c */

/* Runs the rule of desc->op on checked inputs; `out` holds desc->outputs tensors. */
socle_status sc_shape_apply(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out);

/* A failure with the operation's word in front: "conv2d: ...". */
socle_status sc_shape_fail(sc_env *env, const sc_op_desc *desc, const char *format, ...)
    SC_PRINTF(3, 4);
/* Operand `index` must have this dtype (a float: any of them) / rank. */
socle_status sc_shape_dtype(sc_env *env, const sc_op_desc *desc, int index, socle_dtype dtype);
/* Output `output`, which the rule gives as `computed`, may be stored as `dtype`. */
bool sc_shape_stores(const sc_op_desc *desc, int output, int computed, int dtype);
/* Every tap of the pooling window has a number that a byte holds. */
bool sc_shape_place_fits(const sc_op_desc *desc);
socle_status sc_shape_rank(sc_env *env, const sc_op_desc *desc, int index, int rank);
/* Operand `index` must not be batched (weights, tables). */
socle_status sc_shape_not_batched(sc_env *env, const sc_op_desc *desc, int index);
/* Two operands must have equal first dims, and as many rows per sample or both none. */
socle_status sc_shape_same_rows(sc_env *env, const sc_op_desc *desc, int a, int b);
/* Input `index` must broadcast against `space`: same rank, each dim equal or 1, rows with rows. */
socle_status sc_shape_broadcasts(sc_env *env, const sc_op_desc *desc, int index,
                                 const sc_tensor_desc *space);
/* Ranges of a window's fields, and that no pooling window lies in the padding alone. */
socle_status sc_shape_window(sc_env *env, const sc_op_desc *desc, const sc_window *window,
                             const int64_t size[2], bool pooling);
/* The expression itself, and that its coordinates exist in an index space of `rank` dimensions. */
socle_status sc_shape_expr(sc_env *env, const sc_op_desc *desc, const sc_expr *expr, int rank);
/* desc->tail against the result tensor: its own inputs broadcast, its one output is f32. */
socle_status sc_shape_tail(sc_env *env, const sc_op_desc *desc, const sc_tensor_desc *result);

#endif
