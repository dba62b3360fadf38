/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of two numbers, over the plane of what they read: the boundary between their answers
 * with the data over it, the lines of the first layer's units, and points by their loss. */
#include "plot/colour.h"
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 160, ROWS = 128, STANDARD_POINTS = 400, MOST_UNITS = 21 };

typedef enum plane_kind { BOUNDARY, REGIONS, ERRORS } plane_kind;

typedef struct plane {
    sc_figure *figure;
    sc_panel *panel;
    const sc_view_model *model;
    const sc_column *column; /* of the data that the network reads */
    int64_t samples;
    double low[2], high[2]; /* as the network sees them */
    sc_view_input input[2];
} plane;

static double coordinate(const plane *plane, int64_t sample, int which) {
    return sc_column_value(plane->column, 2 * sample + which);
}

/* In the units of the data. */
static double shown(const plane *plane, int which, double value) {
    return plane->input[which].centre + plane->input[which].scale * value;
}

/* The data, with some room around them. */
static socle_status find_range(plane *plane) {
    static const double room = 0.1;
    for (int k = 0; k < 2; k++) {
        plane->low[k] = INFINITY, plane->high[k] = -INFINITY;
        for (int64_t i = 0; i < plane->samples; i++) {
            const double value = coordinate(plane, i, k);
            plane->low[k] = fmin(plane->low[k], value);
            plane->high[k] = fmax(plane->high[k], value);
        }
        double by = room * (plane->high[k] - plane->low[k]);
        if (!isfinite(by))
            return sc_fail(plane->model->env, SOCLE_STATUS_DATA, "%s: its values are not finite",
                           sc_dataset_label(plane->model->dataset));
        if (by == 0) by = 1;
        plane->low[k] -= by;
        plane->high[k] += by;
    }
    return SOCLE_OK;
}

/* The middle of a cell of the field, rows from the top. */
static void place_of(const plane *plane, int row, int column, float *out) {
    const double right = (column + 0.5) / COLUMNS, up = 1 - (row + 0.5) / ROWS;
    out[0] = (float)(plane->low[0] + right * (plane->high[0] - plane->low[0]));
    out[1] = (float)(plane->low[1] + up * (plane->high[1] - plane->low[1]));
}

