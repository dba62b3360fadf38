/* SPDX-License-Identifier: Apache-2.0 */
/* Siblings: two independent reduces over the same axes of the same index space, or two elementwise
 * nodes of which one reads the other, which share a full-size operand, or which are so small that
 * only the launch counts, become one launch with several outputs. One of the two moves to the place
 * of the other. */
#include "graph/fuse_private.h"

#include <string.h>

enum {
    REDUCE_WINDOW = 64,   /* live nodes ahead that are looked at */
    SMALL_ELEMENTS = 1024 /* below, a launch costs more than its work */
};

static bool reads_output(const sc_graph *graph, const sc_node *reader, const sc_node *producer) {
    for (int i = 0; i < reader->inputs; i++)
        for (int k = 0; k < producer->outputs; k++)
            if (sc_graph_root(graph, reader->input[i]) == producer->output[k]) return true;
    return false;
}

/* Whether node j may run at position i < j, as one with node i: its operands exist at i, and no
 * node between the two reads or writes its homes. What it reads from i itself is joined or refused
 * later.
 */
static bool may_advance(const sc_graph *graph, int i, int j) {
    const sc_node *node = &graph->node[j];
    for (int n = i; n < j; n++) {
        const sc_node *other = &graph->node[n];
        if (other->dead) continue;
        if ((n > i && reads_output(graph, node, other)) ||
            sc_fuse_touches_home(graph, node, other) || sc_fuse_touches_home(graph, other, node))
            return false;
    }
    return true;
}

/* Whether node i may run at position j > i, as one with node j. */
static bool may_fall_back(const sc_graph *graph, int i, int j) {
    const sc_node *node = &graph->node[i];
    for (int n = i + 1; n <= j; n++) {
        const sc_node *other = &graph->node[n];
        if (other->dead) continue;
        if ((n < j && reads_output(graph, other, node)) ||
            sc_fuse_touches_home(graph, node, other) || sc_fuse_touches_home(graph, other, node))
            return false;
    }
    return true;
}

/* Whether a value of full size is read by both, or made by `a` and read by `b`. */
static bool share_full_value(const sc_graph *graph, const sc_node *a, const sc_node *b,
                             const sc_tensor_desc *space) {
    if (reads_output(graph, b, a)) return true;
    for (int i = 0; i < a->inputs; i++) {
        if (!sc_fuse_same_dims(sc_graph_desc(graph, a->input[i]), space)) continue;
        for (int j = 0; j < b->inputs; j++)
            if (sc_graph_root(graph, a->input[i]) == sc_graph_root(graph, b->input[j])) return true;
    }
    return false;
}

static bool alike(const sc_graph *graph, const sc_node *a, const sc_node *b) {
    if (a->dead || b->dead || a->op != b->op || a->region != b->region ||
        a->section != b->section || a->outputs + b->outputs > SC_EXPR_OUTPUTS)
        return false;
    if (a->op == SC_OP_REDUCE && a->attr.reduce.axes != b->attr.reduce.axes) return false;
    sc_tensor_desc x = sc_fuse_space(graph, a), y = sc_fuse_space(graph, b);
    if (!sc_fuse_same_dims(&x, &y)) return false;
    return a->op == SC_OP_REDUCE || sc_tensor_elements(&x) < SMALL_ELEMENTS ||
           share_full_value(graph, a, b, &x);
}

/* Puts the expression of `a` in place of what `b` reads from it; equal nodes become one when the
 * two are joined. */
static bool inline_reads(const sc_graph *graph, const sc_node *a, const sc_fuse_body *body,
                         sc_fuse_body *other) {
    for (int k = 0; k < a->outputs; k++) {
        const sc_tensor_desc *desc = sc_graph_desc(graph, a->output[k]);
        int at;
        while ((at = sc_fuse_body_find_root(graph, other, a->output[k])) >= 0) {
            bool stored_whole = a->op == SC_OP_ELEMENTWISE && desc->dtype != SOCLE_U8;
            if (!stored_whole || !sc_tensor_equal(sc_graph_desc(graph, other->input[at]), desc))
                return false;
            if (!sc_fuse_body_absorb(graph, other, at, body, k)) return false;
        }
    }
    return true;
}

/* Node i then node j in one, at position `at` (one of the two). */
static bool merge_at(sc_fuse *fuse, int i, int j, int at) {
    sc_graph *graph = fuse->graph;
    const sc_node *a = &graph->node[i], *b = &graph->node[j];
    sc_fuse_body body, other;
    sc_fuse_body_load(a, &body);
    sc_fuse_body_load(b, &other);
    sc_fuse_body_compact(graph, &body);
    sc_fuse_body_compact(graph, &other);
    if (!inline_reads(graph, a, &body, &other) || !sc_fuse_body_append(graph, &body, &other))
        return false;
    sc_node joint = graph->node[at];
    joint.outputs = 0;
    joint.attr = a->attr;
    for (int k = 0; k < a->outputs; k++) joint.output[joint.outputs++] = a->output[k];
    for (int k = 0; k < b->outputs; k++) {
        joint.attr.reduce.kind[joint.outputs] = b->attr.reduce.kind[k];
        joint.output[joint.outputs++] = b->output[k];
    }
    if (a->op != SC_OP_REDUCE) joint.attr = a->attr;
    if (!sc_fuse_accepts(graph, &joint, &body)) return false;
    sc_fuse_kill(fuse, at == i ? j : i);
    sc_node *node = &graph->node[at];
    memcpy(node->output, joint.output, sizeof joint.output);
    node->outputs = joint.outputs;
    node->attr = joint.attr;
    for (int k = 0; k < node->outputs; k++) graph->value[node->output[k]].node = at;
    sc_fuse_commit(fuse, at, &body);
    return true;
}

static bool merge(sc_fuse *fuse, int i, int j) {
    const sc_graph *graph = fuse->graph;
    if (!alike(graph, &graph->node[i], &graph->node[j])) return false;
    bool near = sc_fuse_near(graph, i, j);
    if (graph->node[i].op == SC_OP_ELEMENTWISE && !near) return false;
    if (may_advance(graph, i, j)) return merge_at(fuse, i, j, i);
    return near && may_fall_back(graph, i, j) && merge_at(fuse, i, j, j);
}

static void merge_siblings(sc_fuse *fuse, int i) {
    const sc_graph *graph = fuse->graph;
    int window = graph->node[i].op == SC_OP_REDUCE ? REDUCE_WINDOW : SC_FUSE_NEAR;
    for (int j = i + 1; j < (int)graph->nodes && window >= 0 && !graph->node[i].dead; j++) {
        if (graph->node[j].dead) continue;
        merge(fuse, i, j);
        window--;
    }
}

void sc_fuse_merges(sc_fuse *fuse) {
    for (int i = 0; i < (int)fuse->graph->nodes; i++) {
        const sc_node *node = &fuse->graph->node[i];
        if (!node->dead && (node->op == SC_OP_REDUCE || node->op == SC_OP_ELEMENTWISE))
            merge_siblings(fuse, i);
    }
}
