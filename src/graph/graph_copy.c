/* SPDX-License-Identifier: Apache-2.0 */
/* A second graph equal to a first, so that a pass can be tried without touching what will be
 * planned. Expressions are copied, because passes rewrite them in place; names are not, because
 * no pass changes them. */
#include "graph/graph.h"

#include <string.h>

static socle_status copy_expr(const sc_graph *graph, sc_expr **expr) {
    if (!*expr) return SOCLE_OK;
    const sc_expr *original = *expr;
    SC_TRY(sc_arena_allocate(graph->arena, expr, 1, sizeof **expr));
    **expr = *original;
    return SOCLE_OK;
}

static socle_status copy_contents(sc_graph *copy, const sc_graph *graph) {
    SC_TRY(sc_grow(copy->env, &copy->value, &copy->value_capacity, graph->values,
                   sizeof *copy->value));
    SC_TRY(sc_grow(copy->env, &copy->node, &copy->node_capacity, graph->nodes, sizeof *copy->node));
    if (graph->values) memcpy(copy->value, graph->value, graph->values * sizeof *copy->value);
    copy->values = graph->values;
    for (size_t n = 0; n < graph->nodes; n++) {
        copy->node[n] = graph->node[n];
        SC_TRY(copy_expr(copy, &copy->node[n].expr));
        SC_TRY(copy_expr(copy, &copy->node[n].tail));
    }
    copy->nodes = graph->nodes;
    SC_TRY(sc_grow(copy->env, &copy->repeat, &copy->repeat_capacity, graph->repeats,
                   sizeof *copy->repeat));
    SC_TRY(sc_grow(copy->env, &copy->crossing, &copy->crossing_capacity, graph->crossings,
                   sizeof *copy->crossing));
    if (graph->repeats) memcpy(copy->repeat, graph->repeat, graph->repeats * sizeof *copy->repeat);
    if (graph->crossings)
        memcpy(copy->crossing, graph->crossing, graph->crossings * sizeof *copy->crossing);
    copy->repeats = graph->repeats;
    copy->crossings = graph->crossings;
    copy->section = graph->section;
    copy->scope = graph->scope;
    copy->random_ordinal = graph->random_ordinal;
    copy->portable = graph->portable;
    copy->recomputes = graph->recomputes;
    return SOCLE_OK;
}

socle_status sc_graph_copy(sc_graph **out, const sc_graph *graph) {
    *out = NULL;
    if (graph->status != SOCLE_OK) return graph->status;
    sc_graph *copy;
    SC_TRY(sc_graph_create(&copy, graph->env, graph->capacity));
    copy->weights = graph->weights;
    socle_status status = copy_contents(copy, graph);
    if (status != SOCLE_OK) {
        sc_graph_destroy(copy);
        return status;
    }
    *out = copy;
    return SOCLE_OK;
}
