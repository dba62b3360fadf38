/* SPDX-License-Identifier: Apache-2.0 */
/* Which metrics a network measures: those that its loss brings along, those that are asked for, and
 * which of them says what epoch is best. The metrics themselves are rows of metric.c. */
#include "nn/metric.h"
#include "nn/net_formula.h"
#include "nn/net_private.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sums come first. */
static void add(sc_net *net, const sc_metric_kind *metric) {
    int at = metric->score ? net->metrics : net->summed++;
    for (int m = net->metrics++; m > at; m--) net->metric[m] = net->metric[m - 1];
    net->metric[at] = metric;
    if (metric->collects > net->collects) net->collects = metric->collects;
}

void sc_net_standard_metrics(sc_net *net) {
    net->metrics = net->summed = 0;
    net->collects = SC_COLLECTS_NOTHING;
    for (int i = 0; sc_net_labels(net) && sc_metric_at(i); i++)
        if (sc_metric_at(i)->always && sc_metric_at(i)->suits(net)) add(net, sc_metric_at(i));
    for (int p = 0; p < net->phases; p++) add(net, net->phase[p].metric);
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
    "seconds best devices penalty loss_scale skipped_steps model split";

/* Another metric that may be measured, or what stands beside it, has not the name. */
static socle_status check_name(const sc_net *net, const sc_metric_kind *kind, const char *name) {
    bool taken = sc_is_among(beside, name) || strncmp(name, "val_", 4) == 0 ||
                 strncmp(name, "test_", 5) == 0;
    const sc_metric_kind *other = sc_metric_find(name);
    if (taken || (other && other != kind))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "name: '%s' means something else where metrics are shown", name);
    if (sc_net_metric(net, name) < 0) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                   "name: something that is measured is called '%s' already; give each a name",
                   name);
}

/* What a metric with these options is called where it has no name: f1, f1_weighted, f1_2, top3. */
static void name_metric(char out[SC_NAME_MOST], const sc_metric_kind *kind,
                        const sc_metric_options *options) {
    if (options->places)
        snprintf(out, SC_NAME_MOST, "top%d", options->places);
    else if (kind->level > 0 && options->level != kind->level)
        snprintf(out, SC_NAME_MOST, "%s_%.6g", sc_metric_word(kind), 100 * options->level);
    else if (options->class_number >= 0)
        snprintf(out, SC_NAME_MOST, "%s_%d", sc_metric_word(kind), options->class_number);
    else
        snprintf(out, SC_NAME_MOST, "%s%s%s", sc_metric_word(kind), options->average ? "_" : "",
                 options->average ? options->average : "");
}

/* One column with two sides is two classes, of whose scores there are those of class 1. */
static socle_status check_class(const sc_net *net, const sc_metric_kind *kind, int number) {
    const sc_loss_term *labels = sc_net_labels(net);
    const sc_tensor_desc *output = sc_net_desc(net, labels->output);
    const bool rows = labels->kind->classes || labels->kind->shares;
    const int64_t values =
        rows ? output->dim[sc_class_axis(output)] : sc_tensor_elements_at(output, 1);
    const bool scores = kind->collects == SC_COLLECTS_SCORES, binary = !rows && values == 1;
    const int64_t classes = binary ? 2 : values;
    if (number < 0 || (number < classes && !(number == 0 && binary && scores))) return SOCLE_OK;
    if (number < classes)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "class: the score of this loss is of class 1");
    return sc_fail(net->env, SOCLE_STATUS_CONFIG, "class: is %d, and classes are 0 to %lld", number,
                   (long long)classes - 1);
}