/* What the network gives for each cell of the plane; as the data's type has it. */
static socle_status compute_field(const plane *plane, float **out, int64_t *size) {
    const sc_view_model *model = plane->model;
    const socle_shape shape = plane->column->shape;
    sc_dataset *field;
    void *data;
    SC_TRY(sc_dataset_create(&field, model->env, "the plane", (int64_t)ROWS * COLUMNS));
    socle_status status = sc_dataset_add_new(field, &data, plane->column->name, SOCLE_F32, &shape);
    for (int r = 0; status == SOCLE_OK && r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            place_of(plane, r, c, (float *)data + 2 * (r * COLUMNS + c));
    if (status == SOCLE_OK)
        status = sc_view_model_outputs(model, model->net->output, field, out, size);
    sc_dataset_destroy(field);
    return status;
}

/* Between white and the colour of the likeliest class, as sure as the network is. */
static void mix(double *value, const float *share, int64_t classes, int cell) {
    const int cells = ROWS * COLUMNS;
    int64_t best = 0;
    for (int64_t c = 1; c < classes; c++)
        if (share[c] > share[best]) best = c;
    const sc_rgb colour = sc_colour_of_series((int)best);
    const double least = 1.0 / (double)classes;
    const double sure = 0.2 + 0.5 * ((double)share[best] - least) / (1 - least);
    value[cell] = 1 - sure * (1 - colour.red);
    value[cells + cell] = 1 - sure * (1 - colour.green);
    value[2 * cells + cell] = 1 - sure * (1 - colour.blue);
}

static socle_status add_field(const plane *plane) {
    const int cells = ROWS * COLUMNS;
    float *output;
    double *value;
    int64_t size;
    SC_TRY(compute_field(plane, &output, &size));
    sc_grid grid = {.count = 1,
                    .rows = ROWS,
                    .columns = COLUMNS,
                    .channels = 3,
                    .left = shown(plane, 0, plane->low[0]),
                    .right = shown(plane, 0, plane->high[0]),
                    .bottom = shown(plane, 1, plane->low[1]),
                    .top = shown(plane, 1, plane->high[1]),
                    .low = 0,
                    .high = 1};
    socle_status status = sc_allocate(plane->model->env, &value, 3 * (size_t)cells, sizeof *value);
    for (int i = 0; status == SOCLE_OK && i < cells; i++) {
        const float pair[2] = {1 - output[i * size], output[i * size]};
        mix(value, size == 1 ? pair : output + i * size, size == 1 ? 2 : size, i);
    }
    grid.value = value;
    if (status == SOCLE_OK) sc_panel_heat(plane->panel, &grid);
    sc_release(plane->model->env, value);
    sc_release(plane->model->env, output);
    return status;
}

/* The points of one class, `size` in hundredths or NULL. */
static socle_status add_class(const plane *plane, const sc_view_answers *answers, int class_number,
                              int64_t most, const double *size) {
    sc_env *env = plane->model->env;
    double *number;
    size_t count = 0;
    const size_t room = (size_t)most;
    SC_TRY(sc_allocate(env, &number, 3 * room, sizeof *number));
    for (int64_t i = 0; i < most; i++) {
        if ((int)answers->truth[i] != class_number) continue;
        number[count] = shown(plane, 0, coordinate(plane, answers->sample[i], 0));
        number[room + count] = shown(plane, 1, coordinate(plane, answers->sample[i], 1));
        number[2 * room + count] = size ? size[i] : 100;
        count++;
    }
    const sc_style style = {.colour = class_number, .symbol = class_number % 4};
    const char *name = sc_figure_word(plane->figure, "class %s",
                                      sc_view_class_name(plane->model, class_number).text);
    if (count)
        sc_panel_points(plane->panel, name, style, count, number, number + room,
                        size ? number + 2 * room : NULL);
    sc_release(env, number);
    return SOCLE_OK;
}

static double loss_of(const sc_view_answers *answers, int64_t i) {
    const double share = (double)answers->share[i * answers->classes + (int)answers->truth[i]];
    return -log(fmax(share, 1e-30));
}

/* Diameters of the points by their loss: from half of the standard one to three times. */
static void sizes_of(double *out, const sc_view_answers *answers, int64_t count) {
    double most = 0;
    for (int64_t i = 0; i < count; i++) most = fmax(most, loss_of(answers, i));
    for (int64_t i = 0; i < count; i++)
        out[i] = 50 + (most > 0 ? 250 * sqrt(loss_of(answers, i) / most) : 0);
}

static socle_status add_points(const plane *plane, const sc_view_answers *answers,
                               plane_kind kind) {
    const int64_t wish = plane->model->request->count, all = answers->count;
    const int64_t most = wish ? wish : STANDARD_POINTS, count = all < most ? all : most;
    double *size = NULL, loss = 0;
    int64_t wrong = 0;
    if (kind == ERRORS) {
        SC_TRY(sc_allocate(plane->model->env, &size, (size_t)count, sizeof *size));
        sizes_of(size, answers, count);
    }
    socle_status status = SOCLE_OK;
    for (int c = 0; status == SOCLE_OK && c < answers->classes; c++)
        status = add_class(plane, answers, c, count, size);
    sc_release(plane->model->env, size);
    for (int64_t i = 0; i < all; i++) {
        wrong += answers->answer[i] != answers->truth[i];
        loss += loss_of(answers, i);
    }
    sc_figure_note(
        plane->figure, "%lld of %lld points are on the wrong side%s%s%s", (long long)wrong,
        (long long)all,
        kind == ERRORS
            ? sc_figure_word(plane->figure, "; the mean loss is %.4g", loss / (double)all)
            : "",
        kind == ERRORS ? "\nthe larger a point, the larger its loss" : "",
        count < all ? sc_figure_word(plane->figure, "\nthe first %lld are drawn", (long long)count)
                    : "");
    return status;
}

/* The first dense layer that reads the two numbers themselves. */
static const sc_layer *first_dense(const sc_net *net) {
    for (size_t l = 0; l < net->layers; l++)
        if (strcmp(net->layer[l].kind->record.word, "dense") == 0 && net->layer[l].input[0] == 0)
            return &net->layer[l];
    return NULL;
}

/* Where w1 x1 + w2 x2 + b is 0, within the plane: two ends, or none. */
static bool line_of(const plane *plane, const double w[2], double b, double x[2], double y[2]) {
    int found = 0;
    for (int side = 0; side < 4 && found < 2; side++) {
        const int along = side / 2, other = 1 - along; /* the coordinate that is fixed, the other */
        const double fixed = side % 2 ? plane->high[along] : plane->low[along];
        const double at = -(b + w[along] * fixed) / w[other];
        if (!(at >= plane->low[other] && at <= plane->high[other])) continue;
        x[found] = along ? at : fixed;
        y[found] = along ? fixed : at;
        if (found && x[0] == x[1] && y[0] == y[1]) continue; /* a corner */
        found++;
    }
    return found == 2;
}

static socle_status add_units(const plane *plane) {
    const sc_view_model *model = plane->model;
    const sc_layer *layer = first_dense(model->net);
    int drawn = 0, outside = 0;
    if (!layer)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "--what regions: no dense layer of %s reads the two numbers themselves",
                       model->path);
    const double scale = (double)model->net->input[0].scale;
    const float *weight = model->parameter[layer->first_parameter];
    const float *bias = layer->parameters > 1 ? model->parameter[layer->first_parameter + 1] : NULL;
    for (int u = 0; u < layer->options.units && u < MOST_UNITS; u++) {
        const double w[2] = {scale * (double)weight[2 * u], scale * (double)weight[2 * u + 1]};
        double x[2], y[2];
        if (!line_of(plane, w, bias ? (double)bias[u] : 0, x, y)) {
            outside++;
            continue;
        }
        const sc_style style = {.colour = u + 2, .dash = u / SC_COLOURS};
        for (int k = 0; k < 2; k++) x[k] = shown(plane, 0, x[k]), y[k] = shown(plane, 1, y[k]);
        sc_panel_line(plane->panel, sc_figure_word(plane->figure, "unit %d", u), style, 2, x, y);
        drawn++;
    }
    sc_figure_note(
        plane->figure, "a line is where a unit of %s gives 0 before its activation%s", layer->name,
        outside ? sc_figure_word(plane->figure, "; %d of %d cross this part of the plane", drawn,
                                 drawn + outside)
                : "");
    return SOCLE_OK;
}

