/* SPDX-License-Identifier: Apache-2.0 */
/* Normalisation of each sample by itself, in groups of its channels (Wu and He 2018): of one
 * channel each (instance normalisation, Ulyanov et al. 2016), of neighbouring ones (local response
 * normalisation, Krizhevsky et al. 2012). As PyTorch's GroupNorm, InstanceNorm2d with affine, and
 * LocalResponseNorm. Compositions, as batch normalisation is. */
#include "graph/formula.h"
#include "nn/layer.h"
#include "nn/window.h"

enum { WEIGHT, BIAS };

static socle_status declare_channels(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    if (input[0].rank < 2) {
        char text[96];
        sc_tensor_text(text, sizeof text, &input[0]);
        return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects [N,C] or [N,C,..], the input is %s",
                       text);
    }
    int64_t channels = input[0].dim[1];
    SC_TRY(sc_layer_parameter(net, layer, "weight", SC_PARAMETER_SCALE, 1, &channels,
                              (sc_initializer){.kind = "ones"}, channels, channels));
    return sc_layer_parameter(net, layer, "bias", SC_PARAMETER_BIAS, 1, &channels,
                              (sc_initializer){.kind = "zeros"}, channels, channels);
}

static socle_status declare_groups(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    if (input[0].rank >= 2 && input[0].dim[1] % layer->options.groups)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE, "groups %d must divide the %lld channels",
                       layer->options.groups, (long long)input[0].dim[1]);
    return declare_channels(net, layer, input);
}

static socle_status declare_instance(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    if (input[0].rank >= 3) return declare_channels(net, layer, input);
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "expects channels of several places, [N,C,..]; the input is %s", text);
}

/* A formula of `a` and one number. */
static sc_value with_number(sc_graph *graph, const char *text, sc_value a, const char *name,
                            double number) {
    sc_formula f;
    sc_value out = SC_NO_VALUE;
    if (a == SC_NO_VALUE || graph->status != SOCLE_OK) return out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "a", a);
    sc_scope_number(&f.scope, name, (float)number);
    sc_expr_output(&f.expr, sc_formula_read(&f, text));
    sc_formula_build(&f, &out);
    return out;
}

/* Rows of x [N,groups,K] less their mean, over the deviation. */
static sc_value normalised(sc_graph *graph, sc_value x, int64_t elements, float epsilon) {
    sc_value mean =
        with_number(graph, "a / count", sc_build_reduce(graph, SC_REDUCE_SUM, x, 1u << 2), "count",
                    (double)elements);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_value apart = sc_build_binary(graph, SC_EXPR_SUB, x, mean);
    sc_value squares = sc_build_unary(graph, SC_EXPR_SQUARE, apart);
    sc_value variance =
        with_number(graph, "a / count", sc_build_reduce(graph, SC_REDUCE_SUM, squares, 1u << 2),
                    "count", (double)elements);
    sc_value inverse = with_number(graph, "rsqrt(a + epsilon)", variance, "epsilon", epsilon);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    return sc_build_binary(graph, SC_EXPR_MUL, apart, inverse);
}

static sc_value normalise(sc_build *build, const sc_layer *layer, sc_value x, int64_t groups) {
    sc_graph *graph = build->graph;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    const int64_t elements = sc_tensor_elements(&desc) / desc.dim[0] / groups,
                  rows[3] = {desc.dim[0], groups, elements};
    sc_value y = sc_build_reshape(graph, x, 3, rows);
    y = normalised(graph, y, elements, layer->options.epsilon);
    y = sc_build_reshape(graph, y, desc.rank, desc.dim);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    const sc_value input[3] = {
        y, sc_build_per_channel(graph, sc_build_parameter(build, WEIGHT), desc.rank),
        sc_build_per_channel(graph, sc_build_parameter(build, BIAS), desc.rank)};
    return sc_build_formula(graph, "y * scale + bias", "y scale bias", input);
}

static sc_value build_groups(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    return normalise(build, layer, input[0], layer->options.groups);
}

static sc_value build_instance(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    return normalise(build, layer, input[0], sc_graph_desc(build->graph, input[0])->dim[1]);
}

/* ---- Local response normalisation ---- */

static socle_status declare_local(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    if (input[0].rank == 4 && layer->options.group <= 2 * input[0].dim[1]) return SOCLE_OK;
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "expects images [N,C,H,W] of at least %d channels, half of its size; the input "
                   "is %s",
                   (layer->options.group + 1) / 2, text);
}

/* The mean of the squares of `size` neighbouring channels: channels as rows of one image. What lies
 * beyond the first and the last counts as 0. */
