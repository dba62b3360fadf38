/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a dictionary for libFuzzer: every word of the option tables, so that a new layer or key is
 * fuzzed by itself.
 */
#include "run/recipe.h"

#include <stdio.h>

static void word(const char *text) {
    printf("\"%s\"\n", text);
}

/* Every key and word below a record, of sections and kinds too. */
static void record_words(const sc_record *record);

static void family_words(const sc_family *family) {
    const char *words[SC_FAMILY_MOST_WORDS];
    size_t count = sc_family_words(family, words);
    for (size_t i = 0; i < count; i++) word(words[i]);
    for (int i = 0; family->record[i]; i++) record_words(family->record[i]);
    if (family->common) record_words(family->common);
}

static void record_words(const sc_record *record) {
    for (int i = 0; i < record->count; i++) {
        const sc_option *option = &record->options[i];
        word(option->key);
        for (const sc_word *row = option->words; row && row->word; row++) word(row->word);
        if (option->record) record_words(option->record);
        if (option->family) family_words(option->family);
    }
}

int main(void) {
    static const char *const others[] = {"same",
                                         "valid",
                                         "data_offsets",
                                         "__metadata__",
                                         "run.epoch",
                                         "run.row",
                                         "run.step",
                                         "run.best",
                                         "run.metrics",
                                         "null",
                                         "nan",
                                         "network[0].",
                                         "train.",
                                         ": {",
                                         "[",
                                         "]",
                                         "}",
                                         "-",
                                         "*a",
                                         "&a",
                                         "1e400",
                                         "9223372036854775807",
                                         "-1",
                                         "0x7fffffff",
                                         "opencl:0",
                                         "=",
                                         ",",
                                         "/0",
                                         "all",
                                         "auto",
                                         NULL};
    record_words(&sc_recipe_record);
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++)
        word(sc_expr_op_info((sc_expr_op)op)->word);
    for (const char *const *other = others; *other; other++) word(*other);
    return 0;
}
