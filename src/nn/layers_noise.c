/* SPDX-License-Identifier: Apache-2.0 */
/* The noise layers. One gives random numbers that a generator makes its samples of, and reads
 * nothing; the other adds some to what it reads, in training alone. Numbers follow from the seed,
 * the step and a sample's place in its batch, like all random numbers, so they are the same on
 * every device and whatever the split; outside training the step is 0. */
#include "nn/layer.h"

#include <string.h>

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    (void)input;
    const int64_t dim[2] = {build->graph->capacity, layer->options.units};
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 2, dim);
    bool uniform = strcmp(layer->options.distribution, "uniform") == 0;
    sc_value draw =
        sc_build_random(build->graph, uniform ? SC_EXPR_UNIFORM : SC_EXPR_NORMAL, &desc);
    return uniform && draw != SC_NO_VALUE ? sc_build_scale(build->graph, draw, 2.0f, -1.0f) : draw;
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_word distributions[] = {{"normal", "the standard normal distribution", "gaussian"},
                                        {"uniform", "evenly from -1 to 1", NULL},
                                        {0}};
static const sc_option options[] = {
    {"units", SC_OPTION_INTEGER, AT(units), "how many numbers a sample has", 1, 1 << 30,
     .required = true, .shorthand = true, .example = "64"},
    {"distribution", SC_OPTION_WORD, AT(distribution), "how they are distributed",
     .words = distributions, .example = "uniform"},
};

static sc_value add_noise(sc_build *build, const sc_layer *layer, const sc_value *input) {
    if (build->mode == SC_BUILD_EVALUATE || input[0] == SC_NO_VALUE ||
        layer->options.deviation == 0.0f)
        return input[0];
    const sc_tensor_desc desc = *sc_graph_desc(build->graph, input[0]);
    sc_value draw = sc_build_random(build->graph, SC_EXPR_NORMAL, &desc);
    draw = sc_build_scale(build->graph, draw, layer->options.deviation, 0.0f);
    return sc_build_binary(build->graph, SC_EXPR_ADD, input[0], draw);
}

static const sc_option gaussian_options[] = {
    {"deviation", SC_OPTION_FLOAT, AT(deviation), "the standard deviation of what is added", 0, 1e6,
     .required = true, .shorthand = true, .example = "0.1", .aliases = "stddev sigma std"},
};

const sc_layer_kind sc_layer_gaussian_noise = {
    .record = {.word = "gaussian_noise",
               .help = "adds normally distributed numbers to its inputs while training, others in "
                       "each step (Bishop 1995, keras GaussianNoise)",
               .aliases = "gaussiannoise",
               .options = gaussian_options,
               .count = 1,
               .standard = &(const sc_layer_options){.deviation = 0},
               .size = sizeof(sc_layer_options)},
    .draws = true,
    .build = add_noise,
    .record.use = "against overfitting of few samples, before or between dense layers",
    .record.formula = "x + deviation * n, n being drawn from the standard normal distribution; in "
                      "evaluation x",
    .record.derivative = "1",
    .record.source = "Bishop 1995; keras GaussianNoise",
};

const sc_layer_kind sc_layer_noise = {
    .record = {.word = "noise",
               .help = "random numbers, others for each sample and step: what a generator begins "
                       "with; it reads nothing",
               .aliases = "latent",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard = &(const sc_layer_options){.distribution = "normal"},
               .size = sizeof(sc_layer_options)},
    .source = true,
    .draws = true,
    .build = build,
    .record.use = "the beginning of a network that makes samples",
    .record.source = "Goodfellow et al. 2014",
    .record.formula = "y is drawn, and reads nothing",
    .record.derivative = "none: it has no input",
};
