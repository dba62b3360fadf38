/* SPDX-License-Identifier: Apache-2.0 */
/* Public graphs: a graph over tensors, planned once. Inputs are copied from their tensors into one lane before a run and outputs
 * back after it, all on the device. */
#include "api/api_tensor.h"
#include "graph/grad.h"
#include "graph/plan.h"

enum { MAX_TENSORS = 64 };

typedef struct binding {
    socle_tensor *tensor;
    size_t bytes;
} binding;

struct socle_graph {
    socle_context *context;
    sc_graph *graph;
    binding input[MAX_TENSORS], output[MAX_TENSORS];
    int inputs, outputs;
    sc_lane_map map;
    sc_lane_memory memory;
    sc_buffer *lane[2]; /* inputs, outputs */
    sc_queue *queue;
    sc_plan *plan;
};

socle_status socle_graph_create(socle_graph **out, socle_context *context) {
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    *out = NULL;
    socle_graph *graph;
    SC_TRY(sc_allocate(&context->env, &graph, 1, sizeof *graph));
    graph->context = context;
    socle_status status = sc_graph_create(&graph->graph, &context->env, 1);
    if (status != SOCLE_OK)
        sc_release(&context->env, graph);
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
    if (!graph) return;
    sc_api_run(graph->context, destroy_job, graph);
    sc_lane_map_free(&graph->map, &graph->context->env);
    sc_graph_destroy(graph->graph);
    sc_release(&graph->context->env, graph);
}

static socle_value fail(socle_graph *graph, socle_status status) {
    return sc_graph_fail(graph->graph, status);
}

socle_value socle_op_tensor(socle_graph *graph, socle_tensor *tensor) {
    for (int i = 0; i < graph->inputs; i++)
        if (graph->input[i].tensor == tensor)
            return sc_graph_external(graph->graph, SC_LANE_INPUTS, i, &tensor->desc, NULL);
    if (!tensor || graph->inputs == MAX_TENSORS || graph->plan)
        return fail(graph, sc_fail(&graph->context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                                   "a graph reads at most %d tensors, given before it is compiled", MAX_TENSORS));
    graph->input[graph->inputs] = (binding){tensor, sc_tensor_bytes(&tensor->desc)};
    return sc_graph_external(graph->graph, SC_LANE_INPUTS, graph->inputs++, &tensor->desc, NULL);
}

void socle_op_store(socle_graph *graph, socle_value value, socle_tensor *tensor) {
    if (graph->graph->status != SOCLE_OK || value < 0) return;
    if (!tensor || graph->outputs == MAX_TENSORS || graph->plan || (size_t)value >= graph->graph->values) {
        fail(graph, sc_fail(&graph->context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                            "store: needs a value of this graph and at most %d tensors", MAX_TENSORS));
        return;
    }
    const sc_tensor_desc *desc = sc_graph_desc(graph->graph, value);
    if (!sc_tensor_equal(desc, &tensor->desc)) {
        char a[96], b[96];
        sc_tensor_text(a, sizeof a, desc);
        sc_tensor_text(b, sizeof b, &tensor->desc);
        fail(graph, sc_fail(&graph->context->env, SOCLE_STATUS_SHAPE, "store: the value is %s, the tensor %s", a, b));
        return;
    }
    graph->output[graph->outputs] = (binding){tensor, sc_tensor_bytes(desc)};
    sc_graph_output(graph->graph, value, SC_LANE_OUTPUTS, graph->outputs++);
}

static socle_status place(socle_graph *graph, sc_device *device, sc_lane lane, int buffer, int count,
                          const binding *bindings) {
    size_t bytes[MAX_TENSORS];
    for (int i = 0; i < count; i++) bytes[i] = bindings[i].bytes;
    sc_lane_layout *layout = &graph->map.lane[lane];
    SC_TRY(sc_lane_place(layout, &graph->context->env, count, bytes, NULL));
    if (layout->bytes) SC_TRY(sc_buffer_create(&graph->lane[buffer], device, SC_BUFFER_DEVICE, layout->bytes));
    graph->memory.base[lane].buffer = graph->lane[buffer];
    return SOCLE_OK;
}

static socle_status compile_job(sc_device *device, void *argument) {
    socle_graph *graph = argument;
    sc_env *env = graph->graph->env;
    graph->graph->env = device->env; /* this thread's */
    socle_status status = sc_queue_open(&graph->queue, device);
    if (status == SOCLE_OK) status = place(graph, device, SC_LANE_INPUTS, 0, graph->inputs, graph->input);
    if (status == SOCLE_OK) status = place(graph, device, SC_LANE_OUTPUTS, 1, graph->outputs, graph->output);
    if (status == SOCLE_OK) status = sc_plan_create(&graph->plan, device, graph->graph, &graph->map, NULL);
    graph->graph->env = env;
    return status;
}

socle_status socle_graph_compile(socle_graph *graph) {
    if (!graph) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (graph->graph->status != SOCLE_OK) return graph->graph->status;
    if (graph->queue) return sc_fail(&graph->context->env, SOCLE_STATUS_STATE, "the graph is compiled already");
    return sc_api_run(graph->context, compile_job, graph);
}

static socle_status run_job(sc_device *device, void *argument) {
    (void)device;
    socle_graph *graph = argument;
    for (int i = 0; i < graph->inputs; i++) {
        sc_operand to = {graph->lane[0], graph->map.lane[SC_LANE_INPUTS].offset[i]};
        SC_TRY(sc_queue_copy(graph->queue, to, (sc_operand){graph->input[i].tensor->buffer, 0}, graph->input[i].bytes));
    }
    sc_launch launch = {.rows = 1};
    SC_TRY(sc_plan_run(graph->plan, graph->queue, &graph->memory, &launch));
    for (int i = 0; i < graph->outputs; i++) {
        sc_operand from = {graph->lane[1], graph->map.lane[SC_LANE_OUTPUTS].offset[i]};
        SC_TRY(sc_queue_copy(graph->queue, (sc_operand){graph->output[i].tensor->buffer, 0}, from, graph->output[i].bytes));
    }
    return sc_queue_finish(graph->queue);
}

socle_status socle_graph_run(socle_graph *graph) {
    if (!graph) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (!graph->plan)
        return sc_fail(&graph->context->env, SOCLE_STATUS_STATE, "compile the graph before it runs");
    return sc_api_run(graph->context, run_job, graph);
}

socle_status socle_graph_gradient(socle_graph *graph, socle_value loss, int count, const socle_value *wrt,
                                  socle_value *gradient) {
    if (!graph || count < 0) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (graph->graph->status != SOCLE_OK) return graph->graph->status;
    bool valid = loss >= 0 && (size_t)loss < graph->graph->values;
    for (int i = 0; i < count; i++) valid &= wrt[i] >= 0 && (size_t)wrt[i] < graph->graph->values;
    if (!valid) {
        fail(graph, sc_fail(&graph->context->env, SOCLE_STATUS_INVALID_ARGUMENT, "gradient: not a value of this graph"));
        return graph->graph->status;
    }
    return sc_graph_gradient(graph->graph, loss, SC_NO_VALUE, count, wrt, gradient, NULL);
}

sc_graph *sc_api_graph(socle_graph *graph) {
    return graph->graph;
}
