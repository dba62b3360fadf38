/* SPDX-License-Identifier: Apache-2.0 */
/* Random expressions for elementwise and reduce. They are sums, products and the like of terms,
 * each term one operation on operands as they are: so whatever is discontinuous, or has a pole,
 * sees arguments without rounding errors, and the bounds of the reference stay tight. */
#include "verify/case.h"

typedef struct builder {
    sc_verify_case *test;
    sc_expr *expr;
    uint64_t *state;
    bool whole;
} builder;

static sc_expr_op pick(uint64_t *state, const sc_expr_op *list, size_t count) {
    return list[sc_draw_below(state, (int64_t)count)];
}
#define PICK(state, list) pick(state, list, sizeof(list) / sizeof(list)[0])

static int constant(const builder *b) {
    static const float real[] = {0.5f, -1.25f, 3.0f, 0.3f}, whole[] = {1.0f, -2.0f, 3.0f, 2.0f};
    return sc_expr_const(b->expr, (b->whole ? whole : real)[sc_draw_below(b->state, 4)]);
}

static int input(const builder *b, int i) {
    bool real = b->test->desc.tensor[i].dtype == SOCLE_F32;
    int node = sc_expr_input(b->expr, i, real ? SC_EXPR_FLOAT : SC_EXPR_INT);
    return real ? node : sc_expr_add_node(b->expr, SC_EXPR_TO_FLOAT, node, 0, 0);
}

static int integer_leaf(const builder *b) {
    static const sc_expr_op ops[] = {SC_EXPR_ROWS, SC_EXPR_STEP, SC_EXPR_COORD, SC_EXPR_COORD};
    sc_expr_op op = PICK(b->state, ops);
    int rank = sc_op_space(&b->test->desc).rank;
    if (op == SC_EXPR_COORD && rank == 0) op = SC_EXPR_STEP;
    int index = op == SC_EXPR_COORD ? (int)sc_draw_below(b->state, rank) : 0;
    return sc_expr_leaf(b->expr, op, index, 0);
}

/* A number as it is: mostly an input. */
static int leaf(const builder *b) {
    int inputs = b->test->desc.inputs;
    switch (sc_draw_below(b->state, inputs ? 12 : 4)) {
    case 0:
        return constant(b);
    case 1:
        return sc_expr_add_node(b->expr, SC_EXPR_TO_FLOAT, integer_leaf(b), 0, 0);
    case 2:
        return b->whole ? constant(b) : sc_expr_leaf(b->expr, SC_EXPR_SCALAR, 0, 0);
    case 3:
        return b->whole
                   ? constant(b)
                   : sc_expr_leaf(b->expr, SC_EXPR_UNIFORM, 0, (int32_t)sc_draw_below(b->state, 3));
    default:
        return input(b, (int)sc_draw_below(b->state, inputs));
    }
}

/* One that is never 0 and finite, for what has a pole there. */
static int nonzero_leaf(const builder *b) {
    int inputs = b->test->desc.inputs;
    int i = inputs ? (int)sc_draw_below(b->state, inputs) : 0;
    bool real = inputs && b->test->desc.tensor[i].dtype == SOCLE_F32;
    int node = real ? input(b, i) : constant(b);
    return sc_expr_add_node(b->expr, SC_EXPR_ABS, node, 0, 0);
}

static int comparison(const builder *b) {
    static const sc_expr_op ops[] = {SC_EXPR_LT, SC_EXPR_LE, SC_EXPR_EQ, SC_EXPR_NE};
    int left = leaf(b), right = leaf(b);
    return sc_expr_add_node(b->expr, PICK(b->state, ops), left, right, 0);
}

static int whole_term(const builder *b) {
    static const sc_expr_op unary[] = {SC_EXPR_NEG, SC_EXPR_ABS, SC_EXPR_SQUARE, SC_EXPR_RELU,
                                       SC_EXPR_SIGN};
    static const sc_expr_op binary[] = {SC_EXPR_ADD, SC_EXPR_SUB, SC_EXPR_MUL, SC_EXPR_MIN,
                                        SC_EXPR_MAX};
    int x = leaf(b);
    if (sc_draw_once_in(b->state, 2))
        return sc_expr_add_node(b->expr, PICK(b->state, unary), x, 0, 0);
    int y = leaf(b);
    return sc_expr_add_node(b->expr, PICK(b->state, binary), x, y, 0);
}

static int real_term(const builder *b) {
    static const sc_expr_op unary[] = {
        SC_EXPR_FLOOR, SC_EXPR_EXP,  SC_EXPR_EXPM1,    SC_EXPR_SIN,      SC_EXPR_COS,
        SC_EXPR_ERF,   SC_EXPR_TANH, SC_EXPR_SIGMOID,  SC_EXPR_SOFTPLUS, SC_EXPR_SILU,
        SC_EXPR_GELU,  SC_EXPR_MISH, SC_EXPR_GELU_TANH};
    static const sc_expr_op poles[] = {SC_EXPR_SQRT, SC_EXPR_RSQRT, SC_EXPR_LOG, SC_EXPR_LOG1P};
    int x, y;
    switch (sc_draw_below(b->state, 5)) {
    case 0:
        /* Of an input alone: coordinates and step numbers would leave the range. */
        return sc_expr_add_node(b->expr, PICK(b->state, unary), nonzero_leaf(b), 0, 0);
    case 1:
        return sc_expr_add_node(b->expr, PICK(b->state, poles), nonzero_leaf(b), 0, 0);
    case 2:
        x = leaf(b), y = nonzero_leaf(b);
        return sc_expr_add_node(b->expr, SC_EXPR_DIV, x, y, 0);
    case 3:
        x = leaf(b), y = leaf(b);
        return sc_expr_add_node(b->expr, SC_EXPR_SELECT, comparison(b), x, y);
    default:
        return whole_term(b);
    }
}

static int term(const builder *b) {
    return b->whole || sc_draw_once_in(b->state, 3) ? whole_term(b) : real_term(b);
}

static int sum_of_terms(const builder *b) {
    static const sc_expr_op binary[] = {SC_EXPR_ADD, SC_EXPR_SUB, SC_EXPR_MAX, SC_EXPR_MIN,
                                        SC_EXPR_MUL};
    static const sc_expr_op unary[] = {SC_EXPR_RELU, SC_EXPR_NEG, SC_EXPR_TANH, SC_EXPR_SIGMOID};
    int result = term(b);
    for (int64_t more = sc_draw_below(b->state, 4); more > 0; more--) {
        int next = term(b);
        size_t choices = b->whole ? 4 : 5; /* no products of products: sums stay exact */
        result = sc_expr_add_node(b->expr, pick(b->state, binary, choices), result, next, 0);
    }
    if (sc_draw_once_in(b->state, 3))
        result = sc_expr_add_node(b->expr, pick(b->state, unary, b->whole ? 2 : 4), result, 0, 0);
    return result;
}

void sc_verify_random_expr(sc_verify_case *test, uint64_t *state, int outputs, bool whole) {
    builder b = {.test = test, .expr = &test->expr, .state = state, .whole = whole};
    sc_expr_init(b.expr);
    for (int i = 0; i < test->desc.inputs; i++) {
        (void)input(&b, i);
        test->fill[i] = whole                       ? SC_FILL_WHOLE
                        : sc_draw_once_in(state, 3) ? SC_FILL_POSITIVE
                                                    : SC_FILL_REAL;
    }
    for (int k = 0; k < outputs; k++) sc_expr_output(b.expr, sum_of_terms(&b));
    test->scalar = 0.3f;
}
