/* SPDX-License-Identifier: Apache-2.0 */
/* How little it takes to mislead a network: a picture, what is added to it, and the picture that
 * comes of it, with the answer to both (Goodfellow, Shlens and Szegedy 2015). */
#include "view/view_attack.h"
#include "view/view_list.h"
#include "view/view_run.h"

#include <math.h>

/* What the network says of one picture. */
typedef struct answer {
    int64_t class;
    double share;
} answer;

static socle_status ask(answer *out, const sc_view_model *model, const sc_dataset *sample) {
    float *output;
    int64_t size;
    SC_TRY(sc_view_model_outputs(model, model->net->output, sample, &output, &size));
    out->class = 0;
    for (int64_t c = 1; c < size; c++)
        if (output[c] > output[out->class]) out->class = c;
    out->share = (double)output[out->class];
    sc_release(model->env, output);
    return SOCLE_OK;
}

static void add_picture(sc_figure *figure, const sc_view_model *model, const sc_column *column,
                        const double *value, const char *what, const answer *answer) {
    sc_grid grid = sc_view_picture_grid(column, value, 1);
    const char *title = sc_figure_word(
        figure, "%s: %s, %.3g", what, sc_view_class_name(model, answer->class).text, answer->share);
    grid.across = 1;
    sc_panel_tiles(sc_figure_panel(figure, title, NULL, NULL), &grid);
}

static void add_noise(sc_figure *figure, const sc_column *column, const double *sign,
                      double epsilon) {
    sc_grid grid = sc_view_picture_grid(column, sign, 1);
    grid.across = 1;
    grid.low = -1, grid.high = 1;
    if (grid.channels == 1) grid.colours = SC_DIVERGING;
    sc_panel_tiles(
        sc_figure_panel(figure, sc_figure_word(figure, "noise: %g x sign", epsilon), NULL, NULL),
        &grid);
}

static void draw(sc_figure *figure, const sc_view_model *model, const sc_column *column,
                 const double *value, const answer answers[2]) {
    const int64_t each = sc_column_elements(column);
    const sc_view_request *request = model->request;
    sc_view_name name;
    sc_view_names(&name, request);
    sc_figure_title(figure, "How %s is misled: sample %lld of %s", name.text,
                    (long long)request->sample, sc_view_model_what(model));
    figure->across = 3;
    add_picture(figure, model, column, value, "picture", &answers[0]);
    add_noise(figure, column, value + each, request->epsilon);
    add_picture(figure, model, column, value + 2 * each, "result", &answers[1]);
    sc_figure_note(figure,
                   "each pixel is moved by %g (of 1 from black to white) towards a larger loss; "
                   "%s",
                   request->epsilon,
                   answers[0].class == answers[1].class ? "the answer stays"
                                                        : "the answer is another one");
}

static socle_status compute(sc_figure *figure, const sc_view_model *model, const sc_dataset *sample,
                            int input, double *value, float *sign) {
    const char *name = model->net->input[input].name;
    const sc_column *column = sc_dataset_column(sample, sc_dataset_find(sample, name));
    const int64_t each = sc_column_elements(column);
    sc_dataset *before = NULL, *after = NULL;
    answer answers[2];
    SC_TRY(sc_view_attack_signs(model, sample, input, sign));
    socle_status status = sc_view_attacked(&before, model, sample, input, sign, 0);
    if (status == SOCLE_OK)
        status = sc_view_attacked(&after, model, sample, input, sign, model->request->epsilon);
    if (status == SOCLE_OK) status = ask(&answers[0], model, before);
    if (status == SOCLE_OK) status = ask(&answers[1], model, after);
    if (status == SOCLE_OK) {
        const sc_column *moved = sc_dataset_column(after, sc_dataset_find(after, name));
        for (int64_t e = 0; e < each; e++) {
            value[e] = sc_column_value(column, e);
            value[each + e] = (double)sign[e];
            value[2 * each + e] = sc_column_value(moved, e);
        }
        draw(figure, model, column, value, answers);
    }
    sc_dataset_destroy(after);
    sc_dataset_destroy(before);
    return status;
}

static socle_status suits(const sc_view_model *model) {
    const sc_tensor_desc *result = sc_net_desc(model->net, model->net->output);
    if (sc_view_picture_input(model->net) != 0)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "--what adversarial shows pictures, and the first input of %s is none",
                       model->path);
    if (result->rank == 2 && result->dim[1] > 1) return SOCLE_OK;
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: adversarial is of networks that give one class per sample", model->path);
}

static socle_status show(sc_figure *figure, sc_view_model *model) {
    sc_dataset *sample = NULL;
    double *value = NULL;
    float *sign = NULL;
    int input;
    SC_TRY(suits(model));
    SC_TRY(sc_view_model_data(model, true));
    SC_TRY(sc_view_attack_begin(model, &input));
    SC_TRY(sc_view_model_part(model, model->request->sample, 1, &sample));
    const size_t each = (size_t)sc_tensor_elements_at(&model->net->input[input].desc, 1);
    socle_status status = sc_allocate(model->env, &value, 3 * each, sizeof *value);
    if (status == SOCLE_OK) status = sc_allocate(model->env, &sign, each, sizeof *sign);
    if (status == SOCLE_OK) status = compute(figure, model, sample, input, value, sign);
    sc_release(model->env, sign);
    sc_release(model->env, value);
    sc_dataset_destroy(sample);
    return status;
}

socle_status sc_view_adversarial(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    SC_TRY(sc_view_model_open(&model, request, 0));
    socle_status status = show(figure, &model);
    sc_view_model_close(&model);
    return status;
}
