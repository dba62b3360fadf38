/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of how sure a network is: the share of targets within the intervals that it gives, and
 * how far its probabilities are from the shares that are right. Rows of the table in metric.c. */
#include "nn/metric.h"

#include <math.h>

#define AT(field) offsetof(sc_metric_options, field)

/* How many deviations from its mean hold a share of a normal distribution, on both sides. */
static double deviations_of(double share) {
    double low = 0, high = 40;
    for (int i = 0; i < 200; i++) {
        const double middle = (low + high) / 2;
        if (erf(middle / sqrt(2)) < share)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static sc_value is_covered(sc_graph *graph, const sc_net *net, const sc_metric_kind *metric,
                           const sc_loss_rows *rows) {
    return sc_loss_covered(graph, sc_net_labels(net), rows, deviations_of(metric->level));
}

static bool has_deviation(const sc_net *net) {
    const sc_loss_term *labels = sc_net_labels(net);
    return labels->kind->deviation != NULL;
}

static const sc_option coverage_options[] = {
    {"level", SC_OPTION_DOUBLE, AT(level), "the share that the interval is to hold", 0.01, 0.9999,
     .shorthand = true, .example = "0.8"},
    {"name", SC_OPTION_NAME, AT(name), "what it is called in lines, events and files",
     .standard = "by the level: coverage_80", .example = "within"},
};

const sc_metric_kind sc_metric_coverage = {
    .record = {.word = "coverage",
               .help = "of a loss that gives mean and deviation the share of targets within the "
                       "interval around the mean that is to hold that share of them",
               .aliases = "interval_coverage picp",
               .options = coverage_options,
               .count = 2,
               .standard = &(const sc_metric_options){.class_number = -1, .level = 0.95},
               .size = sizeof(sc_metric_options),
               .formula = "1 if abs(target - mean) <= z * sigma else 0",
               .use = "whether a regression is as sure as it may be: 0.95 is right, more is too "
                      "careful, less too sure of itself",
               .source = "Khosravi et al. 2011, prediction interval coverage probability"},
    .brief = "cover",
    .most = 1,
    .better = SC_HIGHER_IS_BETTER,
    .level = 0.95,
    .build = is_covered,
    .suits = has_deviation,
};

static bool has_one_label(const sc_net *net) {
    const sc_loss_term *labels = sc_net_labels(net);
    const sc_loss_kind *loss = labels->kind;
    if (loss->classes) return true;
    return loss->correct && (loss->applies || loss->expects) && !loss->shares &&
           sc_tensor_elements_at(sc_net_desc(net, labels->output), 1) == 1;
}

const sc_metric_kind sc_metric_calibration_error = {
    .record = {.word = "calibration_error",
               .help = "the expected calibration error: of answers with like probabilities, in ten "
                       "bins, the distance of their mean probability from the share that is right, "
                       "mean over the answers",
               .aliases = "ece expected_calibration_error",
               .formula = "sum over bins of answers / all * abs(right - probability)",
               .use = "whether probabilities can be believed; ensembles and dropout lower it",
               .source = "Guo et al. 2017; Naeini et al. 2015"},
    .brief = "ece",
    .score = sc_score_calibration_error,
    .collects = SC_COLLECTS_SCORES,
    .options = {.class_number = -1},
    .suits = has_one_label,
};
