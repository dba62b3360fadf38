/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that take a sample's numbers in another order or a part of them, and layers that say what
 * a gradient does on its way back: permute, slice, pad, stop_gradient, reverse_gradient. */
#include "graph/formula.h"
#include "nn/layer.h"

#include <string.h>

/* ---- Another order of dimensions ---- */

static socle_status declare_permute(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    const socle_shape *order = &layer->options.shape;
    unsigned seen = 0;
    for (int d = 0; d < order->rank; d++)
        if (order->size[d] < order->rank) seen |= 1u << order->size[d];
    if (order->rank == input[0].rank - 1 && seen == (1u << order->rank) - 1) return SOCLE_OK;
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "the order must name each of the %d dimensions of a sample of %s once, from 0",
                   input[0].rank - 1, text);
}

static sc_value build_permute(sc_build *build, const sc_layer *layer, const sc_value *input) {
    int order[SC_MAX_RANK] = {0};
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    for (int d = 0; d < layer->options.shape.rank; d++)
        order[d + 1] = (int)layer->options.shape.size[d] + 1;
    return sc_build_permute(build->graph, input[0], order);
}

/* ---- A part along one dimension ---- */

static socle_status declare_slice(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    sc_layer_options *o = &layer->options;
    if (o->axis + 1 >= input[0].rank)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "axis %d of a sample that has only %d dimensions", o->axis,
                       input[0].rank - 1);
    const int64_t all = input[0].dim[o->axis + 1];
    if (!o->units && o->begin < all) o->units = (int)(all - o->begin);
    if (o->begin < all && o->units <= all - o->begin) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "%d places from place %d on, of %lld along axis %d", o->units, o->begin,
                   (long long)all, o->axis);
}

static sc_value build_slice(sc_build *build, const sc_layer *layer, const sc_value *input) {
    int64_t begin[SC_MAX_RANK] = {0}, size[SC_MAX_RANK];
    const int axis = layer->options.axis + 1;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    memcpy(size, sc_graph_desc(build->graph, input[0])->dim, sizeof size);
    begin[axis] = layer->options.begin;
    size[axis] = layer->options.units;
    return sc_build_slice(build->graph, input[0], begin, size);
}

/* ---- Zeros around images ---- */

static socle_status declare_pad(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    char text[96];
    if (layer->options.padding.way != SC_PADDING_EXPLICIT)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "says how many zeros: pad: 2");
    if (input[0].rank == 4) return SOCLE_OK;
    sc_tensor_text(text, sizeof text, &input[0]);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects images [N,C,H,W], the input is %s", text);
}

static sc_value build_pad(sc_build *build, const sc_layer *layer, const sc_value *input) {
    const int *size = layer->options.padding.size;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    return sc_build_pad(build->graph, input[0], (const int64_t[]){0, 0, size[0], size[2]},
                        (const int64_t[]){0, 0, size[1], size[3]});
}

/* ---- Gradients on their way back ---- */

static sc_value build_stop(sc_build *build, const sc_layer *layer, const sc_value *input) {
    (void)layer;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    return sc_graph_detach(build->graph, input[0]);
}

/* x plus a difference that is 0, but for its gradient. */
static sc_value build_reverse(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    sc_formula f;
    sc_value out;
    if (input[0] == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "x", input[0]);
    sc_formula_input(&f, "still", sc_graph_detach(graph, input[0]));
    sc_scope_number(&f.scope, "factor", layer->options.rate);
    sc_expr_output(&f.expr, sc_formula_read(&f, "still - factor * (x - still)"));
    sc_formula_build(&f, &out);
    return out;
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_layer_options standard;
static const sc_option permute_options[] = {
    {"order", SC_OPTION_SHAPE, AT(shape), "which dimension of a sample comes first, and so on", 0,
     SC_MAX_RANK - 2, .required = true, .shorthand = true, .most = SC_MAX_RANK - 1,
     .example = "[1, 0]", .aliases = "dims"},
};
static const sc_option slice_options[] = {
    {"axis", SC_OPTION_INTEGER, AT(axis), "along which dimension of a sample", 0, SC_MAX_RANK - 2,
     .example = "0"},
    {"begin", SC_OPTION_INTEGER, AT(begin), "the first place", 0, INT32_MAX, .example = "0",
     .aliases = "start"},
    {"size", SC_OPTION_INTEGER, AT(units), "places; 0: all that are left", 0, INT32_MAX,
     .example = "1", .aliases = "length"},
};
static const sc_option pad_options[] = {
    {"size", SC_OPTION_PADDING, AT(padding), "zeros above, below, left and right, or all alike", 0,
     32767, .required = true, .shorthand = true, .example = "2"},
};
static const sc_option reverse_options[] = {
    {"factor", SC_OPTION_FLOAT, AT(rate), "what the gradient is multiplied with, beside its sign",
     0, 1e6, .shorthand = true, .example = "0.5", .aliases = "lambda"},
};

#define KIND(word_, help_, names, options_)                                                        \
    .record.word = word_, .record.help = help_, .record.aliases = names,                           \
    .record.options = options_, .record.count = sizeof options_ / sizeof options_[0],              \
    .record.standard = &standard, .record.size = sizeof standard

const sc_layer_kind sc_layer_permute = {
    KIND("permute", "the dimensions of each sample in another order", "transpose", permute_options),
    .declare = declare_permute,
    .build = build_permute,
    .record.use = "between images [C,H,W] and sequences [T,D]",
    .record.source = "an order of the same numbers",
    .record.formula = "y[j, i] = x[i, j]",
    .record.derivative = "1",
};

const sc_layer_kind sc_layer_slice = {
    KIND("slice", "a part of each sample along one dimension", "narrow split crop", slice_options),
    .declare = declare_slice,
    .build = build_slice,
    .record.use =
        "to give parts of a result to different layers: mean and deviation, one step of a "
        "sequence, the middle of an image",
    .record.source = "a part of the same numbers",
    .record.formula = "y[i] = x[begin + i]",
    .record.derivative = "1 inside the part, 0 elsewhere",
};

const sc_layer_kind sc_layer_pad = {
    KIND("pad", "images with zeros around them", "zero_pad2d zeropad2d zero_padding2d",
         pad_options),
    .declare = declare_pad,
    .build = build_pad,
    .record.use = "before a layer that has no padding of its own",
    .record.source = "zeros around the same numbers",
    .record.formula = "y[i, j] = x[i - top, j - left], or 0",
    .record.derivative = "1",
};

const sc_layer_kind sc_layer_stop_gradient = {
    .record = {.word = "stop_gradient",
               .help = "what it reads, as a constant: no gradient passes",
               .aliases = "detach",
               .size = sizeof(sc_layer_options)},
    .hands_on = true,
    .build = build_stop,
    .record.use = "where a part of a network should not be moved by what comes behind it",
    .record.source = "the identity",
    .record.formula = "y = x",
    .record.derivative = "0",
};

const sc_layer_kind sc_layer_reverse_gradient = {
    .record = {.word = "reverse_gradient",
               .help = "what it reads; its gradient comes back with the other sign (Ganin and "
                       "Lempitsky 2015)",
               .aliases = "gradient_reversal",
               .options = reverse_options,
               .count = 1,
               .standard = &(const sc_layer_options){.rate = 1},
               .size = sizeof(sc_layer_options)},
    .build = build_reverse,
    .record.use = "features that another part of the network should not be able to use, as which "
                  "domain a sample is from",
    .record.source = "Ganin and Lempitsky 2015, Unsupervised Domain Adaptation by Backpropagation",
    .record.formula = "y = x",
    .record.derivative = "-factor",
};
