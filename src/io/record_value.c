/* SPDX-License-Identifier: Apache-2.0 */
/* Reads single values by their options: numbers, words, names, shapes. What holds other records is
 * read in record_read.c. */
#include "io/quote.h"
#include "io/record_private.h"

#include <stdio.h>
#include <string.h>

static int64_t whole(double bound) {
    return bound >= 0x1p63 ? INT64_MAX : (int64_t)bound;
}

static socle_status read_integer(int64_t *out, const sc_place *at) {
    return sc_config_get_integer(out, at->config, at->object, at->key, whole(at->option->minimum),
                                 whole(at->option->maximum));
}

static socle_status read_number(double *out, const sc_place *at) {
    const sc_option *option = at->option;
    SC_TRY(sc_config_get_number(out, at->config, at->object, at->key, option->minimum,
                                option->maximum));
    if (!option->below || *out < option->maximum) return SOCLE_OK;
    return sc_config_fail(at->config, at->object, at->key, "must be a number from %g to below %g",
                          option->minimum, option->maximum);
}

static socle_status read_pair(int out[2], const sc_place *at) {
    int64_t value[2] = {0};
    size_t count = 0;
    SC_TRY(sc_config_get_integers(value, &count, 2, at->config, at->object, at->key,
                                  whole(at->option->minimum), whole(at->option->maximum)));
    for (size_t i = 0; out && i < 2; i++) out[i] = (int)value[count == 2 ? i : 0];
    return SOCLE_OK;
}

static socle_status read_padding(sc_padding *out, const sc_place *at) {
    static const int source[5][4] = {[1] = {0, 0, 0, 0}, [2] = {0, 0, 1, 1}, [4] = {0, 1, 2, 3}};
    static const char *const words[] = {[SC_PADDING_VALID] = "valid", [SC_PADDING_SAME] = "same"};
    int64_t value[4] = {0};
    size_t count = 0;
    sc_padding padding = {SC_PADDING_EXPLICIT, {0}};
    if (json_is_string(json_object_get(at->object, at->key))) {
        int choice = 0;
        SC_TRY(sc_config_get_choice(&choice, at->config, at->object, at->key, words, 2));
        padding.way = (sc_padding_way)choice;
    } else {
        SC_TRY(sc_config_get_integers(value, &count, 4, at->config, at->object, at->key,
                                      whole(at->option->minimum), whole(at->option->maximum)));
        if (count == 3)
            return sc_config_fail(
                at->config, at->object, at->key,
                "must be same, valid, N, [vertical, horizontal] or [top, bottom, left, right]");
        for (int i = 0; i < 4; i++) padding.size[i] = (int)value[source[count][i]];
    }
    if (out) *out = padding;
    return SOCLE_OK;
}

/* A word may be true or false, which YAML and JSON take for more than a word. */
static socle_status get_word(const char **out, const sc_place *at) {
    const json_t *value = json_object_get(at->object, at->key);
    if (json_is_boolean(value) && sc_option_word(at->option, "true")) {
        *out = json_is_true(value) ? "true" : "false";
        return SOCLE_OK;
    }
    return sc_config_get_string(out, at->config, at->object, at->key);
}

static socle_status read_word(const char **out, const sc_place *at) {
    const char *given = NULL, *words[SC_FAMILY_MOST_WORDS];
    size_t count = 0;
    SC_TRY(get_word(&given, at));
    const sc_word *known = sc_option_word(at->option, given);
    if (out && known) *out = known->word;
    if (known) return SOCLE_OK;
    for (const sc_word *word = at->option->words; word->word && count < SC_FAMILY_MOST_WORDS;
         word++)
        words[count++] = word->word;
    return sc_fail_unknown(at->config, at->object, at->key, 0, at->option->key, NULL, given, words,
                           count);
}

/* Only whoever opens a file needs the variables in its name. */
static socle_status read_path(char **out, const sc_place *at) {
    const char *text = NULL;
    if (out) return sc_config_get_path(out, at->config, at->object, at->key);
    SC_TRY(sc_config_get_string(&text, at->config, at->object, at->key));
    if (text[0]) return SOCLE_OK;
    return sc_config_fail(at->config, at->object, at->key, "must be the name of a file, not empty");
}

static socle_status read_paths(char **out, const sc_place *at) {
    if (out) return sc_config_get_paths(out, at->config, at->object, at->key);
    return sc_config_check_paths(at->config, at->object, at->key);
}

static socle_status read_numbers(sc_numbers *out, const sc_place *at) {
    const json_t *list = json_object_get(at->object, at->key);
    double most = 0;
    SC_TRY(sc_config_check_numbers(&most, at->config, at->object, at->key, at->option->minimum,
                                   at->option->maximum));
    if (at->option->minimum >= 0 && !((float)most > 0))
        return sc_config_fail(at->config, at->object, at->key, "needs a number above 0");
    if (!out) return SOCLE_OK;
    if (json_array_size(list) > SC_OPTION_MOST)
        return sc_config_fail(at->config, at->object, at->key, "has at most %d numbers, not %zu",
                              (int)SC_OPTION_MOST, json_array_size(list));
    out->count = (int)json_array_size(list);
    for (int i = 0; i < out->count; i++)
        out->value[i] = (float)json_number_value(json_array_get(list, (size_t)i));
    return SOCLE_OK;
}

