/* SPDX-License-Identifier: Apache-2.0 */
/* See schema_private.h: the parts that schemas are made of, and the value of an option. */
#include "cli/schema_private.h"

#include <stdio.h>
#include <string.h>

void sc_schema_set(sc_schema_draft *draft, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0) draft->failed = true;
}

void sc_schema_append(sc_schema_draft *draft, json_t *list, json_t *value) {
    if (json_array_append_new(list, value) != 0) draft->failed = true;
}

static json_t *reference(sc_schema_draft *draft, const char *name,
                         json_t *(*make)(sc_schema_draft *, const void *), const void *of) {
    char target[96];
    snprintf(target, sizeof target, "#/$defs/%s", name);
    if (!json_object_get(draft->defs, name)) {
        sc_schema_set(draft, draft->defs, name, json_object()); /* so that it is made once */
        sc_schema_set(draft, draft->defs, name, make(draft, of));
    }
    return json_pack("{s: s}", "$ref", target);
}

json_t *sc_schema_any_of(sc_schema_draft *draft, json_t *a, json_t *b) {
    json_t *list = json_array();
    sc_schema_append(draft, list, a);
    sc_schema_append(draft, list, b);
    return json_pack("{s: o}", "anyOf", list);
}

static json_t *list_of(json_t *items, int least, int most) {
    return json_pack("{s: s, s: o, s: i, s: i}", "type", "array", "items", items, "minItems", least,
                     "maxItems", most);
}

static bool is_whole(const sc_option *option) {
    return option->type != SC_OPTION_FLOAT && option->type != SC_OPTION_DOUBLE &&
           option->type != SC_OPTION_NUMBERS;
}

static json_t *bound(const sc_option *option, double value) {
    if (!is_whole(option)) return json_real(value);
    return json_integer(value >= 0x1p63 ? INT64_MAX : (json_int_t)value);
}

static json_t *number(const sc_option *option) {
    return json_pack("{s: s, s: o, s: o}", "type", is_whole(option) ? "integer" : "number",
                     "minimum", bound(option, option->minimum),
                     option->below ? "exclusiveMaximum" : "maximum",
                     bound(option, option->maximum));
}

void sc_schema_pattern(sc_schema_draft *draft, char out[SC_SCHEMA_PATTERN], const char *words) {
    int length = snprintf(out, SC_SCHEMA_PATTERN, "^(%s)$", words);
    if (length >= SC_SCHEMA_PATTERN) draft->failed = true;
    for (char *at = out; *at; at++)
        if (*at == ' ') *at = '|';
}

void sc_schema_add_word(sc_schema_draft *draft, sc_schema_word_list *words, const char *word,
                        const char *help, const char *aliases) {
    size_t used = strlen(words->aliases);
    bool is_true = strcmp(word, "true") == 0, is_boolean = is_true || strcmp(word, "false") == 0;
    sc_schema_append(draft, words->word, is_boolean ? json_boolean(is_true) : json_string(word));
    sc_schema_append(draft, words->help, json_string(help));
    if (!aliases) return;
    int length = snprintf(words->aliases + used, sizeof words->aliases - used, "%s%s",
                          used ? " " : "", aliases);
    if (used + (size_t)length >= sizeof words->aliases) draft->failed = true;
}

json_t *sc_schema_words(sc_schema_draft *draft, const sc_schema_word_list *words) {
    char pattern[SC_SCHEMA_PATTERN];
    json_t *ours = json_pack("{s: o, s: o}", "enum", words->word, "enumDescriptions", words->help);
    if (!words->aliases[0]) return ours;
    sc_schema_pattern(draft, pattern, words->aliases);
    return sc_schema_any_of(draft, ours,
                            json_pack("{s: s, s: s}", "type", "string", "pattern", pattern));
}

static json_t *word_schema(sc_schema_draft *draft, const sc_word *word) {
    sc_schema_word_list words = {json_array(), json_array(), ""};
    for (; word->word; word++)
        sc_schema_add_word(draft, &words, word->word, word->help, word->aliases);
    return sc_schema_words(draft, &words);
}

static json_t *padding_schema(sc_schema_draft *draft, const sc_option *option) {
    json_t *words = json_pack("{s: [s, s]}", "enum", "valid", "same");
    json_t *sizes =
        sc_schema_any_of(draft, list_of(number(option), 1, 2), list_of(number(option), 4, 4));
    return sc_schema_any_of(draft, sc_schema_any_of(draft, words, number(option)), sizes);
}

