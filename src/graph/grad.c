/* SPDX-License-Identifier: Apache-2.0 */
/* The reverse walk: which values want a gradient, in which order the rules run, how contributions
 * add up. The rules themselves are in grad_rules.c; this file knows no operation. */
#include "graph/grad.h"

#include "graph/build.h"

struct sc_grad {
    sc_graph *graph;
    size_t values; /* of the forward graph */
    bool *wanted;  /* per root value */
    sc_value *gradient;
};

bool sc_grad_wanted(const sc_grad *grad, sc_value value) {
    const sc_value_info *info = grad->graph->value;
    for (; info[value].alias != SC_NO_VALUE; value = info[value].alias)
        if (info[value].detached) return false;
    return (size_t)value < grad->values && grad->wanted[value];
}

void sc_grad_add(sc_grad *grad, sc_value value, sc_value contribution) {
    sc_graph *graph = grad->graph;
    if (contribution == SC_NO_VALUE || graph->status != SOCLE_OK || !sc_grad_wanted(grad, value))
        return;
    sc_value root = sc_graph_root(graph, value);
    if (root != value) {
        sc_tensor_desc desc = *sc_graph_desc(graph, root);
        contribution = sc_build_reshape(graph, contribution, desc.rank, desc.dim);
    }
    sc_value sum = grad->gradient[root];
    grad->gradient[root] =
        sum == SC_NO_VALUE ? contribution : sc_build_binary(graph, SC_EXPR_ADD, sum, contribution);
}

static void mark_wanted(sc_grad *grad, int count, const sc_value *wrt) {
    const sc_graph *graph = grad->graph;
    for (int i = 0; i < count; i++) grad->wanted[sc_graph_root(graph, wrt[i])] = true;
    for (size_t n = 0; n < graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        bool wanted = false;
        for (int i = 0; i < node->inputs; i++) wanted |= sc_grad_wanted(grad, node->input[i]);
        for (int i = 0; i < node->outputs; i++)
            grad->wanted[node->output[i]] |=
                wanted && sc_graph_desc(graph, node->output[i])->dtype == SOCLE_F32;
    }
}

static socle_status apply_rule(sc_grad *grad, int n) {
    sc_graph *graph = grad->graph;
    sc_node node = graph->node[n];
    sc_value dy[SC_EXPR_OUTPUTS];
    bool any = false;
    for (int i = 0; i < node.outputs; i++) {
        dy[i] = grad->wanted[node.output[i]] ? grad->gradient[node.output[i]] : SC_NO_VALUE;
        any |= dy[i] != SC_NO_VALUE;
    }
    if (!any) return SOCLE_OK;
    sc_grad_rule rule = sc_grad_rule_of(node.op);
    if (!rule)
        return sc_fail(graph->env, SOCLE_STATUS_UNSUPPORTED, "%s: %s has no gradient",
                       node.name ? node.name : "graph", sc_op_word(node.op));
    graph->scope = node.name;
    rule(grad, graph, n, dy);
    return graph->status;
}

static sc_value ones_like(sc_graph *graph, sc_value x) {
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    sc_expr_output(&expr, sc_expr_const(&expr, 1.0f));
    sc_value out;
    sc_build_expr(graph, &expr, 1, &x, &out);
    return out;
}

/* Rank of each gradient by the node that completes it. */
static void rank_completion(const sc_graph *graph, int count, const sc_value *gradient,
                            int *completion) {
    for (int i = 0; i < count; i++) {
        completion[i] = 0;
        int mine = graph->value[sc_graph_root(graph, gradient[i])].node;
        for (int j = 0; j < count; j++) {
            int other = graph->value[sc_graph_root(graph, gradient[j])].node;
            completion[i] += other < mine || (other == mine && j < i);
        }
    }
}

static socle_status walk(sc_grad *grad, sc_value loss, sc_value seed, int count,
                         const sc_value *wrt, sc_value *gradient) {
    sc_graph *graph = grad->graph;
    int nodes = (int)graph->nodes;
    if (seed != SC_NO_VALUE &&
        !sc_tensor_equal(sc_graph_desc(graph, seed), sc_graph_desc(graph, loss)))
        return sc_fail(graph->env, SOCLE_STATUS_SHAPE,
                       "gradient: the seed must have the shape of the loss");
    mark_wanted(grad, count, wrt);
    if (sc_grad_wanted(grad, loss))
        sc_grad_add(grad, loss, seed != SC_NO_VALUE ? seed : ones_like(graph, loss));
    for (int n = nodes - 1; n >= 0; n--) SC_TRY(apply_rule(grad, n));
    for (int i = 0; i < count; i++) {
        sc_value root = sc_graph_root(graph, wrt[i]);
        gradient[i] = grad->gradient[root];
        if (gradient[i] == SC_NO_VALUE) gradient[i] = sc_build_zeros_like(graph, wrt[i]);
        const sc_tensor_desc desc = *sc_graph_desc(graph, wrt[i]);
        if (root != wrt[i]) gradient[i] = sc_build_reshape(graph, gradient[i], desc.rank, desc.dim);
    }
    return graph->status;
}

socle_status sc_graph_gradient(sc_graph *graph, sc_value loss, sc_value seed, int count,
                               const sc_value *wrt, sc_value *gradient, int *completion) {
    for (int i = 0; i < count; i++) gradient[i] = SC_NO_VALUE;
    if (graph->status != SOCLE_OK) return graph->status;
    const char *scope = graph->scope;
    sc_grad grad = {.graph = graph, .values = graph->values};
    socle_status status = sc_allocate(graph->env, &grad.wanted, graph->values, sizeof *grad.wanted);
    if (status == SOCLE_OK)
        status = sc_allocate(graph->env, &grad.gradient, graph->values, sizeof *grad.gradient);
    if (status == SOCLE_OK) {
        for (size_t v = 0; v < grad.values; v++) grad.gradient[v] = SC_NO_VALUE;
        status = walk(&grad, loss, seed, count, wrt, gradient);
    }
    if (status == SOCLE_OK && completion) rank_completion(graph, count, gradient, completion);
    sc_release(graph->env, grad.wanted);
    sc_release(graph->env, grad.gradient);
    graph->scope = scope;
    sc_graph_fail(graph, status);
    return status;
}
