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
    {"filters", SC_OPTION_INT, AT(filters), 1, MOST, "output channels", .required = true,
     .shorthand = true},
    {"kernel", SC_OPTION_PAIR, AT(kernel), 1, LIMIT, "height and width of the kernel",
     .required = true},
    {"stride", SC_OPTION_PAIR, AT(stride), 1, LIMIT, "step between windows", .required = false},
    {"dilation", SC_OPTION_PAIR, AT(dilation), 1, LIMIT, "distance of kernel elements",
     .required = false},
    {"padding", SC_OPTION_PADDING, AT(padding), 0, LIMIT, "same, valid, or sizes",
     .required = false},
    {"groups", SC_OPTION_INT, AT(groups), 1, MOST, "channel groups", .required = false},
    {"bias", SC_OPTION_BOOL, AT(use_bias), 0, 0, "add a bias per filter", .required = false},
    {"weight_init", SC_OPTION_INITIALIZER, AT(weight_init), 0, 0, "initial weights",
     .required = false},
    {"bias_init", SC_OPTION_INITIALIZER, AT(bias_init), 0, 0, "initial biases", .required = false},
};

const sc_layer_kind sc_layer_conv2d = {
    .word = "conv2d",
    .help = "2-D convolution",
    .inputs_min = 1,
    .inputs_max = 1,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .defaults = {.stride = {1, 1},
                 .dilation = {1, 1},
                 .groups = 1,
                 .use_bias = true,
                 .weight_init = {"he_normal", 0},
                 .bias_init = {"zeros", 0}},
    .declare = declare,
    .build = build,
};
