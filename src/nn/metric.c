/* SPDX-License-Identifier: Apache-2.0 */
/* See metric.h: the table, and which of its rows a network measures. Adding a metric: a row here
 * and its reference in tests/nn/test_metric.c. */
#include "nn/metric.h"
#include "base/text.h"
#include "graph/formula.h"
#include "nn/net_formula.h"
#include "nn/net_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The loss is NaN where a score is NaN or infinite, and the largest of such scores means nothing.
 */
static sc_value is_right(sc_graph *graph, const sc_net *net, const sc_loss_rows *rows) {
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

static sc_value is_among_five(sc_graph *graph, const sc_net *net, const sc_loss_rows *rows) {
    (void)net;
    if (rows->loss == SC_NO_VALUE) return SC_NO_VALUE;
    sc_value ahead = count_ahead(graph, rows);
    if (ahead == SC_NO_VALUE) return ahead;
    ahead = sc_build_reshape(graph, ahead, 1, sc_graph_desc(graph, rows->loss)->dim);
    return sc_build_formula(graph, "ahead < 5 and is_finite(loss)", "ahead loss",
                            (sc_value[]){ahead, rows->loss});
}

static bool has_classes(const sc_net *net) {
    return sc_net_labels(net)->kind->classes;
}

static const sc_metric_kind top5 = {
    .record = {.word = "top5",
               .help = "the share of samples whose label is among the five highest scores",
               .aliases = "top_5 top5_accuracy top_5_accuracy top_k_categorical_accuracy"},
    .brief = "top5",
    .most = 1,
    .better = SC_HIGHER_IS_BETTER,
    .build = is_among_five,
    .suits = has_classes,
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
};

static const sc_metric_kind squared = {
    .record = {.word = "mean_squared_error",
               .help = "the square of how far values are from their targets",
               .aliases = "mse"},
    .brief = "mse",
    .formula = "(prediction - target) ** 2",
    .suits = has_values,
};

static const sc_word betters[] = {
    {"lower", "errors", NULL}, {"higher", "shares of what is right", NULL}, {0}};

static const sc_option expr_options[] = {
    {"formula", SC_OPTION_TEXT, offsetof(sc_metric_options, formula),
     "the formula, of prediction and target", .required = true, .shorthand = true,
     .example = "abs(prediction - target)"},
    {"name", SC_OPTION_NAME, offsetof(sc_metric_options, name),
     "what it is called in lines, events and files", .example = "distance"},
    {"better", SC_OPTION_WORD, offsetof(sc_metric_options, better),
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
               .standard = &(const sc_metric_options){NULL, "expr", "lower"},
               .size = sizeof(sc_metric_options)},
    .suits = has_numbers,
};

static const sc_record *const records[] = {&accuracy.record, &top5.record, &absolute.record,
                                           &squared.record,  &expr.record, NULL};

const sc_family sc_metric_family = {
    .what = "metric",
    .example = "accuracy",
    .help = "What is measured beside the loss, in training, validation and evaluation; training "
            "does not depend on it. Accuracy is measured unasked wherever the loss has one.",
    .foreign = "precision recall f1 auc iou",
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

const char *sc_metric_word(const sc_metric_kind *metric) {
    return metric->record.word;
}

const char *sc_metric_sum(const sc_metric_kind *metric) {
    return metric->sum ? metric->sum : metric->record.word;
}

sc_value sc_metric_build(sc_graph *graph, const sc_net *net, const sc_metric_kind *metric,
                         const sc_loss_rows *rows) {
    if (metric->build) return metric->build(graph, net, rows);
    if (metric->expr) return sc_loss_of_expr(graph, metric->expr, rows->prediction, rows->target);
    return sc_loss_of_formula(graph, metric->formula, rows->prediction, rows->target);
}

double sc_metric_value(const sc_net *net, const double *values, const char *word) {
    int metric = sc_net_metric(net, word);
    return metric < 0 ? NAN : values[metric];
}

void sc_net_standard_metrics(sc_net *net) {
    net->metrics = 0;
    for (int i = 0; sc_net_labels(net) && sc_metric_at(i); i++)
        if (sc_metric_at(i)->always && sc_metric_at(i)->suits(net))
            net->metric[net->metrics++] = sc_metric_at(i);
    for (int p = 0; p < net->phases; p++) net->metric[net->metrics++] = net->phase[p].metric;
}

socle_status sc_net_phase_metric(sc_net *net, sc_phase *phase, int number) {
    char word[SC_NAME_MOST + 8];
    sc_metric_kind *metric;
    snprintf(word, sizeof word, "%s_loss", phase->name);
    SC_TRY(sc_arena_allocate(net->arena, &metric, 1, sizeof *metric));
    *metric = (sc_metric_kind){.phase = number, .always = true};
    SC_TRY(sc_arena_string(net->arena, &metric->record.word, word));
    metric->brief = metric->record.word;
    phase->metric = metric;
    return SOCLE_OK;
}

static socle_status fail_unsuited(const sc_net *net, const char *word) {
    if (!sc_net_labels(net))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       net->losses ? "%s: no loss of this network compares with what the data "
                                     "have, so there are no metrics"
                                   : "%s: a network without a loss has no metrics",
                       word);
    sc_text known;
    sc_text_init(&known, net->env);
    for (int i = 0; sc_metric_at(i); i++)
        if (sc_metric_at(i)->suits(net))
            sc_text_add(&known, "%s%s",
                        known.length ? ", " : "; known for it: ", sc_metric_word(sc_metric_at(i)));
    socle_status status = known.status;
    if (status == SOCLE_OK)
        status =
            sc_fail(net->env, SOCLE_STATUS_CONFIG, "the loss %s has no %s%s",
                    sc_net_labels(net)->kind->record.word, word, known.length ? known.data : "");
    sc_text_free(&known);
    return status;
}

/* What stands beside metrics in lines, events and files. */
static const char beside[] =
    "event epoch epochs step row rows loss learning_rate samples samples_per_second "
    "seconds best devices loss_scale skipped_steps model split";

/* Another metric that may be measured, or what stands beside it, has not the name. */
static socle_status check_name(const sc_net *net, const char *name) {
    bool taken = sc_is_among(beside, name) || strncmp(name, "val_", 4) == 0 ||
                 strncmp(name, "test_", 5) == 0;
    const sc_metric_kind *other = sc_metric_find(name);
    if (taken || (other && other != &expr))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "name: '%s' means something else where metrics are shown", name);
    if (sc_net_metric(net, name) < 0) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                   "name: something that is measured is called '%s' already; give each a name",
                   name);
}

