/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics: what a run measures beside its loss. Each is a row of a table: a word, and an expression
 * over the graph that gives a number for every row of the loss. Its sum, by weight, goes with the
 * loss's through partials, exchange and totals; divided by the summed weight it is what lines,
 * records and files show. A metric that needs all rows at once is computed by the host of what an
 * evaluation collects (nn/scoring.h); epochs of training do not have it. Nobody outside metric.c
 * knows one by name. */
#ifndef SC_NN_METRIC_H
#define SC_NN_METRIC_H

#include "nn/layer.h"
#include "nn/scoring.h"

typedef enum sc_better { SC_LOWER_IS_BETTER, SC_HIGHER_IS_BETTER } sc_better;

struct sc_metric_kind {
    sc_record record;  /* its word, under which it is shown, and its options (sc_metric_options) */
    const char *brief; /* in the line that is redrawn */
    const char *sum;   /* its sum in a checkpoint; NULL: as the word */
    double most;       /* of one row of the loss: a share has 1; 0: any number from 0 on */
    sc_better better;  /* which values of it are */
    const char *formula; /* of `prediction` and `target`: its mean over the elements of a sample; */
    const sc_expr *expr; /* the same of a user's, which a net has read; NULL: of the table */
    /* or NULL: a number for each row of the loss. It is not finite only where the loss is not. */
    sc_value (*build)(sc_graph *graph, const sc_net *net, const sc_metric_kind *metric,
                      const sc_loss_rows *rows);
    sc_score_fn score; /* or of all rows, which are collected; `build` and formulas are NULL */
    sc_collects collects;
    sc_score_options options; /* of `score` */
    int places;               /* of scores among which a label is right: top5 has 5 */
    double level;             /* of an interval: the share that it is to hold; 0 in others */
    /* Whether the net's loss has it. */
    bool (*suits)(const sc_net *net);
    int phase;   /* the loss of a phase, by its number from 1; 0: of what the data have, by the two
                    above */
    bool always; /* measured, without being asked for, where the loss has it */
};

/* What the options of metrics are read into. */
struct sc_metric_options {
    const char *formula, *name, *better; /* better: "lower" or "higher" */
    const char *average;                 /* "macro", "micro", "weighted"; NULL: the standard one */
    int class_number, places;
    double level;
};
/* Of `average`. */
sc_average sc_average_of(const char *word);
bool sc_metric_has_formula(const sc_metric_kind *metric); /* a user gives it */

/* metric_calibration.c */
extern const sc_metric_kind sc_metric_coverage, sc_metric_calibration_error;

extern const sc_family sc_metric_family; /* each record is the beginning of a sc_metric_kind */
/* The kinds, in the order of the table; NULL behind the last. */
const sc_metric_kind *sc_metric_at(int number);
const sc_metric_kind *sc_metric_find(const char *word);
bool sc_metric_is_own(const sc_metric_kind *metric); /* a network's, and no row of the table */
const char *sc_metric_word(const sc_metric_kind *metric);
const char *sc_metric_sum(const sc_metric_kind *metric);
/* A metric of the net, row by row as its loss. */
sc_value sc_metric_build(sc_graph *graph, const sc_net *net, const sc_metric_kind *metric,
                         const sc_loss_rows *rows);
/* Of what says which epoch is best (sc_net_judge), and its value: a number that is larger the
 * better it is. Equal values of a metric are told apart by the loss, whose part is too small to
 * outweigh one sample. */
double sc_metric_score(const sc_net *net, int judge, const double *values, double loss);
/* Of a network's metrics, whose values are in the order in which it has them, the one of this name;
 * NaN: it does not measure it. */
double sc_metric_value(const sc_net *net, const double *values, const char *word);

#endif
