/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the fusion rules, and dead code. Chains come first, so that bias, activation and
 * dropout are one expression when tails are looked for; merges come last, since only nodes with one
 * output become tails. */
#include "graph/fuse_private.h"

#include <string.h>

static bool is_needed(const sc_graph *graph, const bool *needed, sc_value value) {
    const sc_value_info *info = &graph->value[value];
    return needed[value] || info->lane != SC_LANE_NONE || info->within != SC_NO_VALUE;
}

/* Removes the outputs of an expression that nothing reads, and then the operands that nothing reads
 * any more. */
static void trim(sc_fuse *fuse, int n, const bool *needed) {
    sc_graph *graph = fuse->graph;
    sc_node *node = &graph->node[n], trimmed = *node;
    sc_fuse_body body;
    sc_fuse_body_load(node, &body);
    trimmed.outputs = 0;
    for (int k = 0; k < node->outputs; k++) {
        if (!is_needed(graph, needed, node->output[k])) continue;
        body.expr.output[trimmed.outputs] = body.expr.output[k];
        trimmed.attr.reduce.kind[trimmed.outputs] = node->attr.reduce.kind[k];
        trimmed.output[trimmed.outputs++] = node->output[k];
    }
    body.expr.outputs = trimmed.outputs;
    sc_fuse_body_compact(graph, &body);
    if (!sc_fuse_accepts(graph, &trimmed, &body)) return;
    if (node->op == SC_OP_REDUCE) node->attr = trimmed.attr;
    memcpy(node->output, trimmed.output, sizeof trimmed.output);
    node->outputs = trimmed.outputs;
    sc_fuse_commit(fuse, n, &body);
}

void sc_fuse_drop_dead(sc_fuse *fuse, bool *needed) {
    sc_graph *graph = fuse->graph;
    memset(needed, 0, graph->values * sizeof *needed);
    for (int n = (int)graph->nodes - 1; n >= 0; n--) {
        sc_node *node = &graph->node[n];
        if (node->dead) continue;
        bool live = false;
        for (int k = 0; k < node->outputs; k++) live |= is_needed(graph, needed, node->output[k]);
        if (!live) {
            sc_fuse_kill(fuse, n);
            continue;
        }
        if (node->op == SC_OP_ELEMENTWISE || node->op == SC_OP_REDUCE) trim(fuse, n, needed);
        for (int i = 0; i < node->inputs; i++) {
            needed[sc_graph_root(graph, node->input[i])] = true;
            needed[sc_graph_memory(graph, node->input[i])] = true;
        }
    }
}

static socle_status apply_rules(sc_fuse *fuse, const sc_fuse_options *options, bool *needed) {
    if (!options->keep_dead) sc_fuse_drop_dead(fuse, needed);
    if (!options->no_chains) sc_fuse_chains(fuse);
    if (!options->no_duplicates) sc_fuse_duplicates(fuse);
    if (!options->no_chains && !options->no_duplicates) sc_fuse_chains(fuse);
    if (!options->no_tails) SC_TRY(sc_fuse_tails(fuse));
    if (!options->no_merges) sc_fuse_merges(fuse);
    if (!options->no_views) sc_fuse_views(fuse);
    if (!options->keep_dead) sc_fuse_drop_dead(fuse, needed);
    return SOCLE_OK;
}

socle_status sc_graph_fuse(sc_graph *graph, const sc_fuse_options *options) {
    const sc_fuse_options every_rule = {0};
    if (graph->status != SOCLE_OK) return graph->status;
    sc_fuse fuse = {.graph = graph};
    bool *needed;
    size_t values = graph->values ? graph->values : 1;
    SC_TRY(sc_allocate(graph->env, &needed, values, sizeof *needed));
    socle_status status = sc_allocate(graph->env, &fuse.readers, values, sizeof *fuse.readers);
    if (status == SOCLE_OK) {
        sc_fuse_recount(&fuse);
        status = apply_rules(&fuse, options ? options : &every_rule, needed);
    }
    sc_release(graph->env, needed);
    sc_release(graph->env, fuse.readers);
    return status;
}
