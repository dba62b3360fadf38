/* SPDX-License-Identifier: Apache-2.0 */
/* See metric.h: the table. Adding a metric: a row here and its reference in tests/nn/test_metric.c
 * or tests/nn/test_scoring.c. */
#include "nn/metric.h"
#include "graph/formula.h"

#include <math.h>
#include <string.h>

/* The loss is NaN where a score is NaN or infinite, and the largest of such scores means nothing.
 */
static sc_value is_right(sc_graph *graph, const sc_net *net, const sc_metric_kind *metric,
                         const sc_loss_rows *rows) {
    (void)metric;
    const sc_loss_kind *loss = sc_net_labels(net)->kind;
    if (loss->shares) return sc_loss_right_shares(graph, rows);
    if (!loss->classes)
        return sc_loss_of_formula(graph, loss->correct, rows->prediction, rows->target);
    if (rows->loss == SC_NO_VALUE) return SC_NO_VALUE;
    return sc_build_formula(
        graph, "class == label and is_finite(loss)", "class label loss",
        (sc_value[]){sc_build_argmax(graph, rows->prediction), rows->target, rows->loss});
}

static bool has_right(const sc_net *net) {
    return sc_loss_counts_correct(sc_net_labels(net)->kind);
}

static const sc_metric_kind accuracy = {
    .record = {.word = "accuracy",
               .help = "the share of right answers: the label has the highest score, or the right "
                       "side of one half",
               .aliases = "acc categorical_accuracy sparse_categorical_accuracy binary_accuracy"},
    .brief = "acc",
    .sum = "correct",
    .most = 1,
    .better = SC_HIGHER_IS_BETTER,
    .build = is_right,
    .suits = has_right,
    .always = true,
    .record.use = "classes of about equal numbers",
    .record.source = "a share, counted",
    .record.formula = "right / all, counted",
};

static sc_value sum_classes(sc_formula *f, const char *text) {
    sc_value out;
    sc_scope_leaf(&f->scope, "class", SC_EXPR_COORD, 1);
    sc_expr_output(&f->expr, sc_formula_read(f, text));
    sc_formula_sum(f, 1u << 1, &out);
    return out;
}

/* How many classes come before the label's in each row [rows, 1]: those of higher scores, and of
 * equal ones those of lower numbers, as the highest score is the first of equals. */
static sc_value count_ahead(sc_graph *graph, const sc_loss_rows *rows) {
    sc_formula f;
    const int64_t column[2] = {sc_graph_desc(graph, rows->target)->dim[0], 1};
    sc_value label = sc_build_reshape(graph, rows->target, 2, column);
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "score", rows->prediction);
    sc_formula_input(&f, "label", label);
    sc_value own = sum_classes(&f, "score if class == label else 0");
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "score", rows->prediction);
    sc_formula_input(&f, "label", label);
    sc_formula_input(&f, "own", own);
    return sum_classes(&f, "1 if score > own or (score == own and class < label) else 0");
}

static sc_value is_among_first(sc_graph *graph, const sc_net *net, const sc_metric_kind *metric,
                               const sc_loss_rows *rows) {
    sc_formula f;
    sc_value out = SC_NO_VALUE;
    (void)net;
    if (rows->loss == SC_NO_VALUE) return SC_NO_VALUE;
    sc_value ahead = count_ahead(graph, rows);
    if (ahead == SC_NO_VALUE) return ahead;
    ahead = sc_build_reshape(graph, ahead, 1, sc_graph_desc(graph, rows->loss)->dim);
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "ahead", ahead);
    sc_formula_input(&f, "loss", rows->loss);
    sc_scope_number(&f.scope, "places", (float)metric->places);
    sc_expr_output(&f.expr, sc_formula_read(&f, "1 if ahead < places and is_finite(loss) else 0"));
    if (graph->status == SOCLE_OK) sc_formula_build(&f, &out);
    return out;
}

static bool has_classes(const sc_net *net) {
    return sc_net_labels(net)->kind->classes;
}

static const sc_metric_kind top5 = {
    .record = {.word = "top5",
               .help = "the share of samples whose label is among the five highest scores",
               .aliases = "top_5 top5_accuracy top_5_accuracy"},
    .brief = "top5",
    .most = 1,
    .better = SC_HIGHER_IS_BETTER,
    .build = is_among_first,
    .places = 5,
    .suits = has_classes,
    .record.use = "many classes of which several are alike",
    .record.source = "Russakovsky et al. 2015",
    .record.formula = "1 if fewer than 5 scores are above the label's else 0",
};

