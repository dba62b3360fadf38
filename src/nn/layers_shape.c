/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that move or join values without parameters: flatten, reshape, upsample, add, concat. */
#include "nn/image_matrix.h"
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

static sc_value build_flatten(sc_build *build, const sc_layer *layer, const sc_value *input) {
    (void)layer;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(build->graph, input[0]);
    return sc_build_reshape(build->graph, input[0], 2,
                            (int64_t[]){desc.dim[0], sc_tensor_elements(&desc) / desc.dim[0]});
}

static socle_status declare_reshape(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    const socle_shape *shape = &layer->options.shape;
    int64_t elements = 1, given = sc_tensor_elements_at(&input[0], 1);
    for (int d = 0; d < shape->rank; d++)
        if (!sc_mul_i64(&elements, elements, shape->size[d])) elements = -1;
    if (elements == given) return SOCLE_OK;
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "a sample of its input, %s, has %lld elements, and the shape asks for %lld",
                   text, (long long)given, (long long)elements);
}

static sc_value build_reshape(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const socle_shape *shape = &layer->options.shape;
    int64_t dim[SC_MAX_RANK] = {sc_graph_desc(build->graph, input[0])->dim[0]};
    for (int d = 0; d < shape->rank; d++) dim[d + 1] = shape->size[d];
    return sc_build_reshape(build->graph, input[0], shape->rank + 1, dim);
}

static socle_status declare_upsample(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    (void)layer;
    if (input[0].rank == 4) return SOCLE_OK;
    char text[96];
    sc_tensor_text(text, sizeof text, &input[0]);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects images [N,C,H,W], the input is %s", text);
}

/* Dimension `at`, of size 1, becomes `size` equal ones. */
static sc_value stretch(sc_graph *graph, sc_value x, const int64_t dim[5], int at, int64_t size) {
    int64_t single[5], several[5];
    sc_expr expr;
    memcpy(single, dim, sizeof single);
    memcpy(several, dim, sizeof several);
    single[at] = 1;
    several[at] = size;
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 5, several);
    x = sc_build_reshape(graph, x, 5, single);
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_input(&expr, 0, SC_EXPR_FLOAT));
    return sc_graph_append_expr(graph, &expr, 1, &x, &desc);
}

/* Pixels of a row, then rows, so that the gradient is two sums over neighbours, each along one
 * dimension. */
static sc_value build_upsample(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    const int *factor = layer->options.factor;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const int64_t *d = sc_graph_desc(graph, input[0])->dim;
    const int64_t n = d[0], c = d[1], h = d[2], w = d[3], wide = w * factor[1];
    const char *method = layer->options.method;
    if (strcmp(method, "bilinear") == 0)
        return sc_image_along_both(graph, input[0], sc_image_resized(method, w, wide),
                                   sc_image_resized(method, h, h * factor[0]));
    sc_value x = stretch(graph, input[0], (int64_t[]){n, c, h, w, 1}, 4, factor[1]);
    x = stretch(graph, x, (int64_t[]){n, c, h, 1, wide}, 3, factor[0]);
    return sc_build_reshape(graph, x, 4, (int64_t[]){n, c, h * factor[0], wide});
}

/* All inputs of one shape; `axis`, a dimension of the values, may differ (-1: none may). */
static socle_status check_equal(sc_net *net, int inputs, const sc_tensor_desc *input, int axis) {
    for (int i = 1; i < inputs; i++) {
        bool equal = input[i].rank == input[0].rank;
        for (int d = 1; equal && d < input[0].rank; d++)
            equal = d == axis || input[i].dim[d] == input[0].dim[d];
        if (equal) continue;
        char a[96], b[96], but[64] = "";
        sc_tensor_text(a, sizeof a, &input[0]);
        sc_tensor_text(b, sizeof b, &input[i]);
        if (axis >= 0) snprintf(but, sizeof but, " but for axis %d of a sample", axis - 1);
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "its inputs must have one shape%s; input 0 is %s, input %d is %s", but, a, i,
                       b);
    }
    return SOCLE_OK;
}

static socle_status declare_add(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    return check_equal(net, layer->inputs, input, -1);
}

static sc_value build_add(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_value sum = input[0];
    for (int i = 1; i < layer->inputs; i++)
        sum = sc_build_binary(build->graph, SC_EXPR_ADD, sum, input[i]);
    return sum;
}

static socle_status declare_concat(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    int axis = layer->options.axis + 1;
    if (axis >= input[0].rank)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "axis %d of a sample that has only %d dimensions", axis - 1,
                       input[0].rank - 1);
    return check_equal(net, layer->inputs, input, axis);
}

