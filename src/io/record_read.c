/* SPDX-License-Identifier: Apache-2.0 */
/* Reads mappings by their tables. */
#include "io/config_hint.h"
#include "io/quote.h"
#include "io/record_private.h"

#include <stdio.h>
#include <string.h>

static socle_status check_member(const sc_place *at, const json_t *list, size_t index);

static socle_status check_lists(const sc_place *at, const json_t *map) {
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

static socle_status check_map(const sc_place *at) {
    const json_t *map = NULL;
    const char *from;
    json_t *to;
    SC_TRY(sc_config_get_object(&map, at->config, at->object, at->key));
    if (at->option->family) return check_lists(at, map);
    json_object_foreach((json_t *)map, from, to) if (!json_is_string(to)) return sc_config_fail(
        at->config, map, from, "must be text, as in %s", at->option->example);
    return SOCLE_OK;
}

static socle_status check_member(const sc_place *at, const json_t *list, size_t index) {
    const json_t *item = json_array_get(list, index);
    sc_kind kind;
    if (!at->option->family && !json_is_object(item))
        return sc_config_fail_item(at->config, list, index, "must be a mapping, as in %s",
                                   at->option->example);
    if (!at->option->family) return sc_record_read(NULL, at->config, item, at->option->record);
    SC_TRY(sc_kind_find(&kind, at->config, list, NULL, index, at->option->family));
    return sc_kind_read(NULL, at->config, &kind);
}

static socle_status read_kind(void *out, const sc_place *at) {
    sc_kind kind;
    SC_TRY(sc_kind_find(&kind, at->config, at->object, at->key, 0, at->option->family));
    return sc_kind_read(out, at->config, &kind);
}

static socle_status check_list(const sc_place *at) {
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
static socle_status read_section(void *out, const sc_place *at);

static socle_status read_value(void *out, const sc_place *at) {
    switch (at->option->type) {
    case SC_OPTION_KIND:
        return read_kind(out, at);
    case SC_OPTION_SECTION:
        return read_section(out, at);
    case SC_OPTION_MAP:
        return check_map(at);
    case SC_OPTION_LIST:
        return check_list(at);
    default:
        return sc_record_read_value(out, at);
    }
}

static socle_status read_option(void *out, const sc_place *at) {
    bool held = out && at->option->offset != SC_OPTION_ELSEWHERE;
    return read_value(held ? (char *)out + at->option->offset : NULL, at);
}

static socle_status read_section(void *out, const sc_place *at) {
    const json_t *section = json_object_get(at->object, at->key);
    const sc_option *main = sc_option_main(at->option->record, NULL);
    if (main && !json_is_object(section))
        return read_option(out, &(sc_place){at->config, at->object, at->key, main});
    SC_TRY(sc_config_get_object(&section, at->config, at->object, at->key));
    return sc_record_read(out, at->config, section, at->option->record);
}

/* The nearest key of this place, and the place of this key; else what keys there are. */
static socle_status fail_key(const sc_config *config, const json_t *object, const char *key,
                             const char *const *words, size_t count) {
    sc_text hint;
    sc_text_init(&hint, sc_config_env(config));
    bool near = sc_config_hint_near(&hint, key, words, count),
         elsewhere = sc_record_elsewhere(&hint, sc_config_table(config), key);
    if (!near && !elsewhere) sc_config_list(&hint, words, count);
    socle_status status = sc_config_fail(config, object, key, "unknown key%s", hint.data);
    sc_text_free(&hint);
    return status;
}

static bool is_known(const char *key, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(key, words[i]) == 0) return true;
    return false;
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
    for (at = json_object_iter((json_t *)object); at;
         at = json_object_iter_next((json_t *)object, at))
        if (!is_known(json_object_iter_key(at), words, count))
            return fail_key(config, object, json_object_iter_key(at), words, count);
    return SOCLE_OK;
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
            SC_TRY(read_option(out, &(sc_place){config, object, option->key, option}));
        else if (option->required && whole && !is_replaced(object, option))
            return sc_config_fail(config, object, NULL, "the key '%s' is missing%s%s", option->key,
                                  option->unless ? ", or in its place: " : "",
                                  option->unless ? option->unless : "");
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
        return read_option(data, &(sc_place){config, kind->mapping, kind->word, *main});
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
            SC_TRY(read_option(data, &(sc_place){config, kind->options, option->key, option}));
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
        if (option->type != SC_OPTION_PATH && option->type != SC_OPTION_PATHS) continue;
        sc_release(env, *(char **)at);
        *(char **)at = NULL;
    }
}
