/* SPDX-License-Identifier: Apache-2.0 */
/* Small networks computed in double by the evaluator of tests/null. */
#ifndef SC_TESTS_NET_EVAL_H
#define SC_TESTS_NET_EVAL_H

#include "../null/graph_eval.h"
#include "nn/layer.h"
#include "sc_test.h"

/* Where node k of the network, and the statistics of a training pass, come out. */
enum { STATISTICS_OUT = 100 };

typedef struct net_eval {
    sc_env *env;
    sc_net *net;
    sc_graph *graph;
    sc_build build;
    graph_eval eval;
} net_eval;

static SC_UNUSED sc_net *net_create(sc_env *env, int dtype, int rank, const int64_t *size,
                                    float scale) {
    sc_net *net;
    socle_shape shape = {.rank = rank};
    for (int d = 0; d < rank; d++) shape.size[d] = size[d];
    sc_env_init(env, NULL, NULL);
    SC_OK(env, sc_net_create(&net, env));
    if (sc_net_input(net, "input", dtype, &shape, scale) != 0) SC_TEST_FAIL("input: %s", env->text);
    return net;
}

static SC_UNUSED sc_layer_options options_of(const char *word) {
    sc_layer_options options;
    if (!sc_layer_kind_find(word, &options)) SC_TEST_FAIL("there is no layer %s", word);
    return options;
}

/* Adds a layer that must fit; input -1: the node before. */
static SC_UNUSED int net_add(sc_net *net, const char *word, int input,
                             const sc_layer_options *options) {
    sc_layer_options standard;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &standard);
    int from = input >= 0 ? input : net->inputs + (int)net->layers - 1;
    int node = sc_net_layer(net, kind, NULL, 1, &from, options ? options : &standard);
    if (node < 0) SC_TEST_FAIL("%s: %s", word, net->env->text);
    return node;
}

static SC_UNUSED void net_eval_create(net_eval *out, sc_net *net, sc_build_mode mode,
                                      int64_t rows) {
    *out = (net_eval){.env = net->env, .net = net};
    SC_OK(net->env, sc_graph_create(&out->graph, net->env, rows));
    sc_value input[SC_NET_INPUTS];
    for (int i = 0; i < net->inputs; i++) {
        sc_tensor_desc desc = net->input[i].desc;
        desc.dim[0] = rows;
        input[i] = sc_graph_external(out->graph, SC_LANE_INPUTS, i, &desc, NULL);
    }
    SC_OK(net->env, sc_net_build(&out->build, net, out->graph, mode, input));
    sc_graph_output(out->graph, out->build.node[net->output], SC_LANE_OUTPUTS, 0);
    for (size_t p = 0; p < net->parameters; p++)
        if (out->build.statistic[p] != SC_NO_VALUE)
            sc_graph_output(out->graph, out->build.statistic[p], SC_LANE_OUTPUTS,
                            STATISTICS_OUT + (int)p);
    SC_OK(net->env, out->graph->status);
    eval_create(&out->eval, out->graph, false, rows, NULL, NULL);
}

static SC_UNUSED void net_eval_destroy(net_eval *eval) {
    eval_destroy(&eval->eval);
    sc_build_free(&eval->build);
    sc_graph_destroy(eval->graph);
    sc_net_destroy(eval->net);
}

static SC_UNUSED double *eval_input(net_eval *eval, int i) {
    return eval_home_data(&eval->eval, SC_LANE_INPUTS, i, 0);
}

/* Values of a parameter by name. */
static SC_UNUSED double *eval_parameter(net_eval *eval, const char *name) {
    for (size_t p = 0; p < eval->net->parameters; p++) {
        const sc_parameter *parameter = &eval->net->parameter[p];
        bool statistic = parameter->role == SC_PARAMETER_STATISTIC;
        if (strcmp(parameter->name, name) == 0)
            return eval_home_data(&eval->eval, statistic ? SC_LANE_STATISTICS : SC_LANE_PARAMETERS,
                                  parameter->index, sc_tensor_elements(&parameter->desc));
    }
    SC_TEST_FAIL("there is no parameter %s", name);
    return NULL;
}

static SC_UNUSED const double *eval_output(net_eval *eval, int index) {
    return eval_home_data(&eval->eval, SC_LANE_OUTPUTS, index, 0);
}

static SC_UNUSED void check_values(const char *what, const double *actual, const double *expected,
                                   size_t count, double tolerance) {
    for (size_t i = 0; i < count; i++)
        if (!(fabs(actual[i] - expected[i]) <= tolerance * (1 + fabs(expected[i]))))
            SC_TEST_FAIL("%s: element %zu is %.9g, expected %.9g", what, i, actual[i], expected[i]);
}

#endif
