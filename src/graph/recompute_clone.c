/* SPDX-License-Identifier: Apache-2.0 */
/* The rewritten graph: walks the backward nodes in their order and, where one reads a forward value
 * that is not kept, puts copies of the nodes that make it right before, from what is kept and from
 * copies made already. Only a read is ever redirected, to a value that is equal by construction, so
 * any choice of what to keep gives the same results. */
#include "graph/recompute_private.h"

#include <limits.h>

typedef struct cloner {
    sc_graph *graph;
    const sc_recompute_choice *choice;
    int forward;
    int *until; /* per value: the last node before which it can be made; later, a home that it is
                   made of is overwritten */
    sc_value *copy; /* per value: its copy, or SC_NO_VALUE */
    int *born;      /* per value: the backward node that its copy was made for */
    bool *wanted;   /* per forward node: to be copied now */
    sc_node *node;  /* the new list */
    size_t nodes, room, made;
    int region, part; /* part: of the forward pass, that copies were last made of; -1: none yet */
} cloner;

/* Whether the original can be read at any time: external, at home, kept, or made by the backward
 * pass. */
static bool stands(const cloner *c, sc_value root) {
    const sc_value_info *info = &c->graph->value[root];
    return info->lane != SC_LANE_NONE || info->node < 0 || info->node >= c->forward ||
           c->choice->keep[root];
}

static bool has_copy(const cloner *c, sc_value root, int reader) {
    if (c->copy[root] == SC_NO_VALUE) return false;
    const bool *again = c->choice->again;
    return !again || !again[root] || reader - c->born[root] <= SC_RECOMPUTE_NEAR;
}

/* The next node that writes the home of `value`; INT_MAX: none. */
static int overwritten_at(const sc_graph *graph, sc_value value) {
    const sc_value_info *info = &graph->value[value];
    int next = INT_MAX;
    for (size_t v = 0; v < graph->values; v++) {
        const sc_value_info *other = &graph->value[v];
        if (!other->is_output || other->lane != info->lane || other->index != info->index) continue;
        if (other->node > info->node && other->node < next) next = other->node;
    }
    return next;
}

static void find_limits(const cloner *c) {
    const sc_graph *graph = c->graph;
    for (sc_value v = 0; v < (sc_value)graph->values; v++) {
        c->until[v] = graph->value[v].lane != SC_LANE_NONE ? overwritten_at(graph, v) : INT_MAX;
        c->copy[v] = SC_NO_VALUE;
    }
    for (int n = 0; n < c->forward; n++) {
        const sc_node *node = &graph->node[n];
        int least = INT_MAX;
        for (int i = 0; i < node->inputs; i++) {
            int until = c->until[sc_graph_root(graph, node->input[i])];
            if (until < least) least = until;
        }
        for (int k = 0; k < node->outputs; k++)
            if (!stands(c, node->output[k])) c->until[node->output[k]] = least;
    }
}

static socle_status push(cloner *c, const sc_node *node) {
    SC_TRY(sc_grow(c->graph->env, &c->node, &c->room, c->nodes + 1, sizeof *c->node));
    c->node[c->nodes++] = *node;
    return SOCLE_OK;
}

/* `value`, or the same view of its copy. */
static sc_value redirect(cloner *c, sc_value value) {
    sc_graph *graph = c->graph;
    sc_value root = sc_graph_root(graph, value);
    if (stands(c, root)) return value;
    if (root == value) return c->copy[root];
    const sc_tensor_desc desc = *sc_graph_desc(graph, value);
    return sc_graph_alias(graph, c->copy[root], &desc);
}

static socle_status copy_expr(const cloner *c, sc_expr **expr) {
    if (!*expr) return SOCLE_OK;
    const sc_expr *original = *expr;
    SC_TRY(sc_arena_allocate(c->graph->arena, expr, 1, sizeof **expr));
    **expr = *original;
    return SOCLE_OK;
}

static socle_status clone_node(cloner *c, int n, int reader) {
    sc_graph *graph = c->graph;
    sc_node node = graph->node[n];
    node.region = c->region;
    SC_TRY(copy_expr(c, &node.expr));
    SC_TRY(copy_expr(c, &node.tail));
    for (int i = 0; i < node.inputs; i++) node.input[i] = redirect(c, node.input[i]);
    for (int k = 0; k < node.outputs; k++) {
        sc_value original = node.output[k];
        const sc_tensor_desc desc = *sc_graph_desc(graph, original);
        node.output[k] = sc_graph_value(graph, &desc);
        if (graph->status != SOCLE_OK) return graph->status;
        graph->value[node.output[k]].name = graph->value[original].name;
        c->copy[original] = node.output[k];
        c->born[original] = reader;
    }
    c->made++;
    return push(c, &node);
}

