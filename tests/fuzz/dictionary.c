/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a dictionary for libFuzzer: every word of the option tables, so that a new layer or key is fuzzed by itself.
 */
#include "nn/layer.h"
#include "train/recipe.h"

#include <stdio.h>

static void word(const char *text) {
    printf("\"%s\"\n", text);
}

static void words(const char *const *list) {
    for (; list && *list; list++) word(*list);
}

static void layers(void) {
    for (const sc_layer_kind *const *kind = sc_layer_kinds(); *kind; kind++) {
        word((*kind)->word);
        for (int i = 0; i < (*kind)->option_count; i++) {
            word((*kind)->options[i].key);
            words((*kind)->options[i].words);
        }
    }
    words(sc_layer_words());
    words(sc_activation_words());
    words(sc_initializer_words());
}

int main(void) {
    static const char *const others[] = {"from",
                                         "name",
                                         "inputs",
                                         "dtype",
                                         "scale",
                                         "u8",
                                         "f32",
                                         "same",
                                         "valid",
                                         "data_offsets",
                                         "__metadata__",
                                         "run.epoch",
                                         "run.row",
                                         "run.step",
                                         "run.best",
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
    layers();
    for (const sc_loss_kind *const *kind = sc_loss_kinds(); *kind; kind++) word((*kind)->word);
    for (const sc_optimizer_kind *const *kind = sc_optimizer_kinds(); *kind; kind++) {
        word((*kind)->word);
        for (int i = 0; i < (*kind)->options; i++) word((*kind)->option[i].key);
    }
    for (int i = 0; i < SC_RECIPE_SECTIONS; i++) words(sc_recipe_section_of((sc_recipe_section_id)i)->keys);
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++) word(sc_expr_op_info((sc_expr_op)op)->word);
    words(others);
    return 0;
}
