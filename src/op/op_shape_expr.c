/* SPDX-License-Identifier: Apache-2.0 */
/* Shape rules of what carries an expression: elementwise, reduce, and the tails of matmul and
 * convolution. */
#include "op/op_shape.h"

static bool type_fits(uint8_t expr_type, uint8_t dtype) {
    return expr_type == SC_EXPR_FLOAT ? sc_dtype_is_float(dtype)
                                      : dtype == SOCLE_U8 || dtype == SOCLE_I32;
}

socle_status sc_shape_expr(sc_env *env, const sc_op_desc *desc, const sc_expr *expr, int rank) {
    if (sc_expr_check(env, expr) != SOCLE_OK)
        return sc_fail_prefix(env, env->status, "%s", sc_op_word(desc->op));
    for (int k = 0; k < expr->nodes; k++)
        if (expr->node[k].op == SC_EXPR_COORD && expr->node[k].index >= rank)
            return sc_shape_fail(env, desc,
                                 "the expression reads coordinate %d of an index space of rank %d",
                                 expr->node[k].index, rank);
    return SOCLE_OK;
}

/* The expression's inputs are the operands; integer inputs are u8 or i32. */
static socle_status check_operands(sc_env *env, const sc_op_desc *desc) {
    const sc_expr *expr = desc->expr;
    if (!expr)
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "%s: no expression", sc_op_word(desc->op));
    if (expr->inputs > desc->inputs || expr->outputs != desc->outputs)
        return sc_fail(env, SOCLE_STATUS_INTERNAL,
                       "%s: the expression has %d inputs and %d outputs, the operation %d and %d",
                       sc_op_word(desc->op), expr->inputs, expr->outputs, desc->inputs,
                       desc->outputs);
    for (int i = 0; i < expr->inputs; i++)
        if (!type_fits(expr->input_type[i], desc->tensor[i].dtype))
            return sc_shape_fail(env, desc, "operand %d is %s, the expression reads %s there", i,
                                 sc_dtype_word(desc->tensor[i].dtype),
                                 expr->input_type[i] ? "an integer" : "a float");
    return SOCLE_OK;
}

/* The largest size per dimension; every input must broadcast against it. */
static socle_status common_space(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *space) {
    *space = sc_tensor_make(SOCLE_F32, 0, desc->tensor[0].rank, desc->tensor[0].dim);
    for (int i = 0; i < desc->inputs; i++) {
        SC_TRY(sc_shape_rank(env, desc, i, space->rank));
        if (desc->tensor[i].rows_per_sample)
            space->rows_per_sample = desc->tensor[i].rows_per_sample;
        for (int d = 0; d < space->rank; d++)
            if (desc->tensor[i].dim[d] > space->dim[d]) space->dim[d] = desc->tensor[i].dim[d];
    }
    for (int i = 0; i < desc->inputs; i++) SC_TRY(sc_shape_broadcasts(env, desc, i, space));
    return SOCLE_OK;
}

socle_status sc_shape_elementwise(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(check_operands(env, desc));
    sc_tensor_desc space = out[0];
    bool given = space.rank > 0 && space.dim[0] > 0; /* an output may be larger than every input */
    if (!given && desc->inputs == 0) space = sc_tensor_make(SOCLE_F32, 0, 0, NULL);
    if (!given && desc->inputs > 0) SC_TRY(common_space(env, desc, &space));
    for (int i = 0; given && i < desc->inputs; i++)
        SC_TRY(sc_shape_broadcasts(env, desc, i, &space));
    SC_TRY(sc_shape_expr(env, desc, desc->expr, space.rank));
    for (int k = 0; k < desc->outputs; k++) {
        bool whole = desc->expr->node[desc->expr->output[k]].type == SC_EXPR_INT;
        uint8_t layout = given ? out[k].layout : SC_LAYOUT_PLAIN;
        uint8_t dtype =
            whole ? (given && out[k].dtype == SOCLE_U8 ? SOCLE_U8 : SOCLE_I32) : SOCLE_F32;
        out[k] = space;
        out[k].dtype = dtype;
        out[k].layout = layout;
    }
    return SOCLE_OK;
}

static socle_status check_reduction(sc_env *env, const sc_op_desc *desc,
                                    const sc_tensor_desc *space) {
    uint32_t axes = desc->attr.reduce.axes;
    if (axes == 0 || axes >> space->rank != 0)
        return sc_shape_fail(env, desc, "axes 0x%x of an index space of rank %d", (unsigned)axes,
                             space->rank);
    for (int k = 0; k < desc->outputs; k++) {
        if (desc->attr.reduce.kind[k] > SC_REDUCE_MIN)
            return sc_fail(env, SOCLE_STATUS_INTERNAL, "reduce: output %d has unknown kind %d", k,
                           desc->attr.reduce.kind[k]);
        if (desc->expr->node[desc->expr->output[k]].type != SC_EXPR_FLOAT)
            return sc_shape_fail(env, desc,
                                 "output %d is an integer expression; convert it with to_float", k);
    }
    return SOCLE_OK;
}

socle_status sc_shape_reduce(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(check_operands(env, desc));
    if (desc->inputs < 1) return sc_shape_fail(env, desc, "no input gives the index space");
    sc_tensor_desc space;
    SC_TRY(common_space(env, desc, &space));
    SC_TRY(sc_shape_expr(env, desc, desc->expr, space.rank));
    SC_TRY(check_reduction(env, desc, &space));
    for (int d = 0; d < space.rank; d++)
        if (desc->attr.reduce.axes >> d & 1) space.dim[d] = 1;
    if (desc->attr.reduce.axes & 1) space.rows_per_sample = 0;
    for (int k = 0; k < desc->outputs; k++) {
        uint8_t layout = out[k].layout;
        out[k] = space;
        out[k].layout = layout;
    }
    return SOCLE_OK;
}

socle_status sc_shape_tail(sc_env *env, const sc_op_desc *desc, const sc_tensor_desc *result) {
    int base = sc_op_base_inputs(desc), extra = desc->inputs - base;
    const sc_expr *tail = desc->tail;
    const char *word = sc_op_word(desc->op);
    if (!tail) {
        if (extra == 0) return SOCLE_OK;
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "%s: %d inputs, needs %d (no tail)", word,
                       desc->inputs, base);
    }
    SC_TRY(sc_shape_expr(env, desc, tail, result->rank));
    if (tail->outputs != 1 || tail->inputs < 1 || tail->inputs - 1 > extra)
        return sc_fail(
            env, SOCLE_STATUS_INTERNAL,
            "%s: the tail has %d inputs and %d outputs, the operation gives it 1 + %d and 1", word,
            tail->inputs, tail->outputs, extra);
    if (tail->node[tail->output[0]].type != SC_EXPR_FLOAT || tail->input_type[0] != SC_EXPR_FLOAT)
        return sc_shape_fail(env, desc, "the tail must read and give a float");
    for (int i = 0; i < extra; i++) {
        if (i + 1 < tail->inputs &&
            !type_fits(tail->input_type[i + 1], desc->tensor[base + i].dtype))
            return sc_shape_fail(env, desc, "operand %d is %s, the tail reads %s there", base + i,
                                 sc_dtype_word(desc->tensor[base + i].dtype),
                                 tail->input_type[i + 1] ? "an integer" : "a float");
        SC_TRY(sc_shape_broadcasts(env, desc, base + i, result));
    }
    return SOCLE_OK;
}
