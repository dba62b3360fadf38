/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the nodes: a value is live from its producer to the last node that reads it or an
 * alias of it. A value that nothing reads is live while its producer runs. The results of hoistable
 * nodes are live in every run: they share no memory. Where a region is repeated, what
 * one repetition leaves for another is live while the whole region runs. Knows no sizes but bytes,
 * and places nothing. */
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

/* The walk's state beside its result: where each repeated region begins and ends. */
typedef struct walker {
    sc_live *live;
    const sc_graph *graph;
    int *first, *last; /* by number of the region */
} walker;

/* What a region makes and another reads is kept for every repetition. What is carried on takes
 * turns in two slots, unless somebody reads what earlier repetitions left. */
static void count_slots(const walker *w, sc_value value, const sc_node *reader) {
    const sc_graph *graph = w->graph;
    sc_value memory = sc_graph_memory(graph, value);
    const sc_value_info *info = &graph->value[sc_graph_root(graph, value)],
                        *home = &graph->value[memory];
    int64_t *slots = &w->live->slots[memory];
    int repeat = sc_graph_repeat_of(graph, value);
    bool ring = home->slots > 1, other = repeat && repeat != reader->repeat;
    if (ring && (other || info->motion == SC_STILL))
        *slots = graph->repeat[graph->value[memory].repeat - 1].times + 1;
    else if (!ring && other && home->repeat && home->lane == SC_LANE_NONE)
        *slots = graph->repeat[home->repeat - 1].times;
}

/* The nodes between which memory must stand that node n touches: the node alone, or, where more
 * than one repetition needs it, the region. */
static void span(const walker *w, sc_value memory, int n, int *first, int *last) {
    const sc_value_info *info = &w->graph->value[memory];
    int repeat = w->graph->node[n].repeat;
    bool inside = info->node >= 0 && info->repeat == repeat && w->live->slots[memory] == 1;
    *first = repeat && !inside ? w->first[repeat] : n;
    *last = repeat && !inside ? w->last[repeat] : n;
}

static socle_status touch(walker *w, sc_value value, int n) {
    sc_live *live = w->live;
    const sc_graph *graph = w->graph;
    sc_value memory = sc_graph_memory(graph, value);
    const sc_value_info *info = &graph->value[memory];
    const sc_node *node = &graph->node[n];
    int first, last, *interval = &live->of_value[memory];
    if (!info->slots && !is_intermediate(graph, memory)) return SOCLE_OK;
    span(w, memory, n, &first, &last);
    if (*interval < 0) {
        size_t bytes;
        const char *name = info->name ? info->name : node->name;
        if (node->hoistable) first = 0, last = (int)graph->nodes;
        if (!sc_mul_size(&bytes, sc_tensor_bytes(&info->desc), (size_t)live->slots[memory]))
            bytes = SIZE_MAX;
        return sc_live_add(live, first, last, bytes, name, interval);
    }
    sc_interval *one = &live->interval[*interval];
    if (first < one->first) one->first = first;
    if (last > one->last) one->last = last;
    return SOCLE_OK;
}

/* Whether node n reads another part of the memory of its operand i. */
static bool reads_beside(const sc_live *live, const sc_graph *graph, int n, int i) {
    const sc_node *node = &graph->node[n];
    sc_value root = sc_graph_root(graph, node->input[i]), memory = sc_graph_memory(graph, root);
    for (int j = 0; j < node->inputs; j++)
        if (sc_graph_memory(graph, node->input[j]) == memory &&
            sc_graph_root(graph, node->input[j]) != root)
            return true;
    return root != memory || live->slots[memory] != 1 || graph->value[root].node < 0 ||
           graph->value[root].repeat != node->repeat;
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
        if (reads_beside(live, graph, n, i)) continue;
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
        sc_value out = node->output[k];
        int mine = live->of_value[out];
        if (mine >= 0 && graph->value[out].within == SC_NO_VALUE && live->slots[out] == 1)
            live->interval[mine].share_with = operand_to_take(live, graph, n, k, &taken);
    }
}

static void find_regions(walker *w) {
    for (int n = 0; n < (int)w->graph->nodes; n++) {
        const sc_node *node = &w->graph->node[n];
        if (node->dead || node->hoistable || !node->repeat) continue;
        if (w->first[node->repeat] < 0) w->first[node->repeat] = n;
        w->last[node->repeat] = n;
    }
}

static socle_status walk(walker *w) {
    sc_live *live = w->live;
    const sc_graph *graph = w->graph;
    for (size_t v = 0; v < graph->values; v++) {
        live->of_value[v] = -1;
        live->slots[v] = graph->value[v].slots ? graph->value[v].slots : 1;
    }
    for (size_t r = 0; r <= graph->repeats; r++) w->first[r] = w->last[r] = -1;
    find_regions(w);
    for (int n = 0; n < (int)graph->nodes; n++)
        for (int i = 0; i < graph->node[n].inputs && !graph->node[n].dead; i++)
            count_slots(w, graph->node[n].input[i], &graph->node[n]);
    for (int n = 0; n < (int)graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        if (node->dead) continue;
        for (int k = 0; k < node->outputs; k++) SC_TRY(touch(w, node->output[k], n));
        for (int i = 0; i < node->inputs; i++) SC_TRY(touch(w, node->input[i], n));
    }
    for (int n = 0; n < (int)graph->nodes; n++)
        if (!graph->node[n].dead && graph->node[n].op == SC_OP_ELEMENTWISE)
            share_in_place(live, graph, n);
    for (size_t v = 0; v < graph->values; v++)
        live->of_value[v] = live->of_value[sc_graph_memory(graph, (sc_value)v)];
    return SOCLE_OK;
}

static socle_status allocate_and_walk(sc_live *live, const sc_graph *graph) {
    walker w = {.live = live, .graph = graph};
    size_t values = graph->values ? graph->values : 1;
    SC_TRY(sc_allocate(live->env, &live->of_value, values, sizeof *live->of_value));
    SC_TRY(sc_allocate(live->env, &live->slots, values, sizeof *live->slots));
    SC_TRY(sc_allocate(live->env, &w.first, 2 * (graph->repeats + 1), sizeof *w.first));
    w.last = w.first + graph->repeats + 1;
    socle_status status = walk(&w);
    sc_release(live->env, w.first);
    return status;
}

socle_status sc_live_intervals(sc_live *out, const sc_graph *graph) {
    memset(out, 0, sizeof *out);
    out->env = graph->env;
    socle_status status = graph->status != SOCLE_OK ? graph->status : allocate_and_walk(out, graph);
    if (status != SOCLE_OK) sc_live_free(out);
    return status;
}

void sc_live_free(sc_live *live) {
    if (!live->env) return;
    sc_release(live->env, live->interval);
    sc_release(live->env, live->of_value);
    sc_release(live->env, live->slots);
    memset(live, 0, sizeof *live);
}
