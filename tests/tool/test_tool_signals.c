/* SPDX-License-Identifier: Apache-2.0 */
/* The signals that a run answers, what it inherited of them, and drivers that bring handlers of
 * their own. */
#include "tool.h"

#include <signal.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_signals, .init = begin, .fini = end);
TestSuite(tool_signals_opencl, .fini = end, .timeout = 200);

#define LONG_RUN "train tool.yaml -o run --batch 2 --epochs 1000000 --json"

/* Starts a run and waits until it is at work. */
static pid_t start(const char *words) {
    remove("out.txt");
    pid_t run = tool_start(words);
    tool_wait_for("out.txt", "\"epoch\"");
    return run;
}

static void expect_saved(void) {
    char *err = tool_get("err.txt", NULL);
    SC_CONTAINS(err, "stopped after step ");
    SC_CONTAINS(err, "continue with: socle train --resume run");
    free(err);
    tool_expect(0, "continuing after step", "train --resume run --epochs 1");
}

static void expect_stopped(pid_t run, int number) {
    SC_EQ(tool_wait(run), 128 + number);
    expect_saved();
}

Test(tool_signals, hangup) {
    pid_t run = start(LONG_RUN);
    kill(run, SIGHUP);
    expect_stopped(run, SIGHUP);
}

Test(tool_signals, processor_time) {
    pid_t run = start(LONG_RUN);
    kill(run, SIGXCPU);
    expect_stopped(run, SIGXCPU);
}

/* A terminal that closes sends several, a limit one each second: each is the same request. */
Test(tool_signals, repeated_requests_mean_no_haste) {
    pid_t run = start(LONG_RUN);
    kill(run, SIGHUP);
    kill(run, SIGXCPU);
    kill(run, SIGHUP);
    kill(run, SIGTERM);
    kill(run, SIGXCPU);
    int code = tool_wait(run); /* which of them came first is the system's choice */
    SC_TRUE(code == 128 + SIGHUP || code == 128 + SIGXCPU || code == 128 + SIGTERM);
    expect_saved();
}

/* As under nohup. */
Test(tool_signals, what_is_ignored_stays_ignored) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGUSR1};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) signal(numbers[i], SIG_IGN);
    pid_t run = start(LONG_RUN);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) signal(numbers[i], SIG_DFL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) kill(run, numbers[i]);
    usleep(100000);
    kill(run, SIGTERM);
    expect_stopped(run, SIGTERM);
}

/* "run.step" of a checkpoint; 0: it has none yet. */
static long step_of(const char *path) {
    static const char key[] = "\"run.step\": \"";
    size_t size;
    char *data = tool_get(path, &size);
    const char *at = memmem(data, size, key, strlen(key));
    long step = at ? strtol(at + strlen(key), NULL, 10) : 0;
    free(data);
    return step;
}

static void expect_checkpoint(void) {
    for (int waited = 0; step_of("run/checkpoint.safetensors") == 0; waited++) {
        if (waited > 10000) SC_TEST_FAIL("no checkpoint came");
        usleep(1000);
    }
}

/* The epochs are short, so no checkpoint would come for seconds. */
Test(tool_signals, a_checkpoint_on_request) {
    pid_t run = start(LONG_RUN);
    SC_EQ(step_of("run/checkpoint.safetensors"), 0);
    kill(run, SIGUSR1);
    expect_checkpoint();
    SC_TRUE(tool_exists("run/model.safetensors"));
    tool_wait_for("err.txt", "checkpoint of step ");
    kill(run, SIGKILL); /* what was asked for is whole */
    SC_EQ(tool_wait(run), 128 + SIGKILL);
    tool_expect(0, "continuing after step", "train --resume run --epochs 1");
}

/* Whether a process has a handler for this signal. */
static bool catches(pid_t process, int number) {
    char path[64];
    unsigned long long caught = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    char *status = tool_get(path, NULL), *at = strstr(status, "SigCgt:");
    if (at) sscanf(at, "SigCgt: %llx", &caught);
    free(status);
    return caught >> (number - 1) & 1;
}

/* Before there is anything to save, while it is tested, at any moment. */
Test(tool_signals, a_request_never_ends_the_process) {
    for (int delay = 0; delay < 8; delay++) {
        pid_t run = tool_start("train tool.yaml -o run --overwrite --epochs 2 -q");
        for (int waited = 0; !catches(run, SIGUSR1); waited++) {
            if (waited > 20000) SC_TEST_FAIL("it never has a handler for SIGUSR1");
            usleep(500);
        }
        usleep((useconds_t)(1500 * delay));
        kill(run, SIGUSR1);
        SC_EQ(tool_wait(run), 0);
    }
}

/* --- Drivers whose compiler (LLVM) installs handlers, and gives up all of them with the first
 * signal --- */

Test(tool_signals_opencl, a_request_a_signal_that_is_ignored_and_a_stop) {
    tool_begin(&temp, true);
    tool_result result = tool_run("train tool.yaml -o tried --epochs 0 -q -d opencl:0");
    int code = result.code;
    tool_free(&result);
    if (code == 4) cr_skip_test("no OpenCL device here");
    SC_EQ(code, 0);
    signal(SIGHUP, SIG_IGN);
    pid_t run = start(LONG_RUN " -d opencl:0");
    signal(SIGHUP, SIG_DFL);
    kill(run, SIGUSR1);
    expect_checkpoint();
    kill(run, SIGHUP);
    usleep(200000);
    kill(run, SIGTERM);
    expect_stopped(run, SIGTERM);
}
