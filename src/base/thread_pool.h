/* SPDX-License-Identifier: Apache-2.0 */
/* A small pool of threads, one per CPU device. Work is a number of tasks; which thread runs which
 * task is not fixed, so a task must not depend on it: results are functions of the task index
 * alone. */
#ifndef SC_BASE_THREAD_POOL_H
#define SC_BASE_THREAD_POOL_H

#include "env.h"

typedef struct sc_thread_pool sc_thread_pool;

/* `threads` <= 0: as many as this process may run on (affinity mask). The caller is one of the
 * threads. If fewer threads can be created than asked for, the pool works with those and logs it.
 */
socle_status sc_thread_pool_create(sc_thread_pool **out, sc_env *env, int threads);
void sc_thread_pool_destroy(sc_thread_pool *pool);
int sc_thread_pool_size(const sc_thread_pool *pool);
/* Runs task(argument, index, worker) for index 0..tasks-1 and returns when all are done. `worker`
 * is 0..size-1 and picks scratch memory, nothing else. A task must not run the same pool again.
 * Thread: one caller at a time. */
void sc_thread_pool_run(sc_thread_pool *pool, int64_t tasks,
                        void (*task)(void *argument, int64_t index, int worker), void *argument);

/* Processors this process may use: its affinity mask, cut by the quota of its control group and of
 * those above it. At least 1. */
int sc_processors_available(void);
/* The part of the quotas: at most `most`, at least 1. `root` stands before /proc and /sys, "" but
 * for tests. */
int sc_processors_in_quota(const char *root, int most);

/* Monotonic time in nanoseconds. */
uint64_t sc_now_ns(void);

#endif
