/* SPDX-License-Identifier: Apache-2.0 */
/* Where samples come to lie in a layer of two units: a map that the network has made of them. */
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <string.h>

enum { STANDARD_POINTS = 1000 };

static bool is_plane(const sc_net *net, int node) {
    const sc_tensor_desc *desc = sc_net_desc(net, node);
    return desc->rank == 2 && desc->dim[1] == 2;
}

/* The layer that is named, or the last one of two units before the result. */
static socle_status find_layer(int *node, const sc_view_model *model) {
    const sc_net *net = model->net;
    const char *wish = model->request->layer;
    *node = wish ? sc_net_find(net, wish) : -1;
    for (int n = net->inputs; !wish && n < net->inputs + (int)net->layers; n++)
        if (n != net->output && is_plane(net, n)) *node = n;
    if (*node >= 0 && is_plane(net, *node)) return SOCLE_OK;
    if (wish)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "--layer: %s has no layer '%s' of two units", model->path, wish);
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: no layer before the result has two units, which a map could show",
                   model->path);
}

static socle_status add_class(sc_panel *panel, const sc_view_model *model,
                              const sc_view_answers *answers, const float *place, int class_number,
                              int64_t count) {
    double *number;
    size_t found = 0;
    SC_TRY(sc_allocate(model->env, &number, 2 * (size_t)count, sizeof *number));
    for (int64_t i = 0; i < count; i++) {
        if ((int)answers->truth[i] != class_number) continue;
        number[found] = (double)place[2 * answers->sample[i]];
        number[(size_t)count + found++] = (double)place[2 * answers->sample[i] + 1];
    }
    const sc_style style = {.colour = class_number,
                            .symbol = (class_number + class_number / SC_COLOURS) % 5};
    if (found)
        sc_panel_points(
            panel,
            sc_figure_word(panel->figure, "class %s", sc_view_class_name(model, class_number).text),
            style, found, number, number + count, NULL);
    sc_release(model->env, number);
    return SOCLE_OK;
}

static socle_status make(sc_figure *figure, const sc_view_model *model,
                         const sc_view_answers *answers) {
    const int64_t wish = model->request->count ? model->request->count : STANDARD_POINTS;
    const int64_t count = answers->count < wish ? answers->count : wish;
    float *place;
    int64_t size;
    int node;
    sc_view_name name;
    SC_TRY(find_layer(&node, model));
    SC_TRY(sc_view_model_outputs(model, node, model->dataset, &place, &size));
    const char *layer = model->net->layer[node - model->net->inputs].name;
    sc_view_names(&name, model->request);
    sc_figure_title(figure, "Where %s puts %s", name.text, sc_view_model_what(model));
    sc_panel *panel = sc_figure_panel(figure, NULL, NULL, NULL);
    panel->x.label = sc_figure_word(figure, "first unit of %s", layer);
    panel->y.label = sc_figure_word(figure, "second unit of %s", layer);
    panel->height = 0.9;
    panel->lines = 24;
    socle_status status = SOCLE_OK;
    for (int c = 0; status == SOCLE_OK && c < answers->classes; c++)
        status = add_class(panel, model, answers, place, c, count);
    if (count < answers->count)
        sc_figure_note(figure, "the first %lld of %lld samples", (long long)count,
                       (long long)answers->count);
    sc_release(model->env, place);
    return status;
}

socle_status sc_view_latent(sc_figure *figure, const sc_view_request *request) {
    return sc_view_with_answers(figure, request, make);
}
