/* SPDX-License-Identifier: Apache-2.0 */
/* The search of the recomputation pass: what it saves on deep networks, that it does no more than
 * the limit asks for and nothing where nothing is to be gained, and that its report is true. */
#include "deep_nets.h"
#include "graph/build.h"
#include "graph/grad.h"
#include "graph/recompute_private.h"
#include "nn/lanes.h"
#include "sc_test.h"

static void rewrite(deep_net *net, sc_env *env, const deep_kind *kind, size_t limit,
                    sc_recompute_report *report) {
    sc_env_init(env, NULL, NULL);
    deep_create(net, env, kind);
    SC_OK(env, sc_graph_recompute(net->graph, net->forward_nodes, limit, report));
}

/* The least that each network can be brought to, in percent of what it takes as built. */
Test(recompute_search, deep_networks_shrink) {
    static const int most[] = {33, 35, 33, 33, 35};
    for (int k = 0; k < deep_kind_count; k++) {
        sc_env env;
        deep_net net;
        sc_recompute_report report;
        SC_REPRO("%s", deep_kinds[k].name);
        rewrite(&net, &env, &deep_kinds[k], 0, &report);
        SC_TRUE(report.segments > 2 && report.nodes > 0 && report.nodes < net.forward_nodes);
        SC_TRUE(100 * report.after <= (size_t)most[k] * report.before);
        SC_TRUE(report.floor > 0 && report.floor < report.after);
        SC_TRUE(report.peak_layer && report.floor_layer);
        deep_destroy(&net);
    }
}

/* As little again as the limit allows; and a limit that can be met is met. */
Test(recompute_search, looser_limits_cost_less) {
    for (int k = 0; k < deep_kind_count; k++) {
        size_t before = 0, nodes = SIZE_MAX, most = 0;
        for (int percent = 40; percent <= 100; percent += 20) {
            sc_env env;
            deep_net net;
            sc_recompute_report report;
            SC_REPRO("%s, %d percent", deep_kinds[k].name, percent);
            if (!before) {
                rewrite(&net, &env, &deep_kinds[k], SIZE_MAX, &report);
                before = report.before;
                deep_destroy(&net);
            }
            rewrite(&net, &env, &deep_kinds[k], before * (size_t)percent / 100, &report);
            SC_EQ(report.before, before);
            SC_TRUE(report.after <= before * (size_t)percent / 100);
            SC_TRUE(report.nodes <= nodes);
            if (percent == 40) most = report.nodes;
            if (percent == 80) SC_TRUE(report.nodes < most);
            nodes = report.nodes;
            SC_EQ(report.segments == 0, percent == 100);
            deep_destroy(&net);
        }
    }
}

/* The figures are those of the graph that comes out; what goes in must not be fused. */
Test(recompute_search, the_report_is_true) {
    for (int k = 0; k < deep_kind_count; k++) {
        sc_env env;
        deep_net net;
        sc_recompute_report report;
        sc_recompute_need need;
        SC_REPRO("%s", deep_kinds[k].name);
        rewrite(&net, &env, &deep_kinds[k], 0, &report);
        SC_OK(&env, sc_recompute_estimate(net.graph, &need));
        SC_EQ(report.after, need.peak);
        SC_EQ_STR(report.peak_layer, need.peak_layer);
        deep_destroy(&net);
        deep_create(&net, &env, &deep_kinds[k]);
        SC_OK(&env, sc_recompute_estimate(net.graph, &need));
        SC_EQ(report.before, need.peak);
        SC_EQ(report.floor, need.floor);
        deep_destroy(&net);
    }
}

static void unchanged(const deep_kind *kind, size_t limit, sc_recompute_report *report) {
    sc_env env;
    deep_net net;
    sc_env_init(&env, NULL, NULL);
    deep_create(&net, &env, kind);
    size_t nodes = net.graph->nodes, values = net.graph->values;
    SC_OK(&env, sc_graph_recompute(net.graph, net.forward_nodes, limit, report));
    SC_EQ(net.graph->nodes, nodes);
    SC_EQ(net.graph->values, values);
    SC_EQ(report->segments, 0);
    SC_EQ(report->nodes, 0);
    SC_EQ(report->after, report->before);
    deep_destroy(&net);
}

Test(recompute_search, leaves_alone_what_fits) {
    sc_recompute_report report;
    unchanged(deep_kind_named("convolutions"), SIZE_MAX, &report);
    unchanged(deep_kind_named("convolutions"), report.before, &report);
}

/* One layer: its result and the way back take all of the memory, so no order of work helps. */
Test(recompute_search, leaves_alone_what_cannot_shrink) {
    deep_kind shallow = *deep_kind_named("convolutions");
    sc_recompute_report report;
    shallow.layers = 1;
    unchanged(&shallow, 0, &report);
    SC_TRUE(report.before > 0 && report.floor <= report.before);
}

enum { CHAIN = 6 };

/* Layers of matmul and tanh of these widths over 64 rows of `width[0]`, named in turn, with their
 * gradients; the number of forward nodes. */
