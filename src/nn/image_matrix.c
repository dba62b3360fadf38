/* SPDX-License-Identifier: Apache-2.0 */
/* See image_matrix.h. */
#include "nn/image_matrix.h"

#include "graph/build.h"
#include "graph/formula.h"

#include <math.h>
#include <string.h>

/* [to, from]; each row adds up to 1. */
static sc_value matrix(sc_graph *graph, const sc_image_weights *w) {
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){w->to, w->from});
    sc_formula f;
    sc_formula_begin(&f, graph);
    sc_scope_leaf(&f.scope, "to", SC_EXPR_COORD, 0);
    sc_scope_leaf(&f.scope, "from", SC_EXPR_COORD, 1);
    sc_scope_number(&f.scope, "ratio", (float)w->ratio);
    sc_scope_number(&f.scope, "width", (float)w->width);
    sc_expr_output(&f.expr, sc_formula_read(&f, w->formula));
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_value weight = sc_graph_append_expr(graph, &f.expr, 0, NULL, &desc);
    return sc_build_binary(graph, SC_EXPR_DIV, weight,
                           sc_build_reduce(graph, SC_REDUCE_SUM, weight, 1u << 1));
}

/* Every row of images times the matrix: [N,C,H,from] -> [N,C,H,to]. */
static sc_value along_rows(sc_graph *graph, sc_value x, const sc_image_weights *w) {
    if (x == SC_NO_VALUE) return x;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    const int64_t rows = desc.dim[0] * desc.dim[1] * desc.dim[2];
    sc_value flat = sc_build_reshape(graph, x, 2, (int64_t[]){rows, w->from});
    flat = sc_build_matmul(graph, flat, matrix(graph, w), false, true);
    return sc_build_reshape(graph, flat, 4,
                            (int64_t[]){desc.dim[0], desc.dim[1], desc.dim[2], w->to});
}

/* Rows, then columns, which are rows of the image turned over. */
sc_value sc_image_along_both(sc_graph *graph, sc_value x, sc_image_weights across,
                             sc_image_weights down) {
    static const int turned[4] = {0, 1, 3, 2};
    x = along_rows(graph, x, &across);
    x = x == SC_NO_VALUE ? x : sc_build_permute(graph, x, turned);
    x = along_rows(graph, x, &down);
    return x == SC_NO_VALUE ? x : sc_build_permute(graph, x, turned);
}

sc_image_weights sc_image_resized(const char *method, int64_t from, int64_t to) {
    const double ratio = (double)from / (double)to;
    const bool nearest = strcmp(method, "nearest") == 0;
    return (sc_image_weights){
        .formula = nearest ? "1 if from == floor((to + 0.5) * ratio) else 0"
                           : "max(1 - abs((to + 0.5) * ratio - 0.5 - from) / width, 0)",
        .to = to,
        .from = from,
        .ratio = ratio,
        .width = fmax(ratio, 1)};
}
