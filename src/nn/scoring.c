/* SPDX-License-Identifier: Apache-2.0 */
/* See scoring.h: metrics of classes and of values. Sums are in doubles, row by row, so they do not
 * depend on how an evaluation was divided. */
#include "nn/scoring.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* One column with two sides is two classes. */
static bool is_binary(const sc_scored *rows) {
    return !rows->classes && rows->columns == 1;
}

int64_t sc_scored_classes(const sc_scored *rows) {
    return rows->classes ? rows->classes : is_binary(rows) ? 2 : rows->columns;
}

/* A label from outside is of no class. */
static int64_t label_of(const sc_scored *rows, int64_t row) {
    double label = (double)rows->data[SC_COLLECTED_TARGET][row];
    if (!rows->classes) return label > rows->middle;
    return label >= 0 && label < rows->classes ? (int64_t)label : -1;
}

static void count_labels(sc_class_counts *out, const sc_scored *rows) {
    const int64_t classes = sc_scored_classes(rows);
    for (int64_t row = 0; row < rows->rows; row++) {
        const double weight = sc_scored_weight(rows, row);
        const int64_t label = label_of(rows, row),
                      found = (int64_t)rows->data[SC_COLLECTED_CLASS][row];
        if (label < 0) continue;
        out[label].labelled += weight;
        if (found >= 0 && found < classes) out[found].predicted += weight;
        if (found == label) out[label].right += weight;
    }
}

static void count_columns(sc_class_counts *out, const sc_scored *rows) {
    const float *target = rows->data[SC_COLLECTED_TARGET], *found = rows->data[SC_COLLECTED_CLASS];
    for (int64_t row = 0; row < rows->rows; row++)
        for (int64_t c = 0; c < rows->columns; c++) {
            const double weight = sc_scored_weight(rows, row);
            const bool is = (double)target[row * rows->columns + c] > rows->middle,
                       predicted = found[row * rows->columns + c] > 0;
            out[c].labelled += is ? weight : 0;
            out[c].predicted += predicted ? weight : 0;
            out[c].right += is && predicted ? weight : 0;
        }
}

void sc_count_classes(sc_class_counts *out, const sc_scored *rows) {
    memset(out, 0, (size_t)sc_scored_classes(rows) * sizeof *out);
    (rows->classes || is_binary(rows) ? count_labels : count_columns)(out, rows);
}

void sc_confusion(double *out, const sc_scored *rows) {
    const int64_t classes = sc_scored_classes(rows);
    memset(out, 0, (size_t)(classes * classes) * sizeof *out);
    for (int64_t row = 0; row < rows->rows; row++) {
        const int64_t label = label_of(rows, row),
                      found = (int64_t)rows->data[SC_COLLECTED_CLASS][row];
        if (label >= 0 && found >= 0 && found < classes)
            out[label * classes + found] += sc_scored_weight(rows, row);
    }
}

