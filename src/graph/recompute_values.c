/* SPDX-License-Identifier: Apache-2.0 */
/* What the choice of cuts needs to know of each intermediate of the forward pass: how long it is
 * read, whether the backward pass reads it, and whether it costs next to nothing to keep or to make
 * again. Reads the graph, changes nothing. */
#include "graph/recompute_private.h"

#include <string.h>

/* A result this much smaller than an operand is kept; a cheap value is at most so many
 * stored-and-cheap values away from one that is stored for certain, or a chain of residual sums
 * would be made again from its beginning. */
enum { SMALL_RATIO = 16, MOST_HOPS = 2 };

typedef struct survey {
    sc_recompute_values *out;
    const sc_graph *graph;
    int *entry; /* per value of the graph: its number in `out`, -1 for all that is no intermediate
                   of the forward pass */
    int *hops;  /* per entry: cheap values on the way that are stored themselves */
} survey;

static sc_recompute_value *entry_of(const survey *s, sc_value value) {
    int entry = s->entry[sc_graph_root(s->graph, value)];
    return entry < 0 ? NULL : &s->out->value[entry];
}

static socle_status list_values(survey *s) {
    const sc_graph *graph = s->graph;
    sc_recompute_values *out = s->out;
    size_t most = 0;
    for (int n = 0; n < out->nodes; n++) most += (size_t)graph->node[n].outputs;
    SC_TRY(sc_allocate(out->env, &out->value, most, sizeof *out->value));
    SC_TRY(sc_allocate(out->env, &out->awkward, (size_t)out->nodes + 1, sizeof *out->awkward));
    SC_TRY(sc_allocate(out->env, &s->hops, most, sizeof *s->hops));
    SC_TRY(sc_allocate(out->env, &s->entry, graph->values, sizeof *s->entry));
    for (size_t v = 0; v < graph->values; v++) s->entry[v] = -1;
    for (int n = 0; n < out->nodes; n++) {
        const sc_node *node = &graph->node[n];
        out->awkward[n] = node->op == SC_OP_ELEMENTWISE || node->op == SC_OP_REDUCE;
        for (int k = 0; k < node->outputs && !node->dead; k++) {
            sc_value value = node->output[k];
            if (graph->value[value].lane != SC_LANE_NONE) continue;
            s->entry[value] = (int)out->count;
            size_t bytes = sc_tensor_bytes(sc_graph_desc(graph, value));
            out->value[out->count++] =
                (sc_recompute_value){.value = value, .made = n, .last = n, .bytes = bytes};
        }
    }
    return SOCLE_OK;
}

static void find_readers(const survey *s) {
    for (int n = 0; n < (int)s->graph->nodes; n++) {
        const sc_node *node = &s->graph->node[n];
        for (int i = 0; i < node->inputs && !node->dead; i++) {
            sc_recompute_value *read = entry_of(s, node->input[i]);
            if (!read) continue;
            if (n < s->out->nodes)
                read->last = n;
            else
                read->stored = true;
        }
    }
}

/* A batch statistic that has a home: as good as a small value. */
static bool is_statistic(const survey *s, sc_value value) {
    const sc_value_info *info = &s->graph->value[sc_graph_root(s->graph, value)];
    return info->lane != SC_LANE_NONE && info->node >= 0 && info->node < s->out->nodes &&
           !info->desc.rows_per_sample;
}

/* A reduction to a fraction, or an elementwise result of nothing but small values and externals. */
static bool is_small(const survey *s, const sc_node *node, size_t bytes) {
    size_t largest = 0;
    for (int i = 0; i < node->inputs; i++) {
        const sc_recompute_value *operand = entry_of(s, node->input[i]);
        size_t size = sc_tensor_bytes(sc_graph_desc(s->graph, node->input[i]));
        bool counts = node->op == SC_OP_REDUCE || operand || is_statistic(s, node->input[i]);
        if (node->op == SC_OP_ELEMENTWISE && operand && !operand->small) return false;
        if (counts && size > largest) largest = size;
    }
    if (node->op == SC_OP_REDUCE) return bytes <= largest / SMALL_RATIO;
    return node->op == SC_OP_ELEMENTWISE && bytes <= largest;
}

/* How many cheap values, stored themselves, lie between the node's result and values that are
 * stored for certain; -1 when it needs something that is not stored. */
static int hops_of(const survey *s, const sc_node *node) {
    int most = 0;
    if (node->op != SC_OP_ELEMENTWISE) return -1;
    for (int i = 0; i < node->inputs; i++) {
        const sc_recompute_value *operand = entry_of(s, node->input[i]);
        if (!operand || operand->small) continue;
        if (!operand->cheap && !operand->stored) return -1;
        int hops = operand->cheap ? s->hops[operand - s->out->value] + operand->stored : 0;
        if (hops > most) most = hops;
    }
    return most < MOST_HOPS ? most : -1;
}

static void classify(const survey *s) {
    for (size_t e = 0; e < s->out->count; e++) {
        sc_recompute_value *value = &s->out->value[e];
        const sc_node *node = &s->graph->node[value->made];
        value->small = is_small(s, node, value->bytes);
        s->hops[e] = value->small ? -1 : hops_of(s, node);
        value->cheap = s->hops[e] >= 0;
    }
}

socle_status sc_recompute_values_of(sc_recompute_values *out, const sc_graph *graph,
                                    int forward_nodes) {
    *out = (sc_recompute_values){.env = graph->env, .nodes = forward_nodes};
    survey s = {.out = out, .graph = graph};
    socle_status status = list_values(&s);
    if (status == SOCLE_OK) {
        find_readers(&s);
        classify(&s);
    }
    sc_release(graph->env, s.entry);
    sc_release(graph->env, s.hops);
    if (status != SOCLE_OK) sc_recompute_values_free(out);
    return status;
}

void sc_recompute_values_free(sc_recompute_values *values) {
    if (!values->env) return;
    sc_release(values->env, values->value);
    sc_release(values->env, values->awkward);
    memset(values, 0, sizeof *values);
}
