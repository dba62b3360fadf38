/* SPDX-License-Identifier: Apache-2.0 */
/* See networks.h. */
#include "bench/networks.h"

#include "bench/bench.h"
#include "nn/layer.h"

typedef struct window {
    int size, stride, padding;
} window;

static int plain(sc_net *net, const char *word, int x, int units) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    options.units = units;
    options.rate = 0.5f;
    return sc_net_layer(net, kind, NULL, 1, &x, &options);
}

static int windowed(sc_net *net, const char *word, int x, int filters, window w, bool bias) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    options.filters = filters;
    options.use_bias = bias;
    for (int d = 0; d < 2; d++) {
        options.kernel[d] = w.size;
        options.stride[d] = w.stride;
    }
    options.padding.way = SC_PADDING_EXPLICIT;
    for (int side = 0; side < 4; side++) options.padding.size[side] = w.padding;
    return sc_net_layer(net, kind, NULL, 1, &x, &options);
}

static int relu(sc_net *net, int x) {
    return plain(net, "relu", x, 0);
}

static int images(sc_net *net, int64_t channels, int64_t side) {
    socle_shape shape = {3, {channels, side, side}};
    return sc_net_input(net, "input", SOCLE_U8, &shape, 1.0f / 255.0f);
}

/* examples/fashion-mlp.yaml */
static int fashion_mlp(sc_net *net, int classes) {
    int x = plain(net, "flatten", images(net, 1, 28), 0);
    x = relu(net, plain(net, "dense", x, 256));
    x = relu(net, plain(net, "dense", x, 128));
    x = relu(net, plain(net, "dense", x, 100));
    return plain(net, "dense", x, classes);
}

/* examples/fashion-cnn.yaml */
static int fashion_cnn(sc_net *net, int classes) {
    int x = images(net, 1, 28);
    for (int filters = 32; filters <= 64; filters *= 2) {
        x = relu(net, windowed(net, "conv2d", x, filters, (window){3, 1, 1}, true));
        x = windowed(net, "maxpool", x, 0, (window){2, 2, 0}, false);
    }
    x = relu(net, plain(net, "dense", plain(net, "flatten", x, 0), 128));
    return plain(net, "dense", plain(net, "dropout", x, 0), classes);
}

static int conv_norm(sc_net *net, int x, int filters, window w) {
    return plain(net, "batchnorm", windowed(net, "conv2d", x, filters, w, false), 0);
}

static int residual_block(sc_net *net, int x, int filters, int stride, bool widens) {
    sc_layer_options options;
    const sc_layer_kind *add = sc_layer_kind_find("add", &options);
    int y = relu(net, conv_norm(net, x, filters, (window){3, stride, 1}));
    y = conv_norm(net, y, filters, (window){3, 1, 1});
    if (widens) x = conv_norm(net, x, filters, (window){1, stride, 0});
    int both[2] = {x, y};
    return relu(net, sc_net_layer(net, add, NULL, 2, both, &options));
}

/* He, Zhang, Ren and Sun 2016, table 1, on images of 64 x 64. */
static int resnet_18(sc_net *net, int classes) {
    int x = relu(net, conv_norm(net, images(net, 3, 64), 64, (window){7, 2, 3}));
    x = windowed(net, "maxpool", x, 0, (window){3, 2, 1}, false);
    for (int filters = 64; filters <= 512; filters *= 2) {
        bool widens = filters > 64;
        x = residual_block(net, x, filters, widens ? 2 : 1, widens);
        x = residual_block(net, x, filters, 1, false);
    }
    return plain(net, "dense", plain(net, "global_avgpool", x, 0), classes);
}

static int attention(sc_net *net, int x, int heads) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find("attention", &options);
    options.heads = heads;
    options.causal = true;
    return sc_net_layer(net, kind, NULL, 1, &x, &options);
}

static int sum(sc_net *net, int x, int y) {
    sc_layer_options options;
    const sc_layer_kind *add = sc_layer_kind_find("add", &options);
    const int both[2] = {x, y};
    return sc_net_layer(net, add, NULL, 2, both, &options);
}

enum { GPT_LAYERS = 4, GPT_WIDTH = 256, GPT_HEADS = 4, GPT_TOKENS = 128 };

/* Radford et al. 2019: each block normalises first; the scores have weights of their own. */
static int gpt(sc_net *net, int classes) {
    const socle_shape shape = {1, {GPT_TOKENS}};
    sc_layer_options options;
    const sc_layer_kind *embedding = sc_layer_kind_find("embedding", &options);
    int x = sc_net_input(net, "input", SOCLE_U8, &shape, 1.0f);
    options.vocabulary = classes;
    options.units = GPT_WIDTH;
    x = plain(net, "position", sc_net_layer(net, embedding, NULL, 1, &x, &options), 0);
    for (int layer = 0; layer < GPT_LAYERS; layer++) {
        x = sum(net, x, attention(net, plain(net, "layer_norm", x, 0), GPT_HEADS));
        int y = plain(net, "dense", plain(net, "layer_norm", x, 0), 4 * GPT_WIDTH);
        x = sum(net, x, plain(net, "dense", plain(net, "gelu", y, 0), GPT_WIDTH));
    }
    return plain(net, "dense", plain(net, "layer_norm", x, 0), classes);
}

static const sc_bench_network networks[] = {{"fashion-mlp", 128, 10, true, fashion_mlp},
                                            {"fashion-cnn", 128, 10, true, fashion_cnn},
                                            {"resnet-18", 32, 10, false, resnet_18},
                                            {"gpt", 16, 256, false, gpt}};

const sc_bench_network *sc_bench_network_at(int number) {
    bool there = number >= 0 && (size_t)number < sizeof networks / sizeof networks[0];
    return there ? &networks[number] : NULL;
}

const char *sc_bench_network_name(int number) {
    const sc_bench_network *network = sc_bench_network_at(number);
    return network ? network->name : NULL;
}

socle_status sc_bench_network_create(sc_net **out, sc_env *env, const sc_bench_network *network) {
    SC_TRY(sc_net_create(out, env));
    int scores = network->build(*out, network->classes);
    sc_net_fail(*out, sc_net_loss(*out, "softmax_cross_entropy", scores));
    if ((*out)->status == SOCLE_OK) return SOCLE_OK;
    socle_status status = (*out)->status;
    sc_net_destroy(*out);
    *out = NULL;
    return status;
}
