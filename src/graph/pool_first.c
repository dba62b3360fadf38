/* SPDX-License-Identifier: Apache-2.0 */
/* Two nodes trade places at a time: the elementwise node that fed the pooling takes its place and
 * reads its result. Nodes keep to the order of their indices, since the pooling reads what the
 * elementwise node read and nothing stands between the two that reads either. */
#include "graph/pool_first.h"

/* How many operands of nodes, and homes outside, hold each value's bytes. */
static void count_readers(const sc_graph *graph, int *readers) {
    for (size_t n = 0; n < graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        for (int i = 0; i < node->inputs && !node->dead; i++)
            readers[sc_graph_root(graph, node->input[i])]++;
    }
    for (size_t v = 0; v < graph->values; v++)
        if (graph->value[v].lane != SC_LANE_NONE) readers[sc_graph_root(graph, (sc_value)v)]++;
}

/* Whether the expression is `op` of its inputs, in their order. */
static bool computes(const sc_expr *expr, sc_expr_op op, int inputs) {
    const sc_expr_node *last = &expr->node[inputs];
    if (expr->inputs != inputs || expr->nodes != inputs + 1 || expr->outputs != 1 ||
        expr->output[0] != inputs)
        return false;
    for (int i = 0; i < inputs; i++)
        if (expr->node[i].op != SC_EXPR_INPUT || expr->node[i].index != i || last->argument[i] != i)
            return false;
    return last->op == op;
}

/* The sum of a convolution and one number per channel. */
static bool is_bias(const sc_graph *graph, const sc_node *node) {
    int source = graph->value[node->input[0]].node;
    const sc_tensor_desc *bias = sc_graph_desc(graph, node->input[1]);
    return source >= 0 && graph->node[source].op == SC_OP_CONV2D && bias->rank == 4 &&
           bias->dim[0] == 1 && bias->dim[2] == 1 && bias->dim[3] == 1;
}

static bool may_follow(const sc_graph *graph, const sc_node *node, const int *readers) {
    if (node->op != SC_OP_ELEMENTWISE || node->dead || node->tail || readers[node->output[0]] != 1)
        return false;
    if (!sc_dtype_is_float(sc_graph_desc(graph, node->input[0])->dtype)) return false;
    return computes(node->expr, SC_EXPR_RELU, 1) ||
           (computes(node->expr, SC_EXPR_ADD, 2) && is_bias(graph, node));
}

/* Node `before` and the pooling that reads it. The value between them is now the pooling's. */
static void trade(sc_graph *graph, int before, int pooling) {
    sc_node first = graph->node[pooling], second = graph->node[before];
    sc_value result = first.output[0], between = second.output[0];
    first.input[0] = second.input[0];
    first.output[0] = between;
    second.input[0] = between;
    second.output[0] = result;
    graph->value[between].desc = graph->value[result].desc;
    graph->value[result].node = pooling;
    for (int k = 0; k < first.outputs; k++) graph->value[first.output[k]].node = before;
    graph->node[before] = first;
    graph->node[pooling] = second;
}

socle_status sc_graph_pool_first(sc_graph *graph) {
    int *readers;
    if (graph->status != SOCLE_OK) return graph->status;
    SC_TRY(sc_allocate(graph->env, &readers, graph->values + 1, sizeof *readers));
    count_readers(graph, readers);
    for (size_t n = 0; n < graph->nodes; n++) {
        int pooling = (int)n;
        while (graph->node[pooling].op == SC_OP_MAXPOOL2D && !graph->node[pooling].dead) {
            int before = graph->value[graph->node[pooling].input[0]].node;
            if (before < 0 || graph->node[before].section != graph->node[pooling].section ||
                !may_follow(graph, &graph->node[before], readers))
                break;
            trade(graph, before, pooling);
            pooling = before;
        }
    }
    sc_release(graph->env, readers);
    return SOCLE_OK;
}
