/* SPDX-License-Identifier: Apache-2.0 */
/* Reads that are interrupted, come short or fail; files that are none. */
#include "io/input.h"

#include <errno.h>

#include "sc_temp.h"

static struct {
    size_t most;    /* bytes per call, 0 = as asked */
    int interrupts; /* calls that fail with EINTR first */
    int error;      /* errno of every call, 0 = none */
    int calls;
} fault;

ssize_t __real_pread(int descriptor, void *data, size_t size, off_t offset);
ssize_t __wrap_pread(int descriptor, void *data, size_t size, off_t offset);
ssize_t __wrap_pread(int descriptor, void *data, size_t size, off_t offset) {
    fault.calls++;
    if (fault.interrupts > 0 && fault.interrupts--) {
        errno = EINTR;
        return -1;
    }
    if (fault.error) {
        errno = fault.error;
        return -1;
    }
    if (fault.most > 0 && size > fault.most) size = fault.most;
    return __real_pread(descriptor, data, size, offset);
}

typedef struct fixture {
    sc_env env;
    sc_temp temp;
    sc_input input;
} fixture;

static const char digits[] = "0123456789";

static void set_up(fixture *test) {
    sc_env_init(&test->env, NULL, NULL);
    sc_temp_make(&test->temp);
    SC_OK(&test->env,
          sc_input_open(&test->input, &test->env, sc_temp_put(&test->temp, "ten", digits, 10)));
    SC_EQ(test->input.size, 10);
}

static void tear_down(fixture *test) {
    sc_input_close(&test->input);
    sc_input_close(&test->input);
    sc_temp_remove(&test->temp);
}

Test(input, survives_interruptions_and_short_reads) {
    fixture test;
    char data[11] = "";
    set_up(&test);
    fault.most = 1;
    fault.interrupts = 3;
    SC_OK(&test.env, sc_input_read(&test.input, data, 10, 0));
    SC_EQ_STR(data, digits);
    SC_EQ(fault.calls, 13);
    SC_OK(&test.env, sc_input_read(&test.input, data, 3, 7));
    SC_TRUE(memcmp(data, "789", 3) == 0);
    SC_OK(&test.env, sc_input_read(&test.input, data, 0, 99));
    tear_down(&test);
}

Test(input, read_error_names_file_and_byte) {
    fixture test;
    char data[10];
    set_up(&test);
    fault.error = EIO;
    SC_FAILS(&test.env, sc_input_read(&test.input, data, 4, 2), SOCLE_STATUS_IO);
    SC_CONTAINS(test.env.text, "ten: reading byte 2 failed: ");
    tear_down(&test);
}

Test(input, end_of_file) {
    fixture test;
    char data[10];
    set_up(&test);
    SC_FAILS(&test.env, sc_input_read(&test.input, data, 5, 8), SOCLE_STATUS_DATA);
    SC_CONTAINS(test.env.text, "ten: ends at byte 10, 3 bytes too early");
    SC_FAILS(&test.env, sc_input_read(&test.input, data, 1, 1000), SOCLE_STATUS_DATA);
    tear_down(&test);
}

Test(input, memory_is_bounded_too) {
    sc_env env;
    sc_input input;
    char data[10];
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_input_open_memory(&input, &env, "m", digits, 10));
    SC_OK(&env, sc_input_read(&input, data, 10, 0));
    SC_FAILS(&env, sc_input_read(&input, data, 2, 9), SOCLE_STATUS_DATA);
    SC_FAILS(&env, sc_input_read(&input, data, 1, UINT64_MAX), SOCLE_STATUS_DATA);
    SC_FAILS(&env, sc_input_read(&input, data, 10, UINT64_MAX - 5), SOCLE_STATUS_DATA);
    sc_input_close(&input);
    SC_OK(&env, sc_input_open_memory(&input, &env, "m", NULL, 0));
    SC_FAILS(&env, sc_input_read(&input, data, 1, 0), SOCLE_STATUS_DATA);
    sc_input_close(&input);
}

Test(input, no_descriptor_is_left) {
    sc_env env;
    sc_input input;
    sc_env_init(&env, NULL, NULL);
    int before = dup(0);
    close(before);
    for (int i = 0; i < 50; i++) {
        SC_FAILS(&env, sc_input_open(&input, &env, "/dev/null"), SOCLE_STATUS_IO);
        SC_FAILS(&env, sc_input_open(&input, &env, "/"), SOCLE_STATUS_IO);
        SC_FAILS(&env, sc_input_open(&input, &env, "/nonexistent"), SOCLE_STATUS_NOT_FOUND);
    }
    int after = dup(0);
    close(after);
    SC_EQ(after, before);
}
