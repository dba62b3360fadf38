/* SPDX-License-Identifier: Apache-2.0 */
/* The deep networks. Inputs, parameters and sums have their homes in order of appearance. */
#include "deep_nets.h"

#include "graph/build.h"
#include "graph/grad.h"
#include "nn/lanes.h"
#include "sc_test.h"

static sc_value parameter(deep_net *net, int rank, const int64_t *dim) {
    SC_TRUE(net->parameters < DEEP_PARAMETERS);
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, rank, dim);
    int index = net->parameters++;
    return net->parameter[index] =
               sc_graph_external(net->graph, SC_LANE_PARAMETERS, index, &desc, "parameter");
}

#define PARAMETER(net, rank, ...) parameter(net, rank, (const int64_t[]){__VA_ARGS__})

static sc_value images(deep_net *net, const deep_kind *kind) {
    const int64_t dim[4] = {kind->rows, kind->inputs, kind->size, kind->size};
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 4, dim);
    return sc_graph_external(net->graph, SC_LANE_INPUTS, 0, &desc, "images");
}

static void next_layer(deep_net *net) {
    char name[32];
    snprintf(name, sizeof name, "layer%d", ++net->layers);
    sc_graph_scope(net->graph, name);
}

static sc_value bias(deep_net *net, sc_value x) {
    const sc_tensor_desc *desc = sc_graph_desc(net->graph, x);
    int rank = desc->rank;
    sc_value offset = PARAMETER(net, 1, desc->dim[1]);
    return sc_build_binary(net->graph, SC_EXPR_ADD, x,
                           sc_build_per_channel(net->graph, offset, rank));
}

static sc_value convolution(deep_net *net, sc_value x, int64_t filters, int stride) {
    int64_t channels = sc_graph_desc(net->graph, x)->dim[1];
    const sc_window same = {{3, 3}, {stride, stride}, {1, 1}, {1, 1}, {1, 1}};
    return sc_build_conv2d(net->graph, x, PARAMETER(net, 4, filters, channels, 3, 3), &same, 1);
}

static sc_value normalised(deep_net *net, sc_value x) {
    int64_t channels = sc_graph_desc(net->graph, x)->dim[1];
    sc_value mean, variance, gamma = PARAMETER(net, 1, channels),
                             beta = PARAMETER(net, 1, channels);
    x = sc_build_batchnorm(net->graph, x, gamma, beta, 1e-3f, &mean, &variance);
    sc_graph_output(net->graph, mean, SC_LANE_SUMS, 1 + net->statistics++);
    sc_graph_output(net->graph, variance, SC_LANE_SUMS, 1 + net->statistics++);
    return x;
}

static sc_value classify(deep_net *net, sc_value x) {
    sc_tensor_desc desc = *sc_graph_desc(net->graph, x);
    sc_graph_scope(net->graph, "head");
    if (desc.rank == 4) {
        int side = (int)desc.dim[2];
        x = sc_build_avgpool2d(
            net->graph, x, &(sc_window){{side, side}, {side, side}, {1, 1}, {0, 0}, {0, 0}}, false);
        x = sc_build_reshape(net->graph, x, 2, desc.dim);
    }
    x = sc_build_matmul(net->graph, x, PARAMETER(net, 2, DEEP_CLASSES, desc.dim[1]), false, true);
    sc_tensor_desc labels = sc_tensor_make(SOCLE_U8, 1, 1, desc.dim);
    return sc_build_cross_entropy(
        net->graph, x, sc_graph_external(net->graph, SC_LANE_INPUTS, 1, &labels, "labels"), NULL);
}

static sc_value convolutions(deep_net *net, const deep_kind *kind) {
    sc_value x = images(net, kind);
    for (int i = 0; i < kind->layers; i++) {
        next_layer(net);
        x = sc_build_unary(net->graph, SC_EXPR_RELU,
                           bias(net, convolution(net, x, kind->channels, 1)));
    }
    return classify(net, x);
}

