/* SPDX-License-Identifier: Apache-2.0 */
/* The maximum over windows before a relu and a bias: what it moves before what, what it leaves
 * where it is, and that no result changes. */
#include "graph/build.h"
#include "graph/grad.h"
#include "graph/pool_first.h"
#include "graph_eval.h"
#include "nn/lanes.h"
#include "sc_test.h"

#include <string.h>

enum { ROWS = 2, HEIGHT = 4, WIDTH = 6, CHANNELS = 2, POOLED = CHANNELS * HEIGHT / 2 * WIDTH / 2 };
static const sc_window two = {{2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0}},
                       one = {{1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};

typedef struct net {
    bool bias, relu, tanh;     /* which of them stand between the convolution and the pooling */
    bool relu_read, bias_read; /* something else reads that value too */
    bool average, kept;        /* kept: the relu's result is an output of the graph */
    bool no_convolution;       /* the bias is added to the input itself */
} net;

typedef struct built {
    sc_env env;
    sc_graph *graph;
} built;

static sc_value external(sc_graph *graph, sc_lane lane, int index, int rank, const int64_t *dim) {
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, lane == SC_LANE_INPUTS, rank, dim);
    return sc_graph_external(graph, lane, index, &desc, NULL);
}

static void build(built *b, const net *n, bool rewrite) {
    sc_env_init(&b->env, NULL, NULL);
    SC_OK(&b->env, sc_graph_create(&b->graph, &b->env, ROWS));
    sc_graph *graph = b->graph;
    sc_value parameter[2] = {external(graph, SC_LANE_PARAMETERS, 0, 4,
                                      (int64_t[]){CHANNELS, CHANNELS, 1, 1}),
                             external(graph, SC_LANE_PARAMETERS, 1, 1, (int64_t[]){CHANNELS})},
             gradient[2], extra = SC_NO_VALUE;
    sc_value x = external(graph, SC_LANE_INPUTS, 0, 4, (int64_t[]){ROWS, CHANNELS, HEIGHT, WIDTH});
    sc_value y = n->no_convolution ? x : sc_build_conv2d(graph, x, parameter[0], &one, 1);
    if (n->bias)
        y = sc_build_binary(graph, SC_EXPR_ADD, y, sc_build_per_channel(graph, parameter[1], 4));
    if (n->bias_read) extra = sc_build_unary(graph, SC_EXPR_TANH, y);
    if (n->relu) y = sc_build_unary(graph, SC_EXPR_RELU, y);
    if (n->tanh) y = sc_build_unary(graph, SC_EXPR_TANH, y);
    if (n->relu_read) extra = sc_build_unary(graph, SC_EXPR_TANH, y);
    if (n->kept) y = sc_graph_output(graph, y, SC_LANE_OUTPUTS, 2);
    sc_value z =
        n->average ? sc_build_avgpool2d(graph, y, &two, false) : sc_build_maxpool2d(graph, y, &two);
    sc_value loss =
        sc_build_reduce(graph, SC_REDUCE_SUM, sc_build_binary(graph, SC_EXPR_MUL, z, z), 14);
    sc_graph_output(graph, z, SC_LANE_OUTPUTS, 0);
    if (extra != SC_NO_VALUE) sc_graph_output(graph, extra, SC_LANE_OUTPUTS, 1);
    SC_OK(&b->env, graph->status);
    if (rewrite) SC_OK(&b->env, sc_graph_pool_first(graph));
    loss = sc_build_reshape(graph, loss, 1, (int64_t[]){ROWS});
    int count = n->bias ? 2 : 1, first = n->no_convolution ? 1 : 0;
    SC_OK(&b->env, sc_graph_gradient(graph, loss, SC_NO_VALUE, count - first, parameter + first,
                                     gradient + first, NULL));
    for (int i = first; i < count; i++) sc_graph_output(graph, gradient[i], SC_LANE_GRADIENTS, i);
    SC_OK(&b->env, graph->status);
}

