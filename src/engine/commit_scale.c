/* SPDX-License-Identifier: Apache-2.0 */
/* Dynamic loss scaling. Gradients in f16 are multiplied by a power of 2, so that small ones are not
 * lost, and divided by it in the commit, exactly. Where one is beyond f16 nonetheless, the step
 * changes nothing and the scale is halved; after so many steps without, it is doubled (the rule of
 * Micikevicius et al., Mixed Precision Training, 2018; the numbers are those of PyTorch's
 * GradScaler, but for the first: here the gradient of a batch is a sum of samples and no mean). At
 * a scale of 1 an overflow is not the scale's, so it is a failure like any other. */
#include "engine/commit_private.h"

#include "graph/build.h"

static const double first_scale = 1024, most_scale = 16777216, steady_steps = 2000;

/* A scale that was never set is the first. */
static const char now[] = "scale = first if set == 0 else set;";

static sc_value health(sc_graph *graph, int index) {
    return sc_commit_lane(graph, SC_LANE_HEALTH, index, SOCLE_F32, 1, 1);
}

static void begin(sc_formula *f, sc_graph *graph, sc_value scale) {
    sc_formula_begin(f, graph);
    sc_formula_input(f, "set", scale);
    sc_scope_number(&f->scope, "first", first_scale);
    sc_formula_read(f, now);
}

sc_value sc_scale_seed(sc_graph *graph, sc_value loss, sc_value weight) {
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, 1, (int64_t[]){1});
    sc_value scale = sc_graph_external(graph, SC_LANE_HEALTH, SC_HEALTH_SCALE, &desc, "loss scale"),
             out;
    sc_formula f;
    begin(&f, graph, scale);
    sc_formula_input(&f, "row", weight == SC_NO_VALUE ? sc_graph_detach(graph, loss) : weight);
    sc_expr_output(&f.expr, sc_formula_read(&f, weight == SC_NO_VALUE ? "scale" : "scale * row"));
    sc_formula_build(&f, &out);
    return out;
}

void sc_scale_begin(sc_scale *scale, sc_graph *graph, sc_value *bad, sc_value loss) {
    sc_formula f;
    sc_value out[2];
    scale->now = health(graph, SC_HEALTH_SCALE);
    scale->steady = health(graph, SC_HEALTH_STEADY);
    scale->skipped = health(graph, SC_HEALTH_SKIPPED);
    begin(&f, graph, scale->now);
    sc_formula_input(&f, "bad", *bad);
    sc_formula_input(&f, "loss", loss);
    sc_formula_read(&f, "over = bad != 0 and is_finite(loss) and scale > 1;");
    sc_expr_output(&f.expr, sc_formula_read(&f, "1.0 if over else 0.0"));
    sc_expr_output(&f.expr, sc_formula_read(&f, "0.0 if over else bad"));
    sc_formula_build(&f, out);
    scale->overflow = out[0];
    *bad = out[1];
}

sc_value sc_scale_stop(const sc_scale *scale, sc_graph *graph, sc_value word) {
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "health", word);
    sc_formula_input(&f, "overflow", scale->overflow);
    sc_scope_leaf(&f.scope, "step", SC_EXPR_STEP, 0);
    sc_expr_output(&f.expr, sc_formula_read(&f, "health if overflow == 0 else step"));
    sc_formula_build(&f, &out);
    return sc_graph_output(graph, out, SC_LANE_HEALTH, SC_HEALTH_STOP);
}

sc_value sc_scale_undo(const sc_scale *scale, sc_graph *graph) {
    sc_formula f;
    sc_value out;
    begin(&f, graph, scale->now);
    sc_expr_output(&f.expr, sc_formula_read(&f, "1 / scale"));
    sc_formula_build(&f, &out);
    return sc_graph_output(graph, out, SC_LANE_HEALTH, SC_HEALTH_UNSCALE);
}

sc_value sc_scale_inverse(sc_graph *graph, sc_value undo, sc_value inverse) {
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "undo", undo);
    if (inverse != SC_NO_VALUE)
        sc_formula_input(&f, "inverse", inverse);
    else
        sc_scope_leaf(&f.scope, "inverse", SC_EXPR_SCALAR, SC_SCALAR_INVERSE_SAMPLE_WEIGHT);
    sc_expr_output(&f.expr, sc_formula_read(&f, "inverse * undo"));
    sc_formula_build(&f, &out);
    return out;
}

void sc_scale_end(const sc_scale *scale, sc_graph *graph, sc_value word) {
    sc_formula f;
    sc_value out[3];
    begin(&f, graph, scale->now);
    sc_formula_input(&f, "steady", scale->steady);
    sc_formula_input(&f, "skipped", scale->skipped);
    sc_formula_input(&f, "overflow", scale->overflow);
    sc_formula_input(&f, "health", word);
    sc_scope_number(&f.scope, "most", most_scale);
    sc_scope_number(&f.scope, "enough", steady_steps);
    sc_formula_read(&f, "count = steady + 1;"
                        "grows = enough <= count and scale < most;"
                        "kept = scale * 2 if grows else scale;"
                        "next = scale * 0.5 if overflow != 0 else kept;"
                        "rest = 0.0 if grows or overflow != 0 else count;");
    sc_expr_output(&f.expr, sc_formula_read(&f, "next if health == 0 else scale"));
    sc_expr_output(&f.expr, sc_formula_read(&f, "rest if health == 0 else steady"));
    sc_expr_output(&f.expr, sc_formula_read(&f, "skipped + overflow if health == 0 else skipped"));
    sc_formula_build(&f, out);
    sc_graph_update(graph, out[0], scale->now);
    sc_graph_update(graph, out[1], scale->steady);
    sc_graph_update(graph, out[2], scale->skipped);
}
