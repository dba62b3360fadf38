/* SPDX-License-Identifier: Apache-2.0 */
/* Saliency: which pixels of a picture decide, by how much the score of the answer changes with each
 * (Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, 2013). The score is what
 * the network gives before a softmax. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>

/* Over the channels, the largest change. */
static void strengths(double *out, const float *gradient, int64_t channels, int64_t pixels) {
    for (int64_t p = 0; p < pixels; p++)
        for (int64_t c = 0; c < channels; c++)
            out[p] = fmax(out[p], fabs((double)gradient[c * pixels + p]));
}

static void draw(sc_figure *figure, const sc_view_model *model, const sc_column *column,
                 const double *value, const double *strength, int64_t answer, double share) {
    sc_grid picture = sc_view_picture_grid(column, value, 1);
    sc_grid map = picture;
    sc_view_name name;
    sc_view_names(&name, model->request);
    sc_figure_title(figure, "Saliency of %s: sample %lld of %s", name.text,
                    (long long)model->request->sample, sc_view_model_what(model));
    figure->across = 2;
    picture.across = map.across = 1;
    map.channels = 1;
    map.value = strength;
    map.colours = SC_SEQUENTIAL;
    map.low = 0, map.high = NAN;
    map.scale = "change of the score";
    sc_panel_tiles(sc_figure_panel(figure, "what it sees", NULL, NULL), &picture);
    sc_panel_tiles(sc_figure_panel(figure, "where it looks", NULL, NULL), &map);
    sc_figure_note(figure,
                   "the answer is %s with probability %.3g; light: where a pixel one step lighter "
                   "or darker changes the score of that answer most",
                   sc_view_class_name(model, answer).text, share);
}

static socle_status compute(sc_figure *figure, const sc_view_model *model,
                            const sc_dataset *sample) {
    const int input = sc_view_picture_input(model->net);
    const sc_column *column =
        sc_dataset_column(sample, sc_dataset_find(sample, model->net->input[input].name));
    const int64_t each = sc_column_elements(column), channels = column->shape.size[0];
    float *output = NULL, *work = NULL;
    double *value = NULL;
    int64_t size, answer = 0;
    SC_TRY(sc_view_model_outputs(model, model->net->output, sample, &output, &size));
    for (int64_t c = 1; c < size; c++)
        if (output[c] > output[answer]) answer = c;
    socle_status status = sc_allocate(model->env, &work, (size_t)(size + each), sizeof *work);
    if (status == SOCLE_OK)
        status = sc_allocate(model->env, &value, (size_t)(2 * each), sizeof *value);
    if (status == SOCLE_OK) {
        work[answer] = 1;
        status = sc_view_input_gradient(model, sample, input, work, work + size);
    }
    if (status == SOCLE_OK) {
        for (int64_t e = 0; e < each; e++) value[e] = sc_column_value(column, e);
        strengths(value + each, work + size, channels, each / channels);
        draw(figure, model, column, value, value + each, answer, (double)output[answer]);
    }
    sc_release(model->env, value);
    sc_release(model->env, work);
    sc_release(model->env, output);
    return status;
}

/* One row of scores for a picture. */
static socle_status suits(const sc_view_model *model) {
    const sc_tensor_desc *result = sc_net_desc(model->net, model->net->output);
    if (sc_view_picture_input(model->net) < 0)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "--what saliency shows pictures, and the inputs of %s are none",
                       model->path);
    if (result->rank == 2 && result->dim[1] > 1) return SOCLE_OK;
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: saliency is of networks that give one class per sample", model->path);
}

socle_status sc_view_saliency(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    sc_dataset *sample = NULL;
    SC_TRY(sc_view_model_open(&model, request, 0));
    socle_status status = suits(&model);
    if (status == SOCLE_OK) status = sc_view_model_data(&model, false);
    if (status == SOCLE_OK) status = sc_view_model_part(&model, request->sample, 1, &sample);
    if (status == SOCLE_OK) status = compute(figure, &model, sample);
    sc_dataset_destroy(sample);
    sc_view_model_close(&model);
    return status;
}
