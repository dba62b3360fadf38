/* SPDX-License-Identifier: Apache-2.0 */
/* The simple recurrent layer (Elman 1990, "Finding Structure in Time"), as PyTorch's RNN of one
 * layer: h(t) = f(x(t) W^T + b + h(t-1) U^T + c), h = 0 before the first step. The product with x
 * is one for all steps; a step is a product with h, repeated (graph/repeat.h). A sample may be
 * shorter than the sequence: behind its length its h stays, and what is given for these steps is 0.
 */
#include "graph/formula.h"
#include "graph/repeat.h"
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

enum { WEIGHT, RECURRENT, BIAS, RECURRENT_BIAS };

/* Steps and features of an input: [N,T,D], or [N,1,T,D], an image of one channel, whose rows are
 * steps. */
static const int64_t *steps_of(const sc_tensor_desc *input) {
    return input->dim + input->rank - 2;
}

static bool is_sequence(const sc_tensor_desc *input) {
    return input->rank == 3 || (input->rank == 4 && input->dim[1] == 1);
}

static socle_status check_inputs(sc_net *net, const sc_layer *layer, const sc_tensor_desc *input) {
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    if (!is_sequence(&input[0]))
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "expects a sequence [N,T,D], or an image of one channel, whose rows are the "
                       "steps; the input is %s",
                       text);
    if (steps_of(&input[0])[0] > SC_REPEAT_MOST)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "takes sequences of at most %d steps; the input is %s", SC_REPEAT_MOST,
                       text);
    return layer->inputs == 1 ? SOCLE_OK : sc_net_check_lengths(net, layer->input[1]);
}

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    SC_TRY(check_inputs(net, layer, input));
    const sc_layer_options *options = &layer->options;
    int64_t units = options->units, features = steps_of(&input[0])[1];
    SC_TRY(sc_layer_parameter(net, layer, "weight_ih_l0", SC_PARAMETER_WEIGHT, 2,
                              (int64_t[]){units, features}, options->weight_init, units, units));
    SC_TRY(sc_layer_parameter(net, layer, "weight_hh_l0", SC_PARAMETER_WEIGHT, 2,
                              (int64_t[]){units, units}, options->recurrent_init, units, units));
    if (!options->use_bias) return SOCLE_OK;
    SC_TRY(sc_layer_parameter(net, layer, "bias_ih_l0", SC_PARAMETER_BIAS, 1, &units,
                              options->bias_init, units, units));
    return sc_layer_parameter(net, layer, "bias_hh_l0", SC_PARAMETER_BIAS, 1, &units,
                              options->bias_init, units, units);
}

static int64_t uses(const sc_layer *layer, const sc_tensor_desc *input) {
    return strcmp(layer->options.returns, "last") == 0 ? steps_of(input)[0] : 1;
}

/* [N,T,H] of samples as [T,N,H] of steps, which have no rows per sample, and back. */
static sc_value turn(sc_graph *graph, sc_value x, int64_t rows_per_sample) {
    if (x == SC_NO_VALUE) return x;
    sc_tensor_desc desc = *sc_graph_desc(graph, x);
    desc.rows_per_sample = 0;
    x = sc_build_permute(graph, sc_graph_alias(graph, x, &desc), (const int[]){1, 0, 2});
    if (!rows_per_sample || x == SC_NO_VALUE) return x;
    desc = *sc_graph_desc(graph, x);
    desc.rows_per_sample = rows_per_sample;
    return sc_graph_alias(graph, x, &desc);
}

/* x W^T + b + c of all steps, [T,N,H]. */
static sc_value input_product(sc_build *build, const sc_layer *layer, sc_value x) {
    sc_graph *graph = build->graph;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    const int64_t steps = steps_of(&desc)[0], features = steps_of(&desc)[1];
    const int64_t rows = desc.dim[0] * steps, units = layer->options.units;
    x = sc_build_reshape(graph, x, 2, (const int64_t[]){rows, features});
    sc_value y = sc_build_matmul(graph, x, sc_build_parameter(build, WEIGHT), false, true);
    if (layer->options.use_bias) {
        sc_value bias = sc_build_binary(graph, SC_EXPR_ADD, sc_build_parameter(build, BIAS),
                                        sc_build_parameter(build, RECURRENT_BIAS));
        y = sc_build_binary(graph, SC_EXPR_ADD, y, sc_build_per_channel(graph, bias, 2));
    }
    y = sc_build_reshape(graph, y, 3, (const int64_t[]){desc.dim[0], steps, units});
    return turn(graph, y, 0);
}

/* What a step reads: its part of the product, the state, and the step's number and the samples'
 * lengths, where there are any. */
typedef struct step {
    sc_value x, h, number, length;
} step;

