/* SPDX-License-Identifier: Apache-2.0 */
/* The thread pool: every task once, results that do not depend on the threads, and no way to hang.
 */
#include "base/thread_pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "sc_test.h"

/* Linked with --wrap=pthread_create: after `allowed_threads` creations the system is out of
 * threads. */
static int allowed_threads = 1000;
int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *argument) {
    if (allowed_threads-- <= 0) return EAGAIN;
    return __real_pthread_create(thread, attributes, body, argument);
}

enum { TASKS = 1000 };

typedef struct sums {
    double parts[TASKS];
    atomic_int visits[TASKS];
    atomic_bool bad_worker;
    int size;
} sums;

static void add_up(void *argument, int64_t index, int worker) {
    sums *state = argument;
    double sum = 0;
    for (int i = 1; i < 200; i++) sum += 1.0 / ((double)index + i);
    state->parts[index] = sum;
    atomic_fetch_add(&state->visits[index], 1);
    if (worker < 0 || worker >= state->size) atomic_store(&state->bad_worker, true);
}

static double total(const sums *state) {
    double sum = 0;
    for (int i = 0; i < TASKS; i++) sum += state->parts[i];
    return sum;
}

Test(thread_pool, sums_do_not_depend_on_threads, .timeout = 60) {
    static const int threads[] = {1, 2, 5};
    double results[3];
    static sums state;
    for (int i = 0; i < 3; i++) {
        sc_env env;
        sc_env_init(&env, NULL, NULL);
        sc_thread_pool *pool;
        SC_OK(&env, sc_thread_pool_create(&pool, &env, threads[i]));
        SC_EQ(sc_thread_pool_size(pool), threads[i]);
        memset(&state, 0, sizeof state);
        state.size = threads[i];
        sc_thread_pool_run(pool, TASKS, add_up, &state);
        for (int j = 0; j < TASKS; j++) SC_EQ(atomic_load(&state.visits[j]), 1);
        SC_TRUE(!atomic_load(&state.bad_worker));
        results[i] = total(&state);
        sc_thread_pool_destroy(pool);
    }
    SC_EQ_MEMORY(&results[1], &results[0], sizeof results[0]);
    SC_EQ_MEMORY(&results[2], &results[0], sizeof results[0]);
}

static void count(void *argument, int64_t index, int worker) {
    (void)worker;
    atomic_fetch_add((atomic_long *)argument, (long)index + 1);
}

static void check_many_runs(int threads, int runs) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_thread_pool *pool;
    SC_OK(&env, sc_thread_pool_create(&pool, &env, threads));
    for (int i = 0; i < runs; i++) {
        atomic_long sum = 0;
        int64_t tasks = i % 7;
        sc_thread_pool_run(pool, tasks, count, &sum);
        SC_EQ(atomic_load(&sum), tasks * (tasks + 1) / 2);
        if (i % 1000 == 999) usleep(1000); /* lets the workers fall asleep */
    }
    sc_thread_pool_destroy(pool);
}

Test(thread_pool, ten_thousand_small_runs, .timeout = 60) {
    check_many_runs(2, 10000);
    check_many_runs(5, 10000);
}

Test(thread_pool, creation_and_end_without_work, .timeout = 60) {
    for (int i = 0; i < 200; i++) check_many_runs(1 + i % 4, i % 3);
    sc_thread_pool_destroy(NULL);
}

typedef struct heard {
    int lines;
    char text[SC_ERROR_TEXT];
} heard;

static void hear(void *user, socle_log_level level, const char *text) {
    heard *state = user;
    (void)level;
    state->lines++;
    snprintf(state->text, sizeof state->text, "%s", text);
}

Test(thread_pool, works_with_the_threads_it_gets, .timeout = 60) {
    for (int allowed = 0; allowed < 4; allowed++) {
        heard log = {0};
        socle_logger logger = {hear, &log, SOCLE_LOG_WARNING};
        sc_env env;
        sc_env_init(&env, NULL, &logger);
        sc_thread_pool *pool;
        allowed_threads = allowed;
        SC_OK(&env, sc_thread_pool_create(&pool, &env, 5));
        SC_EQ(sc_thread_pool_size(pool), allowed + 1);
        SC_EQ(log.lines, 1);
        SC_CONTAINS(log.text, "of 5 threads");
        atomic_long sum = 0;
        sc_thread_pool_run(pool, 100, count, &sum);
        SC_EQ(atomic_load(&sum), 5050);
        sc_thread_pool_destroy(pool);
    }
}

static socle_status create_one(sc_env *env, void *argument) {
    (void)argument;
    sc_thread_pool *pool;
    SC_TRY(sc_thread_pool_create(&pool, env, 2));
    sc_thread_pool_destroy(pool);
    return SOCLE_OK;
}

Test(thread_pool, creation_under_refusal) {
    sc_test_each_allocation(create_one, NULL);
}

Test(thread_pool, too_many_threads_are_refused) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_thread_pool *pool;
    SC_FAILS(&env, sc_thread_pool_create(&pool, &env, 1000000), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(pool == NULL);
}

/* Bound to one processor, the default is one thread. */
Test(thread_pool, default_size_follows_the_affinity_mask) {
    cpu_set_t before, one;
    SC_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    SC_TRUE(sc_processors_available() >= 1 && sc_processors_available() <= CPU_COUNT(&before));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
    SC_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_thread_pool *pool;
    SC_OK(&env, sc_thread_pool_create(&pool, &env, 0));
    SC_EQ(sc_thread_pool_size(pool), 1);
    sc_thread_pool_destroy(pool);
}

static void note_thread(void *argument, int64_t index, int worker) {
    (void)index;
    char name[16];
    pthread_getname_np(pthread_self(), name, sizeof name);
    if (worker == 1) {
        SC_EQ_STR(name, "socle-1");
        atomic_store((atomic_bool *)argument, true);
    }
}

Test(thread_pool, workers_have_names_and_do_take_part, .timeout = 60) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_thread_pool *pool;
    SC_OK(&env, sc_thread_pool_create(&pool, &env, 2));
    atomic_bool seen = false;
    while (!atomic_load(&seen)) sc_thread_pool_run(pool, 1000, note_thread, &seen);
    sc_thread_pool_destroy(pool);
}

Test(thread_pool, time_goes_forward) {
    uint64_t before = sc_now_ns();
    usleep(2000);
    uint64_t passed = sc_now_ns() - before;
    SC_TRUE(passed >= 2000000 && passed < UINT64_C(60000000000));
}
