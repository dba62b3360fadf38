/* SPDX-License-Identifier: Apache-2.0 */
/* Names of files in a configuration: ~ and ${NAME} are what they are in a shell, the rest is
 * relative to the folder of the configuration. */
#include "base/text.h"
#include "io/config_private.h"
#include "io/quote.h"

#include <stdlib.h>
#include <string.h>

/* "${NAME}" at *at becomes the variable's value. */
static socle_status add_variable(sc_text *path, const char **at, const sc_config *config,
                                 const json_t *object, const char *key) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    char name[128];
    size_t length = strspn(*at + 2, letters);
    if (length == 0 || length >= sizeof name || (*at)[2 + length] != '}' ||
        ((*at)[2] >= '0' && (*at)[2] <= '9'))
        return sc_config_fail(config, object, key,
                              "\"%s\": after ${ come the name of a variable and }",
                              sc_quote(*at).text);
    memcpy(name, *at + 2, length);
    name[length] = '\0';
    const char *value = getenv(name);
    if (!value)
        return sc_config_fail(config, object, key, "the environment has no variable %s",
                              sc_quote(name).text);
    sc_text_add_bytes(path, value, strlen(value));
    *at += length + 3;
    return SOCLE_OK;
}

static socle_status expand(sc_text *path, const char *name, const sc_config *config,
                           const json_t *object, const char *key) {
    if (name[0] == '~' && (name[1] == '/' || name[1] == '\0')) {
        const char *home = getenv("HOME");
        if (!home || !*home)
            return sc_config_fail(config, object, key,
                                  "~ needs the variable HOME, which is not set");
        sc_text_add_bytes(path, home, strlen(home));
        name++;
    }
    while (*name) {
        size_t plain = 0;
        while (name[plain] && (name[plain] != '$' || name[plain + 1] != '{')) plain++;
        sc_text_add_bytes(path, name, plain);
        name += plain;
        if (*name) SC_TRY(add_variable(path, &name, config, object, key));
    }
    return path->status;
}

/* The folder of the configuration, where a value came from its file. */
static size_t folder_length(const sc_config *config, const json_t *object, const char *key) {
    const char *slash = strrchr(config->label, '/');
    bool beside =
        config->is_file && slash && sc_config_line(config, object, key) != SC_CONFIG_FROM_SET;
    return beside ? (size_t)(slash - config->label) + 1 : 0;
}

static socle_status add_path(sc_text *out, const char *name, const sc_config *config,
                             const json_t *object, const char *key) {
    sc_text given;
    sc_text_init(&given, config->env);
    socle_status status = expand(&given, name, config, object, key);
    if (status == SOCLE_OK && !given.data[0])
        status = sc_config_fail(config, object, key, "must be the name of a file, not empty");
    if (status == SOCLE_OK && given.data[0] != '/')
        sc_text_add_bytes(out, config->label, folder_length(config, object, key));
    if (status == SOCLE_OK) sc_text_add_bytes(out, given.data, given.length);
    sc_text_free(&given);
    return status == SOCLE_OK ? out->status : status;
}

socle_status sc_config_get_path(char **out, const sc_config *config, const json_t *object,
                                const char *key) {
    const char *name = NULL;
    sc_text path;
    *out = NULL;
    SC_TRY(sc_config_get_string(&name, config, object, key));
    if (!name) return SOCLE_OK;
    sc_text_init(&path, config->env);
    socle_status status = add_path(&path, name, config, object, key);
    if (status == SOCLE_OK) status = sc_copy_string(config->env, out, path.data);
    sc_text_free(&path);
    return status;
}

socle_status sc_config_check_paths(const sc_config *config, const json_t *object, const char *key) {
    const json_t *list = json_object_get(object, key), *item;
    size_t i;
    if (!json_is_string(list) && !json_array_size(list))
        return sc_config_fail(config, object, key,
                              "must be the name of a file, or a list of names");
    json_array_foreach(list, i, item) if (!json_string_length(item)) return sc_config_fail_item(
        config, list, i, "must be the name of a file, not empty");
    if (json_is_string(list) && !json_string_length(list))
        return sc_config_fail(config, object, key, "must be the name of a file, not empty");
    return SOCLE_OK;
}

socle_status sc_config_get_paths(char **out, const sc_config *config, const json_t *object,
                                 const char *key) {
    const json_t *list = json_object_get(object, key), *item;
    sc_text paths;
    size_t i;
    *out = NULL;
    if (!json_is_array(list)) return sc_config_get_path(out, config, object, key);
    SC_TRY(sc_config_check_paths(config, object, key));
    sc_text_init(&paths, config->env);
    socle_status status = SOCLE_OK;
    json_array_foreach(list, i, item) {
        if (i) sc_text_add(&paths, "\n");
        if (status == SOCLE_OK)
            status = add_path(&paths, json_string_value(item), config, object, key);
    }
    if (status == SOCLE_OK) status = sc_copy_string(config->env, out, paths.data);
    sc_text_free(&paths);
    return status;
}
