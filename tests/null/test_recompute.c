/* SPDX-License-Identifier: Apache-2.0 */
/* Recomputation as a rewriting of graphs, in the interpreter: whatever is kept, no result changes
 * by a bit, fused and in planned memory too; which values are small or cheap; homes are written
 * once and read only while they hold. The search and what it saves are in test_recompute_search.c,
 * real plans in tests/backend. */
#include "fuse_fixture.h"
#include "graph/recompute_private.h"
#include "graph_samples.h"
#include "nn/lanes.h"
#include "random.h"

static void compare_homes(const graph_eval *actual, const graph_eval *expected) {
    for (int h = 0; h < expected->homes; h++) {
        const eval_home *home = &expected->home[h];
        const double *data =
            eval_home_data((graph_eval *)actual, home->lane, home->index, home->elements);
        for (int64_t i = 0; i < home->elements; i++)
            if (memcmp(&data[i], &home->data[i], sizeof data[i]) != 0 &&
                !(isnan(data[i]) && isnan(home->data[i])))
                SC_TEST_FAIL("lane %d index %d element %d is %.9g, %.9g as built", home->lane,
                             home->index, (int)i, data[i], home->data[i]);
    }
}

/* Runs `graph` in memory of its own, then fused and in the memory of a plan. */
static void compare_graphs(sc_graph *plain, sc_graph *graph, int64_t rows, uint64_t seed) {
    graph_eval expected;
    eval_create(&expected, plain, true, rows, NULL, NULL);
    sample_fill(&expected, seed);
    eval_run(&expected);
    for (int fused = 0; fused < 2; fused++) {
        sc_live live = {0};
        sc_memplan plan = {0};
        if (fused) {
            SC_OK(graph->env, sc_graph_fuse(graph, NULL));
            SC_OK(graph->env, sc_live_intervals(&live, graph));
            SC_OK(graph->env,
                  sc_memplan_create(&plan, graph->env, live.interval, live.count, NULL));
        }
        graph_eval actual;
        eval_create(&actual, graph, true, rows, fused ? &live : NULL, fused ? &plan : NULL);
        sample_fill(&actual, seed);
        eval_run(&actual);
        compare_homes(&actual, &expected);
        eval_destroy(&actual);
        sc_memplan_free(&plan);
        sc_live_free(&live);
    }
    eval_destroy(&expected);
}

static int forward_nodes_of(const sample_net *net) {
    sample forward;
    sample_create(&forward, net, false, false);
    int nodes = (int)forward.graph->nodes;
    sample_destroy(&forward);
    return nodes;
}

/* What to keep, what to make twice and where to cut, all by chance. */
typedef struct random_choice {
    bool *keep, *again;
    int cut[3];
    sc_recompute_choice choice;
} random_choice;

static void draw(random_choice *r, const sc_graph *graph, int forward, uint64_t seed) {
    uint64_t state = seed;
    int kept = random_below(&state, 4), cuts = random_below(&state, 4);
    r->keep = calloc(graph->values, sizeof *r->keep);
    r->again = calloc(graph->values, sizeof *r->again);
    for (size_t v = 0; v < graph->values; v++) {
        r->keep[v] = random_below(&state, 4) < kept;
        r->again[v] = random_below(&state, 4) == 0;
    }
    for (int c = 0; c < cuts; c++) r->cut[c] = (c + 1) * forward / (cuts + 1);
    r->choice = (sc_recompute_choice){r->keep, seed % 2 ? r->again : NULL, r->cut, cuts};
}

Test(recompute, any_choice_keeps_the_bits) {
    for (int n = 0; n < sample_net_count; n++) {
        int forward = forward_nodes_of(&sample_nets[n]);
        size_t most = 0;
        for (uint64_t seed = 0; seed < 40; seed++) {
            sample plain, other;
            random_choice r;
            size_t made;
            sample_create(&plain, &sample_nets[n], true, seed % 4 > 1);
            sample_create(&other, &sample_nets[n], true, seed % 4 > 1);
            SC_REPRO("net %s, seed %d", sample_nets[n].name, (int)seed);
            draw(&r, other.graph, forward, seed);
            SC_OK(&other.env, sc_recompute_rewrite(other.graph, forward, &r.choice, &made));
            SC_EQ(other.graph->nodes, plain.graph->nodes + made);
            compare_graphs(plain.graph, other.graph, 1 + (int64_t)seed % SAMPLE_CAPACITY, seed);
            if (made > most) most = made;
            free(r.keep);
            free(r.again);
            sample_destroy(&plain);
            sample_destroy(&other);
        }
        SC_TRUE(most > 1);
    }
}

/* Everything that the pass itself does to these nets, as far as it goes. */
Test(recompute, the_search_keeps_the_bits) {
    int rewritten = 0;
    for (int n = 0; n < sample_net_count; n++) {
        sample plain, other;
        sc_recompute_report report;
        sample_create(&plain, &sample_nets[n], true, false);
        sample_create(&other, &sample_nets[n], true, false);
        size_t forward = (size_t)forward_nodes_of(&sample_nets[n]);
        SC_OK(&other.env, sc_graph_recompute(other.graph, forward, 0, &report));
        compare_graphs(plain.graph, other.graph, SAMPLE_CAPACITY, 3);
        rewritten += report.segments > 0;
        sample_destroy(&plain);
        sample_destroy(&other);
    }
    SC_TRUE(rewritten > 2);
}

