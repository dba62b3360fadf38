/* SPDX-License-Identifier: Apache-2.0 */
/* See view_pass.h. */
#include "view/view_pass.h"

socle_status sc_view_pass_begin(sc_view_pass *out, const sc_view_model *model, sc_device *device,
                                int64_t rows) {
    *out = (sc_view_pass){.model = model, .device = device};
    SC_TRY(sc_queue_open(&out->queue, device));
    return sc_graph_create(&out->graph, device->env, rows);
}

void sc_view_pass_end(sc_view_pass *pass) {
    sc_plan_destroy(pass->plan);
    sc_graph_destroy(pass->graph);
    sc_queue_close(pass->queue); /* waits for what may still use the memory below */
    for (int lane = 0; lane < SC_LANE_COUNT; lane++)
        sc_buffer_destroy(pass->memory.base[lane].buffer);
    sc_lane_map_free(&pass->map, pass->device->env);
}

socle_status sc_view_pass_lane(sc_view_pass *pass, sc_lane lane, int count, const size_t *bytes) {
    sc_lane_layout *layout = &pass->map.lane[lane];
    if (!count) return SOCLE_OK;
    SC_TRY(sc_lane_place(layout, pass->device->env, count, bytes, NULL));
    return sc_buffer_create(&pass->memory.base[lane].buffer, pass->device, SC_BUFFER_DEVICE,
                            layout->bytes);
}

static sc_lane lane_of(const sc_parameter *parameter) {
    return parameter->role == SC_PARAMETER_STATISTIC ? SC_LANE_STATISTICS : SC_LANE_PARAMETERS;
}

static socle_status place_weights(sc_view_pass *pass) {
    static const sc_lane lanes[] = {SC_LANE_PARAMETERS, SC_LANE_STATISTICS};
    const sc_net *net = pass->model->net;
    size_t *bytes;
    SC_TRY(sc_allocate(pass->device->env, &bytes, net->parameters, sizeof *bytes));
    socle_status status = SOCLE_OK;
    for (int k = 0; status == SOCLE_OK && k < 2; k++) {
        int count = 0;
        for (size_t p = 0; p < net->parameters; p++)
            if (lane_of(&net->parameter[p]) == lanes[k])
                bytes[count++] = sc_tensor_bytes(&net->parameter[p].desc);
        status = sc_view_pass_lane(pass, lanes[k], count, bytes);
    }
    sc_release(pass->device->env, bytes);
    return status;
}

socle_status sc_view_pass_plan(sc_view_pass *pass) {
    const sc_net *net = pass->model->net;
    SC_TRY(pass->graph->status);
    SC_TRY(place_weights(pass));
    SC_TRY(sc_plan_create(&pass->plan, pass->device, pass->graph, &pass->map, NULL));
    for (size_t p = 0; p < net->parameters; p++)
        SC_TRY(sc_view_pass_put(pass, lane_of(&net->parameter[p]), net->parameter[p].index,
                                pass->model->parameter[p],
                                sc_tensor_bytes(&net->parameter[p].desc)));
    return SOCLE_OK;
}

static sc_operand place_of(const sc_view_pass *pass, sc_lane lane, int index) {
    const sc_operand base = pass->memory.base[lane];
    return (sc_operand){base.buffer, base.offset + pass->map.lane[lane].offset[index]};
}

socle_status sc_view_pass_put(sc_view_pass *pass, sc_lane lane, int index, const void *data,
                              size_t bytes) {
    SC_TRY(sc_queue_write(pass->queue, place_of(pass, lane, index), data, bytes));
    return sc_queue_finish(pass->queue);
}

socle_status sc_view_pass_get(sc_view_pass *pass, sc_lane lane, int index, void *data,
                              size_t bytes) {
    SC_TRY(sc_queue_read(pass->queue, data, place_of(pass, lane, index), bytes));
    return sc_queue_finish(pass->queue);
}

socle_status sc_view_pass_run(sc_view_pass *pass) {
    const sc_launch launch = {.rows = pass->graph->capacity};
    return sc_plan_run(pass->plan, pass->queue, &pass->memory, &launch);
}
