/* SPDX-License-Identifier: Apache-2.0 */
/* The graphs an engine plans: the network between its feed and its sums. A batch arrives as staged
 * columns or as row numbers into resident data; from there on the graphs are the same. */
#include "engine/engine_private.h"

#include "graph/formula.h"
#include "graph/grad.h"
#include "graph/pool_first.h"
#include "graph/precision.h"
#include "graph/recompute.h"
#include "nn/metric.h"

#include <limits.h>

/* The values of the batch's columns. `count` of them are needed (predict needs no target). */
static void feed(const sc_engine *engine, sc_graph *graph, int count, sc_value *out) {
    sc_graph_scope(graph, "feed");
    if (!engine->options.resident) {
        for (int k = 0; k < count; k++) {
            sc_tensor_desc column = engine->column[k];
            column.dim[0] = graph->capacity;
            out[k] = sc_graph_external(graph, SC_LANE_INPUTS, k, &column, engine->column_name[k]);
        }
        return;
    }
    int64_t rows = graph->capacity;
    sc_tensor_desc index = sc_tensor_make(SOCLE_I32, 1, 1, &rows);
    sc_value numbers = sc_graph_external(graph, SC_LANE_INPUTS, 0, &index, "row numbers");
    for (int k = 0; k < count; k++) {
        sc_tensor_desc table = engine->column[k];
        table.rows_per_sample = 0;
        table.dim[0] = (int64_t)engine->options.data_rows;
        sc_value data = sc_graph_external(graph, SC_LANE_DATA, k, &table, engine->column_name[k]);
        out[k] = sc_build_gather(graph, data, numbers);
    }
}

/* Images as this epoch shows them: from their origins, as large as they were. */
static void augment(const sc_engine *engine, sc_graph *graph, sc_value *column) {
    int64_t dim[2] = {graph->capacity, SC_AUGMENT_ORIGIN};
    sc_tensor_desc desc = sc_tensor_make(SOCLE_I32, 1, 2, dim);
    sc_value origin =
        sc_graph_external(graph, SC_LANE_INPUTS, sc_engine_origin_index(engine), &desc, "origins");
    sc_graph_scope(graph, "augment");
    for (int k = 0; k < engine->net->inputs; k++)
        if (engine->column[k].rank == SC_IMAGE_RANK)
            column[k] = sc_build_crop2d(graph, column[k], origin, engine->column[k].dim[2],
                                        engine->column[k].dim[3]);
}

/* What each row of the loss counts, `counts` (SC_NO_VALUE: 1), times a value of its sample. */
static sc_value times_sample(sc_graph *graph, sc_value loss, sc_value sample, sc_value counts) {
    const sc_tensor_desc rows = *sc_graph_desc(graph, loss);
    if (counts == SC_NO_VALUE && rows.rows_per_sample == 1) return sample;
    const int64_t each[2] = {graph->capacity, rows.rows_per_sample}, one[2] = {graph->capacity, 1};
    sc_value shape = sc_graph_detach(graph, counts == SC_NO_VALUE ? loss : counts), out;
    sc_value input[2] = {sc_build_reshape(graph, sample, 2, one),
                         sc_build_reshape(graph, shape, 2, each)};
    sc_expr expr;
    sc_expr_init(&expr);
    int weight = sc_expr_input(&expr, 0, SC_EXPR_FLOAT),
        row = sc_expr_input(&expr, 1, SC_EXPR_FLOAT);
    sc_expr_output(&expr, counts == SC_NO_VALUE
                              ? weight
                              : sc_expr_add_node(&expr, SC_EXPR_MUL, weight, row, 0));
    sc_build_expr(graph, &expr, 2, input, &out);
    return sc_build_reshape(graph, out, 1, rows.dim);
}

/* The same, times a value of the row's own. */
static sc_value times_row(sc_graph *graph, sc_value loss, sc_value row, sc_value counts) {
    const sc_tensor_desc rows = *sc_graph_desc(graph, loss);
    row = sc_build_reshape(graph, sc_build_to_float(graph, row, 1.0f), 1, rows.dim);
    return counts == SC_NO_VALUE ? row : sc_build_binary(graph, SC_EXPR_MUL, counts, row);
}

/* What each row of the loss counts: 0 or 1 where the loss says what counts, times all factors. */
static sc_value row_weights(const sc_engine *engine, sc_graph *graph, const sc_loss_rows *rows,
                            const sc_value *column) {
    sc_value counts = rows->counts;
    for (int f = 0; f < SC_COLUMN_FACTORS && rows->loss != SC_NO_VALUE; f++) {
        const sc_column_kind *kind = engine->options.factor[f].kind;
        if (!kind) break;
        counts = (kind->per_row ? times_row : times_sample)(graph, rows->loss, column[f], counts);
    }
    return counts;
}

