/* SPDX-License-Identifier: Apache-2.0 */
/* Saving and loading model files. What a network or a safetensors file is, others know; here is how
 * the one lies in the other. */
#include "model/model.h"

#include "io/quote.h"
#include "model/net_config.h"

#include <math.h>
#include <string.h>

static const char format_word[] = "socle", version_word[] = "1";

static socle_shape shape_of(const sc_parameter *parameter) {
    socle_shape shape = {.rank = parameter->desc.rank};
    for (int d = 0; d < shape.rank; d++) shape.size[d] = parameter->desc.dim[d];
    return shape;
}

socle_status sc_model_declare(sc_safetensors_writer *writer, const sc_net *net) {
    char *text;
    SC_TRY(sc_net_text(&text, net));
    socle_status status = sc_safetensors_writer_metadata(writer, "format", format_word);
    if (status == SOCLE_OK)
        status = sc_safetensors_writer_metadata(writer, "version", version_word);
    if (status == SOCLE_OK) status = sc_safetensors_writer_metadata(writer, "network", text);
    sc_release(net->env, text);
    for (size_t p = 0; p < net->parameters && status == SOCLE_OK; p++) {
        const socle_shape shape = shape_of(&net->parameter[p]);
        status = sc_safetensors_writer_declare(writer, net->parameter[p].name, SOCLE_F32, &shape);
    }
    return status;
}

socle_status sc_model_save(sc_env *env, const char *path, const sc_net *net,
                           const float *const *parameter) {
    sc_safetensors_writer *writer;
    SC_TRY(sc_safetensors_writer_create(&writer, env, path));
    socle_status status = sc_model_declare(writer, net);
    for (size_t p = 0; p < net->parameters && status == SOCLE_OK; p++)
        status = sc_safetensors_writer_data(writer, parameter[p],
                                            sc_tensor_bytes(&net->parameter[p].desc));
    if (status == SOCLE_OK) return sc_safetensors_writer_commit(writer);
    sc_safetensors_writer_abandon(writer);
    return status;
}

static bool is_parameter(const sc_safetensors_tensor *tensor) {
    return !strchr(tensor->name, '/');
}

/* Every parameter is there as the net has it, and nothing else. */
static socle_status check_tensors(sc_env *env, const sc_safetensors *file, const sc_net *net) {
    size_t count = 0;
    const sc_safetensors_tensor *tensor;
    for (size_t p = 0; p < net->parameters; p++) {
        const socle_shape shape = shape_of(&net->parameter[p]);
        SC_TRY(sc_safetensors_expect(&tensor, file, net->parameter[p].name, SOCLE_F32, &shape));
    }
    for (size_t i = 0; i < sc_safetensors_count(file); i++)
        count += is_parameter(sc_safetensors_at(file, i));
    if (count == net->parameters) return SOCLE_OK;
    for (size_t i = 0; i < sc_safetensors_count(file); i++) {
        bool known = false;
        tensor = sc_safetensors_at(file, i);
        for (size_t p = 0; p < net->parameters && !known; p++)
            known = strcmp(tensor->name, net->parameter[p].name) == 0;
        if (!known && is_parameter(tensor))
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: tensor '%s' belongs to no layer of the network, which has %zu",
                           sc_safetensors_path(file), sc_quote(tensor->name).text, net->parameters);
    }
    return SOCLE_OK;
}

static socle_status check_metadata(sc_env *env, const sc_safetensors *file) {
    const char *path = sc_safetensors_path(file), *format = sc_safetensors_metadata(file, "format"),
               *version = sc_safetensors_metadata(file, "version");
    if (!format || strcmp(format, format_word) != 0)
        return sc_fail(
            env, SOCLE_STATUS_DATA,
            "%s: holds weights, but not the network they belong to; give the configuration too",
            path);
    if (!version || strcmp(version, version_word) != 0)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: is a model file of version '%s', this program reads version %s", path,
                       sc_quote(version ? version : "").text, version_word);
    if (!sc_safetensors_metadata(file, "network"))
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: the metadata lack the network", path);
    return SOCLE_OK;
}

/* A description that is wrong is bad data here: nobody wrote it by hand. */
static socle_status as_data(sc_env *env, socle_status status) {
    if (status != SOCLE_STATUS_CONFIG && status != SOCLE_STATUS_SHAPE) return status;
    return env->status = SOCLE_STATUS_DATA;
}

static socle_status read_description(sc_net *net, sc_env *env, const sc_safetensors *file) {
    const char *text = sc_safetensors_metadata(file, "network");
    sc_config *config;
    SC_TRY(sc_config_parse(&config, env, sc_safetensors_path(file), text, strlen(text)));
    socle_status status = sc_net_read_text(net, config);
    sc_config_destroy(config);
    return status;
}

socle_status sc_model_read_net(sc_net **out, sc_env *env, const sc_safetensors *file) {
    sc_net *net;
    *out = NULL;
    SC_TRY(check_metadata(env, file));
    SC_TRY(sc_net_create(&net, env));
    socle_status status = as_data(env, read_description(net, env, file));
    if (status == SOCLE_OK) status = check_tensors(env, file, net);
    if (status != SOCLE_OK) {
        sc_net_destroy(net);
        return status;
    }
    *out = net;
    return SOCLE_OK;
}

socle_status sc_model_load_net(sc_net **out, sc_env *env, const char *path) {
    sc_safetensors *file;
    *out = NULL;
    SC_TRY(sc_safetensors_open(&file, env, path));
    socle_status status = sc_model_read_net(out, env, file);
    sc_safetensors_close(file);
    return status;
}

static size_t largest_parameter(const sc_net *net) {
    size_t largest = 0;
    for (size_t p = 0; p < net->parameters; p++) {
        size_t bytes = sc_tensor_bytes(&net->parameter[p].desc);
        if (bytes > largest) largest = bytes;
    }
    return largest;
}

/* Such values come from runs that other programs let go on; nothing here makes them. */
static void warn_non_finite(sc_env *env, const sc_safetensors *file, const sc_parameter *parameter,
                            const float *data) {
    int64_t elements = sc_tensor_elements(&parameter->desc), bad = 0;
    for (int64_t i = 0; i < elements; i++) bad += !isfinite(data[i]);
    if (bad)
        sc_log_line(env, SOCLE_LOG_WARNING,
                    "%s: tensor '%s' has %lld values that are NaN or infinite, of %lld",
                    sc_safetensors_path(file), parameter->name, (long long)bad,
                    (long long)elements);
}

socle_status sc_model_read_parameters(sc_env *env, const sc_safetensors *file, const sc_net *net,
                                      sc_model_take take, void *user) {
    SC_TRY(check_tensors(env, file, net));
    float *data;
    SC_TRY(sc_allocate(env, &data, largest_parameter(net), 1));
    socle_status status = SOCLE_OK;
    for (size_t p = 0; p < net->parameters && status == SOCLE_OK; p++) {
        const sc_safetensors_tensor *tensor = sc_safetensors_find(file, net->parameter[p].name);
        status = sc_safetensors_read(file, tensor, data, tensor->bytes);
        if (status != SOCLE_OK) break;
        warn_non_finite(env, file, &net->parameter[p], data);
        status = take(user, (int)p, data);
    }
    sc_release(env, data);
    return status;
}

socle_status sc_model_load_parameters(sc_env *env, const char *path, const sc_net *net,
                                      sc_model_take take, void *user) {
    sc_safetensors *file;
    SC_TRY(sc_safetensors_open(&file, env, path));
    socle_status status = sc_model_read_parameters(env, file, net, take, user);
    sc_safetensors_close(file);
    return status;
}
