/* SPDX-License-Identifier: Apache-2.0 */
/* See scoring.h: metrics that depend on the order of scores alone. One walk over the scores, the
 * highest first, serves both: rows of equal scores are passed together, so it does not matter in
 * which order they come. */
#include "nn/scoring.h"

#include <math.h>
#include <stdlib.h>

typedef struct ranked {
    float score;
    double positive, negative; /* weight on either side */
} ranked;

/* The highest first. */
static int compare(const void *a, const void *b) {
    const float x = ((const ranked *)a)->score, y = ((const ranked *)b)->score;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Both metrics; NaN: the rows do not determine it. */
typedef struct ranks {
    double area, precision, positive;
} ranks;

static ranks walk(ranked *row, int64_t count) {
    double positive = 0, negative = 0, area = 0, precision = 0;
    qsort(row, (size_t)count, sizeof *row, compare);
    for (int64_t i = 0, next; i < count; i = next) {
        double up = 0, down = 0;
        for (next = i; next < count && row[next].score == row[i].score; next++) {
            up += row[next].positive;
            down += row[next].negative;
        }
        area += down * (positive + up / 2);
        positive += up;
        negative += down;
        if (up > 0) precision += up * (positive / (positive + negative));
    }
    return (ranks){.area = positive > 0 && negative > 0 ? area / positive / negative : NAN,
                   .precision = positive > 0 ? precision / positive : NAN,
                   .positive = positive};
}

/* Class or column `c` of every row; *finite: no score is NaN. */
static int64_t take_column(ranked *out, const sc_scored *rows, int64_t c, bool *finite) {
    const int64_t width = rows->classes ? rows->classes : rows->columns;
    const float *target = rows->data[SC_COLLECTED_TARGET], *score = rows->data[SC_COLLECTED_SCORE];
    int64_t count = 0;
    for (int64_t row = 0; row < rows->rows; row++) {
        const double weight = sc_scored_weight(rows, row);
        const bool positive = rows->classes ? (int64_t)target[row] == c
                                            : (double)target[row * width + c] > rows->middle;
        if (weight == 0) continue;
        out[count++] =
            (ranked){score[row * width + c], positive ? weight : 0, positive ? 0 : weight};
        if (isnan(score[row * width + c])) *finite = false;
    }
    return count;
}

/* Columns to average over: [*first, *end). */
static void choose(const sc_scored *rows, const sc_score_options *options, int64_t *first,
                   int64_t *end) {
    *first = 0;
    *end = rows->classes ? rows->classes : rows->columns;
    if (!rows->classes && rows->columns == 1) return; /* of its upper side */
    if (options->class_number >= 0)
        *first = options->class_number;
    else if (rows->classes == 2 && options->average == SC_AVERAGE_STANDARD)
        *first = 1;
    else
        return;
    *end = *first + 1;
}

static double part_of(const ranks *r, bool area) {
    return area ? r->area : r->precision;
}

static double average(ranked *work, const sc_scored *rows, const sc_score_options *options,
                      bool area) {
    int64_t first, end, count = 0;
    bool finite = true;
    double sum = 0, whole = 0;
    choose(rows, options, &first, &end);
    if (options->average == SC_AVERAGE_MICRO) {
        for (int64_t c = first; c < end; c++) count += take_column(work + count, rows, c, &finite);
        const ranks all = walk(work, finite ? count : 0);
        return part_of(&all, area);
    }
    for (int64_t c = first; c < end && finite; c++) {
        count = take_column(work, rows, c, &finite);
        if (!finite) break;
        const ranks own = walk(work, count);
        const double value = part_of(&own, area),
                     weight = options->average == SC_AVERAGE_WEIGHTED ? own.positive : 1;
        if (isnan(value)) continue;
        sum += weight * value;
        whole += weight;
    }
    return finite && whole > 0 ? sum / whole : NAN;
}

static socle_status score(double *out, const sc_scored *rows, const sc_score_options *options,
                          bool area) {
    const int64_t width = rows->classes ? rows->classes : rows->columns;
    const int64_t each = options->average == SC_AVERAGE_MICRO ? width : 1;
    ranked *work;
    SC_TRY(sc_allocate(rows->env, &work, (size_t)(rows->rows * each), sizeof *work));
    *out = average(work, rows, options, area);
    sc_release(rows->env, work);
    return SOCLE_OK;
}

socle_status sc_score_auc(double *out, const sc_scored *rows, const sc_score_options *o) {
    return score(out, rows, o, true);
}

socle_status sc_score_average_precision(double *out, const sc_scored *rows,
                                        const sc_score_options *o) {
    return score(out, rows, o, false);
}
