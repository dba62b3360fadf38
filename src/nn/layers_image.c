/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with images before a network looks at them: another size, grey, blur, and numbers of
 * mean 0 and deviation 1. As layers they lie in the model, run on the device and pass gradients. */
#include "graph/formula.h"
#include "nn/image_matrix.h"
#include "nn/layer.h"

#include <string.h>

static socle_status declare_image(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    (void)layer;
    if (input[0].rank == 4) return SOCLE_OK;
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects images [N,C,H,W], the input is %s", text);
}

/* ---- Another size ---- */

static sc_value build_resize(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const int64_t *dim = sc_graph_desc(build->graph, input[0])->dim;
    const sc_layer_options *o = &layer->options;
    return sc_image_along_both(build->graph, input[0],
                               sc_image_resized(o->method, dim[3], o->size[1]),
                               sc_image_resized(o->method, dim[2], o->size[0]));
}

/* ---- Blur ---- */

/* Within four deviations; beyond the edge nothing counts. */
static sc_image_weights blurred(const sc_layer *layer, int64_t size) {
    return (sc_image_weights){
        .formula = "r = (to - from) / width; exp(-0.5 * r * r) if abs(r) <= 4 else 0",
        .to = size,
        .from = size,
        .width = (double)layer->options.deviation};
}

static sc_value build_blur(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE || layer->options.deviation == 0.0f) return input[0];
    const int64_t *dim = sc_graph_desc(build->graph, input[0])->dim;
    return sc_image_along_both(build->graph, input[0], blurred(layer, dim[3]),
                               blurred(layer, dim[2]));
}

/* ---- Grey ---- */

static socle_status declare_grey(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    SC_TRY(declare_image(net, layer, input));
    if (input[0].dim[1] == 3) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "expects images of three channels, red, green and blue; the input has %lld",
                   (long long)input[0].dim[1]);
}

static sc_value build_grey(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    sc_value channel[3];
    (void)layer;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, input[0]);
    for (int c = 0; c < 3; c++)
        channel[c] = sc_build_slice(graph, input[0], (const int64_t[]){0, c, 0, 0},
                                    (const int64_t[]){desc.dim[0], 1, desc.dim[2], desc.dim[3]});
    return sc_build_formula(graph, "0.299 * red + 0.587 * green + 0.114 * blue", "red green blue",
                            channel);
}

/* ---- Mean 0, deviation 1 ---- */

/* Of each sample, over its pixels, or those of a channel. A deviation below 1 / sqrt(pixels) counts
 * as that, so that an even image becomes 0 and its slopes stay finite. */
static sc_value build_standardise(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    sc_formula f;
    sc_value out = SC_NO_VALUE;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, input[0]);
    const bool image = strcmp(layer->options.method, "image") == 0;
    const uint32_t axes = (image ? 1u << 1 : 0) | 1u << 2 | 1u << 3;
    const float pixels = (float)(desc.dim[2] * desc.dim[3] * (image ? desc.dim[1] : 1));
    sc_value mean = sc_build_scale(graph, sc_build_reduce(graph, SC_REDUCE_SUM, input[0], axes),
                                   1.0f / pixels, 0.0f);
    sc_value apart = sc_build_binary(graph, SC_EXPR_SUB, input[0], mean);
    sc_value squares = sc_build_reduce(graph, SC_REDUCE_SUM,
                                       sc_build_binary(graph, SC_EXPR_MUL, apart, apart), axes);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "apart", apart);
    sc_formula_input(&f, "squares", squares);
    sc_scope_number(&f.scope, "pixels", pixels);
    sc_expr_output(&f.expr, sc_formula_read(&f, "apart / sqrt(max(squares, 1) / pixels)"));
    if (graph->status == SOCLE_OK) sc_formula_build(&f, &out);
    return out;
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_word methods[] = {
    {"bilinear", "between the four pixels around a place; a smaller image by the mean around it",
     "linear antialias"},
    {"nearest", "the pixel that a place lies in", NULL},
    {0}};
