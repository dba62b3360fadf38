/* SPDX-License-Identifier: Apache-2.0 */
/* Public operations that make values from none, draw random numbers, or take parts. */
#include "api/api_tensor.h"
#include "graph/build.h"

#include <math.h>

/* A value of f32 of the caller's shape. */
static bool shape_of(sc_graph *g, socle_shape shape, sc_tensor_desc *out) {
    socle_status status = sc_api_check_shape(g->env, SOCLE_F32, &shape);
    if (status == SOCLE_OK) *out = sc_tensor_make(SOCLE_F32, 0, shape.rank, shape.size);
    sc_graph_fail(g, status);
    return status == SOCLE_OK;
}

socle_value socle_op_constant(socle_graph *graph, float value, socle_shape shape) {
    sc_graph *g = sc_api_graph(graph);
    sc_tensor_desc desc;
    if (!g) return SC_NO_VALUE;
    return sc_api_built(graph, shape_of(g, shape, &desc) ? sc_build_constant(g, value, &desc)
                                                         : SC_NO_VALUE);
}

static socle_value draw(socle_graph *graph, sc_expr_op op, socle_shape shape) {
    sc_graph *g = sc_api_graph(graph);
    sc_tensor_desc desc;
    if (!g) return SC_NO_VALUE;
    return sc_api_built(graph,
                        shape_of(g, shape, &desc) ? sc_build_random(g, op, &desc) : SC_NO_VALUE);
}

socle_value socle_op_uniform(socle_graph *graph, socle_shape shape) {
    return draw(graph, SC_EXPR_UNIFORM, shape);
}

socle_value socle_op_normal(socle_graph *graph, socle_shape shape) {
    return draw(graph, SC_EXPR_NORMAL, shape);
}

/* A value that the graph has, as f32; the graph has failed where it is not. */
static bool check_float(sc_graph *g, const char *function, socle_value x) {
    if (x >= 0 && (size_t)x < g->values && sc_graph_desc(g, x)->dtype == SOCLE_F32) return true;
    sc_graph_fail(g, sc_fail(g->env, SOCLE_STATUS_INVALID_ARGUMENT,
                             "%s: %d is not a value of f32 of this graph", function, x));
    return false;
}

socle_value socle_op_dropout(socle_graph *graph, socle_value x, float rate) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!check_float(g, __func__, x)) return sc_api_built(graph, SC_NO_VALUE);
    if (rate >= 0.0f && rate <= 0.999f) return sc_api_built(graph, sc_build_dropout(g, x, rate));
    sc_graph_fail(g, sc_fail(g->env, SOCLE_STATUS_INVALID_ARGUMENT,
                             "socle_op_dropout: the rate must be from 0 to 0.999, not %g",
                             (double)rate));
    return sc_api_built(graph, SC_NO_VALUE);
}

socle_value socle_op_slice(socle_graph *graph, socle_value x, const int64_t *begin,
                           const int64_t *size) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!begin) return sc_api_graph_missing(graph, __func__, "begin");
    if (!size) return sc_api_graph_missing(graph, __func__, "size");
    return sc_api_built(graph, sc_build_slice(g, x, begin, size));
}
