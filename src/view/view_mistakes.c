/* SPDX-License-Identifier: Apache-2.0 */
/* The worst mistakes as a gallery: pictures whose right class has the least probability. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <stdlib.h>

enum { STANDARD_COUNT = 12, ACROSS = 3 };

typedef struct mistake {
    int64_t number; /* among the answers */
    float share;    /* of the right class */
} mistake;

static int compare(const void *left, const void *right) {
    const mistake *a = left, *b = right;
    if (a->share != b->share) return a->share < b->share ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int64_t collect(mistake *out, const sc_view_answers *answers) {
    int64_t count = 0;
    for (int64_t i = 0; i < answers->count; i++)
        if (answers->answer[i] != answers->truth[i])
            out[count++] =
                (mistake){i, answers->share[i * answers->classes + (int)answers->truth[i]]};
    qsort(out, (size_t)count, sizeof *out, compare);
    return count;
}

static void add_tile(sc_figure *figure, const sc_view_model *model, const sc_view_answers *answers,
                     int64_t i, const char **text) {
    const float *share = answers->share + i * answers->classes;
    const int truth = (int)answers->truth[i], answer = (int)answers->answer[i];
    *text = sc_figure_word(figure, "is %s (%.1f %%)\ntaken for %s (%.1f %%)\nsample %lld",
                           sc_view_class_name(model, truth).text, 100 * (double)share[truth],
                           sc_view_class_name(model, answer).text, 100 * (double)share[answer],
                           (long long)answers->sample[i]);
}

static socle_status draw(sc_figure *figure, const sc_view_model *model,
                         const sc_view_answers *answers, const mistake *worst, int64_t count,
                         int64_t all) {
    const sc_column *column = sc_view_pictures(model);
    const int64_t each = sc_column_elements(column);
    double *value;
    const char **text = NULL;
    SC_TRY(sc_allocate(model->env, &value, (size_t)(count * each), sizeof *value));
    socle_status status = sc_allocate(model->env, &text, (size_t)count, sizeof *text);
    for (int64_t m = 0; status == SOCLE_OK && m < count; m++) {
        const int64_t sample = answers->sample[worst[m].number];
        for (int64_t e = 0; e < each; e++)
            value[m * each + e] = sc_column_value(column, sample * each + e);
        add_tile(figure, model, answers, worst[m].number, &text[m]);
    }
    if (status == SOCLE_OK) {
        sc_grid grid = sc_view_picture_grid(column, value, (int)count);
        sc_view_name name;
        sc_view_names(&name, model->request);
        grid.text = text;
        grid.across = ACROSS;
        sc_figure_title(figure, "Worst mistakes of %s on %s", name.text, sc_view_model_what(model));
        sc_panel_tiles(sc_figure_panel(figure, NULL, NULL, NULL), &grid);
        sc_figure_note(figure,
                       "%lld of %lld mistakes among %lld samples: those whose right class "
                       "has the least probability",
                       (long long)count, (long long)all, (long long)answers->count);
    }
    sc_release(model->env, text);
    sc_release(model->env, value);
    return status;
}

static socle_status make(sc_figure *figure, const sc_view_model *model,
                         const sc_view_answers *answers) {
    mistake *worst;
    if (!sc_view_pictures(model))
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "--what mistakes shows pictures, and the inputs of %s are none",
                       model->path);
    SC_TRY(sc_allocate(model->env, &worst, (size_t)answers->count, sizeof *worst));
    const int64_t all = collect(worst, answers);
    const int64_t most = model->request->count ? model->request->count : STANDARD_COUNT;
    socle_status status = all ? draw(figure, model, answers, worst, all < most ? all : most, all)
                              : sc_fail(model->env, SOCLE_STATUS_DATA,
                                        "%s: made no mistake on %s, so there is none to show",
                                        model->path, sc_view_model_what(model));
    sc_release(model->env, worst);
    return status;
}

socle_status sc_view_mistakes(sc_figure *figure, const sc_view_request *request) {
    return sc_view_with_answers(figure, request, make);
}
