/* SPDX-License-Identifier: Apache-2.0 */
/* The graph container: values, nodes, externals, outputs. It appends and checks; it neither
 * differentiates, fuses nor plans, and knows no driver. */
#include "graph/graph.h"

#include "base/text.h"

#include <string.h>

socle_status sc_graph_create(sc_graph **out, sc_env *env, int64_t capacity) {
    *out = NULL;
    if (capacity < 1 || capacity > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "a graph needs a capacity of 1 to 2^31-1 rows, not %lld",
                       (long long)capacity);
    sc_graph *graph;
    SC_TRY(sc_allocate(env, &graph, 1, sizeof *graph));
    graph->env = env;
    graph->capacity = capacity;
    graph->weights = SC_LANE_NONE;
    socle_status status = sc_arena_create(&graph->arena, env);
    if (status != SOCLE_OK) {
        sc_release(env, graph);
        return status;
    }
    *out = graph;
    return SOCLE_OK;
}

void sc_graph_destroy(sc_graph *graph) {
    if (!graph) return;
    sc_arena_destroy(graph->arena);
    sc_release(graph->env, graph->node);
    sc_release(graph->env, graph->value);
    sc_release(graph->env, graph->repeat);
    sc_release(graph->env, graph->crossing);
    sc_release(graph->env, graph);
}

void sc_graph_scope(sc_graph *graph, const char *name) {
    if (graph->status != SOCLE_OK) return;
    graph->scope = NULL;
    if (name) sc_graph_fail(graph, sc_arena_string(graph->arena, &graph->scope, name));
}

sc_value sc_graph_fail(sc_graph *graph, socle_status status) {
    if (graph->status == SOCLE_OK && status != SOCLE_OK) {
        graph->status = status;
        if (graph->scope) sc_fail_prefix(graph->env, status, "%s", graph->scope);
    }
    return SC_NO_VALUE;
}

const sc_tensor_desc *sc_graph_desc(const sc_graph *graph, sc_value value) {
    return &graph->value[value].desc;
}

sc_value sc_graph_root(const sc_graph *graph, sc_value value) {
    while (graph->value[value].alias != SC_NO_VALUE) value = graph->value[value].alias;
    return value;
}

sc_value sc_graph_memory(const sc_graph *graph, sc_value value) {
    value = sc_graph_root(graph, value);
    while (graph->value[value].within != SC_NO_VALUE)
        value = sc_graph_root(graph, graph->value[value].within);
    return value;
}

int sc_graph_repeat_of(const sc_graph *graph, sc_value value) {
    const sc_value_info *info = &graph->value[sc_graph_root(graph, value)];
    return info->motion == SC_AT_END ? 0 : info->repeat;
}

bool sc_graph_is_parameter(const sc_graph *graph, sc_value value) {
    const sc_value_info *info = &graph->value[sc_graph_root(graph, value)];
    return info->lane != SC_LANE_NONE && info->lane == graph->weights && !info->is_output;
}

sc_value sc_graph_value(sc_graph *graph, const sc_tensor_desc *desc) {
    socle_status status = sc_grow(graph->env, &graph->value, &graph->value_capacity,
                                  graph->values + 1, sizeof *graph->value);
    if (status != SOCLE_OK) return sc_graph_fail(graph, status);
    graph->value[graph->values] = (sc_value_info){.desc = *desc,
                                                  .node = -1,
                                                  .alias = SC_NO_VALUE,
                                                  .within = SC_NO_VALUE,
                                                  .lane = SC_LANE_NONE,
                                                  .index = -1};
    return (sc_value)graph->values++;
}

void sc_graph_weights(sc_graph *graph, sc_lane lane) {
    graph->weights = lane;
}

sc_value sc_graph_external(sc_graph *graph, sc_lane lane, int index, const sc_tensor_desc *desc,
                           const char *name) {
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    const char *copy = NULL;
    if (name) {
        socle_status status = sc_arena_string(graph->arena, &copy, name);
        if (status != SOCLE_OK) return sc_graph_fail(graph, status);
    }
    if (desc->rows_per_sample && desc->dim[0] != graph->capacity * desc->rows_per_sample)
        return sc_graph_fail(
            graph,
            sc_fail(
                graph->env, SOCLE_STATUS_SHAPE,
                "%s: a batched value has %lld rows, %lld per sample; the graph's capacity is %lld",
                name ? name : "value", (long long)desc->dim[0], (long long)desc->rows_per_sample,
                (long long)graph->capacity));
    sc_value value = sc_graph_value(graph, desc);
    if (value == SC_NO_VALUE) return value;
    graph->value[value].lane = lane;
    graph->value[value].index = index;
    graph->value[value].name = copy;
    return value;
}

