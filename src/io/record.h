/* SPDX-License-Identifier: Apache-2.0 */
/* Between configurations and the structs that tables of options describe (base/option.h): reading
 * with checks, nearest words and the words of other systems; writing; and values as people read
 * them. Knows no key, section or kind by name. Errors of reading are CONFIG with file, line and
 * path. */
#ifndef SC_IO_RECORD_H
#define SC_IO_RECORD_H

#include "base/option.h"
#include "base/text.h"
#include "io/config.h"

/* Reads a mapping into the struct `out`, which holds the defaults: keys that are absent leave it as
 * it is. `out` NULL: checks only. `object` NULL: an absent one. Where a key has another system's
 * word, the tree gets ours. What the struct owns is released by sc_record_release, after a failure
 * too. */
socle_status sc_record_read(void *out, const sc_config *config, const json_t *object,
                            const sc_record *record);
/* The same, though members that are required may be missing; and the keys alone. */
socle_status sc_record_read_given(void *out, const sc_config *config, const json_t *object,
                                  const sc_record *record);
socle_status sc_record_keys(const sc_config *config, const json_t *object, const sc_record *record);
void sc_record_release(const sc_env *env, void *data, const sc_record *record);

/* What stands for one of a family: a word, {word: value of its main option}, {word: {options}}. */
typedef struct sc_kind {
    const sc_family *family;
    const sc_record *record;
    const char *word;  /* as it is given */
    const char *named; /* the word of the option that names kinds, where that was given: relu; else
                          NULL */
    const json_t *container; /* holds the whole: at `key`, or with key NULL at element `index` */
    const char *key;
    size_t index;
    const json_t *mapping; /* {word: value}; NULL for a bare word */
    const json_t *value;   /* NULL for a bare word, or an empty value */
    const json_t *options; /* value, where it is a mapping */
} sc_kind;

/* Takes a member of an object apart, or with key NULL an element of a list, and finds the record.
 */
socle_status sc_kind_find(sc_kind *out, const sc_config *config, const json_t *container,
                          const char *key, size_t index, const sc_family *family);
/* Fills `data` with the defaults and reads what is given. NULL: checks only. */
socle_status sc_kind_read(void *data, const sc_config *config, const sc_kind *kind);
/* A failure that is about the kind as a whole. */
socle_status sc_kind_fail(const sc_config *config, const sc_kind *kind, const char *format, ...)
    SC_PRINTF(3, 4);

/* "unknown layer 'convd'; did you mean 'conv2d'?", at a member of `container` or, with key NULL, at
 * an element of a list. A word of `foreign` (may be NULL) means something Socle does not have: no
 * nearest one is offered, which would be another. */
socle_status sc_fail_unknown(const sc_config *config, const json_t *container, const char *key,
                             size_t index, const char *what, const char *foreign, const char *word,
                             const char *const *words, size_t count);

/* New references; NULL when there is no memory. All options that the struct holds, but for texts
 * that are NULL, doubles that are NaN and sections that are as by default. */
json_t *sc_record_value(const void *data, const sc_record *record);
json_t *sc_option_value(const void *at, const sc_option *option); /* NULL too where there is none to
                                                                     write */
/* A path as any folder understands it. */
json_t *sc_absolute_path(const char *path);
json_t *sc_absolute_paths(const char *paths); /* a path per line; a list where there are several */

/* "a whole number from 1 to 10", "`same`, `valid` ..." : what an option takes; words between
 * `quote`s. */
void sc_option_values_text(sc_text *text, const sc_option *option, const char *quote);
/* "1", "the kernel's size", "required": what its absence means. *exact: it is a value that could be
 * given. */
void sc_option_default_text(sc_text *text, const sc_record *record, const sc_option *option,
                            bool *exact);

#endif
