/* SPDX-License-Identifier: Apache-2.0 */
/* The cross-entropy of scores and class numbers for any number of rows per sample: one score row
 * per sample, per token, per pixel. It brings scores and labels to rows, and leaves out what
 * does not count. */
#include "graph/build.h"

int sc_class_axis(const sc_tensor_desc *scores) {
    enum { IMAGE_RANK = 4 };
    return scores->rank == IMAGE_RANK ? 1 : scores->rank - 1;
}

sc_value sc_build_class_rows(sc_graph *graph, sc_value scores) {
    if (scores == SC_NO_VALUE) return scores;
    sc_tensor_desc desc = *sc_graph_desc(graph, scores);
    if (desc.rank == 2) return scores;
    if (sc_class_axis(&desc) != desc.rank - 1) {
        scores = sc_build_permute(graph, scores, (int[]){0, 2, 3, 1});
        if (scores == SC_NO_VALUE) return scores;
        desc = *sc_graph_desc(graph, scores);
    }
    int64_t classes = desc.dim[desc.rank - 1];
    return sc_build_reshape(graph, scores, 2,
                            (int64_t[]){sc_tensor_elements(&desc) / classes, classes});
}

/* out[0]: labels with a class in the place of the ignored one; out[1]: 1, or 0 where it was that.
 */
static void leave_out(sc_graph *graph, sc_value labels, int32_t ignored, sc_value out[2]) {
    sc_expr expr;
    sc_expr_init(&expr);
    int label = sc_expr_input(&expr, 0, SC_EXPR_INT), zero = sc_expr_const_int(&expr, 0);
    int left_out =
        sc_expr_add_node(&expr, SC_EXPR_INT_EQ, label, sc_expr_const_int(&expr, ignored), 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_INT_SELECT, left_out, zero, label));
    int counts = sc_expr_add_node(&expr, SC_EXPR_INT_EQ, left_out, zero, 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT, counts, 0, 0));
    sc_build_expr(graph, &expr, 1, &labels, out);
}

sc_loss_rows sc_build_class_loss(sc_graph *graph, sc_value scores, sc_value labels,
                                 const int32_t *ignored) {
    sc_loss_rows rows = sc_build_class_labels(graph, scores, labels, ignored);
    if (rows.target != SC_NO_VALUE)
        rows.loss = sc_build_cross_entropy(graph, rows.prediction, rows.target, NULL);
    return rows;
}

sc_loss_rows sc_build_class_labels(sc_graph *graph, sc_value scores, sc_value labels,
                                   const int32_t *ignored) {
    sc_value label[2] = {labels, SC_NO_VALUE};
    if (scores == SC_NO_VALUE || labels == SC_NO_VALUE)
        return (sc_loss_rows){SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE};
    sc_value rows = sc_build_class_rows(graph, scores);
    if (sc_graph_desc(graph, labels)->rank != 1) {
        int64_t count = sc_tensor_elements(sc_graph_desc(graph, labels));
        label[0] = sc_build_reshape(graph, labels, 1, &count);
    }
    if (ignored) leave_out(graph, label[0], *ignored, label);
    return (sc_loss_rows){
        .loss = SC_NO_VALUE, .counts = label[1], .prediction = rows, .target = label[0]};
}

sc_value sc_build_class_shares(sc_graph *graph, sc_value scores) {
    if (scores == SC_NO_VALUE) return scores;
    const sc_tensor_desc desc = *sc_graph_desc(graph, scores);
    if (sc_class_axis(&desc) == desc.rank - 1) return sc_build_softmax(graph, scores, false);
    scores = sc_build_permute(graph, scores, (int[]){0, 2, 3, 1});
    return sc_build_permute(graph, sc_build_softmax(graph, scores, false), (int[]){0, 3, 1, 2});
}
