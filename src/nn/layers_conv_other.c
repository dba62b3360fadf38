/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions beside conv2d that are the same operation seen otherwise: along a sequence of steps
 * (an image of one row), and transposed, from each place to a window (the gradient of a convolution
 * by its input; Dumoulin and Visin 2016). Weights are PyTorch's: [filters, C / groups, K], and
 * [C, filters / groups, KH, KW]. */
#include "nn/layer.h"
#include "nn/window.h"

/* ---- Along sequences ---- */

/* The window of [N,C,1,T]. */
static sc_window window_along(const sc_layer_options *o, const int64_t dim[4]) {
    sc_layer_options flat = *o;
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 4, dim);
    for (int side = 0; side < 2; side++) flat.padding.size[side] = 0;
    flat.kernel[0] = flat.stride[0] = flat.dilation[0] = 1;
    return sc_window_from_options(&flat, &desc);
}

static socle_status check_groups(sc_net *net, const sc_layer_options *o, int64_t channels) {
    if (channels % o->groups == 0 && o->filters % o->groups == 0) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "groups %d must divide the %lld input channels and the %d filters", o->groups,
                   (long long)channels, o->filters);
}

static socle_status declare_bias(sc_net *net, sc_layer *layer, int64_t fan_in) {
    const sc_layer_options *o = &layer->options;
    const int64_t filters = o->filters;
    if (!o->use_bias) return SOCLE_OK;
    return sc_layer_parameter(net, layer, "bias", SC_PARAMETER_BIAS, 1, &filters, o->bias_init,
                              fan_in, filters);
}

static socle_status declare_1d(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    const sc_layer_options *o = &layer->options;
    const int64_t *x = input[0].dim, flat[4] = {x[0], x[1], 1, x[2]};
    if (input[0].rank != 3) {
        char text[96];
        sc_tensor_text(text, sizeof text, &input[0]);
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "expects channels of a sequence [N,C,T]; the input is %s (permute: [1, 0] "
                       "turns [T,C] over)",
                       text);
    }
    const sc_window window = window_along(o, flat);
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 4, flat);
    SC_TRY(sc_window_check(net->env, &window, &desc));
    SC_TRY(check_groups(net, o, x[1]));
    const int64_t dim[3] = {o->filters, x[1] / o->groups, o->kernel[1]};
    SC_TRY(sc_layer_parameter(net, layer, "weight", SC_PARAMETER_WEIGHT, 3, dim, o->weight_init,
                              dim[1] * dim[2], dim[0] / o->groups * dim[2]));
    return declare_bias(net, layer, dim[1] * dim[2]);
}

static sc_value with_bias(sc_build *build, const sc_layer *layer, sc_value y) {
    if (!layer->options.use_bias || y == SC_NO_VALUE) return y;
    sc_value bias = sc_build_per_channel(build->graph, sc_build_parameter(build, 1), 4);
    return sc_build_binary(build->graph, SC_EXPR_ADD, y, bias);
}

static sc_value build_1d(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const int64_t *x = sc_graph_desc(graph, input[0])->dim, flat[4] = {x[0], x[1], 1, x[2]};
    sc_value weight = sc_build_parameter(build, 0);
    const int64_t *w = sc_graph_desc(graph, weight)->dim, filter[4] = {w[0], w[1], 1, w[2]};
    const sc_window window = window_along(&layer->options, flat);
    sc_value y =
        sc_build_conv2d(graph, sc_build_reshape(graph, input[0], 4, flat),
                        sc_build_reshape(graph, weight, 4, filter), &window, layer->options.groups);
    y = with_bias(build, layer, y);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    const int64_t *out = sc_graph_desc(graph, y)->dim;
    return sc_build_reshape(graph, y, 3, (const int64_t[]){out[0], out[1], out[3]});
}

/* ---- Transposed ---- */

/* The size of the result along an axis; 0 or less: there is none. */
static int64_t transposed_size(const sc_layer_options *o, int axis, int64_t size) {
    const int64_t extent = (int64_t)(o->kernel[axis] - 1) * o->dilation[axis] + 1;
    return (size - 1) * o->stride[axis] + extent + o->size[axis] - o->padding.size[2 * axis] -
           o->padding.size[2 * axis + 1];
}

static socle_status declare_transposed(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    const sc_layer_options *o = &layer->options;
    if (input[0].rank != 4) {
        char text[96];
        sc_tensor_text(text, sizeof text, &input[0]);
        return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects images [N,C,H,W], the input is %s",
                       text);
    }
    if (o->padding.way == SC_PADDING_SAME)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "padding: same does not say the size of the result; write how much");
    for (int axis = 0; axis < 2; axis++) {
        if (o->size[axis] && o->size[axis] >= o->stride[axis])
            return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                           "output_padding %d must be less than the stride, %d", o->size[axis],
                           o->stride[axis]);
        if (transposed_size(o, axis, input[0].dim[2 + axis]) < 1)
            return sc_fail(net->env, SOCLE_STATUS_SHAPE, "the padding takes all of the result's %s",
                           axis ? "width" : "height");
    }
    SC_TRY(check_groups(net, o, input[0].dim[1]));
    const int64_t dim[4] = {input[0].dim[1], o->filters / o->groups, o->kernel[0], o->kernel[1]};
    SC_TRY(sc_layer_parameter(net, layer, "weight", SC_PARAMETER_WEIGHT, 4, dim, o->weight_init,
                              dim[1] * dim[2] * dim[3], dim[0] / o->groups * dim[2] * dim[3]));
    return declare_bias(net, layer, dim[1] * dim[2] * dim[3]);
}

