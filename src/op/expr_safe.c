/* SPDX-License-Identifier: Apache-2.0 */
/* Safe forms: what people write by the book overflows or cancels in single precision; the table
 * says which function of the library is the same in exact arithmetic and does not. So a formula
 * also gets the derivative of that function. */
#include "op/expr_parse.h"

#include <string.h>

/* Earlier rows come first. `x` is any operand, the same wherever it stands. */
static const struct rule {
    const char *written, *safe;
} rules[] = {
    {"log(1 + exp(x))", "softplus(x)"},
    {"log1p(exp(x))", "softplus(x)"},
    {"log(sigmoid(x))", "-softplus(-x)"},
    {"log(exp(x))", "x"},
    {"log(1 + x)", "log1p(x)"},
    {"exp(x) - 1", "expm1(x)"},
    {"1 / (1 + exp(-x))", "sigmoid(x)"},
    {"1 / (1 + exp(x))", "sigmoid(-x)"},
    {"exp(x) / (1 + exp(x))", "sigmoid(x)"},
    {"1 - sigmoid(x)", "sigmoid(-x)"},
    {"(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "tanh(x)"},
    {"max(x, 0)", "relu(x)"},
    {"x * sigmoid(x)", "silu(x)"},
    {"x / (1 + exp(-x))", "silu(x)"},
    {"x * tanh(softplus(x))", "mish(x)"},
    {"0.5 * x * (1 + erf(x / sqrt(2)))", "gelu(x)"},
    {"x * 0.5 * (1 + erf(x / sqrt(2)))", "gelu(x)"},
    {"0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))", "gelu_tanh(x)"},
};
enum { RULES = sizeof rules / sizeof rules[0] };

static bool commutes(uint8_t op) {
    return op == SC_EXPR_ADD || op == SC_EXPR_MUL || op == SC_EXPR_MAX || op == SC_EXPR_MIN;
}

/* Whether node k of `expr` has the form of node n of `form`; *x is what the form's input stands
 * for, -1: not known yet. */
static bool fits(const sc_expr *expr, int k, const sc_expr *form, int n, int *x) {
    const sc_expr_node *node = &expr->node[k], *wanted = &form->node[n];
    if (wanted->op == SC_EXPR_INPUT) {
        if (*x < 0) *x = k;
        return *x == k;
    }
    if (node->op != wanted->op || node->imm.i != wanted->imm.i || node->index != wanted->index)
        return false;
    int arity = sc_expr_op_info((sc_expr_op)node->op)->arity, before = *x;
    bool same = true;
    for (int i = 0; i < arity && same; i++)
        same = fits(expr, node->argument[i], form, wanted->argument[i], x);
    if (same || !commutes(node->op)) return same;
    *x = before;
    return fits(expr, node->argument[1], form, wanted->argument[0], x) &&
           fits(expr, node->argument[0], form, wanted->argument[1], x);
}

/* Adds the nodes of `form` with x for its input; the number of its result. */
static int plant(sc_expr *out, const sc_expr *form, int x) {
    int number[SC_EXPR_NODES];
    for (int k = 0; k < form->nodes; k++) {
        const sc_expr_node *node = &form->node[k];
        if (node->op == SC_EXPR_INPUT)
            number[k] = x;
        else if (node->op == SC_EXPR_CONST)
            number[k] = sc_expr_const(out, node->imm.f);
        else
            number[k] = sc_expr_add_node(out, (sc_expr_op)node->op, number[node->argument[0]],
                                         number[node->argument[1]], number[node->argument[2]]);
    }
    return number[form->output[0]];
}

typedef struct forms {
    sc_expr written[RULES], safe[RULES];
} forms;

/* The safe form of node k of `out`, or k itself. */
static int make_safe(sc_expr *out, int k, const forms *forms) {
    for (int r = 0; r < RULES; r++) {
        int x = -1;
        if (fits(out, k, &forms->written[r], forms->written[r].output[0], &x))
            return plant(out, &forms->safe[r], x);
    }
    return k;
}

static void rewrite(sc_expr *expr, const forms *forms) {
    sc_expr out = {.inputs = expr->inputs};
    int number[SC_EXPR_NODES] = {0};
    memcpy(out.input_type, expr->input_type, sizeof out.input_type);
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        if (node->op == SC_EXPR_INPUT)
            number[k] = sc_expr_input(&out, node->index, (sc_expr_type)node->type);
        else if (node->op < SC_EXPR_LEAVES)
            number[k] = sc_expr_leaf(&out, (sc_expr_op)node->op, node->index, node->imm.i);
        else
            number[k] =
                make_safe(&out,
                          sc_expr_add_node(&out, (sc_expr_op)node->op, number[node->argument[0]],
                                           number[node->argument[1]], number[node->argument[2]]),
                          forms);
    }
    for (int i = 0; i < expr->outputs; i++) sc_expr_output(&out, number[expr->output[i]]);
    if (out.overflow) return; /* what was written stays */
    sc_expr_prune(&out);
    *expr = out;
}

socle_status sc_expr_make_safe(sc_env *env, sc_expr *expr) {
    forms *forms;
    SC_TRY(sc_allocate(env, &forms, 1, sizeof *forms));
    socle_status status = SOCLE_OK;
    for (int r = 0; r < RULES && status == SOCLE_OK; r++) {
        status = sc_expr_read(env, &forms->written[r], rules[r].written, "x");
        if (status == SOCLE_OK) status = sc_expr_read(env, &forms->safe[r], rules[r].safe, "x");
    }
    if (status == SOCLE_OK) rewrite(expr, forms);
    sc_release(env, forms);
    return status;
}
