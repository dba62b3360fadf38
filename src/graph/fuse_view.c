/* SPDX-License-Identifier: Apache-2.0 */
/* Slices along outer dimensions lie in one piece: they become views of what they are a part of, and
 * move no memory. The last of the rules, for a view hides its readers from what it lies in. */
#include "graph/fuse_private.h"

/* Whether the slice lies in one piece: single along the outer dimensions, whole along the inner
 * ones, any part of the one between. *first: where it begins, in elements. */
static bool in_one_piece(const sc_node *node, const sc_tensor_desc *from, const sc_tensor_desc *to,
                         int64_t *first) {
    int d = 0;
    if (from->layout != SC_LAYOUT_PLAIN || to->layout != SC_LAYOUT_PLAIN) return false;
    while (d < to->rank && to->dim[d] == 1) d++;
    for (int i = d + 1; i < to->rank; i++)
        if (to->dim[i] != from->dim[i]) return false;
    *first = 0;
    for (int i = 0; i < to->rank; i++) *first = *first * from->dim[i] + node->attr.slice.begin[i];
    return true;
}

static void view_slice(sc_fuse *fuse, int n) {
    sc_graph *graph = fuse->graph;
    const sc_node *node = &graph->node[n];
    sc_value from = node->input[0], out = node->output[0];
    sc_value_info *info = &graph->value[out];
    const sc_tensor_desc *whole = sc_graph_desc(graph, from);
    int64_t first;
    if (info->lane != SC_LANE_NONE || info->within != SC_NO_VALUE ||
        !in_one_piece(node, whole, &info->desc, &first) ||
        !sc_fuse_may_delay(graph, n, sc_fuse_last_reader(fuse, out), false))
        return;
    sc_fuse_kill(fuse, n);
    info->within = from;
    info->offset = (size_t)first * sc_dtype_size(whole->dtype);
    info->repeat = sc_graph_repeat_of(graph, from);
    info->node = -1;
    graph->value[sc_graph_root(graph, from)].viewed = true;
}

void sc_fuse_views(sc_fuse *fuse) {
    for (int n = 0; n < (int)fuse->graph->nodes; n++)
        if (!fuse->graph->node[n].dead && fuse->graph->node[n].op == SC_OP_SLICE)
            view_slice(fuse, n);
}
