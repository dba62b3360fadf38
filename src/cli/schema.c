/* SPDX-License-Identifier: Apache-2.0 */
/* The tables as JSON Schema, draft 2020-12. It accepts what reading by the tables accepts, other
 * systems' words included; what follows from several values together (shapes, sources of layers) is
 * beyond it. Values without memory become NULL, which jansson passes on: the caller looks once. */
#include "cli/reference.h"
#include "run/recipe.h"

#include <stdio.h>
#include <string.h>

/* NULL where any part of it is: a schema that lacks a part would allow too much. */
typedef struct schema {
    json_t *defs;
    bool failed;
} schema;

static void set(schema *schema, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0) schema->failed = true;
}

static void append(schema *schema, json_t *list, json_t *value) {
    if (json_array_append_new(list, value) != 0) schema->failed = true;
}

static json_t *reference(schema *schema, const char *name,
                         json_t *(*make)(struct schema *, const void *), const void *of) {
    char target[96];
    snprintf(target, sizeof target, "#/$defs/%s", name);
    if (!json_object_get(schema->defs, name)) {
        set(schema, schema->defs, name, json_object()); /* so that it is made once */
        set(schema, schema->defs, name, make(schema, of));
    }
    return json_pack("{s: s}", "$ref", target);
}

static json_t *any_of(schema *schema, json_t *a, json_t *b) {
    json_t *list = json_array();
    append(schema, list, a);
    append(schema, list, b);
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

/* Appends each of the words that spaces separate. */
static void append_words(schema *schema, json_t *list, const char *words) {
    for (; words && *words; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        append(schema, list, json_stringn(words, length));
        words += length;
    }
}

/* "^(conv|convolution)$" of "conv convolution". Editors offer what is listed; what a pattern allows
 * they only understand. */
enum { PATTERN = 2048 };
static void pattern_of(schema *schema, char out[PATTERN], const char *words) {
    int length = snprintf(out, PATTERN, "^(%s)$", words);
    if (length >= PATTERN) schema->failed = true;
    for (char *at = out; *at; at++)
        if (*at == ' ') *at = '|';
}

/* Words of which one is given, each with what it means, and other words for them. */
typedef struct words {
    json_t *word, *help;
    char aliases[PATTERN - 8];
} words;

static void add_word(schema *schema, words *words, const char *word, const char *help,
                     const char *aliases) {
    size_t used = strlen(words->aliases);
    append(schema, words->word, json_string(word));
    append(schema, words->help, json_string(help));
    if (!aliases) return;
    int length = snprintf(words->aliases + used, sizeof words->aliases - used, "%s%s",
                          used ? " " : "", aliases);
    if (used + (size_t)length >= sizeof words->aliases) schema->failed = true;
}

static json_t *words_schema(schema *schema, const words *words) {
    char pattern[PATTERN];
    json_t *ours = json_pack("{s: o, s: o}", "enum", words->word, "enumDescriptions", words->help);
    if (!words->aliases[0]) return ours;
    pattern_of(schema, pattern, words->aliases);
    return any_of(schema, ours, json_pack("{s: s, s: s}", "type", "string", "pattern", pattern));
}

static json_t *word_schema(schema *schema, const sc_word *word) {
    words words = {json_array(), json_array(), ""};
    for (; word->word; word++) add_word(schema, &words, word->word, word->help, word->aliases);
    return words_schema(schema, &words);
}

static json_t *padding_schema(schema *schema, const sc_option *option) {
    json_t *words = json_pack("{s: [s, s]}", "enum", "valid", "same");
    json_t *sizes = any_of(schema, list_of(number(option), 1, 2), list_of(number(option), 4, 4));
    return any_of(schema, any_of(schema, words, number(option)), sizes);
}

static json_t *names_schema(schema *schema, const sc_option *option) {
    json_t *list = list_of(json_pack("{s: s}", "type", "string"), option->least, option->most);
    return option->least > 1 ? list : any_of(schema, json_pack("{s: s}", "type", "string"), list);
}

static json_t *numbers_schema(const sc_option *option) {
    if (option->minimum < 0) return list_of(number(option), 1, SC_OPTION_MOST);
    return json_pack("{s: s, s: o, s: {s: s, s: i}}", "type", "array", "items", number(option),
                     "contains", "type", "number", "exclusiveMinimum", 0);
}
static json_t *record_schema(schema *schema, const void *of);
static json_t *family_schema(schema *schema, const void *of);

static json_t *record_reference(schema *schema, const sc_record *record) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(record->word, "["), record->word);
    return reference(schema, name, record_schema, record);
}

