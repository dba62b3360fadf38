/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes one option by its type. What an option means is the layer's affair; here are
 * only its forms. */
#include "model/net_option.h"

#include "io/json_text.h"

#include <string.h>

static socle_status read_integer(int *out, const sc_config *config, const json_t *object,
                                 const char *key, const sc_option *option) {
    int64_t value = 0;
    SC_TRY(sc_config_get_integer(&value, config, object, key, (int64_t)option->minimum,
                                 (int64_t)option->maximum));
    *out = (int)value;
    return SOCLE_OK;
}

static socle_status read_number(float *out, const sc_config *config, const json_t *object,
                                const char *key, const sc_option *option) {
    double value = 0;
    SC_TRY(sc_config_get_number(&value, config, object, key, option->minimum, option->maximum));
    *out = (float)value;
    return SOCLE_OK;
}

static socle_status read_pair(int out[2], const sc_config *config, const json_t *object,
                              const char *key, const sc_option *option) {
    int64_t value[2] = {0};
    size_t count = 0;
    SC_TRY(sc_config_get_integers(value, &count, 2, config, object, key, (int64_t)option->minimum,
                                  (int64_t)option->maximum));
    for (size_t i = 0; i < 2; i++) out[i] = (int)value[count == 2 ? i : 0];
    return SOCLE_OK;
}

static const char *const padding_words[] = {"valid", "same"};

static socle_status read_padding(sc_layer_options *out, const sc_config *config,
                                 const json_t *object, const char *key, const sc_option *option) {
    static const int source[5][4] = {[1] = {0, 0, 0, 0}, [2] = {0, 0, 1, 1}, [4] = {0, 1, 2, 3}};
    int64_t value[4] = {0};
    size_t count = 0;
    if (json_is_string(json_object_get(object, key))) {
        int choice = 0;
        SC_TRY(sc_config_get_choice(&choice, config, object, key, padding_words, 2));
        out->padding = choice ? SC_PADDING_SAME : SC_PADDING_VALID;
        return SOCLE_OK;
    }
    SC_TRY(sc_config_get_integers(value, &count, 4, config, object, key, (int64_t)option->minimum,
                                  (int64_t)option->maximum));
    if (count == 3)
        return sc_config_fail(
            config, object, key,
            "must be same, valid, N, [vertical, horizontal] or [top, bottom, left, right]");
    out->padding = SC_PADDING_EXPLICIT;
    for (int i = 0; i < 4; i++) out->pad[i] = (int)value[source[count][i]];
    return SOCLE_OK;
}

static socle_status read_word(const char **out, const sc_config *config, const json_t *object,
                              const char *key, const sc_option *option) {
    const char *given = NULL;
    SC_TRY(sc_config_get_string(&given, config, object, key));
    const char *word = sc_word_meant(SC_WORD_LAYER, given);
    for (const char *const *known = option->words; *known; known++) {
        if (strcmp(*known, word) != 0) continue;
        *out = *known;
        return SOCLE_OK;
    }
    return sc_fail_unknown(config, object, key, 0, SC_WORD_LAYER, given, option->words,
                           sc_count_words(option->words));
}

/* he_normal, or {normal: 0.01}. */
static socle_status read_initializer(sc_initializer *out, const sc_config *config,
                                     const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    const char *const *words = sc_initializer_words();
    size_t count = sc_count_words(words), row = 0;
    bool scaled = json_is_object(value) && json_object_size(value) == 1;
    const char *word =
        scaled ? json_object_iter_key(json_object_iter((json_t *)value)) : json_string_value(value);
    if (!word)
        return sc_config_fail(config, object, key,
                              "must be an initialiser such as he_normal or {normal: 0.01}");
    const char *meant = sc_word_meant(SC_WORD_INITIALIZER, word);
    while (row < count && strcmp(words[row], meant) != 0) row++;
    if (row == count)
        return sc_fail_unknown(config, object, key, 0, SC_WORD_INITIALIZER, word, words, count);
    if (sc_initializer_needs_scale(words[row]) != scaled)
        return sc_config_fail(config, object, key,
                              scaled ? "%s takes no number: write %s"
                                     : "%s needs a number: {%s: 0.01}",
                              words[row], words[row]);
    double scale = 0;
    if (scaled) SC_TRY(sc_config_get_number(&scale, config, value, word, 0, 1e6));
    *out = (sc_initializer){words[row], (float)scale};
    return SOCLE_OK;
}

socle_status sc_option_read(sc_layer_options *out, const sc_config *config, const json_t *object,
                            const char *key, const sc_option *option) {
    void *at = (char *)out + option->offset;
    switch (option->type) {
    case SC_OPTION_INT:
        return read_integer(at, config, object, key, option);
    case SC_OPTION_NUMBER:
        return read_number(at, config, object, key, option);
    case SC_OPTION_BOOL:
        return sc_config_get_boolean(at, config, object, key);
    case SC_OPTION_PAIR:
        return read_pair(at, config, object, key, option);
    case SC_OPTION_PADDING:
        return read_padding(out, config, object, key, option);
    case SC_OPTION_WORD:
        return read_word(at, config, object, key, option);
    case SC_OPTION_INITIALIZER:
        return read_initializer(at, config, object, key);
    }
    return SOCLE_OK;
}

static json_t *padding_value(const sc_layer_options *options) {
    const int *pad = options->pad;
    if (options->padding == SC_PADDING_SAME) return json_string(padding_words[1]);
    if (options->padding == SC_PADDING_VALID) return json_string(padding_words[0]);
    return json_pack("[i, i, i, i]", pad[0], pad[1], pad[2], pad[3]);
}

static json_t *initializer_value(const sc_initializer *init) {
    if (!sc_initializer_needs_scale(init->kind)) return json_string(init->kind);
    return json_pack("{s: f}", init->kind, sc_number_of_float(init->scale));
}

json_t *sc_option_value(const sc_layer_options *options, const sc_option *option) {
    const void *at = (const char *)options + option->offset;
    switch (option->type) {
    case SC_OPTION_INT:
        return json_integer(*(const int *)at);
    case SC_OPTION_NUMBER:
        return json_real(sc_number_of_float(*(const float *)at));
    case SC_OPTION_BOOL:
        return json_boolean(*(const bool *)at);
    case SC_OPTION_PAIR:
        return json_pack("[i, i]", ((const int *)at)[0], ((const int *)at)[1]);
    case SC_OPTION_PADDING:
        return padding_value(options);
    case SC_OPTION_WORD:
        return json_string(*(const char *const *)at);
    case SC_OPTION_INITIALIZER:
        return initializer_value(at);
    }
    return NULL;
}
