/* SPDX-License-Identifier: Apache-2.0 */
/* What a layer looks for: the filters of a convolution, or the weights of each unit of a dense
 * layer that sees the pixels themselves. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

enum { STANDARD_COUNT = 64, ACROSS = 8 };

/* `count` times `channels` pictures that lie one behind the other. */
typedef struct bank {
    const sc_parameter *parameter;
    const float *value;
    int64_t count, channels, rows, columns;
    bool has_names; /* a filter has more channels than a picture: each is a tile of its own */
} bank;

static bool as_convolution(bank *out, const sc_parameter *weight) {
    const int64_t *dim = weight->desc.dim;
    if (weight->role != SC_PARAMETER_WEIGHT || weight->desc.rank != 4) return false;
    *out = (bank){.count = dim[0], .channels = dim[1], .rows = dim[2], .columns = dim[3]};
    return true;
}

/* A dense layer whose inputs are as many as the pixels of a picture that the network reads. */
static bool as_dense(bank *out, const sc_net *net, const sc_parameter *weight) {
    const int input = sc_view_picture_input(net);
    if (input < 0 || weight->role != SC_PARAMETER_WEIGHT || weight->desc.rank != 2) return false;
    const int64_t *dim = net->input[input].desc.dim;
    if (weight->desc.dim[1] != dim[1] * dim[2] * dim[3]) return false;
    *out =
        (bank){.count = weight->desc.dim[0], .channels = dim[1], .rows = dim[2], .columns = dim[3]};
    return true;
}

/* "conv2d1" of "conv2d1.weight" */
static bool is_of_layer(const sc_parameter *parameter, const char *layer) {
    const size_t length = strlen(layer);
    return strncmp(parameter->name, layer, length) == 0 && parameter->name[length] == '.' &&
           !strchr(parameter->name + length + 1, '.');
}

static socle_status find(bank *out, const sc_view_model *model) {
    const char *layer = model->request->layer;
    for (size_t p = 0; p < model->net->parameters; p++) {
        const sc_parameter *parameter = &model->net->parameter[p];
        if (layer && !is_of_layer(parameter, layer)) continue;
        if (!as_convolution(out, parameter) && !as_dense(out, model->net, parameter)) continue;
        out->parameter = parameter;
        out->value = model->parameter[p];
        if (out->channels == 1 || out->channels == 3) return SOCLE_OK;
        out->has_names = true;
        out->count *= out->channels;
        out->channels = 1;
        return SOCLE_OK;
    }
    if (layer)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "--layer: %s has no layer '%s' with filters; `socle summary` lists its "
                       "layers",
                       model->path, layer);
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: this network has no convolution, and no dense layer that sees a picture",
                   model->path);
}

static socle_status draw(sc_figure *figure, const sc_view_model *model, const bank *bank) {
    const int64_t most = model->request->count ? model->request->count : STANDARD_COUNT;
    const int64_t shown = bank->count < most ? bank->count : most;
    const int64_t each = bank->channels * bank->rows * bank->columns;
    double *value;
    SC_TRY(sc_allocate(model->env, &value, (size_t)(shown * each), sizeof *value));
    for (int64_t i = 0; i < shown * each; i++) value[i] = (double)bank->value[i];
    sc_grid grid = {.count = (int)shown,
                    .rows = (int)bank->rows,
                    .columns = (int)bank->columns,
                    .channels = (int)bank->channels,
                    .value = value,
                    .across = ACROSS,
                    .colours = SC_DIVERGING,
                    .low = NAN,
                    .high = NAN,
                    .scale = bank->channels == 1 ? "weight" : NULL};
    sc_panel_tiles(sc_figure_panel(figure, NULL, NULL, NULL), &grid);
    sc_release(model->env, value);
    sc_figure_note(figure, "%s: %lld of %lld filters%s of %lldx%lld%s", bank->parameter->name,
                   (long long)shown, (long long)bank->count,
                   bank->has_names ? " (one for each channel that they read)" : "",
                   (long long)bank->rows, (long long)bank->columns,
                   bank->channels == 3 ? ", their three channels as red, green and blue" : "");
    return SOCLE_OK;
}

socle_status sc_view_filters(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    sc_view_name name;
    bank bank = {0};
    SC_TRY(sc_view_model_open(&model, request, 0));
    sc_view_names(&name, request);
    socle_status status = find(&bank, &model);
    if (status == SOCLE_OK) {
        sc_figure_title(figure, "Filters of %s", name.text);
        status = draw(figure, &model, &bank);
    }
    sc_view_model_close(&model);
    return status;
}
