/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of which an update moves the rows that a step looked up, and no others, so that its work
 * and its memory are those of the step and not of the vocabulary. States of rows that were not
 * looked up stay as they are too, as with PyTorch's SparseAdam. Graphs over as many rows as the
 * launch has: where each row of the table stands among those of the step, and the update. */
#include "engine/commit_private.h"

#include "graph/build.h"

/* The numbers of the step's rows, each once. */
sc_value sc_rows_list(sc_graph *graph, const sc_commit_rows *rows) {
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_I32, 1, 1, &graph->capacity);
    return sc_graph_external(graph, SC_LANE_ROWS, sc_rows_index(rows->table, SC_ROWS_LIST), &desc,
                             "rows of the step");
}

static sc_value map_of(sc_graph *graph, const sc_commit_rows *rows) {
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_I32, 0, 1, &rows->rows);
    return sc_graph_external(graph, SC_LANE_ROWS, sc_rows_index(rows->table, SC_ROWS_MAP), &desc,
                             "places of rows");
}

socle_status sc_rows_place_build(sc_graph *graph, const sc_commit_rows *rows) {
    sc_graph_scope(graph, "rows");
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_I32, 1, 1, &graph->capacity);
    sc_value map = map_of(graph, rows), list = sc_rows_list(graph, rows);
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_INT_ADD,
                                           sc_expr_leaf(&expr, SC_EXPR_COORD, 0, 0),
                                           sc_expr_const_int(&expr, 1), 0));
    sc_value place = sc_graph_append_expr(graph, &expr, 0, NULL, &desc);
    sc_graph_update(graph, sc_build_put_rows(graph, map, list, place), map);
    return graph->status;
}

/* Less the 1 that the map adds: a number beyond the table has 0 there, and so no place. */
sc_value sc_rows_gradient(sc_graph *graph, const sc_commit_rows *rows, sc_value index,
                          sc_value gradient) {
    sc_expr expr;
    sc_value place, out;
    sc_expr_init(&expr);
    sc_expr_output(&expr,
                   sc_expr_add_node(&expr, SC_EXPR_INT_SUB, sc_expr_input(&expr, 0, SC_EXPR_INT),
                                    sc_expr_const_int(&expr, 1), 0));
    sc_value found = sc_build_gather(graph, map_of(graph, rows), index);
    sc_build_expr(graph, &expr, 1, &found, &place);
    const sc_tensor_desc shape =
        sc_tensor_make(SOCLE_F32, 0, 2, (int64_t[]){rows->most, rows->units});
    sc_graph_append_shaped(graph, SC_OP_SCATTER_ADD, &(sc_op_attr){0}, 2,
                           (sc_value[]){place, gradient}, &shape, &out);
    return out;
}
