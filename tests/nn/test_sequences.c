/* SPDX-License-Identifier: Apache-2.0 */
/* Several rows per sample: embeddings, dense layers over sequences, losses per token and per pixel,
 * and what does not count in them. Losses and gradients are PyTorch's. */
#include "net_eval.h"
#include "sequences.h"

#include "graph/grad.h"
#include "nn/lanes.h"

#include <string.h>

enum { SAMPLES = 2 };

static const double TOLERANCE = 1e-7; /* constants of an expression are floats */

static uint32_t word;

static void fill(double *data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        word = word * 1664525u + 1013904223u;
        data[i] = (double)(word >> 8) * 0x1p-23 - 1.0;
    }
}

/* A network with its loss and the gradients of all parameters, as a training step builds them. */
typedef struct learner {
    net_eval e;
    sc_value loss, counts;
    int64_t rows;
} learner;

static void learner_create(learner *l, sc_net *net, int label_dtype) {
    SC_TRUE(sc_net_sums_weight(net));
    net_eval_create(&l->e, net, SC_BUILD_TRAIN, SAMPLES);
    eval_destroy(&l->e.eval);
    sc_graph *graph = l->e.graph;
    sc_tensor_desc target;
    SC_OK(net->env,
          sc_loss_target(net->env, net->loss[0].kind, sc_net_desc(net, net->output), &target));
    target.dim[0] = SAMPLES;
    target.dtype = (uint8_t)label_dtype;
    sc_value labels = sc_graph_external(graph, SC_LANE_INPUTS, 1, &target, "labels");
    sc_value wrt[8], gradient[8];
    sc_loss_rows rows = sc_loss_build(graph, &net->loss[0], l->e.build.node[net->output], labels);
    l->loss = rows.loss;
    l->counts = rows.counts;
    SC_OK(net->env, graph->status);
    l->rows = sc_graph_desc(graph, l->loss)->dim[0];
    for (size_t p = 0; p < net->parameters; p++) wrt[p] = l->e.build.parameter[p];
    SC_OK(net->env,
          sc_graph_gradient(graph, l->loss, l->counts, (int)net->parameters, wrt, gradient, NULL));
    for (size_t p = 0; p < net->parameters; p++)
        sc_graph_output(graph, gradient[p], SC_LANE_GRADIENTS, (int)p);
    sc_graph_output(graph, l->loss, SC_LANE_OUTPUTS, 1);
    sc_graph_output(graph, l->counts, SC_LANE_OUTPUTS, 2);
    SC_OK(net->env, graph->status);
    eval_create(&l->e.eval, graph, false, SAMPLES, NULL, NULL);
}

/* Divides what was summed by what counts, as the commit does. */
static double divide(learner *l) {
    eval_run(&l->e.eval);
    const double *loss = eval_output(&l->e, 1), *counts = eval_output(&l->e, 2);
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < l->rows; i++) {
        SC_TRUE(counts[i] == 0 || counts[i] == 1);
        sum += loss[i] * counts[i];
        weight += counts[i];
    }
    for (size_t p = 0; p < l->e.net->parameters; p++) {
        int64_t elements = sc_tensor_elements(&l->e.net->parameter[p].desc);
        double *data = eval_home_data(&l->e.eval, SC_LANE_GRADIENTS, (int)p, elements);
        for (int64_t i = 0; i < elements; i++) data[i] /= weight;
    }
    return sum / weight;
}

static void check_gradient(learner *l, int p, const double *expected, size_t count) {
    const sc_parameter *parameter = &l->e.net->parameter[p];
    SC_EQ(sc_tensor_elements(&parameter->desc), (int64_t)count);
    check_values(parameter->name, eval_home_data(&l->e.eval, SC_LANE_GRADIENTS, p, (int64_t)count),
                 expected, count, TOLERANCE);
}
#define CHECK_GRADIENT(l, p, expected)                                                             \
    check_gradient(l, p, expected, sizeof(expected) / sizeof(expected)[0])