/* A copy draws what its original drew: the ordinals of the graph stay as they are. */
Test(recompute, random_numbers_keep_their_ordinal) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 6), w = PARAMETER(&f, 2, 6, 6), gradient;
    x = sc_build_dropout(f.graph, unary(&f, SC_EXPR_EXP, x), 0.5f);
    x = sc_build_dropout(f.graph, unary(&f, SC_EXPR_EXP, x), 0.5f);
    sc_value y = sc_build_matmul(f.graph, x, w, false, false);
    int forward = (int)f.graph->nodes;
    SC_OK(&f.env, sc_graph_gradient(f.graph, y, SC_NO_VALUE, 1, &w, &gradient, NULL));
    output(&f, gradient);
    bool keep[64] = {false};
    size_t made;
    SC_TRUE(f.graph->values <= 64);
    keep[y] = true; /* the gradient begins with ones of its shape */
    SC_OK(&f.env,
          sc_recompute_rewrite(f.graph, forward, &(sc_recompute_choice){.keep = keep}, &made));
    SC_EQ(made, 4);
    SC_EQ(f.graph->random_ordinal, 2);
    int drawn[2] = {0, 0};
    for (size_t n = 0; n < f.graph->nodes; n++) {
        const sc_expr *expr = f.graph->node[n].expr;
        for (int k = 0; expr && k < expr->nodes; k++)
            if (expr->node[k].op == SC_EXPR_UNIFORM) drawn[expr->node[k].imm.i]++;
    }
    SC_EQ(drawn[0], 2);
    SC_EQ(drawn[1], 2);
    finish(&f);
}

/* softmax is no elementwise node, so nothing is cheap. */
static sc_value soft(fixture *f, sc_value x) {
    return sc_build_softmax(f->graph, x, false);
}

static int writers(const sc_graph *graph, sc_lane lane) {
    int count = 0;
    for (size_t n = 0; n < graph->nodes; n++)
        for (int k = 0; k < graph->node[n].outputs; k++)
            count += graph->value[graph->node[n].output[k]].lane == (int)lane;
    return count;
}

/* Values at home are read there, by copies too, and no copy writes a home. */
Test(recompute, homes_are_written_once) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 6);
    sc_value a = soft(&f, x), b = soft(&f, output(&f, a)), c = soft(&f, b);
    int forward = (int)f.graph->nodes;
    output(&f, binary(&f, SC_EXPR_ADD, binary(&f, SC_EXPR_MUL, a, b), c));
    bool keep[16] = {false};
    size_t made;
    SC_EQ(writers(f.graph, SC_LANE_OUTPUTS), 2);
    SC_OK(&f.env,
          sc_recompute_rewrite(f.graph, forward, &(sc_recompute_choice){.keep = keep}, &made));
    SC_EQ(made, 2);
    SC_EQ(writers(f.graph, SC_LANE_OUTPUTS), 2);
    const sc_node *node = f.graph->node; /* a, b, c | b again, a * b, c again, their sum */
    SC_EQ(node[3].op, SC_OP_SOFTMAX);
    SC_EQ(node[3].input[0], a); /* of what lies in the lane */
    SC_EQ(node[4].input[0], a);
    SC_EQ(node[4].input[1], node[3].output[0]);
    SC_EQ(node[5].input[0], node[3].output[0]);
    SC_EQ(node[6].input[1], node[5].output[0]);
    finish(&f);
}

/* A home that is written over between the original and its reader: the original must stay. */
Test(recompute, an_overwritten_home_is_not_read_again) {
    fixture f;
    setup(&f);
    sc_value w = PARAMETER(&f, 2, 6, 6), x = INPUT(&f, 2, 8, 6);
    sc_value a = soft(&f, w), b = soft(&f, x);
    int forward = (int)f.graph->nodes;
    output(&f, unary(&f, SC_EXPR_EXP, a)); /* made again here: w still holds */
    sc_graph_update(f.graph, unary(&f, SC_EXPR_NEG, w), w);
    sc_value late = sc_build_matmul(f.graph, b, a, false, false);
    output(&f, late);
    bool keep[16] = {false};
    size_t made;
    SC_OK(&f.env,
          sc_recompute_rewrite(f.graph, forward, &(sc_recompute_choice){.keep = keep}, &made));
    SC_EQ(made, 2); /* a and b */
    const sc_node *last = &f.graph->node[f.graph->nodes - 1];
    SC_EQ(last->op, SC_OP_MATMUL);
    SC_TRUE(last->input[0] != b);
    SC_EQ(last->input[1], a);
    finish(&f);
}

