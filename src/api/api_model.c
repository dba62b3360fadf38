/* SPDX-License-Identifier: Apache-2.0 */
/* Public saving and loading of models. */
#include "api/api.h"

#include "model/model.h"

#include <string.h>

/* A file that no call could load is none. */
static socle_status check_net(const socle_net *net) {
    sc_env *env = &net->context->env;
    const sc_net *n = net->net;
    if (n->open)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "socle_save: the network '%s' was begun and not ended",
                       n->network[n->networks - 1].name);
    const socle_status status = sc_model_check_net(env, n);
    if (status != SOCLE_STATUS_CONFIG) return status;
    return sc_fail_prefix(env, status, "socle_save: the file could not be loaded");
}

socle_status socle_save(socle_net *net, const char *path) {
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_net_check(net));
    if (!path) return sc_api_missing(net->context, __func__, "path");
    SC_TRY(check_net(net));
    SC_TRY(sc_api_need_weights(net, 1));
    return sc_model_save(&net->context->env, path, net->net, (const float *const *)net->weight);
}

static socle_status take(void *user, int parameter, const float *data) {
    socle_net *net = user;
    memcpy(net->weight[parameter], data, sc_tensor_bytes(&net->net->parameter[parameter].desc));
    net->version++;
    return SOCLE_OK;
}

/* The empty network gives way to that of the file. */
static socle_status load(socle_net *net, const sc_safetensors *file) {
    sc_env *env = &net->context->env;
    sc_net *loaded;
    SC_TRY(sc_model_read_net(&loaded, env, file));
    sc_net_destroy(net->net);
    net->net = loaded;
    SC_TRY(sc_api_need_weights(net, 1));
    return sc_model_read_parameters(env, file, net->net, NULL, take, net);
}

/* The file is opened once: another that gets its name meanwhile does not mix with it. */
static socle_status open_and_load(socle_net *net, const char *path) {
    sc_safetensors *file;
    SC_TRY(sc_safetensors_open(&file, &net->context->env, path));
    socle_status status = load(net, file);
    sc_safetensors_close(file);
    return status;
}

socle_status socle_load(socle_net **out, socle_context *context, const char *path) {
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (!path) return sc_api_missing(context, __func__, "path");
    socle_net *net;
    SC_TRY(socle_net_create(&net, context));
    socle_status status = open_and_load(net, path);
    if (status != SOCLE_OK)
        socle_net_destroy(net);
    else
        *out = net;
    return status;
}

typedef struct weights_call {
    socle_net *net;
    float **set;
} weights_call;

static socle_status take_into(void *user, int parameter, const float *data) {
    weights_call *call = user;
    memcpy(call->set[parameter], data, sc_tensor_bytes(&call->net->net->parameter[parameter].desc));
    return SOCLE_OK;
}

static socle_status check_rules(socle_net *net, int count, const socle_rename *rename) {
    sc_env *env = &net->context->env;
    if (count < 0)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "socle_load_weights: %d rules", count);
    if (count && !rename) return sc_api_missing(net->context, "socle_load_weights", "rename");
    for (int i = 0; i < count; i++)
        if (!rename[i].from || !rename[i].to)
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "socle_load_weights: rule %d lacks a name", i);
    return SOCLE_OK;
}

static socle_status load_weights(weights_call *call, const char *path, int count,
                                 const socle_rename *rename) {
    sc_env *env = &call->net->context->env;
    sc_rename *rule;
    SC_TRY(sc_allocate(env, &rule, (size_t)count, sizeof *rule));
    for (int i = 0; i < count; i++) rule[i] = (sc_rename){rename[i].from, rename[i].to};
    sc_model_mapping mapping = {.rule = rule, .rules = (size_t)count};
    socle_status status =
        sc_model_load_parameters(env, path, call->net->net, &mapping, take_into, call);
    sc_release(env, rule);
    return status;
}

/* Reads into memory of its own, so that the net's weights change all or not at all. */
socle_status socle_load_weights(socle_net *net, const char *path, int count,
                                const socle_rename *rename) {
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_net_check(net));
    if (!path) return sc_api_missing(net->context, __func__, "path");
    SC_TRY(check_rules(net, count, rename));
    weights_call call = {.net = net};
    SC_TRY(sc_api_create_weights(net, &net->context->env, &call.set));
    socle_status status = load_weights(&call, path, count, rename);
    if (status == SOCLE_OK)
        sc_api_replace_weights(net, call.set);
    else
        sc_api_free_weights(net, call.set, net->net->parameters);
    return status;
}