/* A file has a name of some length. */
static json_t *name_schema(const sc_option *option) {
    if (option->type != SC_OPTION_PATHS) return json_pack("{s: s}", "type", "string");
    return json_pack("{s: s, s: i}", "type", "string", "minLength", 1);
}

static json_t *names_schema(sc_schema_draft *draft, const sc_option *option) {
    json_t *list = list_of(name_schema(option), option->least, option->most);
    return option->least > 1 ? list : sc_schema_any_of(draft, name_schema(option), list);
}

static json_t *numbers_schema(const sc_option *option) {
    if (option->minimum < 0) return list_of(number(option), 1, SC_OPTION_MOST);
    return json_pack("{s: s, s: o, s: {s: s, s: i}}", "type", "array", "items", number(option),
                     "contains", "type", "number", "exclusiveMinimum", 0);
}

static json_t *record_reference(sc_schema_draft *draft, const sc_record *record) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(record->word, "["), record->word);
    return reference(draft, name, sc_schema_record, record);
}

static json_t *members_schema(sc_schema_draft *draft, const sc_option *option);
static json_t *section_schema(sc_schema_draft *draft, const sc_record *record);

static json_t *map_schema(sc_schema_draft *draft, const sc_option *option) {
    if (!option->family)
        return json_pack("{s: s, s: {s: s}}", "type", "object", "additionalProperties", "type",
                         "string");
    json_t *kind = reference(draft, option->family->what, sc_schema_family, option->family);
    return json_pack("{s: s, s: i, s: {s: s}, s: {s: s, s: i, s: o}}", "type", "object",
                     "minProperties", 1, "propertyNames", "pattern", "^[A-Za-z0-9_.-]{1,100}$",
                     "additionalProperties", "type", "array", "minItems", 1, "items", kind);
}

json_t *sc_schema_value(sc_schema_draft *draft, const sc_option *option) {
    switch (option->type) {
    case SC_OPTION_INTEGER:
    case SC_OPTION_LONG:
    case SC_OPTION_FLOAT:
    case SC_OPTION_DOUBLE:
        return number(option);
    case SC_OPTION_BOOL:
        return json_pack("{s: s}", "type", "boolean");
    case SC_OPTION_WORD:
        return word_schema(draft, option->words);
    case SC_OPTION_NAME:
        return json_pack("{s: s, s: s, s: i}", "type", "string", "pattern", "^[A-Za-z0-9_.-]+$",
                         "maxLength", SC_NAME_MOST);
    case SC_OPTION_TEXT:
    case SC_OPTION_PATH:
        return json_pack("{s: s, s: i}", "type", "string", "minLength", 1);
    case SC_OPTION_PAIR:
        return sc_schema_any_of(draft, number(option), list_of(number(option), 1, 2));
    case SC_OPTION_PADDING:
        return padding_schema(draft, option);
    case SC_OPTION_KIND:
        return reference(draft, option->family->what, sc_schema_family, option->family);
    case SC_OPTION_SECTION:
        return section_schema(draft, option->record);
    case SC_OPTION_NUMBERS:
        return numbers_schema(option);
    case SC_OPTION_SHAPE:
        return sc_schema_any_of(draft, number(option), list_of(number(option), 0, option->most));
    case SC_OPTION_PATHS:
    case SC_OPTION_NAMES:
        return names_schema(draft, option);
    case SC_OPTION_MAP:
        return map_schema(draft, option);
    case SC_OPTION_LIST:
        return members_schema(draft, option);
    }
    return NULL;
}

static json_t *member_schema(sc_schema_draft *draft, const sc_option *option) {
    return option->family ? reference(draft, option->family->what, sc_schema_family, option->family)
                          : record_reference(draft, option->record);
}

static json_t *members_schema(sc_schema_draft *draft, const sc_option *option) {
    json_t *list = json_pack("{s: s, s: i, s: o}", "type", "array", "minItems", option->least,
                             "items", member_schema(draft, option));
    return option->family && !option->least
               ? sc_schema_any_of(draft, member_schema(draft, option), list)
               : list;
}

static json_t *section_schema(sc_schema_draft *draft, const sc_record *record) {
    const sc_option *main = sc_option_main(record, NULL);
    json_t *section = record_reference(draft, record);
    return main ? sc_schema_any_of(draft, sc_schema_value(draft, main), section) : section;
}
