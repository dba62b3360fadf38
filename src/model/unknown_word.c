/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a configuration: other words for our keys, and the message for a word that is in no
 * table: what it stands for, the nearest known one or all of them. */
#include "base/text.h"
#include "io/quote.h"
#include "model/net_option.h"

#include <string.h>

size_t sc_count_words(const char *const *words) {
    size_t count = 0;
    while (words[count]) count++;
    return count;
}

static void add_hint(sc_text *hint, sc_word_group group, const char *word,
                     const char *const *words, size_t count) {
    enum { MOST = 40 };
    const char *nearest =
        sc_word_is_foreign(group, word) ? NULL : sc_nearest_word(word, words, count);
    if (nearest) {
        sc_text_add(hint, "; did you mean '%s'?", nearest);
        return;
    }
    for (size_t i = 0; i < count && i < MOST; i++)
        sc_text_add(hint, "%s%s", i ? ", " : "; known: ", words[i]);
    if (count > MOST) sc_text_add(hint, ", and %zu more", count - MOST);
}

socle_status sc_fail_unknown(const sc_config *config, const json_t *container, const char *key,
                             size_t index, sc_word_group group, const char *word,
                             const char *const *words, size_t count) {
    static const char *const kinds[] = {
        [SC_WORD_NAME] = "layer or input", [SC_WORD_LAYER] = "layer",
        [SC_WORD_LOSS] = "loss",           [SC_WORD_OPTIMIZER] = "optimizer",
        [SC_WORD_INITIALIZER] = "initialiser", [SC_WORD_OPTION] = "option", [SC_WORD_KEY] = "key"};
    const char *what = kinds[group];
    sc_text hint;
    sc_text_init(&hint, sc_config_env(config));
    add_hint(&hint, group, word, words, count);
    const sc_quoted quoted = sc_quote(word);
    socle_status status = key ? sc_config_fail(config, container, key, "unknown %s '%s'%s", what,
                                               quoted.text, hint.data)
                              : sc_config_fail_item(config, container, index, "unknown %s '%s'%s",
                                                    what, quoted.text, hint.data);
    sc_text_free(&hint);
    return status;
}

static bool is_among(const char *word, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

socle_status sc_check_keys(const sc_config *config, const json_t *object, sc_word_group group,
                           const char *const *words, size_t count) {
    for (const sc_word_alias *alias = sc_word_aliases(); alias->alias; alias++)
        if (alias->group == group && alias->word && json_object_get(object, alias->alias) &&
            is_among(alias->word, words, count))
            SC_TRY(sc_config_rename(config, object, alias->alias, alias->word));
    return sc_config_check_keys(config, object, words, count);
}
