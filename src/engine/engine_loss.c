/* SPDX-License-Identifier: Apache-2.0 */
/* The losses of a network over one micro-batch, and what a step sums of them. One loss goes row by
 * row, and a step is divided by the rows that count. Several are added up sample by sample, each as
 * the mean over its rows that count, and a step is divided by its samples. */
#include "engine/engine_private.h"

#include "graph/formula.h"
#include "graph/precision.h"
#include "nn/metric.h"

#include <math.h>

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

/* What each row counts: 0 or 1 where the loss says what counts, times the factors that multiply it:
 * those of single losses (`by_term`), or of the whole. */
static sc_value times_factors(const sc_engine *engine, sc_graph *graph, const sc_loss_rows *rows,
                              const sc_value *column, bool by_term) {
    const sc_value *factor = column + engine->factors;
    sc_value counts = rows->counts;
    for (int f = 0; f < SC_COLUMN_FACTORS && rows->loss != SC_NO_VALUE; f++) {
        const sc_column_kind *kind = engine->options.factor[f].kind;
        if (!kind) break;
        if (sc_engine_by_term(engine, kind) == by_term)
            counts =
                (kind->per_row ? times_row : times_sample)(graph, rows->loss, factor[f], counts);
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

/* What a loss compares with, in the shape that it wants. */
static sc_value target_of(sc_graph *graph, const sc_engine *engine, const sc_loss_term *term,
                          const sc_value *column) {
    sc_tensor_desc wanted;
    if (!isnan(term->target)) return SC_NO_VALUE;
    sc_value target = column[engine->labels];
    const sc_tensor_desc *output = sc_net_desc(engine->net, term->output);
    sc_graph_fail(graph, sc_loss_target(engine->env, term->kind, output, &wanted));
    wanted.dim[0] = graph->capacity;
    if (wanted.rank == engine->column[engine->labels].rank) return target;
    return sc_build_reshape(graph, target, wanted.rank, wanted.dim);
}

static sc_loss_rows build_rows(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                               const sc_value *column, const sc_loss_term *term) {
    sc_value prediction = build->node[term->output];
    sc_loss_rows rows =
        sc_loss_build(graph, term, prediction, target_of(graph, engine, term, column));
    if (term->lengths >= 0) rows.counts = count_steps(graph, &rows, column[term->lengths]);
    if (isnan(term->target)) rows.counts = times_factors(engine, graph, &rows, column, true);
    sc_graph_keep_whole(graph, prediction);
    return rows;
}

/* A number per row as one per sample: the mean over its rows that count, 0 where none does. */
static sc_value mean_of_rows(sc_graph *graph, sc_value value, sc_value counts) {
    if (value == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    const sc_tensor_desc flat = *sc_graph_desc(graph, value);
    const int64_t dim[2] = {graph->capacity, flat.rows_per_sample}, *one = dim;
    if (counts == SC_NO_VALUE && flat.rows_per_sample == 1) return value;
    sc_value x = sc_build_reshape(graph, value, 2, dim), mean;
    if (counts == SC_NO_VALUE) {
        x = sc_build_reduce(graph, SC_REDUCE_SUM, x, 1u << 1);
        mean = sc_build_scale(graph, x, 1.0f / (float)flat.rows_per_sample, 0.0f);
    } else {
        counts = sc_build_reshape(graph, sc_graph_detach(graph, counts), 2, dim);
        x = sc_build_formula(graph, "x * counts if counts != 0 else 0", "x counts",
                             (sc_value[]){x, counts});
        mean =
            sc_build_formula(graph, "sum / max(number, 1)", "sum number",
                             (sc_value[]){sc_build_reduce(graph, SC_REDUCE_SUM, x, 1u << 1),
                                          sc_build_reduce(graph, SC_REDUCE_SUM, counts, 1u << 1)});
    }
    return sc_build_reshape(graph, mean, 1, one);
}

/* SUMS: loss, weight and metrics, as many at once as an expression has outputs. Without weights a
 * row counts once; what has weight 0 is 0, were it infinite. `labelled`: the rows of the loss that
 * metrics are of. */
static void output_sums(const sc_engine *engine, sc_graph *graph, const sc_engine_loss *loss,
                        const sc_loss_rows *labelled) {
    const sc_net *net = engine->net;
    sc_value row[SC_SUMS];
    const int sums = sc_engine_sums(engine);
    row[SC_SUM_LOSS] = loss->phase[0];
    for (int p = 1; p < sc_net_phases(net); p++)
        row[SC_SUM_LOSS] = sc_build_binary(graph, SC_EXPR_ADD, row[SC_SUM_LOSS], loss->phase[p]);
    for (int m = 0; m < net->summed; m++) {
        const sc_metric_kind *metric = net->metric[m];
        sc_value *out = &row[SC_SUM_METRICS + m];
        *out = metric->phase ? loss->phase[metric->phase - 1]
                             : sc_metric_build(graph, net, metric, labelled);
        if (!metric->phase && net->losses > 1) *out = mean_of_rows(graph, *out, labelled->counts);
    }
    for (int first = 0; first < sums; first += SC_EXPR_OUTPUTS)
        output_some_sums(graph, row, loss->weight, first,
                         sums - first < SC_EXPR_OUTPUTS ? sums - first : SC_EXPR_OUTPUTS);
}

/* COLLECTED: of each row that the labels are compared with. */
static void output_collected(const sc_engine *engine, sc_graph *graph, const sc_value *column,
                             const sc_loss_rows *labelled) {
    sc_value out[SC_COLLECTED];
    sc_collect_build(out, graph, engine->net, labelled);
    if (graph->status != SOCLE_OK) return;
    out[SC_COLLECTED_WEIGHT] = times_factors(engine, graph, labelled, column, false);
    for (int k = 0; k < SC_COLLECTED; k++)
        if (out[k] != SC_NO_VALUE) sc_graph_output(graph, out[k], SC_LANE_COLLECTED, k);
}

/* Adds a loss to those of its phase. */
static void add_to_phase(sc_graph *graph, sc_value *phase, const sc_loss_term *term,
                         sc_value value) {
    sc_value *sum = &phase[term->phase];
    if (term->weight != 1.0f && value != SC_NO_VALUE)
        value = sc_build_scale(graph, value, term->weight, 0.0f);
    *sum = *sum == SC_NO_VALUE ? value : sc_build_binary(graph, SC_EXPR_ADD, *sum, value);
}

sc_loss_rows sc_engine_sum_losses(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                                  const sc_value *column, sc_value phase[SC_NET_PHASES],
                                  sc_loss_rows *labelled) {
    const sc_net *net = engine->net;
    const sc_loss_term *first = &net->loss[0];
    sc_loss_rows rows = {SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE};
    if (labelled) *labelled = rows;
    for (int p = 0; p < SC_NET_PHASES; p++) phase[p] = SC_NO_VALUE;
    for (const sc_loss_term *term = first; term < first + net->losses; term++) {
        rows = build_rows(engine, graph, build, column, term);
        add_to_phase(graph, phase, term,
                     net->losses > 1 ? mean_of_rows(graph, rows.loss, rows.counts) : rows.loss);
        if (labelled && term == sc_net_labels(net)) *labelled = rows;
    }
    rows.loss = phase[first->phase];
    if (net->losses > 1) rows.counts = SC_NO_VALUE;
    return rows;
}

void sc_engine_build_loss(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                          const sc_value *column, sc_engine_loss *out) {
    const sc_net *net = engine->net;
    const size_t values = graph->values;
    sc_loss_rows labelled;
    sc_graph_scope(graph, "loss");
    const sc_loss_rows rows =
        sc_engine_sum_losses(engine, graph, build, column, out->phase, &labelled);
    if (build->mode == SC_BUILD_TRAIN && engine->options.adversarial > 0)
        sc_engine_build_adversarial(engine, graph, build, column, &out->phase[0]);
    sc_graph_scope(graph, "loss");
    out->weight = times_factors(engine, graph, &rows, column, false);
    if (graph->status == SOCLE_OK) output_sums(engine, graph, out, &labelled);
    if (build->mode == SC_BUILD_EVALUATE && net->collects)
        output_collected(engine, graph, column, &labelled);
    for (size_t v = values; v < graph->values; v++)
        if (graph->value[v].alias == SC_NO_VALUE) sc_graph_keep_whole(graph, (sc_value)v);
}
