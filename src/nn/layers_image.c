/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with images before a network looks at them: another size, grey, blur, and numbers of
 * mean 0 and deviation 1. As layers they lie in the model, run on the device and pass gradients.
 * Size and blur are the same: each row and each column times a matrix, whose rows are weights that
 * add up to 1. */
#include "graph/formula.h"
#include "nn/layer.h"

#include <math.h>
#include <string.h>

static socle_status declare_image(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    (void)layer;
    if (input[0].rank == 4) return SOCLE_OK;
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects images [N,C,H,W], the input is %s", text);
}

/* ---- A matrix along rows and columns ---- */

/* How much a place of the result takes of each place: a formula of `to` and `from`, their numbers,
 * and of what else it reads. */
typedef struct weights {
    const char *formula;
    int64_t to, from;
    double ratio, width; /* places of the one to a place of the other; how far it reaches */
} weights;

/* [to, from]; each row adds up to 1. */
static sc_value matrix(sc_graph *graph, const weights *w) {
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){w->to, w->from});
    sc_formula f;
    sc_formula_begin(&f, graph);
    sc_scope_leaf(&f.scope, "to", SC_EXPR_COORD, 0);
    sc_scope_leaf(&f.scope, "from", SC_EXPR_COORD, 1);
    sc_scope_number(&f.scope, "ratio", (float)w->ratio);
    sc_scope_number(&f.scope, "width", (float)w->width);
    sc_expr_output(&f.expr, sc_formula_read(&f, w->formula));
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_value weight = sc_graph_append_expr(graph, &f.expr, 0, NULL, &desc);
    return sc_build_binary(graph, SC_EXPR_DIV, weight,
                           sc_build_reduce(graph, SC_REDUCE_SUM, weight, 1u << 1));
}

/* Every row of images times the matrix: [N,C,H,from] -> [N,C,H,to]. */
static sc_value along_rows(sc_graph *graph, sc_value x, const weights *w) {
    if (x == SC_NO_VALUE) return x;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    const int64_t rows = desc.dim[0] * desc.dim[1] * desc.dim[2];
    sc_value flat = sc_build_reshape(graph, x, 2, (int64_t[]){rows, w->from});
    flat = sc_build_matmul(graph, flat, matrix(graph, w), false, true);
    return sc_build_reshape(graph, flat, 4,
                            (int64_t[]){desc.dim[0], desc.dim[1], desc.dim[2], w->to});
}

/* Rows, then columns, which are rows of the image turned over. */
static sc_value along_both(sc_graph *graph, sc_value x, const weights across, const weights down) {
    static const int turned[4] = {0, 1, 3, 2};
    x = along_rows(graph, x, &across);
    x = x == SC_NO_VALUE ? x : sc_build_permute(graph, x, turned);
    x = along_rows(graph, x, &down);
    return x == SC_NO_VALUE ? x : sc_build_permute(graph, x, turned);
}

/* ---- Another size ---- */

/* A place of the result lies at (to + 0.5) * ratio - 0.5 of the image, whose edge goes on beyond
 * it; a smaller image is the mean around each place. */
static weights resized(const sc_layer *layer, int64_t from, int64_t to) {
    const double ratio = (double)from / (double)to;
    const bool nearest = strcmp(layer->options.method, "nearest") == 0;
    return (weights){.formula = nearest
                                    ? "1 if from == floor((to + 0.5) * ratio) else 0"
                                    : "max(1 - abs((to + 0.5) * ratio - 0.5 - from) / width, 0)",
                     .to = to,
                     .from = from,
                     .ratio = ratio,
                     .width = fmax(ratio, 1)};
}

static sc_value build_resize(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const int64_t *dim = sc_graph_desc(build->graph, input[0])->dim;
    return along_both(build->graph, input[0], resized(layer, dim[3], layer->options.size[1]),
                      resized(layer, dim[2], layer->options.size[0]));
}

/* ---- Blur ---- */

/* Within four deviations; beyond the edge nothing counts. */
static weights blurred(const sc_layer *layer, int64_t size) {
    return (weights){.formula = "r = (to - from) / width; exp(-0.5 * r * r) if abs(r) <= 4 else 0",
                     .to = size,
                     .from = size,
                     .width = (double)layer->options.deviation};
}

static sc_value build_blur(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE || layer->options.deviation == 0.0f) return input[0];
    const int64_t *dim = sc_graph_desc(build->graph, input[0])->dim;
    return along_both(build->graph, input[0], blurred(layer, dim[3]), blurred(layer, dim[2]));
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
