/* SPDX-License-Identifier: Apache-2.0 */
/* Activations and dropout. An activation is any unary row of src/op/expr_list.def listed here by
 * word; softmax is an operation of its own. */
#include "nn/layer.h"

#include <string.h>

static const char *const functions[] = {"relu", "sigmoid",   "tanh", "softmax",  "silu",
                                        "gelu", "gelu_tanh", "mish", "softplus", NULL};

const char *const *sc_activation_words(void) {
    return functions;
}

static sc_value build_activation(sc_build *build, const sc_layer *layer, const sc_value *input) {
    const char *word = layer->options.function;
    if (strcmp(word, "softmax") == 0) return sc_build_softmax(build->graph, input[0], false);
    return sc_build_unary(build->graph, sc_expr_op_by_word(word), input[0]);
}

static sc_value build_dropout(sc_build *build, const sc_layer *layer, const sc_value *input) {
    return build->mode == SC_BUILD_TRAIN
               ? sc_build_dropout(build->graph, input[0], layer->options.rate)
               : input[0];
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_option activation_options[] = {
    {"function", SC_OPTION_WORD, AT(function), 0, 0, "which one", .required = true,
     .shorthand = true, .words = functions},
};
static const sc_option dropout_options[] = {
    {"rate", SC_OPTION_NUMBER, AT(rate), 0, 0.999, "share of inputs set to 0 in training",
     .required = true, .shorthand = true},
};

const sc_layer_kind sc_layer_activation = {
    .word = "activation",
    .help = "a function of each element",
    .inputs_min = 1,
    .inputs_max = 1,
    .options = activation_options,
    .option_count = 1,
    .build = build_activation,
};

const sc_layer_kind sc_layer_dropout = {
    .word = "dropout",
    .help = "inverted dropout (Srivastava et al. 2014)",
    .inputs_min = 1,
    .inputs_max = 1,
    .options = dropout_options,
    .option_count = 1,
    .build = build_dropout,
};
