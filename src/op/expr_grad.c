/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of a scalar expression, again as an expression: reverse accumulation over its nodes.
 * Values of the forward pass are computed again, except that a node which is an output of the
 * expression is read back from the input the gradient has for that output: so tanh' = 1 - y*y needs
 * neither x nor tanh. One derivative rule per opcode, as a formula where it is one; products with
 * the constants 0 and 1 and sums with 0 never become nodes. */
#include "op/expr_parse_private.h"

#include <string.h>

typedef struct gradient {
    sc_env *env;
    sc_expr *out; /* the expression under construction */
    const sc_expr *forward;
    bool depends[SC_EXPR_NODES]; /* float nodes through which the chosen input reaches the output */
    int value[SC_EXPR_NODES];    /* forward node -> node of `out`, -1: not computed yet */
    int adjoint[SC_EXPR_NODES];  /* forward node -> its gradient so far in `out`, -1: none */
} gradient;

static bool is_const(const gradient *g, int node, float *value) {
    *value = g->out->node[node].imm.f;
    return g->out->node[node].op == SC_EXPR_CONST;
}

static bool is_value(const gradient *g, int node, float wanted) {
    float value;
    return is_const(g, node, &value) && value == wanted;
}

static int number(gradient *g, float value) {
    return sc_expr_const(g->out, value);
}

static int one(gradient *g, sc_expr_op op, int a) {
    return sc_expr_add_node(g->out, op, a, 0, 0);
}

static int two(gradient *g, sc_expr_op op, int a, int b) {
    return sc_expr_add_node(g->out, op, a, b, 0);
}

static int mul(gradient *g, int a, int b) {
    float x, y;
    bool a_const = is_const(g, a, &x), b_const = is_const(g, b, &y);
    if (a_const && b_const) return number(g, x * y);
    if ((a_const && x == 0.0f) || (b_const && y == 0.0f)) return number(g, 0.0f);
    if (a_const && x == 1.0f) return b;
    if (b_const && y == 1.0f) return a;
    return two(g, SC_EXPR_MUL, a, b);
}

static int divide(gradient *g, int a, int b) {
    if (is_value(g, a, 0.0f) || is_value(g, b, 1.0f)) return a;
    return two(g, SC_EXPR_DIV, a, b);
}

/* condition ? a : b */
static int choose(gradient *g, int condition, int a, int b) {
    return a == b ? a : sc_expr_add_node(g->out, SC_EXPR_SELECT, condition, a, b);
}

/* What stands in a choice beside 0: 1 or 2; 0 where node is no such choice. */
static int beside_zero(const gradient *g, int node) {
    const sc_expr_node *n = &g->out->node[node];
    if (n->op != SC_EXPR_SELECT) return 0;
    return is_value(g, n->argument[2], 0.0f) ? 1 : is_value(g, n->argument[1], 0.0f) ? 2 : 0;
}

/* select with another value in that place. */
static int put_beside_zero(gradient *g, int node, int place, int value) {
    const sc_expr_node choice = g->out->node[node];
    return place == 1 ? choose(g, choice.argument[0], value, choice.argument[2])
                      : choose(g, choice.argument[0], choice.argument[1], value);
}

/* What one condition sets to 0 in both stays 0 in the sum. */
static int add(gradient *g, int a, int b) {
    if (is_value(g, a, 0.0f)) return b;
    if (is_value(g, b, 0.0f)) return a;
    const sc_expr_node x = g->out->node[a], y = g->out->node[b];
    int place = beside_zero(g, a);
    if (place && place == beside_zero(g, b) && x.argument[0] == y.argument[0])
        return put_beside_zero(g, a, place, add(g, x.argument[place], y.argument[place]));
    return two(g, SC_EXPR_ADD, a, b);
}

static int neg(gradient *g, int a) {
    float value;
    int place = beside_zero(g, a);
    if (is_const(g, a, &value)) return number(g, value == 0.0f ? 0.0f : -value);
    if (place) return put_beside_zero(g, a, place, neg(g, g->out->node[a].argument[place]));
    if (g->out->node[a].op == SC_EXPR_NEG) return g->out->node[a].argument[0];
    return one(g, SC_EXPR_NEG, a);
}

static int sub(gradient *g, int a, int b) {
    if (is_value(g, b, 0.0f)) return a;
    if (is_value(g, a, 0.0f)) return neg(g, b);
    return two(g, SC_EXPR_SUB, a, b);
}

