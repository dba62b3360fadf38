/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of the mean loss over some samples by every weight, layer by layer: what a step
 * would change, the network being as in an evaluation. See view_model.h. */
#include "graph/grad.h"
#include "view/view_loss_pass.h"

typedef struct slopes {
    const sc_view_model *model;
    const sc_dataset *dataset;
    float **out;
    sc_view_loss_pass pass;
} slopes;

/* Gradients go to the lane of gradients, in the order of the parameters that are trained. */
static socle_status build_gradients(slopes *slopes) {
    const sc_net *net = slopes->model->net;
    const sc_build *build = &slopes->pass.build;
    const sc_loss_rows *rows = &slopes->pass.rows;
    sc_graph *graph = slopes->pass.pass.graph;
    sc_value *value;
    size_t *bytes;
    int count = 0;
    SC_TRY(sc_allocate(graph->env, &value, 2 * net->parameters, sizeof *value));
    socle_status status = sc_allocate(graph->env, &bytes, net->parameters, sizeof *bytes);
    for (size_t p = 0; status == SOCLE_OK && p < net->parameters; p++) {
        if (net->parameter[p].role == SC_PARAMETER_STATISTIC || build->parameter[p] == SC_NO_VALUE)
            continue;
        bytes[count] = sc_tensor_bytes(&net->parameter[p].desc);
        value[count++] = build->parameter[p];
    }
    if (status == SOCLE_OK)
        status = sc_graph_gradient(graph, rows->loss, rows->counts, count, value,
                                   value + net->parameters, NULL);
    for (int i = 0; status == SOCLE_OK && i < count; i++)
        sc_graph_output(graph, value[net->parameters + (size_t)i], SC_LANE_GRADIENTS, i);
    if (status == SOCLE_OK)
        status = sc_view_pass_lane(&slopes->pass.pass, SC_LANE_GRADIENTS, count, bytes);
    sc_release(graph->env, bytes);
    sc_release(graph->env, value);
    return status;
}

static socle_status read_gradients(slopes *slopes) {
    const sc_net *net = slopes->model->net;
    const float samples = (float)sc_dataset_count(slopes->dataset);
    int number = 0;
    for (size_t p = 0; p < net->parameters; p++) {
        const size_t count = (size_t)sc_tensor_elements(&net->parameter[p].desc);
        if (net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
        SC_TRY(sc_view_pass_get(&slopes->pass.pass, SC_LANE_GRADIENTS, number++, slopes->out[p],
                                count * sizeof(float)));
        for (size_t i = 0; i < count; i++) slopes->out[p][i] /= samples;
    }
    return SOCLE_OK;
}

static socle_status carry_out(slopes *slopes) {
    SC_TRY(build_gradients(slopes));
    SC_TRY(sc_view_pass_plan(&slopes->pass.pass));
    SC_TRY(sc_view_loss_pass_put(&slopes->pass, 0));
    SC_TRY(sc_view_pass_run(&slopes->pass.pass));
    return read_gradients(slopes);
}

static socle_status job(sc_device *device, void *argument) {
    slopes *slopes = argument;
    socle_status status =
        sc_view_loss_pass_begin(&slopes->pass, slopes->model, device, slopes->dataset,
                                sc_dataset_count(slopes->dataset), -1);
    if (status == SOCLE_OK) status = carry_out(slopes);
    sc_view_loss_pass_end(&slopes->pass);
    return status;
}

socle_status sc_view_slopes(const sc_view_model *model, const sc_dataset *dataset, float **out) {
    slopes *slopes;
    SC_TRY(sc_view_loss_pass_suits(model));
    SC_TRY(sc_allocate(model->env, &slopes, 1, sizeof *slopes));
    slopes->model = model;
    slopes->dataset = dataset;
    slopes->out = out;
    socle_status status = model->request->on_device(model->request->user, job, slopes);
    sc_release(model->env, slopes);
    return status;
}