/* `counts`, or 0 for the rows of a sample behind so many as its length says. */
static sc_value count_steps(sc_graph *graph, const sc_loss_rows *rows, sc_value length) {
    if (rows->loss == SC_NO_VALUE || length == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc flat = *sc_graph_desc(graph, rows->loss);
    const int64_t dim[2] = {graph->capacity, flat.rows_per_sample}, one[2] = {graph->capacity, 1};
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 2, dim);
    bool more = rows->counts != SC_NO_VALUE;
    sc_value input[2] = {sc_build_reshape(graph, length, 2, one), SC_NO_VALUE};
    if (more) input[1] = sc_build_reshape(graph, rows->counts, 2, dim);
    sc_expr expr;
    sc_expr_init(&expr);
    int step = sc_expr_leaf(&expr, SC_EXPR_COORD, 1, 0),
        steps = sc_expr_input(&expr, 0, SC_EXPR_INT);
    int counts = sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT,
                                  sc_expr_add_node(&expr, SC_EXPR_INT_LT, step, steps, 0), 0, 0);
    if (more)
        counts =
            sc_expr_add_node(&expr, SC_EXPR_MUL, counts, sc_expr_input(&expr, 1, SC_EXPR_FLOAT), 0);
    sc_expr_output(&expr, counts);
    sc_value out = sc_graph_append_expr(graph, &expr, more ? 2 : 1, input, &desc);
    return sc_build_reshape(graph, out, 1, flat.dim);
}

/* Sums [first, first + count) in one reduction over the rows; row: what each is a sum of. */
static void output_some_sums(sc_graph *graph, const sc_value *row, sc_value weight, int first,
                             int count) {
    sc_formula f;
    sc_value out[SC_EXPR_OUTPUTS];
    const bool weighted = weight != SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    if (weighted) sc_formula_input(&f, "weight", weight);
    for (int i = first; i < first + count; i++) {
        const char *text = weighted ? "x * weight if weight != 0 else 0" : "x";
        if (i == SC_SUM_SAMPLE_WEIGHT)
            text = weighted ? "weight" : "1";
        else
            sc_formula_input(&f, "x", row[i]);
        sc_expr_output(&f.expr, sc_formula_read(&f, text));
    }
    sc_formula_sum(&f, 1, out);
    for (int i = 0; i < count; i++) sc_graph_output(graph, out[i], SC_LANE_SUMS, first + i);
}

/* SUMS: loss, weight and metrics, as many at once as an expression has outputs. Without weights a
 * row counts once; what has weight 0 is 0, were it infinite. */
static void output_sums(sc_graph *graph, const sc_net *net, const sc_loss_rows *rows,
                        sc_value weight) {
    sc_value row[SC_SUMS];
    const int sums = SC_SUM_METRICS + net->metrics;
    row[SC_SUM_LOSS] = rows->loss;
    for (int m = 0; m < net->metrics; m++)
        row[SC_SUM_METRICS + m] = sc_metric_build(graph, net, net->metric[m], rows);
    for (int first = 0; first < sums; first += SC_EXPR_OUTPUTS)
        output_some_sums(graph, row, weight, first,
                         sums - first < SC_EXPR_OUTPUTS ? sums - first : SC_EXPR_OUTPUTS);
}

/* Network, loss and sums; the loss per row, and its weight (SC_NO_VALUE: 1). */
static sc_value forward(const sc_engine *engine, sc_graph *graph, sc_build_mode mode,
                        sc_build *build, sc_value *weight) {
    sc_value column[SC_ENGINE_COLUMNS];
    feed(engine, graph, engine->columns, column);
    if (mode == SC_BUILD_TRAIN && engine->options.augments) augment(engine, graph, column);
    sc_graph_fail(graph, sc_net_build(build, engine->net, graph, mode, column));
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_graph_scope(graph, "loss");
    const size_t first = graph->values;
    int target = engine->net->inputs;
    const sc_loss_term *term = sc_net_labels(engine->net);
    sc_loss_rows rows = sc_loss_build(graph, term, build->node[term->output], column[target]);
    if (term->lengths >= 0) rows.counts = count_steps(graph, &rows, column[term->lengths]);
    *weight = row_weights(engine, graph, &rows, column + target + 1);
    if (rows.loss != SC_NO_VALUE) output_sums(graph, engine->net, &rows, *weight);
    sc_graph_keep_whole(graph, build->node[term->output]);
    for (size_t v = first; v < graph->values; v++)
        if (graph->value[v].alias == SC_NO_VALUE) sc_graph_keep_whole(graph, (sc_value)v);
    return rows.loss;
}

