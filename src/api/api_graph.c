/* SPDX-License-Identifier: Apache-2.0 */
/* Public graphs: a graph over tensors, planned once. Inputs are copied from their tensors into one
 * lane before a run and outputs back after it, all on the device; so a tensor may be both. */
#include "api/api_tensor.h"
#include "graph/grad.h"

#include <string.h>

enum { MAX_TENSORS = 64 };

struct socle_graph {
    socle_context *context;
    sc_graph *graph;
    socle_tensor *input[MAX_TENSORS], *output[MAX_TENSORS];
    sc_value input_value[MAX_TENSORS];
    int inputs, outputs;
    sc_lane_map map;
    sc_lane_memory memory;
    sc_buffer *lane[2]; /* inputs, outputs */
    sc_worker *home;    /* that of its tensors; NULL: it has none yet */
    sc_queue *queue;    /* not NULL: compiling has begun */
    sc_plan *plan;
    uint64_t seed;
    uint32_t runs;             /* since the seed was set */
    char error[SC_ERROR_TEXT]; /* of the graph's first error */
};

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
    for (int i = 0; i < 2; i++) sc_buffer_destroy(graph->lane[i]);
    sc_queue_close(graph->queue);
    return SOCLE_OK;
}

void socle_graph_destroy(socle_graph *graph) {
    if (!graph || sc_api_enter(graph->context) != SOCLE_OK) return;
    if (graph->queue) sc_api_run_at(graph->context, &graph->home, destroy_job, graph);
    sc_lane_map_free(&graph->map, &graph->context->env);
    sc_graph_destroy(graph->graph);
    for (int i = 0; i < graph->inputs; i++) socle_tensor_destroy(graph->input[i]);
    for (int i = 0; i < graph->outputs; i++) socle_tensor_destroy(graph->output[i]);
    sc_api_destroy(graph->context, graph);
}

/* The graph's first error again, with its text. */
static socle_status check(socle_graph *graph) {
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

static socle_value fail(socle_graph *graph, socle_status status) {
    return sc_api_built(graph, sc_graph_fail(graph->graph, status));
}

socle_value sc_api_graph_missing(socle_graph *graph, const char *function, const char *what) {
    return fail(graph, sc_api_missing(graph->context, function, what));
}

/* A tensor that the graph may keep in a list that has `count` already. The first one decides where
 * the graph lives. */
static socle_status check_tensor(socle_graph *graph, const char *function,
                                 const socle_tensor *tensor, int count) {
    socle_context *context = graph->context;
    if (!tensor) return sc_api_missing(context, function, "tensor");
    if (tensor->context != context)
        return sc_fail(&context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: the tensor was made in another context than the graph", function);
    if (count == MAX_TENSORS)
        return sc_fail(&context->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s: at most %d tensors",
                       function, MAX_TENSORS);
    if (graph->home && graph->home != tensor->home)
        return sc_fail(
            &context->env, SOCLE_STATUS_INVALID_ARGUMENT,
            "%s: the tensor lies on another device than the graph's others; it was made after "
            "that one was lost",
            function);
    graph->home = tensor->home;
    return SOCLE_OK;
}

socle_value socle_op_tensor(socle_graph *graph, socle_tensor *tensor) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    for (int i = 0; i < graph->inputs; i++)
        if (graph->input[i] == tensor) return graph->input_value[i];
    int number = graph->inputs;
    socle_status status = check_tensor(graph, __func__, tensor, number);
    if (status != SOCLE_OK) return fail(graph, status);
    sc_value value = sc_graph_external(g, SC_LANE_INPUTS, number, &tensor->desc, NULL);
    if (value == SC_NO_VALUE) return sc_api_built(graph, value);
    tensor->users++;
    graph->input[number] = tensor;
    graph->input_value[number] = value;
    graph->inputs++;
    return value;
}

static socle_status check_store(socle_graph *graph, socle_value value, const socle_tensor *tensor) {
    sc_env *env = &graph->context->env;
    SC_TRY(check_tensor(graph, "socle_op_store", tensor, graph->outputs));
    if (value < 0 || (size_t)value >= graph->graph->values)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_op_store: %d is not a value of this graph", value);
    for (int i = 0; i < graph->outputs; i++)
        if (graph->output[i] == tensor)
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "socle_op_store: a value is stored in this tensor already");
    const sc_tensor_desc *desc = sc_graph_desc(graph->graph, value);
    if (sc_tensor_equal(desc, &tensor->desc)) return SOCLE_OK;
    char a[96], b[96];
    sc_tensor_text(a, sizeof a, desc);
    sc_tensor_text(b, sizeof b, &tensor->desc);
    return sc_fail(env, SOCLE_STATUS_SHAPE, "socle_op_store: the value is %s, the tensor %s", a, b);
}