static json_t *members_schema(schema *schema, const sc_option *option);
static json_t *section_schema(schema *schema, const sc_record *record);

static json_t *map_schema(schema *schema, const sc_option *option) {
    if (!option->family)
        return json_pack("{s: s, s: {s: s}}", "type", "object", "additionalProperties", "type",
                         "string");
    json_t *kind = reference(schema, option->family->what, family_schema, option->family);
    return json_pack("{s: s, s: i, s: {s: s}, s: {s: s, s: i, s: o}}", "type", "object",
                     "minProperties", 1, "propertyNames", "pattern", "^[A-Za-z0-9_.-]{1,100}$",
                     "additionalProperties", "type", "array", "minItems", 1, "items", kind);
}

static json_t *value_schema(schema *schema, const sc_option *option) {
    switch (option->type) {
    case SC_OPTION_INTEGER:
    case SC_OPTION_LONG:
    case SC_OPTION_FLOAT:
    case SC_OPTION_DOUBLE:
        return number(option);
    case SC_OPTION_BOOL:
        return json_pack("{s: s}", "type", "boolean");
    case SC_OPTION_WORD:
        return word_schema(schema, option->words);
    case SC_OPTION_NAME:
        return json_pack("{s: s, s: s, s: i}", "type", "string", "pattern", "^[A-Za-z0-9_.-]+$",
                         "maxLength", SC_NAME_MOST);
    case SC_OPTION_TEXT:
    case SC_OPTION_PATH:
        return json_pack("{s: s, s: i}", "type", "string", "minLength", 1);
    case SC_OPTION_PAIR:
        return any_of(schema, number(option), list_of(number(option), 1, 2));
    case SC_OPTION_PADDING:
        return padding_schema(schema, option);
    case SC_OPTION_KIND:
        return reference(schema, option->family->what, family_schema, option->family);
    case SC_OPTION_SECTION:
        return section_schema(schema, option->record);
    case SC_OPTION_NUMBERS:
        return numbers_schema(option);
    case SC_OPTION_SHAPE:
        return any_of(schema, number(option), list_of(number(option), 0, option->most));
    case SC_OPTION_PATHS:
    case SC_OPTION_NAMES:
        return names_schema(schema, option);
    case SC_OPTION_MAP:
        return map_schema(schema, option);
    case SC_OPTION_LIST:
        return members_schema(schema, option);
    }
    return NULL;
}

static json_t *member_schema(schema *schema, const sc_option *option) {
    return option->family ? reference(schema, option->family->what, family_schema, option->family)
                          : record_reference(schema, option->record);
}

static json_t *members_schema(schema *schema, const sc_option *option) {
    json_t *list = json_pack("{s: s, s: i, s: o}", "type", "array", "minItems", option->least,
                             "items", member_schema(schema, option));
    return option->family && !option->least ? any_of(schema, member_schema(schema, option), list)
                                            : list;
}

static json_t *section_schema(schema *schema, const sc_record *record) {
    const sc_option *main = sc_option_main(record, NULL);
    json_t *section = record_reference(schema, record);
    return main ? any_of(schema, value_schema(schema, main), section) : section;
}

