/* SPDX-License-Identifier: Apache-2.0 */
/* What a message says about a word that is in no table: the nearest known word, those that it is a
 * part of, or all of them. */
#include "io/config_hint.h"

#include <string.h>

enum { LISTED = 40, SUGGESTED = 4, LEAST_PART = 3 };

/* Whether `part` stands in `word` between underscores or its ends: init in weight_init. */
static bool is_part(const char *part, const char *word) {
    size_t length = strlen(part);
    for (const char *at = word; length >= LEAST_PART && (at = strstr(at, part)); at++)
        if ((at == word || at[-1] == '_') && (at[length] == '\0' || at[length] == '_')) return true;
    return false;
}

/* "'a', 'b' or 'c'" */
static void add_parts(sc_text *hint, const char *word, const char *const *words, size_t count,
                      size_t fits) {
    size_t left = fits;
    for (size_t i = 0; i < count; i++) {
        if (!is_part(word, words[i])) continue;
        sc_text_add(hint, "%s'%s'", left == fits ? "" : left == 1 ? " or " : ", ", words[i]);
        left--;
    }
}

bool sc_config_hint_near(sc_text *hint, const char *word, const char *const *words, size_t count) {
    const char *nearest = sc_nearest_word(word, words, count);
    size_t fits = 0;
    for (size_t i = 0; !nearest && i < count; i++) fits += is_part(word, words[i]);
    if (!nearest && (fits < 1 || fits > SUGGESTED)) return false;
    sc_text_add(hint, "; did you mean ");
    if (nearest)
        sc_text_add(hint, "'%s'", nearest);
    else
        add_parts(hint, word, words, count, fits);
    sc_text_add(hint, "?");
    return true;
}

void sc_config_list(sc_text *hint, const char *const *words, size_t count) {
    for (size_t i = 0; i < count && i < LISTED; i++)
        sc_text_add(hint, "%s%s", i ? ", " : "; known: ", words[i]);
    if (count > LISTED) sc_text_add(hint, ", and %zu more", count - LISTED);
}

void sc_config_hint(sc_text *hint, const char *word, const char *const *words, size_t count) {
    if (!sc_config_hint_near(hint, word, words, count)) sc_config_list(hint, words, count);
}
