/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the nodes: a value is live from its producer to the last node that reads it or an
 * alias of it. A value that nothing reads is live while its producer runs. The results of hoistable
 * nodes are live in every run: they share no memory. Knows no sizes but bytes, and
 * places nothing. */
#include "graph/live.h"

#include <string.h>

static bool is_intermediate(const sc_graph *graph, sc_value root) {
    const sc_value_info *info = &graph->value[root];
    return info->lane == SC_LANE_NONE && info->node >= 0 && !graph->node[info->node].dead;
}

socle_status sc_live_add(sc_live *live, int first, int last, size_t bytes, const char *name,
                         int *out) {
    SC_TRY(sc_grow(live->env, &live->interval, &live->capacity, (size_t)live->count + 1,
                   sizeof *live->interval));
    size_t rounded;
    if (!sc_add_size(&rounded, bytes, SC_MEMPLAN_ALIGNMENT - 1))
        return sc_fail(live->env, SOCLE_STATUS_DEVICE_MEMORY,
                       "%s: %zu bytes are beyond any address space", name ? name : "tensor", bytes);
    rounded -= rounded % SC_MEMPLAN_ALIGNMENT;
    live->interval[live->count] = (sc_interval){first, last, rounded, -1, name};
    if (out) *out = live->count;
    live->count++;
    return SOCLE_OK;
}

static socle_status add_outputs(sc_live *live, const sc_graph *graph, int n) {
    const sc_node *node = &graph->node[n];
    for (int k = 0; k < node->outputs; k++) {
        sc_value value = node->output[k];
        if (!is_intermediate(graph, value)) continue;
        const char *name = graph->value[value].name ? graph->value[value].name : node->name;
        int first = node->hoistable ? 0 : n, last = node->hoistable ? (int)graph->nodes : n;
        SC_TRY(sc_live_add(live, first, last, sc_tensor_bytes(sc_graph_desc(graph, value)), name,
                           &live->of_value[value]));
    }
    return SOCLE_OK;
}

static void extend_inputs(sc_live *live, const sc_graph *graph, int n) {
    const sc_node *node = &graph->node[n];
    for (int i = 0; i < node->inputs; i++) {
        int interval = live->of_value[sc_graph_root(graph, node->input[i])];
        if (interval >= 0 && live->interval[interval].last < n) live->interval[interval].last = n;
    }
}

/* The operand of elementwise node n over which its output k may be written: read there for the last
 * time, element for element, not yet taken by another output. */
static int operand_to_take(const sc_live *live, const sc_graph *graph, int n, int k,
                           uint32_t *taken) {
    const sc_node *node = &graph->node[n];
    const sc_tensor_desc *out = sc_graph_desc(graph, node->output[k]);
    for (int i = 0; i < node->inputs; i++) {
        sc_value root = sc_graph_root(graph, node->input[i]);
        int interval = live->of_value[root];
        if (interval < 0 || live->interval[interval].last != n || (*taken & (1u << i))) continue;
        if (!sc_tensor_equal(sc_graph_desc(graph, node->input[i]), out)) continue;
        for (int j = 0; j < node->inputs; j++)
            if (sc_graph_root(graph, node->input[j]) == root) *taken |= 1u << j;
        return interval;
    }
    return -1;
}

static void share_in_place(sc_live *live, const sc_graph *graph, int n) {
    const sc_node *node = &graph->node[n];
    uint32_t taken = 0;
    for (int k = 0; k < node->outputs; k++) {
        int mine = live->of_value[node->output[k]];
        if (mine >= 0) live->interval[mine].share_with = operand_to_take(live, graph, n, k, &taken);
    }
}

static socle_status walk(sc_live *live, const sc_graph *graph) {
    SC_TRY(sc_allocate(live->env, &live->of_value, graph->values ? graph->values : 1,
                       sizeof *live->of_value));
    for (size_t v = 0; v < graph->values; v++) live->of_value[v] = -1;
    for (int n = 0; n < (int)graph->nodes; n++) {
        if (graph->node[n].dead) continue;
        SC_TRY(add_outputs(live, graph, n));
        extend_inputs(live, graph, n);
    }
    for (int n = 0; n < (int)graph->nodes; n++)
        if (!graph->node[n].dead && graph->node[n].op == SC_OP_ELEMENTWISE)
            share_in_place(live, graph, n);
    for (size_t v = 0; v < graph->values; v++)
        live->of_value[v] = live->of_value[sc_graph_root(graph, (sc_value)v)];
    return SOCLE_OK;
}

socle_status sc_live_intervals(sc_live *out, const sc_graph *graph) {
    memset(out, 0, sizeof *out);
    out->env = graph->env;
    socle_status status = graph->status != SOCLE_OK ? graph->status : walk(out, graph);
    if (status != SOCLE_OK) sc_live_free(out);
    return status;
}

void sc_live_free(sc_live *live) {
    if (!live->env) return;
    sc_release(live->env, live->interval);
    sc_release(live->env, live->of_value);
    memset(live, 0, sizeof *live);
}
