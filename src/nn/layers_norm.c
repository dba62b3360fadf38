/* SPDX-License-Identifier: Apache-2.0 */
/* Batch normalisation (Ioffe and Szegedy 2015). Training normalises by the micro-batch's biased
 * variance and feeds the unbiased one to the running statistics, as PyTorch does; evaluation uses
 * the running ones. Where groups have several samples, one of a single sample, which is left over
 * at the end of an epoch, leaves no statistics: they would count as much as those of a whole group.
 */
#include "nn/layer.h"

enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    if (input[0].rank < 2) {
        char text[96];
        sc_tensor_text(text, sizeof text, &input[0]);
        return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects [N,C] or [N,C,H,W], the input is %s",
                       text);
    }
    int64_t channels = input[0].dim[1];
    sc_initializer ones = {.kind = "ones"}, zeros = {.kind = "zeros"};
    SC_TRY(sc_layer_parameter(net, layer, "weight", SC_PARAMETER_SCALE, 1, &channels, ones,
                              channels, channels));
    SC_TRY(sc_layer_parameter(net, layer, "bias", SC_PARAMETER_BIAS, 1, &channels, zeros, channels,
                              channels));
    SC_TRY(sc_layer_parameter(net, layer, "running_mean", SC_PARAMETER_STATISTIC, 1, &channels,
                              zeros, 1, 1));
    return sc_layer_parameter(net, layer, "running_var", SC_PARAMETER_STATISTIC, 1, &channels, ones,
                              1, 1);
}

/* variance * n / (n - 1), n = rows * positions; n = 1 leaves it. */
static sc_value unbiased(sc_graph *graph, sc_value variance, int64_t positions) {
    sc_expr expr;
    sc_expr_init(&expr);
    int rows =
        sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT, sc_expr_leaf(&expr, SC_EXPR_ROWS, 0, 0), 0, 0);
    int n = sc_expr_add_node(&expr, SC_EXPR_MUL, rows, sc_expr_const(&expr, (float)positions), 0);
    int one = sc_expr_const(&expr, 1.0f);
    int less = sc_expr_add_node(&expr, SC_EXPR_MAX, sc_expr_add_node(&expr, SC_EXPR_SUB, n, one, 0),
                                one, 0);
    int factor = sc_expr_add_node(&expr, SC_EXPR_DIV, n, less, 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_MUL,
                                           sc_expr_input(&expr, 0, SC_EXPR_FLOAT), factor, 0));
    sc_value out;
    sc_build_expr(graph, &expr, 1, &variance, &out);
    return out;
}

/* 0 where the group has a single sample; the commit does not count it (sc_engine_step.groups). */
static sc_value of_several(sc_graph *graph, sc_value statistic) {
    if (graph->capacity == 1) return statistic;
    sc_expr expr;
    sc_expr_init(&expr);
    int rows =
        sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT, sc_expr_leaf(&expr, SC_EXPR_ROWS, 0, 0), 0, 0);
    int several = sc_expr_add_node(&expr, SC_EXPR_LT, sc_expr_const(&expr, 1.0f), rows, 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SELECT, several,
                                           sc_expr_input(&expr, 0, SC_EXPR_FLOAT),
                                           sc_expr_const(&expr, 0.0f)));
    sc_value out;
    sc_build_expr(graph, &expr, 1, &statistic, &out);
    return out;
}

static sc_value build_training(sc_build *build, const sc_layer *layer, sc_value x) {
    sc_graph *graph = build->graph;
    sc_value mean, variance;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    int64_t positions = desc.rows_per_sample ? 1 : desc.dim[0], channels = desc.dim[1];
    for (int d = 2; d < desc.rank; d++) positions *= desc.dim[d];
    sc_value y = sc_build_batchnorm(graph, x, sc_build_parameter(build, WEIGHT),
                                    sc_build_parameter(build, BIAS), layer->options.epsilon, &mean,
                                    &variance);
    sc_build_set_statistic(build, RUNNING_MEAN,
                           sc_build_reshape(graph, of_several(graph, mean), 1, &channels));
    sc_build_set_statistic(build, RUNNING_VAR,
                           sc_build_reshape(graph,
                                            of_several(graph, unbiased(graph, variance, positions)),
                                            1, &channels));
    return y;
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (input[0] == SC_NO_VALUE) return SC_NO_VALUE;
    if (build->mode == SC_BUILD_TRAIN) return build_training(build, layer, input[0]);
    return sc_build_batchnorm_fixed(build->graph, input[0], sc_build_parameter(build, WEIGHT),
                                    sc_build_parameter(build, BIAS),
                                    sc_build_parameter(build, RUNNING_MEAN),
                                    sc_build_parameter(build, RUNNING_VAR), layer->options.epsilon);
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_option options[] = {
    {"epsilon", SC_OPTION_FLOAT, AT(epsilon), "added to the variance", 1e-12, 1, .example = "0.001",
     .aliases = "eps"},
    {"momentum", SC_OPTION_FLOAT, AT(momentum),
     "how much of the running statistics each step keeps (PyTorch's momentum is what it replaces: "
     "0.1 there is 0.9 here)",
     0, 1, .example = "0.99"},
    {"group", SC_OPTION_INTEGER, AT(group), "samples that share statistics; 0: the whole batch", 0,
     INT32_MAX, .example = "32", .unit = "samples"},
};

const sc_layer_kind sc_layer_batchnorm = {
    .record = {.word = "batchnorm",
               .help = "batch normalisation per channel (Ioffe and Szegedy 2015)",
               .aliases = "bn batchnorm1d batchnorm2d batch_norm batch_normalization",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard = &(const sc_layer_options){.epsilon = 1e-5f, .momentum = 0.9f},
               .size = sizeof(sc_layer_options)},
    .declare = declare,
    .build = build,
    .record.use = "deep convolutional networks: larger rates, less care about first weights; "
                  "batches of at least 16 samples",
    .record.formula = "y = scale * (x - mean) / sqrt(variance + epsilon) + bias, over the batch; "
                      "in evaluation over running means",
    .record.derivative = "scale / sqrt(variance + epsilon) times the gradient less its mean and "
                         "less its part along (x - mean)",
};
