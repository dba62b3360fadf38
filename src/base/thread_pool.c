/* SPDX-License-Identifier: Apache-2.0 */
/* The thread pool. One word, the gate, says whether a job is open and how many workers are inside;
 * workers enter and leave by changing it atomically, so a small job costs no lock and never waits
 * for a worker that the system has not scheduled. It knows nothing of what the tasks compute.
 *
 *     gate = generation << 32 | open << 31 | workers inside
 */
#include "base/thread_pool.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { MOST_THREADS = 1024, SPIN_NS = 20000, PAUSES_PER_LOOK = 8 };

#define GATE_OPEN (UINT64_C(1) << 31)
#define GATE_INSIDE (GATE_OPEN - 1)
#define GATE_GENERATION (UINT64_C(1) << 32)

typedef struct worker {
    sc_thread_pool *pool;
    pthread_t thread;
    int index;
} worker;

struct sc_thread_pool {
    sc_env env;
    int size; /* threads, the caller included */
    bool spin;
    worker *workers; /* size - 1 */

    /* The job: written while the gate is closed and no thread is inside. */
    void (*task)(void *argument, int64_t index, int worker);
    void *argument;
    int64_t tasks;
    _Alignas(64) _Atomic int64_t next;
    _Alignas(64) _Atomic uint64_t gate;

    pthread_mutex_t mutex; /* for sleeping only */
    pthread_cond_t opened, emptied;
    int sleepers; /* under mutex */
    bool stop;    /* under mutex */
};

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

/* When to give up spinning; 0 where threads share processors and spinning would only steal time. */
static uint64_t spin_end(const sc_thread_pool *pool) {
    return pool->spin ? sc_now_ns() + SPIN_NS : 0;
}

static bool keep_spinning(uint64_t end) {
    if (end == 0) return false;
    for (int i = 0; i < PAUSES_PER_LOOK; i++) pause_briefly();
    return sc_now_ns() < end;
}

static void take_tasks(sc_thread_pool *pool, int worker_index) {
    for (;;) {
        int64_t index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (index >= pool->tasks) return;
        pool->task(pool->argument, index, worker_index);
    }
}

/* Enters the open job, works, leaves; false when the gate was closed. */
static bool join_job(sc_thread_pool *pool, int worker_index) {
    uint64_t gate = atomic_load(&pool->gate);
    do {
        if (!(gate & GATE_OPEN)) return false;
    } while (!atomic_compare_exchange_weak(&pool->gate, &gate, gate + 1));
    take_tasks(pool, worker_index);
    gate = atomic_fetch_sub(&pool->gate, 1) - 1;
    if (!(gate & GATE_OPEN) && (gate & GATE_INSIDE) == 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->emptied);
        pthread_mutex_unlock(&pool->mutex);
    }
    return true;
}

static uint64_t generation_of(uint64_t gate) {
    return gate & ~(GATE_GENERATION - 1);
}

static void *work(void *argument) {
    worker *self = argument;
    sc_thread_pool *pool = self->pool;
    char name[16];
    snprintf(name, sizeof name, "socle-%d", self->index);
    pthread_setname_np(pthread_self(), name);
    uint64_t seen = 0; /* generation of the last job this worker looked at */
    for (;;) {
        uint64_t gate, end = spin_end(pool);
        while (generation_of(gate = atomic_load(&pool->gate)) == seen && keep_spinning(end))
            continue;
        if (generation_of(gate) == seen) {
            pthread_mutex_lock(&pool->mutex);
            pool->sleepers++;
            while (!pool->stop && generation_of(gate = atomic_load(&pool->gate)) == seen)
                pthread_cond_wait(&pool->opened, &pool->mutex);
            pool->sleepers--;
            bool stop = pool->stop;
            pthread_mutex_unlock(&pool->mutex);
            if (stop) return NULL;
        }
        seen = generation_of(gate);
        join_job(pool, self->index);
    }
}

static void start_workers(sc_thread_pool *pool, int wanted) {
    int code = 0;
    while (pool->size < wanted && code == 0) {
        worker *next = &pool->workers[pool->size - 1];
        *next = (worker){.pool = pool, .index = pool->size};
        code = sc_thread_create(&next->thread, work, next);
        if (code == 0) pool->size++;
    }
    if (code != 0)
        sc_log_line(&pool->env, SOCLE_LOG_WARNING, "only %d of %d threads could be started: %s",
                    pool->size, wanted, strerror(code));
}

socle_status sc_thread_pool_create(sc_thread_pool **out, sc_env *env, int threads) {
    *out = NULL;
    int available = sc_processors_available();
    if (threads <= 0) threads = available < MOST_THREADS ? available : MOST_THREADS;
    if (threads > MOST_THREADS)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%d threads asked for, at most %d are possible", threads, MOST_THREADS);
    sc_thread_pool *pool;
    SC_TRY(sc_allocate(env, &pool, 1, sizeof *pool));
    sc_env_child(&pool->env, env);
    pool->size = 1;
    pool->spin = threads <= available;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->opened, NULL);
    pthread_cond_init(&pool->emptied, NULL);
    socle_status status = sc_allocate(env, &pool->workers, (size_t)threads, sizeof *pool->workers);
    if (status != SOCLE_OK) {
        sc_thread_pool_destroy(pool);
        return status;
    }
    start_workers(pool, threads);
    *out = pool;
    return SOCLE_OK;
}

void sc_thread_pool_destroy(sc_thread_pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    pool->stop = true;
    pthread_cond_broadcast(&pool->opened);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->size - 1; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->emptied);
    pthread_cond_destroy(&pool->opened);
    pthread_mutex_destroy(&pool->mutex);
    sc_env env;
    sc_env_child(&env, &pool->env);
    sc_release(&env, pool->workers);
    sc_release(&env, pool);
}

int sc_thread_pool_size(const sc_thread_pool *pool) {
    return pool->size;
}

static void open_job(sc_thread_pool *pool) {
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    uint64_t gate = atomic_load(&pool->gate);
    atomic_store(&pool->gate, (generation_of(gate) + GATE_GENERATION) | GATE_OPEN);
    /* A worker counts itself a sleeper and looks at the gate under the mutex, so none is missed. */
    pthread_mutex_lock(&pool->mutex);
    if (pool->tasks > pool->sleepers)
        pthread_cond_broadcast(&pool->opened);
    else
        for (int64_t i = 1; i < pool->tasks; i++) pthread_cond_signal(&pool->opened);
    pthread_mutex_unlock(&pool->mutex);
}

/* All tasks are taken: lets no further thread in and waits for those inside. */
static void close_job(sc_thread_pool *pool) {
    atomic_fetch_and(&pool->gate, ~GATE_OPEN);
    uint64_t end = spin_end(pool);
    do {
        if ((atomic_load(&pool->gate) & GATE_INSIDE) == 0) return;
    } while (keep_spinning(end));
    pthread_mutex_lock(&pool->mutex);
    while ((atomic_load(&pool->gate) & GATE_INSIDE) != 0)
        pthread_cond_wait(&pool->emptied, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

void sc_thread_pool_run(sc_thread_pool *pool, int64_t tasks,
                        void (*task)(void *argument, int64_t index, int worker), void *argument) {
    if (pool->size == 1 || tasks <= 1) {
        for (int64_t index = 0; index < tasks; index++) task(argument, index, 0);
        return;
    }
    pool->task = task;
    pool->argument = argument;
    pool->tasks = tasks;
    open_job(pool);
    take_tasks(pool, 0);
    close_job(pool);
}
