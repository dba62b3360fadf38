/* SPDX-License-Identifier: Apache-2.0 */
/* Saving and loading model files. What a network or a safetensors file is, others know; here is how
 * the one lies in the other. */
#include "model/model.h"

#include "io/format.h"
#include "model/net_config.h"

#include <string.h>

static const char format_word[] = "socle", preparation_key[] = "preparation";
static const sc_format versions = {"model file", 1, 1};

static socle_shape shape_of(const sc_parameter *parameter) {
    socle_shape shape = {.rank = parameter->desc.rank};
    for (int d = 0; d < shape.rank; d++) shape.size[d] = parameter->desc.dim[d];
    return shape;
}

socle_status sc_model_declare(sc_safetensors_writer *writer, const sc_net *net) {
    char *text, version[SC_FORMAT_TEXT];
    sc_format_text(version, &versions);
    SC_TRY(sc_net_text(&text, net));
    socle_status status = sc_safetensors_writer_metadata(writer, "format", format_word);
    if (status == SOCLE_OK) status = sc_safetensors_writer_metadata(writer, "version", version);
    if (status == SOCLE_OK) status = sc_safetensors_writer_metadata(writer, "network", text);
    if (status == SOCLE_OK && net->preparation)
        status = sc_safetensors_writer_metadata(writer, preparation_key, net->preparation);
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

static socle_status check_metadata(sc_env *env, const sc_safetensors *file) {
    const char *path = sc_safetensors_path(file), *format = sc_safetensors_metadata(file, "format");
    if (!format || strcmp(format, format_word) != 0)
        return sc_fail(
            env, SOCLE_STATUS_DATA,
            "%s: holds weights, but not the network they belong to; give the configuration too",
            path);
    SC_TRY(sc_format_check(env, &versions, path, sc_safetensors_metadata(file, "version")));
    if (!sc_safetensors_metadata(file, "network"))
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: the metadata lack the network", path);
    return SOCLE_OK;
}

/* A description that is wrong is bad data here: a program wrote it, no person. */
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
    const char *preparation = sc_safetensors_metadata(file, preparation_key);
    if (status == SOCLE_OK && preparation) status = sc_net_set_preparation(net, preparation);
    return status;
}

socle_status sc_model_read_net(sc_net **out, sc_env *env, const sc_safetensors *file) {
    sc_net *net;
    *out = NULL;
    SC_TRY(check_metadata(env, file));
    SC_TRY(sc_net_create(&net, env));
    socle_status status = as_data(env, read_description(net, env, file));
    if (status == SOCLE_OK) status = sc_model_check_parameters(env, file, net, NULL);
    if (status != SOCLE_OK) {
        sc_net_destroy(net);
        return status;
    }
    *out = net;
    return SOCLE_OK;
}

static socle_status read_again(sc_net *again, const sc_net *net) {
    sc_env *env = net->env;
    sc_config *config;
    char *text;
    SC_TRY(sc_net_text(&text, net));
    socle_status status = sc_config_parse(&config, env, "network", text, strlen(text));
    sc_release(env, text);
    SC_TRY(status);
    status = sc_net_read_text(again, config);
    sc_config_destroy(config);
    return status;
}

socle_status sc_model_check_net(sc_env *env, const sc_net *net) {
    sc_net *again;
    SC_TRY(sc_net_create(&again, env));
    socle_status status = read_again(again, net);
    if (status == SOCLE_OK && again->parameters != net->parameters)
        status = sc_fail(env, SOCLE_STATUS_CONFIG,
                         "layers lie outside of the networks, and no loss reads them");
    if (status == SOCLE_STATUS_SHAPE) status = SOCLE_STATUS_CONFIG;
    sc_net_destroy(again);
    return status;
}

socle_status sc_model_has_preparation(bool *out, sc_env *env, const char *path) {
    sc_safetensors *file;
    *out = false;
    SC_TRY(sc_safetensors_open(&file, env, path));
    *out = sc_safetensors_metadata(file, preparation_key) != NULL;
    sc_safetensors_close(file);
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