/* An incoming gradient d times or over a slope. What a condition has set to 0 stays 0 where the
 * slope is infinite or NaN, as that of the branch that was not taken may be. */
static int scaled(gradient *g, int (*by)(gradient *g, int a, int b), int d, int slope) {
    int place = beside_zero(g, d);
    if (!place) return by(g, d, slope);
    return put_beside_zero(g, d, place, scaled(g, by, g->out->node[d].argument[place], slope));
}

static int times(gradient *g, int d, int slope) {
    return scaled(g, mul, d, slope);
}

static int over(gradient *g, int d, int divisor) {
    return scaled(g, divide, d, divisor);
}

static int output_of(const sc_expr *expr, int node) {
    for (int i = 0; i < expr->outputs; i++)
        if (expr->output[i] == node) return i;
    return -1;
}

/* The forward value of node k, as a node of `out`. */
static int value_of(gradient *g, int k) {
    if (g->value[k] >= 0) return g->value[k];
    sc_expr_node node = g->forward->node[k];
    int output = output_of(g->forward, k);
    bool random = node.op == SC_EXPR_UNIFORM || node.op == SC_EXPR_NORMAL;
    bool stored = output >= 0 && node.type == SC_EXPR_FLOAT; /* an integer may have been cut to u8
                                                              */
    if (stored && (node.op >= SC_EXPR_LEAVES || random))
        g->value[k] = sc_expr_input(g->out, g->forward->inputs + output, (sc_expr_type)node.type);
    else if (node.op == SC_EXPR_INPUT)
        g->value[k] = sc_expr_input(g->out, node.index, (sc_expr_type)node.type);
    else if (node.op == SC_EXPR_CONST)
        g->value[k] = sc_expr_const(g->out, node.imm.f);
    else if (node.op < SC_EXPR_LEAVES)
        g->value[k] = sc_expr_leaf(g->out, (sc_expr_op)node.op, node.index, node.imm.i);
    else {
        int argument[3] = {0, 0, 0};
        for (int i = 0; i < sc_expr_op_info((sc_expr_op)node.op)->arity; i++)
            argument[i] = value_of(g, node.argument[i]);
        g->value[k] =
            sc_expr_add_node(g->out, (sc_expr_op)node.op, argument[0], argument[1], argument[2]);
    }
    return g->value[k];
}

/* a ** b: with respect to a (b * a**(b-1), 0 where b is 0) and to b (y * log a, 0 where a is 0 and
 * b is not negative). */
static int pow_base(gradient *g, int d, int a, int b) {
    float exponent;
    if (is_const(g, b, &exponent)) {
        if (exponent == 0.0f) return number(g, 0.0f);
        int power = exponent == 1.0f   ? number(g, 1.0f)
                    : exponent == 2.0f ? a
                                       : two(g, SC_EXPR_POW, a, number(g, exponent - 1.0f));
        return times(g, d, mul(g, b, power));
    }
    int zero = number(g, 0.0f);
    int power = two(g, SC_EXPR_POW, a, sub(g, b, number(g, 1.0f)));
    return choose(g, two(g, SC_EXPR_EQ, b, zero), zero, times(g, d, mul(g, b, power)));
}

static int pow_exponent(gradient *g, int d, int a, int b, int y) {
    int zero = number(g, 0.0f);
    int flat = two(g, SC_EXPR_INT_AND, two(g, SC_EXPR_EQ, a, zero), two(g, SC_EXPR_LE, zero, b));
    return choose(g, flat, zero, times(g, d, mul(g, y, one(g, SC_EXPR_LOG, a))));
}

/* Slopes of functions of one argument: `a` is the argument, `y` the result. */
static const char *const slopes[SC_EXPR_COUNT] = {
    [SC_EXPR_ABS] = "sign(a)",
    [SC_EXPR_SQUARE] = "2 * a",
    [SC_EXPR_SQRT] = "0.5 / y",
    [SC_EXPR_RSQRT] = "-0.5 * y * square(y)",
    [SC_EXPR_EXP] = "y",
    [SC_EXPR_EXPM1] = "y + 1",
    [SC_EXPR_SIN] = "cos(a)",
    [SC_EXPR_ERF] = "1.12837917 * exp(-square(a))",
    [SC_EXPR_TANH] = "1 - square(y)",
    [SC_EXPR_SIGMOID] = "y * (1 - y)",
    [SC_EXPR_SOFTPLUS] = "sigmoid(a)",
    [SC_EXPR_SILU] = "s = sigmoid(a); s * (1 + a * (1 - s))",
    [SC_EXPR_GELU] = "0.5 * (1 + erf(a * 0.707106781)) + a * 0.398942280 * exp(-0.5 * square(a))",
    /* The second term is 0 in float from |a| = 10 on; the clip keeps 0 * inf out of it. */
    [SC_EXPR_GELU_TANH] =
        "x = max(min(a, 10), -10);"
        "q = square(x);"
        "t = tanh(0.797884561 * x * (1 + 0.044715 * q));"
        "0.5 * (1 + t) + 0.5 * x * (1 - square(t)) * (0.797884561 * (1 + 0.134145 * q))",
    [SC_EXPR_MISH] = "t = tanh(softplus(a)); t + a * (sigmoid(a) * (1 - square(t)))",
};

