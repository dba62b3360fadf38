/* SPDX-License-Identifier: Apache-2.0 */
/* The commit graph, the totals of evaluation and the addition of partial sums, as expressions over blocks. It knows lanes and
 * the optimizer's expression, not networks or devices. */
#include "train/commit.h"

#include <float.h>

static sc_value flat(sc_graph *graph, sc_lane lane, int index, int dtype, int64_t blocks, int64_t width) {
    int64_t dim[2] = {blocks, width};
    sc_tensor_desc desc = sc_tensor_make(dtype, false, 2, dim);
    return sc_graph_external(graph, lane, index, &desc, NULL);
}

static sc_value scalar(sc_graph *graph, sc_lane lane, int index, int dtype) {
    return flat(graph, lane, index, dtype, 1, 1);
}

/* Number of elements that are not finite. */
static sc_value count_non_finite(sc_graph *graph, sc_value x) {
    sc_expr expr;
    sc_expr_init(&expr);
    int finite = sc_expr_add_node(&expr, SC_EXPR_IS_FINITE, sc_expr_input(&expr, 0, SC_EXPR_FLOAT), 0, 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SELECT, finite, sc_expr_const(&expr, 0.0f),
                                           sc_expr_const(&expr, 1.0f)));
    sc_op_attr attr = {.reduce = {.axes = 3, .kind = {SC_REDUCE_SUM}}};
    sc_value out;
    sc_graph_append(graph, SC_OP_REDUCE, &attr, &expr, 1, &x, 1, &out);
    return out;
}

/* health = health != 0 ? health : bad ? step : 0 */
static sc_value build_health(sc_graph *graph, sc_value bad_gradients, sc_value loss) {
    sc_value health = scalar(graph, SC_LANE_HEALTH, SC_HEALTH_STEP, SOCLE_I32);
    sc_expr expr;
    sc_expr_init(&expr);
    int old = sc_expr_input(&expr, 0, SC_EXPR_INT);
    int bad = sc_expr_input(&expr, 1, SC_EXPR_FLOAT);
    int finite = sc_expr_add_node(&expr, SC_EXPR_IS_FINITE, sc_expr_input(&expr, 2, SC_EXPR_FLOAT), 0, 0);
    int clean = sc_expr_add_node(&expr, SC_EXPR_EQ, bad, sc_expr_const(&expr, 0.0f), 0);
    int ok = sc_expr_add_node(&expr, SC_EXPR_INT_AND, finite, clean, 0);
    int zero = sc_expr_const_int(&expr, 0);
    int now = sc_expr_add_node(&expr, SC_EXPR_INT_SELECT, ok, zero, sc_expr_leaf(&expr, SC_EXPR_STEP, 0, 0));
    int healthy = sc_expr_add_node(&expr, SC_EXPR_INT_EQ, old, zero, 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_INT_SELECT, healthy, now, old));
    sc_value out;
    sc_build_expr(graph, &expr, 3, (sc_value[]){health, bad_gradients, loss}, &out);
    return sc_graph_update(graph, out, health);
}

/* Node that is 1 when the health word (input `index`) is still 0. */
static int healthy(sc_expr *expr, int index) {
    return sc_expr_add_node(expr, SC_EXPR_INT_EQ, sc_expr_input(expr, index, SC_EXPR_INT),
                            sc_expr_const_int(expr, 0), 0);
}

/* 1 / the step's summed weight, or 0 where nothing counts. A sum that a device may take for 0 is 0 everywhere. */
static sc_value build_inverse(sc_graph *graph, sc_value weight) {
    sc_expr expr;
    sc_expr_init(&expr);
    int sum = sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    int counts = sc_expr_add_node(&expr, SC_EXPR_LE, sc_expr_const(&expr, FLT_MIN), sum, 0);
    int inverse = sc_expr_add_node(&expr, SC_EXPR_DIV, sc_expr_const(&expr, 1.0f), sum, 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SELECT, counts, inverse, sc_expr_const(&expr, 0.0f)));
    sc_value out;
    sc_build_expr(graph, &expr, 1, &weight, &out);
    return out;
}

/* Node that is 1 when the health word is still 0 and, if the step has a summed weight, something counts. */
static int commits(sc_expr *expr, int health, int inverse) {
    int ok = healthy(expr, health);
    if (inverse < 0) return ok;
    int counts = sc_expr_add_node(expr, SC_EXPR_NE, inverse, sc_expr_const(expr, 0.0f), 0);
    return sc_expr_add_node(expr, SC_EXPR_INT_AND, ok, counts, 0);
}

