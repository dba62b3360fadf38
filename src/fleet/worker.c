/* SPDX-License-Identifier: Apache-2.0 */
/* The thread behind a device: takes one job at a time, reports its status, keeps its own error
 * text. */
#define _POSIX_C_SOURCE 200809L
#include "fleet/worker.h"

#include "base/thread.h"
#include "engine/self_test.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define OPENING UINT64_C(300000000000) /* ns */
#define LOOK UINT64_C(1000000000)      /* ns between looks of those who wait for ever */

struct sc_worker {
    sc_env *parent;
    sc_env env;           /* of the thread and its device */
    sc_device_info entry; /* what to open; the registry may go before a device that hangs */
    sc_device_choice choice;
    char label[SC_NAME_TEXT];
    sc_device_options options;
    sc_device *device;
    sc_device_info info;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    sc_worker_job job; /* NULL: idle */
    void *argument;
    socle_status status;
    bool busy, quit;
};

static socle_status open_job(sc_device *unused, void *argument) {
    (void)unused;
    sc_worker *worker = argument;
    sc_registry one = {.count = 1, .info = &worker->entry};
    SC_TRY(
        sc_registry_open(&worker->device, &one, &worker->env, &worker->choice, &worker->options));
    worker->info = worker->device->info;
    socle_status status =
        worker->options.self_test ? sc_device_self_test(worker->device) : SOCLE_OK;
    if (status != SOCLE_STATUS_DEVICE) return status;
    return sc_fail_prefix(&worker->env, SOCLE_STATUS_NO_DEVICE, "%s is refused", worker->info.name);
}

static void *serve(void *argument) {
    sc_worker *worker = argument;
    pthread_mutex_lock(&worker->mutex);
    while (!worker->quit) {
        if (!worker->busy) {
            pthread_cond_wait(&worker->wake, &worker->mutex);
            continue;
        }
        pthread_mutex_unlock(&worker->mutex);
        socle_status status = worker->job(worker->device, worker->argument);
        pthread_mutex_lock(&worker->mutex);
        worker->status = status;
        worker->busy = false;
        pthread_cond_broadcast(&worker->done);
    }
    pthread_mutex_unlock(&worker->mutex);
    if (worker->device) sc_device_close(worker->device);
    return NULL;
}

static struct timespec after(uint64_t nanoseconds) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    uint64_t total = (uint64_t)at.tv_nsec + nanoseconds % UINT64_C(1000000000);
    at.tv_sec += (time_t)(nanoseconds / UINT64_C(1000000000) + total / UINT64_C(1000000000));
    at.tv_nsec = (long)(total % UINT64_C(1000000000));
    return at;
}

void sc_worker_submit(sc_worker *worker, sc_worker_job job, void *argument) {
    pthread_mutex_lock(&worker->mutex);
    worker->job = job;
    worker->argument = argument;
    worker->env.status = SOCLE_OK; /* an earlier job's failure is not this one's */
    worker->busy = true;
    pthread_cond_broadcast(&worker->wake);
    pthread_mutex_unlock(&worker->mutex);
}

socle_status sc_worker_wait(sc_worker *worker, sc_env *env, sc_deadline *deadline) {
    pthread_mutex_lock(&worker->mutex);
    while (worker->busy) {
        uint64_t nap = deadline ? sc_deadline_nap(deadline) : LOOK;
        if (!nap) break;
        struct timespec end = after(nap);
        pthread_cond_timedwait(&worker->done, &worker->mutex, &end);
    }
    bool finished = !worker->busy;
    socle_status status = worker->status;
    pthread_mutex_unlock(&worker->mutex);
    if (!finished)
        return sc_fail(env, SOCLE_STATUS_TIMEOUT, "%s did not answer within %.1f s",
                       worker->info.name[0] ? worker->info.name : worker->entry.name,
                       (double)deadline->total * 1e-9);
    if (status != SOCLE_OK) sc_env_adopt_error(env, &worker->env);
    return status;
}

bool sc_worker_busy(sc_worker *worker) {
    pthread_mutex_lock(&worker->mutex);
    bool busy = worker->busy;
    pthread_mutex_unlock(&worker->mutex);
    return busy;
}

bool sc_worker_is_current(const sc_worker *worker) {
    return pthread_equal(worker->thread, pthread_self()) != 0;
}

socle_status sc_worker_run(sc_worker *worker, sc_worker_job job, void *argument,
                           uint64_t deadline) {
    sc_deadline end = sc_deadline_start(deadline);
    sc_worker_submit(worker, job, argument);
    return sc_worker_wait(worker, worker->parent, deadline ? &end : NULL);
}

static socle_status start(sc_worker *worker) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->wake, NULL);
    pthread_cond_init(&worker->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int error = sc_thread_create(&worker->thread, serve, worker);
    if (!error) return SOCLE_OK;
    pthread_cond_destroy(&worker->wake);
    pthread_cond_destroy(&worker->done);
    pthread_mutex_destroy(&worker->mutex);
    return sc_fail(
        worker->parent, SOCLE_STATUS_OUT_OF_MEMORY,
        "the thread of a device cannot be started (error %d); lower the number of threads", error);
}

socle_status sc_worker_create(sc_worker **out, sc_env *env, const sc_registry *registry,
                              const sc_device_choice *choice, const sc_device_options *options) {
    *out = NULL;
    sc_worker *worker;
    if (choice->entry < 0 || choice->entry >= registry->count)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "device entry %d of %d", choice->entry,
                       registry->count);
    SC_TRY(sc_allocate(env, &worker, 1, sizeof *worker));
    worker->parent = env;
    sc_env_child(&worker->env, env);
    worker->entry = registry->info[choice->entry];
    worker->choice = *choice;
    worker->choice.entry = 0;
    int length = snprintf(worker->label, sizeof worker->label, "%s:%d", worker->entry.driver->name,
                          worker->entry.index);
    if (choice->sub_device >= 0)
        snprintf(worker->label + length, sizeof worker->label - (size_t)length, "/%d",
                 choice->sub_device);
    worker->options = options ? *options : SC_DEVICE_OPTIONS_DEFAULT;
    socle_status status = start(worker);
    if (status != SOCLE_OK) {
        sc_release(env, worker);
        return status;
    }
    status = sc_worker_run(worker, open_job, worker, OPENING);
    if (status == SOCLE_STATUS_TIMEOUT)
        sc_worker_abandon(worker);
    else if (status != SOCLE_OK)
        sc_worker_destroy(worker);
    if (status != SOCLE_OK) return status;
    *out = worker;
    return SOCLE_OK;
}

const char *sc_worker_label(const sc_worker *worker) {
    return worker->label;
}

const sc_device_info *sc_worker_info(const sc_worker *worker) {
    return &worker->info;
}

void sc_worker_destroy(sc_worker *worker) {
    if (!worker) return;
    pthread_mutex_lock(&worker->mutex);
    worker->quit = true;
    pthread_cond_broadcast(&worker->wake);
    pthread_mutex_unlock(&worker->mutex);
    pthread_join(worker->thread, NULL);
    pthread_cond_destroy(&worker->wake);
    pthread_cond_destroy(&worker->done);
    pthread_mutex_destroy(&worker->mutex);
    sc_release(worker->parent, worker);
}

void sc_worker_abandon(sc_worker *worker) {
    if (worker) pthread_detach(worker->thread);
}
