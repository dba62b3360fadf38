/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures that excite the units of a layer most: from grey, along the gradient of a unit's
 * output by the pixels (Erhan et al., Visualizing Higher-Layer Features of a Deep Network, 2009).
 * Of a layer of maps, the sum over a map. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

enum { STANDARD_COUNT = 12, ACROSS = 3, STEPS = 40 };
static const double steps_a_pixel = 0.01; /* of the range of a pixel, in the mean */

typedef struct wish {
    int node, input;
    int64_t units, each; /* outputs of a unit: 1, or the places of a map */
} wish;

static socle_status find(wish *out, const sc_view_model *model) {
    const sc_net *net = model->net;
    const char *layer = model->request->layer;
    out->input = sc_view_picture_input(net);
    out->node = layer ? sc_net_find(net, layer) : net->output;
    if (out->input < 0)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "--what excites shows pictures, and the inputs of %s are none", model->path);
    if (out->node < net->inputs)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "--layer: %s has no layer '%s'; `socle summary` lists its layers",
                       model->path, layer);
    const sc_tensor_desc *desc = sc_net_desc(net, out->node);
    if (desc->rank < 2 || !sc_net_reads_inputs(net, out->node))
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "%s: this layer has no units that a "
                       "picture excites",
                       model->path);
    out->units = desc->dim[1];
    out->each = sc_tensor_elements_at(desc, 1) / out->units;
    return SOCLE_OK;
}

static socle_status excite(const sc_view_model *model, const wish *wish, const sc_dataset *sample,
                           int64_t unit, float *work, double *out) {
    const sc_tensor_desc *desc = &model->net->input[wish->input].desc;
    const bool bytes = desc->dtype == SOCLE_U8;
    const size_t pixels = (size_t)sc_tensor_elements_at(desc, 1);
    const double most = bytes ? 255 : 1;
    float *gradient = work + pixels, *seed = work + 2 * pixels;
    for (size_t e = 0; e < pixels; e++) work[e] = (float)(most / 2);
    memset(seed, 0, (size_t)(wish->units * wish->each) * sizeof *seed);
    for (int64_t i = 0; i < wish->each; i++) seed[unit * wish->each + i] = 1;
    const sc_view_ascent ascent = {.node = wish->node,
                                   .input = wish->input,
                                   .seed = seed,
                                   .x = work,
                                   .steps = STEPS,
                                   .least = 0,
                                   .most = most,
                                   .length = steps_a_pixel * most * sqrt((double)pixels)};
    SC_TRY(sc_view_ascend(model, sample, &ascent, gradient));
    for (size_t e = 0; e < pixels; e++) out[e] = (double)work[e];
    return SOCLE_OK;
}

static socle_status draw(sc_figure *figure, const sc_view_model *model, const wish *wish,
                         const sc_column *column, const double *value, int64_t count) {
    const sc_net *net = model->net;
    const bool result = wish->node == net->output && sc_net_classes(net) > 0;
    const char **text;
    sc_view_name name;
    SC_TRY(sc_allocate(model->env, &text, (size_t)count, sizeof *text));
    for (int64_t i = 0; i < count; i++)
        text[i] = result ? sc_figure_word(figure, "class %s", sc_view_class_name(model, i).text)
                         : sc_figure_word(figure, "unit %lld", (long long)i);
    sc_grid grid = sc_view_picture_grid(column, value, (int)count);
    grid.text = text;
    grid.across = ACROSS;
    sc_view_names(&name, model->request);
    sc_figure_title(figure, "What excites %s of %s", net->layer[wish->node - net->inputs].name,
                    name.text);
    sc_panel_tiles(sc_figure_panel(figure, NULL, NULL, NULL), &grid);
    sc_figure_note(figure,
                   "%lld of %lld units: the picture after %d steps along the gradient of a "
                   "unit's output, from grey",
                   (long long)count, (long long)wish->units, STEPS);
    sc_release(model->env, text);
    return SOCLE_OK;
}

static socle_status compute(sc_figure *figure, const sc_view_model *model, const wish *wish,
                            const sc_dataset *sample) {
    const sc_column *column = sc_view_pictures(model);
    const int64_t pixels = sc_column_elements(column);
    const int64_t most = model->request->count ? model->request->count : STANDARD_COUNT;
    const int64_t count = wish->units < most ? wish->units : most;
    float *work = NULL;
    double *value;
    SC_TRY(sc_allocate(model->env, &value, (size_t)(count * pixels), sizeof *value));
    socle_status status = sc_allocate(
        model->env, &work, (size_t)(2 * pixels + wish->units * wish->each), sizeof *work);
    for (int64_t u = 0; status == SOCLE_OK && u < count; u++)
        status = excite(model, wish, sample, u, work, value + u * pixels);
    if (status == SOCLE_OK) status = draw(figure, model, wish, column, value, count);
    sc_release(model->env, work);
    sc_release(model->env, value);
    return status;
}

socle_status sc_view_excites(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    sc_dataset *sample = NULL;
    wish wish = {0};
    SC_TRY(sc_view_model_open(&model, request, 0));
    socle_status status = find(&wish, &model);
    if (status == SOCLE_OK) status = sc_view_model_data(&model, false);
    if (status == SOCLE_OK) status = sc_view_model_part(&model, 0, 1, &sample);
    if (status == SOCLE_OK) status = compute(figure, &model, &wish, sample);
    sc_dataset_destroy(sample);
    sc_view_model_close(&model);
    return status;
}
