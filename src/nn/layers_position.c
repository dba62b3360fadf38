/* SPDX-License-Identifier: Apache-2.0 */
/* Positions of a sequence's steps, added to their features: learned numbers, or sines and cosines
 * of growing wavelength, which need no parameters (Vaswani et al. 2017, 3.5). Attention alone does
 * not know the order of the steps. */
#include "graph/formula.h"
#include "nn/layer.h"

#include <math.h>
#include <string.h>

static bool is_learned(const sc_layer *layer) {
    return strcmp(layer->options.method, "learned") == 0;
}

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    char text[96];
    if (input[0].rank != 3) {
        sc_tensor_text(text, sizeof text, &input[0]);
        return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects a sequence [N,T,D]; the input is %s",
                       text);
    }
    if (!is_learned(layer)) return SOCLE_OK;
    return sc_layer_parameter(net, layer, "weight", SC_PARAMETER_BIAS, 2, &input[0].dim[1],
                              layer->options.weight_init, input[0].dim[2], input[0].dim[2]);
}

/* sin(t w) in even places 2i, cos(t w) in odd ones 2i + 1, w = 10000^(-2i / D). */
static sc_value add_waves(sc_graph *graph, sc_value x) {
    sc_formula f;
    sc_value out;
    const int64_t features = sc_graph_desc(graph, x)->dim[2];
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "x", x);
    sc_scope_leaf(&f.scope, "t", SC_EXPR_COORD, 1);
    sc_scope_leaf(&f.scope, "place", SC_EXPR_COORD, 2);
    sc_scope_number(&f.scope, "slower", (float)(-log(10000) / (double)features));
    sc_expr_output(&f.expr,
                   sc_formula_read(&f, "even = 2 * floor(place / 2); angle = t * exp(even * "
                                       "slower); x + (sin(angle) if even == place else "
                                       "cos(angle))"));
    sc_formula_build(&f, &out);
    return out;
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    if (input[0] == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    if (!is_learned(layer)) return add_waves(graph, input[0]);
    const sc_tensor_desc *x = sc_graph_desc(graph, input[0]);
    const int64_t shape[3] = {1, x->dim[1], x->dim[2]};
    sc_value weight = sc_build_reshape(graph, sc_build_parameter(build, 0), 3, shape);
    return sc_build_binary(graph, SC_EXPR_ADD, input[0], weight);
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_word methods[] = {
    {"learned", "a row of parameters for each step", NULL},
    {"sinusoidal", "sines and cosines of growing wavelength", "sine sinusoid"},
    {NULL, NULL, NULL}};
static const sc_option options[] = {
    {"method", SC_OPTION_WORD, AT(method), "how positions are written", .words = methods,
     .shorthand = true, .example = "sinusoidal"},
    {"weight_init", SC_OPTION_KIND, AT(weight_init), "learned: first numbers",
     .family = &sc_initializer_family, .example = "{uniform: 0.05}"},
};

const sc_layer_kind sc_layer_position = {
    .record = {.word = "position",
               .help = "adds to the features of each step where it is in the sequence",
               .aliases = "positional_encoding position_embedding",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard =
                   &(const sc_layer_options){.method = "learned",
                                             .weight_init = {.kind = "normal", .scale = 0.02f}},
               .size = sizeof(sc_layer_options)},
    .declare = declare,
    .build = build,
    .record.use = "before the first attention, which does not know the order of the steps",
    .record.source = "Vaswani et al. 2017, Attention Is All You Need",
    .record.formula = "y[t, 2i] = x[t, 2i] + sin(t / 10000^(2i / D)), y[t, 2i + 1] = x[t, 2i + 1] "
                      "+ cos(the same); or y = x + a row of parameters",
    .record.derivative = "1",
};
