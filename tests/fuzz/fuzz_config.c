/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: any bytes as a configuration, the first line of it also as a --set. The text of what
 * was read must read back as the same tree. */
#include "io/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_failure(const sc_env *env, socle_status status) {
    if (status != SOCLE_STATUS_CONFIG || env->text[0] == '\0') abort();
}

static void check_text(sc_env *env, const sc_config *config) {
    char *text;
    sc_config *again;
    if (sc_config_text(&text, config, 2) != SOCLE_OK) abort();
    if (sc_config_parse(&again, env, "again", text, strlen(text)) != SOCLE_OK) abort();
    if (!json_equal(sc_config_root(config), sc_config_root(again))) abort();
    sc_config_destroy(again);
    sc_release(env, text);
}

static void check_set(sc_env *env, sc_config *config, const uint8_t *data, size_t size) {
    const uint8_t *end = memchr(data, '\n', size);
    size_t length = end ? (size_t)(end - data) : size;
    char *line = calloc(1, length + 1);
    memcpy(line, data, length);
    socle_status status = sc_config_set(config, line);
    if (status != SOCLE_OK) check_failure(env, status);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const words[] = {"a", "network", "train"};
    sc_env env;
    sc_config *config;
    int64_t value;
    sc_env_init(&env, NULL, NULL);
    socle_status status = sc_config_parse(&config, &env, "fuzz", (const char *)data, size);
    if (status != SOCLE_OK) {
        check_failure(&env, status);
        if (sc_config_parse(&config, &env, "fuzz", "a: [1, {b: 2}]", 14) != SOCLE_OK) abort();
    }
    check_set(&env, config, data, size);
    check_text(&env, config);
    const json_t *root = sc_config_root(config);
    status = sc_config_get_integer(&value, config, root, "a", 0, 10);
    if (status != SOCLE_OK) check_failure(&env, status);
    status = sc_config_check_keys(config, root, words, 3);
    if (status != SOCLE_OK) check_failure(&env, status);
    sc_config_destroy(config);
    return 0;
}
