/* SPDX-License-Identifier: Apache-2.0 */
/* What several devices make of one training step: each device of a list alone and all together, in
 * turns in one process, so that ratios hold whatever else the machine does. The first device is
 * also measured on the caller's thread: what the way through a thread of its own costs.
 *   bench_devices [devices] [batch] [steps] [rounds] [--net NAME] [--reproducible] [--ranges N]
 * [--pin] Devices as for --device, e.g. opencl:0/0,opencl:0/1; one JSON line per subject. --pin
 * keeps the cpu backend, where it is device i, on processor i; PoCL's threads stay where
 * POCL_AFFINITY=1 puts them. */
#include "bench_networks.h"

#include "base/thread_pool.h"
#include "train/fit.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES = 8, SUBJECTS = DEVICES + 2, SAMPLES = 8192, WARM_UP = 20 };

typedef struct subject {
    char name[DEVICES * 64 + 64];
    sc_trainer *trainer;
    uint32_t step;
    double seconds, least; /* of all rounds; of the best one */
} subject;

static sc_env env;

static void check(socle_status status) {
    if (status == SOCLE_OK) return;
    fprintf(stderr, "bench_devices: %s\n", env.text);
    exit(1);
}

static sc_dataset *random_images(const sc_net *net) {
    const sc_tensor_desc *desc = &net->input[0].desc;
    socle_shape shape = {.rank = desc->rank - 1}, one = {.rank = 0};
    sc_dataset *data;
    void *images, *labels;
    size_t bytes = SAMPLES;
    for (int d = 1; d < desc->rank; d++) {
        shape.size[d - 1] = desc->dim[d];
        bytes *= (size_t)desc->dim[d];
    }
    check(sc_dataset_create(&data, &env, "random", SAMPLES));
    check(sc_dataset_add_new(data, &images, "input", SOCLE_U8, &shape));
    check(sc_dataset_add_new(data, &labels, "label", SOCLE_U8, &one));
    for (size_t i = 0; i < bytes; i++) ((unsigned char *)images)[i] = (unsigned char)(rand() >> 8);
    for (size_t i = 0; i < SAMPLES; i++)
        ((unsigned char *)labels)[i] = (unsigned char)(rand() % 10);
    return data;
}

static void run_steps(subject *s, int64_t batch, int steps) {
    uint32_t per_epoch = (uint32_t)(SAMPLES / batch);
    sc_totals seen;
    bool arrived;
    uint64_t began = sc_now_ns();
    for (int i = 0; i < steps; i++) {
        uint32_t at = s->step % per_epoch, next = (s->step + 1) % per_epoch, rows = (uint32_t)batch;
        sc_fleet_step step = {.number = ++s->step,
                              .learning_rate = 0.001f,
                              .rows = {0, at * rows, rows},
                              .next = {0, next * rows, rows}};
        check(sc_fleet_train(sc_trainer_fleet(s->trainer), &step, &seen, &arrived));
    }
    sc_totals totals;
    check(sc_fleet_totals(sc_trainer_fleet(s->trainer), &totals));
    double seconds = (double)(sc_now_ns() - began) * 1e-9;
    s->seconds += seconds;
    if (s->least == 0 || seconds < s->least) s->least = seconds;
}

static void print_subject(const subject *s, int64_t batch, int steps, int rounds) {
    double samples = (double)batch * steps;
    printf("{\"devices\": \"%s\", \"samples_per_second_best\": %.0f, "
           "\"samples_per_second_mean\": %.0f, \"members\": [",
           s->name, samples / s->least, samples * rounds / s->seconds);
    const sc_fleet *fleet = sc_trainer_fleet(s->trainer);
    for (int i = 0; i < sc_fleet_members(fleet); i++) {
        sc_fleet_member member = sc_fleet_member_info(fleet, i);
        printf("%s{\"name\": \"%s\", \"share\": %lld, \"samples_per_second\": %.0f}", i ? ", " : "",
               member.label, (long long)member.share, member.rate);
    }
    printf("]}\n");
}

typedef struct wish {
    const char *devices, *network;
    int64_t batch;
    int steps, rounds;
    bool reproducible, pin;
    int ranges;
} wish;