/* Which operations lead to the pooling: 'c' a convolution, 'e' an elementwise one, 'i' the input;
 * the nearest first. */
static void sources(const built *b, char *text) {
    const sc_graph *graph = b->graph;
    for (size_t n = 0; n < graph->nodes; n++) {
        if (graph->node[n].op != SC_OP_MAXPOOL2D && graph->node[n].op != SC_OP_AVGPOOL2D) continue;
        int at = (int)n;
        while ((at = graph->value[graph->node[at].input[0]].node) >= 0)
            *text++ = graph->node[at].op == SC_OP_CONV2D ? 'c' : 'e';
        break;
    }
    *text = '\0';
}

/* Small whole numbers: sums of them are exact, whatever their order. */
static void fill(graph_eval *eval) {
    double *w = eval_home_data(eval, SC_LANE_PARAMETERS, 0, CHANNELS * CHANNELS),
           *b = eval_home_data(eval, SC_LANE_PARAMETERS, 1, CHANNELS);
    double *x = eval_home_data(eval, SC_LANE_INPUTS, 0, ROWS * CHANNELS * HEIGHT * WIDTH);
    for (int i = 0; i < CHANNELS * CHANNELS; i++) w[i] = i % 2 ? -1 : 2;
    for (int i = 0; i < CHANNELS; i++) b[i] = 3 - 4 * i;
    for (int i = 0; i < ROWS * CHANNELS * HEIGHT * WIDTH; i++) x[i] = i * 37 % 23 - 11;
}

static void check(const net *n, const char *before, const char *after) {
    built plain, moved;
    graph_eval expected, found;
    char text[8];
    build(&plain, n, false);
    build(&moved, n, true);
    sources(&plain, text);
    SC_EQ_STR(text, before);
    sources(&moved, text);
    SC_EQ_STR(text, after);
    eval_create(&expected, plain.graph, false, ROWS, NULL, NULL);
    eval_create(&found, moved.graph, false, ROWS, NULL, NULL);
    fill(&expected);
    fill(&found);
    eval_run(&expected);
    eval_run(&found);
    for (int h = 0; h < expected.homes; h++) {
        const eval_home *home = &expected.home[h];
        const double *other = eval_home_data(&found, home->lane, home->index, home->elements);
        for (int64_t i = 0; i < home->elements; i++)
            SC_EQ_MEMORY(&other[i], &home->data[i], sizeof *other);
    }
    const double *z = eval_home_data(&found, SC_LANE_OUTPUTS, 0, (int64_t)ROWS * POOLED);
    bool any = false;
    for (int i = 0; i < ROWS * POOLED; i++) any |= z[i] != 0;
    SC_TRUE(any);
    eval_destroy(&expected);
    eval_destroy(&found);
    sc_graph_destroy(plain.graph);
    sc_graph_destroy(moved.graph);
}

Test(pool_first, relu_and_bias_follow_the_maximum) {
    check(&(net){.bias = true, .relu = true}, "eec", "c");
    check(&(net){.relu = true}, "ec", "c");
    check(&(net){.bias = true}, "ec", "c");
}

Test(pool_first, what_something_else_reads_stays) {
    check(&(net){.bias = true, .relu = true, .relu_read = true}, "eec", "eec");
    check(&(net){.bias = true, .relu = true, .bias_read = true}, "eec", "ec");
    check(&(net){.bias = true, .relu = true, .kept = true}, "eec", "eec");
}

Test(pool_first, what_is_no_relu_and_no_bias_stays) {
    check(&(net){.bias = true, .tanh = true}, "eec", "eec");
    check(&(net){.bias = true, .relu = true, .average = true}, "eec", "eec");
    check(&(net){.bias = true, .relu = true, .no_convolution = true}, "ee", "e"); /* the order of
                                                                                     sums would
                                                                                     change */
}
