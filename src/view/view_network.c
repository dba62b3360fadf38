/* SPDX-License-Identifier: Apache-2.0 */
/* The network as a picture: a box per input and layer with its shape and parameters, and arrows for
 * what reads what. */
#include "plot/axis.h"
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <string.h>

enum { MOST_LAYERS = 120 };
static const double box_width = 0.62, aside = 0.42, row_height = 0.13, half_box = 0.22,
                    half_high_box = 0.36, beside = 0.1; /* parts of a row */

/* "[32, 14, 14]" of one sample. */
static void shape_text(char out[64], const sc_tensor_desc *desc) {
    size_t used = (size_t)snprintf(out, 64, "[");
    for (int d = 1; d < desc->rank && used < 48; d++)
        used += (size_t)snprintf(out + used, 64 - used, "%s%lld", d > 1 ? ", " : "",
                                 (long long)desc->dim[d]);
    snprintf(out + used, 64 - used, "]");
}

static int64_t trained(const sc_net *net, const sc_layer *layer) {
    int64_t sum = 0;
    for (int p = layer->first_parameter; p < layer->first_parameter + layer->parameters; p++)
        if (net->parameter[p].role != SC_PARAMETER_STATISTIC)
            sum += sc_tensor_elements(&net->parameter[p].desc);
    return sum;
}

/* Boxes of layers with parameters have a second line. */
static int64_t shown_parameters(const sc_net *net, int node) {
    const sc_layer *layer = node < net->inputs ? NULL : &net->layer[node - net->inputs];
    return layer && !layer->borrows ? trained(net, layer) : 0;
}

static double half_of(const sc_net *net, int node) {
    return shown_parameters(net, node) ? half_high_box : half_box;
}

static void add_box(sc_panel *panel, const sc_net *net, int node) {
    const sc_layer *layer = node < net->inputs ? NULL : &net->layer[node - net->inputs];
    const int64_t parameters = shown_parameters(net, node);
    const bool last = node == net->output;
    char shape[64], number[SC_TICK_TEXT];
    shape_text(shape, sc_net_desc(net, node));
    const char *text = sc_figure_word(
        panel->figure, parameters ? "%s   %s\n%s parameters" : "%s   %s",
        layer ? layer->name : net->input[node].name, shape, sc_count_text(number, parameters));
    const sc_style style = {.colour = !layer ? 2 : last ? 1 : parameters ? 0 : SC_COLOUR_GREY};
    sc_panel_box(panel, style, 0, node, box_width, text);
}

/* From the box above straight down; from another one around the boxes between, on the right, which
 * is left below its middle and entered above it. */
static void add_arrow(sc_panel *panel, const sc_net *net, int from, int to, int number) {
    const sc_style style = {.colour = SC_COLOUR_INK};
    if (to == from + 1) {
        sc_panel_arrow(panel, style, 0, from + half_of(net, from), 0, to - half_of(net, to));
        return;
    }
    const double x = aside + 0.025 * (number % 3);
    const double begin = from + beside, end = to - beside;
    const double way_x[] = {box_width / 2, x, x}, way_y[] = {begin, begin, end};
    sc_panel_line(panel, NULL, style, 3, way_x, way_y);
    sc_panel_arrow(panel, style, x, end, box_width / 2, end);
}

static socle_status draw(sc_figure *figure, const sc_view_model *model) {
    const sc_net *net = model->net;
    const int nodes = net->inputs + (int)net->layers;
    if (nodes > MOST_LAYERS)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "%s: a picture of %d layers is too high to be seen; %d are the most: "
                       "`socle summary` lists them",
                       model->path, nodes, MOST_LAYERS);
    sc_panel *panel = sc_figure_panel(figure, NULL, NULL, NULL);
    int around = 0;
    panel->x.hidden = true;
    panel->y.downward = true;
    panel->x.low = -0.5, panel->x.high = 0.5;
    panel->y.low = -0.5, panel->y.high = nodes - 0.5;
    panel->height = row_height * nodes;
    panel->lines = 3 * nodes;
    for (int l = 0; l < (int)net->layers; l++)
        for (int i = 0; i < net->layer[l].inputs; i++) {
            const int from = net->layer[l].input[i], to = net->inputs + l;
            add_arrow(panel, net, from, to, to == from + 1 ? 0 : around++);
        }
    for (int n = 0; n < nodes; n++) add_box(panel, net, n);
    sc_view_add_units(figure, model);
    const sc_loss_term *loss = sc_net_output_loss(net);
    char number[SC_TICK_TEXT];
    sc_figure_note(figure,
                   "%s parameters in all%s%s\nshapes are of one sample; green: what it reads, "
                   "blue: layers with parameters, orange: its result",
                   sc_count_text(number, sc_net_parameter_count(net)), loss ? ", loss " : "",
                   loss ? loss->kind->record.word : "");
    return SOCLE_OK;
}

socle_status sc_view_network(sc_figure *figure, const sc_view_request *request) {
    sc_view_model model;
    sc_view_name name;
    SC_TRY(sc_view_model_open(&model, request, 0));
    sc_view_names(&name, request);
    sc_figure_title(figure, "The network of %s", name.text);
    socle_status status = draw(figure, &model);
    sc_view_model_close(&model);
    return status;
}
