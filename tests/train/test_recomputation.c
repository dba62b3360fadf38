/* SPDX-License-Identifier: Apache-2.0 */
/* A run whose fixed micro-batch does not fit the budget makes activations again in the backward
 * pass, and trains the same network to the bit; where not even that fits, the refusal names bytes
 * and layer. */
#include "fixture.h"

#include "train/fit_forecast.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 6, BATCH = 8, LAYERS = 10 };

static fixture f;

/* Equal convolutions one after the other: what recomputation is for. */
static void deep_net(void) {
    sc_layer_options options, pool;
    const sc_layer_kind *conv = sc_layer_kind_find("conv2d", &options),
                        *average = sc_layer_kind_find("global_avgpool", &pool);
    sc_layer_options dense_options, relu_options;
    const sc_layer_kind *dense = sc_layer_kind_find("dense", &dense_options),
                        *relu = sc_layer_kind_find("relu", &relu_options);
    fixture_golden(&f, "cnn");
    sc_net_destroy(f.net);
    FIXTURE_OK(sc_net_create(&f.net, &f.env));
    const sc_column *images = sc_dataset_column(f.data, sc_dataset_find(f.data, "input"));
    int x = sc_net_input(f.net, "input", SOCLE_U8, &images->shape, 1.0f / 255);
    options.filters = 16;
    options.kernel[0] = options.kernel[1] = 3;
    options.padding.way = SC_PADDING_SAME;
    for (int l = 0; l < LAYERS; l++) {
        x = sc_net_layer(f.net, conv, NULL, 1, &x, &options);
        x = sc_net_layer(f.net, relu, NULL, 1, &x, &relu_options);
    }
    x = sc_net_layer(f.net, average, NULL, 1, &x, &pool);
    dense_options.units = 10;
    x = sc_net_layer(f.net, dense, NULL, 1, &x, &dense_options);
    FIXTURE_OK(sc_net_loss(f.net, "softmax_cross_entropy", x));
}

static sc_fit_options options_of(uint64_t memory) {
    sc_fit_options options = sc_fit_defaults();
    options.batch = options.micro_batch = BATCH;
    options.steps = STEPS;
    options.memory = memory;
    options.staged = true;
    options.optimizer = fixture_optimizer("sgd", 0.05f, 0.9f);
    return options;
}

/* What the run needs as the network stands, and what of it are activations. */
static uint64_t needed(const char *device, size_t *activations) {
    sc_forecast_request request;
    sc_forecast forecast;
    sc_fit_options options = options_of(0);
    fixture_open(&f, device, 1);
    deep_net();
    sc_device_set_budget(f.device, UINT64_C(1) << 40);
    FIXTURE_OK(sc_fit_forecast_request(&request, f.net, &options, 1, f.data, NULL));
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    uint64_t bytes = forecast.needed + (forecast.budget - forecast.available); /* what is in use
                                                                                  counts too */
    *activations = forecast.memory.activations;
    fixture_close(&f);
    return bytes;
}

/* Parameters after a run under a budget; the caller frees. */
static float *train(const char *device, uint64_t memory, size_t *count, size_t *activations) {
    sc_trainer *trainer;
    sc_fit_options options = options_of(memory);
    fixture_open(&f, device, 1);
    deep_net();
    FIXTURE_OK(sc_trainer_create(&trainer, f.device, f.net, &options, f.data, NULL));
    sc_engine *engine = (sc_engine *)sc_fleet_engine(sc_trainer_fleet(trainer));
    *activations = sc_engine_memory_used(engine).activations;
    FIXTURE_OK(sc_trainer_run(trainer));
    float *all = fixture_parameters(&f, engine, count);
    sc_trainer_destroy(trainer);
    fixture_close(&f);
    return all;
}

static void expect_same(const char *device) {
    size_t activations, wide, narrow, count, narrow_count;
    uint64_t all = needed(device, &activations);
    float *expected = train(device, all, &count, &wide);
    float *found = train(device, all - activations / 3, &narrow_count, &narrow);
    SC_TRUE(narrow <= wide - activations / 3);
    SC_EQ(narrow_count, count);
    SC_TRUE(memcmp(found, expected, count * sizeof *found) == 0);
    free(expected);
    free(found);
}

Test(recomputation, the_same_network_on_cpu) {
    expect_same("cpu");
}

Test(recomputation, the_same_network_on_opencl) {
    expect_same("opencl:0");
}

Test(recomputation, not_even_that_fits) {
    size_t activations;
    sc_trainer *trainer;
    sc_fit_options options = options_of(needed("cpu", &activations));
    options.memory -= activations;
    fixture_open(&f, "cpu", 1);
    deep_net();
    SC_FAILS(&f.env, sc_trainer_create(&trainer, f.device, f.net, &options, f.data, NULL),
             SOCLE_STATUS_DEVICE_MEMORY);
    SC_TRUE(trainer == NULL);
    SC_CONTAINS(f.env.text, "more than the");
    SC_CONTAINS(f.env.text, "The layer");
    fixture_close(&f);
}
