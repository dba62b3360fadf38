/* SPDX-License-Identifier: Apache-2.0 */
/* Finding options, kinds and words in the tables. */
#include "base/option.h"

#include <string.h>

bool sc_is_among(const char *words, const char *word) {
    size_t length = strlen(word);
    while (words && *words) {
        size_t here = strcspn(words, " ");
        if (here == length && here && strncmp(words, word, length) == 0) return true;
        words += here + strspn(words + here, " ");
    }
    return false;
}

static bool is_called(const char *given, const char *word, const char *aliases) {
    return strcmp(given, word) == 0 || sc_is_among(aliases, given);
}

static const sc_option *find_own(const sc_record *record, const char *key) {
    for (int i = 0; record && i < record->count; i++)
        if (is_called(key, record->options[i].key, record->options[i].aliases))
            return &record->options[i];
    return NULL;
}

const sc_option *sc_option_find(const sc_record *record, const sc_record *common, const char *key) {
    const sc_option *own = find_own(record, key);
    return own ? own : find_own(common, key);
}

const sc_option *sc_option_at(const sc_record *record, const sc_record *common, int number) {
    if (number < record->count) return &record->options[number];
    number -= record->count;
    for (int i = 0; common && i < common->count; i++)
        if (!find_own(record, common->options[i].key) && number-- == 0) return &common->options[i];
    return NULL;
}

const sc_option *sc_option_main(const sc_record *record, const sc_record *common) {
    const sc_option *option;
    for (int i = 0; (option = sc_option_at(record, common, i)); i++)
        if (option->shorthand) return option;
    return NULL;
}

const sc_option *sc_option_naming(const sc_record *record) {
    for (int i = 0; i < record->count; i++)
        if (record->options[i].names_kind) return &record->options[i];
    return NULL;
}

const sc_word *sc_option_word(const sc_option *option, const char *word) {
    for (const sc_word *known = option->words; word && known && known->word; known++)
        if (is_called(word, known->word, known->aliases)) return known;
    return NULL;
}

const void *sc_option_standard(const sc_record *record, const sc_option *option) {
    if (!record->standard || option->offset == SC_OPTION_ELSEWHERE) return NULL;
    return (const char *)record->standard + option->offset;
}

const sc_record *sc_family_find(const sc_family *family, const char *word, const char **named) {
    *named = NULL;
    for (int i = 0; family->record[i]; i++)
        if (is_called(word, family->record[i]->word, family->record[i]->aliases))
            return family->record[i];
    for (int i = 0; family->record[i]; i++) {
        const sc_option *option = sc_option_naming(family->record[i]);
        const sc_word *known = option ? sc_option_word(option, word) : NULL;
        if (!known) continue;
        *named = known->word;
        return family->record[i];
    }
    return NULL;
}

bool sc_family_has(const sc_family *family, const char *word) {
    const char *named;
    return sc_family_find(family, word, &named) && !named;
}

size_t sc_family_words(const sc_family *family, const char *words[SC_FAMILY_MOST_WORDS]) {
    size_t count = 0;
    for (int i = 0; family->record[i] && count < SC_FAMILY_MOST_WORDS; i++)
        words[count++] = family->record[i]->word;
    for (int i = 0; family->record[i]; i++) {
        const sc_option *option = sc_option_naming(family->record[i]);
        for (const sc_word *word = option ? option->words : NULL;
             word && word->word && count < SC_FAMILY_MOST_WORDS; word++)
            if (!sc_family_has(family, word->word)) words[count++] = word->word;
    }
    return count;
}

void sc_record_defaults(void *out, const sc_record *record) {
    if (record->standard)
        memcpy(out, record->standard, record->size);
    else
        memset(out, 0, record->size);
}
