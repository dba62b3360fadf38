/* SPDX-License-Identifier: Apache-2.0 */
/* The losses: rows of formulas, what counts as right, and what a prediction shows; those that
 * compare values are in loss_values.c. Building them is in loss_build.c. A formula reads
 * `prediction`, what the network gives, `target`, and the options of its row by their keys; it is a
 * loss of each element, of which a sample has the mean or the sum. A sum or mean over the batch is
 * not theirs: the training step divides once, at commit. The loss of a prediction that is NaN is
 * NaN: a NaN meets no condition, so the value that hides nothing stands behind `else`. Adding a
 * loss: a row here, and its reference in tests/nn/test_loss_rows.c. */
#include "nn/loss_rows.h"

#include <math.h>
#include <string.h>

static const sc_option value_options[] = {REDUCTION};

/* Classes. */
static const sc_word target_words[] = {
    {"labels", "a class number for each row of scores", "label"},
    {"probabilities", "a probability for each score: one-hot or between", "soft one_hot"},
    {NULL, NULL, NULL}};
#define CLASS_OPTIONS                                                                              \
    {"ignore",                                                                                     \
     SC_OPTION_INTEGER,                                                                            \
     AT(ignored),                                                                                  \
     "what has this label counts neither in the loss nor in its mean: padding, unknown pixels",    \
     INT32_MIN + 1,                                                                                \
     INT32_MAX,                                                                                    \
     .standard = "every label counts",                                                             \
     .example = "255",                                                                             \
     .aliases = "ignore_index ignore_class"},                                                      \
        {"lengths",                                                                                \
         SC_OPTION_NAME,                                                                           \
         AT(lengths),                                                                              \
         "the input that says how many labels of each sample count, from the first on",            \
         .standard = "all count",                                                                  \
         .example = "length"},                                                                     \
        {"targets",                                                                                \
         SC_OPTION_WORD,                                                                           \
         AT(settings.targets),                                                                     \
         "what the data have",                                                                     \
         .words = target_words,                                                                    \
         .example = "probabilities"},                                                              \
    {                                                                                              \
        "label_smoothing", SC_OPTION_FLOAT, AT(settings.value[1]),                                 \
            "the share of each target that all classes have alike (Szegedy et al. 2016)", 0, 1,    \
            .example = "0.1"                                                                       \
    }
static const sc_option class_options[] = {CLASS_OPTIONS};
#define CROSS_ENTROPY                                                                              \
    RECORD("softmax_cross_entropy",                                                                \
           "ce cross_entropy crossentropy categorical_crossentropy "                               \
           "sparse_categorical_crossentropy",                                                      \
           OPTIONS(class_options),                                                                 \
           "scores for each class, without a softmax, against class numbers or probabilities "     \
           "(torch CrossEntropyLoss, keras CategoricalCrossentropy from logits): its mean over "   \
           "the labels that count",                                                                \
           .targets = "labels"),                                                                   \
        .applies = "softmax",                                                                      \
        .formula = "-((1 - label_smoothing) * target + label_smoothing / classes)"                 \
                   " * log_probability"

static const sc_loss_kind soft_cross_entropy = {CROSS_ENTROPY, .shares = true, .most = 1};
static const sc_loss_kind cross_entropy = {
    CROSS_ENTROPY,
    .classes = true,
    .operation = true,
    .soft = &soft_cross_entropy,
    .record.use = "one of several classes, the standard choice; give it scores, as it applies the "
                  "softmax itself",
    .record.source = "Goodfellow, Bengio and Courville 2016, Deep Learning, 6.2.2",
    .record.formula = "-log(softmax(score)[label])",
    .record.derivative = "softmax(score) - target, for each score",
};

static const sc_option focal_options[] = {
    NUMBER(0, "gamma", 0, 100, "1.5", "how much less what is nearly right counts", NULL),
    CLASS_OPTIONS,
};
#define FOCAL                                                                                      \
    RECORD(                                                                                        \
        "focal", "focal_loss softmax_focal categorical_focal_crossentropy",                        \
        OPTIONS(focal_options),                                                                    \
        "softmax_cross_entropy times (1 - the probability of the class) ** gamma (Lin et al. "     \
        "2017, keras CategoricalFocalCrossentropy with alpha 1): its mean over the labels that "   \
        "count",                                                                                   \
        .value = {2, 0}, .targets = "labels"),                                                     \
        .applies = "softmax",                                                                      \
        .formula = "wanted = (1 - label_smoothing) * target + label_smoothing / classes;"          \
                   "rest = -expm1(log_probability);"                                               \
                   "0 if rest <= 0 else -wanted * rest ** gamma * log_probability"

