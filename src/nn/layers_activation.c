/* SPDX-License-Identifier: Apache-2.0 */
/* Activations and dropout. An activation is any unary row of src/op/expr_list.def listed here by
 * word; softmax is an operation of its own. */
#include "nn/layer.h"

#include <string.h>

static const sc_word functions[] = {
    {"relu", "max(x, 0)", NULL},
    {"sigmoid", "1 / (1 + exp(-x))", NULL},
    {"tanh", "the hyperbolic tangent", NULL},
    {"softmax", "exp(x) over the sum of all exp(x), over the features", NULL},
    {"silu", "x sigmoid(x)", "swish"},
    {"gelu", "x times the normal distribution of x (Hendrycks and Gimpel 2016)", NULL},
    {"gelu_tanh", "gelu by its approximation with tanh", NULL},
    {"mish", "x tanh(softplus(x)) (Misra 2019)", NULL},
    {"softplus", "log(1 + exp(x))", NULL},
    {NULL, NULL, NULL},
};

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
    {"function", SC_OPTION_WORD, AT(function), "which function", .required = true,
     .shorthand = true, .names_kind = true, .words = functions, .example = "gelu"},
};
static const sc_option dropout_options[] = {
    {"rate", SC_OPTION_FLOAT, AT(rate), "the share", 0, 0.999, .required = true, .shorthand = true,
     .example = "0.5"},
};
static const sc_layer_options standard;

const sc_layer_kind sc_layer_activation = {
    .record = {.word = "activation",
               .help = "a function of each element; the function's word alone is a layer too",
               .options = activation_options,
               .count = 1,
               .standard = &standard,
               .size = sizeof standard},
    .inputs_min = 1,
    .inputs_max = 1,
    .build = build_activation,
};

const sc_layer_kind sc_layer_dropout = {
    .record = {.word = "dropout",
               .help = "sets a share of its inputs to 0 while training, others in each step "
                       "(Srivastava et al. 2014)",
               .options = dropout_options,
               .count = 1,
               .standard = &standard,
               .size = sizeof standard},
    .inputs_min = 1,
    .inputs_max = 1,
    .build = build_dropout,
};