/* A row of the table with a user's options in it, or another row that is the same. */
static socle_status read_metric(const sc_metric_kind **out, sc_net *net,
                                const sc_metric_options *options) {
    const sc_metric_kind *kind = *out;
    const bool formula = sc_metric_has_formula(kind);
    char word[SC_NAME_MOST];
    sc_metric_kind *own;
    if (!formula) SC_TRY(check_class(net, kind, options->class_number));
    if (options->name)
        snprintf(word, sizeof word, "%s", options->name);
    else
        name_metric(word, kind, options);
    const sc_metric_kind *same = options->name || !options->places ? NULL : sc_metric_find(word);
    if (same) *out = same;
    if (same) return SOCLE_OK;
    SC_TRY(check_name(net, kind, word));
    SC_TRY(sc_arena_allocate(net->arena, &own, 1, sizeof *own));
    *own = *kind;
    SC_TRY(sc_arena_string(net->arena, &own->record.word, word));
    own->brief = own->record.word;
    own->places = options->places;
    own->level = options->level;
    own->options = (sc_score_options){sc_average_of(options->average), options->class_number};
    *out = own;
    if (!formula) return SOCLE_OK;
    own->better = strcmp(options->better, "higher") == 0 ? SC_HIGHER_IS_BETTER : SC_LOWER_IS_BETTER;
    return sc_net_measure_formula(&own->expr, net, options->formula, "prediction target");
}

static socle_status check_room(const sc_net *net, const char *word, const sc_metric_kind *metric) {
    if (net->metrics == SC_NET_METRICS)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: a network measures at most %d metrics",
                       word, SC_NET_METRICS);
    if (metric->score || net->summed < SC_NET_SUMS) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                   "%s: a network measures at most %d metrics that are sums over rows", word,
                   SC_NET_SUMS);
}

static bool has_options(const sc_metric_options *options) {
    return options && (options->formula || options->name || options->average || options->places ||
                       options->level > 0 || options->class_number >= 0);
}

socle_status sc_net_measure(sc_net *net, const char *word, const sc_metric_options *options) {
    if (net->status != SOCLE_OK) return net->status;
    const sc_metric_kind *metric = sc_metric_find(word);
    if (!metric) return sc_fail(net->env, SOCLE_STATUS_CONFIG, "there is no metric '%.60s'", word);
    if (!sc_net_labels(net) || !metric->suits(net)) return fail_unsuited(net, word);
    if (sc_metric_has_formula(metric) && (!options || !options->formula))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: the formula is missing", word);
    if (metric->record.count && has_options(options)) SC_TRY(read_metric(&metric, net, options));
    if (metric->build && !metric->places && !metric->level && !metric->always)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: k is missing", word);
    if (sc_net_metric(net, sc_metric_word(metric)) >= 0) return SOCLE_OK;
    SC_TRY(check_room(net, word, metric));
    add(net, metric);
    return SOCLE_OK;
}

socle_status sc_net_collect(sc_net *net, sc_collects collects) {
    const sc_loss_term *labels = sc_net_labels(net);
    if (!labels || !sc_loss_counts_correct(labels->kind))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "the loss of this network tells no classes apart");
    if (collects > net->collects) net->collects = collects;
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

const char *sc_metric_word(const sc_metric_kind *metric) {
    return metric->record.word;
}

const char *sc_metric_sum(const sc_metric_kind *metric) {
    return metric->sum ? metric->sum : metric->record.word;
}

sc_value sc_metric_build(sc_graph *graph, const sc_net *net, const sc_metric_kind *metric,
                         const sc_loss_rows *rows) {
    if (metric->build) return metric->build(graph, net, metric, rows);
    if (metric->expr) return sc_loss_of_expr(graph, metric->expr, rows->prediction, rows->target);
    return sc_loss_of_formula(graph, metric->formula, rows->prediction, rows->target);
}

double sc_metric_value(const sc_net *net, const double *values, const char *word) {
    int metric = sc_net_metric(net, word);
    return metric < 0 ? NAN : values[metric];
}

double sc_metric_score(const sc_net *net, int judge, const double *values, double loss) {
    if (judge == SC_JUDGED_BY_LOSS) return -loss;
    bool higher = net->metric[judge]->better == SC_HIGHER_IS_BETTER;
    return (higher ? values[judge] : -values[judge]) - 1e-9 * fmax(-100, fmin(loss, 100));
}