static wish read_arguments(int argc, char **argv) {
    wish w = {.devices = "opencl:0/0,opencl:0/1",
              .network = "fashion-cnn",
              .batch = 128,
              .steps = 40,
              .rounds = 5};
    int place = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--net") == 0 && i + 1 < argc)
            w.network = argv[++i];
        else if (strcmp(argv[i], "--reproducible") == 0)
            w.reproducible = true;
        else if (strcmp(argv[i], "--pin") == 0)
            w.pin = true;
        else if (strcmp(argv[i], "--ranges") == 0 && i + 1 < argc)
            w.ranges = atoi(argv[++i]);
        else if (place++ == 0)
            w.devices = argv[i];
        else if (place == 2)
            w.batch = atoll(argv[i]);
        else if (place == 3)
            w.steps = atoi(argv[i]);
        else
            w.rounds = atoi(argv[i]);
    }
    return w;
}

static sc_registry registry;

static socle_status pin_thread(sc_device *device, void *argument) {
    cpu_set_t processor;
    CPU_ZERO(&processor);
    CPU_SET(*(const int *)argument, &processor);
    if (sched_setaffinity(0, sizeof processor, &processor) == 0) return SOCLE_OK;
    return sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED, "--pin: there is no processor %d",
                   *(const int *)argument);
}

static int open_devices(const wish *w, sc_fleet_device *device, char name[][64]) {
    sc_device_choice *choice;
    int count;
    check(sc_registry_create(&registry, &env));
    check(sc_registry_select(&registry, &env, w->devices, &choice, &count));
    if (count > DEVICES) count = DEVICES;
    for (int i = 0; i < count; i++) {
        sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
        const sc_device_info *info = &registry.info[choice[i].entry];
        if (count > 1) options.threads = 1;
        check(sc_worker_create(&device[i].worker, &env, &registry, &choice[i], &options));
        if (w->pin && strcmp(info->driver->name, "cpu") == 0)
            check(sc_worker_run(device[i].worker, pin_thread, &i, 0));
        device[i].share = (double)choice[i].share;
        snprintf(name[i], 64, "%s:%d/%d", info->driver->name, info->index, choice[i].sub_device);
    }
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    if (count > 1) options.threads = 1;
    check(sc_registry_open(&device[count].device, &registry, &env, &choice[0], &options));
    sc_release(&env, choice);
    return count;
}

int main(int argc, char **argv) {
    wish w = read_arguments(argc, argv);
    sc_fleet_device device[DEVICES + 1] = {0};
    char name[DEVICES][64];
    subject subjects[SUBJECTS] = {0};
    int count = 0;
    sc_env_init(&env, NULL, NULL);
    sc_net *net = bench_network(&env, w.network);
    if (!net) {
        fprintf(stderr, "bench_devices: --net %s: one of %s\n", w.network, bench_network_names());
        return 2;
    }
    int devices = open_devices(&w, device, name);
    sc_dataset *data = random_images(net);
    sc_fit_options options = sc_fit_defaults();
    options.batch = w.batch;
    options.reproducible = w.reproducible;
    options.hooks.engine.ranges = w.ranges;
    subject *direct = &subjects[count++];
    snprintf(direct->name, sizeof direct->name, "%s on the caller's thread", name[0]);
    check(sc_trainer_create(&direct->trainer, device[devices].device, net, &options, data, NULL));
    for (int i = 0; i < devices; i++) {
        subject *s = &subjects[count++];
        snprintf(s->name, sizeof s->name, "%s", name[i]);
        check(sc_trainer_create_on(&s->trainer, &env, &device[i], 1, net, &options, data, NULL));
    }
    if (devices > 1) {
        subject *s = &subjects[count++];
        snprintf(s->name, sizeof s->name, "%s", w.devices);
        check(sc_trainer_create_on(&s->trainer, &env, device, devices, net, &options, data, NULL));
    }
    for (int i = 0; i < count; i++) run_steps(&subjects[i], w.batch, WARM_UP);
    for (int i = 0; i < count; i++) subjects[i].seconds = subjects[i].least = 0;
    for (int r = 0; r < w.rounds; r++)
        for (int i = 0; i < count; i++) run_steps(&subjects[i], w.batch, w.steps);
    for (int i = 0; i < count; i++) print_subject(&subjects[i], w.batch, w.steps, w.rounds);
    for (int i = 0; i < count; i++) sc_trainer_destroy(subjects[i].trainer);
    for (int i = 0; i < devices; i++) sc_worker_destroy(device[i].worker);
    sc_device_close(device[devices].device);
    sc_dataset_destroy(data);
    sc_net_destroy(net);
    sc_registry_free(&registry, &env);
    return 0;
}