/* An operation joins so many values at most; more are joined in groups, and then the groups. */
static sc_value build_concat(sc_build *build, const sc_layer *layer, const sc_value *input) {
    enum { MOST = SC_MAX_OPERANDS - 1, GROUPS = (SC_LAYER_INPUTS + MOST - 1) / MOST };
    sc_value group[GROUPS];
    int groups = 0, axis = layer->options.axis + 1;
    if (layer->inputs <= MOST) return sc_build_concat(build->graph, layer->inputs, input, axis);
    for (int i = 0; i < layer->inputs; i += MOST) {
        int count = layer->inputs - i < MOST ? layer->inputs - i : MOST;
        group[groups++] =
            count > 1 ? sc_build_concat(build->graph, count, input + i, axis) : input[i];
    }
    return sc_build_concat(build->graph, groups, group, axis);
}

#define FROM                                                                                       \
    {                                                                                              \
        "from", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE,                                              \
            "the layers above, or inputs, that it reads", .required = true, .shorthand = true,     \
                                                          .least = 2, .most = SC_LAYER_INPUTS,     \
                                                          .example = "[a, a]"                      \
    }
static const sc_option add_options[] = {FROM};
static const sc_option concat_options[] = {
    FROM,
    {"axis", SC_OPTION_INTEGER, offsetof(sc_layer_options, axis),
     "which dimension of a sample grows; 0: channels, or features", 0, SC_MAX_RANK - 2,
     .example = "1"},
};
static const sc_layer_options standard;

static const sc_option reshape_options[] = {
    {"shape", SC_OPTION_SHAPE, offsetof(sc_layer_options, shape),
     "one sample: channels, height, width; or features", 1, INT32_MAX, .required = true,
     .shorthand = true, .most = SC_MAX_RANK - 1, .example = "[1, 2]"},
};
static const sc_word upsample_methods[] = {{"nearest", "a block of equal pixels", NULL},
                                           {"bilinear", "between the pixels around it", "linear"},
                                           {0}};
static const sc_option upsample_options[] = {
    {"factor", SC_OPTION_PAIR, offsetof(sc_layer_options, factor),
     "how often each pixel is repeated, down and across", 1, 4096, .required = true,
     .shorthand = true, .example = "2"},
    {"method", SC_OPTION_WORD, offsetof(sc_layer_options, method), "what a pixel becomes",
     .words = upsample_methods, .example = "bilinear", .aliases = "interpolation mode"},
};

const sc_layer_kind sc_layer_reshape = {
    .record = {.word = "reshape",
               .help = "the same elements of each sample in another shape",
               .aliases = "view unflatten",
               .options = reshape_options,
               .count = 1,
               .standard = &standard,
               .size = sizeof standard},
    .hands_on = true,
    .declare = declare_reshape,
    .build = build_reshape,
    .record.use = "between layers that see the same numbers as rows or as images",
    .record.source = "an order of the same numbers",
    .record.formula = "y = x in another shape",
    .record.derivative = "1",
};

const sc_layer_kind sc_layer_upsample = {
    .record = {.word = "upsample",
               .help = "images made larger: every pixel becomes a block",
               .aliases = "upsample2d upsampling2d upsampling_nearest2d",
               .options = upsample_options,
               .count = 2,
               .standard = &(const sc_layer_options){.method = "nearest"},
               .size = sizeof standard},
    .declare = declare_upsample,
    .build = build_upsample,
    .record.use =
        "networks that make images: before a convolution, in the place of a transposed one",
    .record.source = "Odena, Dumoulin and Olah 2016",
    .record.formula = "y[i, j] = x[i / factor, j / factor]",
    .record.derivative = "the sum over the block",
};

const sc_layer_kind sc_layer_flatten = {
    .record = {.word = "flatten",
               .help = "everything of a sample in one row",
               .size = sizeof standard},
    .hands_on = true,
    .build = build_flatten,
    .record.use = "between convolutions and dense layers",
    .record.source = "an order of the same numbers",
    .record.formula = "y = x in one row",
    .record.derivative = "1",
};

const sc_layer_kind sc_layer_add = {
    .record = {.word = "add",
               .help = "the sum of several layers",
               .options = add_options,
               .count = 1,
               .standard = &standard,
               .size = sizeof standard},
    .declare = declare_add,
    .build = build_add,
    .record.use = "short cuts past layers, which make deep networks learn",
    .record.source = "He et al. 2016",
    .record.formula = "y = x1 + x2 + ...",
    .record.derivative = "1 for each",
};

const sc_layer_kind sc_layer_concat = {
    .record = {.word = "concat",
               .help = "several layers side by side",
               .aliases = "concatenate cat",
               .options = concat_options,
               .count = sizeof concat_options / sizeof concat_options[0],
               .standard = &standard,
               .size = sizeof standard},
    .declare = declare_concat,
    .build = build_concat,
    .record.use = "several views of the same input at once",
    .record.source = "Szegedy et al. 2015",
    .record.formula = "y = x1, then x2, ...",
    .record.derivative = "1 for each in its own part",
};
