/* SPDX-License-Identifier: Apache-2.0 */
/* Compositions of operations that have no launch of their own: dropout and batch normalisation. The
 * planner fuses their pieces; their gradients come from the rules of the pieces. */
#include "graph/build.h"
#include "graph/formula.h"

sc_value sc_build_dropout(sc_graph *graph, sc_value x, float rate) {
    if (rate == 0.0f || x == SC_NO_VALUE || graph->status != SOCLE_OK) return x;
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "x", x);
    int draw = sc_expr_leaf(&f.expr, SC_EXPR_UNIFORM, 0, (int32_t)graph->random_ordinal++);
    sc_scope_node(&f.scope, "draw", draw);
    sc_scope_number(&f.scope, "rate", rate);
    sc_expr_output(
        &f.expr,
        sc_formula_read(
            &f, "dropped = draw < rate; kept = x * (1 / (1 - rate)); 0 if dropped else kept"));
    sc_formula_build(&f, &out);
    return out;
}

sc_value sc_build_spatial_dropout(sc_graph *graph, sc_value x, float rate) {
    if (rate == 0.0f || x == SC_NO_VALUE || graph->status != SOCLE_OK) return x;
    sc_tensor_desc desc = *sc_graph_desc(graph, x);
    for (int d = 1; d < desc.rank; d++)
        if (d != sc_class_axis(&desc)) desc.dim[d] = 1;
    desc = sc_tensor_make(SOCLE_F32, 1, desc.rank, desc.dim);
    sc_formula f;
    sc_value draw = sc_build_random(graph, SC_EXPR_UNIFORM, &desc), out = SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "x", x);
    sc_formula_input(&f, "draw", draw);
    sc_scope_number(&f.scope, "rate", rate);
    sc_expr_output(&f.expr, sc_formula_read(&f, "0 if draw < rate else x * (1 / (1 - rate))"));
    if (graph->status == SOCLE_OK) sc_formula_build(&f, &out);
    return out;
}

sc_value sc_build_constant(sc_graph *graph, float value, const sc_tensor_desc *shape) {
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_const(&expr, value));
    return sc_graph_append_expr(graph, &expr, 0, NULL, shape);
}

sc_value sc_build_random(sc_graph *graph, sc_expr_op op, const sc_tensor_desc *shape) {
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_leaf(&expr, op, 0, (int32_t)graph->random_ordinal++));
    return sc_graph_append_expr(graph, &expr, 0, NULL, shape);
}

sc_value sc_build_per_channel(sc_graph *graph, sc_value vector, int rank) {
    if (vector == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    int64_t dim[SC_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    dim[1] = sc_tensor_elements(sc_graph_desc(graph, vector));
    return sc_build_reshape(graph, vector, rank, dim);
}

/* A launch over the channels, so that no element computes a root. */
static sc_value inverse_deviation(sc_graph *graph, sc_value variance, float epsilon) {
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "variance", variance);
    sc_scope_number(&f.scope, "epsilon", epsilon);
    sc_expr_output(&f.expr, sc_formula_read(&f, "rsqrt(variance + epsilon)"));
    sc_formula_build(&f, &out);
    return out;
}

static sc_value normalise(sc_graph *graph, const sc_value input[5]) {
    return sc_build_formula(graph, "(x - mean) * inverse_deviation * gamma + beta",
                            "x mean inverse_deviation gamma beta", input);
}

/* Divides a sum over rows and `positions` elements of each row by their number, known only at
 * launch. */
static sc_value divide_by_count(sc_graph *graph, sc_value sum, int64_t positions) {
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "sum", sum);
    sc_scope_leaf(&f.scope, "rows", SC_EXPR_ROWS, 0);
    sc_scope_number(&f.scope, "positions", (float)positions);
    sc_expr_output(&f.expr, sc_formula_read(&f, "sum / (rows * positions)"));
    sc_formula_build(&f, &out);
    return out;
}

sc_value sc_build_batchnorm(sc_graph *graph, sc_value x, sc_value gamma, sc_value beta,
                            float epsilon, sc_value *mean, sc_value *variance) {
    if (mean) *mean = SC_NO_VALUE;
    if (variance) *variance = SC_NO_VALUE;
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_tensor_desc desc = *sc_graph_desc(graph, x);
    int64_t positions = desc.rows_per_sample ? 1 : desc.dim[0]; /* beside those that a launch has */
    for (int d = 2; d < desc.rank; d++) positions *= desc.dim[d];
    uint32_t axes = ((1u << desc.rank) - 1) & ~2u;
    sc_value m = divide_by_count(graph, sc_build_reduce(graph, SC_REDUCE_SUM, x, axes), positions);
    /* The variance does not depend on the mean to first order (the deviations sum to 0): no
     * gradient goes that way. */
    sc_value centred = sc_build_binary(graph, SC_EXPR_SUB, x, sc_graph_detach(graph, m));
    sc_value squares = sc_build_unary(graph, SC_EXPR_SQUARE, centred);
    sc_value v =
        divide_by_count(graph, sc_build_reduce(graph, SC_REDUCE_SUM, squares, axes), positions);
    if (mean) *mean = m;
    if (variance) *variance = v;
    sc_value input[5] = {x, m, inverse_deviation(graph, v, epsilon),
                         sc_build_per_channel(graph, gamma, desc.rank),
                         sc_build_per_channel(graph, beta, desc.rank)};
    return normalise(graph, input);
}

sc_value sc_build_batchnorm_fixed(sc_graph *graph, sc_value x, sc_value gamma, sc_value beta,
                                  sc_value mean, sc_value variance, float epsilon) {
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    int rank = sc_graph_desc(graph, x)->rank;
    sc_value deviation =
        inverse_deviation(graph, sc_build_per_channel(graph, variance, rank), epsilon);
    sc_value input[5] = {x, sc_build_per_channel(graph, mean, rank), deviation,
                         sc_build_per_channel(graph, gamma, rank),
                         sc_build_per_channel(graph, beta, rank)};
    return normalise(graph, input);
}
