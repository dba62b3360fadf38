/* SPDX-License-Identifier: Apache-2.0 */
/* How far a sample is from centres that are learnt: the squared distance along the last dimension
 * to each. What comes behind it says what the layer is good for: bumps around the centres (radial
 * basis functions), or the nearest of them (k-means). Differences are squared as they are: the
 * product |x|^2 - 2 x c + |c|^2 would lose the digits of what is near. */
#include "nn/layer.h"

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    if (input[0].rank < 2) {
        char text[96];
        sc_tensor_text(text, sizeof text, &input[0]);
        return sc_fail(
            net->env, SOCLE_STATUS_SHAPE,
            "expects features along the last dimension, [N,K] or [N,..,K]; the input is %s", text);
    }
    const int64_t inputs = input[0].dim[input[0].rank - 1], units = layer->options.units;
    return sc_layer_parameter(net, layer, "weight", SC_PARAMETER_WEIGHT, 2,
                              (int64_t[]){units, inputs}, layer->options.weight_init, inputs,
                              units);
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_tensor_desc shape = *sc_graph_desc(graph, input[0]);
    const int last = shape.rank - 1;
    const int64_t inputs = shape.dim[last], rows = sc_tensor_elements(&shape) / inputs,
                  units = layer->options.units;
    const sc_value x = sc_build_reshape(graph, input[0], 3, (int64_t[]){rows, 1, inputs}),
                   centre = sc_build_reshape(graph, sc_build_parameter(build, 0), 3,
                                             (int64_t[]){1, units, inputs}),
                   apart = sc_build_binary(graph, SC_EXPR_SUB, x, centre);
    sc_value y = sc_build_binary(graph, SC_EXPR_MUL, apart, apart);
    y = sc_build_reduce(graph, SC_REDUCE_SUM, y, 1u << 2);
    shape.dim[last] = units;
    return y == SC_NO_VALUE ? y : sc_build_reshape(graph, y, shape.rank, shape.dim);
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_option options[] = {
    {"units", SC_OPTION_INTEGER, AT(units), "how many centres", 1, 1 << 20, .required = true,
     .shorthand = true, .example = "3", .aliases = "centres centers"},
    {"weight_init", SC_OPTION_KIND, AT(weight_init),
     "where the centres are at first, one after "
     "the other",
     .family = &sc_initializer_family, .example = "{values: [0, 0, 1, 1]}"},
};

const sc_layer_kind sc_layer_distances = {
    .record = {.word = "distances",
               .help = "the squared distance to each of several centres, which are learnt",
               .aliases = "squared_distances",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard = &(const sc_layer_options){.weight_init = {.kind = "normal", .scale = 1}},
               .size = sizeof(sc_layer_options)},
    .declare = declare,
    .build = build,
    .record.use = "before exp(-x), as radial basis functions; before the least of them, as k-means",
    .record.source = "Broomhead and Lowe 1988; Lloyd 1982",
    .record.formula = "y[k] = sum over i of (x[i] - w[k, i])^2",
    .record.derivative = "by x[i]: 2 (x[i] - w[k, i]); by w[k, i]: -2 (x[i] - w[k, i])",
};
