/* SPDX-License-Identifier: Apache-2.0 */
/* See collect.h. */
#include "nn/collect.h"

#include "graph/formula.h"
#include "nn/metric.h"

/* Rows of scores that a sample has, and scores of each; of values: one row. */
typedef struct row_shape {
    int64_t rows, columns;
    bool labels;
} row_shape;

static row_shape shape_of(const sc_net *net) {
    const sc_loss_term *term = sc_net_labels(net);
    const sc_tensor_desc *output = sc_net_desc(net, term->output);
    const int64_t elements = sc_tensor_elements_at(output, 1);
    if (!term->kind->classes && !term->kind->shares)
        return (row_shape){1, term->kind->second ? elements / 2 : elements, false};
    const int64_t classes = output->dim[sc_class_axis(output)];
    return (row_shape){elements / classes, classes, true};
}

static bool has_sides(const sc_loss_term *term) {
    return term->kind->correct != NULL;
}

void sc_collect_sizes(int64_t out[SC_COLLECTED], const sc_net *net) {
    for (int k = 0; k < SC_COLLECTED; k++) out[k] = 0;
    if (!net->collects) return;
    const row_shape shape = shape_of(net);
    const int64_t each = shape.labels ? shape.rows : shape.columns;
    out[SC_COLLECTED_WEIGHT] = sc_net_label_rows(net);
    out[SC_COLLECTED_TARGET] = each;
    if (shape.labels || has_sides(sc_net_labels(net))) out[SC_COLLECTED_CLASS] = each;
    if (net->collects == SC_COLLECTS_SCORES) out[SC_COLLECTED_SCORE] = shape.rows * shape.columns;
}

/* The highest score of each row; none where a loss says that some score is no number. */
static sc_value best_class(sc_graph *graph, const sc_loss_rows *rows) {
    sc_value best = sc_build_argmax(graph, rows->prediction);
    if (best == SC_NO_VALUE || rows->loss == SC_NO_VALUE) return SC_NO_VALUE;
    if (sc_graph_desc(graph, best)->dim[0] != sc_graph_desc(graph, rows->loss)->dim[0])
        return sc_build_to_float(graph, best, 1.0f);
    return sc_build_formula(graph, "best if is_finite(loss) else -1", "best loss",
                            (sc_value[]){best, rows->loss});
}

/* The upper side is predicted where that would be right. */
static sc_value side(sc_graph *graph, const sc_loss_kind *loss, sc_value prediction) {
    sc_formula f;
    sc_value out = SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "prediction", prediction);
    sc_scope_number(&f.scope, "target", loss->most);
    int node = sc_formula_read(&f, loss->correct);
    if (graph->status != SOCLE_OK) return out;
    if (f.expr.node[node].type == SC_EXPR_INT)
        node = sc_expr_add_node(&f.expr, SC_EXPR_TO_FLOAT, node, 0, 0);
    sc_expr_output(&f.expr, node);
    sc_formula_build(&f, &out);
    return out;
}

void sc_collect_build(sc_value out[SC_COLLECTED], sc_graph *graph, const sc_net *net,
                      const sc_loss_rows *rows) {
    const sc_loss_term *term = sc_net_labels(net);
    const bool shares = term->kind->shares, labels = term->kind->classes || shares;
    for (int k = 0; k < SC_COLLECTED; k++) out[k] = SC_NO_VALUE;
    if (graph->status != SOCLE_OK) return;
    out[SC_COLLECTED_TARGET] = sc_build_to_float(
        graph, shares ? sc_build_argmax(graph, rows->target) : rows->target, 1.0f);
    if (labels)
        out[SC_COLLECTED_CLASS] = best_class(graph, rows);
    else if (has_sides(term))
        out[SC_COLLECTED_CLASS] = side(graph, term->kind, rows->prediction);
    if (net->collects != SC_COLLECTS_SCORES) return;
    out[SC_COLLECTED_SCORE] = labels ? sc_build_softmax(graph, rows->prediction, false)
                                     : sc_loss_shown(graph, term, rows->prediction);
}

sc_scored sc_collect_rows(const sc_net *net, int64_t samples, float *const data[SC_COLLECTED]) {
    const sc_loss_term *term = sc_net_labels(net);
    const row_shape shape = shape_of(net);
    sc_scored rows = {.env = net->env,
                      .rows = samples * shape.rows,
                      .columns = shape.columns,
                      .classes = shape.labels ? (int)shape.columns : 0,
                      .middle = (double)(term->kind->least + term->kind->most) / 2,
                      .weight_rows = shape.rows / sc_net_label_rows(net)};
    for (int k = 0; k < SC_COLLECTED; k++) rows.data[k] = data[k];
    return rows;
}

socle_status sc_collect_score(double *metric, const sc_net *net, const sc_scored *rows) {
    for (int m = net->summed; m < net->metrics; m++) {
        const sc_metric_kind *kind = net->metric[m];
        SC_TRY(kind->score(&metric[m], rows, &kind->options));
    }
    return SOCLE_OK;
}
