/* SPDX-License-Identifier: Apache-2.0 */
/* The commit graph, the totals of evaluation and the addition of partial sums, as formulas over
 * blocks. It knows lanes and the optimizer's formula, not networks or devices. */
#include "engine/commit_private.h"

#include <float.h>

static sc_value scalar(sc_graph *graph, sc_lane lane, int index, int dtype) {
    return sc_commit_lane(graph, lane, index, dtype, 1, 1);
}

/* Number of elements that are not finite. */
static sc_value count_non_finite(sc_graph *graph, sc_value x) {
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "x", x);
    sc_expr_output(&f.expr, sc_formula_read(&f, "0 if is_finite(x) else 1"));
    sc_formula_sum(&f, 3, &out);
    return out;
}

/* The first step that was not finite stays. */
static sc_value build_health(sc_graph *graph, sc_value bad_gradients, sc_value loss) {
    sc_value health = scalar(graph, SC_LANE_HEALTH, SC_HEALTH_STEP, SOCLE_I32), out;
    sc_formula f;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "health", health);
    sc_formula_input(&f, "bad", bad_gradients);
    sc_formula_input(&f, "loss", loss);
    sc_scope_leaf(&f.scope, "step", SC_EXPR_STEP, 0);
    sc_expr_output(&f.expr, sc_formula_read(&f, "now = 0 if is_finite(loss) and bad == 0 else step;"
                                                "now if health == 0 else health"));
    sc_formula_build(&f, &out);
    return sc_graph_update(graph, out, health);
}

/* 1 / the step's summed weight, or 0 where nothing counts. A sum that a device may take for 0 is 0
 * everywhere. */
static sc_value build_inverse(sc_graph *graph, sc_value weight) {
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "weight", weight);
    sc_scope_number(&f.scope, "smallest", FLT_MIN);
    sc_expr_output(&f.expr, sc_formula_read(&f, "1 / weight if smallest <= weight else 0"));
    sc_formula_build(&f, &out);
    return out;
}

/* Running statistics; groups is 1 / the number of groups that the sum is over, or 0. */
static void build_statistics(sc_graph *graph, const sc_commit_shape *shape, sc_value health,
                             sc_value inverse) {
    const int64_t blocks = shape->statistic_blocks;
    const int momentums = sc_coefficient_index(SC_COEFFICIENT_MOMENTUM, shape->pieces, 0);
    sc_value running = sc_commit_lane(graph, SC_LANE_STATISTICS, 0, SOCLE_F32, blocks, SC_BLOCK),
             out;
    sc_formula f;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "running", running);
    sc_formula_input(&f, "sum",
                     sc_commit_lane(graph, SC_LANE_SUMS, shape->sums, SOCLE_F32, blocks, SC_BLOCK));
    sc_formula_input(&f, "momentum",
                     sc_commit_lane(graph, SC_LANE_COEFFICIENTS, momentums, SOCLE_F32, blocks, 1));
    sc_commit_inputs(&f, health, inverse);
    sc_scope_leaf(&f.scope, "groups", SC_EXPR_SCALAR, SC_SCALAR_GROUPS);
    sc_expr_output(&f.expr,
                   sc_formula_read(&f, "ok = healthy and groups != 0;"
                                       "batch = sum * groups;"
                                       "updated = momentum * running + (1 - momentum) * batch;"
                                       "updated if ok else running"));
    sc_formula_build(&f, &out);
    sc_graph_update(graph, out, running);
}

/* total + x. A total is two floats whose sum it is, about 48 bits: one alone would lose samples
 * beside heavy ones, and beyond 2^24 of them. `lost` is the exact error of one addition (Knuth's
 * two-sum), and both parts are made neighbours again (Dekker). Expressions are evaluated as they
 * are written, without contraction. Where the sum is not finite, neither are errors: the sum alone
 * stays. */
static const char add_to_total[] = "sum = high + x;"
                                   "taken = sum - high;"
                                   "kept = sum - taken;"
                                   "lost = (high - kept) + (x - taken);"
                                   "rest = lost + low;"
                                   "near = sum + rest;"
                                   "far = rest - (near - sum);"
                                   "finite = is_finite(sum);"
                                   "new_high = near if finite else sum;"
                                   "new_low = far if finite else 0";

/* Totals [first, first + count) += their sums, as far as an expression has outputs; `last` too: the
 * step's mean loss, 0 where nothing counts. */
