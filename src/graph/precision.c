/* SPDX-License-Identifier: Apache-2.0 */
/* How a value is stored is a property of the value, so the pass changes descriptors alone: fusion,
 * layouts and the memory plan come after it and see what is stored. */
#include "graph/precision.h"

void sc_graph_keep_whole(sc_graph *graph, sc_value value) {
    if (graph->status == SOCLE_OK && value != SC_NO_VALUE)
        graph->value[sc_graph_root(graph, value)].whole = true;
}

/* What passes the border of a repeated region is reached by strides from several places. */
static void keep_crossings(sc_graph *graph) {
    for (size_t c = 0; c < graph->crossings; c++) {
        const sc_crossing *crossing = &graph->crossing[c];
        const sc_value all[] = {crossing->outside, crossing->inside, crossing->next, crossing->last,
                                crossing->store};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) sc_graph_keep_whole(graph, all[i]);
    }
}

static bool may_be_half(const sc_graph *graph, sc_value value) {
    const sc_value_info *info = &graph->value[value];
    if (info->alias != SC_NO_VALUE || info->lane != SC_LANE_NONE || info->node < 0) return false;
    if (info->whole || info->within != SC_NO_VALUE || info->viewed || info->slots) return false;
    if (!sc_dtype_is_float(info->desc.dtype) || !info->desc.rows_per_sample) return false;
    const sc_node *node = &graph->node[info->node];
    return !node->repeat && node->op != SC_OP_REDUCE;
}

/* The second result of a maximum over windows, where an operation that says so is a sound one. */
static void store_place(sc_graph *graph, const sc_node *node) {
    sc_op_desc desc;
    sc_env quiet;
    sc_graph_node_desc(graph, node, &desc);
    desc.tensor[desc.inputs + 1].dtype = SOCLE_U8;
    sc_env_child(&quiet, graph->env);
    if (sc_op_check(&quiet, &desc) == SOCLE_OK) graph->value[node->output[1]].desc.dtype = SOCLE_U8;
}

void sc_graph_store_half(sc_graph *graph, int dtype) {
    if (graph->status != SOCLE_OK) return;
    keep_crossings(graph);
    for (sc_value v = 0; v < (sc_value)graph->values; v++)
        if (may_be_half(graph, v)) graph->value[v].desc.dtype = (uint8_t)dtype;
    for (sc_value v = 0; v < (sc_value)graph->values; v++)
        graph->value[v].desc.dtype = graph->value[sc_graph_root(graph, v)].desc.dtype;
    for (size_t n = 0; n < graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        if (!node->dead && !node->repeat && node->op == SC_OP_MAXPOOL2D) store_place(graph, node);
    }
}
