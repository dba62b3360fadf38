/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of single fusion rules share: a graph with short names for building, and fusing it
 * with a check of every node that is left. */
#ifndef SC_TESTS_FUSE_FIXTURE_H
#define SC_TESTS_FUSE_FIXTURE_H

#include "graph/build.h"
#include "graph/fuse.h"
#include "nn/lanes.h"
#include "sc_test.h"

typedef struct fixture {
    sc_env env;
    sc_graph *graph;
    int externals;
} fixture;

static SC_UNUSED void setup(fixture *f) {
    *f = (fixture){0};
    sc_env_init(&f->env, NULL, NULL);
    SC_OK(&f->env, sc_graph_create(&f->graph, &f->env, 8));
}

static SC_UNUSED sc_value external(fixture *f, sc_lane lane, int rank, const int64_t *dim) {
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, lane == SC_LANE_INPUTS, rank, dim);
    return sc_graph_external(f->graph, lane, f->externals++, &desc, NULL);
}

#define INPUT(f, rank, ...) external(f, SC_LANE_INPUTS, rank, (const int64_t[]){__VA_ARGS__})
#define PARAMETER(f, rank, ...)                                                                    \
    external(f, SC_LANE_PARAMETERS, rank, (const int64_t[]){__VA_ARGS__})

static SC_UNUSED sc_value output(fixture *f, sc_value value) {
    return sc_graph_output(f->graph, value, SC_LANE_OUTPUTS, f->externals++);
}

static SC_UNUSED sc_value unary(fixture *f, sc_expr_op op, sc_value x) {
    return sc_build_unary(f->graph, op, x);
}

static SC_UNUSED sc_value binary(fixture *f, sc_expr_op op, sc_value a, sc_value b) {
    return sc_build_binary(f->graph, op, a, b);
}

/* Fuses, checks every node that is left, and returns how many there are. */
static SC_UNUSED int fuse(fixture *f, const sc_fuse_options *options) {
    SC_OK(&f->env, f->graph->status);
    SC_OK(&f->env, sc_graph_fuse(f->graph, options));
    int live = 0;
    for (size_t n = 0; n < f->graph->nodes; n++) {
        if (f->graph->node[n].dead) continue;
        sc_op_desc desc;
        sc_graph_node_desc(f->graph, &f->graph->node[n], &desc);
        SC_OK(&f->env, sc_op_check(&f->env, &desc));
        live++;
    }
    return live;
}

static SC_UNUSED const sc_node *only(const fixture *f, sc_op op) {
    const sc_node *found = NULL;
    for (size_t n = 0; n < f->graph->nodes; n++) {
        if (f->graph->node[n].dead || f->graph->node[n].op != op) continue;
        if (found) SC_TEST_FAIL("more than one live %s", sc_op_word(op));
        found = &f->graph->node[n];
    }
    if (!found) SC_TEST_FAIL("no live %s", sc_op_word(op));
    return found;
}

static SC_UNUSED void finish(fixture *f) {
    sc_graph_destroy(f->graph);
}

static SC_UNUSED sc_value convolution(fixture *f, sc_value x) {
    const sc_window window = {{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
    return sc_build_conv2d(f->graph, x, PARAMETER(f, 4, 5, 2, 3, 3), &window, 1);
}

#endif