/* Whether a word of one letter stands in a formula. */
static bool reads(const char *text, const char *letter) {
    for (sc_token t = sc_token_next(text); t.kind != SC_TOKEN_END;
         t = sc_token_next(t.at + t.length))
        if (sc_token_is(&t, letter)) return true;
    return false;
}

static int slope_of(gradient *g, int k) {
    const char *text = slopes[g->forward->node[k].op];
    sc_expr_scope scope;
    int slope = 0;
    sc_scope_init(&scope, g->out);
    if (reads(text, "a")) sc_scope_node(&scope, "a", value_of(g, g->forward->node[k].argument[0]));
    if (reads(text, "y")) sc_scope_node(&scope, "y", value_of(g, k));
    if (sc_expr_parse(g->env, &scope, text, &slope) != SOCLE_OK) g->out->overflow = true;
    return slope;
}

/* d * (derivative of node k of one argument), d its incoming gradient. */
static int unary(gradient *g, int k, int d) {
    int x = g->forward->node[k].argument[0];
    sc_expr_op op = (sc_expr_op)g->forward->node[k].op;
    if (slopes[op]) return times(g, d, slope_of(g, k));
#define A value_of(g, x)
    switch (op) {
    case SC_EXPR_NEG:
        return neg(g, d);
    case SC_EXPR_LOG:
        return over(g, d, A);
    case SC_EXPR_LOG1P:
        return over(g, d, add(g, A, number(g, 1.0f)));
    case SC_EXPR_COS:
        return neg(g, times(g, d, one(g, SC_EXPR_SIN, A)));
    case SC_EXPR_RELU: {
        /* relu(a) <= 0 exactly where a <= 0 */
        int sign = output_of(g->forward, k) >= 0 ? value_of(g, k) : A, zero = number(g, 0.0f);
        return choose(g, two(g, SC_EXPR_LE, sign, zero), zero, d);
    }
    case SC_EXPR_SIGN:
    case SC_EXPR_FLOOR:
        return number(g, 0.0f);
    default:
        return -1;
    }
#undef A
}

/* d * (derivative of node k with respect to its argument number `which`), k of two or three
 * arguments. */
static int several(gradient *g, int k, int which, int d) {
    const sc_expr_node *node = &g->forward->node[k];
    int zero = number(g, 0.0f);
#define A value_of(g, node->argument[0])
#define B value_of(g, node->argument[1])
    switch ((sc_expr_op)node->op) {
    case SC_EXPR_ADD:
        return d;
    case SC_EXPR_SUB:
        return which == 0 ? d : neg(g, d);
    case SC_EXPR_MUL:
        return times(g, d, which == 0 ? B : A);
    case SC_EXPR_DIV:
        return which == 0 ? over(g, d, B) : neg(g, times(g, over(g, d, B), value_of(g, k)));
    case SC_EXPR_MIN:
        return choose(g, two(g, SC_EXPR_LT, A, B), which == 0 ? d : zero, which == 0 ? zero : d);
    case SC_EXPR_MAX:
        return choose(g, two(g, SC_EXPR_LT, B, A), which == 0 ? d : zero, which == 0 ? zero : d);
    case SC_EXPR_POW:
        return which == 0 ? pow_base(g, d, A, B) : pow_exponent(g, d, A, B, value_of(g, k));
    case SC_EXPR_SELECT:
        return choose(g, A, which == 1 ? d : zero, which == 1 ? zero : d);
    default:
        return -1;
    }
#undef B
#undef A
}

/* Marks the float nodes that the input reaches; comparisons and integers stop the chain (derivative
 * 0). */
