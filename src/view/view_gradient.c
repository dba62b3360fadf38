/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients of what a network gives by what it reads: the network as in an evaluation, and the
 * reverse walk to one of its inputs. See view_model.h. */
#include "graph/grad.h"
#include "train/targets.h"
#include "view/view_pass.h"

#include <math.h>

enum { TENSORS = SC_NET_INPUTS + 1 /* inputs, then the seed */ };

typedef struct search {
    const sc_view_model *model;
    const sc_dataset *sample;
    const sc_view_ascent *ascent;
    float *gradient;
    sc_view_pass pass;
    sc_tensor_desc desc[TENSORS];
} search;

static size_t bytes_of(const search *search, int tensor) {
    return sc_tensor_bytes(&search->desc[tensor]);
}

/* The input that the gradient is taken by is of floats, whatever the data have. */
static void describe_inputs(search *search) {
    const sc_net *net = search->model->net;
    for (int i = 0; i < net->inputs; i++) search->desc[i] = net->input[i].desc;
    search->desc[search->ascent->input].dtype = SOCLE_F32;
    search->desc[net->inputs] = *sc_net_desc(net, search->ascent->node);
    search->desc[net->inputs].dtype = SOCLE_F32;
}

static socle_status build(search *search) {
    sc_net *net = search->model->net;
    sc_graph *graph = search->pass.graph;
    sc_build build = {0};
    sc_value value[TENSORS], gradient;
    size_t bytes[TENSORS];
    for (int i = 0; i <= net->inputs; i++) {
        value[i] = sc_graph_external(graph, SC_LANE_INPUTS, i, &search->desc[i], NULL);
        bytes[i] = bytes_of(search, i);
    }
    SC_TRY(sc_net_build(&build, net, graph, SC_BUILD_EVALUATE, value));
    socle_status status =
        sc_graph_gradient(graph, build.node[search->ascent->node], value[net->inputs], 1,
                          &value[search->ascent->input], &gradient, NULL);
    sc_build_free(&build);
    SC_TRY(status);
    sc_graph_output(graph, gradient, SC_LANE_OUTPUTS, 0);
    SC_TRY(sc_view_pass_lane(&search->pass, SC_LANE_INPUTS, net->inputs + 1, bytes));
    return sc_view_pass_lane(&search->pass, SC_LANE_OUTPUTS, 1, &bytes[search->ascent->input]);
}

static socle_status put_others(search *search) {
    const sc_net *net = search->model->net;
    for (int i = 0; i < net->inputs; i++) {
        const sc_column *column =
            sc_dataset_column(search->sample, sc_dataset_find(search->sample, net->input[i].name));
        if (i != search->ascent->input)
            SC_TRY(sc_view_pass_put(&search->pass, SC_LANE_INPUTS, i, column->data,
                                    column->row_bytes));
    }
    return sc_view_pass_put(&search->pass, SC_LANE_INPUTS, net->inputs, search->ascent->seed,
                            bytes_of(search, net->inputs));
}

/* Along the gradient, each step as long as the others. */
static void climb(const search *search, size_t count) {
    const sc_view_ascent *ascent = search->ascent;
    double square = 0;
    for (size_t e = 0; e < count; e++)
        square += (double)search->gradient[e] * (double)search->gradient[e];
    if (!(square > 0)) return;
    const double step = ascent->length / sqrt(square);
    for (size_t e = 0; e < count; e++) {
        const double at = (double)ascent->x[e] + step * (double)search->gradient[e];
        ascent->x[e] = (float)fmin(fmax(at, ascent->least), ascent->most);
    }
}

static socle_status carry_out(search *search) {
    const int input = search->ascent->input;
    const size_t count = bytes_of(search, input) / sizeof(float);
    SC_TRY(build(search));
    SC_TRY(sc_view_pass_plan(&search->pass));
    SC_TRY(put_others(search));
    for (int step = 0; step <= search->ascent->steps; step++) {
        SC_TRY(sc_view_pass_put(&search->pass, SC_LANE_INPUTS, input, search->ascent->x,
                                bytes_of(search, input)));
        SC_TRY(sc_view_pass_run(&search->pass));
        SC_TRY(sc_view_pass_get(&search->pass, SC_LANE_OUTPUTS, 0, search->gradient,
                                bytes_of(search, input)));
        if (step < search->ascent->steps) climb(search, count);
    }
    return SOCLE_OK;
}

static socle_status job(sc_device *device, void *argument) {
    search *search = argument;
    describe_inputs(search);
    socle_status status = sc_view_pass_begin(&search->pass, search->model, device, 1);
    if (status == SOCLE_OK) status = carry_out(search);
    sc_view_pass_end(&search->pass);
    return status;
}

socle_status sc_view_ascend(const sc_view_model *model, const sc_dataset *sample,
                            const sc_view_ascent *ascent, float *gradient) {
    search *search;
    SC_TRY(sc_allocate(model->env, &search, 1, sizeof *search));
    search->model = model;
    search->sample = sample;
    search->ascent = ascent;
    search->gradient = gradient;
    socle_status status = model->request->on_device(model->request->user, job, search);
    sc_release(model->env, search);
    return status;
}

socle_status sc_view_input_gradient(const sc_view_model *model, const sc_dataset *sample, int input,
                                    const float *seed, float *gradient) {
    const sc_column *column =
        sc_dataset_column(sample, sc_dataset_find(sample, model->net->input[input].name));
    const size_t count = (size_t)sc_column_elements(column);
    sc_view_ascent ascent = {.node = model->net->output, .seed = seed, .input = input};
    SC_TRY(sc_allocate(model->env, &ascent.x, count, sizeof *ascent.x));
    sc_targets_cast(ascent.x, SOCLE_F32, column->data, column->dtype, count);
    socle_status status = sc_view_ascend(model, sample, &ascent, gradient);
    sc_release(model->env, ascent.x);
    return status;
}
