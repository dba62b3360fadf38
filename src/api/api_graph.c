/* SPDX-License-Identifier: Apache-2.0 */
/* Public graphs: a graph over tensors, planned once. A run reads its inputs where they lie, and
 * copies outputs to their tensors after it, all on the device; so a tensor may be both. */
#include "api/api_graph.h"
#include "graph/build.h"

#include "graph/grad.h"
#include "nn/lanes.h"

#include <string.h>

socle_status socle_graph_create(socle_graph **out, socle_context *context) {
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    socle_graph *graph;
    SC_TRY(sc_api_create(&graph, context, sizeof *graph));
    socle_status status = sc_graph_create(&graph->graph, &context->env, 1);
    if (status != SOCLE_OK)
        sc_api_destroy(context, graph);
    else
        *out = graph;
    return status;
}

static socle_status destroy_job(sc_device *device, void *argument) {
    (void)device;
    socle_graph *graph = argument;
    sc_plan_destroy(graph->plan);
    sc_buffer_destroy(graph->results);
    sc_buffer_destroy(graph->scalar);
    sc_queue_close(graph->queue);
    return SOCLE_OK;
}

static void free_slots(const socle_graph *graph, const sc_api_slots *slots) {
    for (int i = 0; i < slots->count; i++) socle_tensor_destroy(slots->slot[i].tensor);
    sc_release(&graph->context->env, slots->slot);
}

void socle_graph_destroy(socle_graph *graph) {
    if (!graph || sc_api_enter(graph->context) != SOCLE_OK) return;
    if (graph->queue) sc_api_run_at(graph->context, &graph->home, destroy_job, graph);
    sc_lane_map_free(&graph->map, &graph->context->env);
    sc_graph_destroy(graph->graph);
    free_slots(graph, &graph->input);
    free_slots(graph, &graph->output);
    sc_api_graph_nets_free(graph);
    sc_release(&graph->context->env, graph->chunk);
    sc_release(&graph->context->env, graph->scalar_bits);
    sc_api_destroy(graph->context, graph);
}

socle_status sc_api_graph_check(socle_graph *graph) {
    SC_TRY(sc_api_enter(graph->context));
    if (graph->graph->status == SOCLE_OK) return SOCLE_OK;
    return sc_fail(&graph->context->env, graph->graph->status, "%s", graph->error);
}

sc_graph *sc_api_graph(socle_graph *graph) {
    if (!graph || sc_api_enter(graph->context) != SOCLE_OK) return NULL;
    if (graph->graph->status != SOCLE_OK) return NULL;
    if (!graph->queue) return graph->graph;
    sc_fail(&graph->context->env, SOCLE_STATUS_STATE,
            "the graph is compiled: operations come before socle_graph_compile");
    return NULL;
}

socle_value sc_api_built(socle_graph *graph, sc_value value) {
    if (graph->graph->status != SOCLE_OK && !graph->error[0])
        memcpy(graph->error, graph->context->env.text, sizeof graph->error);
    return value;
}

socle_value sc_api_graph_fail(socle_graph *graph, socle_status status) {
    return sc_api_built(graph, sc_graph_fail(graph->graph, status));
}

socle_value sc_api_graph_missing(socle_graph *graph, const char *function, const char *what) {
    return sc_api_graph_fail(graph, sc_api_missing(graph->context, function, what));
}

/* A tensor that the graph may keep. The first one decides where the graph lives. */
static socle_status check_tensor(socle_graph *graph, const char *function,
                                 const socle_tensor *tensor) {
    socle_context *context = graph->context;
    if (!tensor) return sc_api_missing(context, function, "tensor");
    if (tensor->context != context)
        return sc_fail(&context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: the tensor was made in another context than the graph", function);
    if (graph->home && graph->home != tensor->home)
        return sc_fail(
            &context->env, SOCLE_STATUS_INVALID_ARGUMENT,
            "%s: the tensor lies on another device than the graph's others; it was made after "
            "that one was lost",
            function);
    graph->home = tensor->home;
    return SOCLE_OK;
}

/* The place for one more tensor. */
static socle_status make_room(socle_graph *graph, sc_api_slots *slots) {
    return sc_grow(&graph->context->env, &slots->slot, &slots->capacity, (size_t)slots->count + 1,
                   sizeof *slots->slot);
}

static void keep(sc_api_slots *slots, socle_tensor *tensor, sc_value value) {
    tensor->users++;
    slots->slot[slots->count++] = (sc_api_slot){tensor, value};
}

socle_value socle_op_tensor(socle_graph *graph, socle_tensor *tensor) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    sc_api_slots *inputs = &graph->input;
    for (int i = 0; i < inputs->count; i++)
        if (inputs->slot[i].tensor == tensor) return inputs->slot[i].value;
    socle_status status = check_tensor(graph, __func__, tensor);
    if (status == SOCLE_OK) status = make_room(graph, inputs);
    if (status != SOCLE_OK) return sc_api_graph_fail(graph, status);
    sc_value value = sc_graph_external(g, SC_LANE_INPUTS, inputs->count, &tensor->desc, NULL);
    if (value == SC_NO_VALUE) return sc_api_built(graph, value);
    keep(inputs, tensor, value);
    return value;
}

