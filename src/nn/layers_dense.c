/* SPDX-License-Identifier: Apache-2.0 */
/* The dense layer: y = x W^T + b along the last dimension, weight [units, inputs] as in PyTorch's
 * Linear. All that lies along the other dimensions, samples among them, are rows of one product: so
 * the weight's gradient is one product too. Maxout is the same with several rows of W per unit, one
 * after the other, and a maximum over these: a pooling. */
#include "nn/layer.h"

/* Linear maps of a unit. */
static int pieces_of(const sc_layer *layer) {
    return layer->options.pieces ? layer->options.pieces : 1;
}

static int64_t uses(const sc_layer *layer, const sc_tensor_desc *input) {
    (void)input;
    return pieces_of(layer);
}

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    if (input[0].rank < 2) {
        char text[96];
        sc_tensor_text(text, sizeof text, &input[0]);
        return sc_fail(
            net->env, SOCLE_STATUS_SHAPE,
            "expects features along the last dimension, [N,K] or [N,..,K]; the input is %s", text);
    }
    int64_t inputs = input[0].dim[input[0].rank - 1],
            units = (int64_t)layer->options.units * pieces_of(layer);
    SC_TRY(sc_layer_parameter(net, layer, "weight", SC_PARAMETER_WEIGHT, 2,
                              (int64_t[]){units, inputs}, layer->options.weight_init, inputs,
                              units));
    if (!layer->options.use_bias) return SOCLE_OK;
    return sc_layer_parameter(net, layer, "bias", SC_PARAMETER_BIAS, 1, &units,
                              layer->options.bias_init, inputs, units);
}

static sc_value product(sc_build *build, const sc_layer *layer, sc_value x) {
    sc_value y = sc_build_matmul(build->graph, x, sc_build_parameter(build, 0), false, true);
    if (!layer->options.use_bias) return y;
    sc_value bias = sc_build_per_channel(build->graph, sc_build_parameter(build, 1), 2);
    return sc_build_binary(build->graph, SC_EXPR_ADD, y, bias);
}

/* The largest of the pieces of each unit: [rows, units * pieces] -> [rows, units]. */
static sc_value largest(sc_graph *graph, const sc_layer *layer, sc_value y) {
    const int pieces = pieces_of(layer), units = layer->options.units;
    if (y == SC_NO_VALUE || pieces == 1) return y;
    const int64_t rows = sc_graph_desc(graph, y)->dim[0];
    const sc_window window = {.kernel = {1, pieces}, .stride = {1, pieces}, .dilation = {1, 1}};
    y = sc_build_reshape(graph, y, 4, (int64_t[]){rows, 1, units, pieces});
    return sc_build_reshape(graph, sc_build_maxpool2d(graph, y, &window), 2,
                            (int64_t[]){rows, units});
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_tensor_desc shape = *sc_graph_desc(build->graph, input[0]);
    int last = shape.rank - 1;
    if (last == 1) return largest(build->graph, layer, product(build, layer, input[0]));
    const int64_t rows[2] = {sc_tensor_elements(&shape) / shape.dim[last], shape.dim[last]};
    sc_value y = product(build, layer, sc_build_reshape(build->graph, input[0], 2, rows));
    y = largest(build->graph, layer, y);
    shape.dim[last] = layer->options.units;
    return sc_build_reshape(build->graph, y, shape.rank, shape.dim);
}

#define AT(field) offsetof(sc_layer_options, field)
#define UNITS                                                                                      \
    {                                                                                              \
        "units", SC_OPTION_INTEGER, AT(units), "size of the last dimension of its output", 1,      \
            1 << 30, .required = true, .shorthand = true, .example = "128",                        \
                     .aliases = "out_features"                                                     \
    }
#define PARAMETERS                                                                                 \
    {"bias",                                                                                       \
     SC_OPTION_BOOL,                                                                               \
     AT(use_bias),                                                                                 \
     "add a number per unit",                                                                      \
     .example = "false",                                                                           \
     .aliases = "use_bias"},                                                                       \
        {"weight_init",                                                                            \
         SC_OPTION_KIND,                                                                           \
         AT(weight_init),                                                                          \
         "first weights",                                                                          \
         .family = &sc_initializer_family,                                                         \
         .example = "glorot_uniform",                                                              \
         .aliases = "kernel_initializer"},                                                         \
    {                                                                                              \
        "bias_init", SC_OPTION_KIND, AT(bias_init), "first biases",                                \
            .family = &sc_initializer_family, .example = "{normal: 0.01}",                         \
            .aliases = "bias_initializer"                                                          \
    }
static const sc_option options[] = {UNITS, PARAMETERS};
static const sc_option maxout_options[] = {
    UNITS,
    {"pieces", SC_OPTION_INTEGER, AT(pieces), "linear maps of each unit", 2, 1024, .example = "3"},
    PARAMETERS,
};

const sc_layer_kind sc_layer_dense = {
    .record = {.word = "dense",
               .help = "fully connected: every output is a weighted sum of all inputs along the "
                       "last dimension",
               .aliases = "linear fc fully_connected",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard = &(const sc_layer_options){.use_bias = true,
                                                     .weight_init = {.kind = "he_normal"},
                                                     .bias_init = {.kind = "zeros"}},
               .size = sizeof(sc_layer_options)},
    .declare = declare,
    .build = build,
    .record.use = "features in a row, and the end of almost every network",
    .record.source = "Rosenblatt 1958; Goodfellow, Bengio and Courville 2016, Deep Learning, 6.3",
    .record.formula = "y = W x + b",
    .record.derivative = "by x: W; by W: gradient times x; by b: the gradient",
};

const sc_layer_kind sc_layer_maxout = {
    .record = {.word = "maxout",
               .help = "fully connected: every output is the largest of several weighted sums of "
                       "all inputs along the last dimension (Goodfellow et al. 2013)",
               .options = maxout_options,
               .count = sizeof maxout_options / sizeof maxout_options[0],
               .standard = &(const sc_layer_options){.use_bias = true,
                                                     .pieces = 2,
                                                     .weight_init = {.kind = "he_normal"},
                                                     .bias_init = {.kind = "zeros"}},
               .size = sizeof(sc_layer_options)},
    .uses = uses,
    .declare = declare,
    .build = build,
    .record.use = "with dropout, where the shape of the activation should be learnt too",
    .record.formula = "y = max over the pieces k of (W_k x + b_k)",
    .record.derivative = "that of the largest piece; 0 for the others",
};
