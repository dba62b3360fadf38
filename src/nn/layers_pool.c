/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling layers: maximum, average, and the global average over all positions. */
#include "nn/image_matrix.h"
#include "nn/layer.h"
#include "nn/window.h"

/* Windows that begin in the image or in front of it, where `ceil` says so also the last one that
 * reaches beyond the end (PyTorch's ceil_mode). */
static sc_window window_of(const sc_layer_options *options, const sc_tensor_desc *input) {
    sc_window window = sc_window_from_options(options, input);
    for (int axis = 0; options->ceil && axis < 2; axis++) {
        const int64_t size = input->dim[2 + axis] + window.pad_before[axis],
                      extent = (int64_t)(window.kernel[axis] - 1) * window.dilation[axis] + 1,
                      left = size + window.pad_after[axis] - extent;
        if (left < 0) continue; /* refused with its numbers */
        int64_t last = sc_ceil_div(left, window.stride[axis]) * window.stride[axis];
        if (last >= size) last -= window.stride[axis];
        if (last > left) window.pad_after[axis] += (int)(last - left);
    }
    return window;
}

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    sc_window window = {0};
    if (layer->options.ceil && layer->options.count_padding)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "ceil reaches beyond the padding, which count_padding counts: choose one");
    for (int axis = 0; axis < 2; axis++)
        if (!layer->options.stride[axis]) layer->options.stride[axis] = layer->options.kernel[axis];
    if (input[0].rank == 4) window = window_of(&layer->options, &input[0]);
    return sc_window_check(net->env, &window, &input[0]);
}

static sc_value build_max(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_window window = window_of(&layer->options, sc_graph_desc(build->graph, input[0]));
    return sc_build_maxpool2d(build->graph, input[0], &window);
}

static sc_value build_average(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    sc_window window = window_of(&layer->options, sc_graph_desc(build->graph, input[0]));
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

static sc_value build_global_max(sc_build *build, const sc_layer *layer, const sc_value *input) {
    (void)layer;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(build->graph, input[0]);
    sc_window whole = {.dilation = {1, 1}, .stride = {1, 1}};
    for (int axis = 0; axis < 2; axis++) whole.kernel[axis] = (int)desc.dim[2 + axis];
    return sc_build_reshape(build->graph, sc_build_maxpool2d(build->graph, input[0], &whole), 2,
                            desc.dim);
}

static socle_status declare_global_max(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    SC_TRY(declare_global(net, layer, input));
    if (input[0].dim[2] <= SC_WINDOW_LIMIT && input[0].dim[3] <= SC_WINDOW_LIMIT) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_SHAPE, "takes images of at most %d pixels a side",
                   SC_WINDOW_LIMIT);
}

/* Place `to` is the mean of places floor(to * ratio) to ceil((to + 1) * ratio) - 1, as PyTorch cuts
 * them; whole numbers, whose products and quotients floats hold exactly enough. */
static sc_image_weights region(int64_t from, int64_t to) {
    return (sc_image_weights){
        .formula =
            "1 if (from + 1) * width > to * ratio and from * width < (to + 1) * ratio else 0",
        .to = to,
        .from = from,
        .ratio = (double)from,
        .width = (double)to};
}

static sc_value build_adaptive(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const int64_t *dim = sc_graph_desc(build->graph, input[0])->dim;
    const int *size = layer->options.size;
    if (dim[2] == size[0] && dim[3] == size[1]) return input[0];
    return sc_image_along_both(build->graph, input[0], region(dim[3], size[1]),
                               region(dim[2], size[0]));
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
    {"ceil", SC_OPTION_BOOL, AT(ceil), "a last window that reaches beyond the end counts too",
     .example = "true", .aliases = "ceil_mode"},
    {"count_padding", SC_OPTION_BOOL, AT(count_padding),
     "at borders, divide by the whole window in place of what lies in the image", .example = "true",
     .aliases = "count_include_pad"},
};
enum { OPTIONS = sizeof options / sizeof options[0] };
static const sc_layer_options standard;

static const sc_option adaptive_options[] = {
    {"size", SC_OPTION_PAIR, AT(size), "height and width of the result", 1, LIMIT, .required = true,
     .shorthand = true, .example = "7", .aliases = "output_size"},
};

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

const sc_layer_kind sc_layer_global_maxpool = {
    .record = {.word = "global_maxpool",
               .help = "the largest value of each channel: images become rows of features",
               .aliases = "global_max_pooling2d",
               .size = sizeof standard},
    .declare = declare_global_max,
    .build = build_global_max,
    .record.use = "where it counts that something is in the image, not how often",
    .record.source = "Oquab et al. 2015",
    .record.formula = "y[c] = max of x[c, i, j] over i, j",
    .record.derivative = "1 at the place of the largest value, 0 elsewhere",
};

const sc_layer_kind sc_layer_adaptive_avgpool2d = {
    .record = {.word = "adaptive_avgpool2d",
               .help =
                   "images of a fixed size, each pixel the mean of its region, whatever the size "
                   "of the input",
               .aliases = "adaptive_avgpool",
               .options = adaptive_options,
               .count = 1,
               .standard = &standard,
               .size = sizeof standard},
    .declare = declare_global,
    .build = build_adaptive,
    .record.use = "between convolutions and dense layers that expect one size",
    .record.source = "He et al. 2014, Spatial Pyramid Pooling",
    .record.formula =
        "y[i, j] = mean of x over the rows floor(i H / h) to ceil((i + 1) H / h) - 1, "
        "and columns likewise",
    .record.derivative = "1 / size of the region",
};