static const sc_loss_kind soft_focal = {FOCAL, .shares = true, .most = 1};
static const sc_loss_kind focal = {
    FOCAL,
    .classes = true,
    .soft = &soft_focal,
    .record.use = "one of several classes where most samples are easy, or of one class",
};

static const sc_loss_kind kl_divergence = {
    RECORD("kl_divergence", "kl kld kl_div kullback_leibler_divergence kldivergence", NO_OPTIONS,
           "scores for each class, without a softmax, against probabilities: the sum over the "
           "classes of target * (log(target) - log(probability)), mean over the rows of a sample "
           "(torch KLDivLoss of log_softmax, reduction batchmean)",
           .value = {0}),
    .applies = "softmax",
    .shares = true,
    .most = 1,
    .formula = "0 if target <= 0 else target * (log(target) - log_probability)",
    .record.use = "to come near given probabilities of classes, such as those of a larger network",
    .record.source = "Kullback and Leibler 1951",
};

/* The cross-entropy of sigmoid(prediction) without its overflow and without cancellation; its slope
 * is sigmoid(prediction) - target everywhere, at 0 too, where a network of zero weights starts. A
 * prediction that is not finite agrees with nothing. */
static const sc_loss_kind binary = {
    RECORD("binary_cross_entropy", "bce bce_with_logits binary_crossentropy",
           OPTIONS(value_options),
           "scores, without a sigmoid, against 0, 1 or values between (torch BCEWithLogitsLoss, "
           "keras BinaryCrossentropy from logits)",
           .reduction = "mean"),
    .applies = "sigmoid",
    .most = 1,
    .formula = "target * softplus(-prediction) + (1 - target) * softplus(prediction)",
    .correct = "(0 < prediction) == (0.5 < target) and is_finite(prediction)",
    .shows = "sigmoid(prediction)",
    .record.use =
        "yes or no, or several of them at once; give it scores, as it applies the sigmoid itself",
    .record.source = "Goodfellow, Bengio and Courville 2016, Deep Learning, 6.2.2",
};

static const sc_option binary_focal_options[] = {
    NUMBER(0, "gamma", 0, 100, "1.5", "how much less what is nearly right counts", NULL),
    REDUCTION,
};
static const sc_loss_kind binary_focal = {
    RECORD("binary_focal", "sigmoid_focal_loss binary_focal_crossentropy",
           OPTIONS(binary_focal_options),
           "binary_cross_entropy times (1 - the probability of what is right) ** gamma (Lin et al. "
           "2017, torchvision sigmoid_focal_loss with alpha -1)",
           .value = {2}, .reduction = "mean"),
    .applies = "sigmoid",
    .most = 1,
    .formula = "missed = sigmoid(-prediction);"
               "wrong = sigmoid(prediction);"
               "(0 if missed <= 0 else target * missed ** gamma * softplus(-prediction)) +"
               " (0 if wrong <= 0 else (1 - target) * wrong ** gamma * softplus(prediction))",
    .correct = "(0 < prediction) == (0.5 < target) and is_finite(prediction)",
    .shows = "sigmoid(prediction)",
    .record.use = "yes or no where one of both is rare",
};

/* The logarithm is not below -100; where it would be, the slope is 0, as that of the sigmoid before
 * it is. */
static const sc_loss_kind binary_probabilities = {
    RECORD("binary_cross_entropy_probabilities", "bce_probabilities bceloss",
           OPTIONS(value_options),
           "probabilities, as behind a sigmoid, against 0, 1 or values between (torch BCELoss, "
           "keras BinaryCrossentropy); binary_cross_entropy of scores is more exact",
           .reduction = "mean"),
    .expects = "sigmoid",
    .most = 1,
    .formula = "-(target * max(log(prediction), -100) + (1 - target) *"
               " max(log1p(-prediction), -100))",
    .correct = "(0.5 < prediction) == (0.5 < target) and is_finite(prediction)",
    .record.use = "yes or no behind a sigmoid layer; scores with binary_cross_entropy are safer",
    .record.source = "Goodfellow, Bengio and Courville 2016, Deep Learning, 5.5",
};

static const sc_loss_kind hinge = {
    RECORD("hinge", "hinge_loss", OPTIONS(value_options),
           "scores against two classes, 1 and 0 or 1 and -1: max(0, 1 - score), or max(0, 1 + "
           "score) where the target is not above 0 (keras Hinge)",
           .reduction = "mean"),
    .least = -1,
    .most = 1,
    .formula = "relu(1 - prediction if target > 0 else 1 + prediction)",
    .correct = "(0 < prediction) == (0 < target) and is_finite(prediction)",
    .record.use = "yes or no with a margin, as a support vector machine has it",
    .record.source = "Cortes and Vapnik 1995",
};

