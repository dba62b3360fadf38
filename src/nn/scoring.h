/* SPDX-License-Identifier: Apache-2.0 */
/* What metrics compute of all rows of an evaluation at once: counts of classes, ranks of scores,
 * moments of values. Pure arithmetic in doubles, over rows that the evaluation has collected in
 * host memory; it knows no graph, no device and no network. Definitions are scikit-learn's. */
#ifndef SC_NN_SCORING_H
#define SC_NN_SCORING_H

#include "base/env.h"

/* What an evaluation may collect of each sample. */
enum {
    SC_COLLECTED_WEIGHT, /* what each row of labels counts */
    SC_COLLECTED_TARGET, /* labels, or values */
    SC_COLLECTED_CLASS, /* of a label the class that is predicted, of a value with two sides 1 or 0;
                           -1: none, since a score is no number */
    SC_COLLECTED_SCORE, /* as predictions are shown: a probability for each class, or a value */
    SC_COLLECTED
};

/* Rows to be judged. Each has one label out of `classes` and a score for each of them; or `columns`
 * values with as many targets, which may have two sides. */
typedef struct sc_scored {
    sc_env *env;
    int64_t rows, columns;
    int classes;   /* 0: values */
    double middle; /* values above it are of class 1, others of class 0, where there are sides */
    int64_t weight_rows;             /* so many rows have one weight in common */
    const float *data[SC_COLLECTED]; /* NULL: not collected; of weights: each is 1 */
} sc_scored;

/* How numbers of several classes, or columns with sides, become one. */
typedef enum sc_average {
    SC_AVERAGE_STANDARD, /* two classes: that of class 1; else as macro */
    SC_AVERAGE_MACRO,    /* the mean over those that labels or predictions have */
    SC_AVERAGE_MICRO,    /* of all of them together */
    SC_AVERAGE_WEIGHTED  /* the mean by how often labels have them */
} sc_average;
typedef struct sc_score_options {
    sc_average average;
    int class_number; /* of this class alone; -1: see average */
} sc_score_options;

/* What labels and predictions say of a class, in weights; of a column with sides: of its upper one.
 */
typedef struct sc_class_counts {
    double right, predicted, labelled;
} sc_class_counts;
/* Classes that counts are of: those of labels, two of a single column with sides, and else one for
 * each column. */
int64_t sc_scored_classes(const sc_scored *rows);
/* out: one per class. */
void sc_count_classes(sc_class_counts *out, const sc_scored *rows);
double sc_class_precision(const sc_class_counts *counts); /* 0 where nothing was predicted, */
double sc_class_recall(const sc_class_counts *counts);    /* labelled */
double sc_class_f1(const sc_class_counts *counts);        /* or either */
/* How often a label (row of the matrix) was predicted as each class, in weights: classes x classes
 * numbers. Of rows that have one label each. */
void sc_confusion(double *out, const sc_scored *rows);

/* Metrics. NaN where the data do not determine one. Errors: OUT_OF_MEMORY. */
typedef socle_status (*sc_score_fn)(double *out, const sc_scored *rows,
                                    const sc_score_options *options);
socle_status sc_score_precision(double *out, const sc_scored *rows, const sc_score_options *o);
socle_status sc_score_recall(double *out, const sc_scored *rows, const sc_score_options *o);
socle_status sc_score_f1(double *out, const sc_scored *rows, const sc_score_options *o);
/* Cohen 1960: agreement beyond that of chance. */
socle_status sc_score_kappa(double *out, const sc_scored *rows, const sc_score_options *o);
/* Matthews 1975, of several classes as Gorodkin 2004 has it. */
socle_status sc_score_matthews(double *out, const sc_scored *rows, const sc_score_options *o);
socle_status sc_score_log_loss(double *out, const sc_scored *rows, const sc_score_options *o);
/* The expected calibration error of ten bins by the probability of the answer, each with its upper
 * end (Guo et al. 2017); of rows with one label. */
socle_status sc_score_calibration_error(double *out, const sc_scored *rows,
                                        const sc_score_options *o);
/* scoring_ranks.c: the area under the curve of true over false positives (Hanley and McNeil 1982;
 * equal scores count half), and the mean of the precision over recall in steps. Several classes:
 * each against the rest, those without a positive (or negative) row left out. */
socle_status sc_score_auc(double *out, const sc_scored *rows, const sc_score_options *o);
socle_status sc_score_average_precision(double *out, const sc_scored *rows,
                                        const sc_score_options *o);
/* Means over the columns. */
socle_status sc_score_r2(double *out, const sc_scored *rows, const sc_score_options *o);
socle_status sc_score_rmse(double *out, const sc_scored *rows, const sc_score_options *o);

/* What row `row` counts. */
static inline double sc_scored_weight(const sc_scored *rows, int64_t row) {
    const float *weight = rows->data[SC_COLLECTED_WEIGHT];
    return weight ? (double)weight[row / rows->weight_rows] : 1;
}

#endif
