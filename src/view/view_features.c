/* SPDX-License-Identifier: Apache-2.0 */
/* What each layer makes of one sample: its feature maps, from the picture to the answer. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

enum { STANDARD_MAPS = 8, ACROSS = 8, LEAST_ACROSS = 4, MOST_LAYERS = 24, MOST_UNITS = 64 };

static socle_status add_picture(sc_figure *figure, const sc_view_model *model,
                                const sc_dataset *sample) {
    const sc_column *pictures = sc_view_pictures(model);
    const sc_column *column = sc_dataset_column(sample, sc_dataset_find(sample, pictures->name));
    const int64_t each = sc_column_elements(column);
    double *value;
    SC_TRY(sc_allocate(model->env, &value, (size_t)each, sizeof *value));
    for (int64_t e = 0; e < each; e++) value[e] = sc_column_value(column, e);
    sc_grid grid = sc_view_picture_grid(column, value, 1);
    grid.across = 3;
    sc_panel *panel = sc_figure_panel(figure, NULL, NULL, NULL);
    panel->title = sc_figure_word(figure, "sample %lld", (long long)model->request->sample);
    sc_panel_tiles(panel, &grid);
    sc_release(model->env, value);
    return SOCLE_OK;
}

static void add_maps(sc_figure *figure, const sc_view_model *model, const char *name,
                     const sc_tensor_desc *desc, const double *value) {
    const int64_t most = model->request->count ? model->request->count : STANDARD_MAPS;
    const int64_t shown = desc->dim[1] < most ? desc->dim[1] : most;
    const int64_t across = shown < LEAST_ACROSS ? LEAST_ACROSS : shown;
    const sc_grid grid = {.count = (int)shown,
                          .rows = (int)desc->dim[2],
                          .columns = (int)desc->dim[3],
                          .channels = 1,
                          .value = value,
                          .across = across < ACROSS ? (int)across : ACROSS,
                          .low = NAN,
                          .high = NAN};
    sc_panel *panel = sc_figure_panel(figure, NULL, NULL, NULL);
    const sc_mark *tiles = sc_panel_tiles(panel, &grid);
    panel->title = sc_figure_word(
        figure, "%s: %lld of %lld maps of %lldx%lld, from %.3g (dark) to %.3g (light)", name,
        (long long)shown, (long long)desc->dim[1], (long long)desc->dim[2], (long long)desc->dim[3],
        tiles->grid.low, tiles->grid.high);
}

static void add_units(sc_figure *figure, const char *name, const sc_tensor_desc *desc,
                      const double *value) {
    const int64_t shown = desc->dim[1] < MOST_UNITS ? desc->dim[1] : MOST_UNITS;
    double edge[MOST_UNITS + 1];
    for (int64_t i = 0; i <= shown; i++) edge[i] = (double)i - 0.5;
    sc_panel *panel = sc_figure_panel(figure, NULL, "unit", "output");
    panel->title = sc_figure_word(figure, "%s: %lld of %lld units", name, (long long)shown,
                                  (long long)desc->dim[1]);
    panel->x.whole = true;
    panel->height = 0.25;
    panel->lines = 6;
    sc_panel_bars(panel, NULL, (sc_style){0}, (size_t)shown, edge, value);
}

static socle_status add_layer(sc_figure *figure, const sc_view_model *model,
                              const sc_dataset *sample, int node, const char *name) {
    const sc_tensor_desc *desc = sc_net_desc(model->net, node);
    float *output;
    double *value;
    int64_t size;
    SC_TRY(sc_view_model_outputs(model, node, sample, &output, &size));
    socle_status status = sc_allocate(model->env, &value, (size_t)size, sizeof *value);
    for (int64_t i = 0; status == SOCLE_OK && i < size; i++) value[i] = (double)output[i];
    if (status == SOCLE_OK && desc->rank == 4) add_maps(figure, model, name, desc, value);
    if (status == SOCLE_OK && desc->rank == 2) add_units(figure, name, desc, value);
    sc_release(model->env, value);
    sc_release(model->env, output);
    return status;
}

/* What only lays values out anew, or leaves them as they are when nothing is trained, shows
 * nothing new. */
static bool says_something(const sc_layer *layer) {
    static const char *const silent[] = {"flatten", "reshape", "dropout"};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (strcmp(layer->kind->record.word, silent[i]) == 0) return false;
    return true;
}

/* Maps or units. */
static bool can_be_shown(const sc_net *net, int node) {
    const int rank = sc_net_desc(net, node)->rank;
    return rank == 4 || rank == 2;
}

static socle_status draw(sc_figure *figure, const sc_view_model *model, const sc_dataset *sample) {
    const sc_net *net = model->net;
    const char *wish = model->request->layer;
    int shown = 0;
    if (sc_view_picture_input(net) >= 0) SC_TRY(add_picture(figure, model, sample));
    for (size_t l = 0; l < net->layers && shown < MOST_LAYERS; l++) {
        const sc_layer *layer = &net->layer[l];
        if (wish ? strcmp(wish, layer->name) != 0 : !says_something(layer)) continue;
        if (!can_be_shown(net, net->inputs + (int)l)) continue;
        SC_TRY(add_layer(figure, model, sample, net->inputs + (int)l, layer->name));
        shown++;
    }
    if (shown) return SOCLE_OK;
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: has no layer%s%s of maps or units; `socle summary` lists its layers",
                   model->path, wish ? " " : "", wish ? wish : "");
}

socle_status sc_view_features(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    sc_dataset *sample = NULL;
    sc_view_name name;
    SC_TRY(sc_view_model_open(&model, request, 0));
    sc_view_names(&name, request);
    socle_status status = sc_view_model_data(&model, false);
    if (status == SOCLE_OK) status = sc_view_model_part(&model, request->sample, 1, &sample);
    if (status == SOCLE_OK) {
        sc_figure_title(figure, "What the layers of %s make of sample %lld of %s", name.text,
                        (long long)request->sample, sc_view_model_what(&model));
        status = draw(figure, &model, sample);
    }
    sc_dataset_destroy(sample);
    sc_view_model_close(&model);
    return status;
}
