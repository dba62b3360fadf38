/* SPDX-License-Identifier: Apache-2.0 */
/* Slices along outer dimensions lie in one piece and move no memory: which become views, where
 * these lie, and which slices stay copies. */
#include "fuse_fixture.h"
#include "graph/live.h"

static sc_value whole(fixture *f) {
    return unary(f, SC_EXPR_TANH, PARAMETER(f, 3, 4, 5, 6));
}

static sc_value part(fixture *f, sc_value x, int64_t a, int64_t b, int64_t c, int64_t da,
                     int64_t db, int64_t dc) {
    return sc_build_slice(f->graph, x, (int64_t[]){a, b, c}, (int64_t[]){da, db, dc});
}

static bool is_view(const fixture *f, sc_value value, size_t offset) {
    const sc_value_info *info = &f->graph->value[value];
    return info->within != SC_NO_VALUE && info->offset == offset * sizeof(float);
}

Test(fuse_views, outer_slices_lie_in_one_piece) {
    static const int64_t cut[][6] = {
        {1, 0, 0, 2, 5, 6}, {3, 2, 0, 1, 2, 6}, {2, 3, 1, 1, 1, 4}, {0, 0, 0, 4, 5, 6}};
    static const size_t offset[] = {30, 102, 79, 0};
    for (int i = 0; i < 4; i++) {
        fixture f;
        setup(&f);
        sc_value x = whole(&f);
        sc_value y = part(&f, x, cut[i][0], cut[i][1], cut[i][2], cut[i][3], cut[i][4], cut[i][5]);
        output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, y, 7));
        output(&f, sc_build_reduce(f.graph, SC_REDUCE_MAX, x, 7));
        SC_EQ(fuse(&f, NULL), i == 3 ? 2 : 3); /* all of it: the reductions are one */
        SC_TRUE(is_view(&f, y, offset[i]));
        finish(&f);
    }
}

Test(fuse_views, other_slices_are_copied) {
    static const int64_t cut[][6] = {
        {0, 0, 0, 2, 4, 6}, {0, 0, 1, 4, 5, 2}, {1, 0, 0, 1, 2, 5}, {0, 1, 0, 2, 1, 6}};
    for (int i = 0; i < 4; i++) {
        fixture f;
        setup(&f);
        sc_value y =
            part(&f, whole(&f), cut[i][0], cut[i][1], cut[i][2], cut[i][3], cut[i][4], cut[i][5]);
        output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, y, 7));
        fuse(&f, NULL);
        only(&f, SC_OP_SLICE);
        finish(&f);
    }
}

/* A result that must stand elsewhere, and a part of a home that is overwritten before it is read.
 */
Test(fuse_views, homes_are_copied) {
    fixture f;
    setup(&f);
    sc_value p = PARAMETER(&f, 2, 4, 8);
    sc_value y = sc_build_slice(f.graph, p, (int64_t[]){1, 0}, (int64_t[]){1, 8});
    sc_graph_update(f.graph, unary(&f, SC_EXPR_EXP, p), p);
    output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, y, 3));
    output(&f, sc_build_slice(f.graph, p, (int64_t[]){2, 0}, (int64_t[]){1, 8}));
    fuse(&f, NULL);
    int slices = 0;
    for (size_t n = 0; n < f.graph->nodes; n++)
        slices += !f.graph->node[n].dead && f.graph->node[n].op == SC_OP_SLICE;
    SC_EQ(slices, 2);
    finish(&f);
}

/* What a view lies in lives until the view is read last, and nothing is written over it before. */
Test(fuse_views, memory_lives_as_long_as_its_views) {
    fixture f;
    sc_live live;
    setup(&f);
    sc_value x = whole(&f), a = part(&f, x, 0, 0, 0, 1, 5, 6), b = part(&f, x, 1, 0, 0, 1, 5, 6);
    sc_value sum = sc_build_softmax(f.graph, binary(&f, SC_EXPR_ADD, a, b), false);
    sc_value c = part(&f, x, 2, 0, 0, 1, 5, 6);
    output(&f, sc_build_softmax(f.graph, binary(&f, SC_EXPR_MUL, sum, c), false));
    fuse(&f, NULL);
    SC_OK(&f.env, sc_live_intervals(&live, f.graph));
    int memory = live.of_value[x];
    SC_EQ(live.of_value[a], memory);
    SC_EQ(live.of_value[c], memory);
    int last = -1;
    for (size_t n = 0; n < f.graph->nodes; n++)
        for (int i = 0; i < f.graph->node[n].inputs && !f.graph->node[n].dead; i++)
            if (f.graph->node[n].input[i] == c) last = (int)n;
    SC_EQ(live.interval[memory].last, last);
    for (int i = 0; i < live.count; i++) SC_TRUE(live.interval[i].share_with != memory);
    sc_live_free(&live);
    finish(&f);
}