static sc_net *token_net(sc_env *env, int dtype) {
    sc_net *net = net_create(env, dtype, 1, (int64_t[]){3}, 1);
    sc_layer_options options = options_of("embedding");
    options.vocabulary = 6;
    options.units = 4;
    net_add(net, "embedding", -1, &options);
    options = options_of("dense");
    options.units = 5;
    net_add(net, "dense", -1, &options);
    net_add(net, "tanh", -1, NULL);
    options.units = 4;
    int node = net_add(net, "dense", -1, &options);
    char shape[64];
    sc_tensor_text(shape, sizeof shape, sc_net_desc(net, node));
    SC_EQ_STR(shape, "f32[N,3,4]");
    SC_OK(env, sc_net_loss(net, "softmax_cross_entropy", node));
    SC_EQ(sc_net_classes(net), 4);
    SC_OK(env, sc_net_ignore(net, 2));
    return net;
}

Test(sequences, tokens_learn_as_in_pytorch) {
    static const int dtypes[] = {SOCLE_I32, SOCLE_U8};
    for (int d = 0; d < 2; d++) {
        sc_env env;
        learner l;
        learner_create(&l, token_net(&env, dtypes[d]), dtypes[1 - d]);
        SC_EQ(l.rows, 3 * SAMPLES);
        memcpy(eval_input(&l.e, 0), (double[]){0, 4, 4, 1, 5, 0}, 6 * sizeof(double));
        memcpy(eval_input(&l.e, 1), (double[]){0, 2, 3, 1, 0, 2}, 6 * sizeof(double));
        word = 12345;
        for (size_t p = 0; p < l.e.net->parameters; p++) {
            const sc_parameter *parameter = &l.e.net->parameter[p];
            fill(eval_parameter(&l.e, parameter->name),
                 (size_t)sc_tensor_elements(&parameter->desc));
        }
        SC_NEAR(divide(&l), tokens_loss[0], TOLERANCE);
        CHECK_GRADIENT(&l, 0, tokens_table);
        CHECK_GRADIENT(&l, 1, tokens_w1);
        CHECK_GRADIENT(&l, 2, tokens_b1);
        CHECK_GRADIENT(&l, 3, tokens_w2);
        CHECK_GRADIENT(&l, 4, tokens_b2);
        net_eval_destroy(&l.e);
    }
}

Test(sequences, pixels_learn_as_in_pytorch) {
    sc_env env;
    learner l;
    sc_net *net = net_create(&env, SOCLE_F32, 3, (int64_t[]){2, 2, 2}, 1);
    sc_layer_options options = options_of("conv2d");
    options.filters = 3;
    options.kernel[0] = options.kernel[1] = 1;
    SC_OK(&env, sc_net_loss(net, "softmax_cross_entropy", net_add(net, "conv2d", -1, &options)));
    SC_EQ(sc_net_classes(net), 3);
    SC_OK(&env, sc_net_ignore(net, 255));
    learner_create(&l, net, SOCLE_U8);
    SC_EQ(l.rows, 4 * SAMPLES);
    memcpy(eval_input(&l.e, 1), (double[]){0, 2, 255, 1, 255, 255, 1, 1}, 8 * sizeof(double));
    word = 12345;
    for (int i = 0; i < 24 + 5 * 5 + 5 * 4 + 4; i++)
        fill(&(double){0}, 1); /* what the tokens drew */
    fill(eval_input(&l.e, 0), 16);
    fill(eval_parameter(&l.e, "conv2d1.weight"), 6);
    fill(eval_parameter(&l.e, "conv2d1.bias"), 3);
    SC_NEAR(divide(&l), pixels_loss[0], TOLERANCE);
    CHECK_GRADIENT(&l, 0, pixels_weight);
    CHECK_GRADIENT(&l, 1, pixels_bias);
    net_eval_destroy(&l.e);
}

/* N 64, T 128, D 256: the rows of all samples make one product, forward and backward; nothing has
 * the size of the weights times the samples. */
