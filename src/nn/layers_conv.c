/* SPDX-License-Identifier: Apache-2.0 */
/* The 2-D convolution (cross-correlation, as in all frameworks), weight [filters, C / groups, KH,
 * KW]. */
#include "nn/layer.h"
#include "nn/window.h"

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    sc_layer_options *o = &layer->options;
    sc_window window = {0};
    if (input[0].rank == 4) window = sc_window_from_options(o, &input[0]);
    SC_TRY(sc_window_check(net->env, &window, &input[0]));
    int64_t channels = input[0].dim[1];
    if (channels % o->groups || o->filters % o->groups)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "groups %d must divide the %lld input channels and the %d filters",
                       o->groups, (long long)channels, o->filters);
    int64_t dim[4] = {o->filters, channels / o->groups, o->kernel[0], o->kernel[1]};
    int64_t window_size = dim[2] * dim[3];
    SC_TRY(sc_layer_parameter(net, layer, "weight", SC_PARAMETER_WEIGHT, 4, dim, o->weight_init,
                              dim[1] * window_size, dim[0] / o->groups * window_size));
    if (!o->use_bias) return SOCLE_OK;
    return sc_layer_parameter(net, layer, "bias", SC_PARAMETER_BIAS, 1, dim, o->bias_init,
                              dim[1] * window_size, dim[0]);
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_window window =
        sc_window_from_options(&layer->options, sc_graph_desc(build->graph, input[0]));
    sc_value y = sc_build_conv2d(build->graph, input[0], sc_build_parameter(build, 0), &window,
                                 layer->options.groups);
    if (!layer->options.use_bias) return y;
    sc_value bias = sc_build_per_channel(build->graph, sc_build_parameter(build, 1), 4);
    return sc_build_binary(build->graph, SC_EXPR_ADD, y, bias);
}

#define AT(field) offsetof(sc_layer_options, field)
enum { MOST = 1 << 24, LIMIT = SC_WINDOW_LIMIT };
static const sc_option options[] = {
    {"filters", SC_OPTION_INTEGER, AT(filters), "output channels", 1, MOST, .required = true,
     .shorthand = true, .example = "32", .aliases = "out_channels"},
    {"kernel", SC_OPTION_PAIR, AT(kernel), "size of the window", 1, LIMIT, .required = true,
     .example = "[3, 5]", .aliases = "kernel_size"},
    {"stride", SC_OPTION_PAIR, AT(stride), "step between windows", 1, LIMIT, .example = "2",
     .aliases = "strides"},
    {"dilation", SC_OPTION_PAIR, AT(dilation), "distance of the kernel's elements", 1, LIMIT,
     .example = "2", .aliases = "dilation_rate"},
    {"padding", SC_OPTION_PADDING, AT(padding),
     "zeros around the image; same keeps its size at stride 1", 0, LIMIT, .example = "same"},
    {"groups", SC_OPTION_INTEGER, AT(groups),
     "channels in so many groups that do not see each other", 1, MOST, .example = "4"},
    {"bias", SC_OPTION_BOOL, AT(use_bias), "add a number per filter", .example = "false",
     .aliases = "use_bias"},
    {"weight_init", SC_OPTION_KIND, AT(weight_init), "first weights",
     .family = &sc_initializer_family, .example = "glorot_uniform",
     .aliases = "kernel_initializer"},
    {"bias_init", SC_OPTION_KIND, AT(bias_init), "first biases", .family = &sc_initializer_family,
     .example = "ones", .aliases = "bias_initializer"},
};

const sc_layer_kind sc_layer_conv2d = {
    .record = {.word = "conv2d",
               .help = "a convolution over images",
               .aliases = "conv convolution",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard = &(const sc_layer_options){.stride = {1, 1},
                                                     .dilation = {1, 1},
                                                     .groups = 1,
                                                     .use_bias = true,
                                                     .weight_init = {.kind = "he_normal"},
                                                     .bias_init = {.kind = "zeros"}},
               .size = sizeof(sc_layer_options)},
    .declare = declare,
    .build = build,
    .record.use = "images: the same small filter everywhere, whatever the place; it is a "
                  "cross-correlation, the filter is not turned round",
    .record.source = "LeCun et al. 1989",
    .record.formula =
        "y[c, i, j] = bias[c] + sum of weight[c, d, p, q] * x[d, i + p, j + q] over d, p, q",
    .record.derivative =
        "by x: the weights, turned round; by weight: the sum of gradient * x over the places",
};