/* f32 is stored in half of the bytes. */
static bool narrows(const sc_tensor_desc *value, const sc_tensor_desc *tensor) {
    return value->dtype == SOCLE_F32 && tensor->dtype != SOCLE_F32 &&
           sc_dtype_is_float(tensor->dtype);
}

/* How a value is stored is a property of the value: so it is one of its own. */
static sc_value narrow(sc_graph *graph, sc_value value, const sc_tensor_desc *tensor) {
    if (!narrows(sc_graph_desc(graph, value), tensor)) return value;
    value = sc_build_to_float(graph, value, 1.0f);
    if (value != SC_NO_VALUE) graph->value[value].desc.dtype = tensor->dtype;
    return value;
}

static socle_status check_store(socle_graph *graph, socle_value value, const socle_tensor *tensor) {
    sc_env *env = &graph->context->env;
    SC_TRY(check_tensor(graph, "socle_op_store", tensor));
    if (value < 0 || (size_t)value >= graph->graph->values)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_op_store: %d is not a value of this graph", value);
    for (int i = 0; i < graph->output.count; i++)
        if (graph->output.slot[i].tensor == tensor)
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "socle_op_store: a value is stored in this tensor already");
    const sc_tensor_desc *desc = sc_graph_desc(graph->graph, value);
    sc_tensor_desc stored = *desc;
    if (narrows(desc, &tensor->desc)) stored.dtype = tensor->desc.dtype;
    if (sc_tensor_equal(&stored, &tensor->desc)) return SOCLE_OK;
    char a[96], b[96];
    sc_tensor_text(a, sizeof a, desc);
    sc_tensor_text(b, sizeof b, &tensor->desc);
    return sc_fail(env, SOCLE_STATUS_SHAPE, "socle_op_store: the value is %s, the tensor %s", a, b);
}

void socle_op_store(socle_graph *graph, socle_value value, socle_tensor *tensor) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return;
    socle_status status = check_store(graph, value, tensor);
    if (status == SOCLE_OK) status = make_room(graph, &graph->output);
    if (status != SOCLE_OK) {
        sc_api_graph_fail(graph, status);
        return;
    }
    value =
        sc_graph_output(g, narrow(g, value, &tensor->desc), SC_LANE_OUTPUTS, graph->output.count);
    if (value == SC_NO_VALUE)
        sc_api_built(graph, value);
    else
        keep(&graph->output, tensor, value);
}

static socle_status check_gradient(socle_graph *graph, socle_value loss, int count,
                                   const socle_value *wrt, const socle_value *gradient) {
    sc_env *env = &graph->context->env;
    size_t values = graph->graph->values;
    if (count < 0)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "socle_graph_gradient: a count of %d",
                       count);
    if (count && !wrt) return sc_api_missing(graph->context, "socle_graph_gradient", "wrt");
    if (count && !gradient)
        return sc_api_missing(graph->context, "socle_graph_gradient", "gradient");
    if (loss < 0 || (size_t)loss >= values)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_graph_gradient: the loss, %d, is not a value of this graph", loss);
    for (int i = 0; i < count; i++)
        if (wrt[i] < 0 || (size_t)wrt[i] >= values)
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "socle_graph_gradient: wrt[%d], %d, is not a value of this graph", i,
                           wrt[i]);
    return SOCLE_OK;
}

socle_status socle_graph_gradient(socle_graph *graph, socle_value loss, int count,
                                  const socle_value *wrt, socle_value *gradient) {
    if (!graph) return SOCLE_STATUS_INVALID_ARGUMENT;
    for (int i = 0; gradient && i < count; i++) gradient[i] = SC_NO_VALUE;
    SC_TRY(sc_api_graph_check(graph));
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SOCLE_STATUS_STATE;
    socle_status status = check_gradient(graph, loss, count, wrt, gradient);
    if (status == SOCLE_OK)
        status = sc_graph_gradient(g, loss, SC_NO_VALUE, count, wrt, gradient, NULL);
    if (status != SOCLE_OK) sc_api_graph_fail(graph, status);
    return status;
}

/* Each input is a chunk of its lane: the memory of its tensor. */
static socle_status place_inputs(socle_graph *graph, sc_env *env, size_t *bytes) {
    sc_lane_layout *layout = &graph->map.lane[SC_LANE_INPUTS];
    const sc_api_slots *inputs = &graph->input;
    for (int i = 0; i < inputs->count; i++)
        bytes[i] = sc_tensor_bytes(&inputs->slot[i].tensor->desc);
    SC_TRY(sc_lane_place_chunks(layout, env, inputs->count, bytes, NULL, 1));
    SC_TRY(sc_allocate(env, &graph->chunk, (size_t)inputs->count, sizeof *graph->chunk));
    for (int i = 0; i < inputs->count; i++)
        graph->chunk[layout->chunk[i]].buffer = inputs->slot[i].tensor->buffer;
    graph->memory.chunk[SC_LANE_INPUTS] = graph->chunk;
    return SOCLE_OK;
}

