/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a model file: a network that is read has a text that reads back as the same network,
 * and all of its parameters are in the file. */
#include "fuzz.h"

#include "model/model.h"
#include "model/net_config.h"

static const socle_status bad[] = {SOCLE_STATUS_DATA, SOCLE_OK};

static socle_status take(void *user, int parameter, const float *data) {
    double *sum = user;
    *sum += (double)data[0] * parameter;
    return SOCLE_OK;
}

static void check_text(sc_env *env, const sc_net *net) {
    char *text, *again;
    sc_config *config;
    sc_net *copy;
    FUZZ_REQUIRE(sc_net_text(&text, net) == SOCLE_OK);
    FUZZ_REQUIRE(sc_config_parse(&config, env, "text", text, strlen(text)) == SOCLE_OK);
    FUZZ_REQUIRE(sc_net_create(&copy, env) == SOCLE_OK);
    FUZZ_REQUIRE(sc_net_read_text(copy, config) == SOCLE_OK);
    FUZZ_REQUIRE(sc_net_text(&again, copy) == SOCLE_OK);
    FUZZ_REQUIRE(strcmp(text, again) == 0);
    sc_release(env, text);
    sc_release(env, again);
    sc_net_destroy(copy);
    sc_config_destroy(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sc_env env;
    sc_safetensors *file;
    sc_net *net;
    double sum = 0;
    sc_env_init(&env, NULL, NULL);
    socle_status status = sc_safetensors_open_memory(&file, &env, "fuzz", data, size);
    if (status != SOCLE_OK) {
        fuzz_failed_well(&env, status, bad);
        return 0;
    }
    status = sc_model_read_net(&net, &env, file);
    if (status != SOCLE_OK) {
        fuzz_failed_well(&env, status, bad);
    } else {
        check_text(&env, net);
        FUZZ_REQUIRE(sc_model_read_parameters(&env, file, net, NULL, take, &sum) == SOCLE_OK);
        sc_net_destroy(net);
    }
    sc_safetensors_close(file);
    return 0;
}

static const char header[] =
    "{\"__metadata__\":{\"format\":\"socle\",\"network\":\"{\\\"inputs\\\":[{\\\"name\\\":"
    "\\\"input\\\",\\\"shape\\\":[2]}],"
    "\\\"network\\\":[{\\\"dense\\\":{\\\"units\\\":1}}]}\",\"version\":\"1\"},"
    "\"dense1.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
    "\"dense1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}";

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    uint8_t base[8 + sizeof header - 1 + 12] = {(sizeof header - 1) & 0xff,
                                                (sizeof header - 1) >> 8};
    memcpy(base + 8, header, sizeof header - 1);
    return fuzz_mutate_safetensors(data, size, max_size, seed, base, sizeof base);
}