static size_t chain(sc_graph *graph, const int64_t width[CHAIN + 1], const char *const *name) {
    const int64_t rows[2] = {64, width[0]};
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 2, rows);
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &desc, "x"), wrt[CHAIN], out[CHAIN];
    for (int i = 0; i < CHAIN; i++) {
        desc = sc_tensor_make(SOCLE_F32, 0, 2, &width[i]);
        sc_graph_scope(graph, name[i]);
        wrt[i] = sc_graph_external(graph, SC_LANE_PARAMETERS, i, &desc, "w");
        if (graph->status != SOCLE_OK) return 0;
        x = sc_build_matmul(graph, x, wrt[i], false, false);
        if (graph->status == SOCLE_OK) x = sc_build_unary(graph, SC_EXPR_TANH, x);
    }
    size_t forward = graph->nodes;
    if (graph->status != SOCLE_OK) return 0;
    sc_graph_gradient(graph, x, SC_NO_VALUE, CHAIN, wrt, out, NULL);
    for (int i = 0; i < CHAIN; i++) sc_graph_output(graph, out[i], SC_LANE_GRADIENTS, i);
    return forward;
}

/* One layer is much the largest: the message of a caller can name it, and what could be saved
 * beside it is not worth the work. */
Test(recompute_search, names_the_largest_layer) {
    static const int64_t width[CHAIN + 1] = {32, 32, 32, 32, 32, 4096, 8};
    static const char *const name[CHAIN] = {"a", "b", "c", "d", "huge", "tiny"};
    sc_env env;
    sc_graph *graph;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_graph_create(&graph, &env, 64));
    size_t forward = chain(graph, width, name), nodes = graph->nodes;
    SC_OK(&env, graph->status);
    sc_recompute_report report;
    SC_OK(&env, sc_graph_recompute(graph, forward, 1000, &report));
    SC_EQ(report.segments, 0);
    SC_EQ(graph->nodes, nodes);
    SC_TRUE(report.after > 1000 && report.floor >= 64 * 4096 * 4);
    SC_EQ_STR(report.floor_layer, "tiny"); /* its way back reads and writes all of huge's result */
    SC_EQ_STR(report.peak_layer, "tiny");
    sc_graph_destroy(graph);
}

/* Three layers: the first result is 1 unit, the second lies over it, the third is half a unit. */
Test(recompute_search, what_is_written_in_place_counts_once) {
    static const int64_t in[2] = {64, 64}, out[2] = {64, 32};
    enum { UNIT = 64 * 64 * 4 };
    sc_env env;
    sc_graph *graph;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_graph_create(&graph, &env, 64));
    sc_tensor_desc rows = sc_tensor_make(SOCLE_F32, 1, 2, in),
                   weight = sc_tensor_make(SOCLE_F32, 0, 2, out);
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &rows, "x"),
             w = sc_graph_external(graph, SC_LANE_PARAMETERS, 0, &weight, "w");
    sc_graph_scope(graph, "first");
    x = sc_build_softmax(graph, x, false);
    sc_graph_scope(graph, "second");
    x = sc_build_unary(graph, SC_EXPR_EXP, x);
    sc_graph_scope(graph, "third");
    x = sc_build_matmul(graph, x, w, false, false);
    sc_graph_scope(graph, "fourth");
    sc_graph_output(graph, sc_build_softmax(graph, x, false), SC_LANE_OUTPUTS, 0);
    SC_OK(&env, graph->status);
    sc_recompute_need need;
    SC_OK(&env, sc_recompute_estimate(graph, &need));
    SC_EQ(need.peak, UNIT + UNIT / 2);
    SC_EQ(need.floor, UNIT + UNIT / 2);
    SC_EQ_STR(need.peak_layer, "third");
    SC_EQ_STR(need.floor_layer, "third");
    sc_graph_destroy(graph);
}

Test(recompute_search, refuses_what_makes_no_sense) {
    sc_env env;
    deep_net net;
    sc_recompute_report report;
    sc_env_init(&env, NULL, NULL);
    deep_create(&net, &env, deep_kind_named("dense"));
    SC_FAILS(&env, sc_graph_recompute(net.graph, net.graph->nodes + 1, 0, &report),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_CONTAINS(env.text, "a forward pass of");
    SC_EQ(net.graph->status, SOCLE_OK); /* the graph itself is fine */
    SC_OK(&env, sc_graph_recompute(net.graph, 0, 0, NULL));
    SC_OK(&env, sc_graph_recompute(net.graph, net.graph->nodes, 0, &report)); /* no backward pass */
    SC_EQ(report.segments, 0);
    sc_graph_fail(net.graph, sc_fail(&env, SOCLE_STATUS_SHAPE, "broken before"));
    SC_EQ(sc_graph_recompute(net.graph, net.forward_nodes, 0, &report), SOCLE_STATUS_SHAPE);
    deep_destroy(&net);
}

static socle_status build_and_rewrite(sc_env *env, void *argument) {
    static const int64_t width[CHAIN + 1] = {32, 32, 32, 32, 32, 32, 32};
    static const char *const name[CHAIN] = {"a", "b", "c", "d", "e", "f"};
    sc_recompute_report report = {0};
    sc_graph *graph;
    SC_TRY(sc_graph_create(&graph, env, 64));
    size_t forward = chain(graph, width, name), *made = argument;
    socle_status status = graph->status;
    if (status == SOCLE_OK) status = sc_graph_recompute(graph, forward, 0, &report);
    *made = report.nodes;
    sc_graph_destroy(graph);
    return status;
}

Test(recompute_search, survives_refused_allocations) {
    size_t made = 0;
    sc_test_each_allocation(build_and_rewrite, &made);
    SC_TRUE(made > 0);
}
