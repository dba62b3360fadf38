/* SPDX-License-Identifier: Apache-2.0 */
/* The losses: rows of formulas, what counts as right, and what a prediction shows. Building them is
 * in loss_build.c. A formula reads `prediction`, what the network gives, `target`, and the options
 * of its row by their keys; it is a loss of each element, of which a sample has the mean or the
 * sum. A sum or mean over the batch is not theirs: the training step divides once, at commit.
 * Adding a loss: a row here, and its reference in tests/nn/test_loss_rows.c. */
#include "nn/layer.h"

#include <math.h>
#include <string.h>

#define OPTIONS(array) .options = (array), .count = sizeof(array) / sizeof((array)[0])
#define NO_OPTIONS .count = 0
#define AT(field) offsetof(sc_loss_options, field)
/* The parts of a row that are the same in all; `...`: its settings. */
#define RECORD(its_word, its_aliases, its_options, its_help, ...)                                  \
    .record = {.word = its_word,                                                                   \
               .help = its_help,                                                                   \
               .aliases = its_aliases,                                                             \
               its_options,                                                                        \
               .size = sizeof(sc_loss_options),                                                    \
               .standard =                                                                         \
                   &(const sc_loss_options){.ignored = SC_NO_LABEL, .settings = {__VA_ARGS__}}}
/* The option of this place among the values; the first one may stand for all. */
#define NUMBER(place, its_key, its_least, its_most, its_example, its_help, its_aliases)            \
    {                                                                                              \
        its_key, SC_OPTION_FLOAT, AT(settings.value[place]), its_help, its_least, its_most,        \
            .shorthand = (place) == 0, .example = its_example, .aliases = its_aliases              \
    }

static const sc_word reductions[] = {
    {"mean", "their mean", NULL}, {"sum", "their sum", NULL}, {NULL, NULL, NULL}};
#define REDUCTION                                                                                  \
    {                                                                                              \
        "reduction", SC_OPTION_WORD, AT(settings.reduction),                                       \
            "what the elements of a sample come to; a step divides their sum over the samples by " \
            "the number of samples",                                                               \
            .words = reductions, .example = "sum"                                                  \
    }
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
           "cross_entropy crossentropy categorical_crossentropy sparse_categorical_crossentropy",  \
           OPTIONS(class_options),                                                                 \
           "scores for each class, without a softmax, against class numbers or probabilities "     \
           "(torch CrossEntropyLoss, keras CategoricalCrossentropy from logits): its mean over "   \
           "the labels that count",                                                                \
           .targets = "labels"),                                                                   \
        .applies = "softmax",                                                                      \
        .formula = "-((1 - label_smoothing) * target + label_smoothing / classes)"                 \
                   " * log_probability"

static const sc_loss_kind soft_cross_entropy = {CROSS_ENTROPY, .shares = true, .most = 1};
static const sc_loss_kind cross_entropy = {CROSS_ENTROPY, .classes = true, .operation = true,
                                           .soft = &soft_cross_entropy};

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
                   "-wanted * rest ** gamma * log_probability if rest > 0 else 0"

static const sc_loss_kind soft_focal = {FOCAL, .shares = true, .most = 1};
static const sc_loss_kind focal = {FOCAL, .classes = true, .soft = &soft_focal};

static const sc_loss_kind kl_divergence = {
    RECORD("kl_divergence", "kl_div kullback_leibler_divergence kldivergence", NO_OPTIONS,
           "scores for each class, without a softmax, against probabilities: the sum over the "
           "classes of target * (log(target) - log(probability)), mean over the rows of a sample "
           "(torch KLDivLoss of log_softmax, reduction batchmean)",
           .value = {0}),
    .applies = "softmax",
    .shares = true,
    .most = 1,
    .formula = "target * (log(target) - log_probability) if target > 0 else 0",
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
               "(target * missed ** gamma * softplus(-prediction) if missed > 0 else 0) +"
               " ((1 - target) * wrong ** gamma * softplus(prediction) if wrong > 0 else 0)",
    .correct = "(0 < prediction) == (0.5 < target) and is_finite(prediction)",
    .shows = "sigmoid(prediction)",
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
};

/* Values. */
static const sc_loss_kind squared = {
    RECORD("mean_squared_error", "mse", OPTIONS(value_options),
           "values against values: (prediction - target) ** 2, by default its mean over the "
           "elements of a sample (torch MSELoss, keras MeanSquaredError)",
           .reduction = "mean"),
    .formula = "(prediction - target) ** 2",
};

static const sc_loss_kind sum_squared = {
    RECORD("sum_squared_error", "sse rss ssr sum_of_squares", NO_OPTIONS,
           "the sum of squared residuals: (prediction - target) ** 2 summed over the elements of "
           "a sample (torch MSELoss, reduction sum, over the batch)",
           .reduction = "sum"),
    .formula = "(prediction - target) ** 2",
};

static const sc_loss_kind quadratic = {
    RECORD("quadratic", "quadratic_cost half_squared_error", NO_OPTIONS,
           "the quadratic cost: 0.5 * (prediction - target) ** 2 summed over the elements of a "
           "sample, so that n samples have 1/(2n) sum |y - a|^2",
           .reduction = "sum"),
    .formula = "0.5 * (prediction - target) ** 2",
};