static double ratio(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

double sc_class_precision(const sc_class_counts *counts) {
    return ratio(counts->right, counts->predicted);
}

double sc_class_recall(const sc_class_counts *counts) {
    return ratio(counts->right, counts->labelled);
}

double sc_class_f1(const sc_class_counts *counts) {
    return ratio(2 * counts->right, counts->predicted + counts->labelled);
}

/* A class that neither labels nor predictions have is not there; a column always is. */
static bool is_there(const sc_scored *rows, const sc_class_counts *counts) {
    return (!rows->classes && !is_binary(rows)) || counts->labelled > 0 || counts->predicted > 0;
}

static double average(const sc_scored *rows, const sc_class_counts *counts,
                      const sc_score_options *options, double (*of)(const sc_class_counts *)) {
    const int64_t classes = sc_scored_classes(rows);
    sc_class_counts all = {0};
    double sum = 0, whole = 0;
    if (options->class_number >= 0) return of(&counts[options->class_number]);
    if (options->average == SC_AVERAGE_STANDARD && (rows->classes == 2 || is_binary(rows)))
        return of(&counts[1]);
    for (int64_t c = 0; c < classes; c++) {
        const double weight = options->average == SC_AVERAGE_WEIGHTED ? counts[c].labelled
                              : is_there(rows, &counts[c])            ? 1
                                                                      : 0;
        sum += weight * of(&counts[c]);
        whole += weight;
        all.right += counts[c].right;
        all.predicted += counts[c].predicted;
        all.labelled += counts[c].labelled;
    }
    return options->average == SC_AVERAGE_MICRO ? of(&all) : ratio(sum, whole);
}

static socle_status allocate_counts(sc_class_counts **out, const sc_scored *rows) {
    SC_TRY(sc_allocate(rows->env, out, (size_t)sc_scored_classes(rows), sizeof **out));
    sc_count_classes(*out, rows);
    return SOCLE_OK;
}

static socle_status score_average(double *out, const sc_scored *rows,
                                  const sc_score_options *options,
                                  double (*of)(const sc_class_counts *)) {
    sc_class_counts *counts;
    SC_TRY(allocate_counts(&counts, rows));
    *out = average(rows, counts, options, of);
    sc_release(rows->env, counts);
    return SOCLE_OK;
}

socle_status sc_score_precision(double *out, const sc_scored *rows, const sc_score_options *o) {
    return score_average(out, rows, o, sc_class_precision);
}

socle_status sc_score_recall(double *out, const sc_scored *rows, const sc_score_options *o) {
    return score_average(out, rows, o, sc_class_recall);
}

socle_status sc_score_f1(double *out, const sc_scored *rows, const sc_score_options *o) {
    return score_average(out, rows, o, sc_class_f1);
}

/* Sums over the classes, with what would agree by chance, and the squares of both sides. */
typedef struct agreement {
    double all, right, chance, predicted, labelled;
} agreement;

static socle_status find_agreement(agreement *out, const sc_scored *rows) {
    sc_class_counts *counts;
    SC_TRY(allocate_counts(&counts, rows));
    *out = (agreement){0};
    for (int64_t c = 0; c < sc_scored_classes(rows); c++) {
        out->all += counts[c].labelled;
        out->right += counts[c].right;
        out->chance += counts[c].labelled * counts[c].predicted;
        out->labelled += counts[c].labelled * counts[c].labelled;
        out->predicted += counts[c].predicted * counts[c].predicted;
    }
    sc_release(rows->env, counts);
    return SOCLE_OK;
}

socle_status sc_score_kappa(double *out, const sc_scored *rows, const sc_score_options *o) {
    agreement a;
    (void)o;
    SC_TRY(find_agreement(&a, rows));
    const double square = a.all * a.all;
    *out = square > a.chance ? (a.right * a.all - a.chance) / (square - a.chance) : NAN;
    return SOCLE_OK;
}

socle_status sc_score_matthews(double *out, const sc_scored *rows, const sc_score_options *o) {
    agreement a;
    (void)o;
    SC_TRY(find_agreement(&a, rows));
    const double square = a.all * a.all, spread = (square - a.predicted) * (square - a.labelled);
    *out = spread > 0 ? (a.right * a.all - a.chance) / sqrt(spread) : 0;
    return SOCLE_OK;
}

/* Minus the logarithm of a probability that is a float: as far from 0 and 1 as those are apart. */
static double surprise(double probability) {
    if (isnan(probability)) return NAN;
    return -log(fmin(fmax(probability, (double)FLT_EPSILON), 1 - (double)FLT_EPSILON));
}

socle_status sc_score_log_loss(double *out, const sc_scored *rows, const sc_score_options *o) {
    const float *score = rows->data[SC_COLLECTED_SCORE];
    double sum = 0, whole = 0;
    (void)o;
    for (int64_t row = 0; row < rows->rows; row++) {
        const double weight = sc_scored_weight(rows, row);
        const float *own = score + row * (rows->classes ? rows->classes : rows->columns);
        const int64_t label = rows->classes ? label_of(rows, row) : -1;
        if (weight == 0) continue;
        for (int64_t c = 0; !rows->classes && c < rows->columns; c++) {
            const bool is =
                (double)rows->data[SC_COLLECTED_TARGET][row * rows->columns + c] > rows->middle;
            sum += weight * surprise(is ? (double)own[c] : 1 - (double)own[c]);
            whole += weight;
        }
        if (label < 0) continue;
        sum += weight * surprise((double)own[label]);
        whole += weight;
    }
    *out = whole > 0 ? sum / whole : NAN;
    return SOCLE_OK;
}

/* Of one column: sums of squares of errors, and of distances from the mean target. */
typedef struct moments {
    double weight, errors, spread;
} moments;

static moments column_moments(const sc_scored *rows, int64_t column) {
    const float *target = rows->data[SC_COLLECTED_TARGET], *value = rows->data[SC_COLLECTED_SCORE];
    moments m = {0};
    double sum = 0;
    for (int64_t row = 0; row < rows->rows; row++) {
        const double weight = sc_scored_weight(rows, row);
        if (weight == 0) continue;
        sum += weight * (double)target[row * rows->columns + column];
        m.weight += weight;
    }
    for (int64_t row = 0; row < rows->rows; row++) {
        const double weight = sc_scored_weight(rows, row);
        if (weight == 0) continue;
        const double y = (double)target[row * rows->columns + column],
                     error = y - (double)value[row * rows->columns + column],
                     apart = y - sum / m.weight;
        m.errors += weight * error * error;
        m.spread += weight * apart * apart;
    }
    return m;
}

/* Of a constant target it is 1 where all is right, else 0. */
socle_status sc_score_r2(double *out, const sc_scored *rows, const sc_score_options *o) {
    double sum = rows->rows > 1 ? 0 : NAN;
    (void)o;
    for (int64_t c = 0; c < rows->columns; c++) {
        const moments m = column_moments(rows, c);
        if (isnan(m.errors) || m.weight <= 0)
            sum = NAN;
        else if (m.spread > 0)
            sum += 1 - m.errors / m.spread;
        else
            sum += m.errors > 0 ? 0 : 1;
    }
    *out = sum / (double)rows->columns;
    return SOCLE_OK;
}

socle_status sc_score_rmse(double *out, const sc_scored *rows, const sc_score_options *o) {
    double sum = 0;
    (void)o;
    for (int64_t c = 0; c < rows->columns; c++) {
        const moments m = column_moments(rows, c);
        sum += m.weight > 0 ? sqrt(m.errors / m.weight) : NAN;
    }
    *out = sum / (double)rows->columns;
    return SOCLE_OK;
}

/* The probability of the class that a row is taken for; NaN: it is taken for none. */
static double sureness(const sc_scored *rows, int64_t row) {
    const double found = (double)rows->data[SC_COLLECTED_CLASS][row];
    const float *score = rows->data[SC_COLLECTED_SCORE];
    if (!(found >= 0)) return NAN;
    if (rows->classes) return (double)score[row * rows->classes + (int64_t)found];
    return found > 0 ? (double)score[row] : 1 - (double)score[row];
}

socle_status sc_score_calibration_error(double *out, const sc_scored *rows,
                                        const sc_score_options *o) {
    enum { BINS = 10 };
    double right[BINS] = {0}, sure[BINS] = {0}, whole = 0, sum = 0;
    (void)o;
    for (int64_t row = 0; row < rows->rows; row++) {
        const double weight = sc_scored_weight(rows, row), share = sureness(rows, row);
        if (weight == 0) continue;
        const int bin = (int)ceil(share * BINS) - 1;
        const int at = !(bin > 0) ? 0 : bin < BINS ? bin : BINS - 1;
        whole += weight;
        sure[at] += weight * share;
        if (label_of(rows, row) == (int64_t)rows->data[SC_COLLECTED_CLASS][row])
            right[at] += weight;
    }
    for (int b = 0; b < BINS; b++) sum += fabs(right[b] - sure[b]);
    *out = whole > 0 ? sum / whole : NAN;
    return SOCLE_OK;
}
