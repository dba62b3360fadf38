/* SPDX-License-Identifier: Apache-2.0 */
/* The tables as JSON Schema, draft 2020-12. It accepts what reading by the tables accepts, other
 * systems' words included; what follows from several values together (shapes, sources of layers) is
 * beyond it. Here: records, their keys, and families. */
#include "cli/reference.h"
#include "cli/schema_private.h"
#include "run/recipe.h"

#include <stdio.h>
#include <string.h>

/* Appends each of the words that spaces separate. */
static void append_words(sc_schema_draft *draft, json_t *list, const char *words) {
    for (; words && *words; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        sc_schema_append(draft, list, json_stringn(words, length));
        words += length;
    }
}

/* With what editors show: help, unit, the default. */
static json_t *described(sc_schema_draft *draft, const sc_record *record, const sc_option *option) {
    char text[512];
    const void *standard =
        option->standard || option->required ? NULL : sc_option_standard(record, option);
    json_t *value = sc_schema_value(draft, option);
    snprintf(text, sizeof text, "%s%s%s%s", option->help, option->unit ? " (" : "",
             option->unit ? option->unit : "", option->unit ? ")" : "");
    sc_schema_set(draft, value, "description", json_string(text));
    if (standard && option->type != SC_OPTION_SECTION)
        sc_schema_set(draft, value, "default", sc_option_value(standard, option));
    return value;
}

/* A key and other words for it: understood alike; one of them must be there, or no two may. */
static void add_aliases(sc_schema_draft *draft, json_t *patterns, json_t *rules,
                        const sc_option *option, json_t *value) {
    char pattern[SC_SCHEMA_PATTERN];
    json_t *names = json_pack("[s]", option->key), *each = json_array(), *pairs = json_array();
    append_words(draft, names, option->aliases);
    sc_schema_pattern(draft, pattern, option->aliases);
    sc_schema_set(draft, patterns, pattern, json_incref(value));
    for (size_t i = 0; i < json_array_size(names); i++) {
        json_t *name = json_array_get(names, i);
        sc_schema_append(draft, each, json_pack("{s: [O]}", "required", name));
        for (size_t j = 0; j < i; j++)
            sc_schema_append(draft, pairs,
                             json_pack("{s: [O, O]}", "required", json_array_get(names, j), name));
    }
    sc_schema_append(draft, rules,
                     option->required ? json_pack("{s: O}", "oneOf", each)
                                      : json_pack("{s: {s: O}}", "not", "anyOf", pairs));
    json_decref(names);
    json_decref(each);
    json_decref(pairs);
}

/* Takes the part over; nothing is said where it is empty. */
static void set_part(sc_schema_draft *draft, json_t *out, const char *key, json_t *part) {
    if (json_object_size(part) || json_array_size(part))
        sc_schema_set(draft, out, key, part);
    else
        json_decref(part);
}

/* The key, or one of those that may stand in its place. */
static json_t *any_of_keys(sc_schema_draft *draft, const sc_option *option) {
    json_t *names = json_pack("[s]", option->key), *each = json_array();
    append_words(draft, names, option->unless);
    for (size_t i = 0; i < json_array_size(names); i++)
        sc_schema_append(draft, each, json_pack("{s: [O]}", "required", json_array_get(names, i)));
    json_decref(names);
    return json_pack("{s: o}", "anyOf", each);
}

/* `preset`: the option that the kind's word sets, which is then no key; may be NULL. */
static json_t *mapping_schema(sc_schema_draft *draft, const sc_record *record,
                              const sc_record *common, const sc_option *preset) {
    json_t *properties = json_object(), *patterns = json_object(), *rules = json_array(),
           *required = json_array();
    const sc_option *option;
    for (int i = 0; (option = sc_option_at(record, common, i)); i++) {
        if (option == preset) continue;
        json_t *value = described(draft, record, option);
        sc_schema_set(draft, properties, option->key, json_incref(value));
        if (option->aliases)
            add_aliases(draft, patterns, rules, option, value);
        else if (option->unless)
            sc_schema_append(draft, rules, any_of_keys(draft, option));
        else if (option->required)
            sc_schema_append(draft, required, json_string(option->key));
        json_decref(value);
    }
    json_t *out = json_pack("{s: s, s: b, s: o}", "type", "object", "additionalProperties", 0,
                            "properties", properties);
    if (record->help) sc_schema_set(draft, out, "description", json_string(record->help));
    set_part(draft, out, "patternProperties", patterns);
    set_part(draft, out, "required", required);
    set_part(draft, out, "allOf", rules);
    return out;
}

json_t *sc_schema_record(sc_schema_draft *draft, const void *of) {
    return mapping_schema(draft, of, NULL, NULL);
}

static bool is_complete(const sc_record *record, const sc_record *common, const sc_option *preset) {
    const sc_option *option;
    for (int i = 0; (option = sc_option_at(record, common, i)); i++)
        if (option->required && option != preset) return false;
    return true;
}

