/* SPDX-License-Identifier: Apache-2.0 */
/* Public layers: each translates its options to the record that all layer kinds share. What values
 * mean and which are in range is the layer's own affair (src/nn). */
#include "api/api_net.h"

#include <string.h>

static sc_layer_options defaults(const char *word) {
    sc_layer_options options;
    sc_layer_kind_find(word, &options);
    return options;
}

static socle_node add_layer(socle_net *net, const char *word, const char *name, int count,
                            const socle_node *x, const sc_layer_options *options) {
    sc_net *n = sc_api_net(net);
    sc_layer_options unused;
    if (!n) return -1;
    if (!x) {
        socle_status status = sc_fail(n->env, SOCLE_STATUS_INVALID_ARGUMENT,
                                      "%s: the list of its inputs is NULL", word);
        return sc_api_added(net, sc_net_fail(n, status));
    }
    int node = sc_net_layer(n, sc_layer_kind_find(word, &unused), name, count, x, options);
    return sc_api_added(net, node);
}

static void set_init(sc_initializer *to, const socle_initializer *from) {
    if (from->kind) *to = (sc_initializer){.kind = from->kind, .scale = from->scale};
}

/* Height and width; a zero takes the standard value. */
static void set_pair(int to[2], const int from[2], const int standard[2]) {
    if (!from[0] && !from[1]) return;
    for (int axis = 0; axis < 2; axis++) to[axis] = from[axis] ? from[axis] : standard[axis];
}

static void set_padding(sc_layer_options *options, socle_padding padding, const int pad[4]) {
    const int none[4] = {0};
    options->padding.way = padding == SOCLE_SAME    ? SC_PADDING_SAME
                           : padding == SOCLE_VALID ? SC_PADDING_VALID
                                                    : (sc_padding_way)-1; /* refused with the others
                                                                           */
    if (padding != SOCLE_VALID || memcmp(pad, none, sizeof none) == 0) return;
    options->padding.way = SC_PADDING_EXPLICIT;
    memcpy(options->padding.size, pad, sizeof options->padding.size);
}

socle_node socle_dense(socle_net *net, socle_node x, int units, const socle_dense_opts *opts) {
    sc_layer_options options = defaults("dense");
    options.units = units;
    if (opts) {
        options.use_bias = !opts->no_bias;
        set_init(&options.weight_init, &opts->weight_init);
        set_init(&options.bias_init, &opts->bias_init);
    }
    return add_layer(net, "dense", opts ? opts->name : NULL, 1, &x, &options);
}

socle_node socle_embedding(socle_net *net, socle_node x, int vocabulary, int units,
                           const socle_embedding_opts *opts) {
    sc_layer_options options = defaults("embedding");
    options.vocabulary = vocabulary;
    options.units = units;
    if (opts) set_init(&options.weight_init, &opts->weight_init);
    return add_layer(net, "embedding", opts ? opts->name : NULL, 1, &x, &options);
}

socle_node socle_rnn(socle_net *net, socle_node x, int units, const socle_node *lengths,
                     const socle_rnn_opts *opts) {
    sc_layer_options options = defaults("rnn");
    const socle_node input[2] = {x, lengths ? *lengths : -1};
    options.units = units;
    if (opts) {
        options.function = opts->relu ? "relu" : "tanh";
        options.returns = opts->sequence ? "sequence" : "last";
        options.use_bias = !opts->no_bias;
        set_init(&options.weight_init, &opts->weight_init);
        set_init(&options.recurrent_init, &opts->recurrent_init);
        set_init(&options.bias_init, &opts->bias_init);
    }
    return add_layer(net, "rnn", opts ? opts->name : NULL, lengths ? 2 : 1, input, &options);
}

socle_node socle_conv2d(socle_net *net, socle_node x, int filters, int kernel,
                        const socle_conv2d_opts *opts) {
    const int one[2] = {1, 1};
    sc_layer_options options = defaults("conv2d");
    options.filters = filters;
    options.kernel[0] = options.kernel[1] = kernel;
    if (opts) {
        set_pair(options.stride, opts->stride, one);
        set_pair(options.dilation, opts->dilation, one);
        if (opts->groups) options.groups = opts->groups;
        set_padding(&options, opts->padding, opts->pad);
        options.use_bias = !opts->no_bias;
        set_init(&options.weight_init, &opts->weight_init);
        set_init(&options.bias_init, &opts->bias_init);
    }
    return add_layer(net, "conv2d", opts ? opts->name : NULL, 1, &x, &options);
}

static socle_node pool(socle_net *net, const char *word, socle_node x, int kernel,
                       const socle_pool2d_opts *opts) {
    sc_layer_options options = defaults(word);
    options.kernel[0] = options.kernel[1] = kernel;
    if (opts) {
        set_pair(options.stride, opts->stride, options.kernel);
        set_padding(&options, opts->padding, opts->pad);
    }
    return add_layer(net, word, opts ? opts->name : NULL, 1, &x, &options);
}

socle_node socle_maxpool2d(socle_net *net, socle_node x, int kernel,
                           const socle_pool2d_opts *opts) {
    return pool(net, "maxpool2d", x, kernel, opts);
}

socle_node socle_avgpool2d(socle_net *net, socle_node x, int kernel,
                           const socle_pool2d_opts *opts) {
    return pool(net, "avgpool2d", x, kernel, opts);
}

static socle_node plain(socle_net *net, const char *word, int count, const socle_node *x) {
    sc_layer_options options = defaults(word);
    return add_layer(net, word, NULL, count, x, &options);
}

socle_node socle_global_avgpool(socle_net *net, socle_node x) {
    return plain(net, "global_avgpool", 1, &x);
}

socle_node socle_batchnorm(socle_net *net, socle_node x, const socle_batchnorm_opts *opts) {
    sc_layer_options options = defaults("batchnorm");
    if (opts && opts->epsilon != 0.0f) options.epsilon = opts->epsilon;
    if (opts && opts->momentum != 0.0f) options.momentum = opts->momentum;
    if (opts) options.group = opts->group;
    return add_layer(net, "batchnorm", opts ? opts->name : NULL, 1, &x, &options);
}

socle_node socle_dropout(socle_net *net, socle_node x, float rate) {
    sc_layer_options options = defaults("dropout");
    options.rate = rate;
    return add_layer(net, "dropout", NULL, 1, &x, &options);
}

socle_node socle_flatten(socle_net *net, socle_node x) {
    return plain(net, "flatten", 1, &x);
}

socle_node socle_activation(socle_net *net, socle_node x, const char *word) {
    sc_layer_options options = defaults("activation");
    options.function = word;
    return add_layer(net, "activation", NULL, 1, &x, &options);
}

socle_node socle_relu(socle_net *net, socle_node x) {
    return socle_activation(net, x, "relu");
}

socle_node socle_expr(socle_net *net, int count, const socle_node *x, const char *formula) {
    sc_layer_options options = defaults("expr");
    options.formula = formula;
    return add_layer(net, "expr", NULL, count, x, &options);
}

socle_node socle_add(socle_net *net, int count, const socle_node *x) {
    return plain(net, "add", count, x);
}

socle_node socle_concat(socle_net *net, int count, const socle_node *x, int axis) {
    sc_layer_options options = defaults("concat");
    options.axis = axis;
    return add_layer(net, "concat", NULL, count, x, &options);
}
