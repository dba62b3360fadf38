/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the networks of bench_networks.h from layer words. */
#include "bench_networks.h"

#include <string.h>

enum { CLASSES = 10 };

static int layer(sc_net *net, const char *word, int input, int size) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    options.units = options.filters = size;
    options.rate = 0.5f;
    options.kernel[0] = options.kernel[1] = strcmp(word, "conv2d") == 0 ? 3 : 2;
    if (strcmp(word, "conv2d") == 0) options.padding.way = SC_PADDING_SAME;
    return sc_net_layer(net, kind, NULL, 1, &input, &options);
}

static int image_input(sc_net *net, int64_t channels, int64_t size) {
    socle_shape shape = {3, {channels, size, size}};
    return sc_net_input(net, "input", SOCLE_U8, &shape, 1.0f / 255.0f);
}

static int conv_relu_pool(sc_net *net, int x, int filters) {
    return layer(net, "maxpool", layer(net, "relu", layer(net, "conv2d", x, filters), 0), 0);
}

/* examples/fashion-cnn.yaml */
static int fashion_cnn(sc_net *net) {
    int x = conv_relu_pool(net, conv_relu_pool(net, image_input(net, 1, 28), 32), 64);
    x = layer(net, "relu", layer(net, "dense", layer(net, "flatten", x, 0), 128), 0);
    return layer(net, "dense", layer(net, "dropout", x, 0), CLASSES);
}

static int colour_cnn(sc_net *net) {
    int x = image_input(net, 3, 64);
    for (int filters = 16; filters <= 64; filters *= 2) x = conv_relu_pool(net, x, filters);
    x = layer(net, "relu", layer(net, "dense", layer(net, "flatten", x, 0), 128), 0);
    return layer(net, "dense", x, CLASSES);
}

static int perceptron(sc_net *net) {
    int x = layer(net, "flatten", image_input(net, 1, 28), 0);
    x = layer(net, "relu", layer(net, "dense", x, 256), 0);
    x = layer(net, "relu", layer(net, "dense", x, 128), 0);
    x = layer(net, "relu", layer(net, "dense", x, 100), 0);
    return layer(net, "dense", x, CLASSES);
}

static int conv_norm(sc_net *net, int x, int filters) {
    return layer(net, "batchnorm", layer(net, "conv2d", x, filters), 0);
}

static int residual_block(sc_net *net, int x, int filters) {
    sc_layer_options options;
    const sc_layer_kind *add = sc_layer_kind_find("add", &options);
    int y = conv_norm(net, layer(net, "relu", conv_norm(net, x, filters), 0), filters);
    int both[2] = {x, y};
    return layer(net, "relu", sc_net_layer(net, add, NULL, 2, both, &options), 0);
}

static int residual(sc_net *net) {
    int x = layer(net, "relu", conv_norm(net, image_input(net, 3, 32), 32), 0);
    x = layer(net, "maxpool", residual_block(net, x, 32), 0);
    x = layer(net, "relu", conv_norm(net, x, 64), 0);
    x = layer(net, "global_avgpool", residual_block(net, x, 64), 0);
    return layer(net, "dense", x, CLASSES);
}

static const struct {
    const char *name;
    int (*build)(sc_net *net);
} networks[] = {{"fashion-cnn", fashion_cnn},
                {"colour-cnn", colour_cnn},
                {"perceptron", perceptron},
                {"residual", residual}};

const char *bench_network_names(void) {
    return "fashion-cnn, colour-cnn, perceptron, residual";
}

sc_net *bench_network(sc_env *env, const char *name) {
    sc_net *net;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
        if (strcmp(networks[i].name, name) != 0) continue;
        if (sc_net_create(&net, env) != SOCLE_OK) return NULL;
        sc_net_fail(net, sc_net_loss(net, "softmax_cross_entropy", networks[i].build(net)));
        return net;
    }
    return NULL;
}