static void build_some_totals(sc_graph *graph, const sc_value *sum, sc_value health, int first,
                              int count, bool last) {
    sc_value total[SC_EXPR_OUTPUTS], out[SC_EXPR_OUTPUTS];
    sc_formula f;
    sc_formula_begin(&f, graph);
    if (health != SC_NO_VALUE && count) sc_formula_input(&f, "health", health);
    for (int i = 0; i < count; i++) {
        const int at = SC_HEALTH_TOTALS + 2 * (first + i);
        total[2 * i] = scalar(graph, SC_LANE_HEALTH, at, SOCLE_F32);
        total[2 * i + 1] = scalar(graph, SC_LANE_HEALTH, at + 1, SOCLE_F32);
        sc_formula_input(&f, "high", total[2 * i]);
        sc_formula_input(&f, "low", total[2 * i + 1]);
        sc_formula_input(&f, "x", sum[first + i]);
        sc_formula_read(&f, add_to_total);
        if (health != SC_NO_VALUE)
            sc_formula_read(&f, "new_high = new_high if health == 0 else high; new_low = new_low "
                                "if health == 0 else low");
        sc_formula_output(&f, "new_high");
        sc_formula_output(&f, "new_low");
    }
    if (last) {
        sc_formula_input(&f, "loss", sum[SC_SUM_LOSS]);
        sc_formula_input(&f, "weight", sum[SC_SUM_SAMPLE_WEIGHT]);
        sc_scope_number(&f.scope, "smallest", FLT_MIN);
        sc_expr_output(&f.expr, sc_formula_read(&f, "loss / weight if smallest <= weight else 0"));
    }
    sc_formula_build(&f, out);
    for (int i = 0; i < 2 * count; i++) sc_graph_update(graph, out[i], total[i]);
    if (last) sc_graph_output(graph, out[2 * count], SC_LANE_HEALTH, SC_HEALTH_LAST_LOSS);
}

/* total += sum for loss, weight and metrics. health SC_NO_VALUE: always. */
static void build_totals(sc_graph *graph, const sc_value *sum, int sums, sc_value health) {
    enum { MOST = SC_EXPR_OUTPUTS / 2 };
    for (int first = 0; first <= sums; first += MOST) {
        int count = sums - first < MOST ? sums - first : MOST;
        build_some_totals(graph, sum, health, first, count, count < MOST);
    }
}

static void read_sums(sc_graph *graph, int sums, sc_value sum[SC_SUMS]) {
    for (int i = 0; i < sums; i++) sum[i] = scalar(graph, SC_LANE_SUMS, SC_SUM_LOSS + i, SOCLE_F32);
}

static sc_value gradient_of(sc_graph *graph, const sc_commit_shape *shape, int piece) {
    return sc_commit_lane(graph, SC_LANE_GRADIENTS, piece, SOCLE_F32,
                          shape->parameter_blocks[piece], SC_BLOCK);
}

/* What penalties make of the gradients of a part's pieces; a table that is updated by rows has
 * none. */
static void penalise(sc_graph *graph, const sc_commit_part *part, const sc_commit_shape *shape,
                     sc_value inverse, sc_value *gradient, sc_value *side) {
    for (int p = part->first; shape->penalised && p < part->first + part->count; p++)
        if (shape->by_rows[p])
            gradient[p] = sc_scale_inverse(graph, gradient[p], inverse);
        else
            sc_commit_penalised(graph, shape, p, inverse, &gradient[p], &side[p]);
}

/* `factor`: what brings the norm of the gradients to its limit; SC_NO_VALUE: there is none. */
static void run_update(sc_graph *graph, const sc_commit_part *part, const sc_commit_shape *shape,
                       const sc_value *gradient, const sc_value *side, sc_value health,
                       sc_value inverse, sc_value factor, sc_step_terms *terms) {
    if (shape->penalised)
        sc_commit_update(graph, part, shape, gradient, side, sc_commit_stop(graph, health, inverse),
                         factor, terms);
    else
        sc_commit_update(graph, part, shape, gradient, NULL, health,
                         factor == SC_NO_VALUE ? inverse : sc_scale_inverse(graph, factor, inverse),
                         terms);
}

