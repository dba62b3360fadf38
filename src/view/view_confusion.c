/* SPDX-License-Identifier: Apache-2.0 */
/* The confusion matrix: of the samples of each class, how many were taken for which. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

enum { MOST_CLASSES = 1000 };

typedef struct matrix {
    sc_env *env;
    int classes;
    double *count;     /* row: the right class; column: the answer */
    double *share;     /* of its row */
    const char **text; /* of each cell; empty where nothing is */
    const char **word;
} matrix;

static void fill(matrix *matrix, const sc_view_model *model, sc_figure *figure) {
    const int classes = matrix->classes;
    for (int r = 0; r < classes; r++) {
        double sum = 0;
        for (int c = 0; c < classes; c++) sum += matrix->count[r * classes + c];
        matrix->word[r] = sc_figure_word(figure, "%s", sc_view_class_name(model, r).text);
        for (int c = 0; c < classes; c++) {
            const double n = matrix->count[r * classes + c];
            matrix->share[r * classes + c] = sum > 0 ? n / sum : NAN;
            matrix->text[r * classes + c] = n > 0 ? sc_figure_word(figure, "%.0f", n) : "";
        }
    }
}

static void draw(sc_figure *figure, const sc_view_model *model, const matrix *matrix,
                 int64_t samples) {
    const int classes = matrix->classes;
    const sc_grid grid = {.count = 1,
                          .rows = classes,
                          .columns = classes,
                          .channels = 1,
                          .value = matrix->share,
                          .text = matrix->text,
                          .left = -0.5,
                          .right = classes - 0.5,
                          .top = -0.5,
                          .bottom = classes - 0.5,
                          .low = 0,
                          .high = 1,
                          .scale = "share of the samples of the class"};
    double right = 0, worst = 0;
    int from = 0, to = 0;
    for (int r = 0; r < classes; r++)
        for (int c = 0; c < classes; c++) {
            const double n = matrix->count[r * classes + c];
            if (r == c) right += n;
            if (r != c && n > worst) worst = n, from = r, to = c;
        }
    sc_view_name name;
    sc_view_names(&name, model->request);
    sc_figure_title(figure, "Confusion matrix of %s on %s", name.text, sc_view_model_what(model));
    sc_panel *panel = sc_figure_panel(figure, NULL, "answer of the network", "right class");
    sc_panel_words(panel, &panel->x, matrix->word, classes);
    sc_panel_words(panel, &panel->y, matrix->word, classes);
    panel->y.downward = true;
    panel->height = 1;
    sc_panel_heat(panel, &grid);
    sc_text note;
    sc_text_init(&note, model->env);
    sc_text_add(&note, "%.0f of %lld right (%.2f %%)", right, (long long)samples,
                100 * right / (double)samples);
    if (worst > 0)
        sc_text_add(&note, "\nmost often: %s taken for %s, %.0f times", matrix->word[from],
                    matrix->word[to], worst);
    sc_figure_note(figure, "%s", note.data);
    sc_text_free(&note);
}

static socle_status make(sc_figure *figure, const sc_view_model *model,
                         const sc_view_answers *answers) {
    matrix matrix = {.env = model->env, .classes = (int)answers->classes};
    const size_t classes = (size_t)answers->classes, cells = classes * classes;
    if (answers->classes > MOST_CLASSES)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "a confusion matrix of %lld classes is too large to be seen; %d are the "
                       "most",
                       (long long)answers->classes, MOST_CLASSES);
    socle_status status = sc_allocate(model->env, &matrix.count, cells, sizeof *matrix.count);
    if (status == SOCLE_OK)
        status = sc_allocate(model->env, &matrix.share, cells, sizeof *matrix.share);
    if (status == SOCLE_OK)
        status = sc_allocate(model->env, &matrix.text, cells, sizeof *matrix.text);
    if (status == SOCLE_OK)
        status = sc_allocate(model->env, &matrix.word, classes, sizeof *matrix.word);
    if (status == SOCLE_OK) {
        const sc_scored rows = sc_view_scored(answers);
        sc_confusion(matrix.count, &rows);
        fill(&matrix, model, figure);
        draw(figure, model, &matrix, answers->count);
    }
    sc_release(model->env, matrix.count);
    sc_release(model->env, matrix.share);
    sc_release(model->env, matrix.text);
    sc_release(model->env, matrix.word);
    return status;
}

socle_status sc_view_confusion(sc_figure *figure, const sc_view_request *request) {
    return sc_view_with_answers(figure, request, make);
}
