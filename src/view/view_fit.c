/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of one number as curves over the points that they were fitted to: what a network of too
 * little capacity misses, and one of too much invents. */
#include "train/targets.h"
#include "view/view_list.h"
#include "view/view_model.h"
#include "view/view_run.h"

#include <math.h>

enum { STEPS = 400, STANDARD_POINTS = 1000 };

typedef struct fit {
    const sc_view_request *request;
    sc_figure *figure;
    sc_panel *panel;
    double low, high;            /* of the input, as the network sees it */
    sc_view_input input, output; /* of the first run */
} fit;

static socle_status suits(const sc_view_model *model) {
    const sc_net *net = model->net;
    const sc_tensor_desc *in = &net->input[0].desc, *out = sc_net_desc(net, net->output);
    if (net->inputs == 1 && in->dtype == SOCLE_F32 && sc_tensor_elements_at(in, 1) == 1 &&
        sc_tensor_elements_at(out, 1) == 1)
        return SOCLE_OK;
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: --what fit is of networks that make one number of one number", model->path);
}

/* The data of the first run: its points, and the range that the curves are drawn over. */
static socle_status add_points(fit *fit, const sc_view_model *model) {
    const char *target;
    double *number;
    SC_TRY(sc_targets_column(&target, model->env, model->dataset));
    const sc_column *x = sc_dataset_column(
        model->dataset, sc_dataset_find(model->dataset, model->net->input[0].name));
    const sc_column *y = sc_dataset_column(model->dataset, sc_dataset_find(model->dataset, target));
    const int64_t all = sc_dataset_count(model->dataset),
                  most = fit->request->count ? fit->request->count : STANDARD_POINTS;
    const size_t count = (size_t)(all < most ? all : most);
    SC_TRY(sc_allocate(model->env, &number, 2 * count, sizeof *number));
    fit->input = sc_view_input_of(model, 0);
    fit->output = sc_view_target_of(model);
    fit->panel->y.label = sc_figure_word(fit->figure, "%s", fit->output.name);
    fit->panel->x.label = sc_figure_word(fit->figure, "%s", fit->input.name);
    for (size_t i = 0; i < count; i++) {
        const double value = sc_column_value(x, (int64_t)i);
        fit->low = fmin(fit->low, value);
        fit->high = fmax(fit->high, value);
        number[i] = fit->input.centre + fit->input.scale * value;
        number[count + i] = fit->output.centre + fit->output.scale * sc_column_value(y, (int64_t)i);
    }
    sc_panel_points(fit->panel, sc_view_model_what(model), (sc_style){.colour = SC_COLOUR_GREY},
                    count, number, number + count, NULL);
    sc_release(model->env, number);
    return SOCLE_OK;
}

static socle_status add_curve(const fit *fit, const sc_view_model *model, int run,
                              const char *name) {
    const socle_shape shape =
        sc_dataset_column(model->dataset,
                          sc_dataset_find(model->dataset, model->net->input[0].name))
            ->shape;
    sc_dataset *line;
    float *output = NULL;
    double x[STEPS], y[STEPS];
    void *data;
    int64_t size;
    SC_TRY(sc_dataset_create(&line, model->env, "the line", STEPS));
    socle_status status =
        sc_dataset_add_new(line, &data, model->net->input[0].name, SOCLE_F32, &shape);
    for (int i = 0; status == SOCLE_OK && i < STEPS; i++) {
        const float at = (float)(fit->low + (fit->high - fit->low) * i / (STEPS - 1));
        ((float *)data)[i] = at;
        x[i] = fit->input.centre + fit->input.scale * (double)at;
    }
    if (status == SOCLE_OK)
        status = sc_view_model_outputs(model, model->net->output, line, &output, &size);
    for (int i = 0; status == SOCLE_OK && i < STEPS; i++)
        y[i] = fit->output.centre + fit->output.scale * (double)output[i];
    if (status == SOCLE_OK) sc_panel_line(fit->panel, name, (sc_style){.colour = run}, STEPS, x, y);
    sc_release(model->env, output);
    sc_dataset_destroy(line);
    return status;
}

static socle_status add_run(fit *fit, int run, const char *name) {
    sc_view_model model;
    SC_TRY(sc_view_model_open(&model, fit->request, run));
    socle_status status = suits(&model);
    if (status == SOCLE_OK) status = sc_view_model_data(&model, true);
    if (status == SOCLE_OK && run == 0) status = add_points(fit, &model);
    if (status == SOCLE_OK) status = add_curve(fit, &model, run, name);
    sc_view_model_close(&model);
    return status;
}

socle_status sc_view_fit(sc_figure *figure, const sc_view_request *request) {
    fit fit = {.request = request, .figure = figure, .low = INFINITY, .high = -INFINITY};
    sc_view_name *name;
    SC_TRY(sc_allocate(request->env, &name, (size_t)request->runs, sizeof *name));
    sc_view_names(name, request);
    if (request->runs == 1)
        sc_figure_title(figure, "The curve of %s over its data", name[0].text);
    else
        sc_figure_title(figure, "The curves of %d networks over their data", request->runs);
    fit.panel = sc_figure_panel(figure, NULL, "input", "output");
    socle_status status = SOCLE_OK;
    for (int r = 0; status == SOCLE_OK && r < request->runs; r++)
        status = add_run(&fit, r, name[r].text);
    sc_release(request->env, name);
    return status;
}
