/* SPDX-License-Identifier: Apache-2.0 */
/* The reverse walk: which values want a gradient, in which order the rules run, how contributions
 * add up. The rules themselves are in grad_rules.c; this file knows no operation. */
#include "graph/build.h"
#include "graph/grad_private.h"

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
        const sc_tensor_desc desc = *sc_graph_desc(graph, root);
        contribution = sc_graph_alias(graph, contribution, &desc);
    }
    sc_value sum = grad->gradient[root];
    grad->gradient[root] =
        sum == SC_NO_VALUE ? contribution : sc_build_binary(graph, SC_EXPR_ADD, sum, contribution);
}

void sc_grad_mark(sc_grad *grad, int begin, int end) {
    const sc_graph *graph = grad->graph;
    for (int n = begin; n < end; n++) {
        const sc_node *node = &graph->node[n];
        bool wanted = false;
        for (int i = 0; i < node->inputs; i++) wanted |= sc_grad_wanted(grad, node->input[i]);
        for (int i = 0; i < node->outputs; i++)
            grad->wanted[node->output[i]] |=
                wanted && sc_dtype_is_float(sc_graph_desc(graph, node->output[i])->dtype);
    }
}

static void mark_wanted(sc_grad *grad, int count, const sc_value *wrt) {
    const sc_graph *graph = grad->graph;
    for (int i = 0; i < count; i++) grad->wanted[sc_graph_root(graph, wrt[i])] = true;
    for (int n = 0, end; n < (int)graph->nodes; n = end) {
        int repeat = graph->node[n].repeat;
        end = repeat ? graph->repeat[repeat - 1].end : n + 1;
        if (repeat)
            sc_grad_mark_repeat(grad, repeat);
        else
            sc_grad_mark(grad, n, end);
    }
}

socle_status sc_grad_apply(sc_grad *grad, int n) {
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

/* The node that completes a value: of what a region leaves, the region's last. */
static int completing_node(const sc_graph *graph, sc_value value) {
    const sc_value_info *info = &graph->value[sc_graph_root(graph, value)];
    bool left = info->within != SC_NO_VALUE && info->motion == SC_AT_END;
    return left ? graph->repeat[info->repeat - 1].end - 1 : info->node;
}

/* Rank of each gradient by the node that completes it. */
static void rank_completion(const sc_graph *graph, int count, const sc_value *gradient,
                            int *completion) {
    for (int i = 0; i < count; i++) {
        completion[i] = 0;
        int mine = completing_node(graph, gradient[i]);
        for (int j = 0; j < count; j++) {
            int other = completing_node(graph, gradient[j]);
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
    for (int n = nodes - 1, first; n >= 0; n = first - 1) {
        int repeat = graph->node[n].repeat;
        first = repeat ? graph->repeat[repeat - 1].first : n;
        SC_TRY(repeat ? sc_grad_apply_repeat(grad, repeat) : sc_grad_apply(grad, n));
    }
    for (int i = 0; i < count; i++) {
        sc_value root = sc_graph_root(graph, wrt[i]);
        gradient[i] = grad->gradient[root];
        if (gradient[i] == SC_NO_VALUE) gradient[i] = sc_build_zeros_like(graph, root);
        const sc_tensor_desc desc = *sc_graph_desc(graph, wrt[i]);
        if (root != wrt[i]) gradient[i] = sc_graph_alias(graph, gradient[i], &desc);
    }
    return graph->status;
}

socle_status sc_graph_depends(bool *out, sc_graph *graph, sc_value loss, int count,
                              const sc_value *wrt) {
    sc_grad grad = {.graph = graph, .values = graph->values};
    *out = false;
    if (graph->status != SOCLE_OK) return graph->status;
    SC_TRY(sc_allocate(graph->env, &grad.wanted, graph->values, sizeof *grad.wanted));
    mark_wanted(&grad, count, wrt);
    *out = sc_grad_wanted(&grad, loss);
    sc_release(graph->env, grad.wanted);
    return SOCLE_OK;
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
