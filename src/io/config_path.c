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

socle_status sc_config_get_path(char **out, const sc_config *config, const json_t *object,
                                const char *key) {
    const char *name = NULL;
    *out = NULL;
    SC_TRY(sc_config_get_string(&name, config, object, key));
    if (!name) return SOCLE_OK;
    sc_text given, path;
    sc_text_init(&given, config->env);
    sc_text_init(&path, config->env);
    socle_status status = expand(&given, name, config, object, key);
    if (status == SOCLE_OK && !given.data[0])
        status = sc_config_fail(config, object, key, "must be the name of a file, not empty");
    if (status == SOCLE_OK) {
        if (given.data[0] != '/')
            sc_text_add_bytes(&path, config->label, folder_length(config, object, key));
        sc_text_add_bytes(&path, given.data, given.length);
        status = path.status;
    }
    if (status == SOCLE_OK) status = sc_copy_string(config->env, out, path.data);
    sc_text_free(&given);
    sc_text_free(&path);
    return status;
}
