/* SPDX-License-Identifier: Apache-2.0 */
/* Limits so small that a driver dies of them: training ends well or with an error that is said,
 * never by a signal, and never without an end. Every limit that getrlimit knows is lowered step by
 * step (SC_COMPLETE), or those that matter once. */
#include "broken_drivers.h"

#include <sys/resource.h>

/* A user who exists nowhere has no processes but ours. */
#define ANOTHER_USER 54321

#define KIB ((rlim_t)1 << 10)
#define MIB ((rlim_t)1 << 20)

static sc_temp temp;

static void begin(void) {
    drivers_begin(&temp);
    drivers_install("pocl");
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(driver_limits, .init = begin, .fini = end);

/* 127: the linker of the system had no room for the tool itself. */
static void ends_well(int limit, const char *name, rlim_t value, const char *device) {
    struct rlimit before, now;
    static int runs;
    char words[128];
    snprintf(words, sizeof words, "train tool.yaml -o out%d --device %s --set train.epochs=1",
             runs++, device);
    getrlimit(limit, &before);
    now = (struct rlimit){value < before.rlim_max ? value : before.rlim_max, before.rlim_max};
    if (setrlimit(limit, &now) != 0) SC_TEST_FAIL("setrlimit %s", name);
    pid_t process = tool_start(words);
    setrlimit(limit, &before);
    int code = tool_wait(process);
    char *err = tool_get("err.txt", NULL);
    SC_REPRO("%s %llu, --device %s", name, (unsigned long long)value, device);
    bool refused = code == 127 && strstr(err, "shared libraries");
    if (code >= 126 && !refused) SC_TEST_FAIL("exit code %d: %s", code, err);
    bool heard = limit != RLIMIT_FSIZE || value >= 4 * KIB; /* the words go to a file too */
    if (code != 0 && !refused && heard && !strstr(err, "error: "))
        SC_TEST_FAIL("exit code %d without a word: %s", code, err);
    free(err);
}

static int give_away(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info, (void)kind, (void)walk;
    return lchown(path, ANOTHER_USER, ANOTHER_USER);
}

/* The system counts processes per user, and never limits root's. */
static void become_another_user(void) {
    if (getuid() != 0) cr_skip_test("only root can become a user without other processes");
    if (nftw(temp.path, give_away, 16, FTW_PHYS) != 0 || setgid(ANOTHER_USER) != 0 ||
        setuid(ANOTHER_USER) != 0)
        cr_skip_test("this root may not become another user");
    setenv("HOME", temp.path, 1);
    if (access(getenv("SOCLE_TOOL"), X_OK) != 0) cr_skip_test("other users cannot reach the tool");
}

#if SC_COMPLETE

#define SWEEP(limit, ...)                                                                          \
    do {                                                                                           \
        const rlim_t values[] = {__VA_ARGS__};                                                     \
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)                              \
            ends_well(limit, #limit, values[i], "opencl:0");                                       \
    } while (0)

Test(driver_limits, address_space) {
    SWEEP(RLIMIT_AS, 60 * MIB, 100 * MIB, 200 * MIB, 300 * MIB, 480 * MIB, 640 * MIB, 700 * MIB,
          800 * MIB);
}

Test(driver_limits, data) {
    SWEEP(RLIMIT_DATA, 16 * MIB, 64 * MIB, 200 * MIB, 280 * MIB, 320 * MIB, 400 * MIB);
}

Test(driver_limits, files) {
    SWEEP(RLIMIT_NOFILE, 16, 20, 24, 32, 36, 48);
}

Test(driver_limits, file_size) {
    SWEEP(RLIMIT_FSIZE, 0, 4 * KIB, 64 * KIB, 700 * KIB, 1600 * KIB);
}

Test(driver_limits, stack) {
    SWEEP(RLIMIT_STACK, 64 * KIB, 128 * KIB, 512 * KIB);
}

Test(driver_limits, processes) {
    become_another_user();
    SWEEP(RLIMIT_NPROC, 3, 4, 5, 6, 8, 12, 16, 17, 18, 20, 24, 32, 48);
    ends_well(RLIMIT_NPROC, "RLIMIT_NPROC", 4, "cpu");
    ends_well(RLIMIT_NPROC, "RLIMIT_NPROC", 3, "cpu");
}

Test(driver_limits, locked_memory_signals_and_cores) {
    SWEEP(RLIMIT_MEMLOCK, 0);
    SWEEP(RLIMIT_SIGPENDING, 0);
    SWEEP(RLIMIT_CORE, 0);
    SWEEP(RLIMIT_RSS, 0);
    SWEEP(RLIMIT_LOCKS, 0);
    SWEEP(RLIMIT_MSGQUEUE, 0);
}

#else

Test(driver_limits, one_of_each) {
    ends_well(RLIMIT_AS, "RLIMIT_AS", 480 * MIB, "opencl:0");
    ends_well(RLIMIT_AS, "RLIMIT_AS", 100 * MIB, "cpu");
    ends_well(RLIMIT_DATA, "RLIMIT_DATA", 200 * MIB, "opencl:0");
    ends_well(RLIMIT_NOFILE, "RLIMIT_NOFILE", 24, "opencl:0");
    ends_well(RLIMIT_FSIZE, "RLIMIT_FSIZE", 700 * KIB, "opencl:0");
    ends_well(RLIMIT_STACK, "RLIMIT_STACK", 64 * KIB, "opencl:0");
}

Test(driver_limits, processes) {
    become_another_user();
    ends_well(RLIMIT_NPROC, "RLIMIT_NPROC", 3, "cpu");
    ends_well(RLIMIT_NPROC, "RLIMIT_NPROC", 4, "opencl:0");
    ends_well(RLIMIT_NPROC, "RLIMIT_NPROC", 18, "opencl:0");
}

#endif