/* Marks the nodes that must run again for `root`; the lowest of them. */
static int mark(const cloner *c, sc_value root, int reader) {
    const sc_graph *graph = c->graph;
    int top = graph->value[root].node, lowest = top;
    c->wanted[top] = true;
    for (int n = top; n >= lowest; n--) {
        const sc_node *node = &graph->node[n];
        for (int i = 0; c->wanted[n] && i < node->inputs; i++) {
            sc_value read = sc_graph_root(graph, node->input[i]);
            if (stands(c, read) || has_copy(c, read, reader)) continue;
            int producer = graph->value[read].node;
            c->wanted[producer] = true;
            if (producer < lowest) lowest = producer;
        }
    }
    return lowest;
}

static int part_of(const cloner *c, int node) {
    int part = 0;
    while (part < c->choice->cuts && c->choice->cut[part] <= node) part++;
    return part;
}

static socle_status make_again(cloner *c, sc_value root, int reader) {
    int top = c->graph->value[root].node, part = part_of(c, top);
    c->region += part != c->part;
    c->part = part;
    for (int n = mark(c, root, reader); n <= top; n++) {
        if (!c->wanted[n]) continue;
        c->wanted[n] = false;
        SC_TRY(clone_node(c, n, reader));
    }
    return SOCLE_OK;
}

static socle_status rewrite_reader(cloner *c, int n) {
    sc_node node = c->graph->node[n];
    for (int i = 0; i < node.inputs && !node.dead; i++) {
        sc_value root = sc_graph_root(c->graph, node.input[i]);
        if (stands(c, root) || n > c->until[root]) continue;
        if (!has_copy(c, root, n)) SC_TRY(make_again(c, root, n));
        node.input[i] = redirect(c, node.input[i]);
        if (c->graph->status != SOCLE_OK) return c->graph->status;
    }
    node.region = c->region;
    return push(c, &node);
}

static socle_status walk(cloner *c) {
    sc_graph *graph = c->graph;
    size_t values = graph->values;
    SC_TRY(sc_allocate(graph->env, &c->until, values, sizeof *c->until));
    SC_TRY(sc_allocate(graph->env, &c->copy, values, sizeof *c->copy));
    SC_TRY(sc_allocate(graph->env, &c->born, values, sizeof *c->born));
    SC_TRY(sc_allocate(graph->env, &c->wanted, (size_t)c->forward + 1, sizeof *c->wanted));
    find_limits(c);
    for (int n = 0; n < c->forward; n++) SC_TRY(push(c, &graph->node[n]));
    for (int n = c->forward; n < (int)graph->nodes; n++) SC_TRY(rewrite_reader(c, n));
    return SOCLE_OK;
}

static void adopt(const cloner *c) {
    sc_graph *graph = c->graph;
    sc_release(graph->env, graph->node);
    graph->node = c->node;
    graph->nodes = c->nodes;
    graph->node_capacity = c->room;
    for (size_t n = 0; n < graph->nodes; n++)
        for (int k = 0; k < graph->node[n].outputs && !graph->node[n].dead; k++)
            graph->value[graph->node[n].output[k]].node = (int)n;
}

socle_status sc_recompute_rewrite(sc_graph *graph, int forward_nodes,
                                  const sc_recompute_choice *choice, size_t *made) {
    if (made) *made = 0;
    if (graph->status != SOCLE_OK) return graph->status;
    cloner c = {.graph = graph, .choice = choice, .forward = forward_nodes, .part = -1};
    size_t values = graph->values;
    socle_status status = walk(&c);
    if (status == SOCLE_OK && c.nodes) {
        adopt(&c);
        if (made) *made = c.made;
    } else {
        sc_release(graph->env, c.node);
        graph->values = values;
        sc_graph_fail(graph, status);
    }
    sc_release(graph->env, c.until);
    sc_release(graph->env, c.copy);
    sc_release(graph->env, c.born);
    sc_release(graph->env, c.wanted);
    return status;
}
