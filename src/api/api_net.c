/* SPDX-License-Identifier: Apache-2.0 */
/* Public networks: layers by function, weights on the host. */
#include "api/api.h"

#include <string.h>

socle_status socle_net_create(socle_net **out, socle_context *context) {
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    *out = NULL;
    socle_net *net;
    SC_TRY(sc_allocate(&context->env, &net, 1, sizeof *net));
    net->context = context;
    socle_status status = sc_net_create(&net->net, &context->env);
    if (status != SOCLE_OK)
        sc_release(&context->env, net);
    else
        *out = net;
    return status;
}

static void free_weights(socle_net *net) {
    for (size_t p = 0; net->weight && p < net->net->parameters; p++) sc_release(&net->context->env, net->weight[p]);
    sc_release(&net->context->env, net->weight);
    net->weight = NULL;
}

void socle_net_destroy(socle_net *net) {
    if (!net) return;
    free_weights(net);
    sc_net_destroy(net->net);
    sc_release(&net->context->env, net);
}

socle_node socle_input(socle_net *net, socle_shape shape) {
    return sc_net_input(net->net, "input", SOCLE_F32, &shape, 1.0f);
}

socle_node socle_input_named(socle_net *net, const char *name, socle_dtype dtype, socle_shape shape, float scale) {
    return sc_net_input(net->net, name, dtype, &shape, scale);
}

static socle_node add_layer(socle_net *net, const char *word, const char *name, int count, const socle_node *x,
                            const sc_layer_options *changed) {
    sc_layer_options unused;
    return sc_net_layer(net->net, sc_layer_kind_find(word, &unused), name, count, x, changed);
}

static sc_layer_options defaults(const char *word) {
    sc_layer_options options;
    sc_layer_kind_find(word, &options);
    return options;
}

static void set_init(sc_initializer *to, const socle_initializer *from) {
    if (from->kind) *to = (sc_initializer){from->kind, from->scale};
}

static void set_pair(int to[2], const int from[2]) {
    if (from[0]) to[0] = from[0];
    if (from[1]) to[1] = from[1];
}

