/* SPDX-License-Identifier: Apache-2.0 */
/* Terms of a formula: which row of expr_list.def an operator means for these types, constants
 * computed at once, everything else one more node. */
#include "op/expr_parse_private.h"

#include <float.h>
#include <math.h>

static sc_term of_node(int node, const char *at) {
    return (sc_term){.kind = SC_TERM_NODE, .node = node, .at = at};
}

static sc_term of_float(float value, const char *at) {
    return (sc_term){.kind = SC_TERM_FLOAT, .number = value, .at = at};
}

static sc_term of_int(int32_t value, const char *at) {
    return (sc_term){.kind = SC_TERM_INT, .whole = value, .at = at};
}

bool sc_term_is_int(const sc_parser *p, sc_term a) {
    if (a.kind == SC_TERM_NODE) return p->scope->expr->node[a.node].type == SC_EXPR_INT;
    return a.kind == SC_TERM_INT;
}

static bool is_constant(sc_term a) {
    return a.kind != SC_TERM_NODE;
}

int sc_term_node(sc_parser *p, sc_term a) {
    sc_expr *expr = p->scope->expr;
    int node = a.kind == SC_TERM_NODE  ? a.node
               : a.kind == SC_TERM_INT ? sc_expr_const_int(expr, a.whole)
                                       : sc_expr_const(expr, a.number);
    sc_parser_check_room(p, a.at);
    return node;
}

sc_term sc_term_float(sc_parser *p, sc_term a) {
    if (a.kind == SC_TERM_INT) return of_float((float)a.whole, a.at);
    if (a.kind == SC_TERM_WHOLE) return of_float(a.number, a.at);
    if (!sc_term_is_int(p, a)) return a;
    return sc_term_apply(p, SC_EXPR_TO_FLOAT, a, a, a, a.at);
}

static sc_term to_int(sc_parser *p, sc_term a) {
    if (a.kind == SC_TERM_WHOLE) return of_int(a.whole, a.at);
    if (!sc_term_is_int(p, a))
        sc_parser_fail(p, a.at, "a condition such as x > 0, or a whole number, is needed here");
    return a;
}

/* The row on constants; what no device could use is an error here. */
static sc_term fold(sc_parser *p, sc_expr_op op, const sc_term *argument, const char *at) {
    const sc_expr_info *info = sc_expr_op_info(op);
    sc_scalar value[3] = {{0}};
    for (int i = 0; i < info->arity; i++)
        if (info->argument[i] == SC_EXPR_INT)
            value[i].i = argument[i].whole;
        else
            value[i].f = argument[i].number;
    sc_scalar result = sc_expr_apply(op, value);
    if (info->result == SC_EXPR_INT) return of_int(result.i, at);
    if (!isfinite(result.f))
        sc_parser_fail(p, at, "this is no finite number in single precision (at most %.3g)",
                       (double)FLT_MAX);
    return of_float(result.f, at);
}

static void check_divisor(sc_parser *p, sc_expr_op op, sc_term divisor) {
    bool divides = op == SC_EXPR_DIV || op == SC_EXPR_INT_DIV || op == SC_EXPR_INT_MOD;
    if (!divides || !is_constant(divisor)) return;
    bool zero = divisor.kind == SC_TERM_INT ? divisor.whole == 0 : divisor.number == 0.0f;
    if (zero) sc_parser_fail(p, divisor.at, "division by 0");
}

sc_term sc_term_apply(sc_parser *p, sc_expr_op op, sc_term a, sc_term b, sc_term c,
                      const char *at) {
    const sc_expr_info *info = sc_expr_op_info(op);
    sc_term argument[3] = {a, b, c};
    int node[3] = {0, 0, 0};
    bool constant = true;
    for (int i = 0; i < info->arity; i++) {
        argument[i] = info->argument[i] == SC_EXPR_INT ? to_int(p, argument[i])
                                                       : sc_term_float(p, argument[i]);
        constant &= is_constant(argument[i]);
    }
    if (info->arity > 1) check_divisor(p, op, argument[1]);
    if (p->status != SOCLE_OK) return of_float(1.0f, at);
    if (constant) return fold(p, op, argument, at);
    for (int i = 0; i < info->arity; i++) node[i] = sc_term_node(p, argument[i]);
    int result = sc_expr_add_node(p->scope->expr, op, node[0], node[1], node[2]);
    sc_parser_check_room(p, at);
    return of_node(result, at);
}

sc_term sc_term_not(sc_parser *p, sc_term a, const char *at) {
    return sc_term_apply(p, SC_EXPR_INT_EQ, a, of_int(0, at), a, at);
}

/* Rows of whole numbers. Where there is none, its opposite, to be negated. */
static sc_expr_op int_row(sc_expr_op op, bool *swapped, bool *negated) {
    *swapped = op == SC_EXPR_LE;
    *negated = op == SC_EXPR_LE || op == SC_EXPR_NE;
    return op == SC_EXPR_ADD                      ? SC_EXPR_INT_ADD
           : op == SC_EXPR_SUB                    ? SC_EXPR_INT_SUB
           : op == SC_EXPR_MUL                    ? SC_EXPR_INT_MUL
           : op == SC_EXPR_LT || op == SC_EXPR_LE ? SC_EXPR_INT_LT
                                                  : SC_EXPR_INT_EQ;
}

sc_term sc_term_operator(sc_parser *p, sc_expr_op op, sc_term a, sc_term b, const char *at) {
    bool left = sc_term_is_int(p, a), right = sc_term_is_int(p, b), swapped, negated;
    bool whole =
        (left && right) || (left && b.kind == SC_TERM_WHOLE) || (a.kind == SC_TERM_WHOLE && right);
    if (!whole || op == SC_EXPR_DIV) return sc_term_apply(p, op, a, b, b, at);
    op = int_row(op, &swapped, &negated);
    sc_term result = sc_term_apply(p, op, swapped ? b : a, swapped ? a : b, b, at);
    return negated ? sc_term_not(p, result, at) : result;
}

sc_term sc_term_power(sc_parser *p, sc_term a, sc_term b, const char *at) {
    if (is_constant(b) && b.kind != SC_TERM_INT && b.number == 2.0f)
        return sc_term_apply(p, SC_EXPR_SQUARE, a, a, a, at);
    return sc_term_apply(p, SC_EXPR_POW, a, b, b, at);
}

sc_term sc_term_negate(sc_parser *p, sc_term a, const char *at) {
    if (a.kind == SC_TERM_WHOLE && a.whole != 0)
        return (sc_term){.kind = SC_TERM_WHOLE, .number = -a.number, .whole = -a.whole, .at = at};
    if (sc_term_is_int(p, a)) return sc_term_apply(p, SC_EXPR_INT_SUB, of_int(0, at), a, a, at);
    return sc_term_apply(p, SC_EXPR_NEG, a, a, a, at);
}

sc_term sc_term_choose(sc_parser *p, sc_term condition, sc_term a, sc_term b, const char *at) {
    bool whole = (sc_term_is_int(p, a) && (sc_term_is_int(p, b) || b.kind == SC_TERM_WHOLE)) ||
                 (a.kind == SC_TERM_WHOLE && sc_term_is_int(p, b));
    return sc_term_apply(p, whole ? SC_EXPR_INT_SELECT : SC_EXPR_SELECT, condition, a, b, at);
}