/* inverse: 1 / the step's summed weight; SC_NO_VALUE: the host's scalar says it. */
static void build_update(sc_graph *graph, const sc_optimizer *optimizer, const sc_commit_shape *shape, int piece,
                         sc_value gradient, sc_value health, sc_value inverse) {
    const sc_optimizer_kind *kind = optimizer->kind;
    const int64_t blocks = shape->parameter_blocks[piece];
    const int pieces = shape->pieces, states = sc_optimizer_states(optimizer);
    enum { RATE = 2 + SC_OPTIMIZER_STATES, DECAY, HEALTH, INVERSE, MOST };
    sc_value input[MOST] = {flat(graph, SC_LANE_PARAMETERS, piece, SOCLE_F32, blocks, SC_BLOCK), gradient};
    int count = 2;
    for (int s = 0; s < states; s++)
        input[count++] = flat(graph, SC_LANE_STATE, s * pieces + piece, SOCLE_F32, blocks, SC_BLOCK);
    for (int k = SC_COEFFICIENT_RATE_SCALE; k <= SC_COEFFICIENT_DECAY; k++)
        input[count++] = flat(graph, SC_LANE_COEFFICIENTS, k * pieces + piece, SOCLE_F32, blocks, 1);
    input[count++] = health;
    int inputs = count;
    if (inverse != SC_NO_VALUE) input[inputs++] = inverse;

    sc_expr expr;
    sc_expr_init(&expr);
    int in[MOST] = {0};
    for (int i = 0; i < count - 1; i++) in[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    /* A frozen block, of rate 0, keeps its bits: w - 0 is not always w. */
    int moves = sc_expr_add_node(&expr, SC_EXPR_NE, in[count - 3], sc_expr_const(&expr, 0.0f), 0);
    int weighted = inputs > count ? sc_expr_input(&expr, count, SC_EXPR_FLOAT) : -1;
    int ok = sc_expr_add_node(&expr, SC_EXPR_INT_AND, commits(&expr, count - 1, weighted), moves, 0);
    int divisor = weighted >= 0 ? weighted : sc_expr_leaf(&expr, SC_EXPR_SCALAR, SC_SCALAR_INVERSE_WEIGHT, 0);
    int argument[SC_UPDATE_DECAY + 1] = {
        [SC_UPDATE_PARAMETER] = in[0],
        [SC_UPDATE_GRADIENT] = sc_expr_add_node(&expr, SC_EXPR_MUL, in[1], divisor, 0),
        [SC_UPDATE_RATE_SCALE] = in[count - 3],
        [SC_UPDATE_DECAY] = in[count - 2],
    };
    for (int s = 0; s < states; s++) argument[SC_UPDATE_STATE_0 + s] = in[2 + s];
    int parameter, state[SC_OPTIMIZER_STATES];
    kind->update(optimizer, &expr, argument, &parameter, state);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SELECT, ok, parameter, in[0]));
    for (int s = 0; s < states; s++)
        sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SELECT, ok, state[s], in[2 + s]));
    sc_value out[SC_EXPR_OUTPUTS];
    sc_build_expr(graph, &expr, inputs, input, out);
    sc_graph_update(graph, out[0], input[0]);
    for (int s = 0; s < states; s++) sc_graph_update(graph, out[1 + s], input[2 + s]);
}