sc_value sc_graph_alias(sc_graph *graph, sc_value of, const sc_tensor_desc *desc) {
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_value value = sc_graph_value(graph, desc);
    if (value != SC_NO_VALUE) graph->value[value].alias = of;
    return value;
}

sc_value sc_graph_detach(sc_graph *graph, sc_value of) {
    if (graph->status != SOCLE_OK || of == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = graph->value[of].desc;
    sc_value value = sc_graph_alias(graph, of, &desc);
    if (value != SC_NO_VALUE) graph->value[value].detached = true;
    return value;
}

void sc_graph_node_desc(const sc_graph *graph, const sc_node *node, sc_op_desc *out) {
    memset(out, 0, sizeof *out);
    out->op = node->op;
    out->attr = node->attr;
    out->expr = node->expr;
    out->tail = node->tail;
    out->portable = graph->portable;
    out->inputs = node->inputs;
    out->outputs = node->outputs;
    for (int i = 0; i < node->inputs; i++) out->tensor[i] = graph->value[node->input[i]].desc;
    for (int i = 0; i < node->outputs; i++)
        out->tensor[node->inputs + i] = graph->value[node->output[i]].desc;
}

static socle_status copy_expr(sc_graph *graph, sc_expr **out, const sc_expr *expr) {
    *out = NULL;
    if (!expr) return SOCLE_OK;
    SC_TRY(sc_arena_allocate(graph->arena, out, 1, sizeof **out));
    **out = *expr;
    return SOCLE_OK;
}

static socle_status append(sc_graph *graph, sc_node *node, sc_op_desc *desc) {
    SC_TRY(copy_expr(graph, &node->expr, desc->expr));
    desc->expr = node->expr;
    SC_TRY(sc_op_infer(graph->env, desc));
    SC_TRY(sc_op_check(graph->env, desc));
    SC_TRY(sc_grow(graph->env, &graph->node, &graph->node_capacity, graph->nodes + 1,
                   sizeof *graph->node));
    for (int i = 0; i < node->outputs; i++) {
        node->output[i] = sc_graph_value(graph, &desc->tensor[node->inputs + i]);
        if (node->output[i] == SC_NO_VALUE) return graph->status;
        graph->value[node->output[i]].node = (int)graph->nodes;
        graph->value[node->output[i]].repeat = graph->repeating;
    }
    node->name = graph->scope;
    node->repeat = graph->repeating;
    node->section = graph->section;
    graph->node[graph->nodes++] = *node;
    return SOCLE_OK;
}

/* A region's values are read in it, and where it runs backward. */
static bool may_read(const sc_graph *graph, sc_value value) {
    int repeat = sc_graph_repeat_of(graph, value), now = graph->repeating;
    return !repeat || repeat == now || (now && graph->repeat[now - 1].reverse_of == repeat);
}

static socle_status collect_inputs(sc_graph *graph, sc_node *node, sc_op_desc *desc,
                                   const sc_value *input) {
    if (node->inputs + node->outputs > SC_MAX_OPERANDS || node->outputs > SC_EXPR_OUTPUTS)
        return sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: %d inputs and %d outputs are more than the %d operands of an operation",
                       sc_op_word(node->op), node->inputs, node->outputs, SC_MAX_OPERANDS);
    for (int i = 0; i < node->inputs; i++) {
        if (input[i] < 0 || (size_t)input[i] >= graph->values)
            return sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "%s: input %d is not a value of this graph", sc_op_word(node->op), i);
        if (!may_read(graph, input[i]))
            return sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "%s: input %d belongs to a repeated region that has ended; collect it, "
                           "or carry it and read the last",
                           sc_op_word(node->op), i);
        node->input[i] = input[i];
        desc->tensor[i] = graph->value[input[i]].desc;
    }
    return SOCLE_OK;
}

