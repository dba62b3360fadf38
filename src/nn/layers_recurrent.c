/* SPDX-License-Identifier: Apache-2.0 */
/* Recurrent layers, as PyTorch's RNN, GRU and LSTM: one cell (nn/recurrent.h) in several layers,
 * one above the other, each in one direction or in both. A sample may be shorter than the sequence:
 * behind its length its state stays, and what is given for these steps is 0. */
#include "graph/repeat.h"
#include "nn/layer.h"
#include "nn/recurrent.h"

#include <stdio.h>
#include <string.h>

enum { INPUT, STATE, INPUT_BIAS, STATE_BIAS, WEIGHTS };

/* Steps and features of an input: [N,T,D], or [N,1,T,D], an image of one channel, whose rows are
 * steps. */
static const int64_t *steps_of(const sc_tensor_desc *input) {
    return input->dim + input->rank - 2;
}

static bool is_sequence(const sc_tensor_desc *input) {
    return input->rank == 3 || (input->rank == 4 && input->dim[1] == 1);
}

static const sc_cell *cell_of(const sc_layer *layer) {
    return sc_cell_find(layer->kind->record.word);
}

static int directions_of(const sc_layer *layer) {
    return layer->options.bidirectional ? 2 : 1;
}

static bool gives_sequence(const sc_layer *layer) {
    return strcmp(layer->options.returns, "sequence") == 0;
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

/* "weight_ih_l0", "bias_hh_l1_reverse": PyTorch's names. */
static socle_status declare_one(sc_net *net, sc_layer *layer, int number, int64_t features) {
    const sc_layer_options *o = &layer->options;
    const int64_t units = o->units, rows = units * cell_of(layer)->gates,
                  columns[2] = {features, units};
    const int directions = directions_of(layer), of = number / directions;
    for (int w = 0; w < (o->use_bias ? WEIGHTS : INPUT_BIAS); w++) {
        char name[32];
        bool bias = w >= INPUT_BIAS;
        snprintf(name, sizeof name, "%s_%s_l%d%s", bias ? "bias" : "weight",
                 w == INPUT || w == INPUT_BIAS ? "ih" : "hh", of,
                 number % directions ? "_reverse" : "");
        const sc_initializer init = bias         ? o->bias_init
                                    : w == STATE ? o->recurrent_init
                                                 : o->weight_init;
        SC_TRY(sc_layer_parameter(net, layer, name, bias ? SC_PARAMETER_BIAS : SC_PARAMETER_WEIGHT,
                                  bias ? 1 : 2, (int64_t[]){rows, bias ? 1 : columns[w]}, init,
                                  units, units));
    }
    return SOCLE_OK;
}

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    SC_TRY(check_inputs(net, layer, input));
    const int directions = directions_of(layer);
    int64_t features = steps_of(&input[0])[1];
    for (int number = 0; number < layer->options.layers * directions; number++) {
        if (number && number % directions == 0) features = layer->options.units * directions;
        SC_TRY(declare_one(net, layer, number, features));
    }
    return SOCLE_OK;
}

/* Every step's, of which the result may show the last alone. */
static int64_t products(const sc_net *net, const sc_layer *layer) {
    const int64_t steps = steps_of(sc_net_desc(net, layer->input[0]))[0];
    int64_t sum = 0;
    for (int p = layer->first_parameter; p < layer->first_parameter + layer->parameters; p++)
        if (net->parameter[p].role == SC_PARAMETER_WEIGHT)
            sum += steps * sc_tensor_elements(&net->parameter[p].desc);
    return sum;
}

/* One layer of the stack, in one direction. */
static sc_recurrent recurrent_of(sc_build *build, const sc_layer *layer, int number,
                                 sc_value length) {
    const sc_layer_options *o = &layer->options;
    const int first = number * (o->use_bias ? WEIGHTS : INPUT_BIAS);
    sc_recurrent r = {.cell = cell_of(layer),
                      .function = o->function,
                      .weights = {.input = sc_build_parameter(build, first + INPUT),
                                  .state = sc_build_parameter(build, first + STATE),
                                  .input_bias = SC_NO_VALUE,
                                  .state_bias = SC_NO_VALUE},
                      .units = o->units,
                      .length = length,
                      .backward = number % directions_of(layer) != 0};
    if (!o->use_bias) return r;
    r.weights.input_bias = sc_build_parameter(build, first + INPUT_BIAS);
    r.weights.state_bias = sc_build_parameter(build, first + STATE_BIAS);
    return r;
}

/* A layer of the stack: its directions side by side. `sequence`: all steps, else the last states.
 */
static sc_value build_layer(sc_build *build, const sc_layer *layer, int of, sc_value x,
                            sc_value length, bool sequence) {
    sc_value states[2], last[2];
    const int directions = directions_of(layer);
    for (int d = 0; d < directions; d++) {
        const sc_recurrent r = recurrent_of(build, layer, of * directions + d, length);
        last[d] = sc_recurrent_build(build->graph, &r, x, sequence ? &states[d] : NULL);
        if (build->graph->status != SOCLE_OK) return SC_NO_VALUE;
    }
    const sc_value *out = sequence ? states : last;
    return directions == 1 ? out[0] : sc_build_concat(build->graph, 2, out, sequence ? 2 : 1);
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, input[0]);
    const int layers = layer->options.layers;
    sc_value length = SC_NO_VALUE,
             x = sc_build_reshape(
                 graph, input[0], 3,
                 (const int64_t[]){desc.dim[0], steps_of(&desc)[0], steps_of(&desc)[1]});
    if (layer->inputs > 1)
        length = sc_build_reshape(graph, input[1], 2, (const int64_t[]){desc.dim[0], 1});
    for (int of = 0; of < layers; of++) {
        bool last = of + 1 == layers;
        x = build_layer(build, layer, of, x, length, !last || gives_sequence(layer));
        if (!last && build->mode == SC_BUILD_TRAIN)
            x = sc_build_dropout(graph, x, layer->options.rate);
    }
    return x;
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_word functions[] = {
    {"tanh", "hyperbolic tangent", NULL}, {"relu", "max(x, 0)", NULL}, {NULL, NULL, NULL}};