/* running = momentum * running + (1 - momentum) * (sum over groups / groups) */
static void build_statistics(sc_graph *graph, const sc_commit_shape *shape, sc_value health, sc_value inverse) {
    const int64_t blocks = shape->statistic_blocks;
    const int momentums = SC_COEFFICIENT_MOMENTUM * shape->pieces;
    sc_value input[5] = {flat(graph, SC_LANE_STATISTICS, 0, SOCLE_F32, blocks, SC_BLOCK),
                         flat(graph, SC_LANE_SUMS, SC_SUM_STATISTICS, SOCLE_F32, blocks, SC_BLOCK),
                         flat(graph, SC_LANE_COEFFICIENTS, momentums, SOCLE_F32, blocks, 1), health, inverse};
    bool weighted = inverse != SC_NO_VALUE;
    sc_expr expr;
    sc_expr_init(&expr);
    int running = sc_expr_input(&expr, 0, SC_EXPR_FLOAT), sum = sc_expr_input(&expr, 1, SC_EXPR_FLOAT),
        momentum = sc_expr_input(&expr, 2, SC_EXPR_FLOAT),
        ok = commits(&expr, 3, weighted ? sc_expr_input(&expr, 4, SC_EXPR_FLOAT) : -1);
    int groups = sc_expr_leaf(&expr, SC_EXPR_SCALAR, SC_SCALAR_GROUPS, 0); /* 1 / their number; 0: none */
    int some = sc_expr_add_node(&expr, SC_EXPR_NE, groups, sc_expr_const(&expr, 0.0f), 0);
    ok = sc_expr_add_node(&expr, SC_EXPR_INT_AND, ok, some, 0);
    int batch = sc_expr_add_node(&expr, SC_EXPR_MUL, sum, groups, 0);
    int rest = sc_expr_add_node(&expr, SC_EXPR_SUB, sc_expr_const(&expr, 1.0f), momentum, 0);
    int updated = sc_expr_add_node(&expr, SC_EXPR_ADD, sc_expr_add_node(&expr, SC_EXPR_MUL, momentum, running, 0),
                                   sc_expr_add_node(&expr, SC_EXPR_MUL, rest, batch, 0), 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SELECT, ok, updated, running));
    sc_value out;
    sc_build_expr(graph, &expr, weighted ? 5 : 4, input, &out);
    sc_graph_update(graph, out, input[0]);
}

/* A total is two floats whose sum it is, about 48 bits: one alone would lose samples beside heavy ones, and beyond 2^24 of them. */
typedef struct pair {
    int high, low;
} pair;

/* total + x: the exact error of one addition (Knuth's two-sum), and both parts made neighbours again (Dekker). Expressions are evaluated
 * as they are written, without contraction. Where the sum is not finite, neither are errors: the sum alone stays. */
static pair add_to_pair(sc_expr *expr, pair total, int x) {
    int sum = sc_expr_add_node(expr, SC_EXPR_ADD, total.high, x, 0);
    int taken = sc_expr_add_node(expr, SC_EXPR_SUB, sum, total.high, 0);
    int kept = sc_expr_add_node(expr, SC_EXPR_SUB, sum, taken, 0);
    int lost = sc_expr_add_node(expr, SC_EXPR_ADD, sc_expr_add_node(expr, SC_EXPR_SUB, total.high, kept, 0),
                                sc_expr_add_node(expr, SC_EXPR_SUB, x, taken, 0), 0);
    int rest = sc_expr_add_node(expr, SC_EXPR_ADD, lost, total.low, 0);
    int high = sc_expr_add_node(expr, SC_EXPR_ADD, sum, rest, 0);
    int low = sc_expr_add_node(expr, SC_EXPR_SUB, rest, sc_expr_add_node(expr, SC_EXPR_SUB, high, sum, 0), 0);
    int finite = sc_expr_add_node(expr, SC_EXPR_IS_FINITE, sum, 0, 0);
    return (pair){sc_expr_add_node(expr, SC_EXPR_SELECT, finite, high, sum),
                  sc_expr_add_node(expr, SC_EXPR_SELECT, finite, low, sc_expr_const(expr, 0.0f))};
}

/* The mean loss of a step, 0 where nothing counts. */
static int mean_loss(sc_expr *expr, int loss, int weight) {
    int mean = sc_expr_add_node(expr, SC_EXPR_DIV, loss, weight, 0);
    int counts = sc_expr_add_node(expr, SC_EXPR_LE, sc_expr_const(expr, FLT_MIN), weight, 0);
    return sc_expr_add_node(expr, SC_EXPR_SELECT, counts, mean, sc_expr_const(expr, 0.0f));
}