static const sc_option resize_options[] = {
    {"size", SC_OPTION_PAIR, AT(size), "height and width of the result", 1, 4096, .required = true,
     .shorthand = true, .example = "32", .aliases = "output_size"},
    {"method", SC_OPTION_WORD, AT(method), "where its pixels come from", .words = methods,
     .example = "nearest", .aliases = "interpolation mode"},
};
static const sc_option blur_options[] = {
    {"sigma", SC_OPTION_FLOAT, AT(deviation), "the deviation of the normal distribution, in pixels",
     0, 100, .required = true, .shorthand = true, .example = "1.5", .unit = "pixels"},
};
static const sc_word extents[] = {{"image", "all pixels of a sample", "all"},
                                  {"channel", "those of each channel", "channels"},
                                  {0}};
static const sc_option standardise_options[] = {
    {"per", SC_OPTION_WORD, AT(method), "over what mean and deviation are taken", .words = extents,
     .shorthand = true, .example = "channel"},
};

const sc_layer_kind sc_layer_resize = {
    .record = {.word = "resize",
               .help = "images of another size (torchvision Resize with antialias, keras Resizing)",
               .aliases = "resizing",
               .options = resize_options,
               .count = 2,
               .standard = &(const sc_layer_options){.method = "bilinear"},
               .size = sizeof(sc_layer_options)},
    .declare = declare_image,
    .build = build_resize,
    .record.use = "first, where images are larger than the network need see",
    .record.source = "the triangle filter; Keys 1981",
    .record.formula = "y[i, j] = sum over h, w of a[i, h] * b[j, w] * x[h, w], rows of a and b "
                      "adding up to 1",
    .record.derivative = "a[i, h] * b[j, w]",
};

const sc_layer_kind sc_layer_blur = {
    .record = {.word = "blur",
               .help =
                   "images as seen out of focus: each pixel is the mean of those around it by a "
                   "normal distribution (torchvision GaussianBlur)",
               .aliases = "gaussian_blur",
               .options = blur_options,
               .count = 1,
               .standard = &(const sc_layer_options){.deviation = 0},
               .size = sizeof(sc_layer_options)},
    .declare = declare_image,
    .build = build_blur,
    .record.use = "first, against noise of single pixels",
    .record.source = "the Gaussian filter; Marr and Hildreth 1980",
    .record.formula = "y[i, j] = sum over h, w of g[i - h] * g[j - w] * x[h, w], g(r) = exp(-r^2 / "
                      "(2 sigma^2)), divided by the sum of its weights",
    .record.derivative = "g[i - h] * g[j - w]",
};

const sc_layer_kind sc_layer_grey = {
    .record = {.word = "grey",
               .help = "one channel of three: how bright red, green and blue are together "
                       "(torchvision Grayscale)",
               .aliases = "gray grayscale greyscale rgb_to_grayscale",
               .size = sizeof(sc_layer_options)},
    .declare = declare_grey,
    .build = build_grey,
    .record.use = "first, where colour says nothing of what is asked",
    .record.source = "ITU-R BT.601",
    .record.formula = "0.299 * red + 0.587 * green + 0.114 * blue",
    .record.derivative = "0.299, 0.587, 0.114",
};

const sc_layer_kind sc_layer_standardise = {
    .record = {.word = "standardise",
               .help = "each image minus its mean and divided by its deviation (tensorflow "
                       "per_image_standardization)",
               .aliases = "standardize per_image_standardization",
               .options = standardise_options,
               .count = 1,
               .standard = &(const sc_layer_options){.method = "image"},
               .size = sizeof(sc_layer_options)},
    .declare = declare_image,
    .build = build_standardise,
    .record.use = "first, where images are unequally bright",
    .record.source = "tensorflow per_image_standardization",
    .record.formula = "(x - mean) / max(deviation, 1 / sqrt(pixels))",
    .record.derivative = "(1 - 1 / pixels - y^2 / pixels) / deviation on its own pixel, -(1 + y * "
                         "y') / (pixels * deviation) on others",
};
