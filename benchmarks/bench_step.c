/* SPDX-License-Identifier: Apache-2.0 */
/* One training step (forward, backward, Adam) of a network of bench_networks.h on random images, as
 * benchmarks/peers measures it elsewhere: one JSON line. Beside the wall time of a step it gives
 * the processor time of the whole process per step, which a busy machine disturbs far less.
 *   bench_step [device] [batch] [steps] [--net NAME] [--profile] */
#include "bench_networks.h"

#include "backend/registry.h"
#include "base/thread_pool.h"
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sc_env env;

static void check(socle_status status) {
    if (status == SOCLE_OK) return;
    fprintf(stderr, "bench_step: %s\n", env.text);
    exit(1);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void one_step(sc_engine *engine, int64_t batch, uint32_t step, const void *const *column) {
    int slot = (int)(step % (uint32_t)sc_engine_slots(engine));
    check(sc_engine_upload(engine, slot, batch, column, NULL));
    check(sc_engine_micro_batch(engine, slot, batch, 0, step));
    sc_engine_step commit = {step, (double)batch, 1, 0.001f};
    check(sc_engine_commit(engine, &commit));
}

static double processor_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void print_times(sc_engine *engine, const char *network, int64_t batch, int steps,
                        double *wall, double *processor) {
    const sc_device_info *info = &sc_engine_device(engine)->info;
    qsort(wall, (size_t)steps, sizeof *wall, by_value);
    qsort(processor, (size_t)steps, sizeof *processor, by_value);
    printf("{\"device\": \"%s\", \"driver\": \"%s\", \"network\": \"%s\", \"batch\": %lld, "
           "\"step_ms_min\": %.3f, "
           "\"step_ms_median\": %.3f, \"processor_ms_min\": %.3f, \"processor_ms_median\": %.3f, "
           "\"images_per_second\": %.0f}\n",
           info->name, info->driver_version, network, (long long)batch, wall[0], wall[steps / 2],
           processor[0], processor[steps / 2], (double)batch / wall[steps / 2] * 1e3);
}

static void measure(sc_engine *engine, const char *network, int64_t batch, int steps) {
    size_t bytes = sc_engine_column_bytes(engine, 0) * (size_t)batch;
    unsigned char *images = malloc(bytes), *labels = malloc((size_t)batch);
    double *wall = malloc((size_t)steps * sizeof *wall),
           *processor = malloc((size_t)steps * sizeof *processor);
    if (!images || !labels || !wall || !processor) exit(1);
    for (size_t i = 0; i < bytes; i++) images[i] = (unsigned char)(rand() >> 7);
    for (int64_t i = 0; i < batch; i++) labels[i] = (unsigned char)(rand() % 10);
    const void *column[2] = {images, labels};
    uint32_t step = 0;
    for (int i = 0; i < 10; i++) one_step(engine, batch, ++step, column);
    check(sc_engine_finish(engine));
    for (int i = 0; i < steps; i++) {
        uint64_t begin = sc_now_ns();
        double work = processor_ms();
        one_step(engine, batch, ++step, column);
        check(sc_engine_finish(engine));
        processor[i] = processor_ms() - work;
        wall[i] = (double)(sc_now_ns() - begin) * 1e-6;
    }
    print_times(engine, network, batch, steps, wall, processor);
    free(images);
    free(labels);
    free(wall);
    free(processor);
}

static void print_launches(const sc_plan *plan) {
    for (int i = 0; i < sc_plan_launches(plan); i++) {
        sc_plan_launch launch = sc_plan_launch_info(plan, i);
        if (launch.runs)
            printf("{\"layer\": \"%s\", \"operation\": \"%s\", \"implementation\": \"%s\", \"ms\": "
                   "%.3f}\n",
                   launch.layer ? launch.layer : "", sc_op_word(launch.op), launch.implementation,
                   (double)launch.nanoseconds / (double)launch.runs * 1e-6);
    }
}

typedef struct arguments {
    const char *device, *network;
    int64_t batch;
    int steps;
    bool profile;
} arguments;

static arguments read_arguments(int argc, char **argv) {
    arguments out = {.device = "auto", .network = "fashion-cnn", .batch = 128, .steps = 50};
    int place = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--profile") == 0)
            out.profile = true;
        else if (strcmp(argv[i], "--net") == 0 && i + 1 < argc)
            out.network = argv[++i];
        else if (++place == 1)
            out.device = argv[i];
        else if (place == 2 && atoi(argv[i]) > 0)
            out.batch = atoi(argv[i]);
        else if (place == 3 && atoi(argv[i]) > 0)
            out.steps = atoi(argv[i]);
    }
    return out;
}

static sc_device *open_device(sc_registry *registry, const arguments *wanted) {
    sc_device_choice *choices;
    sc_device *device;
    int count;
    check(sc_registry_select(registry, &env, wanted->device, &choices, &count));
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.timestamps = wanted->profile;
    check(sc_registry_open(&device, registry, &env, &choices[0], &options));
    sc_release(&env, choices);
    return device;
}

int main(int argc, char **argv) {
    arguments wanted = read_arguments(argc, argv);
    sc_registry registry;
    sc_engine *engine;
    sc_env_init(&env, NULL, NULL);
    check(sc_registry_create(&registry, &env));
    sc_device *device = open_device(&registry, &wanted);
    sc_net *net = bench_network(&env, wanted.network);
    if (!net) {
        fprintf(stderr, "bench_step: no network is named '%s'; there are %s\n", wanted.network,
                bench_network_names());
        return 2;
    }
    check(net->status);
    sc_optimizer adam = sc_optimizer_default(sc_optimizer_find("adam"));
    sc_engine_options options = {.capacity = wanted.batch,
                                 .optimizer = &adam,
                                 .seed = 1,
                                 .plan = {.profile = wanted.profile}};
    check(sc_engine_create(&engine, device, net, &options));
    check(sc_engine_initialize(engine, 1));
    measure(engine, wanted.network, wanted.batch, wanted.steps);
    if (wanted.profile) print_launches(sc_engine_train_plan(engine));
    sc_engine_destroy(engine);
    sc_net_destroy(net);
    sc_device_close(device);
    sc_registry_free(&registry, &env);
    return 0;
}
