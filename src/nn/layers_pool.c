/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling layers: maximum, average, and the global average over all positions. */
#include "nn/layer.h"
#include "nn/window.h"

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    sc_window window = {0};
    for (int axis = 0; axis < 2; axis++)
        if (!layer->options.stride[axis]) layer->options.stride[axis] = layer->options.kernel[axis];
    if (input[0].rank == 4) window = sc_window_from_options(&layer->options, &input[0]);
    return sc_window_check(net->env, &window, &input[0]);
}

static sc_value build_max(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_window window =
        sc_window_from_options(&layer->options, sc_graph_desc(build->graph, input[0]));
    return sc_build_maxpool2d(build->graph, input[0], &window);
}

static sc_value build_average(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_window window =
        sc_window_from_options(&layer->options, sc_graph_desc(build->graph, input[0]));
    return sc_build_avgpool2d(build->graph, input[0], &window, layer->options.count_padding);
}

static socle_status declare_global(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    (void)layer;
    sc_window whole = {.dilation = {1, 1}, .kernel = {1, 1}};
    return sc_window_check(net->env, &whole, &input[0]);
}

static sc_value build_global(sc_build *build, const sc_layer *layer, const sc_value *input) {
    (void)layer;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_tensor_desc desc = *sc_graph_desc(build->graph, input[0]);
    sc_value sum = sc_build_reduce(build->graph, SC_REDUCE_SUM, input[0], 1u << 2 | 1u << 3);
    sc_value mean =
        sc_build_scale(build->graph, sum, 1.0f / (float)(desc.dim[2] * desc.dim[3]), 0.0f);
    return sc_build_reshape(build->graph, mean, 2, desc.dim);
}

#define AT(field) offsetof(sc_layer_options, field)
enum { LIMIT = SC_WINDOW_LIMIT };
/* The maximum takes all but the last. */
static const sc_option options[] = {
    {"kernel", SC_OPTION_PAIR, AT(kernel), "size of the window", 1, LIMIT, .required = true,
     .shorthand = true, .example = "2", .aliases = "kernel_size pool_size"},
    {"stride", SC_OPTION_PAIR, AT(stride), "step between windows", 1, LIMIT,
     .standard = "the kernel's size", .example = "1", .aliases = "strides"},
    {"padding", SC_OPTION_PADDING, AT(padding), "room around the image", 0, LIMIT,
     .example = "same"},
    {"count_padding", SC_OPTION_BOOL, AT(count_padding),
     "at borders, divide by the whole window in place of what lies in the image", .example = "true",
     .aliases = "count_include_pad"},
};
enum { OPTIONS = sizeof options / sizeof options[0] };
static const sc_layer_options standard;

const sc_layer_kind sc_layer_maxpool2d = {
    .record = {.word = "maxpool2d",
               .help = "the largest value of each window",
               .aliases = "maxpool max_pool2d max_pooling2d",
               .options = options,
               .count = OPTIONS - 1,
               .standard = &standard,
               .size = sizeof standard},
    .declare = declare,
    .build = build_max,
    .record.use = "behind convolutions, to see a larger part of the image by fewer numbers",
    .record.source = "Ranzato et al. 2007",
    .record.formula = "y = max of x over the window",
    .record.derivative = "1 at the place of the largest value, 0 elsewhere",
};

const sc_layer_kind sc_layer_avgpool2d = {
    .record = {.word = "avgpool2d",
               .help = "the mean of each window",
               .aliases = "avgpool avg_pool2d average_pooling2d",
               .options = options,
               .count = OPTIONS,
               .standard = &standard,
               .size = sizeof standard},
    .declare = declare,
    .build = build_average,
    .record.use = "as maxpool2d, where all of a window should count",
    .record.source = "LeCun et al. 1989",
    .record.formula = "y = mean of x over the window",
    .record.derivative = "1 / size of the window",
};

const sc_layer_kind sc_layer_global_avgpool = {
    .record = {.word = "global_avgpool",
               .help = "the mean of each channel: images become rows of features",
               .aliases = "gap global_average_pooling2d",
               .size = sizeof standard},
    .declare = declare_global,
    .build = build_global,
    .record.use = "between the last convolution and the classes, in the place of flatten: few "
                  "weights, any size of image",
    .record.source = "Lin, Chen and Yan 2014",
    .record.formula = "y[c] = mean of x[c, i, j] over i, j",
    .record.derivative = "1 / number of places",
};
