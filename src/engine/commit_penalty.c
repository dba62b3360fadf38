/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of the loss with that of the penalties, l1 * sum |w| + l2 * sum w^2, in it: what is
 * clipped, and what optimizers get. At 0, where |w| has no slope, it is that of the side to which
 * the gradient pushes, or 0 where l1 holds against it. And the side of 0 on which a weight with an
 * L1 penalty may be after the step: see penalty.c. */
#include "engine/commit_private.h"

/* l1 / l1 is NaN where there is no L1 penalty, and so is the side. */
static const char formula[] = "g = sum * inverse + 2 * l2 * w;"
                              "at = sign(w) if w != 0 else -sign(g);"
                              "slope = g + l1 * at if w != 0 or l1 < abs(g) else 0;"
                              "side = (at if w != 0 or slope != 0 else 0) * (l1 / l1)";

void sc_commit_penalised(sc_graph *graph, const sc_commit_shape *shape, int piece, sc_value inverse,
                         sc_value *gradient, sc_value *side) {
    const int64_t blocks = shape->parameter_blocks[piece];
    const int kinds[2] = {SC_COEFFICIENT_L1, SC_COEFFICIENT_L2};
    const char *const names[2] = {"l1", "l2"};
    sc_formula f;
    sc_value out[2];
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "sum", *gradient);
    sc_formula_input(&f, "w",
                     sc_commit_lane(graph, SC_LANE_PARAMETERS, piece, SOCLE_F32, blocks, SC_BLOCK));
    for (int i = 0; i < 2; i++) {
        int index = sc_coefficient_index(kinds[i], shape->pieces, piece);
        sc_formula_input(&f, names[i],
                         sc_commit_lane(graph, SC_LANE_COEFFICIENTS, index, SOCLE_F32, blocks, 1));
    }
    if (inverse != SC_NO_VALUE)
        sc_formula_input(&f, "inverse", inverse);
    else
        sc_scope_leaf(&f.scope, "inverse", SC_EXPR_SCALAR, SC_SCALAR_INVERSE_SAMPLE_WEIGHT);
    sc_formula_read(&f, formula);
    sc_formula_output(&f, "slope");
    sc_formula_output(&f, "side");
    sc_formula_build(&f, out);
    *gradient = out[0];
    *side = out[1];
}

sc_value sc_commit_stop(sc_graph *graph, sc_value health, sc_value inverse) {
    sc_formula f;
    sc_value out = health;
    if (inverse == SC_NO_VALUE) return health;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "health", health);
    sc_formula_input(&f, "inverse", inverse);
    sc_scope_leaf(&f.scope, "step", SC_EXPR_STEP, 0);
    sc_expr_output(&f.expr, sc_formula_read(&f, "health if inverse != 0 else step"));
    sc_formula_build(&f, &out);
    return out;
}