socle_status sc_commit_build(sc_graph *graph, const sc_commit_part *part,
                             const sc_commit_shape *shape, sc_step_terms *terms) {
    sc_graph_scope(graph, "commit");
    sc_value gradient[SC_LANE_PIECES], side[SC_LANE_PIECES], sum[SC_SUMS], bad = SC_NO_VALUE;
    for (int p = 0; p < shape->trained; p++) {
        gradient[p] = gradient_of(graph, shape, p);
        sc_value more = count_non_finite(graph, gradient[p]);
        bad = p ? sc_build_binary(graph, SC_EXPR_ADD, bad, more) : more;
    }
    read_sums(graph, shape->sums, sum);
    sc_scale scale;
    if (shape->scaled) sc_scale_begin(&scale, graph, &bad, sum[SC_SUM_LOSS]);
    sc_value health = build_health(graph, bad, sum[SC_SUM_LOSS]), stop = health;
    sc_value inverse =
        shape->weighted ? build_inverse(graph, sum[SC_SUM_SAMPLE_WEIGHT]) : SC_NO_VALUE;
    if (shape->scaled) {
        stop = sc_scale_stop(&scale, graph, health);
        inverse = sc_scale_inverse(graph, sc_scale_undo(&scale, graph), inverse);
    }
    sc_value factor = SC_NO_VALUE;
    penalise(graph, &(sc_commit_part){.count = shape->trained}, shape, inverse, gradient, side);
    if (shape->clip_norm > 0) factor = sc_clip_factor(graph, shape, gradient, inverse);
    run_update(graph, part, shape, gradient, side, stop, inverse, factor, terms);
    if (shape->statistic_blocks) build_statistics(graph, shape, stop, inverse);
    build_totals(graph, sum, shape->sums, health);
    if (shape->scaled) sc_scale_end(&scale, graph, health);
    return graph->status;
}

/* What the commit has left for the updates behind it: the health word, and the inverse. */
static sc_value read_health(sc_graph *graph, const sc_commit_shape *shape, sc_value *inverse) {
    const int word = shape->scaled ? SC_HEALTH_STOP : SC_HEALTH_STEP;
    *inverse = SC_NO_VALUE;
    if (shape->weighted)
        *inverse =
            build_inverse(graph, scalar(graph, SC_LANE_SUMS, SC_SUM_SAMPLE_WEIGHT, SOCLE_F32));
    if (shape->scaled)
        *inverse = sc_scale_inverse(
            graph, scalar(graph, SC_LANE_HEALTH, SC_HEALTH_UNSCALE, SOCLE_F32), *inverse);
    return scalar(graph, SC_LANE_HEALTH, word, SOCLE_I32);
}

/* What brings the gradients to the limit of their norm; SC_NO_VALUE: there is none. */
static sc_value clip_factor(sc_graph *graph, const sc_commit_shape *shape) {
    return shape->clip_norm > 0 ? scalar(graph, SC_LANE_HEALTH, SC_HEALTH_CLIP, SOCLE_F32)
                                : SC_NO_VALUE;
}

socle_status sc_rows_update_build(sc_graph *graph, const sc_commit_rows *rows,
                                  const sc_commit_shape *shape, sc_step_terms *terms) {
    sc_graph_scope(graph, "commit");
    sc_value inverse, health = read_health(graph, shape, &inverse),
                      factor = clip_factor(graph, shape);
    if (factor != SC_NO_VALUE) inverse = sc_scale_inverse(graph, factor, inverse);
    sc_commit_update_rows(graph, rows, shape, health, inverse, terms);
    return graph->status;
}

socle_status sc_update_build(sc_graph *graph, const sc_commit_part *part,
                             const sc_commit_shape *shape, sc_step_terms *terms) {
    sc_graph_scope(graph, "commit");
    sc_value gradient[SC_LANE_PIECES], side[SC_LANE_PIECES];
    for (int p = part->first; p < part->first + part->count; p++)
        gradient[p] = gradient_of(graph, shape, p);
    sc_value inverse, health = read_health(graph, shape, &inverse);
    penalise(graph, part, shape, inverse, gradient, side);
    run_update(graph, part, shape, gradient, side, health, inverse, clip_factor(graph, shape),
               terms);
    return graph->status;
}

socle_status sc_totals_build(sc_graph *graph, int sums) {
    sc_graph_scope(graph, "totals");
    sc_value sum[SC_SUMS];
    read_sums(graph, sums, sum);
    build_totals(graph, sum, sums, SC_NO_VALUE);
    return graph->status;
}

socle_status sc_add_partials_build(sc_graph *graph, int64_t blocks) {
    sc_graph_scope(graph, "add_partials");
    int64_t dim[2] = {blocks, SC_BLOCK};
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 2, dim);
    sc_value a = sc_graph_external(graph, SC_LANE_GRADIENTS, 0, &desc, NULL);
    sc_value b = sc_graph_external(graph, SC_LANE_SUMS, 0, &desc, NULL);
    sc_graph_update(graph, sc_build_binary(graph, SC_EXPR_ADD, a, b), a);
    return graph->status;
}
