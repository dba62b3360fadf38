/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind `socle schema` share; no other file includes this. Values without memory
 * become NULL, which jansson passes on: who asks for the whole schema looks once. */
#ifndef SC_CLI_SCHEMA_PRIVATE_H
#define SC_CLI_SCHEMA_PRIVATE_H

#include "io/record.h"

enum { SC_SCHEMA_PATTERN = 2048 };

/* Failed where any part of it is missing: a schema that lacks a part would allow too much. */
typedef struct sc_schema_draft {
    json_t *defs;
    bool failed;
} sc_schema_draft;

/* Words of which one is given, each with what it means, and other words for them. */
typedef struct sc_schema_word_list {
    json_t *word, *help;
    char aliases[SC_SCHEMA_PATTERN - 8];
} sc_schema_word_list;

/* schema_value.c. Functions take over the references that they are given. */
void sc_schema_set(sc_schema_draft *draft, json_t *object, const char *key, json_t *value);
void sc_schema_append(sc_schema_draft *draft, json_t *list, json_t *value);
json_t *sc_schema_any_of(sc_schema_draft *draft, json_t *a, json_t *b);
/* "^(conv|convolution)$" of "conv convolution". Editors offer what is listed; what a pattern allows
 * they only understand. */
void sc_schema_pattern(sc_schema_draft *draft, char out[SC_SCHEMA_PATTERN], const char *words);
void sc_schema_add_word(sc_schema_draft *draft, sc_schema_word_list *words, const char *word,
                        const char *help, const char *aliases);
/* The schema of one of the words. */
json_t *sc_schema_words(sc_schema_draft *draft, const sc_schema_word_list *words);
/* The schema of an option's value. */
json_t *sc_schema_value(sc_schema_draft *draft, const sc_option *option);

/* schema.c: definitions of an sc_record and of an sc_family. */
json_t *sc_schema_record(sc_schema_draft *draft, const void *of);
json_t *sc_schema_family(sc_schema_draft *draft, const void *of);

#endif