static const sc_word results[] = {{"last", "the state behind the last step, [N,units]", NULL},
                                  {"sequence", "the states of all steps, [N,T,units]", NULL},
                                  {NULL, NULL, NULL}};
#define UNITS                                                                                      \
    {"units",          SC_OPTION_INTEGER, AT(units),       "numbers in its state",  1, 1 << 24,    \
     .required = true, .shorthand = true, .example = "64", .aliases = "hidden_size"},              \
    {                                                                                              \
        "from", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE,                                              \
            "the sequence and, where samples are shorter than that, an input with their lengths",  \
            .standard = "the layer before", .least = 1, .most = 2, .example = "[a, b]"             \
    }
#define SHAPE                                                                                      \
    {"return",        SC_OPTION_WORD,   AT(returns),                                               \
     "what it gives", .words = results, .example = "sequence"},                                    \
        {"layers",                                                                                 \
         SC_OPTION_INTEGER,                                                                        \
         AT(layers),                                                                               \
         "as many of them, each over the states of the one below",                                 \
         1,                                                                                        \
         64,                                                                                       \
         .example = "2",                                                                           \
         .aliases = "num_layers"},                                                                 \
        {"bidirectional", SC_OPTION_BOOL, AT(bidirectional),                                       \
         "in both directions, whose states lie beside each other", .example = "true"},             \
    {                                                                                              \
        "dropout", SC_OPTION_FLOAT, AT(rate), "share that is dropped between its layers", 0,       \
            0.999, .example = "0.1"                                                                \
    }
#define PARAMETERS                                                                                 \
    {"bias",                                                                                       \
     SC_OPTION_BOOL,                                                                               \
     AT(use_bias),                                                                                 \
     "add two numbers per unit",                                                                   \
     .example = "false",                                                                           \
     .aliases = "use_bias"},                                                                       \
        {"weight_init",                                                                            \
         SC_OPTION_KIND,                                                                           \
         AT(weight_init),                                                                          \
         "first weights of what comes in",                                                         \
         .family = &sc_initializer_family,                                                         \
         .example = "glorot_uniform",                                                              \
         .aliases = "kernel_initializer"},                                                         \
        {"recurrent_init",                                                                         \
         SC_OPTION_KIND,                                                                           \
         AT(recurrent_init),                                                                       \
         "first weights of the state",                                                             \
         .family = &sc_initializer_family,                                                         \
         .example = "glorot_uniform",                                                              \
         .aliases = "recurrent_initializer"},                                                      \
    {                                                                                              \
        "bias_init", SC_OPTION_KIND, AT(bias_init), "first biases",                                \
            .family = &sc_initializer_family, .example = "zeros", .aliases = "bias_initializer"    \
    }
static const sc_option rnn_options[] = {
    UNITS,
    {"activation", SC_OPTION_WORD, AT(function), "the function of each step", .words = functions,
     .example = "relu", .aliases = "nonlinearity"},
    SHAPE,
    PARAMETERS,
};
static const sc_option gated_options[] = {UNITS, SHAPE, PARAMETERS};
static const sc_layer_options standard = {.use_bias = true,
                                          .layers = 1,
                                          .function = "tanh",
                                          .returns = "last",
                                          .weight_init = {.kind = "fan_in_uniform"},
                                          .recurrent_init = {.kind = "fan_in_uniform"},
                                          .bias_init = {.kind = "fan_in_uniform"}};

#define KIND(word_, names, options_)                                                               \
    .record.word = word_, .record.aliases = names, .record.options = options_,                     \
    .record.count = sizeof options_ / sizeof options_[0], .record.standard = &standard,            \
    .record.size = sizeof standard, .lengths = true, .products = products, .declare = declare,     \
    .build = build

const sc_layer_kind sc_layer_rnn = {
    KIND("rnn", "simple_rnn simplernn", rnn_options),
    .record.help = "a simple recurrent layer: each step of a sequence changes a state (Elman 1990)",
    .record.use = "short sequences, where the order of the steps matters",
    .record.formula = "h[t] = f(W x[t] + U h[t - 1] + b)",
    .record.derivative =
        "backward through time: each step's gradient goes on to the step before by U",
};

const sc_layer_kind sc_layer_gru = {
    KIND("gru", NULL, gated_options),
    .record.help = "gated recurrent units: two gates say what of the state is kept (Cho et al. "
                   "2014)",
    .record.use = "sequences in which something has to be kept over many steps",
    .record.source = "Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder",
    .record.formula = "r = sigmoid(W x + U h), z = sigmoid(V x + S h), n = tanh(M x + r * N h), "
                      "h[t] = (1 - z) * n + z * h[t - 1], with biases",
    .record.derivative = "backward through time: what z keeps goes on to the step before as it is",
};

const sc_layer_kind sc_layer_lstm = {
    KIND("lstm", NULL, gated_options),
    .record.help = "long short-term memory: gates say what a memory takes, keeps and shows "
                   "(Hochreiter and Schmidhuber 1997)",
    .record.use = "long sequences: the memory keeps its gradient over hundreds of steps",
    .record.source = "Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000",
    .record.formula = "c[t] = f * c[t - 1] + i * tanh(W x + U h), h[t] = o * tanh(c[t]), where the "
                      "gates i, f, o are sigmoids of maps of x and h",
    .record.derivative = "backward through time: that of c goes on to the step before times f",
};