Test(sequences, weights_of_a_sequence_have_one_product) {
    enum { N = 64, T = 128, D = 256 };
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_F32, 2, (int64_t[]){T, D}, 1);
    sc_layer_options options = options_of("dense");
    options.units = D;
    net_add(net, "dense", -1, &options);
    net_add(net, "relu", -1, NULL);
    e = (net_eval){.env = &env, .net = net};
    SC_OK(&env, sc_graph_create(&e.graph, &env, N));
    sc_tensor_desc desc = net->input[0].desc;
    desc.dim[0] = N;
    sc_value x = sc_graph_external(e.graph, SC_LANE_INPUTS, 0, &desc, NULL), gradient[3];
    SC_OK(&env, sc_net_build(&e.build, net, e.graph, SC_BUILD_TRAIN, &x));
    sc_value wrt[3] = {e.build.parameter[0], e.build.parameter[1], x};
    SC_OK(&env, sc_graph_gradient(e.graph, e.build.node[2], SC_NO_VALUE, 3, wrt, gradient, NULL));
    int products = 0;
    for (size_t n = 0; n < e.graph->nodes; n++) products += e.graph->node[n].op == SC_OP_MATMUL;
    SC_EQ(products, 3); /* forward, and by weight and input */
    for (size_t v = 0; v < e.graph->values; v++)
        if (sc_tensor_elements(&e.graph->value[v].desc) > N * T * D)
            SC_TEST_FAIL("value %zu has more elements than the activations", v);
    char text[64];
    sc_tensor_text(text, sizeof text, sc_graph_desc(e.graph, gradient[0]));
    SC_EQ_STR(text, "f32[256,256]");
    sc_tensor_text(text, sizeof text, sc_graph_desc(e.graph, gradient[2]));
    SC_EQ_STR(text, "f32[N,128,256]");
    sc_build_free(&e.build);
    sc_graph_destroy(e.graph);
    sc_net_destroy(net);
}

static void check_refused(int dtype, const char *layer, const char *text) {
    sc_env env;
    sc_net *net = net_create(&env, dtype, 1, (int64_t[]){3}, 1);
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(layer, &options);
    int from = 0;
    options.vocabulary = options.units = 4;
    SC_EQ(sc_net_layer(net, kind, NULL, 1, &from, &options), -1);
    SC_CONTAINS(env.text, text);
    sc_net_destroy(net);
}

Test(sequences, what_cannot_be_is_refused) {
    sc_env env;
    check_refused(SOCLE_F32, "embedding",
                  "embedding1: expects whole numbers (u8 or i32) straight from");
    sc_net *net = net_create(&env, SOCLE_U8, 0, NULL, 1);
    sc_layer_options options = options_of("dense");
    int from = 0;
    options.units = 2;
    SC_EQ(sc_net_layer(net, sc_layer_kind_find("dense", &(sc_layer_options){0}), NULL, 1, &from,
                       &options),
          -1);
    SC_CONTAINS(env.text, "dense1: expects features along the last dimension");
    sc_net_destroy(net);
    net = net_create(&env, SOCLE_F32, 1, (int64_t[]){3}, 1);
    SC_FAILS(&env, sc_net_ignore(net, 1), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "a network without a loss: has no classes");
    sc_net_destroy(net);
}

/* The same input as numbers and as what is looked up. */
Test(sequences, an_input_is_converted_where_numbers_are_wanted) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_U8, 1, (int64_t[]){2}, 0.5f);
    sc_layer_options options = options_of("embedding");
    options.vocabulary = 3;
    options.units = 1;
    int looked_up = net_add(net, "flatten", net_add(net, "embedding", -1, &options), NULL);
    options = options_of("add");
    SC_TRUE(sc_net_layer(net, sc_layer_kind_find("add", &(sc_layer_options){0}), NULL, 2,
                         (int[]){0, looked_up}, &options) > 0);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 2);
    memcpy(eval_input(&e, 0), (double[]){0, 2, 1, 1}, 4 * sizeof(double));
    memcpy(eval_parameter(&e, "embedding1.weight"), (double[]){10, 20, 30}, 3 * sizeof(double));
    eval_run(&e.eval);
    check_values("sum", eval_output(&e, 0), (double[]){10, 31, 20.5, 20.5}, 4, 0);
    net_eval_destroy(&e);
}
