/* SPDX-License-Identifier: Apache-2.0 */
/* All memory of the library goes through the context's allocator and comes back; and any one
 * refused request (in a plain ./test each eleventh) ends a session without a leak.
 * test_memory_long.c does the same on OpenCL. */
#include "memory.h"

static void balance(const char *device) {
    sc_temp temp;
    sc_temp_make(&temp);
    char path[600];
    snprintf(path, sizeof path, "%s", sc_temp_file(&temp, "model.safetensors"));
    memory_run run = memory_session(device, 0, path);
    sc_temp_remove(&temp);
    if (run.status == SOCLE_STATUS_NO_DEVICE) cr_skip_test("no device %s: %s", device, run.text);
    if (run.status != SOCLE_OK) SC_TEST_FAIL("status %d: %s", (int)run.status, run.text);
    SC_TRUE(run.requests > 500);
    SC_EQ(run.live, 0);
}

Test(api_memory, balance_cpu) {
    balance("cpu");
}
Test(api_memory, balance_opencl) {
    balance("opencl:0");
}

Test(api_memory, every_refused_request) {
    memory_refuse("cpu", 1, sc_test_full() ? 1 : 11);
}

/* The first requests, one by one: opening a device. */
Test(api_memory, refused_requests_of_opening) {
    for (long refuse = 1;; refuse++) {
        sc_test_allocator state;
        socle_allocator allocator = sc_test_allocator_init(&state, refuse);
        socle_open_opts opts = {.allocator = &allocator, .threads = 2};
        socle_context *context = (void *)1;
        SC_REPRO("refuse request %ld", refuse);
        socle_status status = socle_open_with(&context, "cpu", &opts);
        bool refused = atomic_load(&state.requests) >= refuse;
        /* The cpu device's own memory is the host's: its buffers are refused as such. */
        bool out_of_memory =
            status == SOCLE_STATUS_OUT_OF_MEMORY || status == SOCLE_STATUS_DEVICE_MEMORY;
        SC_TRUE(refused ? out_of_memory : status == SOCLE_OK);
        SC_TRUE(refused == (refuse == 1) || context != NULL);
        SC_TRUE(status == SOCLE_OK || socle_error(context)[0] != '\0');
        socle_close(context);
        SC_EQ(atomic_load(&state.live), 0);
        if (!refused) break;
    }
}