#define AT(field) offsetof(sc_metric_options, field)
#define NAME(its_example)                                                                          \
    {                                                                                              \
        "name", SC_OPTION_NAME, AT(name), "what it is called in lines, events and files",          \
            .standard = "by the metric and its options", .example = its_example                    \
    }
static const sc_option place_options[] = {{"k", SC_OPTION_INTEGER, AT(places),
                                           "so many of the highest scores", 1, INT32_MAX,
                                           .required = true, .shorthand = true, .example = "3"},
                                          NAME("among_three")};

static const sc_metric_kind top_k = {
    .record = {.word = "top_k",
               .help = "the share of samples whose label is among the k highest scores "
                       "(scikit-learn top_k_accuracy_score); shown as top3 where k is 3",
               .aliases = "top_k_accuracy top_k_categorical_accuracy top_k_accuracy_score",
               .options = place_options,
               .count = 2,
               .standard = &(const sc_metric_options){.class_number = -1},
               .size = sizeof(sc_metric_options)},
    .brief = "top",
    .most = 1,
    .better = SC_HIGHER_IS_BETTER,
    .build = is_among_first,
    .suits = has_classes,
    .record.use = "as top5, with another number",
    .record.source = "scikit-learn top_k_accuracy_score",
    .record.formula = "1 if fewer than k scores are above the label's else 0",
};

static bool has_values(const sc_net *net) {
    const sc_loss_kind *loss = sc_net_labels(net)->kind;
    return !loss->classes && !loss->shares && !loss->applies;
}

static const sc_metric_kind absolute = {
    .record = {.word = "mean_absolute_error",
               .help = "how far values are from their targets",
               .aliases = "mae l1"},
    .brief = "mae",
    .formula = "abs(prediction - target)",
    .suits = has_values,
    .record.use = "errors in the unit of the target",
    .record.source = "Willmott and Matsuura 2005",
};

static const sc_metric_kind squared = {
    .record = {.word = "mean_squared_error",
               .help = "the square of how far values are from their targets",
               .aliases = "mse"},
    .brief = "mse",
    .formula = "(prediction - target) ** 2",
    .suits = has_values,
    .record.use = "errors where large ones count more",
    .record.source = "Gauss 1809",
};

static const sc_word betters[] = {
    {"lower", "errors", NULL}, {"higher", "shares of what is right", NULL}, {0}};

static const sc_option expr_options[] = {
    {"formula", SC_OPTION_TEXT, AT(formula), "the formula, of prediction and target",
     .required = true, .shorthand = true, .example = "abs(prediction - target)"},
    {"name", SC_OPTION_NAME, AT(name), "what it is called in lines, events and files",
     .example = "distance"},
    {"better", SC_OPTION_WORD, AT(better),
     "which values of it are better, should `train.best` name it", .words = betters,
     .example = "higher"},
};

static bool has_numbers(const sc_net *net) {
    return !sc_net_labels(net)->kind->classes && !sc_net_labels(net)->kind->shares;
}

/* The user's formula is the net's. */
static const sc_metric_kind expr = {
    .record = {.word = "expr",
               .help = "a formula of your own, of what the loss compares: its mean over the "
                       "elements of a sample",
               .options = expr_options,
               .count = 3,
               .standard = &(const sc_metric_options){.name = "expr", .better = "lower"},
               .size = sizeof(sc_metric_options)},
    .suits = has_numbers,
    .record.use = "what is not among these",
    .record.source = "the formula is yours",
    .record.formula = "the formula",
};

/* Of all rows of an evaluation. */
static const sc_word averages[] = {{"macro", "their mean", NULL},
                                   {"micro", "all classes' rows together", NULL},
                                   {"weighted", "their mean, by how often labels have each", NULL},
                                   {0}};

sc_average sc_average_of(const char *word) {
    for (int i = 0; word && averages[i].word; i++)
        if (strcmp(averages[i].word, word) == 0) return (sc_average)(SC_AVERAGE_MACRO + i);
    return SC_AVERAGE_STANDARD;
}

