/* SPDX-License-Identifier: Apache-2.0 */
/* The thread pool under load, as a plain program, because Criterion does not run under
 * ThreadSanitizer. The arrays are plain memory on purpose: a missing ordering in the pool is a data
 * race here. */
#include "base/thread_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TASKS = 64, RUNS = 3000 };

typedef struct job {
    int64_t values[TASKS];
    int64_t round;
    int64_t scratch[8]; /* one per worker */
} job;

static void step(void *argument, int64_t index, int worker) {
    job *state = argument;
    state->scratch[worker] += state->round;
    state->values[index] += state->round + index;
}

static int stress(int threads) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_thread_pool *pool;
    if (sc_thread_pool_create(&pool, &env, threads) != SOCLE_OK) return 1;
    job state;
    memset(&state, 0, sizeof state);
    int64_t rounds = 0, calls = 0, scratch = 0;
    for (int run = 1; run <= RUNS; run++) {
        int64_t tasks = run % 3 == 0 ? TASKS : run % (2 * TASKS) < TASKS ? 2 : TASKS;
        state.round = run;
        sc_thread_pool_run(pool, tasks, step, &state);
        rounds += run * (tasks > 1);
        calls += run * tasks;
        if (run % 500 == 0) usleep(500);
    }
    for (int i = 0; i < 8; i++) scratch += state.scratch[i];
    sc_thread_pool_destroy(pool);
    if (state.values[0] != rounds || scratch != calls) {
        fprintf(stderr, "%d threads: value %lld, expected %lld; calls %lld, expected %lld\n",
                threads, (long long)state.values[0], (long long)rounds, (long long)scratch,
                (long long)calls);
        return 1;
    }
    return 0;
}

int main(void) {
    for (int threads = 1; threads <= 5; threads++)
        if (stress(threads) != 0) return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
