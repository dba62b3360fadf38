/* SPDX-License-Identifier: Apache-2.0 */
/* Public networks: their life, inputs and losses. Layers are in api_layer.c, weights in
 * api_weights.c. */
#include "api/api_net.h"

#include <string.h>

socle_status socle_net_create(socle_net **out, socle_context *context) {
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    socle_net *net;
    SC_TRY(sc_api_create(&net, context, sizeof *net));
    net->users = 1;
    socle_status status = sc_net_create(&net->net, &context->env);
    if (status != SOCLE_OK)
        socle_net_destroy(net);
    else
        *out = net;
    return status;
}

void socle_net_destroy(socle_net *net) {
    if (!net || sc_api_enter(net->context) != SOCLE_OK || --net->users) return;
    sc_api_end_predictor(net);
    sc_api_free_tensors(net);
    sc_api_free_weights(net, net->weight, net->weights);
    if (!sc_api_hangs(net->context)) sc_net_destroy(net->net);
    sc_api_destroy(net->context, net);
}

socle_status sc_api_net_check(socle_net *net) {
    SC_TRY(sc_api_enter(net->context));
    if (net->net->status == SOCLE_OK) return SOCLE_OK;
    return sc_fail(&net->context->env, net->net->status, "%s", net->error);
}

sc_net *sc_api_net(socle_net *net) {
    if (!net || sc_api_enter(net->context) != SOCLE_OK || net->net->status != SOCLE_OK) return NULL;
    if (net->users == 1) {
        net->structure++; /* the caller is about to change it */
        return net->net;
    }
    sc_fail(&net->context->env, SOCLE_STATUS_STATE,
            "a trainer or a graph uses this network: destroy it before the network changes");
    return NULL;
}

socle_status sc_api_change_net(sc_net **out, socle_net *net) {
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_net_check(net));
    *out = sc_api_net(net);
    return *out ? SOCLE_OK : SOCLE_STATUS_STATE;
}

socle_node sc_api_added(socle_net *net, int node) {
    if (net->net->status != SOCLE_OK && !net->error[0])
        memcpy(net->error, net->context->env.text, sizeof net->error);
    return node;
}

socle_node socle_input(socle_net *net, socle_shape shape) {
    return socle_input_named(net, NULL, SOCLE_F32, shape, 1.0f);
}

socle_node socle_input_named(socle_net *net, const char *name, socle_dtype dtype, socle_shape shape,
                             float scale) {
    sc_net *n = sc_api_net(net);
    if (!n) return -1;
    return sc_api_added(net, sc_net_input(n, name ? name : "input", (int)dtype, &shape, scale));
}

static socle_status set_loss(socle_net *net, const char *word, const char *formula, socle_node x) {
    sc_net *n;
    SC_TRY(sc_api_change_net(&n, net));
    socle_status status = sc_net_loss_formula(n, word, formula, x);
    sc_api_added(net, x);
    return status;
}

socle_status socle_loss_softmax_cross_entropy(socle_net *net, socle_node x) {
    return set_loss(net, "softmax_cross_entropy", NULL, x);
}

socle_status socle_loss_ignore(socle_net *net, int32_t label) {
    sc_net *n;
    SC_TRY(sc_api_change_net(&n, net));
    socle_status status;
    if (label == SC_NO_LABEL)
        status = n->status = sc_fail(n->env, SOCLE_STATUS_CONFIG,
                                     "socle_loss_ignore: a label is any number but INT32_MIN");
    else
        status = sc_net_ignore(n, label);
    sc_api_added(net, -1);
    return status;
}

socle_status socle_loss_lengths(socle_net *net, socle_node lengths) {
    sc_net *n;
    SC_TRY(sc_api_change_net(&n, net));
    socle_status status = sc_net_loss_lengths(n, lengths < 0 ? n->inputs : lengths);
    sc_api_added(net, -1);
    return status;
}

socle_status socle_loss_binary_cross_entropy(socle_net *net, socle_node x) {
    return set_loss(net, "binary_cross_entropy", NULL, x);
}

socle_status socle_loss_mean_squared_error(socle_net *net, socle_node x) {
    return set_loss(net, "mean_squared_error", NULL, x);
}

socle_status socle_loss_expr(socle_net *net, socle_node x, const char *formula) {
    return set_loss(net, "expr", formula, x);
}

int64_t socle_net_parameters(const socle_net *net) {
    return net ? sc_net_parameter_count(net->net) : 0;
}
