/* SPDX-License-Identifier: Apache-2.0 */
/* The known-answer test of a device: sound devices pass it, a device that reads back one wrong bit
 * is refused by name, and the environment can overrule that. The fault layer stands in for the bad
 * driver; it must be named before the first OpenCL call, so every test here sets it first thing in
 * the process of its own that Criterion gives it. */
#include "backend/registry.h"
#include "base/thread_pool.h"
#include "engine/self_test.h"
#include "sc_test.h"

static sc_device *open_device(sc_env *env, const char *name) {
    sc_registry registry;
    sc_device_choice *choice;
    sc_device *device;
    int count;
    SC_OK(env, sc_registry_create(&registry, env));
    if (sc_registry_select(&registry, env, name, &choice, &count) != SOCLE_OK)
        cr_skip_test("no device %s here: %s", name, env->text);
    SC_OK(env, sc_registry_open(&device, &registry, env, &choice[0], NULL));
    sc_release(env, choice);
    sc_registry_free(&registry, env);
    return device;
}

static void pass(const char *name) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env env;
    sc_env_init(&env, &allocator, NULL);
    sc_device *device = open_device(&env, name);
    uint64_t start = sc_now_ns();
    SC_OK(&env, sc_device_self_test(device));
    uint64_t between = sc_now_ns();
    SC_OK(&env, sc_device_self_test(device));
    cr_log_info("%s: %.1f ms, %.1f ms the second time", name, (double)(between - start) * 1e-6,
                (double)(sc_now_ns() - between) * 1e-6);
    sc_device_close(device);
    SC_EQ(atomic_load(&state.live), 0);
}

Test(self_test, cpu_passes) {
    pass("cpu");
}

Test(self_test, opencl_passes) {
    pass("opencl:0");
}

/* Every allocation refused in turn: a status, a text, nothing left. */
Test(self_test, no_memory) {
    enum { MOST = 10000 };
    for (long refuse = 1; refuse < MOST; refuse++) {
        sc_test_allocator state;
        socle_allocator allocator = sc_test_allocator_init(&state, 0);
        sc_env env;
        sc_env_init(&env, &allocator, NULL);
        SC_REPRO("refuse allocation %ld of the self-test", refuse);
        sc_device *device = open_device(&env, "cpu");
        state.refuse = atomic_load(&state.requests) + refuse;
        socle_status status = sc_device_self_test(device);
        bool met = atomic_load(&state.requests) >= state.refuse;
        SC_EQ(status != SOCLE_OK, met);
        if (met)
            SC_TRUE(status == SOCLE_STATUS_OUT_OF_MEMORY || status == SOCLE_STATUS_DEVICE_MEMORY);
        sc_device_close(device);
        SC_EQ(atomic_load(&state.live), 0);
        if (!met) return;
    }
    SC_TEST_FAIL("more than %d allocations", MOST);
}

#ifdef SC_FAULT_LAYER
/* Every `every`-th read-back has one bit flipped. */
static void flip_bits(const char *every) {
    setenv("OPENCL_LAYERS", SC_FAULT_LAYER, 1);
    setenv("FAULT_MODE", "corrupt", 1);
    setenv("FAULT_CALL", "clEnqueueReadBuffer", 1);
    setenv("FAULT_AT", every, 1);
}

/* The answers are read back one by one: the first wrong one is named. */
static void refuse(const char *every, const char *named) {
    sc_env env;
    flip_bits(every);
    sc_env_init(&env, NULL, NULL);
    sc_device *device = open_device(&env, "opencl:0");
    SC_FAILS(&env, sc_device_self_test(device), SOCLE_STATUS_DEVICE);
    SC_CONTAINS(env.text, "gives wrong results");
    SC_CONTAINS(env.text, device->info.name);
    SC_CONTAINS(env.text, named);
    SC_CONTAINS(env.text, "SOCLE_SELF_TEST=off");
    setenv("SOCLE_SELF_TEST", "off", 1);
    SC_OK(&env, sc_device_self_test(device));
    sc_device_close(device);
}

Test(self_test, wrong_arithmetic_is_refused) {
    refuse("1", "elementwise arithmetic");
}

Test(self_test, wrong_random_numbers_are_refused) {
    refuse("2", "random numbers");
}

Test(self_test, wrong_product_is_refused) {
    refuse("3", "a product of matrices");
}

Test(self_test, wrong_sum_is_refused) {
    refuse("4", "a sum of rows");
}

/* Only the fifth read-back is wrong, and there are four: the layer itself changes nothing. */
Test(self_test, the_layer_alone_is_no_reason) {
    sc_env env;
    flip_bits("5");
    sc_env_init(&env, NULL, NULL);
    sc_device *device = open_device(&env, "opencl:0");
    SC_OK(&env, sc_device_self_test(device));
    SC_FAILS(&env, sc_device_self_test(device), SOCLE_STATUS_DEVICE); /* which has the fifth */
    sc_device_close(device);
}
#endif
