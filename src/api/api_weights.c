/* SPDX-License-Identifier: Apache-2.0 */
/* A network's parameters on the host, where they live between the runs of a device: their first
 * values, reading and writing by name, copies to and from an engine. */
#include "api/api.h"

#include <string.h>

void sc_api_free_weights(const socle_net *net, float **set, size_t count) {
    for (size_t p = 0; set && p < count; p++) sc_release(&net->context->env, set[p]);
    sc_release(&net->context->env, set);
}

socle_status sc_api_create_weights(const socle_net *net, sc_env *env, float ***out) {
    size_t count = net->net->parameters;
    SC_TRY(sc_allocate(env, out, count, sizeof **out));
    for (size_t p = 0; p < count; p++) {
        socle_status status =
            sc_allocate(env, &(*out)[p], sc_tensor_bytes(&net->net->parameter[p].desc), 1);
        if (status == SOCLE_OK) continue;
        sc_api_free_weights(net, *out, count);
        *out = NULL;
        return status;
    }
    return SOCLE_OK;
}

void sc_api_replace_weights(socle_net *net, float **set) {
    sc_api_free_weights(net, net->weight, net->weights);
    net->weight = set;
    net->weights = net->net->parameters;
    net->version++;
    net->newer = false;
}

/* Values from the seed for the parameters that have none; those there are keep theirs. */
static socle_status fill(const socle_net *net, float **set, uint64_t seed) {
    for (size_t p = 0; p < net->net->parameters; p++) {
        const sc_parameter *parameter = &net->net->parameter[p];
        if (p < net->weights)
            memcpy(set[p], net->weight[p], sc_tensor_bytes(&parameter->desc));
        else
            SC_TRY(sc_parameter_initialize(&net->context->env, parameter, seed, set[p]));
    }
    return SOCLE_OK;
}

socle_status sc_api_need_weights(socle_net *net, uint64_t seed) {
    SC_TRY(sc_api_pull_tensors(net));
    if (net->weight && net->weights == net->net->parameters) return SOCLE_OK;
    float **set;
    SC_TRY(sc_api_create_weights(net, &net->context->env, &set));
    socle_status status = fill(net, set, seed);
    if (status != SOCLE_OK)
        sc_api_free_weights(net, set, net->net->parameters);
    else
        sc_api_replace_weights(net, set);
    return status;
}

socle_status sc_api_upload(const socle_net *net, sc_engine *engine) {
    for (size_t p = 0; p < net->weights; p++)
        SC_TRY(sc_engine_write(engine, (int)p, net->weight[p]));
    return SOCLE_OK;
}

socle_status sc_api_download(socle_net *net, sc_engine *engine, float ***set) {
    for (size_t p = 0; p < net->net->parameters; p++)
        SC_TRY(sc_engine_read(engine, (int)p, (*set)[p]));
    sc_api_replace_weights(net, *set);
    *set = NULL;
    return SOCLE_OK;
}

static socle_status find(socle_net *net, const char *name, size_t count, float **out) {
    sc_env *env = &net->context->env;
    for (size_t p = 0; p < net->net->parameters; p++) {
        const sc_parameter *parameter = &net->net->parameter[p];
        if (strcmp(parameter->name, name) != 0) continue;
        char text[96];
        sc_tensor_text(text, sizeof text, &parameter->desc);
        if ((size_t)sc_tensor_elements(&parameter->desc) != count)
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "%s is %s, %lld elements, not %zu",
                           name, text, (long long)sc_tensor_elements(&parameter->desc), count);
        *out = net->weight[p];
        return SOCLE_OK;
    }
    return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "this network has no parameter \"%.120s\"", name);
}

/* What reading and writing share: checks, and the parameter's memory. */
static socle_status access_weight(socle_net *net, const char *function, const char *name,
                                  const void *data, size_t count, float **out) {
    SC_TRY(sc_api_net_check(net));
    if (!name) return sc_api_missing(net->context, function, "name");
    if (!data) return sc_api_missing(net->context, function, "data");
    SC_TRY(sc_api_need_weights(net, 1));
    return find(net, name, count, out);
}

socle_status socle_net_read(socle_net *net, const char *name, float *data, size_t count) {
    float *weight = NULL;
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(access_weight(net, __func__, name, data, count, &weight));
    memcpy(data, weight, count * sizeof *data);
    return SOCLE_OK;
}

socle_status socle_net_write(socle_net *net, const char *name, const float *data, size_t count) {
    float *weight = NULL;
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(access_weight(net, __func__, name, data, count, &weight));
    memcpy(weight, data, count * sizeof *data);
    net->version++;
    return SOCLE_OK;
}

socle_status socle_net_parameter(socle_net *net, int64_t index, socle_parameter *out) {
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_net_check(net));
    if (!out) return sc_api_missing(net->context, __func__, "out");
    if (index < 0 || (uint64_t)index >= net->net->parameters)
        return sc_fail(&net->context->env, SOCLE_STATUS_NOT_FOUND,
                       "socle_net_parameter: there is no parameter %lld of %zu", (long long)index,
                       net->net->parameters);
    const sc_parameter *parameter = &net->net->parameter[index];
    *out = (socle_parameter){.name = parameter->name,
                             .role = strrchr(parameter->name, '.') + 1,
                             .shape.rank = parameter->desc.rank,
                             .trained = parameter->role != SC_PARAMETER_STATISTIC};
    for (int d = 0; d < parameter->desc.rank; d++) out->shape.size[d] = parameter->desc.dim[d];
    return SOCLE_OK;
}
