/* SPDX-License-Identifier: Apache-2.0 */
/* Activations, formulas of the user's own, and dropout. The activations are rows of
 * activation_list.def. */
#include "nn/layer.h"
#include "nn/net_formula.h"

#include <string.h>

#define AT(field) offsetof(sc_layer_options, field)

static const sc_word functions[] = {
#define SC_ACTIVATION(word, aliases, formula, help) {#word, help, aliases},
#define SC_ACTIVATION_OPERATION(word, aliases, function, help) {#word, help, aliases},
#define SC_ACTIVATION_WITH(word, aliases, formula, help, standard, ...) {#word, help, aliases},
#include "nn/activation_list.def"
#undef SC_ACTIVATION_WITH
#undef SC_ACTIVATION_OPERATION
#undef SC_ACTIVATION
    {NULL, NULL, NULL},
};

static sc_value softmax(sc_graph *graph, sc_value x) {
    return sc_build_softmax(graph, x, false);
}

static socle_status declare_activation(sc_net *net, sc_layer *layer, const sc_tensor_desc *input);
static sc_value build_formula(sc_build *build, const sc_layer *layer, const sc_value *input);

/* Activations with options are kinds of their own. */
#define SC_ACTIVATION(...)
#define SC_ACTIVATION_OPERATION(...)
#define SC_STANDARD(...)                                                                           \
    { __VA_ARGS__ }
#define SC_NUMBER(place, its_key, least, most, its_example, its_help, its_aliases)                 \
    {                                                                                              \
        its_key, SC_OPTION_FLOAT, AT(value[place]), its_help, least, most,                         \
            .shorthand = (place) == 0, .example = its_example, .aliases = its_aliases              \
    }
#define SC_ACTIVATION_WITH(its_word, its_aliases, formula, its_help, its_standard, ...)            \
    static const sc_option its_word##_options[] = {__VA_ARGS__};                                   \
    const sc_layer_kind sc_activation_##its_word = {                                               \
        .record = {.word = #its_word,                                                              \
                   .help = its_help,                                                               \
                   .aliases = its_aliases,                                                         \
                   .options = its_word##_options,                                                  \
                   .count = sizeof its_word##_options / sizeof its_word##_options[0],              \
                   .standard =                                                                     \
                       &(const sc_layer_options){.function = #its_word, .value = its_standard},    \
                   .size = sizeof(sc_layer_options)},                                              \
        .declare = declare_activation,                                                             \
        .build = build_formula,                                                                    \
    };
#include "nn/activation_list.def"
#undef SC_ACTIVATION_WITH
#undef SC_ACTIVATION_OPERATION
#undef SC_ACTIVATION

typedef struct row {
    const char *formula;
    sc_value (*operation)(sc_graph *graph, sc_value x); /* where there is no formula */
    const sc_layer_kind *kind; /* of an activation with options; NULL: it has none */
} row;

static const row rows[] = {
#define SC_ACTIVATION(word, aliases, formula, help) {formula, NULL, NULL},
#define SC_ACTIVATION_OPERATION(word, aliases, function, help) {NULL, function, NULL},
#define SC_ACTIVATION_WITH(word, aliases, formula, help, ...)                                      \
    {formula, NULL, &sc_activation_##word},
#include "nn/activation_list.def"
#undef SC_ACTIVATION_WITH
#undef SC_ACTIVATION_OPERATION
#undef SC_ACTIVATION
};

static const row *row_of(const sc_layer *layer) {
    int number = 0;
    while (strcmp(functions[number].word, layer->options.function) != 0) number++;
    return &rows[number];
}

/* `activation: elu` is elu with its standard options. */
static socle_status declare_activation(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    (void)input;
    const row *row = row_of(layer);
    if (row->kind && layer->kind != row->kind) {
        layer->kind = row->kind;
        sc_record_defaults(&layer->options, &row->kind->record);
    }
    return row->formula ? sc_layer_formula(net, layer, row->formula) : SOCLE_OK;
}

static socle_status declare_expr(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    (void)input;
    if (!layer->options.formula)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "formula: is missing");
    SC_TRY(sc_layer_formula(net, layer, layer->options.formula));
    return sc_arena_string(net->arena, &layer->options.formula, layer->options.formula);
}

static sc_value build_formula(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_value out = SC_NO_VALUE;
    if (!layer->formula) return row_of(layer)->operation(build->graph, input[0]);
    sc_build_expr(build->graph, layer->formula, layer->inputs, input, &out);
    return out;
}

static sc_value build_dropout(sc_build *build, const sc_layer *layer, const sc_value *input) {
    return build->mode == SC_BUILD_TRAIN
               ? sc_build_dropout(build->graph, input[0], layer->options.rate)
               : input[0];
}

static const sc_option activation_options[] = {
    {"function", SC_OPTION_WORD, AT(function), "which function", .required = true,
     .shorthand = true, .names_kind = true, .words = functions, .example = "gelu"},
};
static const sc_option expr_options[] = {
    {"formula", SC_OPTION_TEXT, AT(formula), "the formula", .required = true, .shorthand = true,
     .example = "x / (1 + abs(x))"},
    {"from", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE, "which layers above, or inputs, it reads",
     .standard = "the layer before", .least = 1, .most = SC_FORMULA_INPUTS, .example = "a"},
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
    .declare = declare_activation,
    .build = build_formula,
};

const sc_layer_kind sc_layer_expr = {
    .record = {.word = "expr",
               .help = "a formula of each element: of x, or of several layers as x1, x2 ...",
               .options = expr_options,
               .count = 2,
               .standard = &standard,
               .size = sizeof standard},
    .declare = declare_expr,
    .build = build_formula,
};

const sc_layer_kind sc_layer_dropout = {
    .record = {.word = "dropout",
               .help = "sets a share of its inputs to 0 while training, others in each step "
                       "(Srivastava et al. 2014)",
               .options = dropout_options,
               .count = 1,
               .standard = &standard,
               .size = sizeof standard},
    .build = build_dropout,
};