static socle_status read_shape(socle_shape *out, const sc_place *at) {
    const json_t *list = json_object_get(at->object, at->key);
    int64_t size[SC_OPTION_MOST] = {0};
    size_t rank = 0;
    if (out) *out = (socle_shape){0};
    if (json_is_array(list) && json_array_size(list) == 0)
        return SOCLE_OK; /* one number per sample */
    if (!json_is_number(list)) SC_TRY(sc_config_get_array(&list, at->config, at->object, at->key));
    SC_TRY(sc_config_get_integers(size, &rank, (size_t)at->option->most, at->config, at->object,
                                  at->key, whole(at->option->minimum), whole(at->option->maximum)));
    for (size_t d = 0; out && d < rank; d++) out->size[out->rank++] = size[d];
    return SOCLE_OK;
}

static socle_status check_names(const sc_place *at) {
    const json_t *value = json_object_get(at->object, at->key), *item;
    const sc_option *option = at->option;
    size_t count = json_is_array(value) ? json_array_size(value) : 1, i;
    if (!json_is_array(value) && !json_is_string(value))
        return sc_config_fail(at->config, at->object, at->key,
                              "must be a name, or a list of names");
    json_array_foreach(value, i, item) if (!json_is_string(item)) return sc_config_fail_item(
        at->config, value, i, "must be a name");
    if (count >= (size_t)option->least && count <= (size_t)option->most) return SOCLE_OK;
    if (option->most == 1)
        return sc_config_fail(at->config, at->object, at->key, "must be one name, not %zu", count);
    return sc_config_fail(at->config, at->object, at->key, "must be %d to %d names, not %zu",
                          option->least, option->most, count);
}

static socle_status read_whole(void *out, const sc_place *at) {
    int64_t value = 0;
    SC_TRY(read_integer(&value, at));
    if (out && at->option->type == SC_OPTION_INTEGER) *(int *)out = (int)value;
    if (out && at->option->type == SC_OPTION_LONG) *(int64_t *)out = value;
    return SOCLE_OK;
}

static socle_status read_real(void *out, const sc_place *at) {
    double value = 0;
    SC_TRY(read_number(&value, at));
    if (out && at->option->type == SC_OPTION_FLOAT) *(float *)out = (float)value;
    if (out && at->option->type == SC_OPTION_DOUBLE) *(double *)out = value;
    return SOCLE_OK;
}

static socle_status read_boolean(bool *out, const sc_place *at) {
    bool value;
    return sc_config_get_boolean(out ? out : &value, at->config, at->object, at->key);
}

static socle_status read_text(const char **out, const sc_place *at) {
    const char *value = NULL;
    SC_TRY(sc_config_get_string(&value, at->config, at->object, at->key));
    if (value && !value[0]) return sc_config_fail(at->config, at->object, at->key, "is empty");
    if (out) *out = value;
    return SOCLE_OK;
}

static socle_status read_name(const char **out, const sc_place *at) {
    const char *name = NULL;
    sc_env *env = sc_config_env(at->config);
    SC_TRY(sc_config_get_string(&name, at->config, at->object, at->key));
    if (sc_name_check(env, name) != SOCLE_OK)
        return sc_config_fail(at->config, at->object, at->key, "%s", env->text);
    if (out) *out = name;
    return SOCLE_OK;
}

socle_status sc_record_read_value(void *out, const sc_place *at) {
    switch (at->option->type) {
    case SC_OPTION_INTEGER:
    case SC_OPTION_LONG:
        return read_whole(out, at);
    case SC_OPTION_FLOAT:
    case SC_OPTION_DOUBLE:
        return read_real(out, at);
    case SC_OPTION_BOOL:
        return read_boolean(out, at);
    case SC_OPTION_TEXT:
        return read_text(out, at);
    case SC_OPTION_NAME:
        return read_name(out, at);
    case SC_OPTION_WORD:
        return read_word(out, at);
    case SC_OPTION_PATH:
        return read_path(out, at);
    case SC_OPTION_PATHS:
        return read_paths(out, at);
    case SC_OPTION_PAIR:
        return read_pair(out, at);
    case SC_OPTION_PADDING:
        return read_padding(out, at);
    case SC_OPTION_NUMBERS:
        return read_numbers(out, at);
    case SC_OPTION_SHAPE:
        return read_shape(out, at);
    case SC_OPTION_NAMES:
        return check_names(at);
    default:
        return SOCLE_OK; /* of the types above alone */
    }
}
