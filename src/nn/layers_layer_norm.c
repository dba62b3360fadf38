/* SPDX-License-Identifier: Apache-2.0 */
/* Normalisation along the last dimension: of each sample, and where it is a sequence of each step,
 * by itself. So a batch of one is enough, and evaluation does what training does. As PyTorch's
 * LayerNorm and RMSNorm of the last dimension. */
#include "graph/formula.h"
#include "nn/layer.h"

enum { WEIGHT, BIAS };

static socle_status declare_scale(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    if (input[0].rank < 2) {
        char text[96];
        sc_tensor_text(text, sizeof text, &input[0]);
        return sc_fail(
            net->env, SOCLE_STATUS_SHAPE,
            "expects features along the last dimension, [N,C] or [N,..,C]; the input is %s", text);
    }
    int64_t features = input[0].dim[input[0].rank - 1];
    return sc_layer_parameter(net, layer, "weight", SC_PARAMETER_SCALE, 1, &features,
                              (sc_initializer){.kind = "ones"}, features, features);
}

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    SC_TRY(declare_scale(net, layer, input));
    int64_t features = input[0].dim[input[0].rank - 1];
    return sc_layer_parameter(net, layer, "bias", SC_PARAMETER_BIAS, 1, &features,
                              (sc_initializer){.kind = "zeros"}, features, features);
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    return sc_build_layer_norm(build->graph, input[0], sc_build_parameter(build, WEIGHT),
                               sc_build_parameter(build, BIAS), layer->options.epsilon);
}

/* 1 / sqrt(mean(x^2) + epsilon) along the last dimension, which stays as 1: a root for each row,
 * not for each element. */
static sc_value inverse_size(sc_graph *graph, sc_value x, float epsilon) {
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    int last = desc.rank - 1;
    sc_formula f;
    sc_value out, squares = sc_build_unary(graph, SC_EXPR_SQUARE, x);
    sc_value sum = sc_build_reduce(graph, SC_REDUCE_SUM, squares, 1u << last);
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "sum", sum);
    sc_scope_number(&f.scope, "count", (float)desc.dim[last]);
    sc_scope_number(&f.scope, "epsilon", epsilon);
    sc_expr_output(&f.expr, sc_formula_read(&f, "rsqrt(sum / count + epsilon)"));
    sc_formula_build(&f, &out);
    return out;
}

static sc_value build_rms(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, input[0]);
    int64_t row[SC_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    row[desc.rank - 1] = desc.dim[desc.rank - 1];
    sc_value scale = sc_build_reshape(graph, sc_build_parameter(build, WEIGHT), desc.rank, row);
    const sc_value value[3] = {input[0], inverse_size(graph, input[0], layer->options.epsilon),
                               scale};
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    return sc_build_formula(graph, "x * inverse * scale", "x inverse scale", value);
}

#define EPSILON(of)                                                                                \
    {                                                                                              \
        "epsilon", SC_OPTION_FLOAT, offsetof(sc_layer_options, epsilon), "added to the " of,       \
            1e-12, 1, .example = "0.001", .aliases = "eps"                                         \
    }
static const sc_option options[] = {EPSILON("variance")};
static const sc_option rms_options[] = {EPSILON("mean of the squares")};

const sc_layer_kind sc_layer_layer_norm = {
    .record = {.word = "layer_norm",
               .help =
                   "normalisation of each sample, or of each step of a sequence, along the last "
                   "dimension (Ba, Kiros and Hinton 2016)",
               .aliases = "layernorm ln layer_normalization",
               .options = options,
               .count = 1,
               .standard = &(const sc_layer_options){.epsilon = 1e-5f},
               .size = sizeof(sc_layer_options)},
    .declare = declare,
    .build = build,
    .record.use = "transformers and recurrent networks, and batches that are too small for "
                  "statistics",
    .record.source = "Ba, Kiros and Hinton 2016, Layer Normalization",
    .record.formula = "y = scale * (x - mean) / sqrt(variance + epsilon) + bias, over the features "
                      "of a row",
    .record.derivative = "scale / sqrt(variance + epsilon) times the gradient less its mean and "
                         "less its part along (x - mean)",
};

const sc_layer_kind sc_layer_rms_norm = {
    .record = {.word = "rms_norm",
               .help = "rows scaled to a mean square of 1 along the last dimension (Zhang and "
                       "Sennrich 2019)",
               .aliases = "rmsnorm",
               .options = rms_options,
               .count = 1,
               .standard = &(const sc_layer_options){.epsilon = 1e-6f},
               .size = sizeof(sc_layer_options)},
    .declare = declare_scale,
    .build = build_rms,
    .record.use = "where layer_norm is used, with less to compute: the mean stays",
    .record.source = "Zhang and Sennrich 2019, Root Mean Square Layer Normalization",
    .record.formula = "y = scale * x / sqrt(mean(x^2) + epsilon), over the features of a row",
    .record.derivative = "scale / sqrt(mean(x^2) + epsilon) times the gradient less its part along "
                         "x",
};
