/* SPDX-License-Identifier: Apache-2.0 */
/* The end that asks (worker.h). The process is made by posix_spawn of a program, in a group of its
 * own that can be killed whole. */
#include "tune/worker.h"

#include "base/deadline.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 50, FAR = 10, SILENT_MOST = 8 };

extern char **environ;

/* ---- The process ---- */

static int set_up(posix_spawn_file_actions_t *files, const int *input, const int *output) {
    int code = posix_spawn_file_actions_adddup2(files, input[0], STDIN_FILENO);
    if (!code) code = posix_spawn_file_actions_adddup2(files, output[1], STDOUT_FILENO);
    if (!code)
        code = posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    return code;
}

static int spawn(sc_tune_worker *worker, const int *input, const int *output) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int code = posix_spawn_file_actions_init(&files);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
        code = set_up(&files, input, output);
        if (!code)
            code = posix_spawn(&worker->process, worker->program, &files, &attributes,
                               worker->words, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    if (code) worker->process = 0;
    return code;
}

static socle_status start(sc_tune_worker *worker) {
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0)
        return sc_fail(worker->env, SOCLE_STATUS_IO, "no pipe: %s", strerror(errno));
    if (pipe2(output, O_CLOEXEC) != 0) {
        int code = errno;
        close(input[0]);
        close(input[1]);
        return sc_fail(worker->env, SOCLE_STATUS_IO, "no pipe: %s", strerror(code));
    }
    int code = spawn(worker, input, output);
    close(input[0]);
    close(output[1]);
    if (code) {
        close(input[1]);
        close(output[0]);
        return sc_fail(worker->env, SOCLE_STATUS_IO, "%s cannot be started: %s", worker->program,
                       strerror(code));
    }
    worker->input = input[1];
    worker->output = output[0];
    worker->started++;
    return SOCLE_OK;
}

/* How it ended; 0 where that is not known. What cannot be killed, deep in a driver of the kernel,
 * is left behind. */
static int kill_process(sc_tune_worker *worker) {
    int status = 0;
    kill(-worker->process, SIGKILL);
    kill(worker->process, SIGKILL);
    for (int i = 0; i < 50 && waitpid(worker->process, &status, WNOHANG) == 0; i++)
        poll(NULL, 0, WAIT_MS / 5);
    close(worker->input);
    close(worker->output);
    worker->process = 0;
    return status;
}

void sc_tune_worker_end(sc_tune_worker *worker) {
    if (worker->process) kill_process(worker);
}

/* ---- A request ---- */

static bool send(const sc_tune_worker *worker, const sc_tune_request *request) {
    const char *bytes = (const char *)request;
    size_t sent = 0;
    while (sent < sizeof *request) {
        ssize_t length = write(worker->input, bytes + sent, sizeof *request - sent);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) return false;
        sent += (size_t)length;
    }
    return true;
}

typedef enum heard { ANSWERED, ENDED, LATE, STOPPED } heard;

/* Where others take the processors, a driver is late through no fault of its own: the time in which
 * it wanted one and had none is not counted. */
static bool is_late(const sc_tune_worker *worker, uint64_t passed) {
    uint64_t starved = sc_process_starved((uint64_t)worker->process);
    return passed - (starved < passed ? starved : passed) >= worker->deadline;
}

static heard listen_to(sc_tune_worker *worker, sc_tune_outcome *out) {
    sc_deadline time = sc_deadline_start(worker->deadline * FAR);
    char *bytes = (char *)out;
    size_t got = 0;
    while (sc_deadline_left(&time)) {
        struct pollfd output = {.fd = worker->output, .events = POLLIN};
        if (worker->stops && worker->stops()) return STOPPED;
        if (poll(&output, 1, WAIT_MS) <= 0) {
            if (is_late(worker, time.spent)) return LATE;
            continue;
        }
        ssize_t length = read(worker->output, bytes + got, sizeof *out - got);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) return ENDED;
        got += (size_t)length;
        if (got == sizeof *out) return ANSWERED;
    }
    return LATE;
}

static void blame(sc_tune_outcome *out, const sc_tune_worker *worker, heard how, int status) {
    *out = (sc_tune_outcome){.ends = true};
    if (how == LATE)
        snprintf(out->why, sizeof out->why, "no answer within %llu s",
                 (unsigned long long)(worker->deadline / 1000000000u));
    else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        snprintf(out->why, sizeof out->why, "its process died: %s", strsignal(WTERMSIG(status)));
    else
        snprintf(out->why, sizeof out->why, "its process ended");
}

/* An answer is text and numbers of another process. */
static void tidy(sc_tune_outcome *out) {
    out->why[sizeof out->why - 1] = '\0';
    if (out->timed && !(out->seconds > 0)) {
        *out = (sc_tune_outcome){.ends = true};
        snprintf(out->why, sizeof out->why, "a time that is none");
    }
}

socle_status sc_tune_worker_try(sc_tune_outcome *out, sc_tune_worker *worker,
                                const sc_tune_request *request) {
    if (worker->stops && worker->stops()) return SOCLE_STATUS_INTERRUPTED;
    if (!worker->process) SC_TRY(start(worker));
    heard how = send(worker, request) ? listen_to(worker, out) : ENDED;
    if (how == ANSWERED) {
        worker->answers++;
        tidy(out);
        if (out->ends) kill_process(worker);
        return SOCLE_OK;
    }
    /* One that ends by itself has done so before it can be killed. */
    int status = 0;
    if (how == ENDED) {
        for (int i = 0; i < 20 && waitpid(worker->process, &status, WNOHANG) == 0; i++)
            poll(NULL, 0, WAIT_MS / 5);
        int found = status;
        kill_process(worker);
        status = found;
    } else {
        kill_process(worker);
    }
    if (how == STOPPED) return SOCLE_STATUS_INTERRUPTED;
    blame(out, worker, how, status);
    if (worker->answers || worker->started < SILENT_MOST) return SOCLE_OK;
    return sc_fail(worker->env, SOCLE_STATUS_IO,
                   "none of %d processes that try candidates gave an answer; the last: %s",
                   worker->started, out->why);
}
