/* SPDX-License-Identifier: Apache-2.0 */
/* One training step of fashion-cnn (examples/fashion-cnn.yaml: forward, backward, Adam) on random images, as benchmarks/peers measures
 * it elsewhere: one JSON line with the least and the median time.
 *   bench_step [device] [batch] [steps] [--profile] */
#include "backend/registry.h"
#include "base/thread_pool.h"
#include "train/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sc_env env;

static void check(socle_status status) {
    if (status == SOCLE_OK) return;
    fprintf(stderr, "bench_step: %s\n", env.text);
    exit(1);
}

static int layer(sc_net *net, const char *word, int input, int size) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    options.units = options.filters = size;
    options.rate = 0.5f;
    options.kernel[0] = options.kernel[1] = kind->word[0] == 'c' ? 3 : 2;
    if (strcmp(word, "conv2d") == 0) options.padding = SC_PADDING_SAME;
    return sc_net_layer(net, kind, NULL, 1, &input, &options);
}

static sc_net *fashion_cnn(void) {
    static const struct { const char *word; int size; } layers[] = {
        {"conv2d", 32}, {"relu", 0}, {"maxpool", 0}, {"conv2d", 64}, {"relu", 0}, {"maxpool", 0},
        {"flatten", 0}, {"dense", 128}, {"relu", 0}, {"dropout", 0}, {"dense", 10}};
    sc_net *net;
    check(sc_net_create(&net, &env));
    socle_shape shape = {3, {1, 28, 28}};
    int x = sc_net_input(net, "input", SOCLE_U8, &shape, 1.0f / 255.0f);
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) x = layer(net, layers[i].word, x, layers[i].size);
    check(sc_net_loss(net, "softmax_cross_entropy", x));
    return net;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void one_step(sc_engine *engine, int64_t batch, uint32_t step, const void *const *column) {
    int slot = (int)(step % (uint32_t)sc_engine_slots(engine));
    check(sc_engine_upload(engine, slot, batch, column, NULL));
    check(sc_engine_micro_batch(engine, slot, batch, 0, step));
    check(sc_engine_commit(engine, step, (double)batch, 0.001f));
}

static void measure(sc_engine *engine, int64_t batch, int steps) {
    unsigned char *images = malloc((size_t)batch * 784), *labels = malloc((size_t)batch);
    double *seconds = malloc((size_t)steps * sizeof *seconds);
    for (int64_t i = 0; i < batch * 784; i++) images[i] = (unsigned char)(rand() >> 7);
    for (int64_t i = 0; i < batch; i++) labels[i] = (unsigned char)(rand() % 10);
    const void *column[2] = {images, labels};
    uint32_t step = 0;
    for (int i = 0; i < 10; i++) one_step(engine, batch, ++step, column);
    check(sc_engine_finish(engine));
    for (int i = 0; i < steps; i++) {
        uint64_t begin = sc_now_ns();
        one_step(engine, batch, ++step, column);
        check(sc_engine_finish(engine));
        seconds[i] = (double)(sc_now_ns() - begin) * 1e-9;
    }
    qsort(seconds, (size_t)steps, sizeof *seconds, by_value);
    const sc_device_info *info = &sc_engine_device(engine)->info;
    printf("{\"device\": \"%s\", \"driver\": \"%s\", \"batch\": %lld, \"step_ms_min\": %.3f, \"step_ms_median\": %.3f, "
           "\"images_per_second\": %.0f}\n",
           info->name, info->driver_version, (long long)batch, seconds[0] * 1e3, seconds[steps / 2] * 1e3,
           (double)batch / seconds[steps / 2]);
    free(images);
    free(labels);
    free(seconds);
}

static void print_launches(const sc_plan *plan) {
    for (int i = 0; i < sc_plan_launches(plan); i++) {
        sc_plan_launch launch = sc_plan_launch_info(plan, i);
        if (launch.runs)
            printf("{\"layer\": \"%s\", \"operation\": \"%s\", \"implementation\": \"%s\", \"ms\": %.3f}\n",
                   launch.layer ? launch.layer : "", sc_op_word(launch.op), launch.implementation,
                   (double)launch.nanoseconds / (double)launch.runs * 1e-6);
    }
}

int main(int argc, char **argv) {
    sc_registry registry;
    sc_device_choice *choices;
    sc_device *device;
    sc_engine *engine;
    int count;
    bool profile = argc > 1 && strcmp(argv[argc - 1], "--profile") == 0;
    sc_env_init(&env, NULL, NULL);
    check(sc_registry_create(&registry, &env));
    check(sc_registry_select(&registry, &env, argc > 1 ? argv[1] : "auto", &choices, &count));
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.timestamps = profile;
    check(sc_registry_open(&device, &registry, &env, &choices[0], &options));
    sc_net *net = fashion_cnn();
    sc_optimizer adam = sc_optimizer_default(sc_optimizer_find("adam"));
    int64_t batch = argc > 2 && atoi(argv[2]) > 0 ? atoi(argv[2]) : 128;
    sc_engine_options engine_options = {.capacity = batch, .optimizer = &adam, .seed = 1, .plan = {.profile = profile}};
    check(sc_engine_create(&engine, device, net, &engine_options));
    check(sc_engine_initialize(engine, 1));
    measure(engine, batch, argc > 3 && atoi(argv[3]) > 0 ? atoi(argv[3]) : 50);
    if (profile) print_launches(sc_engine_train_plan(engine));
    sc_engine_destroy(engine);
    sc_net_destroy(net);
    sc_device_close(device);
    sc_release(&env, choices);
    sc_registry_free(&registry, &env);
    return 0;
}
