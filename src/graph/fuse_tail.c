/* SPDX-License-Identifier: Apache-2.0 */
/* Tails: an elementwise node that alone reads the result of an operation that takes a tail (op.h)
 * becomes its tail. The joint node stands where the elementwise one stood, so its operands are
 * there and its output is written no earlier. An operand must never be the memory of the output: an
 * implementation may store the raw result before the tail reads its operands. */
#include "graph/fuse_private.h"

#include <string.h>

static bool takes_tail(const sc_node *node) {
    return !node->dead && sc_op_takes_tail(node->op);
}

int sc_fuse_tail_base(const sc_fuse *fuse, int e) {
    const sc_graph *graph = fuse->graph;
    const sc_node *node = &graph->node[e];
    if (node->dead || node->op != SC_OP_ELEMENTWISE || node->outputs != 1) return -1;
    sc_tensor_desc space = sc_fuse_space(graph, node);
    int best = -1;
    for (int i = 0; i < node->inputs; i++) {
        sc_value root = sc_graph_root(graph, node->input[i]);
        const sc_value_info *info = &graph->value[root];
        if (info->node <= best || info->lane != SC_LANE_NONE || info->within != SC_NO_VALUE ||
            info->viewed || fuse->readers[root] != 1)
            continue;
        if (takes_tail(&graph->node[info->node]) &&
            graph->node[info->node].section == node->section &&
            sc_fuse_same_dims(&info->desc, &space))
            best = info->node;
    }
    return best;
}

/* The tail of `base`, then the expression of `node`. */
static bool join(const sc_graph *graph, const sc_node *base, const sc_node *node,
                 sc_fuse_body *body) {
    sc_fuse_body tail;
    sc_fuse_body_load_tail(graph, base, &tail);
    sc_fuse_body_load(node, body);
    sc_fuse_body_compact(graph, body);
    int at;
    while ((at = sc_fuse_body_find_root(graph, body, base->output[0])) >= 0) {
        if (!sc_tensor_equal(sc_graph_desc(graph, body->input[at]),
                             sc_graph_desc(graph, base->output[0])))
            return false;
        if (!sc_fuse_body_absorb(graph, body, at, &tail, 0)) return false;
    }
    sc_fuse_body_compact(graph, body);
    return body->inputs > 0 && body->input[0] == SC_FUSE_RAW;
}

static bool build_node(const sc_graph *graph, const sc_node *base, const sc_node *node,
                       sc_fuse_body *body, sc_node *out) {
    sc_op_desc desc;
    sc_graph_node_desc(graph, base, &desc);
    int own = sc_op_base_inputs(&desc);
    if (own + body->inputs - 1 + 1 > SC_MAX_OPERANDS) return false;
    *out = *base;
    out->tail = &body->expr;
    out->inputs = own;
    for (int i = 1; i < body->inputs; i++) out->input[out->inputs++] = body->input[i];
    out->output[0] = node->output[0];
    sc_env quiet;
    sc_env_child(&quiet, graph->env);
    sc_graph_node_desc(graph, out, &desc);
    return sc_op_check(&quiet, &desc) == SOCLE_OK;
}

static bool reads_own_output(const sc_graph *graph, const sc_node *node) {
    sc_node inputs_only = *node;
    inputs_only.outputs = 0;
    return sc_fuse_touches_home(graph, node, &inputs_only);
}

static socle_status try_tail(sc_fuse *fuse, int e) {
    sc_graph *graph = fuse->graph;
    sc_node *node = &graph->node[e];
    int b = sc_fuse_tail_base(fuse, e);
    if (b < 0 || sc_fuse_costs_memory(graph, b, e) || !sc_fuse_may_delay(graph, b, e, false))
        return SOCLE_OK;
    sc_fuse_body body;
    sc_node joint;
    if (!join(graph, &graph->node[b], node, &body) ||
        !build_node(graph, &graph->node[b], node, &body, &joint) || reads_own_output(graph, &joint))
        return SOCLE_OK;
    SC_TRY(sc_arena_allocate(graph->arena, &joint.tail, 1, sizeof *joint.tail));
    *joint.tail = body.expr;
    sc_fuse_kill(fuse, b);
    sc_fuse_count(fuse, node, -1);
    *node = joint;
    sc_fuse_count(fuse, node, 1);
    return SOCLE_OK;
}

socle_status sc_fuse_tails(sc_fuse *fuse) {
    for (int n = 0; n < (int)fuse->graph->nodes; n++) SC_TRY(try_tail(fuse, n));
    return SOCLE_OK;
}