/* With what editors show: help, unit, the default. */
static json_t *described(schema *schema, const sc_record *record, const sc_option *option) {
    char text[512];
    const void *standard =
        option->standard || option->required ? NULL : sc_option_standard(record, option);
    json_t *value = value_schema(schema, option);
    snprintf(text, sizeof text, "%s%s%s%s", option->help, option->unit ? " (" : "",
             option->unit ? option->unit : "", option->unit ? ")" : "");
    set(schema, value, "description", json_string(text));
    if (standard && option->type != SC_OPTION_SECTION)
        set(schema, value, "default", sc_option_value(standard, option));
    return value;
}

/* A key and other words for it: understood alike; one of them must be there, or no two may. */
static void add_aliases(schema *schema, json_t *patterns, json_t *rules, const sc_option *option,
                        json_t *value) {
    char pattern[PATTERN];
    json_t *names = json_pack("[s]", option->key), *each = json_array(), *pairs = json_array();
    append_words(schema, names, option->aliases);
    pattern_of(schema, pattern, option->aliases);
    set(schema, patterns, pattern, json_incref(value));
    for (size_t i = 0; i < json_array_size(names); i++) {
        json_t *name = json_array_get(names, i);
        append(schema, each, json_pack("{s: [O]}", "required", name));
        for (size_t j = 0; j < i; j++)
            append(schema, pairs,
                   json_pack("{s: [O, O]}", "required", json_array_get(names, j), name));
    }
    append(schema, rules,
           option->required ? json_pack("{s: O}", "oneOf", each)
                            : json_pack("{s: {s: O}}", "not", "anyOf", pairs));
    json_decref(names);
    json_decref(each);
    json_decref(pairs);
}

/* Takes the part over; nothing is said where it is empty. */
static void set_part(schema *schema, json_t *out, const char *key, json_t *part) {
    if (json_object_size(part) || json_array_size(part))
        set(schema, out, key, part);
    else
        json_decref(part);
}

/* The key, or one of those that may stand in its place. */
static json_t *any_of_keys(schema *schema, const sc_option *option) {
    json_t *names = json_pack("[s]", option->key), *each = json_array();
    append_words(schema, names, option->unless);
    for (size_t i = 0; i < json_array_size(names); i++)
        append(schema, each, json_pack("{s: [O]}", "required", json_array_get(names, i)));
    json_decref(names);
    return json_pack("{s: o}", "anyOf", each);
}

/* `preset`: the option that the kind's word sets, which is then no key; may be NULL. */
static json_t *mapping_schema(schema *schema, const sc_record *record, const sc_record *common,
                              const sc_option *preset) {
    json_t *properties = json_object(), *patterns = json_object(), *rules = json_array(),
           *required = json_array();
    const sc_option *option;
    for (int i = 0; (option = sc_option_at(record, common, i)); i++) {
        if (option == preset) continue;
        json_t *value = described(schema, record, option);
        set(schema, properties, option->key, json_incref(value));
        if (option->aliases)
            add_aliases(schema, patterns, rules, option, value);
        else if (option->unless)
            append(schema, rules, any_of_keys(schema, option));
        else if (option->required)
            append(schema, required, json_string(option->key));
        json_decref(value);
    }
    json_t *out = json_pack("{s: s, s: b, s: o}", "type", "object", "additionalProperties", 0,
                            "properties", properties);
    if (record->help) set(schema, out, "description", json_string(record->help));
    set_part(schema, out, "patternProperties", patterns);
    set_part(schema, out, "required", required);
    set_part(schema, out, "allOf", rules);
    return out;
}

static json_t *record_schema(schema *schema, const void *of) {
    return mapping_schema(schema, of, NULL, NULL);
}

static bool is_complete(const sc_record *record, const sc_record *common, const sc_option *preset) {
    const sc_option *option;
    for (int i = 0; (option = sc_option_at(record, common, i)); i++)
        if (option->required && option != preset) return false;
    return true;
}

/* Adds a definition; a reference to it. */
static json_t *define(schema *schema, const char *family, const char *kind, const char *part,
                      json_t *value) {
    char name[96], target[128];
    snprintf(name, sizeof name, "%s.%s%s", family, kind, part);
    snprintf(target, sizeof target, "#/$defs/%s", name);
    set(schema, schema->defs, name, value);
    return json_pack("{s: s}", "$ref", target);
}

