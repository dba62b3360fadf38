/* SPDX-License-Identifier: Apache-2.0 */
/* Loading, looking up by path, and writing the tree. */
#include "io/config.h"
#include "base/file.h"
#include "base/text.h"
#include "io/config_hint.h"
#include "io/config_private.h"
#include "io/json_text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static socle_status create(sc_config **out, sc_env *env, const char *label) {
    sc_config *config;
    SC_TRY(sc_allocate(env, &config, 1, sizeof *config));
    config->env = env;
    socle_status status = sc_copy_string(env, &config->label, label);
    if (status == SOCLE_OK) status = sc_arena_create(&config->keys, env);
    if (status != SOCLE_OK) {
        sc_config_destroy(config);
        return status;
    }
    *out = config;
    return SOCLE_OK;
}

socle_status sc_config_parse(sc_config **out, sc_env *env, const char *label, const char *text,
                             size_t size) {
    *out = NULL;
    if (size > SC_CONFIG_MAX_BYTES)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: %zu bytes; a configuration may have %d",
                       label, size, SC_CONFIG_MAX_BYTES);
    sc_config *config;
    SC_TRY(create(&config, env, label));
    const sc_config_node top = {.parent = SIZE_MAX};
    socle_status status = sc_config_read_yaml(&config->root, config, label, &top, -1, text, size);
    if (status == SOCLE_OK && !json_is_object(config->root))
        status = sc_fail(env, SOCLE_STATUS_CONFIG,
                         "%s:%d: a configuration is a mapping (\"key: value\" lines)", label,
                         config->nodes[0].line);
    if (status != SOCLE_OK) {
        sc_config_destroy(config);
        return status;
    }
    *out = config;
    return SOCLE_OK;
}

/* All of standard input, at most one byte more than allowed. */
static socle_status read_standard_input(sc_env *env, char **text, size_t *size) {
    size_t capacity = 0;
    *text = NULL;
    *size = 0;
    while (*size <= SC_CONFIG_MAX_BYTES) {
        socle_status status = sc_grow(env, text, &capacity, *size + 4096, 1);
        if (status != SOCLE_OK) {
            sc_release(env, *text);
            *text = NULL;
            return status;
        }
        ssize_t got = read(STDIN_FILENO, *text + *size, capacity - *size);
        if (got == 0) break;
        if (got < 0 && errno != EINTR) {
            sc_fail(env, SOCLE_STATUS_IO, "standard input: %s", strerror(errno));
            sc_release(env, *text);
            *text = NULL;
            return SOCLE_STATUS_IO;
        }
        if (got > 0) *size += (size_t)got;
    }
    return SOCLE_OK;
}

/* Keys of the top level that begin with "x-" are the user's own: a place for anchors, as in compose
 * files. */
static void drop_extensions(json_t *root) {
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(root, next, key, value) if (strncmp(key, "x-", 2) == 0)
        json_object_del(root, key);
}

socle_status sc_config_load(sc_config **out, sc_env *env, const char *path) {
    *out = NULL;
    char *text;
    size_t size;
    bool piped = strcmp(path, "-") == 0;
    socle_status status = piped ? read_standard_input(env, &text, &size)
                                : sc_file_read(env, &text, &size, path, SC_CONFIG_MAX_BYTES);
    if (status == SOCLE_STATUS_DATA) /* over the limit: for a configuration, a matter of
                                        configuration */
        return env->status = SOCLE_STATUS_CONFIG;
    SC_TRY(status);
    status = sc_config_parse(out, env, piped ? "standard input" : path, text, size);
    sc_release(env, text);
    if (status != SOCLE_OK) return status;
    (*out)->is_file = !piped;
    drop_extensions((*out)->root);
    return SOCLE_OK;
}

void sc_config_destroy(sc_config *config) {
    if (!config) return;
    sc_config_drop_nodes(config, 0);
    json_decref(config->root);
    sc_arena_destroy(config->keys);
    sc_release(config->env, config->nodes);
    sc_release(config->env, config->label);
    sc_release(config->env, config);
}

const char *sc_config_label(const sc_config *config) {
    return config->label;
}

sc_env *sc_config_env(const sc_config *config) {
    return config->env;
}

json_t *sc_config_root(const sc_config *config) {
    return config->root;
}

void sc_config_describe(sc_config *config, const sc_record *table) {
    config->table = table;
}

const sc_record *sc_config_table(const sc_config *config) {
    return config->table;
}

bool sc_config_next_step(sc_config_step *step, const char **path) {
    const char *at = *path;
    step->is_index = *at == '[';
    if (step->is_index) {
        size_t digits = strspn(++at, "0123456789");
        if (digits == 0 || digits > 9 || at[digits] != ']') return false;
        step->index = 0;
        for (size_t i = 0; i < digits; i++) step->index = step->index * 10 + (size_t)(at[i] - '0');
        at += digits + 1;
    } else {
        size_t length = strcspn(at, ".[");
        if (length == 0 || length > SC_CONFIG_MAX_KEY) return false;
        memcpy(step->key, at, length);
        step->key[length] = '\0';
        at += length;
    }
    if (*at == '.') {
        at++;
        if (*at == '\0' || *at == '[' || *at == '.') return false;
    } else if (*at != '\0' && *at != '[') {
        return false;
    }
    *path = at;
    return true;
}

json_t *sc_config_take_step(json_t *value, const sc_config_step *step) {
    if (step->is_index) return json_array_get(value, step->index);
    return json_object_get(value, step->key);
}

json_t *sc_config_find(const sc_config *config, const char *path) {
    json_t *value = config->root;
    sc_config_step step;
    do {
        if (!sc_config_next_step(&step, &path)) return NULL;
        value = sc_config_take_step(value, &step);
    } while (value && *path != '\0');
    return value;
}

socle_status sc_config_text(char **out, const sc_config *config, int indent) {
    sc_text text;
    *out = NULL;
    sc_text_init(&text, config->env);
    sc_json_text(&text, config->root, indent);
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_copy_string(config->env, out, text.data);
    sc_text_free(&text);
    return status;
}

socle_status sc_config_save(const sc_config *config, const char *path) {
    sc_text text;
    sc_text_init(&text, config->env);
    sc_json_text(&text, config->root, 2);
    sc_text_add(&text, "\n");
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_file_write_whole(config->env, path, text.data, text.length);
    sc_text_free(&text);
    return status;
}
