/* SPDX-License-Identifier: Apache-2.0 */
/* Random networks with their gradients, laid out for pretended implementations: results keep their
 * bits, in planned memory. */
#include "graph/fuse.h"
#include "graph_samples.h"
#include "layout_policy.h"
#include "nn/lanes.h"
#include "random.h"

static void blocked_net(sample *s, uint64_t seed) {
    sc_graph *graph = s->graph;
    const sc_window same = {{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
                    two = {{2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0}};
    const int64_t channels[2] = {16, random_below(&seed, 3) ? 16 : 8};
    sc_tensor_desc batch =
        sc_tensor_make(SOCLE_F32, 1, 4, (const int64_t[]){SAMPLE_CAPACITY, 16, 4, 4});
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &batch, NULL), skip = SC_NO_VALUE;
    for (int i = 0; i < 5; i++) {
        sc_tensor_desc shape = *sc_graph_desc(graph, x);
        sc_graph_weights(graph, SC_LANE_PARAMETERS);
        sc_tensor_desc weight = sc_tensor_make(
            SOCLE_F32, false, 4, (const int64_t[]){channels[i % 2], shape.dim[1], 3, 3});
        switch (random_below(&seed, 6)) {
        case 0:
        case 1:
        case 2:
            s->parameter[s->parameters] =
                sc_graph_external(graph, SC_LANE_PARAMETERS, s->parameters, &weight, NULL);
            x = sc_build_conv2d(graph, x, s->parameter[s->parameters++], &same, 1);
            break;
        case 3:
            if (shape.dim[2] > 1) x = sc_build_maxpool2d(graph, x, &two);
            break;
        case 4:
            x = sc_build_dropout(graph, x, 0.25f);
            break;
        default:
            x = sc_build_scale(graph, x, 0.5f, 0.1f);
        }
        if (skip != SC_NO_VALUE &&
            sc_tensor_equal(sc_graph_desc(graph, skip), sc_graph_desc(graph, x)) &&
            random_below(&seed, 2))
            x = sc_build_binary(graph, SC_EXPR_ADD, x, skip);
        if (random_below(&seed, 2)) x = sc_build_unary(graph, SC_EXPR_TANH, x);
        if (random_below(&seed, 2)) skip = x;
        if (random_below(&seed, 5) == 0) sc_graph_output(graph, x, SC_LANE_OUTPUTS, i);
    }
    const sc_tensor_desc *last = sc_graph_desc(graph, x);
    sc_value flat = sc_build_reshape(
        graph, x, 2,
        (const int64_t[]){SAMPLE_CAPACITY, sc_tensor_elements(last) / SAMPLE_CAPACITY});
    s->loss = sc_build_reduce(graph, SC_REDUCE_SUM, sc_build_softmax(graph, flat, true), 2);
    s->loss = sc_build_binary(
        graph, SC_EXPR_ADD, s->loss,
        sc_build_reduce(graph, SC_REDUCE_SUM, sc_build_unary(graph, SC_EXPR_SIN, flat), 2));
}

static void create_net(sample *s, uint64_t seed) {
    memset(s, 0, sizeof *s);
    sc_env_init(&s->env, NULL, NULL);
    SC_OK(&s->env, sc_graph_create(&s->graph, &s->env, SAMPLE_CAPACITY));
    blocked_net(s, seed);
    SC_OK(&s->env, s->graph->status);
    SC_OK(&s->env, sc_graph_gradient(s->graph, s->loss, SC_NO_VALUE, s->parameters, s->parameter,
                                     s->gradient, NULL));
    for (int i = 0; i < s->parameters; i++)
        sc_graph_output(s->graph, s->gradient[i], SC_LANE_GRADIENTS, i);
    sc_graph_output(s->graph, s->loss, SC_LANE_SUMS, 0);
    SC_OK(&s->env, s->graph->status);
}

static uint32_t any_mask(uint64_t *state) {
    static const uint32_t masks[] = {PLAIN, BLOCKED, PLAIN | BLOCKED};
    return masks[random_below(state, 3)];
}

static void compare(sample *plain, sample *changed) {
    sc_live live;
    sc_memplan plan;
    SC_OK(&changed->env, sc_live_intervals(&live, changed->graph));
    SC_OK(&changed->env, sc_memplan_create(&plan, &changed->env, live.interval, live.count, NULL));
    graph_eval expected, actual;
    eval_create(&expected, plain->graph, true, 3, NULL, NULL);
    eval_create(&actual, changed->graph, true, 3, &live, &plan);
    sample_fill(&expected, 5);
    sample_fill(&actual, 5);
    eval_run(&expected);
    eval_run(&actual);
    for (int h = 0; h < expected.homes; h++) {
        const eval_home *home = &expected.home[h];
        SC_EQ_MEMORY(eval_home_data(&actual, home->lane, home->index, home->elements), home->data,
                     (size_t)home->elements * sizeof *home->data);
    }
    eval_destroy(&expected);
    eval_destroy(&actual);
    sc_memplan_free(&plan);
    sc_live_free(&live);
}

/* Refuses one blocked descriptor in four, by its sizes and layouts; plain ones never. */
static bool fits(void *payload, const sc_op_desc *desc) {
    uint64_t state = (uint64_t)desc->op;
    bool blocked = false;
    (void)payload;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        blocked |= desc->tensor[i].layout != SC_LAYOUT_PLAIN;
        state = state * 31 + desc->tensor[i].layout * 7 + (uint64_t)desc->tensor[i].dim[2];
    }
    return !blocked || random_below(&state, 4) != 0;
}

static void check_fits(const sc_graph *graph) {
    for (size_t n = 0; n < graph->nodes; n++) {
        sc_op_desc desc;
        sc_graph_node_desc(graph, &graph->node[n], &desc);
        if (!graph->node[n].dead && desc.op != SC_OP_REORDER) SC_TRUE(fits(NULL, &desc));
    }
}

Test(layout, random_networks_keep_their_bits) {
    int blocked = 0, packed = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        sample plain, changed;
        SC_REPRO("seed %d", (int)seed);
        create_net(&plain, seed);
        create_net(&changed, seed);
        uint64_t state = seed;
        policy p = {any_mask(&state), any_mask(&state), any_mask(&state), any_mask(&state)};
        if (seed % 3 == 0) p = EVERYTHING;
        if (seed % 2) SC_OK(&changed.env, sc_graph_fuse(changed.graph, NULL));
        sc_layout_result result;
        bool choosy = seed % 5 == 0;
        SC_OK(&changed.env,
              sc_graph_assign_layouts(changed.graph, accepts, choosy ? fits : NULL, &p, &result));
        check_graph(changed.graph, &p);
        if (choosy) check_fits(changed.graph);
        blocked += result.blocked;
        packed += result.packed;
        compare(&plain, &changed);
        sc_graph_destroy(plain.graph);
        sc_graph_destroy(changed.graph);
    }
    sc_repro_line[0] = '\0';
    SC_TRUE(blocked > 100 && packed > 50);
}
