/* SPDX-License-Identifier: Apache-2.0 */
/* Words of other systems: each stands for one of ours or for nothing, and takes the place of none.
 */
#include "sc_test.h"

#include "nn/metric.h"

Test(word, is_found_by_all_who_look) {
    sc_layer_options options;
    SC_TRUE(sc_layer_kind_find("linear", &options) == sc_layer_kind_find("dense", &options));
    sc_layer_kind_find("swish", &options);
    SC_EQ_STR(options.function, "silu");
    SC_TRUE(sc_loss_find("mse") && sc_loss_find("mse") == sc_loss_find("mean_squared_error"));
    SC_TRUE(sc_loss_find("bce") && sc_loss_find("bce") == sc_loss_find("binary_cross_entropy"));
    SC_TRUE(sc_loss_find("ctc") == NULL);
    SC_TRUE(sc_optimizer_find("radam") == NULL);
    SC_TRUE(sc_layer_kind_find("glu", &options) == NULL);
}

/* A word and its aliases, one after the other. */
typedef struct listing {
    const char *word[512];
    char text[8192];
    size_t count, used;
} listing;

static void list(listing *out, const char *words) {
    char *copy = out->text + out->used;
    out->used += (size_t)snprintf(copy, sizeof out->text - out->used, "%s", words ? words : "") + 1;
    SC_TRUE(out->used < sizeof out->text);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        out->word[out->count++] = word;
}

static void expect_unique(const listing *words) {
    for (size_t i = 0; i < words->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(words->word[i], words->word[j]) == 0)
                SC_TEST_FAIL("%s is there twice", words->word[i]);
}

static void check_options(const sc_record *record, const sc_record *common) {
    static listing keys;
    const sc_option *option;
    keys = (listing){0};
    for (int i = 0; (option = sc_option_at(record, common, i)); i++) {
        list(&keys, option->key);
        list(&keys, option->aliases);
        SC_TRUE(sc_option_find(record, common, option->key) == option);
    }
    expect_unique(&keys);
}

static void check_family(const sc_family *family) {
    static listing words;
    words = (listing){0};
    list(&words, family->foreign);
    for (const sc_record *const *record = family->record; *record; record++) {
        const sc_option *naming = sc_option_naming(*record);
        SC_REPRO("%s %s", family->what, (*record)->word);
        list(&words, (*record)->word);
        list(&words, (*record)->aliases);
        for (const sc_word *word = naming ? naming->words : NULL; word && word->word; word++) {
            if (sc_family_has(family, word->word)) continue; /* a record of its own */
            list(&words, word->word);
            /* `activation: linear`; alone it is the dense layer. */
            if (strcmp(word->word, "identity") != 0) list(&words, word->aliases);
        }
        check_options(*record, family->common);
    }
    expect_unique(&words);
    for (size_t i = 0; i < words.count; i++) {
        const char *named;
        bool foreign = sc_is_among(family->foreign, words.word[i]);
        SC_EQ(sc_family_find(family, words.word[i], &named) == NULL, foreign);
    }
}

Test(word, stands_for_one_thing) {
    check_family(&sc_layer_family);
    check_family(&sc_loss_family);
    check_family(&sc_optimizer_family);
    check_family(&sc_metric_family);
    check_family(&sc_initializer_family);
}

Test(word, is_among_words_that_spaces_separate) {
    SC_TRUE(sc_is_among("a bc  d", "bc") && sc_is_among("a bc  d", "d") && sc_is_among("a", "a"));
    SC_TRUE(!sc_is_among("a bc d", "b") && !sc_is_among("abc", "a") && !sc_is_among(NULL, "a"));
    SC_TRUE(!sc_is_among("", "") && !sc_is_among("a  b", ""));
}
