/* SPDX-License-Identifier: Apache-2.0 */
/* The noise layer: random numbers that a generator makes its samples of. It reads nothing. Numbers
 * follow from the seed, the step and a sample's place in its batch, like all random numbers, so
 * they are the same on every device and whatever the split; outside training the step is 0. */
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
    .build = build,
    .record.use = "the beginning of a network that makes samples",
    .record.source = "Goodfellow et al. 2014",
    .record.formula = "y is drawn, and reads nothing",
    .record.derivative = "none: it has no input",
};
