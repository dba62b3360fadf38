/* SPDX-License-Identifier: Apache-2.0 */
/* Losses per sample, what counts as right, and what a prediction shows. A sum or mean over the
 * batch is not theirs: the training step divides once, at commit. */
#include "graph/formula.h"
#include "nn/layer.h"

static socle_status label_target(sc_env *env, const sc_tensor_desc *output,
                                 sc_tensor_desc *target) {
    if (output->rank != 2 || output->dim[1] < 2) {
        char text[96];
        sc_tensor_text(text, sizeof text, output);
        return sc_fail(env, SOCLE_STATUS_SHAPE,
                       "expects one row of at least 2 class scores per sample, the output is %s",
                       text);
    }
    *target = sc_tensor_make(SOCLE_U8, true, 1, (int64_t[]){1});
    return SOCLE_OK;
}

/* 1 where the class is the label and the loss is finite. It is NaN where a score is NaN or
 * infinite, and the largest of such scores means nothing. */
static sc_value is_right(sc_graph *graph, sc_value class, sc_value label, sc_value loss) {
    return sc_build_formula(graph, "class == label and is_finite(loss)", "class label loss",
                            (sc_value[]){class, label, loss});
}

static sc_value build_cross_entropy(sc_graph *graph, sc_value output, sc_value target,
                                    sc_value *correct) {
    sc_value loss = sc_build_cross_entropy(graph, output, target, NULL);
    *correct = is_right(graph, sc_build_argmax(graph, output), target, loss);
    return loss;
}

static sc_value predict_softmax(sc_graph *graph, sc_value output) {
    return sc_build_softmax(graph, output, false);
}

static socle_status same_target(sc_env *env, const sc_tensor_desc *output, sc_tensor_desc *target) {
    (void)env;
    *target = *output;
    target->dtype = SOCLE_F32;
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

static sc_value build_squared_error(sc_graph *graph, sc_value output, sc_value target,
                                    sc_value *correct) {
    *correct = SC_NO_VALUE;
    target = sc_build_to_float(graph, target, 1.0f);
    return mean_per_sample(graph, sc_build_formula(graph, "(y - t) ** 2", "y t", (sc_value[]){output, target}));
}

static sc_value predict_as_is(sc_graph *graph, sc_value output) {
    (void)graph;
    return output;
}

/* t softplus(-x) + (1 - t) softplus(x): the cross-entropy of sigmoid(x) without its overflow and
 * without cancellation; its slope is sigmoid(x) - t everywhere, at x = 0 too, where a network of
 * zero weights starts. */
static sc_value logistic_loss(sc_graph *graph, sc_value x, sc_value t) {
    return sc_build_formula(graph, "t * softplus(-x) + (1 - t) * softplus(x)", "x t",
                            (sc_value[]){x, t});
}

/* 1 where logit > 0 and target > 1/2 agree; a logit that is not finite agrees with nothing. */
static sc_value same_side(sc_graph *graph, sc_value x, sc_value t) {
    return sc_build_formula(graph, "(0 < x) == (0.5 < t) and is_finite(x)", "x t",
                            (sc_value[]){x, t});
}

static sc_value build_binary(sc_graph *graph, sc_value output, sc_value target, sc_value *correct) {
    target = sc_build_to_float(graph, target, 1.0f);
    *correct = mean_per_sample(graph, same_side(graph, output, target));
    return mean_per_sample(graph, logistic_loss(graph, output, target));
}

static sc_value predict_sigmoid(sc_graph *graph, sc_value output) {
    return sc_build_unary(graph, SC_EXPR_SIGMOID, output);
}

static const sc_loss_kind cross_entropy = {
    .record =
        {.word = "softmax_cross_entropy",
         .help = "scores for each class, without a softmax, against a class number",
         .aliases =
             "cross_entropy crossentropy categorical_crossentropy sparse_categorical_crossentropy"},
    .counts_correct = true,
    .applies = "softmax",
    .target = label_target,
    .build = build_cross_entropy,
    .prediction = predict_softmax,
};
static const sc_loss_kind binary = {
    .record = {.word = "binary_cross_entropy",
               .help = "scores, without a sigmoid, against 0, 1 or values between",
               .aliases = "bce bce_with_logits binary_crossentropy"},
    .counts_correct = true,
    .applies = "sigmoid",
    .target = same_target,
    .build = build_binary,
    .prediction = predict_sigmoid,
};
static const sc_loss_kind squared = {
    .record = {.word = "mean_squared_error", .help = "values against values", .aliases = "mse"},
    .target = same_target,
    .build = build_squared_error,
    .prediction = predict_as_is,
};
static const sc_record *const records[] = {&cross_entropy.record, &binary.record, &squared.record,
                                           NULL};

const sc_family sc_loss_family = {
    .what = "loss",
    .example = "mean_squared_error",
    .help = "What training makes small.",
    .foreign = "mae l1 mean_absolute_error mean_squared_logarithmic_error huber smooth_l1 hinge "
               "nll kl_div",
    .record = records,
};

const sc_loss_kind *sc_loss_find(const char *word) {
    const char *named;
    return (const sc_loss_kind *)(const void *)sc_family_find(&sc_loss_family, word,
                                                              &named); /* its first member */
}