/* Totals [first, first + count) += their sums, as far as an expression has outputs; `last` too: the step's mean loss. */
static void build_some_totals(sc_graph *graph, const sc_value sum[3], sc_value health, int first, int count, bool last) {
    const int sums = 2 * count, word = sums + 3;
    sc_value input[2 * 2 + 4], out[SC_EXPR_OUTPUTS];
    sc_expr expr;
    sc_expr_init(&expr);
    for (int i = 0; i < count; i++) {
        input[2 * i] = scalar(graph, SC_LANE_HEALTH, SC_HEALTH_LOSS + first + i, SOCLE_F32);
        input[2 * i + 1] = scalar(graph, SC_LANE_HEALTH, SC_HEALTH_LOSS_LOW + first + i, SOCLE_F32);
    }
    for (int i = 0; i < 3; i++) input[sums + i] = sum[i];
    input[word] = health;
    for (int i = 0; i < word; i++) (void)sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    int ok = health == SC_NO_VALUE ? -1 : healthy(&expr, word);
    for (int i = 0; i < count; i++) {
        pair old = {sc_expr_input(&expr, 2 * i, SC_EXPR_FLOAT), sc_expr_input(&expr, 2 * i + 1, SC_EXPR_FLOAT)};
        pair new = add_to_pair(&expr, old, sc_expr_input(&expr, sums + first + i, SC_EXPR_FLOAT));
        sc_expr_output(&expr, ok < 0 ? new.high : sc_expr_add_node(&expr, SC_EXPR_SELECT, ok, new.high, old.high));
        sc_expr_output(&expr, ok < 0 ? new.low : sc_expr_add_node(&expr, SC_EXPR_SELECT, ok, new.low, old.low));
    }
    if (last)
        sc_expr_output(&expr, mean_loss(&expr, sc_expr_input(&expr, sums, SC_EXPR_FLOAT),
                                        sc_expr_input(&expr, sums + 1, SC_EXPR_FLOAT)));
    sc_build_expr(graph, &expr, ok < 0 ? word : word + 1, input, out);
    for (int i = 0; i < 2 * count; i++) sc_graph_update(graph, out[i], input[i]);
    if (last) sc_graph_output(graph, out[2 * count], SC_LANE_HEALTH, SC_HEALTH_LAST_LOSS);
}

/* total += sum for loss, weight and metric. health SC_NO_VALUE: always. */
static void build_totals(sc_graph *graph, const sc_value sum[3], sc_value health) {
    build_some_totals(graph, sum, health, 0, 2, false);
    build_some_totals(graph, sum, health, 2, 1, true);
}

socle_status sc_commit_build(sc_graph *graph, const sc_optimizer *optimizer, const sc_commit_shape *shape) {
    sc_graph_scope(graph, "commit");
    sc_value gradient[SC_LANE_PIECES], sum[3], bad = SC_NO_VALUE;
    for (int p = 0; p < shape->pieces; p++) {
        gradient[p] = flat(graph, SC_LANE_GRADIENTS, p, SOCLE_F32, shape->parameter_blocks[p], SC_BLOCK);
        sc_value more = count_non_finite(graph, gradient[p]);
        bad = p ? sc_build_binary(graph, SC_EXPR_ADD, bad, more) : more;
    }
    for (int i = 0; i < 3; i++) sum[i] = scalar(graph, SC_LANE_SUMS, SC_SUM_LOSS + i, SOCLE_F32);
    sc_value health = build_health(graph, bad, sum[0]);
    sc_value inverse = shape->weighted ? build_inverse(graph, sum[1]) : SC_NO_VALUE;
    for (int p = 0; p < shape->pieces; p++) build_update(graph, optimizer, shape, p, gradient[p], health, inverse);
    if (shape->statistic_blocks) build_statistics(graph, shape, health, inverse);
    build_totals(graph, sum, health);
    return graph->status;
}

socle_status sc_totals_build(sc_graph *graph) {
    sc_graph_scope(graph, "totals");
    sc_value sum[3];
    for (int i = 0; i < 3; i++) sum[i] = scalar(graph, SC_LANE_SUMS, SC_SUM_LOSS + i, SOCLE_F32);
    build_totals(graph, sum, SC_NO_VALUE);
    return graph->status;
}

socle_status sc_add_partials_build(sc_graph *graph, int64_t blocks) {
    sc_graph_scope(graph, "add_partials");
    int64_t dim[2] = {blocks, SC_BLOCK};
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, true, 2, dim);
    sc_value a = sc_graph_external(graph, SC_LANE_GRADIENTS, 0, &desc, NULL);
    sc_value b = sc_graph_external(graph, SC_LANE_SUMS, 0, &desc, NULL);
    sc_graph_update(graph, sc_build_binary(graph, SC_EXPR_ADD, a, b), a);
    return graph->status;
}
