/* SPDX-License-Identifier: Apache-2.0 */
/* Writes structs by their tables. */
#include "io/json_text.h"
#include "io/record.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

json_t *sc_absolute_path(const char *path) {
    char folder[PATH_MAX], whole[2 * PATH_MAX];
    if (path[0] == '/' || !getcwd(folder, sizeof folder)) return json_string(path);
    snprintf(whole, sizeof whole, "%s/%s", folder, path);
    return json_string(whole);
}

json_t *sc_absolute_paths(const char *paths) {
    char path[PATH_MAX];
    json_t *list = json_array();
    for (const char *at = paths, *end; *at; at = *end ? end + 1 : end) {
        end = strchrnul(at, '\n');
        snprintf(path, sizeof path, "%.*s", (int)(end - at), at);
        if (at == paths && !*end) {
            json_decref(list);
            return sc_absolute_path(path);
        }
        json_array_append_new(list, sc_absolute_path(path));
    }
    return list;
}

static json_t *padding_value(const sc_padding *padding) {
    const int *size = padding->size;
    if (padding->way == SC_PADDING_SAME) return json_string("same");
    if (padding->way == SC_PADDING_VALID) return json_string("valid");
    return json_pack("[i, i, i, i]", size[0], size[1], size[2], size[3]);
}

static json_t *shape_value(const socle_shape *shape) {
    json_t *out = json_array();
    for (int d = 0; d < shape->rank; d++) json_array_append_new(out, json_integer(shape->size[d]));
    return out;
}

static json_t *numbers_value(const sc_numbers *numbers) {
    json_t *list = json_array();
    for (int i = 0; i < numbers->count; i++)
        json_array_append_new(list, json_real(sc_number_of_float(numbers->value[i])));
    return list;
}

/* he_normal; {normal: 0.01}, where the kind has a main option alone; {word: {options}}. */
static json_t *kind_value(const void *at, const sc_family *family) {
    const char *named, *word = *(const char *const *)at;
    const sc_record *kind = sc_family_find(family, word, &named);
    if (!kind || !kind->count) return json_string(word);
    const sc_option *main = kind->count == 1 ? sc_option_main(kind, NULL) : NULL;
    json_t *value =
        main ? sc_option_value((const char *)at + main->offset, main) : sc_record_value(at, kind);
    return json_pack("{s: o}", word, value);
}

json_t *sc_option_value(const void *at, const sc_option *option) {
    const char *text;
    switch (option->type) {
    case SC_OPTION_INTEGER:
        return json_integer(*(const int *)at);
    case SC_OPTION_LONG:
        return json_integer(*(const int64_t *)at);
    case SC_OPTION_FLOAT:
        return json_real(sc_number_of_float(*(const float *)at));
    case SC_OPTION_DOUBLE:
        return json_real(*(const double *)at);
    case SC_OPTION_BOOL:
        return json_boolean(*(const bool *)at);
    case SC_OPTION_WORD:
        text = *(const char *const *)at;
        if (text && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
            return json_boolean(text[0] == 't');
        return text ? json_string(text) : NULL;
    case SC_OPTION_TEXT:
    case SC_OPTION_NAME:
        text = *(const char *const *)at;
        return text ? json_string(text) : NULL;
    case SC_OPTION_PATH:
        text = *(const char *const *)at;
        return text ? sc_absolute_path(text) : NULL;
    case SC_OPTION_PATHS:
        text = *(const char *const *)at;
        return text ? sc_absolute_paths(text) : NULL;
    case SC_OPTION_PAIR:
        return json_pack("[i, i]", ((const int *)at)[0], ((const int *)at)[1]);
    case SC_OPTION_SHAPE:
        return shape_value(at);
    case SC_OPTION_PADDING:
        return padding_value(at);
    case SC_OPTION_NUMBERS:
        return numbers_value(at);
    case SC_OPTION_KIND:
        return kind_value(at, option->family);
    case SC_OPTION_SECTION:
        return sc_record_value(at, option->record);
    default:
        return NULL;
    }
}

static bool is_absent(const void *at, const sc_option *option) {
    switch (option->type) {
    case SC_OPTION_WORD:
    case SC_OPTION_TEXT:
    case SC_OPTION_NAME:
    case SC_OPTION_PATH:
    case SC_OPTION_PATHS:
        return *(const char *const *)at == NULL;
    case SC_OPTION_DOUBLE:
        return isnan(*(const double *)at);
    default:
        return false;
    }
}

/* As nothing was said of a section, nothing is written of it: so that one of its keys, if it is
 * added later, means what it does in a configuration of one's own. */
static bool is_default(json_t *value, const sc_record *record, const sc_option *option) {
    const void *standard = sc_option_standard(record, option);
    if (option->type != SC_OPTION_SECTION || !standard) return false;
    json_t *usual = sc_option_value(standard, option);
    bool equal = json_equal(value, usual);
    json_decref(usual);
    return equal;
}

json_t *sc_record_value(const void *data, const sc_record *record) {
    json_t *out = json_object();
    bool done = out != NULL;
    for (int i = 0; done && i < record->count; i++) {
        const sc_option *option = &record->options[i];
        if (option->offset == SC_OPTION_ELSEWHERE) continue;
        const void *at = (const char *)data + option->offset;
        if (is_absent(at, option)) continue;
        json_t *value = sc_option_value(at, option);
        if (is_default(value, record, option)) {
            json_decref(value);
            continue;
        }
        done = value && json_object_set_new(out, option->key, value) == 0;
    }
    if (done) return out;
    json_decref(out);
    return NULL;
}
