/* SPDX-License-Identifier: Apache-2.0 */
/* Reads mappings by their tables. */
#include "io/quote.h"
#include "io/record.h"

#include <stdio.h>
#include <string.h>

/* One value to read: a member of an object, which may stand under its kind's word in place of the
 * option's key. */
typedef struct place {
    const sc_config *config;
    const json_t *object;
    const char *key;
    const sc_option *option;
} place;

static int64_t whole(double bound) {
    return bound >= 0x1p63 ? INT64_MAX : (int64_t)bound;
}

static socle_status read_integer(int64_t *out, const place *at) {
    return sc_config_get_integer(out, at->config, at->object, at->key, whole(at->option->minimum),
                                 whole(at->option->maximum));
}

static socle_status read_number(double *out, const place *at) {
    const sc_option *option = at->option;
    SC_TRY(sc_config_get_number(out, at->config, at->object, at->key, option->minimum,
                                option->maximum));
    if (!option->below || *out < option->maximum) return SOCLE_OK;
    return sc_config_fail(at->config, at->object, at->key, "must be a number from %g to below %g",
                          option->minimum, option->maximum);
}

static socle_status read_pair(int out[2], const place *at) {
    int64_t value[2] = {0};
    size_t count = 0;
    SC_TRY(sc_config_get_integers(value, &count, 2, at->config, at->object, at->key,
                                  whole(at->option->minimum), whole(at->option->maximum)));
    for (size_t i = 0; out && i < 2; i++) out[i] = (int)value[count == 2 ? i : 0];
    return SOCLE_OK;
}

