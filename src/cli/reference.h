/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration may say, for people and for editors, from the tables alone. */
#ifndef SC_CLI_REFERENCE_H
#define SC_CLI_REFERENCE_H

#include "cli/page.h"

/* The whole: docs/reference.md, socle-config(5), `socle help config`. */
void sc_reference(sc_page *page);
/* A section and those below it ("train", "train.checkpoint"); false: there is none of that name. */
bool sc_reference_section(sc_page *page, const char *name);
/* Adds the sections whose last word it is: "groups" for train.groups. False: there are none. */
bool sc_reference_part(sc_page *page, const char *name);
/* A family ("layer", "layers") or, with `word`, one of its kinds. False: there is no such family.
 * Errors: page->text.status, and for an unknown word CONFIG, which names the nearest. */
bool sc_reference_family(sc_page *page, const char *name, const char *word, socle_status *status);
/* The kind of that name in whatever family has it. */
bool sc_reference_kind(sc_page *page, const char *word);
/* Names of sections, families and their kinds; at most `capacity`. */
size_t sc_reference_topics(const char **names, size_t capacity);

/* Calls `each` for every key that has a single value, with the path of its section: what --set can
 * be given. */
void sc_reference_each_key(void (*each)(void *user, const char *section, const char *key),
                           void *user);

/* schema.c: JSON Schema, draft 2020-12; a new reference, NULL when there is no memory. */
json_t *sc_schema(void);

#endif