static sc_value build_local(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    const sc_layer_options *o = &layer->options;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, input[0]);
    const int64_t image[4] = {desc.dim[0], 1, desc.dim[1], desc.dim[2] * desc.dim[3]};
    const sc_window window = {.kernel = {o->group, 1},
                              .stride = {1, 1},
                              .dilation = {1, 1},
                              .pad_before = {o->group / 2, 0},
                              .pad_after = {(o->group - 1) / 2, 0}};
    sc_value squares = sc_build_unary(graph, SC_EXPR_SQUARE, input[0]);
    sc_value mean =
        sc_build_avgpool2d(graph, sc_build_reshape(graph, squares, 4, image), &window, true);
    mean = sc_build_reshape(graph, mean, 4, desc.dim);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "x", input[0]);
    sc_formula_input(&f, "mean", mean);
    sc_scope_number(&f.scope, "alpha", o->value[0]);
    sc_scope_number(&f.scope, "beta", o->value[1]);
    sc_scope_number(&f.scope, "k", o->k);
    sc_expr_output(&f.expr, sc_formula_read(&f, "x * (k + alpha * mean) ^ -beta"));
    sc_formula_build(&f, &out);
    return out;
}

#define AT(field) offsetof(sc_layer_options, field)
#define EPSILON                                                                                    \
    {                                                                                              \
        "epsilon", SC_OPTION_FLOAT, AT(epsilon), "added to the variance", 1e-12, 1,                \
            .example = "0.001", .aliases = "eps"                                                   \
    }
static const sc_option group_options[] = {
    {"groups", SC_OPTION_INTEGER, AT(groups), "groups of channels; they divide their number", 1,
     1 << 24, .required = true, .shorthand = true, .example = "1", .aliases = "num_groups"},
    EPSILON,
};
static const sc_option instance_options[] = {EPSILON};
static const sc_option local_options[] = {
    {"size", SC_OPTION_INTEGER, AT(group), "neighbouring channels", 1, SC_WINDOW_LIMIT,
     .shorthand = true, .example = "3", .unit = "channels"},
    {"alpha", SC_OPTION_FLOAT, AT(value[0]), "how much their mean square counts", 0, 1e6,
     .example = "0.001"},
    {"beta", SC_OPTION_FLOAT, AT(value[1]), "the power", 0, 100, .example = "0.5"},
    {"k", SC_OPTION_FLOAT, AT(k), "added to it", 1e-6, 1e6, .example = "2"},
};

const sc_layer_kind sc_layer_group_norm = {
    .record = {.word = "group_norm",
               .help = "normalisation of each sample in groups of its channels (Wu and He 2018)",
               .aliases = "groupnorm",
               .options = group_options,
               .count = 2,
               .standard = &(const sc_layer_options){.epsilon = 1e-5f, .groups = 1},
               .size = sizeof(sc_layer_options)},
    .declare = declare_groups,
    .build = build_groups,
    .record.use = "convolutional networks whose batches are too small for batchnorm",
    .record.source = "Wu and He 2018, Group Normalization",
    .record.formula = "y = scale * (x - mean) / sqrt(variance + epsilon) + bias, over a group of "
                      "channels of a sample",
    .record.derivative = "scale / sqrt(variance + epsilon) times the gradient less its mean and "
                         "less its part along (x - mean)",
};

const sc_layer_kind sc_layer_instance_norm = {
    .record = {.word = "instance_norm",
               .help = "normalisation of each channel of each sample (Ulyanov, Vedaldi and "
                       "Lempitsky 2016)",
               .aliases = "instancenorm instancenorm2d",
               .options = instance_options,
               .count = 1,
               .standard = &(const sc_layer_options){.epsilon = 1e-5f},
               .size = sizeof(sc_layer_options)},
    .declare = declare_instance,
    .build = build_instance,
    .record.use = "images whose contrast says nothing, as in style transfer",
    .record.source = "Ulyanov, Vedaldi and Lempitsky 2016, Instance Normalization",
    .record.formula = "y = scale * (x - mean) / sqrt(variance + epsilon) + bias, over a channel of "
                      "a sample",
    .record.derivative = "scale / sqrt(variance + epsilon) times the gradient less its mean and "
                         "less its part along (x - mean)",
};

const sc_layer_kind sc_layer_local_response_norm = {
    .record = {.word = "local_response_norm",
               .help =
                   "each number divided by a power of what its neighbours of other channels are "
                   "(Krizhevsky, Sutskever and Hinton 2012)",
               .aliases = "lrn localresponsenorm",
               .options = local_options,
               .count = 4,
               .standard = &(const sc_layer_options){.group = 5, .value = {1e-4f, 0.75f}, .k = 1},
               .size = sizeof(sc_layer_options)},
    .declare = declare_local,
    .build = build_local,
    .record.use = "the first AlexNet and GoogLeNet; later networks have batchnorm in its place",
    .record.source = "Krizhevsky, Sutskever and Hinton 2012, 3.3",
    .record.formula =
        "y[c] = x[c] / (k + alpha * mean of x[d]^2 over the channels d around c)^beta",
    .record.derivative = "of x[c]: the same power, less what its square does to the powers of its "
                         "neighbours",
};
