/* SPDX-License-Identifier: Apache-2.0 */
/* Lifetimes: first and last position of each intermediate, and who may write over whom. That a
 * wrong lifetime changes results is shown by test_fuse.c, which runs graphs in planned memory. */
#include "graph/build.h"
#include "graph/fuse.h"
#include "graph/live.h"
#include "nn/lanes.h"

#include "sc_test.h"

typedef struct fixture {
    sc_env env;
    sc_graph *graph;
    sc_live live;
    sc_value x, w;
} fixture;

static void setup(fixture *f) {
    const int64_t dim[2] = {8, 33};
    *f = (fixture){0};
    sc_env_init(&f->env, NULL, NULL);
    SC_OK(&f->env, sc_graph_create(&f->graph, &f->env, 8));
    sc_tensor_desc batch = sc_tensor_make(SOCLE_F32, 1, 2, dim),
                   row = sc_tensor_make(SOCLE_F32, 0, 2, dim);
    row.dim[0] = 1;
    f->x = sc_graph_external(f->graph, SC_LANE_INPUTS, 0, &batch, "x");
    f->w = sc_graph_external(f->graph, SC_LANE_PARAMETERS, 0, &row, "w");
}

static void finish(fixture *f) {
    sc_live_free(&f->live);
    sc_graph_destroy(f->graph);
}

static const sc_interval *of(const fixture *f, sc_value value) {
    int interval = f->live.of_value[value];
    if (interval < 0) SC_TEST_FAIL("value %d has no interval", value);
    return &f->live.interval[interval];
}

#define LIVES(f, value, from, to)                                                                  \
    do {                                                                                           \
        SC_EQ(of(f, value)->first, from);                                                          \
        SC_EQ(of(f, value)->last, to);                                                             \
    } while (0)

Test(live, from_producer_to_last_reader) {
    fixture f;
    setup(&f);
    sc_graph_scope(f.graph, "layer3");
    sc_value a = sc_build_softmax(f.graph, f.x, false);                                /* 0 */
    sc_value b = sc_build_softmax(f.graph, a, false);                                  /* 1 */
    sc_value c = sc_build_argmax(f.graph, b);                                          /* 2 */
    sc_value d = sc_build_binary(f.graph, SC_EXPR_ADD, a, b);                          /* 3 */
    sc_graph_output(f.graph, sc_build_softmax(f.graph, d, false), SC_LANE_OUTPUTS, 0); /* 4 */
    SC_OK(&f.env, sc_live_intervals(&f.live, f.graph));
    SC_EQ(f.live.count, 4);
    LIVES(&f, a, 0, 3);
    LIVES(&f, b, 1, 3);
    LIVES(&f, c, 2, 2); /* unread, but written */
    LIVES(&f, d, 3, 4);
    SC_EQ(of(&f, a)->bytes, 1152); /* 8 * 33 * 4 = 1056, rounded up to 128 */
    SC_EQ(of(&f, c)->bytes, 128);
    SC_EQ_STR(of(&f, a)->name, "layer3");
    SC_EQ(f.live.of_value[f.x], -1);
    SC_EQ(f.live.of_value[f.w], -1);
    finish(&f);
}

Test(live, aliases_read_their_root) {
    fixture f;
    setup(&f);
    const int64_t dim[3] = {8, 3, 11};
    sc_value a = sc_build_softmax(f.graph, f.x, false);
    sc_value view = sc_build_reshape(f.graph, a, 3, dim);
    sc_build_softmax(f.graph, f.x, false);
    sc_graph_output(f.graph, sc_build_softmax(f.graph, view, true), SC_LANE_OUTPUTS, 0);
    SC_OK(&f.env, sc_live_intervals(&f.live, f.graph));
    LIVES(&f, a, 0, 2);
    SC_EQ(f.live.of_value[view], f.live.of_value[a]);
    finish(&f);
}

