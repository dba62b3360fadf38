/* SPDX-License-Identifier: Apache-2.0 */
/* The message for a word that is in no table: what it stands for, the nearest known one or all of
 * them. */
#include "base/text.h"
#include "io/quote.h"
#include "model/net_option.h"

size_t sc_count_words(const char *const *words) {
    size_t count = 0;
    while (words[count]) count++;
    return count;
}

static void add_hint(sc_text *hint, const char *word, const char *const *words, size_t count) {
    enum { MOST = 40 };
    const char *nearest = sc_nearest_word(word, words, count);
    if (nearest) {
        sc_text_add(hint, "; did you mean '%s'?", nearest);
        return;
    }
    for (size_t i = 0; i < count && i < MOST; i++)
        sc_text_add(hint, "%s%s", i ? ", " : "; known: ", words[i]);
    if (count > MOST) sc_text_add(hint, ", and %zu more", count - MOST);
}

socle_status sc_fail_unknown(const sc_config *config, const json_t *container, const char *key,
                             size_t index, const char *what, const char *word,
                             const char *const *words, size_t count) {
    sc_text hint;
    sc_text_init(&hint, sc_config_env(config));
    add_hint(&hint, word, words, count);
    const sc_quoted quoted = sc_quote(word);
    socle_status status = key ? sc_config_fail(config, container, key, "unknown %s '%s'%s", what,
                                               quoted.text, hint.data)
                              : sc_config_fail_item(config, container, index, "unknown %s '%s'%s",
                                                    what, quoted.text, hint.data);
    sc_text_free(&hint);
    return status;
}
