/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of the mean loss over some samples by every weight, layer by layer: what a step
 * would change, the network being as in an evaluation. See view_model.h. */
#include "graph/grad.h"
#include "train/targets.h"
#include "view/view_pass.h"

#include <math.h>

enum { TENSORS = SC_NET_INPUTS + 1 /* inputs, then the labels or targets */ };

typedef struct slopes {
    const sc_view_model *model;
    const sc_dataset *dataset;
    const sc_column *column[TENSORS];
    float **out;
    sc_view_pass pass;
} slopes;

/* All rows of a column: an input, or what the loss compares with. */
static socle_status describe(sc_tensor_desc *out, const slopes *slopes, int number) {
    const sc_net *net = slopes->model->net;
    const sc_loss_term *term = sc_net_output_loss(net);
    if (number < net->inputs)
        *out = net->input[number].desc;
    else
        SC_TRY(sc_loss_target(slopes->pass.device->env, term->kind, sc_net_desc(net, term->output),
                              out));
    out->dtype = (uint8_t)slopes->column[number]->dtype;
    out->dim[0] = sc_dataset_count(slopes->dataset);
    return SOCLE_OK;
}

static socle_status find_columns(slopes *slopes, sc_env *env) {
    const sc_net *net = slopes->model->net;
    const char *target;
    SC_TRY(sc_targets_column(&target, env, slopes->dataset));
    for (int i = 0; i <= net->inputs; i++)
        slopes->column[i] = sc_dataset_column(
            slopes->dataset,
            sc_dataset_find(slopes->dataset, i < net->inputs ? net->input[i].name : target));
    return SOCLE_OK;
}

/* Gradients go to the lane of gradients, in the order of the parameters that are trained. */
static socle_status build_gradients(slopes *slopes, const sc_build *build, sc_value target) {
    const sc_net *net = slopes->model->net;
    sc_graph *graph = slopes->pass.graph;
    const sc_loss_term *term = sc_net_output_loss(net);
    const sc_loss_rows rows = sc_loss_build(graph, term, build->node[term->output], target);
    sc_value *value;
    size_t *bytes;
    int count = 0;
    SC_TRY(graph->status);
    SC_TRY(sc_allocate(graph->env, &value, 2 * net->parameters, sizeof *value));
    socle_status status = sc_allocate(graph->env, &bytes, net->parameters, sizeof *bytes);
    for (size_t p = 0; status == SOCLE_OK && p < net->parameters; p++) {
        if (net->parameter[p].role == SC_PARAMETER_STATISTIC || build->parameter[p] == SC_NO_VALUE)
            continue;
        bytes[count] = sc_tensor_bytes(&net->parameter[p].desc);
        value[count++] = build->parameter[p];
    }
    if (status == SOCLE_OK)
        status = sc_graph_gradient(graph, rows.loss, rows.counts, count, value,
                                   value + net->parameters, NULL);
    for (int i = 0; status == SOCLE_OK && i < count; i++)
        sc_graph_output(graph, value[net->parameters + (size_t)i], SC_LANE_GRADIENTS, i);
    if (status == SOCLE_OK)
        status = sc_view_pass_lane(&slopes->pass, SC_LANE_GRADIENTS, count, bytes);
    sc_release(graph->env, bytes);
    sc_release(graph->env, value);
    return status;
}

static socle_status build(slopes *slopes) {
    sc_net *net = slopes->model->net;
    sc_build build = {0};
    sc_value value[TENSORS];
    size_t bytes[TENSORS];
    for (int i = 0; i <= net->inputs; i++) {
        sc_tensor_desc desc;
        SC_TRY(describe(&desc, slopes, i));
        value[i] = sc_graph_external(slopes->pass.graph, SC_LANE_INPUTS, i, &desc, NULL);
        bytes[i] = sc_tensor_bytes(&desc);
    }
    SC_TRY(sc_view_pass_lane(&slopes->pass, SC_LANE_INPUTS, net->inputs + 1, bytes));
    SC_TRY(sc_net_build(&build, net, slopes->pass.graph, SC_BUILD_EVALUATE, value));
    socle_status status = build_gradients(slopes, &build, value[net->inputs]);
    sc_build_free(&build);
    return status;
}

static socle_status read_gradients(slopes *slopes) {
    const sc_net *net = slopes->model->net;
    const float samples = (float)sc_dataset_count(slopes->dataset);
    int number = 0;
    for (size_t p = 0; p < net->parameters; p++) {
        const size_t count = (size_t)sc_tensor_elements(&net->parameter[p].desc);
        if (net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
        SC_TRY(sc_view_pass_get(&slopes->pass, SC_LANE_GRADIENTS, number++, slopes->out[p],
                                count * sizeof(float)));
        for (size_t i = 0; i < count; i++) slopes->out[p][i] /= samples;
    }
    return SOCLE_OK;
}

static socle_status carry_out(slopes *slopes) {
    const sc_net *net = slopes->model->net;
    SC_TRY(build(slopes));
    SC_TRY(sc_view_pass_plan(&slopes->pass));
    for (int i = 0; i <= net->inputs; i++)
        SC_TRY(sc_view_pass_put(&slopes->pass, SC_LANE_INPUTS, i, slopes->column[i]->data,
                                slopes->column[i]->row_bytes *
                                    (size_t)sc_dataset_count(slopes->dataset)));
    SC_TRY(sc_view_pass_run(&slopes->pass));
    return read_gradients(slopes);
}

static socle_status job(sc_device *device, void *argument) {
    slopes *slopes = argument;
    SC_TRY(find_columns(slopes, device->env));
    socle_status status =
        sc_view_pass_begin(&slopes->pass, slopes->model, device, sc_dataset_count(slopes->dataset));
    if (status == SOCLE_OK) status = carry_out(slopes);
    sc_view_pass_end(&slopes->pass);
    return status;
}

socle_status sc_view_slopes(const sc_view_model *model, const sc_dataset *dataset, float **out) {
    slopes *slopes;
    const sc_loss_term *term = sc_net_output_loss(model->net);
    if (model->net->losses != 1 || !term || !isnan(term->target))
        return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                       "%s: gradients are shown of networks with one loss, of their result",
                       model->path);
    SC_TRY(sc_allocate(model->env, &slopes, 1, sizeof *slopes));
    slopes->model = model;
    slopes->dataset = dataset;
    slopes->out = out;
    socle_status status = model->request->on_device(model->request->user, job, slopes);
    sc_release(model->env, slopes);
    return status;
}