Test(live, in_place_over_an_operand_that_dies) {
    fixture f;
    setup(&f);
    sc_value a = sc_build_softmax(f.graph, f.x, false);
    sc_value b = sc_build_softmax(f.graph, f.x, true);
    sc_value c = sc_build_binary(f.graph, SC_EXPR_ADD, a, b); /* a lives on, b does not */
    sc_value d = sc_build_binary(f.graph, SC_EXPR_MUL, c, a);
    sc_value e = sc_build_unary(f.graph, SC_EXPR_TO_INT, d); /* other type */
    sc_value g = sc_build_unary(f.graph, SC_EXPR_TO_FLOAT, e);
    sc_graph_output(f.graph, sc_build_unary(f.graph, SC_EXPR_EXP, g), SC_LANE_OUTPUTS, 0);
    SC_OK(&f.env, sc_live_intervals(&f.live, f.graph));
    SC_EQ(of(&f, c)->share_with, f.live.of_value[b]);
    SC_TRUE(of(&f, d)->share_with == f.live.of_value[c] ||
            of(&f, d)->share_with == f.live.of_value[a]);
    SC_EQ(of(&f, e)->share_with, -1);
    SC_EQ(of(&f, g)->share_with, -1);
    finish(&f);
}

Test(live, no_sharing_with_homes_broadcasts_or_other_operations) {
    fixture f;
    setup(&f);
    sc_value own = sc_build_unary(f.graph, SC_EXPR_EXP, f.x); /* an external is not ours to
                                                                 overwrite */
    sc_value row = sc_build_unary(f.graph, SC_EXPR_TANH, f.w);
    sc_value wide = sc_build_binary(f.graph, SC_EXPR_ADD, f.x, row);
    sc_value soft = sc_build_softmax(f.graph, own, false); /* not elementwise */
    sc_graph_output(f.graph, sc_build_matmul(f.graph, wide, soft, true, false), SC_LANE_OUTPUTS, 0);
    SC_OK(&f.env, sc_live_intervals(&f.live, f.graph));
    SC_EQ(of(&f, own)->share_with, -1);
    SC_EQ(of(&f, row)->share_with, -1);
    SC_EQ(of(&f, wide)->share_with, -1);
    SC_EQ(of(&f, soft)->share_with, -1);
    finish(&f);
}

Test(live, each_operand_is_taken_once) {
    fixture f;
    setup(&f);
    sc_value a = sc_build_softmax(f.graph, f.x, false), out[2];
    sc_expr expr;
    sc_expr_init(&expr);
    int value = sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_EXP, value, 0, 0));
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SIN, value, 0, 0));
    sc_build_expr(f.graph, &expr, 1, &a, out);
    sc_graph_output(f.graph, sc_build_matmul(f.graph, out[0], out[1], true, false), SC_LANE_OUTPUTS,
                    0);
    SC_OK(&f.env, sc_live_intervals(&f.live, f.graph));
    SC_EQ(of(&f, out[0])->share_with, f.live.of_value[a]);
    SC_EQ(of(&f, out[1])->share_with, -1);
    finish(&f);
}

Test(live, dead_nodes_hold_nothing) {
    fixture f;
    setup(&f);
    sc_value a = sc_build_unary(f.graph, SC_EXPR_EXP, f.x);
    sc_graph_output(f.graph, sc_build_unary(f.graph, SC_EXPR_TANH, a), SC_LANE_OUTPUTS, 0);
    SC_OK(&f.env, sc_graph_fuse(f.graph, NULL));
    SC_OK(&f.env, sc_live_intervals(&f.live, f.graph));
    SC_EQ(f.live.count, 0);
    SC_EQ(f.live.of_value[a], -1);
    finish(&f);
}

Test(live, workspaces_are_added) {
    fixture f;
    setup(&f);
    sc_value a = sc_build_softmax(f.graph, f.x, false);
    sc_graph_output(f.graph, sc_build_softmax(f.graph, a, false), SC_LANE_OUTPUTS, 0);
    SC_OK(&f.env, sc_live_intervals(&f.live, f.graph));
    int workspace;
    SC_OK(&f.env, sc_live_add(&f.live, 1, 1, 1000, "softmax", &workspace));
    SC_EQ(workspace, 1);
    SC_EQ(f.live.interval[1].bytes, 1024);
    SC_EQ(f.live.interval[1].share_with, -1);
    SC_FAILS(&f.env, sc_live_add(&f.live, 1, 1, SIZE_MAX - 3, "huge", NULL),
             SOCLE_STATUS_DEVICE_MEMORY);
    SC_EQ(f.live.count, 2);
    finish(&f);
}
