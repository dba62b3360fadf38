/* SPDX-License-Identifier: Apache-2.0 */
/* What the fusion rules ask of nodes: index spaces, validity of a rewritten node, and whether a
 * node may run at another position without reading a home that was overwritten meanwhile or keeping
 * memory alive for nothing. */
#include "graph/fuse_private.h"

#include <string.h>

/* Each value that the node reads, once. */
void sc_fuse_count(sc_fuse *fuse, const sc_node *node, int change) {
    for (int i = 0; i < node->inputs; i++) {
        sc_value root = sc_graph_root(fuse->graph, node->input[i]);
        bool seen = false;
        for (int j = 0; j < i; j++) seen |= sc_graph_root(fuse->graph, node->input[j]) == root;
        if (!seen) fuse->readers[root] += change;
    }
}

void sc_fuse_recount(sc_fuse *fuse) {
    memset(fuse->readers, 0, fuse->graph->values * sizeof *fuse->readers);
    for (size_t n = 0; n < fuse->graph->nodes; n++)
        if (!fuse->graph->node[n].dead) sc_fuse_count(fuse, &fuse->graph->node[n], 1);
}

sc_tensor_desc sc_fuse_space(const sc_graph *graph, const sc_node *node) {
    sc_op_desc desc;
    sc_graph_node_desc(graph, node, &desc);
    return sc_op_space(&desc);
}

bool sc_fuse_same_dims(const sc_tensor_desc *a, const sc_tensor_desc *b) {
    if (a->rank != b->rank || a->rows_per_sample != b->rows_per_sample || a->layout != b->layout)
        return false;
    for (int d = 0; d < a->rank; d++)
        if (a->dim[d] != b->dim[d]) return false;
    return true;
}

bool sc_fuse_accepts(const sc_graph *graph, const sc_node *node, const sc_fuse_body *body) {
    if (body->expr.overflow || body->inputs + node->outputs > SC_MAX_OPERANDS) return false;
    sc_tensor_desc before = sc_fuse_space(graph, node);
    sc_node changed = *node;
    sc_expr expr = body->expr;
    changed.expr = &expr;
    changed.inputs = body->inputs;
    memcpy(changed.input, body->input, (size_t)body->inputs * sizeof body->input[0]);
    sc_env quiet;
    sc_env_child(&quiet, graph->env);
    sc_op_desc desc;
    sc_graph_node_desc(graph, &changed, &desc);
    if (sc_op_check(&quiet, &desc) != SOCLE_OK) return false;
    sc_tensor_desc after = sc_op_space(&desc);
    return sc_fuse_same_dims(&before, &after);
}

void sc_fuse_commit(sc_fuse *fuse, int n, const sc_fuse_body *body) {
    sc_node *node = &fuse->graph->node[n];
    sc_fuse_count(fuse, node, -1);
    *node->expr = body->expr;
    node->inputs = body->inputs;
    memcpy(node->input, body->input, (size_t)body->inputs * sizeof body->input[0]);
    sc_fuse_count(fuse, node, 1);
}

void sc_fuse_kill(sc_fuse *fuse, int n) {
    fuse->graph->node[n].dead = true;
    sc_fuse_count(fuse, &fuse->graph->node[n], -1);
}

static const sc_value_info *root_info(const sc_graph *graph, sc_value value) {
    return &graph->value[sc_graph_root(graph, value)];
}

static bool same_home(const sc_value_info *a, const sc_value_info *b) {
    return a->lane != SC_LANE_NONE && a->lane == b->lane && a->index == b->index;
}

/* Whether writing `out` changes what `reader` reads. */
static bool overwrites(const sc_graph *graph, sc_value out, const sc_node *reader, bool in_place) {
    const sc_value_info *home = &graph->value[out];
    if (home->lane == SC_LANE_NONE) return false;
    for (int i = 0; i < reader->inputs; i++) {
        if (!same_home(root_info(graph, reader->input[i]), home) ||
            sc_graph_root(graph, reader->input[i]) == out)
            continue;
        if (!in_place || !sc_tensor_equal(sc_graph_desc(graph, reader->input[i]), &home->desc))
            return true;
    }
    return false;
}

bool sc_fuse_may_delay(const sc_graph *graph, int from, int to, bool in_place) {
    const sc_node *reader = &graph->node[from];
    for (int n = from + 1; n <= to; n++) {
        const sc_node *node = &graph->node[n];
        if (node->dead) continue;
        for (int k = 0; k < node->outputs; k++)
            if (overwrites(graph, node->output[k], reader, in_place && n == to)) return false;
    }
    return true;
}

bool sc_fuse_touches_home(const sc_graph *graph, const sc_node *node, const sc_node *other) {
    for (int k = 0; k < node->outputs; k++) {
        const sc_value_info *home = &graph->value[node->output[k]];
        for (int i = 0; i < other->inputs; i++) {
            const sc_value_info *read = root_info(graph, other->input[i]);
            if (read != home && same_home(home, read)) return true;
        }
        for (int i = 0; i < other->outputs; i++)
            if (same_home(home, &graph->value[other->output[i]])) return true;
    }
    return false;
}

bool sc_fuse_near(const sc_graph *graph, int from, int to) {
    int between = 0;
    for (int n = from + 1; n < to; n++)
        if (!graph->node[n].dead && ++between > SC_FUSE_NEAR) return false;
    return true;
}

static bool read_at_or_after(const sc_graph *graph, sc_value root, int from) {
    for (int n = from; n < (int)graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        for (int i = 0; i < node->inputs && !node->dead; i++)
            if (sc_graph_root(graph, node->input[i]) == root) return true;
    }
    return false;
}

bool sc_fuse_costs_memory(const sc_graph *graph, int from, int to) {
    if (sc_fuse_near(graph, from, to)) return false;
    const sc_node *node = &graph->node[from];
    double kept = 0, freed = 0;
    for (int k = 0; k < node->outputs; k++)
        freed += (double)sc_tensor_bytes(sc_graph_desc(graph, node->output[k]));
    for (int i = 0; i < node->inputs; i++) {
        sc_value root = sc_graph_root(graph, node->input[i]);
        bool counted = graph->value[root].lane != SC_LANE_NONE;
        for (int j = 0; j < i; j++) counted |= sc_graph_root(graph, node->input[j]) == root;
        if (!counted && !read_at_or_after(graph, root, to))
            kept += (double)sc_tensor_bytes(sc_graph_desc(graph, root));
    }
    return kept > freed;
}
