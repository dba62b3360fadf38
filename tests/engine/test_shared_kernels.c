/* SPDX-License-Identifier: Apache-2.0 */
/* A residual network of 200 equal convolutions: each distinct kernel is prepared once, whatever the
 * depth, and plans after the first find what they need. */
#include "../train/fixture.h"

#include "engine/forecast.h"
#include "model/net_config.h"

#include <time.h>

enum { BLOCKS = 100, MOST_KERNELS = 40, MOST_SECONDS = 2 };

/* Each block: two convolutions with batch normalisation around a skip. */
static void read_network(fixture *f, int blocks) {
    const socle_shape shape = {3, {1, 16, 16}};
    sc_text text;
    sc_config *config;
    sc_text_init(&text, &f->env);
    sc_text_add(&text, "loss: softmax_cross_entropy\nnetwork:\n"
                       "  - conv2d: {filters: 16, kernel: 3, padding: same, bias: false}\n"
                       "  - batchnorm\n  - relu: {name: block0}\n");
    for (int b = 1; b <= blocks; b++)
        sc_text_add(&text,
                    "  - conv2d: {filters: 16, kernel: 3, padding: same, bias: false}\n"
                    "  - batchnorm\n  - relu\n"
                    "  - conv2d: {filters: 16, kernel: 3, padding: same, bias: false}\n"
                    "  - batchnorm: {name: change%d}\n"
                    "  - add: [block%d, change%d]\n  - relu: {name: block%d}\n",
                    b, b - 1, b, b);
    sc_text_add(&text, "  - global_avgpool\n  - dense: 10\n");
    FIXTURE_OK(text.status);
    FIXTURE_OK(sc_config_parse(&config, &f->env, "residual", text.data, text.length));
    FIXTURE_OK(sc_net_create(&f->net, &f->env));
    sc_net_input(f->net, SC_INPUT_NAME, SOCLE_U8, &shape, 1.0f / 255.0f);
    FIXTURE_OK(sc_net_read(f->net, config, sc_config_find(config, "network")));
    FIXTURE_OK(sc_loss_read(f->net, config, sc_config_root(config), f->net->output));
    sc_config_destroy(config);
    sc_text_free(&text);
}

static double processor_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static sc_engine *make_engine(fixture *f, const sc_optimizer *optimizer) {
    const sc_forecast_request request = {
        .engine = {.optimizer = optimizer, .seed = 1}, .uses = {.evaluates = true}, .batch = 8};
    sc_forecast forecast;
    sc_engine *engine;
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f->device, f->net, &request));
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &forecast.engine));
    return engine;
}

static void check_depth(const char *device, bool timed) {
    fixture f;
    sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    fixture_open(&f, device, 1);
    read_network(&f, 2);
    sc_engine *shallow = make_engine(&f, &adam); /* and whatever is built is built */
    const sc_prepared few = sc_device_prepared(f.device);
    sc_net_destroy(f.net);
    read_network(&f, BLOCKS);
    const double began = processor_seconds();
    sc_engine *deep = make_engine(&f, &adam);
    const double took = processor_seconds() - began;
    const sc_prepared many = sc_device_prepared(f.device);
    cr_log_info("%s: %d kernels for 2 blocks, %d for both networks, %d programs, planned in %.2f s",
                device, few.kernels, many.kernels, many.programs, took);
    sc_engine_destroy(shallow);
    SC_TRUE(sc_device_prepared(f.device).kernels <= MOST_KERNELS);
    SC_TRUE(sc_plan_launches(sc_engine_train_plan(deep)) > 10 * BLOCKS);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    if (timed) SC_TRUE(took <= MOST_SECONDS);
#else
    (void)timed;
#endif
    sc_engine_destroy(deep);
    SC_EQ(sc_device_prepared(f.device).kernels, 0);
    SC_TRUE(sc_device_prepared(f.device).idle >= few.kernels);
    fixture_close(&f);
}

Test(shared_kernels, depth_costs_no_kernels) {
    check_depth("cpu", true);
}

Test(shared_kernels, depth_costs_no_kernels_in_opencl) {
    check_depth("opencl:0", true);
}
