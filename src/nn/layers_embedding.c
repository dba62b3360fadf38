/* SPDX-License-Identifier: Apache-2.0 */
/* The embedding layer: a learned row of numbers for each whole number of the input, weight
 * [vocabulary, units] as in PyTorch's Embedding. A number outside the vocabulary gives zeros; data
 * are checked before. A row that a step does not look up has the gradient 0, and an optimizer with
 * momentum or decay moves it all the same, unless the layer is sparse; where that makes no
 * difference, an engine moves the rows that were looked up alone in any case
 * (engine_tables.c). */
#include "nn/layer.h"

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    if (input[0].dtype == SOCLE_F32)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "expects whole numbers (u8 or i32) straight from an input of the network; "
                       "its input is %s",
                       text);
    if (input[0].rank >= SC_MAX_RANK)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "adds a dimension to its input, %s, which has the most that there are",
                       text);
    int64_t rows = layer->options.vocabulary, units = layer->options.units;
    return sc_layer_parameter(net, layer, "weight", SC_PARAMETER_WEIGHT, 2,
                              (int64_t[]){rows, units}, layer->options.weight_init, rows, units);
}

/* Rows are looked up by i32. */
static sc_value as_index(sc_graph *graph, sc_value x) {
    sc_expr expr;
    sc_value out;
    if (sc_graph_desc(graph, x)->dtype == SOCLE_I32) return x;
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_input(&expr, 0, SC_EXPR_INT));
    sc_build_expr(graph, &expr, 1, &x, &out);
    return out;
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_tensor_desc shape = *sc_graph_desc(build->graph, input[0]);
    int64_t rows = sc_tensor_elements(&shape);
    sc_value index = sc_build_reshape(build->graph, as_index(build->graph, input[0]), 1, &rows);
    sc_value found = sc_build_look_up(build, index);
    shape.dim[shape.rank++] = layer->options.units;
    return sc_build_reshape(build->graph, found, shape.rank, shape.dim);
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_option options[] = {
    {"vocabulary", SC_OPTION_INTEGER, AT(vocabulary), "the numbers are 0 to one less than this", 1,
     1 << 30, .required = true, .example = "10000", .aliases = "num_embeddings"},
    {"units", SC_OPTION_INTEGER, AT(units), "features of each", 1, 1 << 30, .required = true,
     .example = "64", .aliases = "embedding_dim"},
    {"weight_init", SC_OPTION_KIND, AT(weight_init), "first weights",
     .family = &sc_initializer_family, .example = "{uniform: 0.05}"},
    {"sparse", SC_OPTION_BOOL, AT(sparse),
     "an update moves the rows that its step looks up alone: the others keep their weights and "
     "states and do not decay; costs as much as these rows, not as the vocabulary",
     .example = "true"},
};

const sc_layer_kind sc_layer_embedding = {
    .record = {.word = "embedding",
               .help = "a learned row of features for each whole number (token, category) of an "
                       "input of u8 or i32",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard =
                   &(const sc_layer_options){.weight_init = {.kind = "normal", .scale = 1.0f}},
               .size = sizeof(sc_layer_options)},
    .integers = true,
    .looks_up = true,
    .declare = declare,
    .build = build,
    .record.use = "words, characters, categories: a number of which the size means nothing",
    .record.source = "Bengio et al. 2003",
    .record.formula = "y = row number x of the table",
    .record.derivative = "the gradient is added to the rows that were read",
};