static void set_padding(sc_layer_options *options, socle_padding padding, const int pad[4]) {
    options->padding = padding == SOCLE_SAME ? SC_PADDING_SAME : SC_PADDING_VALID;
    if (padding == SOCLE_SAME || !(pad[0] || pad[1] || pad[2] || pad[3])) return;
    options->padding = SC_PADDING_EXPLICIT;
    memcpy(options->pad, pad, sizeof options->pad);
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

socle_node socle_conv2d(socle_net *net, socle_node x, int filters, int kernel, const socle_conv2d_opts *opts) {
    sc_layer_options options = defaults("conv2d");
    options.filters = filters;
    options.kernel[0] = options.kernel[1] = kernel;
    if (opts) {
        set_pair(options.stride, opts->stride);
        set_pair(options.dilation, opts->dilation);
        if (opts->groups) options.groups = opts->groups;
        set_padding(&options, opts->padding, opts->pad);
        options.use_bias = !opts->no_bias;
        set_init(&options.weight_init, &opts->weight_init);
        set_init(&options.bias_init, &opts->bias_init);
    }
    return add_layer(net, "conv2d", opts ? opts->name : NULL, 1, &x, &options);
}

static socle_node pool(socle_net *net, const char *word, socle_node x, int kernel, const socle_pool2d_opts *opts) {
    sc_layer_options options = defaults(word);
    options.kernel[0] = options.kernel[1] = kernel;
    if (opts) {
        set_pair(options.stride, opts->stride);
        set_padding(&options, opts->padding, opts->pad);
    }
    return add_layer(net, word, opts ? opts->name : NULL, 1, &x, &options);
}

socle_node socle_maxpool2d(socle_net *net, socle_node x, int kernel, const socle_pool2d_opts *opts) {
    return pool(net, "maxpool2d", x, kernel, opts);
}

socle_node socle_avgpool2d(socle_net *net, socle_node x, int kernel, const socle_pool2d_opts *opts) {
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
    for (const char *const *known = sc_activation_words(); word && *known; known++)
        if (strcmp(*known, word) == 0) options.function = *known; /* lives as long as the library */
    return add_layer(net, "activation", NULL, 1, &x, &options);
}

socle_node socle_relu(socle_net *net, socle_node x) {
    return socle_activation(net, x, "relu");
}

socle_node socle_add(socle_net *net, int count, const socle_node *x) {
    return plain(net, "add", count, x);
}

socle_node socle_concat(socle_net *net, int count, const socle_node *x, int axis) {
    sc_layer_options options = defaults("concat");
    options.axis = axis;
    return add_layer(net, "concat", NULL, count, x, &options);
}

socle_status socle_loss_softmax_cross_entropy(socle_net *net, socle_node x) {
    return sc_net_loss(net->net, "softmax_cross_entropy", x);
}

socle_status socle_loss_binary_cross_entropy(socle_net *net, socle_node x) {
    return sc_net_loss(net->net, "binary_cross_entropy", x);
}

socle_status socle_loss_mean_squared_error(socle_net *net, socle_node x) {
    return sc_net_loss(net->net, "mean_squared_error", x);
}

int64_t socle_net_parameters(const socle_net *net) {
    return sc_net_parameter_count(net->net);
}

static socle_status fill_weights(socle_net *net, uint64_t seed) {
    const sc_net *inner = net->net;
    sc_env *env = &net->context->env;
    SC_TRY(sc_allocate(env, &net->weight, inner->parameters, sizeof *net->weight));
    for (size_t p = 0; p < inner->parameters; p++) {
        SC_TRY(sc_allocate(env, &net->weight[p], sc_tensor_bytes(&inner->parameter[p].desc), 1));
        SC_TRY(sc_parameter_initialize(env, &inner->parameter[p], seed, net->weight[p]));
    }
    return SOCLE_OK;
}

socle_status sc_api_need_weights(socle_net *net, uint64_t seed) {
    if (net->net->status != SOCLE_OK) return net->net->status;
    if (net->weight) return SOCLE_OK;
    socle_status status = fill_weights(net, seed);
    if (status != SOCLE_OK) free_weights(net);
    return status;
}

socle_status sc_api_upload(const socle_net *net, sc_engine *engine) {
    for (size_t p = 0; p < net->net->parameters; p++) SC_TRY(sc_engine_write(engine, (int)p, net->weight[p]));
    return SOCLE_OK;
}

socle_status sc_api_download(socle_net *net, sc_engine *engine) {
    for (size_t p = 0; p < net->net->parameters; p++) SC_TRY(sc_engine_read(engine, (int)p, net->weight[p]));
    return SOCLE_OK;
}

static socle_status find_weight(socle_net *net, const char *name, size_t count, float **out) {
    SC_TRY(sc_api_need_weights(net, 1));
    sc_env *env = &net->context->env;
    for (size_t p = 0; p < net->net->parameters; p++) {
        const sc_parameter *parameter = &net->net->parameter[p];
        if (strcmp(parameter->name, name) != 0) continue;
        if ((size_t)sc_tensor_elements(&parameter->desc) != count)
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "%s has %lld elements, %zu given", name,
                           (long long)sc_tensor_elements(&parameter->desc), count);
        *out = net->weight[p];
        return SOCLE_OK;
    }
    return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "this network has no weight \"%s\"", name);
}

socle_status socle_net_read(socle_net *net, const char *name, float *data, size_t count) {
    float *weight;
    SC_TRY(find_weight(net, name, count, &weight));
    memcpy(data, weight, count * sizeof *data);
    return SOCLE_OK;
}

socle_status socle_net_write(socle_net *net, const char *name, const float *data, size_t count) {
    float *weight;
    SC_TRY(find_weight(net, name, count, &weight));
    memcpy(weight, data, count * sizeof *data);
    return SOCLE_OK;
}