static void mark(gradient *g, int input) {
    const sc_expr *expr = g->forward;
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        g->value[k] = g->adjoint[k] = -1;
        g->depends[k] = node->op == SC_EXPR_INPUT && node->index == input;
        for (int i = 0; i < sc_expr_op_info((sc_expr_op)node->op)->arity; i++)
            g->depends[k] |= node->type == SC_EXPR_FLOAT && g->depends[node->argument[i]];
    }
}

static socle_status accumulate(gradient *g, sc_env *env, int k) {
    const sc_expr_node *node = &g->forward->node[k];
    const sc_expr_info *info = sc_expr_op_info((sc_expr_op)node->op);
    for (int i = 0; i < info->arity; i++) {
        int a = node->argument[i];
        if (!g->depends[a]) continue;
        int part = info->arity == 1 ? unary(g, k, g->adjoint[k]) : several(g, k, i, g->adjoint[k]);
        if (part < 0)
            return sc_fail(env, SOCLE_STATUS_UNSUPPORTED, "%s has no derivative", info->word);
        g->adjoint[a] = g->adjoint[a] < 0 ? part : add(g, g->adjoint[a], part);
    }
    return SOCLE_OK;
}

static socle_status check_request(sc_env *env, const sc_expr *expr, int output, int input) {
    if (output < 0 || output >= expr->outputs || input < 0 || input >= expr->inputs)
        return sc_fail(env, SOCLE_STATUS_INTERNAL,
                       "gradient of output %d by input %d; the expression has %d and %d", output,
                       input, expr->outputs, expr->inputs);
    if (expr->input_type[input] == SC_EXPR_INT)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "no gradient with respect to input %d: it is an integer", input);
    const sc_expr_node *node = &expr->node[expr->output[output]];
    if (node->type == SC_EXPR_INT)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "no gradient of output %d: %s gives an integer", output,
                       sc_expr_op_info((sc_expr_op)node->op)->word);
    if (expr->inputs + expr->outputs + 1 > SC_EXPR_INPUTS)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "the gradient of an expression with %d inputs and %d outputs needs %d "
                       "inputs, limit %d; split it",
                       expr->inputs, expr->outputs, expr->inputs + expr->outputs + 1,
                       SC_EXPR_INPUTS);
    return SOCLE_OK;
}

socle_status sc_expr_derivative(sc_env *env, sc_expr *out, const sc_expr *expr, int input) {
    sc_expr source = *expr, one;
    int same[SC_EXPR_INPUTS];
    for (int i = 0; i < SC_EXPR_INPUTS; i++) same[i] = i;
    source.outputs = 1;
    sc_expr_init(&one);
    sc_expr_output(&one, sc_expr_const(&one, 1.0f));
    SC_TRY(sc_expr_gradient(env, out, &source, 0, input));
    if (!sc_expr_splice(out, source.inputs + 1, &one, 0, same) ||
        !sc_expr_splice(out, source.inputs, &source, 0, same))
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "the derivative of a formula of %d operations needs more than %d; split it",
                       expr->nodes, SC_EXPR_NODES);
    out->inputs = source.inputs;
    return SOCLE_OK;
}

socle_status sc_expr_gradient(sc_env *env, sc_expr *out, const sc_expr *expr, int output,
                              int input) {
    SC_TRY(sc_expr_check(env, expr));
    SC_TRY(check_request(env, expr, output, input));
    sc_expr_init(out);
    out->inputs = expr->inputs + expr->outputs + 1;
    memcpy(out->input_type, expr->input_type, (size_t)expr->inputs);
    for (int i = 0; i < expr->outputs; i++)
        out->input_type[expr->inputs + i] = expr->node[expr->output[i]].type;

    gradient g = {.env = env, .out = out, .forward = expr};
    mark(&g, input);
    int top = expr->output[output], total = number(&g, 0.0f);
    if (g.depends[top])
        g.adjoint[top] = sc_expr_input(out, expr->inputs + expr->outputs, SC_EXPR_FLOAT);
    for (int k = top; k >= 0 && !out->overflow; k--) {
        if (g.adjoint[k] < 0) continue;
        if (expr->node[k].op == SC_EXPR_INPUT)
            total = add(&g, total, g.adjoint[k]);
        else
            SC_TRY(accumulate(&g, env, k));
    }
    sc_expr_output(out, total);
    if (out->overflow)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "the gradient of an expression of %d nodes needs more than %d; split it",
                       expr->nodes, SC_EXPR_NODES);
    sc_expr_prune(out);
    return SOCLE_OK;
}