static sc_value build_transposed(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    const sc_layer_options *o = &layer->options;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const int64_t *x = sc_graph_desc(graph, input[0])->dim;
    const int64_t dim[4] = {x[0], o->filters, transposed_size(o, 0, x[2]),
                            transposed_size(o, 1, x[3])};
    const sc_tensor_desc wide =
        sc_tensor_make(SOCLE_F32, sc_graph_desc(graph, input[0])->rows_per_sample, 4, dim);
    const sc_window window = sc_window_from_options(o, &wide);
    return with_bias(build, layer,
                     sc_build_conv2d_transpose(graph, input[0], sc_build_parameter(build, 0),
                                               &window, o->groups, &wide));
}

#define AT(field) offsetof(sc_layer_options, field)
enum { MOST = 1 << 24, LIMIT = SC_WINDOW_LIMIT };
#define FILTERS                                                                                    \
    {                                                                                              \
        "filters", SC_OPTION_INTEGER, AT(filters), "output channels", 1, MOST,                     \
            .required = true, .shorthand = true, .example = "32", .aliases = "out_channels"        \
    }
#define REST                                                                                       \
    {"groups",                                                                                     \
     SC_OPTION_INTEGER,                                                                            \
     AT(groups),                                                                                   \
     "channels in so many groups that do not see each other",                                      \
     1,                                                                                            \
     MOST,                                                                                         \
     .example = "1"},                                                                              \
        {"bias",                                                                                   \
         SC_OPTION_BOOL,                                                                           \
         AT(use_bias),                                                                             \
         "add a number per filter",                                                                \
         .example = "false",                                                                       \
         .aliases = "use_bias"},                                                                   \
        {"weight_init",                                                                            \
         SC_OPTION_KIND,                                                                           \
         AT(weight_init),                                                                          \
         "first weights",                                                                          \
         .family = &sc_initializer_family,                                                         \
         .example = "glorot_uniform",                                                              \
         .aliases = "kernel_initializer"},                                                         \
    {                                                                                              \
        "bias_init", SC_OPTION_KIND, AT(bias_init), "first biases",                                \
            .family = &sc_initializer_family, .example = "ones", .aliases = "bias_initializer"     \
    }
static const sc_option options_1d[] = {
    FILTERS,
    {"kernel", SC_OPTION_INTEGER, AT(kernel[1]), "steps of the window", 1, LIMIT, .required = true,
     .example = "3", .aliases = "kernel_size"},
    {"stride", SC_OPTION_INTEGER, AT(stride[1]), "steps between windows", 1, LIMIT, .example = "2",
     .aliases = "strides"},
    {"dilation", SC_OPTION_INTEGER, AT(dilation[1]), "distance of the kernel's elements", 1, LIMIT,
     .example = "2", .aliases = "dilation_rate"},
    {"padding", SC_OPTION_PADDING, AT(padding),
     "zeros before and behind (of four numbers, the last two); same keeps the length at stride 1",
     0, LIMIT, .example = "same"},
    REST,
};
static const sc_option transposed_options[] = {
    FILTERS,
    {"kernel", SC_OPTION_PAIR, AT(kernel), "size of the window", 1, LIMIT, .required = true,
     .example = "[3, 5]", .aliases = "kernel_size"},
    {"stride", SC_OPTION_PAIR, AT(stride), "step between windows of the result", 1, LIMIT,
     .example = "2", .aliases = "strides"},
    {"dilation", SC_OPTION_PAIR, AT(dilation), "distance of the kernel's elements", 1, LIMIT,
     .example = "2", .aliases = "dilation_rate"},
    {"padding", SC_OPTION_PADDING, AT(padding), "what is left out around the result", 0, LIMIT,
     .example = "1"},
    {"output_padding", SC_OPTION_PAIR, AT(size),
     "rows and columns more at the end, where a stride leaves the size open", 0, LIMIT,
     .example = "0"},
    REST,
};
#define STANDARD                                                                                   \
    &(const sc_layer_options) {                                                                    \
        .kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1, .use_bias = true,     \
        .weight_init = {.kind = "he_normal"}, .bias_init = {                                       \
            .kind = "zeros"                                                                        \
        }                                                                                          \
    }

const sc_layer_kind sc_layer_conv1d = {
    .record = {.word = "conv1d",
               .help = "a convolution along a sequence of steps [C,T]",
               .options = options_1d,
               .count = sizeof options_1d / sizeof options_1d[0],
               .standard = STANDARD,
               .size = sizeof(sc_layer_options)},
    .declare = declare_1d,
    .build = build_1d,
    .record.use = "signals and texts: the same small filter at every step",
    .record.source = "Waibel et al. 1989, time-delay networks",
    .record.formula = "y[c, t] = bias[c] + sum of weight[c, d, p] * x[d, t + p] over d, p",
    .record.derivative =
        "by x: the weights, turned round; by weight: the sum of gradient * x over the steps",
};

const sc_layer_kind sc_layer_conv2d_transpose = {
    .record = {.word = "conv2d_transpose",
               .help = "a convolution the other way: each place adds its window to a larger image",
               .aliases = "convtranspose2d conv_transpose2d deconvolution",
               .options = transposed_options,
               .count = sizeof transposed_options / sizeof transposed_options[0],
               .standard = STANDARD,
               .size = sizeof(sc_layer_options)},
    .declare = declare_transposed,
    .build = build_transposed,
    .record.use = "networks that make images; a stride of 2 doubles their size",
    .record.source = "Zeiler et al. 2010; Dumoulin and Visin 2016",
    .record.formula =
        "y[c, s i + p, s j + q] += weight[d, c, p, q] * x[d, i, j] for all d, i, j, p, q",
    .record.derivative =
        "by x: a convolution with the same weights; by weight: the sum of x * gradient",
};