static socle_status place_lane(socle_graph *graph, sc_device *device, sc_lane lane, int count,
                               const size_t *bytes, sc_buffer **buffer) {
    sc_lane_layout *layout = &graph->map.lane[lane];
    SC_TRY(sc_lane_place(layout, device->env, count, bytes, NULL));
    if (layout->bytes) SC_TRY(sc_buffer_create(buffer, device, SC_BUFFER_DEVICE, layout->bytes));
    graph->memory.base[lane].buffer = *buffer;
    return SOCLE_OK;
}

static socle_status place_with(socle_graph *graph, sc_device *device, size_t *bytes) {
    sc_env *env = device->env;
    SC_TRY(place_inputs(graph, env, bytes));
    for (int i = 0; i < graph->output.count; i++)
        bytes[i] = sc_tensor_bytes(&graph->output.slot[i].tensor->desc);
    SC_TRY(place_lane(graph, device, SC_LANE_OUTPUTS, graph->output.count, bytes, &graph->results));
    SC_TRY(
        sc_allocate(env, &graph->scalar_bits, (size_t)graph->scalars, sizeof *graph->scalar_bits));
    for (int i = 0; i < graph->scalars; i++) bytes[i] = sizeof *graph->scalar_bits;
    return place_lane(graph, device, SC_LANE_COEFFICIENTS, graph->scalars, bytes, &graph->scalar);
}

static socle_status place(socle_graph *graph, sc_device *device) {
    size_t *bytes, most = (size_t)graph->scalars;
    if ((size_t)graph->input.count > most) most = (size_t)graph->input.count;
    if ((size_t)graph->output.count > most) most = (size_t)graph->output.count;
    SC_TRY(sc_allocate(device->env, &bytes, most, sizeof *bytes));
    socle_status status = place_with(graph, device, bytes);
    sc_release(device->env, bytes);
    return status;
}

static socle_status compile_job(sc_device *device, void *argument) {
    socle_graph *graph = argument;
    sc_env *env = graph->graph->env;
    graph->graph->env = device->env; /* this thread's */
    socle_status status = sc_queue_open(&graph->queue, device);
    if (status == SOCLE_OK) status = place(graph, device);
    if (status == SOCLE_OK)
        status = sc_plan_create(&graph->plan, device, graph->graph, &graph->map, NULL);
    graph->graph->env = env;
    return status;
}

socle_status socle_graph_compile(socle_graph *graph) {
    if (!graph) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_graph_check(graph));
    sc_env *env = &graph->context->env;
    if (graph->plan) return sc_fail(env, SOCLE_STATUS_STATE, "the graph is compiled already");
    sc_api_graph_nets_store(graph);
    SC_TRY(sc_api_graph_check(graph));
    if (!graph->output.count)
        return sc_fail(env, SOCLE_STATUS_STATE, "the graph stores nothing: use socle_op_store");
    socle_status status = sc_api_run_at(graph->context, &graph->home, compile_job, graph);
    if (status != SOCLE_OK)
        sc_api_graph_fail(graph, status); /* passes have changed it: there is no second try */
    return status;
}

static socle_status run(socle_graph *graph) {
    const size_t *offset = graph->map.lane[SC_LANE_OUTPUTS].offset;
    sc_launch launch = {.rows = 1, .step = ++graph->runs, .seed = graph->seed};
    SC_TRY(sc_api_graph_write_scalars(graph));
    SC_TRY(sc_plan_run(graph->plan, graph->queue, &graph->memory, &launch));
    for (int i = 0; i < graph->output.count; i++) {
        const socle_tensor *tensor = graph->output.slot[i].tensor;
        SC_TRY(sc_queue_copy(graph->queue, (sc_operand){tensor->buffer, 0},
                             (sc_operand){graph->results, offset[i]},
                             sc_tensor_bytes(&tensor->desc)));
    }
    return sc_queue_finish(graph->queue);
}

static socle_status run_job(sc_device *device, void *argument) {
    socle_graph *graph = argument;
    socle_status status = run(graph);
    if (status == SOCLE_OK) return status;
    sc_plan_weights_changed(graph->plan); /* what was packed may not be whole */
    return sc_api_renew_queue(&graph->queue, device, status);
}

void socle_graph_seed(socle_graph *graph, uint64_t seed) {
    if (!graph) return;
    graph->seed = seed;
    graph->runs = 0;
}

socle_status socle_graph_run(socle_graph *graph) {
    if (!graph) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_graph_check(graph));
    if (!graph->plan)
        return sc_fail(&graph->context->env, SOCLE_STATUS_STATE,
                       "compile the graph before it runs");
    SC_TRY(sc_api_graph_nets_push(graph));
    SC_TRY(sc_api_run_at(graph->context, &graph->home, run_job, graph));
    sc_api_graph_nets_ran(graph);
    return SOCLE_OK;
}
