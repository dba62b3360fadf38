/* SPDX-License-Identifier: Apache-2.0 */
/* Clipping of gradients by their norm: where all gradients of a step together are longer than a
 * limit, each is multiplied by limit / length, which keeps their direction (Pascanu, Mikolov and
 * Bengio, On the difficulty of training recurrent neural networks, 2013). It knows the gradients of
 * the commit, of whatever optimizer. */
#include "engine/commit_private.h"

#include "graph/build.h"

/* The sum of the squares of a piece of the mean gradient, which it is already or becomes by
 * `inverse`. */
static sc_value squares(sc_graph *graph, bool mean, sc_value gradient, sc_value inverse) {
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "sum", gradient);
    if (mean)
        sc_scope_number(&f.scope, "inverse", 1);
    else if (inverse != SC_NO_VALUE)
        sc_formula_input(&f, "inverse", inverse);
    else
        sc_scope_leaf(&f.scope, "inverse", SC_EXPR_SCALAR, SC_SCALAR_INVERSE_SAMPLE_WEIGHT);
    sc_expr_output(&f.expr, sc_formula_read(&f, "mean = sum * inverse; mean * mean"));
    sc_formula_sum(&f, 3, &out);
    return out;
}

sc_value sc_clip_factor(sc_graph *graph, const sc_commit_shape *shape, const sc_value *gradient,
                        sc_value inverse) {
    sc_value all = SC_NO_VALUE, out;
    for (int p = 0; p < shape->trained; p++) {
        sc_value part = squares(graph, shape->penalised, gradient[p], inverse);
        all = p ? sc_build_binary(graph, SC_EXPR_ADD, all, part) : part;
    }
    sc_formula f;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "squares", all);
    sc_scope_number(&f.scope, "limit", shape->clip_norm);
    sc_expr_output(
        &f.expr, sc_formula_read(&f, "norm = sqrt(squares); limit / norm if limit < norm else 1"));
    sc_formula_build(&f, &out);
    return sc_graph_output(graph, out, SC_LANE_HEALTH, SC_HEALTH_CLIP);
}