static socle_status read_padding(sc_padding *out, const place *at) {
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

static socle_status read_word(const char **out, const place *at) {
    const char *given = NULL, *words[SC_FAMILY_MOST_WORDS];
    size_t count = 0;
    SC_TRY(sc_config_get_string(&given, at->config, at->object, at->key));
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
static socle_status read_path(char **out, const place *at) {
    const char *text = NULL;
    if (out) return sc_config_get_path(out, at->config, at->object, at->key);
    SC_TRY(sc_config_get_string(&text, at->config, at->object, at->key));
    if (text[0]) return SOCLE_OK;
    return sc_config_fail(at->config, at->object, at->key, "must be the name of a file, not empty");
}

static socle_status read_numbers(sc_numbers *out, const place *at) {
    const json_t *list = json_object_get(at->object, at->key);
    double most = 0;
    SC_TRY(sc_config_check_numbers(&most, at->config, at->object, at->key, at->option->minimum,
                                   at->option->maximum));
    if (!((float)most > 0))
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

static socle_status read_shape(socle_shape *out, const place *at) {
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

static socle_status check_names(const place *at) {
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

static socle_status check_member(const place *at, const json_t *list, size_t index);

static socle_status check_lists(const place *at, const json_t *map) {
    sc_env *env = sc_config_env(at->config);
    const char *name;
    json_t *list;
    if (!json_object_size(map))
        return sc_config_fail(at->config, at->object, at->key, "must have at least one member");
    json_object_foreach((json_t *)map, name, list) {
        if (sc_name_check(env, name) != SOCLE_OK)
            return sc_config_fail(at->config, map, name, "%s", env->text);
        if (!json_array_size(list))
            return sc_config_fail(at->config, map, name, "must be a list of %ss",
                                  at->option->family->what);
        for (size_t i = 0; i < json_array_size(list); i++) SC_TRY(check_member(at, list, i));
    }
    return SOCLE_OK;
}

static socle_status check_map(const place *at) {
    const json_t *map = NULL;
    const char *from;
    json_t *to;
    SC_TRY(sc_config_get_object(&map, at->config, at->object, at->key));
    if (at->option->family) return check_lists(at, map);
    json_object_foreach((json_t *)map, from, to) if (!json_is_string(to)) return sc_config_fail(
        at->config, map, from, "must be text, as in %s", at->option->example);
    return SOCLE_OK;
}

static socle_status check_member(const place *at, const json_t *list, size_t index) {
    const json_t *item = json_array_get(list, index);
    sc_kind kind;
    if (!at->option->family && !json_is_object(item))
        return sc_config_fail_item(at->config, list, index, "must be a mapping, as in %s",
                                   at->option->example);
    if (!at->option->family) return sc_record_read(NULL, at->config, item, at->option->record);
    SC_TRY(sc_kind_find(&kind, at->config, list, NULL, index, at->option->family));
    return sc_kind_read(NULL, at->config, &kind);
}

static socle_status read_kind(void *out, const place *at) {
    sc_kind kind;
    SC_TRY(sc_kind_find(&kind, at->config, at->object, at->key, 0, at->option->family));
    return sc_kind_read(out, at->config, &kind);
}

static socle_status check_list(const place *at) {
    const json_t *list = json_object_get(at->object, at->key);
    if (at->option->family && !at->option->least && !json_is_array(list))
        return read_kind(NULL, at);
    SC_TRY(sc_config_get_array(&list, at->config, at->object, at->key));
    if (json_array_size(list) < (size_t)at->option->least)
        return sc_config_fail(at->config, at->object, at->key, "must have at least %d member%s",
                              at->option->least, at->option->least == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(list); i++) SC_TRY(check_member(at, list, i));
    return SOCLE_OK;
}

/* A value in place of the mapping is that of the section's main option. */
static socle_status read_section(void *out, const place *at);

static socle_status read_whole(void *out, const place *at) {
    int64_t value = 0;
    SC_TRY(read_integer(&value, at));
    if (out && at->option->type == SC_OPTION_INTEGER) *(int *)out = (int)value;
    if (out && at->option->type == SC_OPTION_LONG) *(int64_t *)out = value;
    return SOCLE_OK;
}

static socle_status read_real(void *out, const place *at) {
    double value = 0;
    SC_TRY(read_number(&value, at));
    if (out && at->option->type == SC_OPTION_FLOAT) *(float *)out = (float)value;
    if (out && at->option->type == SC_OPTION_DOUBLE) *(double *)out = value;
    return SOCLE_OK;
}

static socle_status read_boolean(bool *out, const place *at) {
    bool value;
    return sc_config_get_boolean(out ? out : &value, at->config, at->object, at->key);
}

static socle_status read_text(const char **out, const place *at) {
    const char *value = NULL;
    SC_TRY(sc_config_get_string(&value, at->config, at->object, at->key));
    if (value && !value[0]) return sc_config_fail(at->config, at->object, at->key, "is empty");
    if (out) *out = value;
    return SOCLE_OK;
}

static socle_status read_name(const char **out, const place *at) {
    const char *name = NULL;
    sc_env *env = sc_config_env(at->config);
    SC_TRY(sc_config_get_string(&name, at->config, at->object, at->key));
    if (sc_name_check(env, name) != SOCLE_OK)
        return sc_config_fail(at->config, at->object, at->key, "%s", env->text);
    if (out) *out = name;
    return SOCLE_OK;
}

static socle_status read_value(void *out, const place *at) {
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
    case SC_OPTION_PAIR:
        return read_pair(out, at);
    case SC_OPTION_PADDING:
        return read_padding(out, at);
    case SC_OPTION_KIND:
        return read_kind(out, at);
    case SC_OPTION_SECTION:
        return read_section(out, at);
    case SC_OPTION_NUMBERS:
        return read_numbers(out, at);
    case SC_OPTION_SHAPE:
        return read_shape(out, at);
    case SC_OPTION_NAMES:
        return check_names(at);
    case SC_OPTION_MAP:
        return check_map(at);
    case SC_OPTION_LIST:
        return check_list(at);
    }
    return SOCLE_OK;
}

static socle_status read_option(void *out, const place *at) {
    bool held = out && at->option->offset != SC_OPTION_ELSEWHERE;
    return read_value(held ? (char *)out + at->option->offset : NULL, at);
}

static socle_status read_section(void *out, const place *at) {
    const json_t *section = json_object_get(at->object, at->key);
    const sc_option *main = sc_option_main(at->option->record, NULL);
    if (main && !json_is_object(section))
        return read_option(out, &(place){at->config, at->object, at->key, main});
    SC_TRY(sc_config_get_object(&section, at->config, at->object, at->key));
    return sc_record_read(out, at->config, section, at->option->record);
}

/* Gives members with another system's word ours; then an error for a key that there is not. */
static socle_status check_keys(const sc_config *config, const json_t *object,
                               const sc_record *record, const sc_record *common,
                               const sc_option *preset) {
    const char *words[SC_OPTION_MOST], *key;
    const sc_option *option;
    size_t count = 0;
    void *at = json_object_iter((json_t *)object);
    while (at) {
        key = json_object_iter_key(at);
        option = sc_option_find(record, common, key);
        if (!option || strcmp(option->key, key) == 0) {
            at = json_object_iter_next((json_t *)object, at);
            continue;
        }
        SC_TRY(sc_config_rename(config, object, key, option->key));
        at = json_object_iter((json_t *)object); /* which has changed */
    }
    for (int i = 0; (option = sc_option_at(record, common, i)) && count < SC_OPTION_MOST; i++)
        if (option != preset) words[count++] = option->key;
    return sc_config_check_keys(config, object, words, count);
}

socle_status sc_record_keys(const sc_config *config, const json_t *object,
                            const sc_record *record) {
    return check_keys(config, object, record, NULL, NULL);
}

/* Another key stands in its place. */
static bool is_replaced(const json_t *object, const sc_option *option) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key,
                        value) if (sc_is_among(option->unless, key)) return true;
    return false;
}

static socle_status read_members(void *out, const sc_config *config, const json_t *object,
                                 const sc_record *record, bool whole) {
    if (!object) return SOCLE_OK;
    SC_TRY(sc_record_keys(config, object, record));
    for (int i = 0; i < record->count; i++) {
        const sc_option *option = &record->options[i];
        if (json_object_get(object, option->key))
            SC_TRY(read_option(out, &(place){config, object, option->key, option}));
        else if (option->required && whole && !is_replaced(object, option))
            SC_TRY(sc_config_require(config, object, option->key));
    }
    return SOCLE_OK;
}

socle_status sc_record_read(void *out, const sc_config *config, const json_t *object,
                            const sc_record *record) {
    return read_members(out, config, object, record, true);
}

socle_status sc_record_read_given(void *out, const sc_config *config, const json_t *object,
                                  const sc_record *record) {
    return read_members(out, config, object, record, false);
}

static socle_status fail_missing(const sc_config *config, const sc_kind *kind,
                                 const sc_option *option) {
    if (kind->record->count == 1 && option->shorthand)
        return sc_kind_fail(config, kind, "'%s' (%s) is missing: write {%s: %s}", option->key,
                            option->help, kind->word, option->example);
    return sc_kind_fail(config, kind, "'%s' (%s) is missing: write %s: {%s: ..., ...}", option->key,
                        option->help, kind->word, option->key);
}

static socle_status read_main(const sc_option **main, void *data, const sc_config *config,
                              const sc_kind *kind, const sc_option *preset) {
    *main = sc_option_main(kind->record, kind->family->common);
    if (*main && *main != preset)
        return read_option(data, &(place){config, kind->mapping, kind->word, *main});
    return sc_config_fail(config, kind->mapping, kind->word,
                          kind->record->count > 0 && !preset
                              ? "options are given by name, {key: value}"
                              : "takes no value of its own");
}

socle_status sc_kind_read(void *data, const sc_config *config, const sc_kind *kind) {
    const sc_record *record = kind->record, *common = kind->family->common;
    const sc_option *main = NULL, *option, *preset = kind->named ? sc_option_naming(record) : NULL;
    if (data) sc_record_defaults(data, record);
    if (data && preset) *(const char **)((char *)data + preset->offset) = kind->named;
    if (kind->options) SC_TRY(check_keys(config, kind->options, record, common, preset));
    if (kind->value && !kind->options) SC_TRY(read_main(&main, data, config, kind, preset));
    for (int i = 0; (option = sc_option_at(record, common, i)); i++) {
        if (option == preset || option == main) continue;
        if (json_object_get(kind->options, option->key))
            SC_TRY(read_option(data, &(place){config, kind->options, option->key, option}));
        else if (option->required)
            return fail_missing(config, kind, option);
    }
    return SOCLE_OK;
}

void sc_record_release(const sc_env *env, void *data, const sc_record *record) {
    for (int i = 0; i < record->count; i++) {
        const sc_option *option = &record->options[i];
        if (option->offset == SC_OPTION_ELSEWHERE) continue;
        void *at = (char *)data + option->offset;
        if (option->type == SC_OPTION_SECTION) sc_record_release(env, at, option->record);
        if (option->type != SC_OPTION_PATH) continue;
        sc_release(env, *(char **)at);
        *(char **)at = NULL;
    }
}