static socle_status begin(plane *plane) {
    const sc_net *net = plane->model->net;
    const sc_tensor_desc *desc = &net->input[0].desc;
    if (net->inputs != 1 || sc_tensor_elements_at(desc, 1) != 2 || desc->dtype != SOCLE_F32)
        return sc_fail(plane->model->env, SOCLE_STATUS_CONFIG,
                       "%s: this figure is of networks that read two numbers", plane->model->path);
    plane->column = sc_dataset_column(plane->model->dataset,
                                      sc_dataset_find(plane->model->dataset, net->input[0].name));
    plane->samples = sc_dataset_count(plane->model->dataset);
    for (int k = 0; k < 2; k++) plane->input[k] = sc_view_input_of(plane->model, k);
    SC_TRY(find_range(plane));
    plane->panel = sc_figure_panel(plane->figure, NULL, plane->input[0].name, plane->input[1].name);
    plane->panel->height = (double)ROWS / COLUMNS;
    plane->panel->lines = 24;
    return SOCLE_OK;
}

static socle_status draw(sc_figure *figure, const sc_view_model *model,
                         const sc_view_answers *answers, plane_kind kind) {
    static const char *const titles[] = {
        "What %s answers where", "The units of %s, and how they combine", "Where %s is wrong"};
    plane plane = {.figure = figure, .model = model};
    sc_view_name name;
    SC_TRY(begin(&plane));
    sc_view_names(&name, model->request);
    sc_figure_title(figure, titles[kind], name.text);
    SC_TRY(add_field(&plane));
    if (kind != REGIONS) return add_points(&plane, answers, kind);
    return add_units(&plane);
}

static socle_status make_boundary(sc_figure *figure, const sc_view_model *model,
                                  const sc_view_answers *answers) {
    return draw(figure, model, answers, BOUNDARY);
}

static socle_status make_regions(sc_figure *figure, const sc_view_model *model,
                                 const sc_view_answers *answers) {
    return draw(figure, model, answers, REGIONS);
}

static socle_status make_errors(sc_figure *figure, const sc_view_model *model,
                                const sc_view_answers *answers) {
    return draw(figure, model, answers, ERRORS);
}

socle_status sc_view_boundary(sc_figure *figure, const sc_view_request *request) {
    return sc_view_with_answers(figure, request, make_boundary);
}

socle_status sc_view_regions(sc_figure *figure, const sc_view_request *request) {
    return sc_view_with_answers(figure, request, make_regions);
}

socle_status sc_view_errors(sc_figure *figure, const sc_view_request *request) {
    return sc_view_with_answers(figure, request, make_errors);
}