static const sc_option average_options[] = {
    {"average", SC_OPTION_WORD, AT(average), "how those of several classes become one",
     .words = averages, .shorthand = true,
     .standard = "of two classes that of class 1, of more `macro`", .example = "weighted"},
    {"class", SC_OPTION_INTEGER, AT(class_number), "of this class alone", 0, INT32_MAX,
     .standard = "of all", .example = "2"},
    NAME("rare_ones")};

static bool tells_sides(const sc_net *net) {
    return has_right(net);
}

static bool has_one_label(const sc_net *net) {
    const sc_loss_term *labels = sc_net_labels(net);
    if (!has_right(net)) return false;
    return labels->kind->classes || labels->kind->shares ||
           sc_tensor_elements_at(sc_net_desc(net, labels->output), 1) == 1;
}

static bool has_probabilities(const sc_net *net) {
    const sc_loss_kind *loss = sc_net_labels(net)->kind;
    return loss->classes || (loss->correct && (loss->applies || loss->expects));
}

/* Rows that differ in these alone. */
#define SCORED(its_word, its_aliases, its_help, its_brief, its_score, its_collects, its_suits,     \
               its_formula, its_use, its_source)                                                   \
    {                                                                                              \
        .record = {.word = its_word,                                                               \
                   .help = its_help,                                                               \
                   .aliases = its_aliases,                                                         \
                   .formula = its_formula,                                                         \
                   .use = its_use,                                                                 \
                   .source = its_source},                                                          \
        .brief = its_brief, .most = 1, .better = SC_HIGHER_IS_BETTER, .score = its_score,          \
        .collects = its_collects, .options = {.class_number = -1}, .suits = its_suits              \
    }
#define AVERAGED(its_word, its_aliases, its_help, its_score, its_collects, its_formula, its_use,   \
                 its_source)                                                                       \
    {                                                                                              \
        .record = {.word = its_word,                                                               \
                   .help = its_help,                                                               \
                   .aliases = its_aliases,                                                         \
                   .formula = its_formula,                                                         \
                   .use = its_use,                                                                 \
                   .source = its_source,                                                           \
                   .options = average_options,                                                     \
                   .count = 3,                                                                     \
                   .standard = &(const sc_metric_options){.class_number = -1},                     \
                   .size = sizeof(sc_metric_options)},                                             \
        .brief = its_word, .most = 1, .better = SC_HIGHER_IS_BETTER, .score = its_score,           \
        .collects = its_collects, .options = {.class_number = -1}, .suits = tells_sides            \
    }

static const sc_metric_kind precision = AVERAGED(
    "precision", "precision_score", "of what is predicted as a class, the share that is of it",
    sc_score_precision, SC_COLLECTS_CLASSES, "right of the class / all predicted as the class",
    "where a false alarm is dear", "van Rijsbergen 1979, Information Retrieval");
static const sc_metric_kind recall =
    AVERAGED("recall", "recall_score sensitivity",
             "of what is of a class, the share that is predicted as such", sc_score_recall,
             SC_COLLECTS_CLASSES, "right of the class / all of the class",
             "where what is missed is dear", "van Rijsbergen 1979, Information Retrieval");
static const sc_metric_kind f1 =
    AVERAGED("f1", "f1_score f_score f_measure", "the harmonic mean of precision and recall",
             sc_score_f1, SC_COLLECTS_CLASSES, "2 * precision * recall / (precision + recall)",
             "where classes are unequally many and both errors count",
             "van Rijsbergen 1979, Information Retrieval");
static const sc_metric_kind auc =
    AVERAGED("auc", "roc_auc auroc roc_auc_score",
             "the area under the ROC curve: the share of pairs of a positive and a negative in "
             "which the positive has the higher score, equal ones by half; each class against the "
             "rest",
             sc_score_auc, SC_COLLECTS_SCORES, "pairs in the right order / all pairs",
             "how well scores part two classes, whatever the threshold", "Hanley and McNeil 1982");
static const sc_metric_kind average_precision =
    AVERAGED("average_precision", "pr_auc average_precision_score",
             "the mean of the precision over the steps of the recall; each class against the rest",
             sc_score_average_precision, SC_COLLECTS_SCORES,
             "sum of (recall[n] - recall[n - 1]) * precision[n]", "as auc, where the class is rare",
             "scikit-learn average_precision_score; Manning, Raghavan and Schuetze 2008");
