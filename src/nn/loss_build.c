/* SPDX-License-Identifier: Apache-2.0 */
/* Losses as operations of a graph, row by row, and what predictions show. The formulas and what
 * they mean are rows of loss.c. */
#include "graph/formula.h"
#include "nn/layer.h"

#include <math.h>
#include <string.h>

/* Of two halves of an output the first holds as many numbers as there are targets. */
static socle_status check_halves(sc_env *env, const sc_loss_kind *loss, sc_tensor_desc *target) {
    const int axis = target->rank > 1 ? sc_class_axis(target) : 0;
    if (axis && target->dim[axis] % 2 == 0) {
        target->dim[axis] /= 2;
        return SOCLE_OK;
    }
    char text[96];
    sc_tensor_text(text, sizeof text, target);
    return sc_fail(env, SOCLE_STATUS_SHAPE,
                   "expects twice as many outputs as targets: those, then as many for the %s, "
                   "along the channels of images and else the last dimension; the output is %s",
                   loss->second, text);
}

static socle_status check_classes(sc_env *env, const sc_tensor_desc *output) {
    if (output->rank >= 2 && output->dim[sc_class_axis(output)] >= 2) return SOCLE_OK;
    char text[96];
    sc_tensor_text(text, sizeof text, output);
    return sc_fail(env, SOCLE_STATUS_SHAPE,
                   "expects at least 2 class scores per label, along the channels of images "
                   "and else the last dimension; the output is %s",
                   text);
}

socle_status sc_loss_target(sc_env *env, const sc_loss_kind *loss, const sc_tensor_desc *output,
                            sc_tensor_desc *target) {
    *target = *output;
    target->dtype = SOCLE_F32;
    if (loss->second) return check_halves(env, loss, target);
    if (!loss->classes && !loss->shares) return SOCLE_OK;
    SC_TRY(check_classes(env, output));
    if (loss->shares) return SOCLE_OK;
    int axis = sc_class_axis(output), rank = 1;
    int64_t dim[SC_MAX_RANK] = {1};
    for (int d = 1; d < output->rank; d++)
        if (d != axis) dim[rank++] = output->dim[d];
    *target = sc_tensor_make(SOCLE_U8, 1, rank, dim);
    return SOCLE_OK;
}

/* Sum or mean over the elements of each sample: [N, ...] -> [N]. */
static sc_value per_sample(sc_graph *graph, sc_value x, bool sum_alone) {
    if (x == SC_NO_VALUE) return x;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    int64_t elements = sc_tensor_elements_at(&desc, 1);
    sc_value sum =
        desc.rank > 1 ? sc_build_reduce(graph, SC_REDUCE_SUM, x, ((1u << desc.rank) - 1) & ~1u) : x;
    sc_value mean =
        elements > 1 && !sum_alone ? sc_build_scale(graph, sum, 1.0f / (float)elements, 0.0f) : sum;
    return sc_build_reshape(graph, mean, 1, desc.dim);
}

sc_value sc_loss_of_formula(sc_graph *graph, const char *formula, sc_value prediction,
                            sc_value target) {
    return per_sample(
        graph,
        sc_build_formula(graph, formula, "prediction target", (sc_value[]){prediction, target}),
        false);
}

sc_value sc_loss_of_expr(sc_graph *graph, const sc_expr *expr, sc_value prediction,
                         sc_value target) {
    sc_value each;
    sc_build_expr(graph, expr, 2, (sc_value[]){prediction, target}, &each);
    return per_sample(graph, each, false);
}

/* Adds the options that the formula may read, and reads it. */
static void read_formula(sc_formula *f, const sc_loss_term *term) {
    const sc_loss_options options = {.settings = term->settings};
    sc_graph *graph = f->graph;
    sc_scope_options(&f->scope, &term->kind->record, &options);
    int node = sc_formula_read(f, term->kind->formula);
    if (graph->status != SOCLE_OK) return;
    if (f->expr.node[node].type == SC_EXPR_INT)
        node = sc_expr_add_node(&f->expr, SC_EXPR_TO_FLOAT, node, 0, 0);
    sc_expr_output(&f->expr, node);
    if (term->kind->expr) sc_graph_fail(graph, sc_expr_make_safe(graph->env, &f->expr));
}

