/* SPDX-License-Identifier: Apache-2.0 */
/* Activations, prelu, formulas of the user's own, and dropout. The activations are rows of
 * activation_list.def. */
#include "graph/formula.h"
#include "nn/layer.h"
#include "nn/net_formula.h"

#include <string.h>

#define AT(field) offsetof(sc_layer_options, field)

static const sc_word functions[] = {
#define SC_ACTIVATION(word, aliases, formula, help, ...) {#word, help, aliases},
#define SC_ACTIVATION_OPERATION(word, aliases, function, help, ...) {#word, help, aliases},
#define SC_ACTIVATION_WITH(word, aliases, formula, help, ...) {#word, help, aliases},
#include "nn/activation_list.def"
#undef SC_ACTIVATION_WITH
#undef SC_ACTIVATION_OPERATION
#undef SC_ACTIVATION
    {NULL, NULL, NULL},
};

static sc_value softmax(sc_graph *graph, sc_value x) {
    return sc_build_softmax(graph, x, false);
}

static sc_value log_softmax(sc_graph *graph, sc_value x) {
    return sc_build_softmax(graph, x, true);
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
#define SC_ACTIVATION_WITH(its_word, its_aliases, its_formula, its_help, its_use, its_source,      \
                           its_standard, ...)                                                      \
    static const sc_option its_word##_options[] = {__VA_ARGS__};                                   \
    const sc_layer_kind sc_activation_##its_word = {                                               \
        .record = {.word = #its_word,                                                              \
                   .help = its_help,                                                               \
                   .formula = its_formula,                                                         \
                   .use = its_use,                                                                 \
                   .source = its_source,                                                           \
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
#define SC_ACTIVATION(word, aliases, formula, help, ...) {formula, NULL, NULL},
#define SC_ACTIVATION_OPERATION(word, aliases, function, help, ...) {NULL, function, NULL},
#define SC_ACTIVATION_WITH(word, aliases, formula, help, ...)                                      \
    {formula, NULL, &sc_activation_##word},
#include "nn/activation_list.def"
#undef SC_ACTIVATION_WITH
#undef SC_ACTIVATION_OPERATION
#undef SC_ACTIVATION
};

/* What is said of each; those with options are kinds. */
static const sc_record said[] = {
#define SC_ACTIVATION(its_word, its_aliases, its_formula, its_help, its_use, its_source)           \
    {.word = #its_word,                                                                            \
     .help = its_help,                                                                             \
     .aliases = its_aliases,                                                                       \
     .formula = its_formula,                                                                       \
     .use = its_use,                                                                               \
     .source = its_source},
#define SC_ACTIVATION_OPERATION(its_word, its_aliases, function, its_help, its_use, its_source,    \
                                its_formula, its_derivative)                                       \
    {.word = #its_word,                                                                            \
     .help = its_help,                                                                             \
     .aliases = its_aliases,                                                                       \
     .formula = its_formula,                                                                       \
     .derivative = its_derivative,                                                                 \
     .use = its_use,                                                                               \
     .source = its_source},
#define SC_ACTIVATION_WITH(...) {0},
#include "nn/activation_list.def"
#undef SC_ACTIVATION_WITH
#undef SC_ACTIVATION_OPERATION
#undef SC_ACTIVATION
};

const sc_record *sc_activation_record(const char *word) {
    for (int number = 0; functions[number].word; number++)
        if (strcmp(functions[number].word, word) == 0)
            return rows[number].kind ? &rows[number].kind->record : &said[number];
    return NULL;
}

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

static socle_status declare_prelu(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    int64_t slopes = 1;
    if (layer->options.per_channel && input[0].rank < 2)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "per_channel: a sample is one number, without channels");
    if (layer->options.per_channel) slopes = input[0].dim[sc_class_axis(&input[0])];
    return sc_layer_parameter(net, layer, "weight", SC_PARAMETER_SCALE, 1, &slopes,
                              layer->options.weight_init, slopes, slopes);
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

static sc_value build_prelu(sc_build *build, const sc_layer *layer, const sc_value *input) {
    (void)layer;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc *desc = sc_graph_desc(build->graph, input[0]);
    const int rank = desc->rank, axis = rank > 1 ? sc_class_axis(desc) : 0;
    int64_t dim[SC_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    sc_value slope = sc_build_parameter(build, 0);
    if (slope == SC_NO_VALUE) return SC_NO_VALUE;
    dim[axis] = sc_tensor_elements(sc_graph_desc(build->graph, slope));
    slope = sc_build_reshape(build->graph, slope, rank, dim);
    return sc_build_formula(build->graph, "x if x > 0 else slope * x", "x slope",
                            (sc_value[]){input[0], slope});
}

static sc_value build_dropout(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (build->mode == SC_BUILD_EVALUATE) return input[0];
    return layer->options.spatial
               ? sc_build_spatial_dropout(build->graph, input[0], layer->options.rate)
               : sc_build_dropout(build->graph, input[0], layer->options.rate);
}

static const sc_option activation_options[] = {
    {"function", SC_OPTION_WORD, AT(function), "which function", .required = true,
     .shorthand = true, .names_kind = true, .words = functions, .example = "gelu"},
};
static const sc_option prelu_options[] = {
    {"per_channel", SC_OPTION_BOOL, AT(per_channel),
     "a slope for each channel of images, or else each feature of the last dimension; false: one "
     "for all",
     .example = "true"},
    {"weight_init", SC_OPTION_KIND, AT(weight_init), "first slopes",
     .family = &sc_initializer_family, .example = "zeros", .aliases = "alpha_initializer"},
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
    {"spatial", SC_OPTION_BOOL, AT(spatial),
     "whole channels of images, or features of all steps of a sequence, together (Tompson et al. "
     "2015, torch Dropout2d, keras SpatialDropout)",
     .example = "true"},
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
    .record.use = "when the function's name comes from a setting; else write the word alone",
    .record.source = "Goodfellow, Bengio and Courville 2016, Deep Learning, 6.3",
    .record.formula = "f(x)",
    .record.derivative = "f'(x)",
};

const sc_layer_kind sc_layer_prelu = {
    .record = {.word = "prelu",
               .help = "x or slope x, where the slope is learnt, without weight decay (He et al. "
                       "2015)",
               .options = prelu_options,
               .count = sizeof prelu_options / sizeof prelu_options[0],
               .standard =
                   &(const sc_layer_options){.weight_init = {.kind = "constant", .scale = 0.25f}},
               .size = sizeof standard},
    .declare = declare_prelu,
    .build = build_prelu,
    .record.use = "where leaky_relu helps and there are data enough to learn its slope",
    .record.formula = "x if x > 0 else slope * x",
    .record.derivative = "1 if x > 0 else slope; by slope: 0 if x > 0 else x",
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
    .record.use = "a function that is not among the activations",
    .record.source = "the formula is yours",
    .record.formula = "the formula",
    .record.derivative = "derived from the formula",
};

const sc_layer_kind sc_layer_dropout = {
    .record = {.word = "dropout",
               .help = "sets a share of its inputs to 0 while training, others in each step "
                       "(Srivastava et al. 2014)",
               .options = dropout_options,
               .count = sizeof dropout_options / sizeof dropout_options[0],
               .standard = &standard,
               .size = sizeof standard},
    .draws = true,
    .build = build_dropout,
    .record.use =
        "against overfitting, between dense layers (0.5) or, less, before them (0.1 to 0.3)",
    .record.formula = "x * kept / (1 - rate), kept being 1 or 0 by chance; in evaluation x",
    .record.derivative = "kept / (1 - rate)",
};
