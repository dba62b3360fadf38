/* SPDX-License-Identifier: Apache-2.0 */
/* Compositions of operations that have no launch of their own: dropout and batch normalisation. The planner fuses their
 * pieces; their gradients come from the rules of the pieces. */
#include "graph/build.h"

sc_value sc_build_dropout(sc_graph *graph, sc_value x, float rate) {
    if (rate == 0.0f || x == SC_NO_VALUE || graph->status != SOCLE_OK) return x;
    sc_expr expr;
    sc_expr_init(&expr);
    int value = sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    int draw = sc_expr_leaf(&expr, SC_EXPR_UNIFORM, 0, (int32_t)graph->random_ordinal++);
    int dropped = sc_expr_add_node(&expr, SC_EXPR_LT, draw, sc_expr_const(&expr, rate), 0);
    int kept = sc_expr_add_node(&expr, SC_EXPR_MUL, value, sc_expr_const(&expr, 1.0f / (1.0f - rate)), 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SELECT, dropped, sc_expr_const(&expr, 0.0f), kept));
    sc_value out;
    sc_build_expr(graph, &expr, 1, &x, &out);
    return out;
}

sc_value sc_build_per_channel(sc_graph *graph, sc_value vector, int rank) {
    if (vector == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    int64_t dim[SC_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    dim[1] = sc_tensor_elements(sc_graph_desc(graph, vector));
    return sc_build_reshape(graph, vector, rank, dim);
}

/* 1/sqrt(variance + epsilon): a launch over the channels, so that no element computes a root. */
static sc_value inverse_deviation(sc_graph *graph, sc_value variance, float epsilon) {
    sc_expr expr;
    sc_expr_init(&expr);
    int sum = sc_expr_add_node(&expr, SC_EXPR_ADD, sc_expr_input(&expr, 0, SC_EXPR_FLOAT), sc_expr_const(&expr, epsilon), 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_RSQRT, sum, 0, 0));
    sc_value out;
    sc_build_expr(graph, &expr, 1, &variance, &out);
    return out;
}

/* (x - mean) * inverse deviation * gamma + beta; inputs in that order. */
static sc_value normalise(sc_graph *graph, const sc_value input[5]) {
    sc_expr expr;
    sc_expr_init(&expr);
    int in[5];
    for (int i = 0; i < 5; i++) in[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    int centred = sc_expr_add_node(&expr, SC_EXPR_SUB, in[0], in[1], 0);
    int unit = sc_expr_add_node(&expr, SC_EXPR_MUL, centred, in[2], 0);
    int scaled = sc_expr_add_node(&expr, SC_EXPR_MUL, unit, in[3], 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_ADD, scaled, in[4], 0));
    sc_value out;
    sc_build_expr(graph, &expr, 5, input, &out);
    return out;
}

/* Divides a sum over rows and `positions` elements of each row by their number, known only at launch. */
static int per_element(sc_expr *expr, int sum, int64_t positions) {
    int rows = sc_expr_leaf(expr, SC_EXPR_ROWS, 0, 0);
    int count = sc_expr_add_node(expr, SC_EXPR_TO_FLOAT, rows, 0, 0);
    count = sc_expr_add_node(expr, SC_EXPR_MUL, count, sc_expr_const(expr, (float)positions), 0);
    return sc_expr_add_node(expr, SC_EXPR_DIV, sum, count, 0);
}

static sc_value divide_by_count(sc_graph *graph, sc_value sum, int64_t positions) {
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_output(&expr, per_element(&expr, sc_expr_input(&expr, 0, SC_EXPR_FLOAT), positions));
    sc_value out;
    sc_build_expr(graph, &expr, 1, &sum, &out);
    return out;
}

sc_value sc_build_batchnorm(sc_graph *graph, sc_value x, sc_value gamma, sc_value beta, float epsilon, sc_value *mean,
                            sc_value *variance) {
    if (mean) *mean = SC_NO_VALUE;
    if (variance) *variance = SC_NO_VALUE;
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_tensor_desc desc = *sc_graph_desc(graph, x);
    int64_t positions = 1;
    for (int d = 2; d < desc.rank; d++) positions *= desc.dim[d];
    uint32_t axes = ((1u << desc.rank) - 1) & ~2u;
    sc_value m = divide_by_count(graph, sc_build_reduce(graph, SC_REDUCE_SUM, x, axes), positions);
    /* The variance does not depend on the mean to first order (the deviations sum to 0): no gradient goes that way. */
    sc_value centred = sc_build_binary(graph, SC_EXPR_SUB, x, sc_graph_detach(graph, m));
    sc_value squares = sc_build_unary(graph, SC_EXPR_SQUARE, centred);
    sc_value v = divide_by_count(graph, sc_build_reduce(graph, SC_REDUCE_SUM, squares, axes), positions);
    if (mean) *mean = m;
    if (variance) *variance = v;
    sc_value input[5] = {x, m, inverse_deviation(graph, v, epsilon), sc_build_per_channel(graph, gamma, desc.rank),
                         sc_build_per_channel(graph, beta, desc.rank)};
    return normalise(graph, input);
}

sc_value sc_build_batchnorm_fixed(sc_graph *graph, sc_value x, sc_value gamma, sc_value beta, sc_value mean,
                                  sc_value variance, float epsilon) {
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    int rank = sc_graph_desc(graph, x)->rank;
    sc_value deviation = inverse_deviation(graph, sc_build_per_channel(graph, variance, rank), epsilon);
    sc_value input[5] = {x, sc_build_per_channel(graph, mean, rank), deviation,
                         sc_build_per_channel(graph, gamma, rank), sc_build_per_channel(graph, beta, rank)};
    return normalise(graph, input);
}