static const sc_loss_kind absolute = {
    RECORD("mean_absolute_error", "mae l1 l1_loss", OPTIONS(value_options),
           "values against values: abs(prediction - target) (torch L1Loss, keras "
           "MeanAbsoluteError)",
           .reduction = "mean"),
    .formula = "abs(prediction - target)",
};

static const sc_option huber_options[] = {
    NUMBER(0, "delta", 1e-6, 1e6, "0.5", "from this error on it grows straight", NULL),
    REDUCTION,
};
static const sc_loss_kind huber = {
    RECORD("huber", "huber_loss", OPTIONS(huber_options),
           "half the square of small errors, delta * (error - delta / 2) of large ones (Huber "
           "1964, torch HuberLoss, keras Huber)",
           .value = {1}, .reduction = "mean"),
    .formula = "r = abs(prediction - target);"
               "0.5 * r * r if r < delta else delta * (r - 0.5 * delta)",
};

static const sc_option smooth_options[] = {
    NUMBER(0, "beta", 1e-6, 1e6, "0.5", "from this error on it grows straight", NULL),
    REDUCTION,
};
static const sc_loss_kind smooth = {
    RECORD("smooth_l1", "smooth_l1_loss", OPTIONS(smooth_options),
           "huber of delta beta, over beta: its slope is at most 1 (torch SmoothL1Loss)",
           .value = {1}, .reduction = "mean"),
    .formula = "r = abs(prediction - target);"
               "0.5 * r * r / beta if r < beta else r - 0.5 * beta",
};

/* Within 1 of the target cosh(r) - 1 = expm1(r) ** 2 / (2 exp(r)), which does not cancel. */
static const sc_loss_kind log_cosh = {
    RECORD("log_cosh", "logcosh", OPTIONS(value_options),
           "log(cosh(prediction - target)): half the square of small errors, large ones less "
           "log(2) (keras LogCosh)",
           .reduction = "mean"),
    .formula = "r = abs(prediction - target);"
               "e = expm1(r);"
               "log1p(0.5 * e * e / (e + 1)) if r < 1 else r + softplus(-2 * r) - 0.693147181",
};

static const sc_option quantile_options[] = {
    NUMBER(0, "q", 0, 1, "0.9", "the share of targets that should lie below", "quantile tau"),
    REDUCTION,
};
static const sc_loss_kind quantile = {
    RECORD("quantile", "pinball quantile_loss pinball_loss", OPTIONS(quantile_options),
           "what makes a prediction the quantile q of its targets: q times what a target is "
           "above, 1 - q times what it is below (Koenker and Bassett 1978, scikit-learn "
           "mean_pinball_loss)",
           .value = {0.5f}, .reduction = "mean"),
    .formula = "r = target - prediction; max(q * r, (q - 1) * r)",
};

static const sc_loss_kind poisson = {
    RECORD("poisson_nll", "poisson poisson_nll_loss", OPTIONS(value_options),
           "logarithms of rates against counts: exp(prediction) - target * prediction (torch "
           "PoissonNLLLoss; keras Poisson of exp); predictions are shown as rates",
           .reduction = "mean"),
    .most = 1e30f,
    .is_signed = true,
    .formula = "exp(prediction) - target * prediction",
    .shows = "exp(prediction)",
};

static const sc_option gaussian_options[] = {
    NUMBER(0, "epsilon", 1e-12, 1, "0.001", "the least variance", "eps"),
    REDUCTION,
};
static const sc_loss_kind gaussian = {
    RECORD("gaussian_nll", "gaussian_nll_loss", OPTIONS(gaussian_options),
           "means, then as many variances, against values: 0.5 * (log(variance) + (mean - target) "
           "** 2 / variance), without its constant (torch GaussianNLLLoss). Outputs are twice as "
           "many as targets; variances are above 0, as behind a softplus",
           .value = {1e-6f}, .reduction = "mean"),
    .second = "variance",
    .is_signed = true,
    .formula = "v = max(variance, epsilon); 0.5 * (log(v) + (prediction - target) ** 2 / v)",
};

static const sc_option sigma_options[] = {
    NUMBER(0, "epsilon", 1e-12, 1, "0.000001",
           "added to sigma, so that a sure one does not have infinite slopes", "eps"),
    REDUCTION,
};
static const sc_loss_kind gaussian_sigma = {
    RECORD("gaussian_nll_softplus", "normal_nll", OPTIONS(sigma_options),
           "means, then as many numbers whose softplus is sigma, against values: log(sigma) + 0.5 "
           "* ((mean - target) / sigma) ** 2, which is gaussian_nll of sigma ** 2. Outputs are "
           "twice as many as targets; predictions are shown as means and sigmas",
           .value = {1e-3f}, .reduction = "mean"),
    .second = "spread",
    .is_signed = true,
    .formula = "s = softplus(spread) + epsilon; log(s) + 0.5 * ((prediction - target) / s) ** 2",
    .shows_second = "softplus(prediction) + epsilon",
};

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
};

static const sc_record *const records[] = {&cross_entropy.record,
                                           &focal.record,
                                           &kl_divergence.record,
                                           &binary.record,
                                           &binary_probabilities.record,
                                           &binary_focal.record,
                                           &hinge.record,
                                           &squared.record,
                                           &sum_squared.record,
                                           &quadratic.record,
                                           &absolute.record,
                                           &huber.record,
                                           &smooth.record,
                                           &log_cosh.record,
                                           &quantile.record,
                                           &poisson.record,
                                           &gaussian.record,
                                           &gaussian_sigma.record,
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