/* A value cheap enough to be made twice is, for readers far apart; any other once. */
Test(recompute, far_readers_get_a_cheap_value_anew) {
    for (int twice = 0; twice < 2; twice++) {
        fixture f;
        setup(&f);
        sc_value x = INPUT(&f, 2, 8, 6), y = unary(&f, SC_EXPR_EXP, x), z = x;
        int forward = (int)f.graph->nodes;
        output(&f, soft(&f, y));
        for (int i = 0; i < SC_RECOMPUTE_NEAR; i++) z = soft(&f, z);
        output(&f, binary(&f, SC_EXPR_ADD, y, z));
        bool keep[64] = {false}, again[64] = {false};
        size_t made;
        SC_TRUE(f.graph->values <= 64);
        again[y] = twice;
        sc_recompute_choice choice = {.keep = keep, .again = again};
        SC_OK(&f.env, sc_recompute_rewrite(f.graph, forward, &choice, &made));
        SC_EQ(made, 1 + twice);
        finish(&f);
    }
}

static const sc_recompute_value *value_of(const sc_recompute_values *values, sc_value value) {
    for (size_t i = 0; i < values->count; i++)
        if (values->value[i].value == value) return &values->value[i];
    return NULL;
}

/* Batch normalisation: statistics are small, what follows the convolution is cheap, the convolution
 * is neither. */
Test(recompute, values_of_a_normalised_layer) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 4, 8, 2, 6, 6), gamma = PARAMETER(&f, 1, 5), beta = PARAMETER(&f, 1, 5),
             mean, variance;
    sc_value y = convolution(&f, x), wrt[2] = {gamma, PARAMETER(&f, 4, 5, 5, 1, 1)}, gradient[2];
    sc_value normal = sc_build_batchnorm(f.graph, y, gamma, beta, 0.1f, &mean, &variance);
    output(&f, variance);
    sc_value positive = unary(&f, SC_EXPR_RELU, normal);
    const sc_window one = {{1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};
    sc_value z = sc_build_conv2d(f.graph, positive, wrt[1], &one, 1);
    sc_value sum = binary(&f, SC_EXPR_ADD, z, positive);
    SC_OK(&f.env, f.graph->status);
    int forward = (int)f.graph->nodes;
    SC_OK(&f.env, sc_graph_gradient(f.graph, sum, SC_NO_VALUE, 2, wrt, gradient, NULL));
    for (int i = 0; i < 2; i++) output(&f, gradient[i]);
    sc_recompute_values values;
    SC_OK(&f.env, sc_recompute_values_of(&values, f.graph, forward));
    SC_TRUE(value_of(&values, x) == NULL);
    SC_TRUE(value_of(&values, variance) == NULL); /* it has a home */
    SC_TRUE(value_of(&values, mean)->small && !value_of(&values, mean)->cheap);
    const sc_recompute_value *conv = value_of(&values, y), *relu = value_of(&values, positive);
    SC_TRUE(conv->stored && !conv->small && !conv->cheap);
    SC_TRUE(relu->stored && !relu->small && relu->cheap);
    SC_EQ(relu->bytes, 8 * 5 * 36 * 4);
    SC_EQ(relu->last, forward - 1);
    SC_TRUE(!value_of(&values, z)->stored);
    SC_TRUE(!value_of(&values, sum)->cheap); /* it needs z */
    SC_TRUE(sc_recompute_stored(&values, true) < sc_recompute_stored(&values, false));
    int tails = 0;
    for (int n = 0; n < forward; n++) tails += values.awkward[n];
    SC_EQ(tails, forward - 2);
    sc_recompute_values_free(&values);
    finish(&f);
}

/* Nodes that read one value become siblings in one launch, unless regions part them. */
Test(recompute, regions_are_not_joined) {
    for (int parted = 0; parted < 2; parted++) {
        fixture f;
        setup(&f);
        sc_value x = INPUT(&f, 2, 8, 600);
        output(&f, unary(&f, SC_EXPR_EXP, x));
        output(&f, unary(&f, SC_EXPR_TANH, x));
        f.graph->node[1].region = parted;
        SC_EQ(fuse(&f, NULL), 1 + parted);
        finish(&f);
    }
}

/* A copy may be fused, and the original is none the wiser. */
Test(recompute, a_copied_graph_is_a_graph_of_its_own) {
    sample s, same;
    sample_create(&s, &sample_nets[1], true, false);
    sample_create(&same, &sample_nets[1], true, false);
    sc_graph *copy;
    SC_OK(&s.env, sc_graph_copy(&copy, s.graph));
    SC_EQ(copy->nodes, s.graph->nodes);
    SC_OK(&s.env, sc_graph_fuse(copy, NULL));
    for (size_t n = 0; n < s.graph->nodes; n++) {
        const sc_node *a = &s.graph->node[n], *b = &same.graph->node[n];
        SC_TRUE(!a->dead && !a->tail && a->inputs == b->inputs && a->outputs == b->outputs);
        if (a->expr) SC_EQ_MEMORY(a->expr, b->expr, sizeof *a->expr);
    }
    compare_graphs(s.graph, copy, SAMPLE_CAPACITY, 1);
    sc_graph_destroy(copy);
    sample_destroy(&s);
    sample_destroy(&same);
}
