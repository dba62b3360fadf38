/* SPDX-License-Identifier: Apache-2.0 */
/* A process that trains is stopped (SIGSTOP, as a paused container or a suspended laptop would) for
 * longer than its devices may take for a step, and goes on: no device is lost and no step is done
 * again. */
#include "party.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* A step takes some milliseconds, much more under sanitizers and load; a stop is longer than any
 * deadline. */
enum { DEADLINE_MS = 1000, STOP_MS = 1600, STOPS = 2, STEPS = 100000 };

typedef struct course {
    int started; /* a pipe to the helper: written when steps are under way */
    double end;  /* when to stop training, s */
} course;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void nap(int ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

/* A process that stops this one; -1: none. */
static pid_t start_helper(int *started) {
    int ends[2];
    pid_t trains = getpid();
    if (pipe(ends) != 0) return -1;
    *started = ends[1];
    pid_t helper = fork();
    if (helper) {
        close(ends[0]);
        return helper;
    }
    char byte;
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1) _exit(0);
    for (int stop = 0; stop < STOPS; stop++) {
        nap(200 + 37 * stop);
        if (getppid() != trains || kill(trains, SIGSTOP) != 0) _exit(1);
        nap(STOP_MS);
        if (kill(trains, SIGCONT) != 0) _exit(1);
    }
    _exit(0);
}

/* Trains from the first look until some time after the last stop. */
static bool is_over(void *user) {
    course *c = user;
    if (c->end == 0) {
        c->end = seconds() + (STOP_MS * STOPS + 600) * 1e-3;
        if (write(c->started, "x", 1) != 1) return true;
    }
    return seconds() > c->end;
}

static void stopped(const char *devices) {
    static party p;
    course c = {.end = 0};
    int ended;
    party_run run = party_standard(STEPS);
    SC_REPRO("%s, stopped %d times for %d ms", devices, STOPS, STOP_MS);
    pid_t helper = start_helper(&c.started);
    SC_TRUE(helper > 0);
    run.unwatched = true;
    run.fit.hooks.least_deadline = DEADLINE_MS * UINT64_C(1000000);
    run.fit.stop = is_over;
    run.fit.user = &c;
    party_open(&p, devices);
    SC_EQ(party_train(&p, &run, NULL), SOCLE_STATUS_INTERRUPTED);
    SC_EQ(waitpid(helper, &ended, 0), helper);
    SC_TRUE(WIFEXITED(ended) && WEXITSTATUS(ended) == 0); /* it did stop this process */
    if (party_lines(&p, "is lost") || party_lines(&p, "done again")) SC_TEST_FAIL("%s", p.log);
    party_close(&p);
    close(c.started);
}

Test(fleet_stopped, parts_of_an_opencl_device) {
    stopped("opencl:0/0=1,opencl:0/1=1");
}
