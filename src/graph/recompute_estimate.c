/* SPDX-License-Identifier: Apache-2.0 */
/* What a graph's intermediates would take: fuses it, finds lifetimes and lays them out, as
 * sc_plan_create does before it knows kernels. Also says where the memory goes, for messages: the
 * node at which most bytes are alive, and the one whose own operands take most. */
#include "graph/recompute_private.h"

#include "graph/fuse.h"
#include "graph/live.h"

/* Bytes of each intermediate that node n reads or writes, those written in place once. */
static size_t own_bytes(const sc_live *live, const sc_node *node) {
    size_t sum = 0;
    for (int i = 0; i < node->inputs; i++) {
        int interval = live->of_value[node->input[i]];
        for (int j = 0; j < i && interval >= 0; j++)
            if (live->of_value[node->input[j]] == interval) interval = -1;
        if (interval >= 0) sum += live->interval[interval].bytes;
    }
    for (int k = 0; k < node->outputs; k++) {
        int interval = live->of_value[node->output[k]];
        if (interval >= 0 && live->interval[interval].share_with < 0)
            sum += live->interval[interval].bytes;
    }
    return sum;
}

/* Adds up what is alive at each node; `alive` has one entry per node, zero. */
static void find_places(const sc_graph *graph, const sc_live *live, size_t *alive,
                        sc_recompute_need *out) {
    for (int i = 0; i < live->count; i++) {
        const sc_interval *one = &live->interval[i];
        /* In place: its predecessor holds the bytes until then. */
        int first = one->share_with >= 0 ? one->first + 1 : one->first;
        for (int n = first; n <= one->last; n++) alive[n] += one->bytes;
    }
    size_t most = 0;
    for (size_t n = 0; n < graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        if (node->dead) continue;
        size_t own = own_bytes(live, node);
        if (alive[n] > most) {
            most = alive[n];
            out->peak_layer = node->name;
        }
        if (own > out->floor) {
            out->floor = own;
            out->floor_layer = node->name;
        }
    }
}

static socle_status estimate(const sc_graph *graph, const sc_live *live, sc_recompute_need *out) {
    sc_memplan plan;
    SC_TRY(sc_memplan_create(&plan, graph->env, live->interval, live->count, NULL));
    out->peak = plan.total;
    sc_memplan_free(&plan);
    size_t *alive;
    SC_TRY(sc_allocate(graph->env, &alive, graph->nodes, sizeof *alive));
    find_places(graph, live, alive, out);
    sc_release(graph->env, alive);
    return SOCLE_OK;
}

socle_status sc_recompute_estimate(sc_graph *graph, sc_recompute_need *out) {
    *out = (sc_recompute_need){0};
    SC_TRY(sc_graph_fuse(graph, NULL));
    sc_live live;
    SC_TRY(sc_live_intervals(&live, graph));
    socle_status status = estimate(graph, &live, out);
    sc_live_free(&live);
    return status;
}