/* `work`: four numbers per parameter. completion: by the parameter's index. */
static void output_gradients(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                             sc_value loss, sc_value weight, sc_value *work, int *completion) {
    const sc_net *net = engine->net;
    int count = 0;
    sc_value *wrt = work, *gradient = work + net->trainable;
    int *index = work + 2 * (size_t)net->trainable, *rank = index + net->trainable;
    for (int i = 0; i < net->trainable; i++) completion[i] = INT_MAX; /* frozen */
    for (size_t p = 0; p < net->parameters; p++) {
        if (engine->optimizer_of[p] == SC_FROZEN) continue;
        index[count] = net->parameter[p].index;
        wrt[count++] = build->parameter[p];
    }
    for (int i = 0; i < count; i++)
        if (wrt[i] == SC_NO_VALUE) {
            sc_graph_fail(
                graph,
                sc_fail(
                    engine->env, SOCLE_STATUS_CONFIG,
                    "a layer with parameters does not lead to the loss; remove it or connect it"));
            return;
        }
    bool reached;
    sc_graph_fail(graph, sc_graph_depends(&reached, graph, loss, count, wrt));
    if (graph->status != SOCLE_OK) return;
    if (!reached) {
        sc_graph_fail(graph, sc_fail(engine->env, SOCLE_STATUS_CONFIG,
                                     "the loss depends on no parameter that is trained"));
        return;
    }
    if (engine->options.precision == SOCLE_F16) {
        weight = sc_scale_seed(graph, loss, weight);
        sc_graph_keep_whole(graph, weight);
    }
    if (sc_graph_gradient(graph, loss, weight, count, wrt, gradient, rank) != SOCLE_OK) return;
    for (int i = 0; i < count; i++) {
        completion[index[i]] = rank[i];
        sc_graph_output(graph, gradient[i], SC_LANE_GRADIENTS, index[i]);
    }
}

static void output_statistics(const sc_engine *engine, sc_graph *graph, const sc_build *build) {
    const sc_net *net = engine->net;
    for (size_t p = 0; p < net->parameters; p++)
        if (net->parameter[p].role == SC_PARAMETER_STATISTIC)
            sc_graph_output(graph, build->statistic[p], SC_LANE_SUMS,
                            sc_engine_sums(engine) + net->parameter[p].index);
}

socle_status sc_engine_build_train(sc_engine *engine, sc_graph *graph, int *completion) {
    sc_build build = {0};
    sc_value *work, weight = SC_NO_VALUE;
    SC_TRY(sc_allocate(engine->env, &work, 4 * (size_t)engine->net->trainable, sizeof *work));
    sc_value loss = forward(engine, graph, SC_BUILD_TRAIN, &build, &weight);
    if (loss != SC_NO_VALUE) {
        output_statistics(engine, graph, &build);
        sc_graph_fail(graph, sc_graph_pool_first(graph));
        size_t forward_nodes = graph->nodes;
        output_gradients(engine, graph, &build, loss, weight, work, completion);
        if (engine->options.precision) sc_graph_store_half(graph, engine->options.precision);
        if (engine->options.recompute && graph->status == SOCLE_OK)
            sc_graph_fail(graph, sc_graph_recompute(graph, forward_nodes,
                                                    engine->options.activation_bytes, NULL));
    }
    sc_build_free(&build);
    sc_release(engine->env, work);
    return graph->status;
}

socle_status sc_engine_build_evaluate(sc_engine *engine, sc_graph *graph) {
    sc_build build = {0};
    sc_value weight;
    forward(engine, graph, SC_BUILD_EVALUATE, &build, &weight);
    sc_graph_fail(graph, sc_graph_pool_first(graph));
    if (engine->options.precision) sc_graph_store_half(graph, engine->options.precision);
    sc_build_free(&build);
    return graph->status;
}

socle_status sc_engine_build_predict(sc_engine *engine, sc_graph *graph) {
    sc_build build = {0};
    sc_value column[SC_ENGINE_COLUMNS];
    feed(engine, graph, engine->net->inputs, column);
    sc_graph_fail(graph, sc_net_build(&build, engine->net, graph, SC_BUILD_EVALUATE, column));
    if (graph->status == SOCLE_OK) {
        sc_value result = build.node[engine->net->output];
        const sc_loss_term *loss = sc_net_output_loss(engine->net);
        if (loss && !engine->options.logits) result = sc_loss_prediction(graph, loss->kind, result);
        sc_graph_output(graph, result, SC_LANE_OUTPUTS, 0);
        sc_graph_fail(graph, sc_graph_pool_first(graph));
    }
    sc_build_free(&build);
    return graph->status;
}
