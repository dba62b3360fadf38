/* SPDX-License-Identifier: Apache-2.0 */
/* Losses row by row, what counts as right, and what a prediction shows: rows of formulas. A sum or
 * mean over the batch is not theirs: the training step divides once, at commit. */
#include "graph/formula.h"
#include "nn/layer.h"

#include <math.h>

static const sc_option class_options[] = {
    {"ignore", SC_OPTION_INTEGER, offsetof(sc_loss_options, ignored),
     "what has this label counts neither in the loss nor in its mean: padding, unknown pixels",
     INT32_MIN + 1, INT32_MAX, .standard = "every label counts", .example = "255",
     .aliases = "ignore_index ignore_class"},
    {"lengths", SC_OPTION_NAME, offsetof(sc_loss_options, lengths),
     "the input that says how many labels of each sample count, from the first on",
     .standard = "all count", .example = "length"},
};

static const sc_loss_kind cross_entropy = {
    .record = {.word = "softmax_cross_entropy",
               .help = "scores for each class, without a softmax, against class numbers",
               .aliases = "cross_entropy crossentropy categorical_crossentropy "
                          "sparse_categorical_crossentropy",
               .options = class_options,
               .count = 2,
               .standard = &(const sc_loss_options){NULL, SC_NO_LABEL},
               .size = sizeof(sc_loss_options)},
    .applies = "softmax",
    .classes = true,
};

/* The cross-entropy of sigmoid(prediction) without its overflow and without cancellation; its slope
 * is sigmoid(prediction) - target everywhere, at 0 too, where a network of zero weights starts. A
 * prediction that is not finite agrees with nothing. */
static const sc_loss_kind binary = {
    .record = {.word = "binary_cross_entropy",
               .help = "scores, without a sigmoid, against 0, 1 or values between",
               .aliases = "bce bce_with_logits binary_crossentropy"},
    .applies = "sigmoid",
    .formula = "target * softplus(-prediction) + (1 - target) * softplus(prediction)",
    .correct = "(0 < prediction) == (0.5 < target) and is_finite(prediction)",
    .shows = "sigmoid(prediction)",
};

static const sc_loss_kind squared = {
    .record = {.word = "mean_squared_error", .help = "values against values", .aliases = "mse"},
    .formula = "(prediction - target) ** 2",
};

static const sc_option expr_options[] = {
    {"formula", SC_OPTION_TEXT, SC_OPTION_ELSEWHERE, "the formula, of prediction and target",
     .required = true, .shorthand = true, .example = "abs(prediction - target)"},
};

/* The user's formula is the net's. */
static const sc_loss_kind expr = {
    .record = {.word = "expr",
               .help = "values against values, by a formula of your own: its mean over the "
                       "elements of a sample",
               .options = expr_options,
               .count = 1},
};

static const sc_record *const records[] = {&cross_entropy.record, &binary.record, &squared.record,
                                           &expr.record, NULL};

const sc_family sc_loss_family = {
    .what = "loss",
    .example = "mean_squared_error",
    .help = "What training makes small.",
    .foreign = "mae l1 mean_absolute_error mean_squared_logarithmic_error huber smooth_l1 hinge "
               "nll kl_div",
    .record = records,
};

bool sc_loss_counts_correct(const sc_loss_kind *loss) {
    return loss->classes || loss->correct;
}

socle_status sc_loss_target(sc_env *env, const sc_loss_kind *loss, const sc_tensor_desc *output,
                            sc_tensor_desc *target) {
    *target = *output;
    target->dtype = SOCLE_F32;
    if (!loss->classes) return SOCLE_OK;
    int axis = sc_class_axis(output), rank = 1;
    if (output->rank < 2 || output->dim[axis] < 2) {
        char text[96];
        sc_tensor_text(text, sizeof text, output);
        return sc_fail(env, SOCLE_STATUS_SHAPE,
                       "expects at least 2 class scores per label, along the channels of images "
                       "and else the last dimension; the output is %s",
                       text);
    }
    int64_t dim[SC_MAX_RANK] = {1};
    for (int d = 1; d < output->rank; d++)
        if (d != axis) dim[rank++] = output->dim[d];
    *target = sc_tensor_make(SOCLE_U8, 1, rank, dim);
    return SOCLE_OK;
}

/* Mean over the elements of each sample: [N, ...] -> [N]. */
static sc_value mean_per_sample(sc_graph *graph, sc_value x) {
    if (x == SC_NO_VALUE) return x;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    int64_t elements = sc_tensor_elements_at(&desc, 1);
    sc_value sum =
        desc.rank > 1 ? sc_build_reduce(graph, SC_REDUCE_SUM, x, ((1u << desc.rank) - 1) & ~1u) : x;
    sc_value mean = elements > 1 ? sc_build_scale(graph, sum, 1.0f / (float)elements, 0.0f) : sum;
    return sc_build_reshape(graph, mean, 1, desc.dim);
}

sc_value sc_loss_of_formula(sc_graph *graph, const char *formula, sc_value prediction,
                            sc_value target) {
    return mean_per_sample(graph, sc_build_formula(graph, formula, "prediction target",
                                                   (sc_value[]){prediction, target}));
}

sc_value sc_loss_of_expr(sc_graph *graph, const sc_expr *expr, sc_value prediction,
                         sc_value target) {
    sc_value each;
    sc_build_expr(graph, expr, 2, (sc_value[]){prediction, target}, &each);
    return mean_per_sample(graph, each);
}

/* The loss against a number: its formula, in which the target is a constant. */
static sc_value against_number(sc_graph *graph, const sc_loss_term *term, sc_value output) {
    sc_formula f;
    sc_value each = SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "prediction", output);
    sc_scope_number(&f.scope, "target", (double)term->target);
    sc_expr_output(&f.expr, sc_formula_read(&f, term->kind->formula));
    if (term->kind->expr && graph->status == SOCLE_OK)
        sc_graph_fail(graph, sc_expr_make_safe(graph->env, &f.expr));
    sc_formula_build(&f, &each);
    return mean_per_sample(graph, each);
}

sc_loss_rows sc_loss_build(sc_graph *graph, const sc_loss_term *term, sc_value output,
                           sc_value target) {
    const sc_loss_kind *loss = term->kind;
    const int32_t *ignored = term->ignored == SC_NO_LABEL ? NULL : &term->ignored;
    if (loss->classes) return sc_build_class_loss(graph, output, target, ignored);
    sc_loss_rows rows = {.counts = SC_NO_VALUE, .prediction = output, .target = SC_NO_VALUE};
    if (!isnan(term->target)) {
        rows.loss = against_number(graph, term, output);
        return rows;
    }
    rows.target = sc_build_to_float(graph, target, 1.0f);
    rows.loss = loss->expr ? sc_loss_of_expr(graph, loss->expr, output, rows.target)
                           : sc_loss_of_formula(graph, loss->formula, output, rows.target);
    return rows;
}

sc_value sc_loss_prediction(sc_graph *graph, const sc_loss_kind *loss, sc_value output) {
    if (loss->classes) return sc_build_class_shares(graph, output);
    return loss->shows ? sc_build_formula(graph, loss->shows, "prediction", &output) : output;
}

const sc_loss_kind *sc_loss_find(const char *word) {
    const char *named;
    return (const sc_loss_kind *)(const void *)sc_family_find(&sc_loss_family, word,
                                                              &named); /* its
                                                                          first
                                                                          member
                                                                        */
}