/* Half 0 or 1 of an output along its channels or last dimension. */
static sc_value half(sc_graph *graph, sc_value output, int which) {
    if (output == SC_NO_VALUE) return output;
    sc_tensor_desc desc = *sc_graph_desc(graph, output);
    const int axis = sc_class_axis(&desc);
    int64_t begin[SC_MAX_RANK] = {0};
    desc.dim[axis] /= 2;
    begin[axis] = which * desc.dim[axis];
    return sc_build_slice(graph, output, begin, desc.dim);
}

/* Of values: a formula of each element. A number in the place of targets is a constant. */
static sc_loss_rows value_rows(sc_graph *graph, const sc_loss_term *term, sc_value output,
                               sc_value target) {
    const sc_loss_kind *loss = term->kind;
    sc_loss_rows rows = {
        .counts = SC_NO_VALUE, .prediction = output, .target = SC_NO_VALUE, .second = SC_NO_VALUE};
    sc_formula f;
    sc_value each = SC_NO_VALUE;
    if (loss->second) rows.prediction = half(graph, output, 0);
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "prediction", rows.prediction);
    if (isnan(term->target)) {
        rows.target = sc_build_to_float(graph, target, 1.0f);
        sc_formula_input(&f, "target", rows.target);
    } else {
        sc_scope_number(&f.scope, "target", term->target);
    }
    if (loss->second) rows.second = half(graph, output, 1);
    if (loss->second) sc_formula_input(&f, loss->second, rows.second);
    read_formula(&f, term);
    if (graph->status == SOCLE_OK) sc_formula_build(&f, &each);
    const char *reduction = term->settings.reduction;
    rows.loss = per_sample(graph, each, reduction && strcmp(reduction, "sum") == 0);
    return rows;
}

sc_value sc_loss_covered(sc_graph *graph, const sc_loss_term *term, const sc_loss_rows *rows,
                         double deviations) {
    const sc_loss_options options = {.settings = term->settings};
    sc_value each = SC_NO_VALUE;
    sc_formula f;
    if (rows->loss == SC_NO_VALUE || rows->target == SC_NO_VALUE) return SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "mean", rows->prediction);
    sc_formula_input(&f, "target", rows->target);
    sc_formula_input(&f, term->kind->second, rows->second);
    sc_scope_options(&f.scope, &term->kind->record, &options);
    sc_scope_number(&f.scope, "deviations", (float)deviations);
    sc_scope_text(&f.scope, "sigma", term->kind->deviation);
    sc_expr_output(&f.expr, sc_formula_read(&f, "1 if abs(target - mean) <= deviations * sigma "
                                                "else 0"));
    if (graph->status == SOCLE_OK) sc_formula_build(&f, &each);
    return per_sample(graph, each, false);
}

/* The sum over the classes of a formula of each: [rows, classes] -> [rows]. The target is what
 * `target` says: labels, of which a class has 1 or 0, or probabilities. */
static sc_value sum_over_classes(sc_graph *graph, const sc_loss_term *term, sc_value scores,
                                 sc_value target) {
    sc_formula f;
    sc_value sum = SC_NO_VALUE;
    if (scores == SC_NO_VALUE || target == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, scores);
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "log_probability", sc_build_softmax(graph, scores, true));
    if (term->kind->classes) {
        sc_value column = sc_build_reshape(graph, target, 2, (int64_t[]){desc.dim[0], 1});
        sc_formula_input(&f, "label", column);
        sc_scope_leaf(&f.scope, "class", SC_EXPR_COORD, 1);
        sc_scope_text(&f.scope, "target", "1 if class == label else 0");
    } else {
        sc_formula_input(&f, "target", target);
    }
    sc_scope_number(&f.scope, "classes", (float)desc.dim[1]);
    read_formula(&f, term);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_formula_sum(&f, 1u << 1, &sum);
    return sc_build_reshape(graph, sum, 1, desc.dim);
}

