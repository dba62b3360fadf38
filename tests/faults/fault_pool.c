/* SPDX-License-Identifier: Apache-2.0 */
/* See fault_pool.h. A child that overstays its deadline is killed by its own process id. */
#include "fault_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_JOBS = 64 };

typedef struct child {
    pid_t pid; /* 0: free */
    double deadline;
    bool killed;
    pool_job job;
    char output[512];
} child;

struct pool {
    int jobs, running;
    double seconds;
    char *const *command;
    child child[MOST_JOBS];
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

pool *pool_create(int jobs, double seconds, const char *folder, char *const *command) {
    pool *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->jobs = jobs < 1 ? 1 : jobs > MOST_JOBS ? MOST_JOBS : jobs;
    made->seconds = seconds;
    made->command = command;
    for (int i = 0; i < made->jobs; i++)
        snprintf(made->child[i].output, sizeof made->child[i].output, "%s/output-%d", folder, i);
    return made;
}

void pool_destroy(pool *pool) {
    free(pool);
}

bool pool_is_full(const pool *pool) {
    return pool->running == pool->jobs;
}

bool pool_is_empty(const pool *pool) {
    return pool->running == 0;
}

static void become(const child *self, char *const *command) {
    int file = open(self->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, 1) < 0 || dup2(file, 2) < 0) _exit(127);
    for (int i = 0; i < self->job.settings; i++) putenv((char *)self->job.setting[i]);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

bool pool_start(pool *pool, const pool_job *job) {
    int place = 0;
    while (place < pool->jobs && pool->child[place].pid) place++;
    if (place == pool->jobs) return false;
    child *self = &pool->child[place];
    self->job = *job;
    self->killed = false;
    self->deadline = now() + pool->seconds;
    self->pid = fork();
    if (self->pid == 0) become(self, pool->command);
    if (self->pid < 0) {
        self->pid = 0;
        return false;
    }
    pool->running++;
    return true;
}

static bool has_ended(child *self, pool_end *end) {
    int status;
    if (!self->killed && now() > self->deadline) {
        kill(self->pid, SIGKILL);
        self->killed = true;
    }
    if (waitpid(self->pid, &status, WNOHANG) != self->pid) return false;
    *end = (pool_end){.job = self->job, .output = self->output};
    end->status = self->killed          ? POOL_TIMED_OUT
                  : WIFEXITED(status)   ? WEXITSTATUS(status)
                  : WIFSIGNALED(status) ? POOL_SIGNAL + WTERMSIG(status)
                                        : POOL_SIGNAL;
    self->pid = 0;
    return true;
}

void pool_wait(pool *pool, pool_end *end) {
    while (pool->running) {
        for (int i = 0; i < pool->jobs; i++) {
            if (!pool->child[i].pid || !has_ended(&pool->child[i], end)) continue;
            pool->running--;
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    }
}
