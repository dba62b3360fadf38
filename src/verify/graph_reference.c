/* SPDX-License-Identifier: Apache-2.0 */
/* See graph_reference.h. */
#include "verify/graph_reference.h"
#include "verify/reference.h"

#include <string.h>

static int64_t elements_of(const sc_graph *graph, sc_value value) {
    return sc_tensor_elements_at(&graph->value[value].desc, graph->capacity);
}

static socle_status check(sc_env *env, const sc_graph *graph) {
    bool plain = graph->repeats == 0;
    for (size_t v = 0; v < graph->values; v++) plain &= graph->value[v].within == SC_NO_VALUE;
    if (plain) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "recurrent layers are not followed in double precision");
}

/* One block for all values. */
static socle_status allocate(sc_graph_reference *out) {
    const sc_graph *graph = out->graph;
    size_t total = 0, most = 1;
    for (size_t v = 0; v < graph->values; v++) {
        if (graph->value[v].alias != SC_NO_VALUE) continue;
        size_t count = (size_t)elements_of(graph, (sc_value)v);
        total += count;
        if (count > most) most = count;
    }
    SC_TRY(sc_allocate(out->env, &out->value, graph->values + 1, sizeof *out->value));
    memset(out->value, 0, (graph->values + 1) * sizeof *out->value);
    SC_TRY(sc_allocate(out->env, &out->bound, total + SC_EXPR_OUTPUTS * most, sizeof *out->bound));
    memset(out->bound, 0, (total + SC_EXPR_OUTPUTS * most) * sizeof *out->bound);
    double *at = out->bound + SC_EXPR_OUTPUTS * most;
    for (size_t v = 0; v < graph->values; v++) {
        if (graph->value[v].alias != SC_NO_VALUE) continue;
        out->value[v] = at;
        at += elements_of(graph, (sc_value)v);
    }
    return SOCLE_OK;
}

socle_status sc_graph_reference_create(sc_graph_reference *out, sc_env *env, const sc_graph *graph,
                                       uint64_t seed, uint32_t step) {
    *out = (sc_graph_reference){.env = env, .graph = graph};
    out->launch = (sc_launch){.rows = graph->capacity, .step = step, .seed = seed};
    SC_TRY(check(env, graph));
    socle_status status = allocate(out);
    if (status != SOCLE_OK) sc_graph_reference_free(out);
    return status;
}

void sc_graph_reference_free(sc_graph_reference *reference) {
    if (!reference->env) return;
    sc_release(reference->env, reference->value);
    sc_release(reference->env, reference->bound);
    *reference = (sc_graph_reference){0};
}

double *sc_graph_reference_value(const sc_graph_reference *reference, sc_value value) {
    return reference->value[sc_graph_root(reference->graph, value)];
}

static sc_reference_array array_of(const sc_graph_reference *reference, sc_value value) {
    return (sc_reference_array){.tensor = *sc_graph_desc(reference->graph, value),
                                .count = elements_of(reference->graph, value),
                                .value = sc_graph_reference_value(reference, value)};
}

static void run_node(const sc_graph_reference *reference, const sc_node *node) {
    sc_op_desc desc;
    sc_reference_job job = {.desc = &desc, .launch = &reference->launch, .unrounded = true};
    double *bound = reference->bound;
    sc_graph_node_desc(reference->graph, node, &desc);
    for (int i = 0; i < node->inputs; i++) job.operand[i] = array_of(reference, node->input[i]);
    for (int k = 0; k < node->outputs; k++) {
        sc_reference_array *out = &job.operand[node->inputs + k];
        *out = array_of(reference, node->output[k]);
        out->bound = bound;
        bound += out->count;
    }
    sc_reference_run(&job);
}

void sc_graph_reference_run(const sc_graph_reference *reference) {
    for (size_t n = 0; n < reference->graph->nodes; n++)
        if (!reference->graph->node[n].dead) run_node(reference, &reference->graph->node[n]);
}
