/* SPDX-License-Identifier: Apache-2.0 */
/* See expr_step.h. */
#include "op/expr_step.h"

#include "op/expr_apply.h"

#include <math.h>
#include <string.h>

/* What node k is made of. */
static void classify(const sc_expr *expr, bool *shared, bool *has_step) {
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        int arity = sc_expr_op_info((sc_expr_op)node->op)->arity;
        has_step[k] = node->op == SC_EXPR_STEP;
        shared[k] =
            arity > 0 || has_step[k] || node->op == SC_EXPR_CONST || node->op == SC_EXPR_CONST_INT;
        for (int i = 0; i < arity; i++) {
            shared[k] &= shared[node->argument[i]];
            has_step[k] |= has_step[node->argument[i]];
        }
    }
}

/* Nodes that an output or a node of the elements reads. */
static void mark_read(const sc_expr *expr, const bool *shared, bool *read) {
    memset(read, 0, SC_EXPR_NODES * sizeof *read);
    for (int i = 0; i < expr->outputs; i++) read[expr->output[i]] = true;
    for (int k = 0; k < expr->nodes; k++)
        for (int i = 0; !shared[k] && i < sc_expr_op_info((sc_expr_op)expr->node[k].op)->arity; i++)
            read[expr->node[k].argument[i]] = true;
}

/* The step itself is as exact on the device. */
static bool is_plain_step(const sc_expr *expr, int k) {
    return expr->node[k].op == SC_EXPR_TO_FLOAT &&
           expr->node[expr->node[k].argument[0]].op == SC_EXPR_STEP;
}

/* The number of the term that node k of `expr` is, added if it is new; -1: there is no room. */
static int number_of_term(sc_step_terms *out, const sc_expr *expr, int k) {
    sc_expr term = *expr;
    term.outputs = 1;
    term.output[0] = (uint8_t)k;
    sc_expr_prune(&term);
    for (int t = 0; t < out->count; t++)
        if (sc_expr_equal(&out->term[t], &term)) return t;
    if (out->count == SC_STEP_TERMS) return -1;
    out->term[out->count] = term;
    return out->count++;
}

bool sc_expr_take_step_terms(sc_expr *expr, const int slot[SC_STEP_TERMS], sc_step_terms *out) {
    bool shared[SC_EXPR_NODES], has_step[SC_EXPR_NODES], read[SC_EXPR_NODES];
    const sc_expr before = *expr;
    classify(expr, shared, has_step);
    mark_read(expr, shared, read);
    for (int k = 0; k < expr->nodes; k++) {
        sc_expr_node *node = &expr->node[k];
        if (!shared[k] || !has_step[k] || !read[k] || node->type != SC_EXPR_FLOAT ||
            is_plain_step(&before, k))
            continue;
        int term = number_of_term(out, &before, k);
        if (term < 0) return false;
        *node = (sc_expr_node){
            .op = SC_EXPR_SCALAR, .type = SC_EXPR_FLOAT, .index = (uint8_t)slot[term]};
    }
    return true;
}

/* Functions that the switch below lacks, in single precision. */
static double in_float(sc_expr_op op, const double *a) {
    sc_scalar argument[3];
    const sc_expr_info *info = sc_expr_op_info(op);
    for (int i = 0; i < 3; i++)
        if (i < info->arity && info->argument[i] == SC_EXPR_INT)
            argument[i].i = (int32_t)a[i];
        else
            argument[i].f = (float)a[i];
    sc_scalar value = sc_expr_apply(op, argument);
    return info->result == SC_EXPR_INT ? (double)value.i : (double)value.f;
}

static double apply(sc_expr_op op, const double *a) {
    switch (op) {
    case SC_EXPR_ADD:
        return a[0] + a[1];
    case SC_EXPR_SUB:
        return a[0] - a[1];
    case SC_EXPR_MUL:
        return a[0] * a[1];
    case SC_EXPR_DIV:
        return a[0] / a[1];
    case SC_EXPR_MIN:
        return fmin(a[0], a[1]);
    case SC_EXPR_MAX:
        return fmax(a[0], a[1]);
    case SC_EXPR_POW:
        return pow(a[0], a[1]);
    case SC_EXPR_NEG:
        return -a[0];
    case SC_EXPR_ABS:
        return fabs(a[0]);
    case SC_EXPR_FLOOR:
        return floor(a[0]);
    case SC_EXPR_SQUARE:
        return a[0] * a[0];
    case SC_EXPR_SQRT:
        return sqrt(a[0]);
    case SC_EXPR_RSQRT:
        return 1.0 / sqrt(a[0]);
    case SC_EXPR_EXP:
        return exp(a[0]);
    case SC_EXPR_EXPM1:
        return expm1(a[0]);
    case SC_EXPR_LOG:
        return log(a[0]);
    case SC_EXPR_LOG1P:
        return log1p(a[0]);
    case SC_EXPR_SIN:
        return sin(a[0]);
    case SC_EXPR_COS:
        return cos(a[0]);
    case SC_EXPR_TANH:
        return tanh(a[0]);
    case SC_EXPR_LT:
        return a[0] < a[1];
    case SC_EXPR_LE:
        return a[0] <= a[1];
    case SC_EXPR_SELECT:
    case SC_EXPR_INT_SELECT:
        return a[0] != 0 ? a[1] : a[2];
    case SC_EXPR_TO_FLOAT:
        return a[0];
    case SC_EXPR_INT_LT:
        return a[0] < a[1];
    default:
        return in_float(op, a);
    }
}

double sc_expr_value(const sc_expr *expr, uint32_t step, const double *input) {
    double value[SC_EXPR_NODES] = {0};
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        const double a[3] = {value[node->argument[0]], value[node->argument[1]],
                             value[node->argument[2]]};
        value[k] = node->op == SC_EXPR_STEP        ? (double)step
                   : node->op == SC_EXPR_INPUT     ? input[node->index]
                   : node->op == SC_EXPR_CONST     ? (double)node->imm.f
                   : node->op == SC_EXPR_CONST_INT ? (double)node->imm.i
                                                   : apply((sc_expr_op)node->op, a);
    }
    return value[expr->output[0]];
}
