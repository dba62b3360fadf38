/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of what a network gives by what it reads: the network as in an evaluation, and the
 * reverse walk to one of its inputs. See view_model.h. */
#include "graph/grad.h"
#include "graph/plan.h"
#include "nn/lanes.h"
#include "train/targets.h"
#include "view/view_model.h"

enum { TENSORS = SC_NET_INPUTS + 1 /* inputs, then the seed */ };

/* One sample on its way through the network and back. */
typedef struct pass {
    const sc_view_model *model;
    const sc_dataset *sample;
    int input;
    const float *seed;
    float *gradient;
    sc_device *device;
    sc_queue *queue;
    sc_graph *graph;
    sc_plan *plan;
    sc_lane_map map;
    sc_lane_memory memory;
    sc_tensor_desc desc[TENSORS];
} pass;

/* The input that the gradient is taken by is of floats, whatever the data have. */
static void describe_inputs(pass *pass) {
    const sc_net *net = pass->model->net;
    for (int i = 0; i < net->inputs; i++) pass->desc[i] = net->input[i].desc;
    pass->desc[pass->input].dtype = SOCLE_F32;
    pass->desc[net->inputs] = *sc_net_desc(net, net->output);
    pass->desc[net->inputs].dtype = SOCLE_F32;
}

static socle_status build(pass *pass) {
    sc_net *net = pass->model->net;
    sc_build build = {0};
    sc_value value[TENSORS], gradient;
    SC_TRY(sc_graph_create(&pass->graph, pass->device->env, 1));
    for (int i = 0; i <= net->inputs; i++)
        value[i] = sc_graph_external(pass->graph, SC_LANE_INPUTS, i, &pass->desc[i], NULL);
    SC_TRY(sc_net_build(&build, net, pass->graph, SC_BUILD_EVALUATE, value));
    socle_status status =
        sc_graph_gradient(pass->graph, build.node[net->output], value[net->inputs], 1,
                          &value[pass->input], &gradient, NULL);
    sc_build_free(&build);
    SC_TRY(status);
    sc_graph_output(pass->graph, gradient, SC_LANE_OUTPUTS, 0);
    return pass->graph->status;
}

static socle_status allocate_lane(pass *pass, sc_lane lane, int count, const size_t *bytes) {
    sc_lane_layout *layout = &pass->map.lane[lane];
    if (!count) return SOCLE_OK;
    SC_TRY(sc_lane_place(layout, pass->device->env, count, bytes, NULL));
    return sc_buffer_create(&pass->memory.base[lane].buffer, pass->device, SC_BUFFER_DEVICE,
                            layout->bytes);
}

static socle_status allocate_parameters(pass *pass) {
    const sc_net *net = pass->model->net;
    size_t *bytes;
    SC_TRY(sc_allocate(pass->device->env, &bytes, net->parameters, sizeof *bytes));
    socle_status status = SOCLE_OK;
    for (int pick = 0; status == SOCLE_OK && pick < 2; pick++) {
        int count = 0;
        for (size_t p = 0; p < net->parameters; p++)
            if ((net->parameter[p].role == SC_PARAMETER_STATISTIC) == pick)
                bytes[count++] = sc_tensor_bytes(&net->parameter[p].desc);
        status = allocate_lane(pass, pick ? SC_LANE_STATISTICS : SC_LANE_PARAMETERS, count, bytes);
    }
    sc_release(pass->device->env, bytes);
    return status;
}

static socle_status allocate(pass *pass) {
    const sc_net *net = pass->model->net;
    size_t bytes[TENSORS];
    for (int i = 0; i <= net->inputs; i++) bytes[i] = sc_tensor_bytes(&pass->desc[i]);
    SC_TRY(allocate_lane(pass, SC_LANE_INPUTS, net->inputs + 1, bytes));
    SC_TRY(allocate_lane(pass, SC_LANE_OUTPUTS, 1, &bytes[pass->input]));
    return allocate_parameters(pass);
}

static socle_status put(pass *pass, sc_lane lane, int index, const void *data, size_t bytes) {
    const sc_operand place = {pass->memory.base[lane].buffer,
                              pass->memory.base[lane].offset + pass->map.lane[lane].offset[index]};
    SC_TRY(sc_queue_write(pass->queue, place, data, bytes));
    return sc_queue_finish(pass->queue);
}

static socle_status put_input(pass *pass, int input) {
    const char *name = pass->model->net->input[input].name;
    const sc_column *column = sc_dataset_column(pass->sample, sc_dataset_find(pass->sample, name));
    const size_t count = (size_t)sc_column_elements(column);
    float *number;
    if (input != pass->input)
        return put(pass, SC_LANE_INPUTS, input, column->data, column->row_bytes);
    SC_TRY(sc_allocate(pass->device->env, &number, count, sizeof *number));
    sc_targets_cast(number, SOCLE_F32, column->data, column->dtype, count);
    socle_status status = put(pass, SC_LANE_INPUTS, input, number, count * sizeof *number);
    sc_release(pass->device->env, number);
    return status;
}

static socle_status run(pass *pass) {
    const sc_net *net = pass->model->net;
    const sc_launch launch = {.rows = 1};
    for (int i = 0; i < net->inputs; i++) SC_TRY(put_input(pass, i));
    SC_TRY(put(pass, SC_LANE_INPUTS, net->inputs, pass->seed,
               sc_tensor_bytes(&pass->desc[net->inputs])));
    for (size_t p = 0; p < net->parameters; p++) {
        const sc_parameter *parameter = &net->parameter[p];
        SC_TRY(
            put(pass,
                parameter->role == SC_PARAMETER_STATISTIC ? SC_LANE_STATISTICS : SC_LANE_PARAMETERS,
                parameter->index, pass->model->parameter[p], sc_tensor_bytes(&parameter->desc)));
    }
    SC_TRY(sc_plan_run(pass->plan, pass->queue, &pass->memory, &launch));
    SC_TRY(sc_queue_read(pass->queue, pass->gradient, pass->memory.base[SC_LANE_OUTPUTS],
                         sc_tensor_bytes(&pass->desc[pass->input])));
    return sc_queue_finish(pass->queue);
}

static socle_status carry_out(pass *pass) {
    describe_inputs(pass);
    SC_TRY(sc_queue_open(&pass->queue, pass->device));
    SC_TRY(build(pass));
    SC_TRY(allocate(pass));
    SC_TRY(sc_plan_create(&pass->plan, pass->device, pass->graph, &pass->map, NULL));
    return run(pass);
}

static socle_status job(sc_device *device, void *argument) {
    pass *pass = argument;
    pass->device = device;
    socle_status status = carry_out(pass);
    sc_plan_destroy(pass->plan);
    sc_graph_destroy(pass->graph);
    sc_queue_close(pass->queue); /* waits for what may still use the memory below */
    for (int lane = 0; lane < SC_LANE_COUNT; lane++)
        sc_buffer_destroy(pass->memory.base[lane].buffer);
    sc_lane_map_free(&pass->map, device->env);
    return status;
}

socle_status sc_view_input_gradient(const sc_view_model *model, const sc_dataset *sample, int input,
                                    const float *seed, float *gradient) {
    pass *pass;
    SC_TRY(sc_allocate(model->env, &pass, 1, sizeof *pass));
    pass->model = model;
    pass->sample = sample;
    pass->input = input;
    pass->seed = seed;
    pass->gradient = gradient;
    socle_status status = model->request->on_device(model->request->user, job, pass);
    sc_release(model->env, pass);
    return status;
}
