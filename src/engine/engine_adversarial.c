/* SPDX-License-Identifier: Apache-2.0 */
/* Adversarial training (Goodfellow, Shlens and Szegedy, Explaining and Harnessing Adversarial
 * Examples, 2015): beside each sample the step sees the same one with its first input moved against
 * the network as it is now, and what becomes small is
 *
 *     (1 - share) * loss(x) + share * loss(x + epsilon * sign(slope of loss(x) by x))
 *
 * No gradient passes through the slope. Weight, metrics and statistics are those of x. */
#include "engine/engine_private.h"

#include "graph/formula.h"
#include "graph/grad.h"

/* In the numbers of the data; those of bytes stay what bytes can say. */
static sc_value move(const sc_engine *engine, sc_graph *graph, sc_value column, sc_value slope) {
    const float scale = engine->net->input[0].scale;
    const bool bytes = sc_graph_desc(graph, column)->dtype == SOCLE_U8;
    sc_formula f;
    sc_value out = SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "x", sc_build_to_float(graph, column, 1.0f));
    sc_formula_input(&f, "slope", slope);
    sc_scope_number(&f.scope, "length", engine->options.adversarial / scale);
    sc_expr_output(&f.expr, sc_formula_read(&f, bytes ? "min(max(x + length * sign(slope), 0), 255)"
                                                      : "x + length * sign(slope)"));
    if (graph->status == SOCLE_OK) sc_formula_build(&f, &out);
    return out;
}

/* The slope of the loss of each sample by what the network sees of its first input. */
static sc_value slope_of(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                         sc_value loss) {
    const sc_value seen = build->node[0];
    sc_value slope = SC_NO_VALUE, seed = SC_NO_VALUE;
    bool reached = false;
    if (seen != SC_NO_VALUE)
        sc_graph_fail(graph, sc_graph_depends(&reached, graph, loss, 1, &seen));
    if (graph->status == SOCLE_OK && !reached)
        sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_CONFIG,
                                     "train.adversarial: the loss has no slope by the input '%s'",
                                     engine->net->input[0].name));
    if (engine->options.precision == SOCLE_F16) seed = sc_scale_seed(graph, loss, SC_NO_VALUE);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_graph_fail(graph, sc_graph_gradient(graph, loss, seed, 1, &seen, &slope, NULL));
    return sc_graph_detach(graph, slope);
}

void sc_engine_build_adversarial(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                                 const sc_value *column, sc_value *loss) {
    const float share = engine->options.adversarial_share;
    sc_value moved[SC_ENGINE_COLUMNS], other[SC_NET_PHASES];
    sc_build second = {0};
    for (int k = 0; k < engine->columns; k++) moved[k] = column[k];
    sc_graph_scope(graph, "adversarial");
    const sc_value slope = slope_of(engine, graph, build, *loss);
    if (graph->status != SOCLE_OK) return;
    moved[0] = move(engine, graph, column[0], slope);
    sc_graph_fail(graph, sc_net_build_with(&second, engine->net, graph, SC_BUILD_TRAIN, moved,
                                           build->parameter));
    if (graph->status == SOCLE_OK) sc_engine_sum_losses(engine, graph, &second, moved, other, NULL);
    sc_build_free(&second);
    *loss = sc_build_binary(graph, SC_EXPR_ADD, sc_build_scale(graph, *loss, 1 - share, 0),
                            sc_build_scale(graph, other[0], share, 0));
}
