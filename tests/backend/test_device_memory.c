/* SPDX-License-Identifier: Apache-2.0 */
/* The account of a device's memory: every buffer counts from creation to destruction, the budget
 * refuses what goes over it whatever the driver would accept, and threads may count at once. */
#include "device_fixture.h"

#include "backend/check.h"
#include "backend/null.h"
#include "base/host_memory.h"

#include <pthread.h>

enum { MIB = 1 << 20 };

static uint64_t used(const sc_device *device, sc_buffer_kind kind) {
    return sc_device_memory(device).used[kind];
}

static void counts(const char *name) {
    device_fixture f;
    sc_buffer *a, *b, *c;
    device_open(&f, name, NULL);
    uint64_t before = used(f.device, SC_BUFFER_DEVICE);
    SC_OK(&f.env, sc_buffer_create(&a, f.device, SC_BUFFER_DEVICE, 1000));
    SC_OK(&f.env, sc_buffer_create(&b, f.device, SC_BUFFER_DEVICE, MIB));
    SC_OK(&f.env, sc_buffer_create(&c, f.device, SC_BUFFER_STAGING, 77));
    SC_EQ(used(f.device, SC_BUFFER_DEVICE) - before, 1000 + MIB);
    SC_EQ(used(f.device, SC_BUFFER_STAGING), 77);
    sc_buffer_destroy(b);
    SC_EQ(used(f.device, SC_BUFFER_DEVICE) - before, 1000);
    SC_EQ(sc_device_memory(f.device).peak[SC_BUFFER_DEVICE] - before, 1000 + MIB);
    SC_FAILS(&f.env, sc_buffer_create(&b, f.device, SC_BUFFER_DEVICE, 0),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(used(f.device, SC_BUFFER_DEVICE) - before, 1000);
    sc_buffer_destroy(a);
    sc_buffer_destroy(c);
    SC_EQ(used(f.device, SC_BUFFER_DEVICE), before);
    SC_EQ(used(f.device, SC_BUFFER_STAGING), 0);
    SC_EQ(sc_device_memory(f.device).peak[SC_BUFFER_STAGING], 77);
    device_close(&f);
}

Test(device_memory, counts_cpu) {
    counts("cpu");
}

Test(device_memory, counts_opencl) {
    counts("opencl:0");
}

/* Both share the host's memory, so staging comes out of the budget too. */
static void budget_decides(const char *name) {
    device_fixture f;
    sc_buffer *a, *b, *c;
    char text[256];
    device_open(&f, name, NULL);
    uint64_t at_first = sc_device_memory(f.device).bounded, budget = at_first + 3 * MIB;
    sc_device_set_budget(f.device, budget);
    SC_OK(&f.env, sc_buffer_create(&a, f.device, SC_BUFFER_DEVICE, 2 * MIB));
    SC_FAILS(&f.env, sc_buffer_create(&b, f.device, SC_BUFFER_DEVICE, MIB + 1),
             SOCLE_STATUS_DEVICE_MEMORY);
    SC_TRUE(b == NULL);
    snprintf(text, sizeof text, "%d bytes more are 1 too many: %llu of the budget of %llu", MIB + 1,
             (unsigned long long)(at_first + 2 * MIB), (unsigned long long)budget);
    SC_CONTAINS(f.env.text, text);
    SC_OK(&f.env, sc_buffer_create(&b, f.device, SC_BUFFER_STAGING, MIB));
    SC_FAILS(&f.env, sc_buffer_create(&c, f.device, SC_BUFFER_STAGING, 1),
             SOCLE_STATUS_DEVICE_MEMORY);
    sc_buffer_destroy(a);
    SC_OK(&f.env, sc_buffer_create(&a, f.device, SC_BUFFER_DEVICE, 2 * MIB));
    sc_device_set_budget(f.device, MIB); /* what is there stays */
    SC_FAILS(&f.env, sc_buffer_create(&c, f.device, SC_BUFFER_DEVICE, 1),
             SOCLE_STATUS_DEVICE_MEMORY);
    SC_CONTAINS(f.env.text, "1 bytes more are 1 too many");
    sc_device_set_budget(f.device, 0);
    SC_OK(&f.env, sc_buffer_create(&c, f.device, SC_BUFFER_DEVICE, 1));
    sc_buffer_destroy(a);
    sc_buffer_destroy(b);
    sc_buffer_destroy(c);
    SC_EQ(sc_device_memory(f.device).bounded, at_first);
    device_close(&f);
}

Test(device_memory, budget_decides_cpu) {
    budget_decides("cpu");
}

Test(device_memory, budget_decides_opencl) {
    budget_decides("opencl:0");
}

/* Memory of its own: pinned host memory is not the device's. */
Test(device_memory, staging_of_a_discrete_device) {
    sc_env env;
    sc_device *device;
    sc_null_counts counts = {0};
    sc_buffer *a, *b;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    device->info.traits &= ~SC_TRAIT_HOST_MEMORY;
    sc_device_set_budget(device, 100);
    SC_OK(&env, sc_buffer_create(&a, device, SC_BUFFER_STAGING, 1000));
    SC_OK(&env, sc_buffer_create(&b, device, SC_BUFFER_DEVICE, 100));
    SC_EQ(sc_device_memory(device).bounded, 100);
    SC_EQ(used(device, SC_BUFFER_STAGING), 1000);
    sc_buffer_destroy(a);
    sc_buffer_destroy(b);
    SC_EQ(sc_device_memory(device).bounded, 0);
    sc_device_close(device);
}

/* A driver that refuses leaves nothing in the account. */
Test(device_memory, a_refusal_counts_nothing) {
    sc_env env;
    sc_device *device;
    sc_null_counts counts = {.fail_after = 1};
    sc_buffer *a;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    SC_FAILS(&env, sc_buffer_create(&a, device, SC_BUFFER_DEVICE, 4096), SOCLE_STATUS_DEVICE);
    SC_EQ(used(device, SC_BUFFER_DEVICE), 0);
    SC_EQ(sc_device_memory(device).bounded, 0);
    sc_device_close(device);
}

/* What the check device takes, both of its sides take. */
Test(device_memory, check_device_counts_on_both_sides) {
    sc_env env;
    sc_device *side[2], *check;
    sc_null_counts counts[2] = {{0}};
    sc_buffer *buffer;
    sc_env_init(&env, NULL, NULL);
    for (int s = 0; s < 2; s++) SC_OK(&env, sc_null_open(&side[s], &env, &counts[s]));
    SC_OK(&env, sc_check_open(&check, &env, side[0], side[1], 0, 0));
    SC_OK(&env, sc_buffer_create(&buffer, check, SC_BUFFER_DEVICE, 500));
    SC_EQ(used(check, SC_BUFFER_DEVICE), 500);
    for (int s = 0; s < 2; s++) SC_EQ(used(side[s], SC_BUFFER_DEVICE), 500);
    sc_device_set_budget(side[1], 600);
    sc_buffer *more;
    SC_FAILS(&env, sc_buffer_create(&more, check, SC_BUFFER_DEVICE, 200),
             SOCLE_STATUS_DEVICE_MEMORY);
    sc_buffer_destroy(buffer);
    SC_EQ(used(check, SC_BUFFER_DEVICE), 0);
    for (int s = 0; s < 2; s++) SC_EQ(used(side[s], SC_BUFFER_DEVICE), 0);
    sc_device_close(check);
    for (int s = 0; s < 2; s++) sc_device_close(side[s]);
}

/* Three quarters of the device's memory, and no more than that of what the host has left. */
Test(device_memory, a_device_opens_with_a_safe_share) {
    device_fixture f;
    device_open(&f, "cpu", NULL);
    uint64_t budget = sc_device_memory(f.device).budget;
    SC_TRUE(budget > MIB);
    SC_TRUE(budget <= f.device->info.memory / 4 * 3);
    sc_device_info own = {.memory = 1000},
                   shared = {.memory = UINT64_MAX, .traits = SC_TRAIT_HOST_MEMORY};
    SC_EQ(sc_memory_safe_share(&own, 2), 750);
    uint64_t available = sc_host_memory_available("");
    SC_TRUE(sc_memory_safe_share(&shared, 1) < available);
    SC_TRUE(sc_memory_safe_share(&shared, 1) > available / 2);
    SC_TRUE(sc_memory_safe_share(&shared, 3) < available / 3);
    SC_TRUE(sc_memory_safe_share(&shared, 3) > available / 6);
    device_close(&f);
}

enum { ROUNDS = 50000, PIECE = 40, ROOM = 100 };

/* Room for two pieces: two threads that hold one at a time are never refused. */
static void *take_and_give(void *argument) {
    sc_device *device = argument;
    for (int i = 0; i < ROUNDS; i++) {
        sc_buffer_kind kind = i % 2 ? SC_BUFFER_DEVICE : SC_BUFFER_STAGING;
        if (sc_device_take(device, kind, PIECE) != SOCLE_OK) return device;
        if (sc_device_memory(device).bounded > ROOM) return device;
        sc_device_give_back(device, kind, PIECE);
    }
    return NULL;
}

Test(device_memory, threads) {
    sc_env env;
    pthread_t thread[2];
    sc_device *device;
    sc_null_counts counts = {0};
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_null_open(&device, &env, &counts));
    sc_device_set_budget(device, ROOM);
    for (int t = 0; t < 2; t++) SC_EQ(pthread_create(&thread[t], NULL, take_and_give, device), 0);
    for (int t = 0; t < 2; t++) {
        void *failed;
        SC_EQ(pthread_join(thread[t], &failed), 0);
        SC_TRUE(failed == NULL);
    }
    sc_memory_use use = sc_device_memory(device);
    SC_EQ(use.bounded, 0);
    for (int k = 0; k < SC_BUFFER_KINDS; k++) {
        SC_EQ(use.used[k], 0);
        SC_TRUE(use.peak[k] >= PIECE && use.peak[k] <= 2 * PIECE);
    }
    sc_device_close(device);
}
