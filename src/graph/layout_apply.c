/* SPDX-License-Identifier: Apache-2.0 */
/* Carries a choice of layouts out: tags values, adds REORDER nodes where a value is read in a
 * layout it does not lie in, and sends the readers there. New nodes are appended, then moved to
 * where they belong, so nodes get new numbers. */
#include "graph/layout_private.h"

typedef struct applier {
    sc_layouts *layouts;
    sc_value *other;  /* per value of the old graph: the same in the layout it does not lie in, or
                         SC_NO_VALUE */
    sc_value *packed; /* per value: packed copy of a parameter */
    int *before;      /* per added node: the old node that it must precede */
    size_t added, room, values;
} applier;

/* Appends REORDER of `value` into `layout`, to run before node `before`. */
static sc_value add_reorder(applier *a, sc_value value, sc_layout layout, int before) {
    sc_graph *graph = a->layouts->graph;
    sc_tensor_desc desc = *sc_graph_desc(graph, value);
    desc.layout = (uint8_t)layout;
    socle_status status =
        sc_grow(graph->env, &a->before, &a->room, a->added + 1, sizeof *a->before);
    if (status != SOCLE_OK) return sc_graph_fail(graph, status);
    sc_value out;
    const char *scope = graph->scope;
    graph->scope = before < (int)a->layouts->nodes ? graph->node[before].name : scope;
    sc_graph_append_shaped(graph, SC_OP_REORDER, &(sc_op_attr){0}, 1, &value, &desc, &out);
    graph->scope = scope;
    if (out != SC_NO_VALUE) a->before[a->added++] = before;
    return out;
}

/* Node n stores output k blocked. The value is tagged; if it must lie plain in memory, a new value
 * takes the blocked result and a REORDER behind the node makes the old one. */
static void store_blocked(applier *a, int n, int k) {
    sc_graph *graph = a->layouts->graph;
    sc_value value = graph->node[n].output[k];
    bool plain_in_memory = graph->value[value].lane != SC_LANE_NONE || a->layouts->aliased[value];
    a->layouts->result.blocked++;
    if (!plain_in_memory) {
        graph->value[value].desc.layout = SC_LAYOUT_C16;
        return;
    }
    sc_value blocked = add_reorder(a, value, SC_LAYOUT_C16, n + 1); /* as value -> blocked; then the
                                                                       two change places */
    if (blocked == SC_NO_VALUE) return;
    int reorder = graph->value[blocked].node;
    graph->node[n].output[k] = blocked;
    graph->value[blocked].node = n;
    graph->node[reorder].input[0] = blocked;
    graph->node[reorder].output[0] = value;
    graph->value[value].node = reorder;
    a->other[value] = blocked;
    a->layouts->result.reorders++;
}

/* Sends operand i of node n to its value in the layout that the node takes. */
static void read_in_layout(applier *a, int n, int i) {
    sc_graph *graph = a->layouts->graph;
    const sc_layout_node *info = &a->layouts->node[n];
    sc_value value = graph->node[n].input[i];
    uint8_t takes = info->blocked ? info->takes[i] : PLAIN_BIT;
    if (info->packs[i]) {
        if (a->packed[value] == SC_NO_VALUE) {
            a->packed[value] = add_reorder(a, value, SC_LAYOUT_C16, n);
            if (a->packed[value] == SC_NO_VALUE) return;
            graph->node[graph->value[a->packed[value]].node].hoistable = true;
            a->layouts->result.packed++;
        }
        graph->node[n].input[i] = a->packed[value];
        return;
    }
    if (takes & (1u << graph->value[value].desc.layout)) return;
    if (a->other[value] == SC_NO_VALUE) {
        sc_layout layout = takes == BLOCKED_BIT ? SC_LAYOUT_C16 : SC_LAYOUT_PLAIN;
        a->other[value] = add_reorder(a, value, layout, n);
        a->layouts->result.reorders++;
        if (a->other[value] == SC_NO_VALUE) return;
        if (layout == SC_LAYOUT_C16) a->layouts->result.blocked++;
    }
    graph->node[n].input[i] = a->other[value];
}

/* Moves the added nodes, which stand behind the others in order of `before`'s discovery, to their
 * places. */
static socle_status move_nodes(applier *a) {
    sc_graph *graph = a->layouts->graph;
    size_t old = a->layouts->nodes, count = graph->nodes, at = 0;
    sc_node *node;
    SC_TRY(sc_allocate(graph->env, &node, count, sizeof *node));
    for (size_t n = 0; n <= old; n++) {
        for (size_t k = 0; k < a->added; k++)
            if ((size_t)a->before[k] == n) node[at++] = graph->node[old + k];
        if (n < old) node[at++] = graph->node[n];
    }
    for (size_t n = 0; n < count; n++) {
        graph->node[n] = node[n];
        for (int k = 0; k < node[n].outputs && !node[n].dead; k++)
            graph->value[node[n].output[k]].node = (int)n;
    }
    sc_release(graph->env, node);
    return SOCLE_OK;
}

static socle_status rewrite(applier *a) {
    sc_graph *graph = a->layouts->graph;
    SC_TRY(sc_allocate(graph->env, &a->other, a->values, sizeof *a->other));
    SC_TRY(sc_allocate(graph->env, &a->packed, a->values, sizeof *a->packed));
    for (size_t v = 0; v < a->values; v++) a->other[v] = a->packed[v] = SC_NO_VALUE;
    for (int n = 0; n < (int)a->layouts->nodes; n++) {
        if (graph->node[n].dead) continue;
        for (int i = 0; i < graph->node[n].inputs; i++) read_in_layout(a, n, i);
        for (int k = 0; k < graph->node[n].outputs; k++)
            if (sc_layout_stored(a->layouts, n, k) == SC_LAYOUT_C16) store_blocked(a, n, k);
        if (graph->status != SOCLE_OK) return graph->status;
    }
    return move_nodes(a);
}

socle_status sc_layout_apply(sc_layouts *layouts) {
    applier a = {.layouts = layouts, .values = layouts->graph->values ? layouts->graph->values : 1};
    sc_env *env = layouts->graph->env;
    socle_status status = rewrite(&a);
    sc_release(env, a.other);
    sc_release(env, a.packed);
    sc_release(env, a.before);
    return status;
}
