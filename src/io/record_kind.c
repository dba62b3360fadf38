/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of a family a value names, and the message for a word that is in no table: what it
 * stands for, the nearest known one or all of them. */
#include "io/config_hint.h"
#include "io/quote.h"
#include "io/record.h"

#include <stdio.h>
#include <string.h>

socle_status sc_fail_unknown(const sc_config *config, const json_t *container, const char *key,
                             size_t index, const char *what, const char *foreign, const char *word,
                             const char *const *words, size_t count) {
    sc_text hint;
    sc_text_init(&hint, sc_config_env(config));
    if (sc_is_among(foreign, word))
        sc_config_list(&hint, words, count);
    else
        sc_config_hint(&hint, word, words, count);
    const sc_quoted quoted = sc_quote(word);
    socle_status status = key ? sc_config_fail(config, container, key, "unknown %s '%s'%s", what,
                                               quoted.text, hint.data)
                              : sc_config_fail_item(config, container, index, "unknown %s '%s'%s",
                                                    what, quoted.text, hint.data);
    sc_text_free(&hint);
    return status;
}

static socle_status fail_at(const sc_config *config, const sc_kind *kind, const char *text) {
    if (kind->mapping) return sc_config_fail(config, kind->mapping, kind->word, "%s", text);
    if (kind->key) return sc_config_fail(config, kind->container, kind->key, "%s", text);
    return sc_config_fail_item(config, kind->container, kind->index, "%s", text);
}

socle_status sc_kind_fail(const sc_config *config, const sc_kind *kind, const char *format, ...) {
    char text[SC_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail_at(config, kind, text);
}

static socle_status fail_form(const sc_config *config, const sc_kind *kind, const json_t *item) {
    const char *what = kind->family->what, *article = strchr("aeiou", what[0]) ? "an" : "a";
    if (json_is_object(item) && !kind->key) /* in a list options easily stand beside their word */
        return sc_kind_fail(config, kind,
                            "%s %s is one word and its options, here are %zu keys side by side; "
                            "write {WORD: {KEY: VALUE}}, or "
                            "indent the options below the word",
                            article, what, json_object_size(item));
    return sc_kind_fail(config, kind, "must be %s %s such as %s", article, what,
                        kind->family->example);
}

static socle_status fail_word(const sc_config *config, const sc_kind *kind) {
    const char *words[SC_FAMILY_MOST_WORDS];
    size_t count = sc_family_words(kind->family, words);
    const json_t *container = kind->mapping ? kind->mapping : kind->container;
    return sc_fail_unknown(config, container, kind->mapping ? kind->word : kind->key, kind->index,
                           kind->family->what, kind->family->foreign, kind->word, words, count);
}

socle_status sc_kind_find(sc_kind *out, const sc_config *config, const json_t *container,
                          const char *key, size_t index, const sc_family *family) {
    const json_t *item = key ? json_object_get(container, key) : json_array_get(container, index);
    *out = (sc_kind){.family = family,
                     .container = container,
                     .key = key,
                     .index = index,
                     .word = json_string_value(item)};
    if (json_is_object(item) && json_object_size(item) == 1) {
        void *only = json_object_iter((json_t *)item);
        out->mapping = item;
        out->word = json_object_iter_key(only);
        out->value =
            json_is_null(json_object_iter_value(only)) ? NULL : json_object_iter_value(only);
        out->options = json_is_object(out->value) ? out->value : NULL;
    }
    if (!out->word) return fail_form(config, out, item);
    out->record = sc_family_find(family, out->word, &out->named);
    return out->record ? SOCLE_OK : fail_word(config, out);
}