static sc_value next_state(sc_build *build, const sc_layer *layer, const step *s) {
    char text[96];
    sc_value weight = sc_build_parameter(build, RECURRENT);
    sc_value product = sc_build_matmul(build->graph, s->h, weight, false, true);
    const sc_value input[] = {s->x, product, s->h, s->number, s->length};
    bool masked = s->length != SC_NO_VALUE;
    snprintf(text, sizeof text, masked ? "new = %s(x + r); new if t < length else h" : "%s(x + r)",
             layer->options.function);
    return sc_build_formula(build->graph, text, masked ? "x r h t length" : "x r", input);
}

static sc_value shown(sc_graph *graph, const step *s, sc_value next) {
    if (s->length == SC_NO_VALUE) return next;
    return sc_build_formula(graph, "h if t < length else 0", "h t length",
                            (const sc_value[]){next, s->number, s->length});
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc x = *sc_graph_desc(graph, input[0]);
    const int64_t steps = steps_of(&x)[0], state[2] = {x.dim[0], layer->options.units};
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, x.rows_per_sample, 2, state);
    step s = {.number = SC_NO_VALUE, .length = SC_NO_VALUE};
    if (layer->inputs > 1)
        s.length = sc_build_reshape(graph, input[1], 2, (const int64_t[]){x.dim[0], 1});
    sc_value all = input_product(build, layer, input[0]), sequence = SC_NO_VALUE;
    bool sequential = strcmp(layer->options.returns, "sequence") == 0;
    sc_repeat_begin(graph, steps, layer->inputs > 1);
    s.h = sc_repeat_carry(graph, SC_NO_VALUE, &desc);
    if (layer->inputs > 1) s.number = sc_repeat_number(graph, 2);
    s.x = sc_repeat_read(graph, all, x.rows_per_sample);
    sc_value next = next_state(build, layer, &s);
    sc_repeat_next(graph, s.h, next);
    if (sequential) sequence = sc_repeat_collect(graph, shown(graph, &s, next));
    sc_repeat_end(graph);
    return sequential ? turn(graph, sequence, x.rows_per_sample) : sc_repeat_last(graph, s.h);
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_word functions[] = {
    {"tanh", "hyperbolic tangent", NULL}, {"relu", "max(x, 0)", NULL}, {NULL, NULL, NULL}};
static const sc_word results[] = {{"last", "the state behind the last step, [N,units]", NULL},
                                  {"sequence", "the states of all steps, [N,T,units]", NULL},
                                  {NULL, NULL, NULL}};
static const sc_option options[] = {
    {"units", SC_OPTION_INTEGER, AT(units), "numbers in its state", 1, 1 << 24, .required = true,
     .shorthand = true, .example = "64", .aliases = "hidden_size"},
    {"from", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE,
     "the sequence and, where samples are shorter than that, an input with their lengths",
     .standard = "the layer before", .least = 1, .most = 2, .example = "[a, b]"},
    {"activation", SC_OPTION_WORD, AT(function), "the function of each step", .words = functions,
     .example = "relu", .aliases = "nonlinearity"},
    {"return", SC_OPTION_WORD, AT(returns), "what it gives", .words = results,
     .example = "sequence"},
    {"bias", SC_OPTION_BOOL, AT(use_bias), "add two numbers per unit", .example = "false",
     .aliases = "use_bias"},
    {"weight_init", SC_OPTION_KIND, AT(weight_init), "first weights of what comes in",
     .family = &sc_initializer_family, .example = "glorot_uniform",
     .aliases = "kernel_initializer"},
    {"recurrent_init", SC_OPTION_KIND, AT(recurrent_init), "first weights of the state",
     .family = &sc_initializer_family, .example = "glorot_uniform",
     .aliases = "recurrent_initializer"},
    {"bias_init", SC_OPTION_KIND, AT(bias_init), "first biases", .family = &sc_initializer_family,
     .example = "zeros", .aliases = "bias_initializer"},
};

const sc_layer_kind sc_layer_rnn = {
    .record = {.word = "rnn",
               .help = "a simple recurrent layer: each step of a sequence changes a state (Elman "
                       "1990)",
               .aliases = "simple_rnn simplernn",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard = &(const sc_layer_options){.use_bias = true,
                                                     .function = "tanh",
                                                     .returns = "last",
                                                     .weight_init = {.kind = "fan_in_uniform"},
                                                     .recurrent_init = {.kind = "fan_in_uniform"},
                                                     .bias_init = {.kind = "fan_in_uniform"}},
               .size = sizeof(sc_layer_options)},
    .lengths = true,
    .uses = uses,
    .declare = declare,
    .build = build,
    .record.use = "short sequences, where the order of the steps matters",
    .record.formula = "h[t] = f(W x[t] + U h[t - 1] + b)",
    .record.derivative =
        "backward through time: each step's gradient goes on to the step before by U",
};