static const sc_metric_kind kappa = SCORED(
    "kappa", "cohen_kappa cohen_kappa_score",
    "Cohen's kappa: how far labels and predictions agree beyond chance", "kappa", sc_score_kappa,
    SC_COLLECTS_CLASSES, has_one_label, "(agreed - agreed by chance) / (1 - agreed by chance)",
    "agreement beyond what unequal classes give by themselves", "Cohen 1960");
static const sc_metric_kind matthews =
    SCORED("matthews", "mcc matthews_corrcoef matthews_correlation",
           "Matthews' correlation of labels and predictions, of any number of classes", "mcc",
           sc_score_matthews, SC_COLLECTS_CLASSES, has_one_label,
           "covariance of labels and predictions / their deviations",
           "one number for two unequal classes, fair to both", "Matthews 1975");
static const sc_metric_kind r2 =
    SCORED("r2", "r2_score r_squared",
           "the share of the targets' variance that predictions explain, mean over the outputs",
           "r2", sc_score_r2, SC_COLLECTS_SCORES, has_values,
           "1 - sum of (target - prediction) ** 2 / sum of (target - mean) ** 2",
           "a regression beside the best constant: 1 is perfect, 0 no better", "Wright 1921");

static const sc_metric_kind log_loss = {
    .record = {.word = "log_loss",
               .help = "minus the logarithm of the probability of what is right, probabilities "
                       "kept 1.2e-7 away from 0 and 1; without label smoothing, class weights or "
                       "focus of the loss",
               .aliases = "logloss"},
    .brief = "log",
    .score = sc_score_log_loss,
    .collects = SC_COLLECTS_SCORES,
    .suits = has_probabilities,
    .record.use = "how good the probabilities are, not only the classes",
    .record.source = "Good 1952",
    .record.formula = "-log(probability of what is right)",
};

static const sc_metric_kind root_squared = {
    .record = {.word = "root_mean_squared_error",
               .help = "the root of the mean of the squares of errors, mean over the outputs",
               .aliases = "rmse"},
    .brief = "rmse",
    .score = sc_score_rmse,
    .collects = SC_COLLECTS_SCORES,
    .suits = has_values,
    .record.use = "the typical error in the unit of the target, large ones counting more",
    .record.source = "Willmott and Matsuura 2005",
    .record.formula = "sqrt(mean of (prediction - target) ** 2)",
};

static const sc_record *const records[] = {&accuracy.record,
                                           &top5.record,
                                           &top_k.record,
                                           &precision.record,
                                           &recall.record,
                                           &f1.record,
                                           &auc.record,
                                           &average_precision.record,
                                           &kappa.record,
                                           &matthews.record,
                                           &log_loss.record,
                                           &absolute.record,
                                           &squared.record,
                                           &root_squared.record,
                                           &r2.record,
                                           &sc_metric_coverage.record,
                                           &sc_metric_calibration_error.record,
                                           &expr.record,
                                           NULL};

const sc_family sc_metric_family = {
    .what = "metric",
    .example = "accuracy",
    .help = "What is measured beside the loss, in training, validation and evaluation; training "
            "does not depend on it. Accuracy is measured unasked wherever the loss has one. Those "
            "that need all samples at once are of validation and evaluation alone: precision, "
            "recall, f1, auc, average_precision, kappa, matthews, log_loss, rmse and r2, as "
            "scikit-learn defines them, and calibration_error, by the weights that samples have.",
    .foreign = "iou dice bleu perplexity",
    .record = records,
};

static const sc_metric_kind *kind_of(const sc_record *record) {
    return (const sc_metric_kind *)(const void *)record; /* its first member */
}

const sc_metric_kind *sc_metric_at(int number) {
    return records[number] ? kind_of(records[number]) : NULL;
}

const sc_metric_kind *sc_metric_find(const char *word) {
    const char *named;
    const sc_record *record = sc_family_find(&sc_metric_family, word, &named);
    return record ? kind_of(record) : NULL;
}

bool sc_metric_is_own(const sc_metric_kind *metric) {
    for (int i = 0; sc_metric_at(i); i++)
        if (sc_metric_at(i) == metric) return false;
    return true;
}

bool sc_metric_has_formula(const sc_metric_kind *metric) {
    return metric->record.options == expr_options;
}
