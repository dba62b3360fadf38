/* SPDX-License-Identifier: Apache-2.0 */
/* Words of other systems: each stands for one of ours or for nothing, and takes the place of none. */
#include "sc_test.h"

#include "nn/layer.h"
#include "nn/word.h"

static bool is_listed(const char *const *words, const char *word) {
    for (; *words; words++)
        if (strcmp(*words, word) == 0) return true;
    return false;
}

static bool is_loss(const char *word) {
    for (const sc_loss_kind *const *kind = sc_loss_kinds(); *kind; kind++)
        if (strcmp((*kind)->word, word) == 0) return true;
    return false;
}

static bool is_optimizer(const char *word) {
    for (const sc_optimizer_kind *const *kind = sc_optimizer_kinds(); *kind; kind++)
        if (strcmp((*kind)->word, word) == 0) return true;
    return false;
}

static bool is_option(const char *word) {
    for (const sc_optimizer_kind *const *kind = sc_optimizer_kinds(); *kind; kind++)
        for (int i = 0; i < (*kind)->options; i++)
            if (strcmp((*kind)->option[i].key, word) == 0) return true;
    for (const sc_layer_kind *const *kind = sc_layer_kinds(); *kind; kind++)
        for (int i = 0; i < (*kind)->option_count; i++)
            if (strcmp((*kind)->options[i].key, word) == 0) return true;
    return false;
}

/* Keys are in src/train, and held by the test of the page that lists them all. */
static bool is_ours(sc_word_group group, const char *word) {
    switch (group) {
    case SC_WORD_LAYER:
        return is_listed(sc_layer_words(), word);
    case SC_WORD_LOSS:
        return is_loss(word);
    case SC_WORD_OPTIMIZER:
        return is_optimizer(word);
    case SC_WORD_INITIALIZER:
        return is_listed(sc_initializer_words(), word);
    case SC_WORD_OPTION:
        return is_option(word);
    default:
        return false;
    }
}

Test(word, each_stands_for_one_of_ours_or_for_nothing) {
    for (const sc_word_alias *row = sc_word_aliases(); row->alias; row++) {
        SC_REPRO("%s", row->alias);
        SC_TRUE(!is_ours(row->group, row->alias));
        SC_TRUE(!row->word || row->group == SC_WORD_KEY || is_ours(row->group, row->word));
        SC_EQ_STR(sc_word_meant(row->group, row->alias), row->word ? row->word : row->alias);
        SC_EQ(sc_word_is_foreign(row->group, row->alias), row->word == NULL);
        for (const sc_word_alias *other = sc_word_aliases(); other < row; other++)
            SC_TRUE(other->group != row->group || strcmp(other->alias, row->alias) != 0);
    }
    SC_EQ_STR(sc_word_meant(SC_WORD_NAME, "swish"), "swish");
    SC_TRUE(sc_word_meant(SC_WORD_LAYER, NULL) == NULL);
}

Test(word, is_found_by_all_who_look) {
    sc_layer_options options;
    SC_TRUE(sc_layer_kind_find("linear", &options) == sc_layer_kind_find("dense", &options));
    sc_layer_kind_find("swish", &options);
    SC_EQ_STR(options.function, "silu");
    SC_TRUE(sc_loss_find("mse") && sc_loss_find("mse") == sc_loss_find("mean_squared_error"));
    SC_TRUE(sc_loss_find("bce") && sc_loss_find("bce") == sc_loss_find("binary_cross_entropy"));
    SC_TRUE(sc_loss_find("hinge") == NULL);
    SC_TRUE(sc_optimizer_find("adamw") == NULL);
    SC_TRUE(sc_layer_kind_find("elu", &options) == NULL);
}
