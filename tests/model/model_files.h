/* SPDX-License-Identifier: Apache-2.0 */
/* A small network with values, and what reads values back, for the tests of model files. */
#ifndef SC_TESTS_MODEL_FILES_H
#define SC_TESTS_MODEL_FILES_H

#include "model/model.h"
#include "net_text.h"
#include "sc_temp.h"

enum { MOST_PARAMETERS = 32 };

typedef struct values {
    sc_net *net;
    float *of[MOST_PARAMETERS];
} values;

static SC_UNUSED void values_free(values *values) {
    for (int p = 0; p < MOST_PARAMETERS; p++) free(values->of[p]);
    sc_net_destroy(values->net);
}

static SC_UNUSED size_t values_count(const sc_net *net, int p) {
    return (size_t)sc_tensor_elements(&net->parameter[p].desc);
}

/* Different numbers everywhere; infinite and not-a-number ones too, which a file keeps as they are.
 */
static SC_UNUSED void values_fill(values *values) {
    uint32_t word = 0x9e3779b9u;
    SC_TRUE(values->net->parameters <= MOST_PARAMETERS);
    for (int p = 0; p < (int)values->net->parameters; p++) {
        size_t count = values_count(values->net, p);
        values->of[p] = malloc(count * sizeof(float));
        for (size_t i = 0; i < count; i++) {
            word = word * 1664525u + 1013904223u;
            memcpy(&values->of[p][i], &word, sizeof word);
        }
    }
}

/* A sc_model_take that keeps a copy. */
static SC_UNUSED socle_status values_take(void *user, int parameter, const float *data) {
    values *values = user;
    size_t bytes = values_count(values->net, parameter) * sizeof(float);
    SC_TRUE(parameter < MOST_PARAMETERS && !values->of[parameter]);
    values->of[parameter] = malloc(bytes);
    memcpy(values->of[parameter], data, bytes);
    return SOCLE_OK;
}

#define MODEL_YAML                                                                                 \
    "network: [{conv2d: {filters: 4, kernel: 3}}, batchnorm, relu, global_avgpool, "               \
    "{dense: 3}]\nloss: softmax_cross_entropy\n"

static SC_UNUSED void values_net(values *out, sc_env *env, const char *yaml) {
    static const socle_shape image = {3, {1, 8, 8}};
    *out = (values){0};
    SC_OK(env, net_from_yaml(&out->net, env, &image, yaml));
    values_fill(out);
}

/* Writes a safetensors file with the metadata given and the parameters of `of`, whose tensor
 * `changed` is renamed or reshaped. */
typedef struct forged {
    const char *format, *version, *network; /* NULL: left out */
    int changed;                            /* -1: none */
    const char *name;                       /* of the changed tensor; NULL: left out */
    bool transpose, integers;
    const char *extra; /* name of one more tensor; NULL: none */
} forged;

static SC_UNUSED void write_forged(sc_env *env, const char *path, const values *of,
                                   const forged *forged) {
    sc_safetensors_writer *writer;
    SC_OK(env, sc_safetensors_writer_create(&writer, env, path));
    if (forged->format)
        SC_OK(env, sc_safetensors_writer_metadata(writer, "format", forged->format));
    if (forged->version)
        SC_OK(env, sc_safetensors_writer_metadata(writer, "version", forged->version));
    if (forged->network)
        SC_OK(env, sc_safetensors_writer_metadata(writer, "network", forged->network));
    for (int pass = 0; pass < 2; pass++) {
        for (int p = 0; p < (int)of->net->parameters; p++) {
            const sc_tensor_desc *desc = &of->net->parameter[p].desc;
            bool changed = p == forged->changed;
            const char *name = changed ? forged->name : of->net->parameter[p].name;
            socle_shape shape = {.rank = desc->rank};
            for (int d = 0; d < desc->rank; d++)
                shape.size[d] = desc->dim[changed && forged->transpose ? desc->rank - 1 - d : d];
            if (!name) continue;
            if (pass)
                SC_OK(env, sc_safetensors_writer_data(writer, of->of[p], sc_tensor_bytes(desc)));
            else
                SC_OK(env, sc_safetensors_writer_declare(
                               writer, name, changed && forged->integers ? SOCLE_I32 : SOCLE_F32,
                               &shape));
        }
        const socle_shape one = {1, {1}};
        if (forged->extra && !pass)
            SC_OK(env, sc_safetensors_writer_declare(writer, forged->extra, SOCLE_F32, &one));
        if (forged->extra && pass)
            SC_OK(env, sc_safetensors_writer_data(writer, of->of[0], sizeof(float)));
    }
    SC_OK(env, sc_safetensors_writer_commit(writer));
}

#endif