void sc_graph_append(sc_graph *graph, sc_op op, const sc_op_attr *attr, const sc_expr *expr,
                     int inputs, const sc_value *input, int outputs, sc_value *out) {
    for (int i = 0; i < outputs; i++) out[i] = SC_NO_VALUE;
    if (graph->status != SOCLE_OK) return;
    sc_node node = {.op = op, .inputs = inputs, .outputs = outputs};
    if (attr) node.attr = *attr;
    sc_op_desc desc = {
        .op = op, .inputs = inputs, .outputs = outputs, .attr = node.attr, .expr = expr};
    socle_status status = collect_inputs(graph, &node, &desc, input);
    if (status == SOCLE_OK) status = append(graph, &node, &desc);
    sc_graph_fail(graph, status);
    if (status != SOCLE_OK) return;
    for (int i = 0; i < outputs; i++) out[i] = node.output[i];
}

/* One output of `shape`. */
static sc_value append_one(sc_graph *graph, sc_op op, const sc_op_attr *attr, const sc_expr *expr,
                           int inputs, const sc_value *input, const sc_tensor_desc *shape) {
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_node node = {.op = op, .attr = *attr, .inputs = inputs, .outputs = 1};
    sc_op_desc desc = {.op = op, .inputs = inputs, .outputs = 1, .attr = *attr, .expr = expr};
    desc.tensor[inputs] = *shape;
    socle_status status = collect_inputs(graph, &node, &desc, input);
    if (status == SOCLE_OK) status = append(graph, &node, &desc);
    sc_graph_fail(graph, status);
    return status == SOCLE_OK ? node.output[0] : SC_NO_VALUE;
}

void sc_graph_append_shaped(sc_graph *graph, sc_op op, const sc_op_attr *attr, int inputs,
                            const sc_value *input, const sc_tensor_desc *shape, sc_value *out) {
    *out = append_one(graph, op, attr, NULL, inputs, input, shape);
}

sc_value sc_graph_append_expr(sc_graph *graph, const sc_expr *expr, int inputs,
                              const sc_value *input, const sc_tensor_desc *desc) {
    return append_one(graph, SC_OP_ELEMENTWISE, &(sc_op_attr){0}, expr, inputs, input, desc);
}

sc_value sc_graph_copy_value(sc_graph *graph, sc_value value) {
    const sc_tensor_desc desc = graph->value[value].desc;
    if (desc.dtype == SOCLE_U8) { /* an expression would give an i32 */
        sc_value whole;
        sc_graph_append_shaped(graph, SC_OP_SLICE, &(sc_op_attr){0}, 1, &value, &desc, &whole);
        return whole;
    }
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_output(
        &expr,
        sc_expr_input(&expr, 0, sc_dtype_is_float(desc.dtype) ? SC_EXPR_FLOAT : SC_EXPR_INT));
    sc_value out;
    sc_graph_append(graph, SC_OP_ELEMENTWISE, NULL, &expr, 1, &value, 1, &out);
    return out;
}

sc_value sc_graph_output(sc_graph *graph, sc_value value, sc_lane lane, int index) {
    if (graph->status != SOCLE_OK || value == SC_NO_VALUE) return SC_NO_VALUE;
    if (graph->repeating)
        return sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT,
                                            "a repeated region has no outputs of its own; collect "
                                            "what it makes, or read the last after its end"));
    sc_value root = sc_graph_root(graph, value);
    const sc_value_info *info = &graph->value[root];
    if (info->lane != SC_LANE_NONE || info->within != SC_NO_VALUE || info->slots) {
        root = value = sc_graph_copy_value(graph, value);
        if (value == SC_NO_VALUE) return value;
    }
    graph->value[root].lane = lane;
    graph->value[root].index = index;
    graph->value[root].is_output = true;
    return value;
}

sc_value sc_graph_update(sc_graph *graph, sc_value value, sc_value target) {
    if (graph->status != SOCLE_OK || value == SC_NO_VALUE || target == SC_NO_VALUE)
        return SC_NO_VALUE;
    sc_value_info home = graph->value[sc_graph_root(graph, target)];
    return sc_graph_output(graph, value, home.lane, home.index);
}