/* The row of formulas with the user's in it. */
static socle_status read_metric(const sc_metric_kind **out, sc_net *net,
                                const sc_metric_options *options) {
    sc_metric_kind *own;
    SC_TRY(check_name(net, options->name));
    SC_TRY(sc_arena_allocate(net->arena, &own, 1, sizeof *own));
    *own = expr;
    SC_TRY(sc_arena_string(net->arena, &own->record.word, options->name));
    own->brief = own->record.word;
    own->better = strcmp(options->better, "higher") == 0 ? SC_HIGHER_IS_BETTER : SC_LOWER_IS_BETTER;
    *out = own;
    return sc_net_measure_formula(&own->expr, net, options->formula, "prediction target");
}

socle_status sc_net_measure(sc_net *net, const char *word, const sc_metric_options *options) {
    if (net->status != SOCLE_OK) return net->status;
    const sc_metric_kind *metric = sc_metric_find(word);
    if (!metric) return sc_fail(net->env, SOCLE_STATUS_CONFIG, "there is no metric '%.60s'", word);
    if (!sc_net_labels(net) || !metric->suits(net)) return fail_unsuited(net, word);
    if (metric != &expr && sc_net_metric(net, sc_metric_word(metric)) >= 0) return SOCLE_OK;
    if (net->metrics == SC_NET_METRICS)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: a network measures at most %d metrics",
                       word, SC_NET_METRICS);
    if (metric == &expr && (!options || !options->formula))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: the formula is missing", word);
    if (metric == &expr) SC_TRY(read_metric(&metric, net, options));
    net->metric[net->metrics++] = metric;
    return SOCLE_OK;
}

int sc_net_metric(const sc_net *net, const char *word) {
    for (int i = 0; i < net->metrics; i++)
        if (strcmp(sc_metric_word(net->metric[i]), word) == 0) return i;
    return -1;
}

static socle_status fail_unknown_judge(const sc_net *net, const char *word) {
    sc_text known;
    sc_text_init(&known, net->env);
    for (int i = 0; i < net->metrics; i++)
        sc_text_add(&known, ", %s", sc_metric_word(net->metric[i]));
    socle_status status = known.status;
    if (status == SOCLE_OK)
        status = sc_fail(net->env, SOCLE_STATUS_CONFIG,
                         "'%.100s' is not measured, so it cannot say which epoch is best; what "
                         "can: loss%s",
                         word, known.length ? known.data : "");
    sc_text_free(&known);
    return status;
}

socle_status sc_net_judge(int *judge, const sc_net *net, const char *word) {
    const sc_metric_kind *first = net->metrics ? net->metric[0] : NULL;
    *judge = !word && first && first->always && !first->phase ? 0 : SC_JUDGED_BY_LOSS;
    if (!word || strcmp(word, "loss") == 0) return SOCLE_OK;
    const sc_metric_kind *metric = sc_metric_find(word);
    *judge = sc_net_metric(net, metric ? sc_metric_word(metric) : word);
    return *judge >= 0 ? SOCLE_OK : fail_unknown_judge(net, word);
}

double sc_metric_score(const sc_net *net, int judge, const double *values, double loss) {
    if (judge == SC_JUDGED_BY_LOSS) return -loss;
    bool higher = net->metric[judge]->better == SC_HIGHER_IS_BETTER;
    return (higher ? values[judge] : -values[judge]) - 1e-9 * fmax(-100, fmin(loss, 100));
}
