/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes count as gone: only those that provably are. */
#include "base/process.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sc_test.h"

/* A child that lives until its standard input, which we hold, is closed. */
static pid_t start_child(int *hold) {
    int ends[2];
    SC_EQ(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ends[0]);
    *hold = ends[1];
    return child;
}

/* The child as it would describe itself. */
static sc_process describe_child(pid_t child) {
    char path[64], text[1024];
    sc_process process = sc_process_self();
    snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
    FILE *file = fopen(path, "r");
    SC_TRUE(file && fgets(text, sizeof text, file));
    fclose(file);
    unsigned long long start;
    SC_EQ(sscanf(strrchr(text, ')') + 2,
                 "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
                 &start),
          1);
    process.pid = (uint64_t)child;
    process.start = start;
    return process;
}

Test(process, itself_runs) {
    sc_process self = sc_process_self();
    SC_EQ(self.pid, getpid());
    SC_TRUE(self.start && self.space && self.boot && self.host);
    SC_EQ(sc_process_look(&self), SC_PROCESS_RUNS);
}

Test(process, a_child_runs_until_it_has_ended) {
    int hold;
    pid_t child = start_child(&hold);
    sc_process process = describe_child(child);
    SC_EQ(sc_process_look(&process), SC_PROCESS_RUNS);
    close(hold);
    siginfo_t info;
    SC_EQ(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0); /* a zombie holds nothing */
    SC_EQ(sc_process_look(&process), SC_PROCESS_GONE);
    SC_EQ(waitpid(child, NULL, 0), child);
    SC_EQ(sc_process_look(&process), SC_PROCESS_GONE);
}

/* The number is in use, by another process than the one that is meant. */
Test(process, a_number_that_was_given_out_again) {
    sc_process before = sc_process_self();
    before.start--;
    SC_EQ(sc_process_look(&before), SC_PROCESS_GONE);
}

Test(process, a_machine_that_was_started_anew) {
    sc_process before = sc_process_self();
    before.boot++;
    SC_EQ(sc_process_look(&before), SC_PROCESS_GONE);
}

/* kill(pid, 0) would say of each of them that there is no such process. */
Test(process, what_cannot_be_seen_is_not_gone) {
    sc_process gone = sc_process_self(), other;
    pid_t child = fork();
    if (child == 0) _exit(0);
    SC_EQ(waitpid(child, NULL, 0), child);
    gone.pid = (uint64_t)child;
    SC_EQ(sc_process_look(&gone), SC_PROCESS_GONE);
    other = gone; /* another machine, whatever its boot */
    other.host++;
    SC_EQ(sc_process_look(&other), SC_PROCESS_UNKNOWN);
    other.boot++;
    SC_EQ(sc_process_look(&other), SC_PROCESS_UNKNOWN);
    other = gone; /* another container */
    other.space++;
    SC_EQ(sc_process_look(&other), SC_PROCESS_UNKNOWN);
    uint64_t *const fields[] = {&other.host, &other.boot, &other.space};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        other = gone;
        *fields[i] = 0;
        SC_EQ(sc_process_look(&other), SC_PROCESS_UNKNOWN);
    }
    other = sc_process_self();
    other.start = 0;
    SC_EQ(sc_process_look(&other), SC_PROCESS_UNKNOWN);
    static const uint64_t numbers[] = {0, UINT64_MAX, (uint64_t)INT32_MAX + 1};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        other = gone;
        other.pid = numbers[i];
        SC_EQ(sc_process_look(&other), SC_PROCESS_UNKNOWN);
    }
}

Test(process, texts) {
    sc_process self = sc_process_self(), again, most;
    memset(&most, 0xff, sizeof most);
    char text[SC_PROCESS_TEXT + 8];
    sc_process_text(text, &self);
    SC_EQ(sc_process_parse(&again, text), strlen(text));
    SC_EQ_MEMORY(&again, &self, sizeof self);
    sc_process_text(text, &most);
    SC_EQ(sc_process_parse(&again, text), SC_PROCESS_TEXT - 1);
    SC_EQ_MEMORY(&again, &most, sizeof most);
    size_t length = strlen(text);
    strcat(text, "-rest");
    SC_EQ(sc_process_parse(&again, text), length);
    static const char *const bad[] = {"",           "1",         "1-2-3-4",    "1-2-3-4-",
                                      "-1-2-3-4-5", "1-2-3-4-x", " 1-2-3-4-5", "0x1-2-3-4-5",
                                      "+1-2-3-4-5", "01-2-3-4-5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SC_REPRO("\"%s\"", bad[i]);
        SC_EQ(sc_process_parse(&again, bad[i]), 0);
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Two on one processor: each waits while the other has it; who sleeps wants none. */
Test(process, who_waits_for_a_processor) {
    cpu_set_t all, one;
    int first = 0, hold;
    if (access("/proc/self/schedstat", R_OK) != 0) cr_skip_test("the kernel does not tell");
    pid_t sleeper = start_child(&hold);
    SC_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    while (!CPU_ISSET(first, &all)) first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    SC_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    pid_t busy = fork();
    if (busy == 0)
        for (volatile unsigned n = 0;; n++) continue;
    uint64_t starved = 0;
    for (double end = seconds() + 5; seconds() < end && starved < 50000000;)
        starved = sc_process_starved((uint64_t)busy);
    kill(busy, SIGKILL);
    close(hold);
    SC_TRUE(starved >= 50000000);
    SC_EQ(waitpid(busy, NULL, 0), busy);
    SC_EQ(waitpid(sleeper, NULL, 0), sleeper);
    SC_EQ(sc_process_starved((uint64_t)busy), 0); /* gone */
}