/* What stands behind a kind's word: its main option's value, its options, or nothing. */
static json_t *kind_schema(schema *schema, const sc_family *family, const sc_record *kind,
                           const sc_option *preset) {
    const sc_option *main = sc_option_main(kind, family->common);
    json_t *out = mapping_schema(schema, kind, family->common, preset);
    if (main && main != preset) out = any_of(schema, value_schema(schema, main), out);
    if (is_complete(kind, family->common, preset))
        out = any_of(schema, json_pack("{s: s}", "type", "null"), out);
    return out;
}

/* The words of a family: as keys of a mapping, and where nothing is required as bare words. */
typedef struct family_parts {
    words bare;
    json_t *properties, *patterns;
} family_parts;

static void add_kind(schema *schema, family_parts *out, const sc_word *word, bool complete,
                     json_t *value) {
    char pattern[PATTERN];
    if (complete) add_word(schema, &out->bare, word->word, word->help, word->aliases);
    set(schema, out->properties, word->word, json_incref(value));
    if (!word->aliases) return;
    pattern_of(schema, pattern, word->aliases);
    set(schema, out->patterns, pattern, json_incref(value));
}

/* The other words for a kind, but for those that mean another kind. */
static void own_aliases(char out[PATTERN], const sc_family *family, const char *aliases) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t length; aliases && *aliases; aliases += length, aliases += strspn(aliases, " ")) {
        char word[SC_NAME_MOST];
        length = strcspn(aliases, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, aliases);
        if (!sc_family_has(family, word) && used + length + 2 < PATTERN)
            used += (size_t)snprintf(out + used, PATTERN - used, "%s%s", used ? " " : "", word);
    }
}

static void add_record(schema *schema, family_parts *out, const sc_family *family,
                       const sc_record *kind) {
    const sc_option *naming = sc_option_naming(kind);
    json_t *value =
        define(schema, family->what, kind->word, "", kind_schema(schema, family, kind, NULL));
    add_kind(schema, out, &(sc_word){kind->word, kind->help, kind->aliases},
             is_complete(kind, family->common, NULL), value);
    json_decref(value);
    if (!naming) return;
    value = define(schema, family->what, kind->word, ".word",
                   kind_schema(schema, family, kind, naming));
    for (const sc_word *word = naming->words; word->word; word++) {
        char aliases[PATTERN];
        if (sc_family_has(family, word->word)) continue;
        own_aliases(aliases, family, word->aliases);
        add_kind(schema, out, &(sc_word){word->word, word->help, aliases[0] ? aliases : NULL},
                 is_complete(kind, family->common, naming), value);
    }
    json_decref(value);
}

static json_t *family_schema(schema *schema, const void *of) {
    const sc_family *family = of;
    family_parts parts = {{json_array(), json_array(), ""}, json_object(), json_object()};
    for (const sc_record *const *kind = family->record; *kind; kind++)
        add_record(schema, &parts, family, *kind);
    json_t *mapping =
        json_pack("{s: s, s: i, s: i, s: b, s: o}", "type", "object", "minProperties", 1,
                  "maxProperties", 1, "additionalProperties", 0, "properties", parts.properties);
    set_part(schema, mapping, "patternProperties", parts.patterns);
    return any_of(schema, words_schema(schema, &parts.bare), mapping);
}

json_t *sc_schema(void) {
    schema schema = {.defs = json_object()};
    json_t *whole = record_schema(&schema, &sc_recipe_record);
    json_t *out = json_pack("{s: s, s: s, s: {s: {}}}", "$schema",
                            "https://json-schema.org/draft/2020-12/schema", "title",
                            "A configuration of Socle", "patternProperties", "^x-");
    if (json_object_update(out, whole) != 0) schema.failed = true;
    set(&schema, out, "$defs", json_incref(schema.defs));
    json_decref(whole);
    json_decref(schema.defs);
    if (!schema.failed) return out;
    json_decref(out);
    return NULL;
}