void socle_op_store(socle_graph *graph, socle_value value, socle_tensor *tensor) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return;
    socle_status status = check_store(graph, value, tensor);
    if (status != SOCLE_OK) {
        fail(graph, status);
        return;
    }
    if (sc_graph_output(g, value, SC_LANE_OUTPUTS, graph->outputs) == SC_NO_VALUE) {
        sc_api_built(graph, SC_NO_VALUE);
        return;
    }
    tensor->users++;
    graph->output[graph->outputs++] = tensor;
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
    SC_TRY(check(graph));
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SOCLE_STATUS_STATE;
    socle_status status = check_gradient(graph, loss, count, wrt, gradient);
    if (status == SOCLE_OK)
        status = sc_graph_gradient(g, loss, SC_NO_VALUE, count, wrt, gradient, NULL);
    if (status != SOCLE_OK) fail(graph, status);
    return status;
}

static socle_status place(socle_graph *graph, sc_device *device, sc_lane lane, int buffer,
                          int count, socle_tensor *const *tensor) {
    size_t bytes[MAX_TENSORS];
    for (int i = 0; i < count; i++) bytes[i] = sc_tensor_bytes(&tensor[i]->desc);
    sc_lane_layout *layout = &graph->map.lane[lane];
    SC_TRY(sc_lane_place(layout, device->env, count, bytes, NULL));
    if (layout->bytes)
        SC_TRY(sc_buffer_create(&graph->lane[buffer], device, SC_BUFFER_DEVICE, layout->bytes));
    graph->memory.base[lane].buffer = graph->lane[buffer];
    return SOCLE_OK;
}

static socle_status compile_job(sc_device *device, void *argument) {
    socle_graph *graph = argument;
    sc_env *env = graph->graph->env;
    graph->graph->env = device->env; /* this thread's */
    socle_status status = sc_queue_open(&graph->queue, device);
    if (status == SOCLE_OK)
        status = place(graph, device, SC_LANE_INPUTS, 0, graph->inputs, graph->input);
    if (status == SOCLE_OK)
        status = place(graph, device, SC_LANE_OUTPUTS, 1, graph->outputs, graph->output);
    if (status == SOCLE_OK)
        status = sc_plan_create(&graph->plan, device, graph->graph, &graph->map, NULL);
    graph->graph->env = env;
    return status;
}

socle_status socle_graph_compile(socle_graph *graph) {
    if (!graph) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(check(graph));
    sc_env *env = &graph->context->env;
    if (graph->plan) return sc_fail(env, SOCLE_STATUS_STATE, "the graph is compiled already");
    if (!graph->outputs)
        return sc_fail(env, SOCLE_STATUS_STATE, "the graph stores nothing: use socle_op_store");
    socle_status status = sc_api_run_at(graph->context, &graph->home, compile_job, graph);
    if (status != SOCLE_OK)
        fail(graph, status); /* passes have changed it: there is no second try */
    return status;
}

static socle_status run(socle_graph *graph) {
    const sc_lane_layout *lane = graph->map.lane;
    for (int i = 0; i < graph->inputs; i++) {
        const socle_tensor *tensor = graph->input[i];
        sc_operand to = {graph->lane[0], lane[SC_LANE_INPUTS].offset[i]};
        SC_TRY(sc_queue_copy(graph->queue, to, (sc_operand){tensor->buffer, 0},
                             sc_tensor_bytes(&tensor->desc)));
    }
    sc_launch launch = {.rows = 1, .step = ++graph->runs, .seed = graph->seed};
    SC_TRY(sc_plan_run(graph->plan, graph->queue, &graph->memory, &launch));
    for (int i = 0; i < graph->outputs; i++) {
        const socle_tensor *tensor = graph->output[i];
        sc_operand from = {graph->lane[1], lane[SC_LANE_OUTPUTS].offset[i]};
        SC_TRY(sc_queue_copy(graph->queue, (sc_operand){tensor->buffer, 0}, from,
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
    SC_TRY(check(graph));
    if (!graph->plan)
        return sc_fail(&graph->context->env, SOCLE_STATUS_STATE,
                       "compile the graph before it runs");
    return sc_api_run_at(graph->context, &graph->home, run_job, graph);
}