/* The slope is 1 for a missed 0, -1 for a missed 1, else 0, so a step of sgd is the perceptron
 * rule. A score of 0 is a 1. */
static const sc_loss_kind perceptron = {
    RECORD("perceptron", "perceptron_loss perceptron_rule", OPTIONS(value_options),
           "scores against 0 and 1, a score of 0 or more being a 1: how far the score of what is "
           "missed is from 0. With sgd of rate a and batches of one sample, w becomes w + a x for "
           "a missed 1 and w - a x for a missed 0: the perceptron rule (Rosenblatt 1958)",
           .reduction = "sum"),
    .applies = "step",
    .most = 1,
    .settles = true,
    .formula = "(1 - target) * prediction if prediction >= 0 else -target * prediction",
    .correct = "(0 <= prediction) == (0.5 < target) and is_finite(prediction)",
    .shows = "1 if prediction >= 0 else (0 if prediction < 0 else prediction)",
    .record.use = "two classes that a line separates: it ends when every sample is right; where no "
                  "line does, it never ends",
};

/* Values: loss_values.c. */
extern const sc_loss_kind sc_loss_squared, sc_loss_sum_squared, sc_loss_quadratic, sc_loss_absolute,
    sc_loss_huber, sc_loss_smooth, sc_loss_log_cosh, sc_loss_quantile, sc_loss_poisson,
    sc_loss_gaussian, sc_loss_gaussian_sigma;

static const sc_option expr_options[] = {
    {"formula", SC_OPTION_TEXT, AT(formula), "the formula, of prediction and target",
     .required = true, .shorthand = true, .example = "abs(prediction - target)"},
    REDUCTION,
};
/* The user's formula is the net's. */
static const sc_loss_kind expr = {
    RECORD("expr", NULL, OPTIONS(expr_options),
           "values against values, by a formula of your own: by default its mean over the "
           "elements of a sample",
           .reduction = "mean"),
    .is_signed = true,
    .record.use = "a loss that is not among these",
    .record.source = "the formula is yours",
    .record.formula = "the formula",
    .record.derivative = "derived from the formula",
};

static const sc_record *const records[] = {&cross_entropy.record,
                                           &focal.record,
                                           &kl_divergence.record,
                                           &binary.record,
                                           &binary_probabilities.record,
                                           &binary_focal.record,
                                           &hinge.record,
                                           &perceptron.record,
                                           &sc_loss_squared.record,
                                           &sc_loss_sum_squared.record,
                                           &sc_loss_quadratic.record,
                                           &sc_loss_absolute.record,
                                           &sc_loss_huber.record,
                                           &sc_loss_smooth.record,
                                           &sc_loss_log_cosh.record,
                                           &sc_loss_quantile.record,
                                           &sc_loss_poisson.record,
                                           &sc_loss_gaussian.record,
                                           &sc_loss_gaussian_sigma.record,
                                           &expr.record,
                                           NULL};

const sc_family sc_loss_family = {
    .what = "loss",
    .example = "mean_squared_error",
    .help = "What training makes small. A loss is a number for each sample: where it compares "
            "classes, a mean over the labels that count, and else the mean or sum over the "
            "elements of the sample that its `reduction` says. A step divides the sum over its "
            "samples by their number, or by their weights, whatever the reduction.",
    .foreign = "nll mean_squared_logarithmic_error mean_absolute_percentage_error "
               "categorical_hinge multi_margin triplet_margin cosine_similarity ctc",
    .record = records,
};

const sc_loss_kind *sc_loss_find(const char *word) {
    const char *named;
    return (const sc_loss_kind *)(const void *)sc_family_find(&sc_loss_family, word,
                                                              &named); /* its
                                                                          first
                                                                          member
                                                                        */
}

bool sc_loss_counts_correct(const sc_loss_kind *loss) {
    return loss->classes || loss->shares || loss->correct;
}

sc_loss_term sc_loss_term_of(const sc_loss_kind *loss, const sc_loss_options *options) {
    if (!options) options = loss->record.standard;
    const char *targets = options->settings.targets;
    const bool soft = loss->soft && targets && strcmp(targets, "probabilities") == 0;
    return (sc_loss_term){.kind = soft ? loss->soft : loss,
                          .settings = options->settings,
                          .ignored = SC_NO_LABEL,
                          .lengths = -1,
                          .weight = 1,
                          .target = NAN};
}