/* A number per row of classes as one per sample: their mean. */
static sc_value mean_of_rows(sc_graph *graph, sc_value x, int64_t samples) {
    if (x == SC_NO_VALUE) return x;
    const int64_t rows = sc_graph_desc(graph, x)->dim[0];
    if (rows != samples) x = sc_build_reshape(graph, x, 2, (int64_t[]){samples, rows / samples});
    return per_sample(graph, x, false);
}

/* Of probabilities: of each row of scores, and the mean over those of a sample. */
static sc_loss_rows share_rows(sc_graph *graph, const sc_loss_term *term, sc_value output,
                               sc_value target) {
    sc_loss_rows rows = {SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE};
    if (output == SC_NO_VALUE || target == SC_NO_VALUE) return rows;
    const int64_t samples = sc_graph_desc(graph, output)->dim[0];
    rows.prediction = sc_build_class_rows(graph, output);
    rows.target = sc_build_class_rows(graph, sc_build_to_float(graph, target, 1.0f));
    rows.loss =
        mean_of_rows(graph, sum_over_classes(graph, term, rows.prediction, rows.target), samples);
    return rows;
}

/* Of class numbers. Where all values of the options are 0, an operation may be the loss. */
static sc_loss_rows class_rows(sc_graph *graph, const sc_loss_term *term, sc_value output,
                               sc_value target) {
    const int32_t *ignored = term->ignored == SC_NO_LABEL ? NULL : &term->ignored;
    const float *value = term->settings.value;
    if (term->kind->operation && value[0] == 0.0f && value[1] == 0.0f)
        return sc_build_class_loss(graph, output, target, ignored);
    sc_loss_rows rows = sc_build_class_labels(graph, output, target, ignored);
    rows.loss = sum_over_classes(graph, term, rows.prediction, rows.target);
    return rows;
}

sc_loss_rows sc_loss_build(sc_graph *graph, const sc_loss_term *term, sc_value output,
                           sc_value target) {
    if (term->kind->classes) return class_rows(graph, term, output, target);
    if (term->kind->shares) return share_rows(graph, term, output, target);
    return value_rows(graph, term, output, target);
}

sc_value sc_loss_right_shares(sc_graph *graph, const sc_loss_rows *rows) {
    if (rows->loss == SC_NO_VALUE) return SC_NO_VALUE;
    sc_value input[3] = {sc_build_argmax(graph, rows->prediction),
                         sc_build_argmax(graph, rows->target), rows->prediction};
    const sc_tensor_desc *loss = sc_graph_desc(graph, rows->loss);
    const int64_t samples = loss->dim[0];
    sc_value same = mean_of_rows(
        graph, sc_build_formula(graph, "highest == wanted", "highest wanted", input), samples);
    return sc_build_formula(graph, "same if is_finite(loss) else 0", "same loss",
                            (sc_value[]){same, rows->loss});
}

/* What a formula of the output alone, or a half of it, shows. */
static sc_value show(sc_graph *graph, const sc_loss_term *term, const char *text, sc_value output) {
    const sc_loss_options options = {.settings = term->settings};
    sc_formula f;
    sc_value shown = SC_NO_VALUE;
    if (!text) return output;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "prediction", output);
    sc_scope_options(&f.scope, &term->kind->record, &options);
    sc_expr_output(&f.expr, sc_formula_read(&f, text));
    if (graph->status == SOCLE_OK) sc_formula_build(&f, &shown);
    return shown;
}

sc_value sc_loss_shown(sc_graph *graph, const sc_loss_term *term, sc_value prediction) {
    return prediction == SC_NO_VALUE ? prediction
                                     : show(graph, term, term->kind->shows, prediction);
}

sc_value sc_loss_prediction(sc_graph *graph, const sc_loss_term *term, sc_value output) {
    const sc_loss_kind *loss = term->kind;
    if (output == SC_NO_VALUE) return output;
    if (loss->classes || loss->shares) return sc_build_class_shares(graph, output);
    if (!loss->shows_second) return show(graph, term, loss->shows, output);
    const sc_value halves[2] = {half(graph, output, 0),
                                show(graph, term, loss->shows_second, half(graph, output, 1))};
    return sc_build_concat(graph, 2, halves, sc_class_axis(sc_graph_desc(graph, output)));
}
