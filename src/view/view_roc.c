/* SPDX-License-Identifier: Apache-2.0 */
/* How well the probability of a class tells its samples from the others, for every threshold: the
 * receiver operating characteristic, and precision over recall. Of several classes each against
 * the rest. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_CURVES = 14 /* as colours and dashes tell apart */, MOST_POINTS = 400 };

typedef struct row {
    float share;
    bool positive;
} row;

/* One class against the rest: places of both curves, one per threshold. */
typedef struct curve {
    int64_t points;
    double *false_share, *true_share; /* of the negative and of the positive samples, from 0, 0 */
    double *recall, *precision;       /* points - 1 of them */
    double area, average;             /* NaN: the samples do not determine it */
} curve;

static int compare(const void *left, const void *right) {
    const float a = ((const row *)left)->share, b = ((const row *)right)->share;
    return a < b ? 1 : a > b ? -1 : 0;
}

/* Rows of equal shares are passed together. */
static void walk(curve *out, const row *rows, int64_t count, int64_t positive) {
    int64_t yes = 0, no = 0;
    out->points = 1;
    out->false_share[0] = out->true_share[0] = 0;
    for (int64_t i = 0, next; i < count; i = next) {
        for (next = i; next < count && rows[next].share == rows[i].share; next++) {
            yes += rows[next].positive;
            no += !rows[next].positive;
        }
        out->false_share[out->points] = (double)no / (double)(count - positive);
        out->true_share[out->points] = (double)yes / (double)positive;
        out->recall[out->points - 1] = (double)yes / (double)positive;
        out->precision[out->points - 1] = (double)yes / (double)(yes + no);
        out->points++;
    }
}

/* Leaves each n-th point of many, and the last. */
static void thin(double *x, double *y, int64_t *points) {
    const int64_t step = *points / MOST_POINTS + 1;
    int64_t kept = 0;
    for (int64_t i = 0; i < *points; i++)
        if (i % step == 0 || i == *points - 1) {
            x[kept] = x[i];
            y[kept++] = y[i];
        }
    *points = kept;
}

static void add_curves(sc_panel *roc, sc_panel *recall, curve *curve, const char *word,
                       int number) {
    sc_figure *figure = roc->figure;
    const sc_style style = {.colour = number, .dash = number / SC_COLOURS};
    int64_t points = curve->points, later = curve->points - 1;
    thin(curve->false_share, curve->true_share, &points);
    thin(curve->recall, curve->precision, &later);
    sc_panel_line(roc, sc_figure_word(figure, "%s: area %.3f", word, curve->area), style,
                  (size_t)points, curve->false_share, curve->true_share);
    sc_panel_line(recall, sc_figure_word(figure, "%s: average %.3f", word, curve->average), style,
                  (size_t)later, curve->recall, curve->precision);
}

static sc_panel *add_panel(sc_figure *figure, const char *title, const char *x, const char *y) {
    sc_panel *panel = sc_figure_panel(figure, title, x, y);
    panel->x.low = panel->y.low = 0;
    panel->x.high = panel->y.high = 1;
    panel->height = 0.8;
    panel->lines = 20;
    return panel;
}

static socle_status draw_class(sc_panel *roc, sc_panel *recall, const sc_view_model *model,
                               const sc_view_answers *answers, int class_number, int number,
                               row *rows, curve *curve) {
    const sc_scored scored = sc_view_scored(answers);
    const sc_score_options options = {.class_number = class_number};
    int64_t positive = 0;
    for (int64_t i = 0; i < answers->count; i++) {
        rows[i] = (row){answers->share[i * answers->classes + class_number],
                        (int)answers->truth[i] == class_number};
        positive += rows[i].positive;
    }
    if (!positive || positive == answers->count) return SOCLE_OK;
    qsort(rows, (size_t)answers->count, sizeof *rows, compare);
    walk(curve, rows, answers->count, positive);
    SC_TRY(sc_score_auc(&curve->area, &scored, &options));
    SC_TRY(sc_score_average_precision(&curve->average, &scored, &options));
    add_curves(roc, recall, curve, sc_view_class_name(model, class_number).text, number);
    return SOCLE_OK;
}

static socle_status draw(sc_figure *figure, const sc_view_model *model,
                         const sc_view_answers *answers, row *rows, curve *curve) {
    static const double diagonal[] = {0, 1};
    const int classes = (int)answers->classes, first = classes == 2;
    const int end = classes > MOST_CURVES ? MOST_CURVES : classes;
    sc_view_name name;
    sc_view_names(&name, model->request);
    sc_figure_title(figure, "ROC and precision-recall curves of %s on %s", name.text,
                    sc_view_model_what(model));
    sc_panel *roc = add_panel(figure, "Receiver operating characteristic",
                              "false positives (share of the negative)", "true positives (share)");
    sc_panel *recall =
        add_panel(figure, "Precision and recall", "recall (share of the positive)", "precision");
    sc_panel_line(roc, "by chance", (sc_style){.colour = SC_COLOUR_GREY, .dash = 1}, 2, diagonal,
                  diagonal);
    for (int c = first; c < end; c++)
        SC_TRY(draw_class(roc, recall, model, answers, c, c - first, rows, curve));
    if (classes > end)
        sc_figure_note(figure, "the first %d of %d classes, each against all others", end, classes);
    else if (classes > 2)
        sc_figure_note(figure, "each class against all others");
    return SOCLE_OK;
}

static socle_status make(sc_figure *figure, const sc_view_model *model,
                         const sc_view_answers *answers) {
    const size_t count = (size_t)answers->count;
    curve curve = {0};
    row *rows;
    double *number = NULL;
    SC_TRY(sc_allocate(model->env, &rows, count, sizeof *rows));
    socle_status status = sc_allocate(model->env, &number, 4 * (count + 1), sizeof *number);
    if (status == SOCLE_OK) {
        curve.false_share = number;
        curve.true_share = number + count + 1;
        curve.recall = number + 2 * (count + 1);
        curve.precision = number + 3 * (count + 1);
        status = draw(figure, model, answers, rows, &curve);
    }
    sc_release(model->env, number);
    sc_release(model->env, rows);
    return status;
}

socle_status sc_view_roc(sc_figure *figure, const sc_view_request *request) {
    return sc_view_with_answers(figure, request, make);
}
