/* SPDX-License-Identifier: Apache-2.0 */
/* The real list of devices when OpenCL is there twice, once, or not at all. The loader and PoCL
 * read their environment once, so every test here sets it first thing in the process of its own
 * that Criterion gives it. */
#include "device_fixture.h"
#include "sc_temp.h"

static void select_one(sc_registry *registry, sc_env *env, const char *text,
                       sc_device_choice *out) {
    sc_device_choice *choices;
    int count;
    SC_OK(env, sc_registry_select(registry, env, text, &choices, &count));
    SC_EQ(count, 1);
    *out = choices[0];
    sc_release(env, choices);
}

/* No OpenCL platform installed: the cpu, and one line that says so. */
Test(platforms, none) {
    sc_temp empty;
    sc_env env;
    log_lines log;
    sc_registry registry;
    sc_device_choice choice;
    sc_device *device;
    sc_temp_make(&empty);
    SC_EQ(setenv("OCL_ICD_VENDORS", empty.path, 1), 0);
    log_env_init(&env, &log);
    SC_OK(&env, sc_registry_create(&registry, &env));
    SC_EQ(registry.count, 1);
    SC_EQ(log.count, 0);
    select_one(&registry, &env, "auto", &choice);
    SC_EQ(log.count, 1);
    SC_CONTAINS(log.text[0], "no OpenCL device found");
    SC_OK(&env, sc_registry_open(&device, &registry, &env, &choice, NULL));
    SC_EQ_STR(device->info.driver->name, "cpu");
    sc_device_close(device);
    sc_registry_free(&registry, &env);
    sc_temp_remove(&empty);
}

/* A vendor file that names no library, and one that is no library: the cpu stays usable. */
Test(platforms, broken) {
    sc_temp folder;
    sc_env env;
    log_lines log;
    sc_registry registry;
    char line[600];
    sc_temp_make(&folder);
    sc_temp_put(&folder, "missing.icd", "libnosuchopencl.so.9\n", 21);
    snprintf(line, sizeof line, "%s\n", sc_temp_put(&folder, "text.so", "no library", 10));
    sc_temp_put(&folder, "text.icd", line, strlen(line));
    SC_EQ(setenv("OCL_ICD_VENDORS", folder.path, 1), 0);
    log_env_init(&env, &log);
    SC_OK(&env, sc_registry_create(&registry, &env));
    SC_EQ(registry.count, 1);
    sc_registry_free(&registry, &env);
    sc_temp_remove(&folder);
}

static void describe_platforms(sc_env *env, log_lines *log, sc_registry *registry,
                               const char *devices) {
    SC_EQ(setenv("POCL_DEVICES", devices, 1), 0);
    log_env_init(env, log);
    SC_OK(env, sc_registry_create(registry, env));
    if (registry->count < 2 || !strstr(registry->info[1].platform, "Portable"))
        cr_skip_test("PoCL is not the first OpenCL platform here");
}

/* Two root devices of one platform: different ids, each opened in a context of its own, usable side
 * by side. */
Test(platforms, two_devices) {
    sc_env env;
    log_lines log;
    sc_registry registry;
    sc_device *device[2];
    sc_queue *queue[2];
    sc_buffer *buffer[2];
    describe_platforms(&env, &log, &registry, "pthread basic");
    SC_EQ(registry.count, 3);
    SC_TRUE(strcmp(registry.info[1].id, registry.info[2].id) != 0);
    for (int i = 0; i < 2; i++) {
        sc_device_choice choice;
        char name[32];
        snprintf(name, sizeof name, "opencl:%d", i);
        select_one(&registry, &env, name, &choice);
        SC_EQ(choice.entry, 1 + i);
        SC_OK(&env, sc_registry_open(&device[i], &registry, &env, &choice, NULL));
        SC_EQ_STR(device[i]->info.id, registry.info[1 + i].id);
        SC_OK(&env, sc_queue_open(&queue[i], device[i]));
        SC_OK(&env, sc_buffer_create(&buffer[i], device[i], SC_BUFFER_DEVICE, 64));
        SC_OK(&env, sc_queue_fill(queue[i], (sc_operand){buffer[i], 0}, 7u + (uint32_t)i, 64));
    }
    for (int i = 0; i < 2; i++) {
        uint32_t word;
        SC_OK(&env, sc_queue_read(queue[i], &word, (sc_operand){buffer[i], 60}, 4));
        SC_OK(&env, sc_queue_finish(queue[i]));
        SC_EQ(word, 7 + i);
    }
    /* What belongs to one device is refused by the other. */
    SC_FAILS(&env, sc_queue_fill(queue[0], (sc_operand){buffer[1], 0}, 0, 64),
             SOCLE_STATUS_INVALID_ARGUMENT);
    sc_buffer_destroy(buffer[0]);
    sc_queue_close(queue[0]);
    sc_device_close(device[0]); /* and its end is not the other's */
    SC_OK(&env, sc_queue_fill(queue[1], (sc_operand){buffer[1], 0}, 3, 64));
    SC_OK(&env, sc_queue_finish(queue[1]));
    sc_buffer_destroy(buffer[1]);
    sc_queue_close(queue[1]);
    sc_device_close(device[1]);
    sc_registry_free(&registry, &env);
}

/* Equal devices are told apart by an ordinal. */
Test(platforms, two_equal_devices) {
    sc_env env;
    log_lines log;
    sc_registry registry;
    describe_platforms(&env, &log, &registry, "pthread pthread");
    SC_EQ(registry.count, 3);
    SC_TRUE(strcmp(registry.info[1].id, registry.info[2].id) != 0);
    sc_device_choice choice;
    for (int i = 1; i < 3; i++) {
        select_one(&registry, &env, registry.info[i].id, &choice);
        SC_EQ(choice.entry, i);
    }
    sc_registry_free(&registry, &env);
}

Test(platforms, sub_devices) {
    sc_env env;
    log_lines log;
    sc_registry registry;
    sc_device_choice choice;
    sc_device *device;
    describe_platforms(&env, &log, &registry, "pthread");
    if (registry.info[1].compute_units < 2) cr_skip_test("one compute unit: nothing to divide");
    select_one(&registry, &env, "opencl:0/1", &choice);
    SC_OK(&env, sc_registry_open(&device, &registry, &env, &choice, NULL));
    SC_EQ(device->info.compute_units, 1);
    SC_TRUE(strstr(device->info.id, "/1") != NULL);
    sc_device_close(device);
    sc_registry_free(&registry, &env);
}
