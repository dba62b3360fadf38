/* SPDX-License-Identifier: Apache-2.0 */
/* A small network of dense layers, unit by unit: a box per unit with its bias, a line per weight,
 * the wider the larger, and its number where there are few. */
#include "view/view_list.h"
#include "view/view_model.h"

#include <math.h>
#include <string.h>

enum { MOST_UNITS = 12, MOST_COLUMNS = 6, MOST_NUMBERS = 24, WORD = 24 };
static const double box_width = 0.34, unit_height = 0.13;

typedef struct column {
    int units;
    const sc_layer *layer; /* NULL: the inputs */
    const char *function;  /* the activation behind it; NULL: none */
} column;

typedef struct drawing {
    const sc_view_model *model;
    sc_panel *panel;
    column column[MOST_COLUMNS];
    int columns, most; /* units of the largest */
    double largest;    /* size of a weight */
    int weights;
} drawing;

static bool add_column(drawing *drawing, const sc_layer *layer, int64_t units) {
    if (drawing->columns == MOST_COLUMNS || units > MOST_UNITS) return false;
    drawing->column[drawing->columns++] = (column){(int)units, layer, NULL};
    drawing->most = (int)fmax(drawing->most, (double)units);
    return true;
}

/* False: it is no chain of small dense layers and what goes with them. */
static bool read_net(drawing *drawing, const sc_net *net) {
    if (net->inputs != 1 || net->networks ||
        !add_column(drawing, NULL, sc_tensor_elements_at(&net->input[0].desc, 1)))
        return false;
    for (size_t l = 0; l < net->layers; l++) {
        const sc_layer *layer = &net->layer[l];
        const char *kind = layer->kind->record.word;
        if (layer->inputs != 1 || layer->input[0] != (int)l) return false; /* no chain */
        if (strcmp(kind, "dense") == 0) {
            if (!add_column(drawing, layer, layer->options.units)) return false;
        } else if (strcmp(kind, "activation") == 0) {
            drawing->column[drawing->columns - 1].function = layer->options.function;
        } else if (strcmp(kind, "flatten") != 0 && strcmp(kind, "dropout") != 0) {
            return false;
        }
    }
    return drawing->columns > 1;
}

static double place_of(const column *column, int unit) {
    return unit - (column->units - 1) / 2.0;
}

static const float *weights_of(const drawing *drawing, int c) {
    return drawing->model->parameter[drawing->column[c].layer->first_parameter];
}

static void find_largest(drawing *drawing) {
    for (int c = 1; c < drawing->columns; c++) {
        const int count = drawing->column[c].units * drawing->column[c - 1].units;
        for (int i = 0; i < count; i++)
            drawing->largest = fmax(drawing->largest, fabs((double)weights_of(drawing, c)[i]));
        drawing->weights += count;
    }
}

static void add_weight(const drawing *drawing, int c, int to, int from) {
    const column *right = &drawing->column[c], *left = right - 1;
    const double value = (double)weights_of(drawing, c)[to * left->units + from];
    const double x[2] = {c - 1 + box_width / 2, c - box_width / 2};
    const double y[2] = {place_of(left, from), place_of(right, to)};
    const bool up = value > 0;
    const double part = drawing->largest > 0 ? fabs(value) / drawing->largest : 0;
    const sc_style style = {.colour = up, .dash = !up, .width = 30 + (int)lrint(200 * part)};
    sc_panel_line(drawing->panel, up ? "positive weight" : "negative weight", style, 2, x, y);
}

/* Nearer to the left, at another place for each line, so that they do not meet. */
static void add_number(const drawing *drawing, int c, int to, int from) {
    const column *right = &drawing->column[c], *left = right - 1;
    const double way = right->units > 1 ? 0.25 + 0.5 * to / (right->units - 1) : 0.4;
    const double x[2] = {c - 1 + box_width / 2, c - box_width / 2};
    const double y[2] = {place_of(left, from), place_of(right, to)};
    char text[WORD];
    snprintf(text, sizeof text, "%.2f", (double)weights_of(drawing, c)[to * left->units + from]);
    sc_panel_label(drawing->panel, (sc_style){.colour = SC_COLOUR_INK, .backed = true},
                   x[0] + way * (x[1] - x[0]), y[0] + way * (y[1] - y[0]), text);
}

static void add_unit(const drawing *drawing, int c, int unit) {
    const column *column = &drawing->column[c];
    const bool last = c == drawing->columns - 1;
    char text[128];
    if (!column->layer)
        snprintf(text, sizeof text, "%s", sc_view_input_of(drawing->model, unit).name);
    else if (column->layer->parameters > 1)
        snprintf(text, sizeof text, "%.2f",
                 (double)drawing->model->parameter[column->layer->first_parameter + 1][unit]);
    else
        snprintf(text, sizeof text, "no bias");
    sc_panel_box(drawing->panel,
                 (sc_style){.colour = !column->layer ? 2
                                      : last         ? 1
                                                     : 0},
                 c, place_of(column, unit), box_width, text);
}

static void add_title(const drawing *drawing, int c) {
    const column *column = &drawing->column[c];
    char text[128];
    snprintf(text, sizeof text, "%s%s%s", column->layer ? column->layer->name : "input",
             column->function ? "\n" : "", column->function ? column->function : "");
    sc_panel_label(drawing->panel, (sc_style){.colour = SC_COLOUR_INK}, c,
                   -drawing->most / 2.0 - 0.35, text);
}

void sc_view_add_units(sc_figure *figure, const sc_view_model *model) {
    drawing drawing = {.model = model};
    if (!read_net(&drawing, model->net)) return;
    find_largest(&drawing);
    sc_panel *panel = sc_figure_panel(
        figure, "Its units: the bias in each box, a line for each weight, the wider the larger",
        NULL, NULL);
    drawing.panel = panel;
    panel->x.hidden = true;
    panel->y.downward = true;
    panel->x.low = -0.3, panel->x.high = drawing.columns - 0.7;
    panel->y.low = -drawing.most / 2.0 - 0.8, panel->y.high = drawing.most / 2.0;
    panel->height = unit_height * (drawing.most + 0.8);
    panel->lines = 3 * drawing.most + 3;
    for (int c = 1; c < drawing.columns; c++)
        for (int to = 0; to < drawing.column[c].units; to++)
            for (int from = 0; from < drawing.column[c - 1].units; from++)
                add_weight(&drawing, c, to, from);
    for (int c = 0; c < drawing.columns; c++) {
        for (int unit = 0; unit < drawing.column[c].units; unit++) add_unit(&drawing, c, unit);
        add_title(&drawing, c);
    }
    for (int c = 1; c < drawing.columns && drawing.weights <= MOST_NUMBERS; c++)
        for (int to = 0; to < drawing.column[c].units; to++)
            for (int from = 0; from < drawing.column[c - 1].units; from++)
                add_number(&drawing, c, to, from);
}