/* Adds a definition; a reference to it. */
static json_t *define(sc_schema_draft *draft, const char *family, const char *kind,
                      const char *part, json_t *value) {
    char name[96], target[128];
    snprintf(name, sizeof name, "%s.%s%s", family, kind, part);
    snprintf(target, sizeof target, "#/$defs/%s", name);
    sc_schema_set(draft, draft->defs, name, value);
    return json_pack("{s: s}", "$ref", target);
}

/* What stands behind a kind's word: its main option's value, its options, or nothing. */
static json_t *kind_schema(sc_schema_draft *draft, const sc_family *family, const sc_record *kind,
                           const sc_option *preset) {
    const sc_option *main = sc_option_main(kind, family->common);
    json_t *out = mapping_schema(draft, kind, family->common, preset);
    if (main && main != preset) out = sc_schema_any_of(draft, sc_schema_value(draft, main), out);
    if (is_complete(kind, family->common, preset))
        out = sc_schema_any_of(draft, json_pack("{s: s}", "type", "null"), out);
    return out;
}

/* The words of a family: as keys of a mapping, and where nothing is required as bare words. */
typedef struct family_parts {
    sc_schema_word_list bare;
    json_t *properties, *patterns;
} family_parts;

static void add_kind(sc_schema_draft *draft, family_parts *out, const sc_word *word, bool complete,
                     json_t *value) {
    char pattern[SC_SCHEMA_PATTERN];
    if (complete) sc_schema_add_word(draft, &out->bare, word->word, word->help, word->aliases);
    sc_schema_set(draft, out->properties, word->word, json_incref(value));
    if (!word->aliases) return;
    sc_schema_pattern(draft, pattern, word->aliases);
    sc_schema_set(draft, out->patterns, pattern, json_incref(value));
}

/* The other words for a kind, but for those that mean another kind. */
static void own_aliases(char out[SC_SCHEMA_PATTERN], const sc_family *family, const char *aliases) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t length; aliases && *aliases; aliases += length, aliases += strspn(aliases, " ")) {
        char word[SC_NAME_MOST];
        length = strcspn(aliases, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, aliases);
        if (!sc_family_has(family, word) && used + length + 2 < SC_SCHEMA_PATTERN)
            used += (size_t)snprintf(out + used, SC_SCHEMA_PATTERN - used, "%s%s", used ? " " : "",
                                     word);
    }
}

static void add_record(sc_schema_draft *draft, family_parts *out, const sc_family *family,
                       const sc_record *kind) {
    const sc_option *naming = sc_option_naming(kind);
    json_t *value =
        define(draft, family->what, kind->word, "", kind_schema(draft, family, kind, NULL));
    add_kind(draft, out, &(sc_word){kind->word, kind->help, kind->aliases},
             is_complete(kind, family->common, NULL), value);
    json_decref(value);
    if (!naming) return;
    value =
        define(draft, family->what, kind->word, ".word", kind_schema(draft, family, kind, naming));
    for (const sc_word *word = naming->words; word->word; word++) {
        char aliases[SC_SCHEMA_PATTERN];
        if (sc_family_has(family, word->word)) continue;
        own_aliases(aliases, family, word->aliases);
        add_kind(draft, out, &(sc_word){word->word, word->help, aliases[0] ? aliases : NULL},
                 is_complete(kind, family->common, naming), value);
    }
    json_decref(value);
}

json_t *sc_schema_family(sc_schema_draft *draft, const void *of) {
    const sc_family *family = of;
    family_parts parts = {{json_array(), json_array(), ""}, json_object(), json_object()};
    for (const sc_record *const *kind = family->record; *kind; kind++)
        add_record(draft, &parts, family, *kind);
    json_t *mapping =
        json_pack("{s: s, s: i, s: i, s: b, s: o}", "type", "object", "minProperties", 1,
                  "maxProperties", 1, "additionalProperties", 0, "properties", parts.properties);
    set_part(draft, mapping, "patternProperties", parts.patterns);
    return sc_schema_any_of(draft, sc_schema_words(draft, &parts.bare), mapping);
}

json_t *sc_schema(void) {
    sc_schema_draft draft = {.defs = json_object()};
    json_t *whole = sc_schema_record(&draft, &sc_recipe_record);
    json_t *out = json_pack("{s: s, s: s, s: {s: {}}}", "$schema",
                            "https://json-schema.org/draft/2020-12/schema", "title",
                            "A configuration of Socle", "patternProperties", "^x-");
    if (json_object_update(out, whole) != 0) draft.failed = true;
    sc_schema_set(&draft, out, "$defs", json_incref(draft.defs));
    json_decref(whole);
    json_decref(draft.defs);
    if (!draft.failed) return out;
    json_decref(out);
    return NULL;
}