static sc_value dense(deep_net *net, const deep_kind *kind) {
    sc_value x = images(net, kind);
    x = sc_build_reshape(net->graph, x, 2, (const int64_t[]){kind->rows, kind->inputs});
    for (int i = 0; i < kind->layers; i++) {
        int64_t width = sc_graph_desc(net->graph, x)->dim[1];
        next_layer(net);
        x = sc_build_matmul(net->graph, x, PARAMETER(net, 2, kind->channels, width), false, true);
        x = sc_build_unary(net->graph, SC_EXPR_TANH, bias(net, x));
    }
    return classify(net, x);
}

static sc_value normalisations(deep_net *net, const deep_kind *kind) {
    sc_value x = images(net, kind);
    for (int i = 0; i < kind->layers; i++) {
        next_layer(net);
        x = sc_build_unary(net->graph, SC_EXPR_RELU,
                           normalised(net, convolution(net, x, kind->channels, 1)));
    }
    return classify(net, x);
}

static sc_value block(deep_net *net, sc_value x, int64_t filters, int stride) {
    sc_graph *graph = net->graph;
    next_layer(net);
    sc_value y =
        sc_build_unary(graph, SC_EXPR_RELU, normalised(net, convolution(net, x, filters, stride)));
    next_layer(net);
    y = normalised(net, convolution(net, y, filters, 1));
    if (stride > 1) x = normalised(net, convolution(net, x, filters, stride));
    return sc_build_unary(graph, SC_EXPR_RELU, sc_build_binary(graph, SC_EXPR_ADD, x, y));
}

static sc_value residual(deep_net *net, const deep_kind *kind) {
    sc_graph *graph = net->graph;
    next_layer(net);
    sc_value x = normalised(net, convolution(net, images(net, kind), kind->channels, 1));
    x = sc_build_maxpool2d(graph, sc_build_unary(graph, SC_EXPR_RELU, x),
                           &(sc_window){{3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}});
    for (int i = 0; i < kind->layers; i++) {
        bool halve = i == kind->layers / 2;
        x = block(net, x, i < kind->layers / 2 ? kind->channels : 2 * kind->channels,
                  halve ? 2 : 1);
    }
    sc_graph_scope(graph, "dropout");
    return classify(net, sc_build_dropout(graph, sc_build_unary(graph, SC_EXPR_GELU, x), 0.3f));
}

const deep_kind deep_kinds[] = {
    {"convolutions", 8, 16, 16, 32, 24, convolutions},
    {"dense", 64, 100, 128, 1, 20, dense},
    {"normalised", 4, 16, 16, 16, 12, normalisations},
    {"residual", 4, 3, 16, 24, 8, residual},
    {"narrow", 3, 1, 6, 20, 8, residual},
};
const int deep_kind_count = sizeof deep_kinds / sizeof deep_kinds[0];

const deep_kind *deep_kind_named(const char *name) {
    for (int k = 0; k < deep_kind_count; k++)
        if (strcmp(deep_kinds[k].name, name) == 0) return &deep_kinds[k];
    SC_TEST_FAIL("no deep network is named %s", name);
    return NULL;
}

void deep_create(deep_net *net, sc_env *env, const deep_kind *kind) {
    memset(net, 0, sizeof *net);
    SC_OK(env, sc_graph_create(&net->graph, env, kind->rows));
    sc_value loss = kind->build(net, kind), gradient[DEEP_PARAMETERS];
    SC_OK(env, net->graph->status);
    sc_graph_output(net->graph, sc_build_reduce(net->graph, SC_REDUCE_SUM, loss, 1), SC_LANE_SUMS,
                    0);
    net->forward_nodes = net->graph->nodes;
    SC_OK(env, sc_graph_gradient(net->graph, loss, SC_NO_VALUE, net->parameters, net->parameter,
                                 gradient, NULL));
    for (int i = 0; i < net->parameters; i++)
        sc_graph_output(net->graph, gradient[i], SC_LANE_GRADIENTS, i);
    SC_OK(env, net->graph->status);
}

void deep_destroy(deep_net *net) {
    sc_graph_destroy(net->graph);
}
