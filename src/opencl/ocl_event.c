/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for an event, asleep and with a deadline (clWaitForEvents has none and may spin): the
 * driver's event callback wakes a condition variable. The waiter is counted, because a callback may
 * still come after a queue gave up and closed. Where a driver takes no callback, short growing naps
 * do. */
#include "opencl/ocl.h"

#include "base/deadline.h"

#include <time.h>

struct sc_ocl_waiter {
    sc_env env; /* for release from a thread of the driver */
    pthread_mutex_t lock;
    pthread_cond_t woken;
    unsigned users;   /* the queue and every callback still to come */
    unsigned signals; /* callbacks so far */
};

enum { NAP_FIRST = 20000, NAP_MOST = 1000000, NAP_WITH_CALLBACK = 200000000 };

socle_status sc_ocl_waiter_create(sc_ocl_waiter **out, sc_env *env) {
    sc_ocl_waiter *waiter = NULL;
    pthread_condattr_t attributes;
    *out = NULL;
    SC_TRY(sc_allocate(env, &waiter, 1, sizeof *waiter));
    sc_env_child(&waiter->env, env);
    waiter->users = 1;
    bool ready = pthread_condattr_init(&attributes) == 0;
    if (ready) {
        ready = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&waiter->woken, &attributes) == 0;
        pthread_condattr_destroy(&attributes);
    }
    if (ready && pthread_mutex_init(&waiter->lock, NULL) != 0) {
        pthread_cond_destroy(&waiter->woken);
        ready = false;
    }
    if (!ready) {
        sc_release(env, waiter);
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "no condition variable for a queue");
    }
    *out = waiter;
    return SOCLE_OK;
}

void sc_ocl_waiter_release(sc_ocl_waiter *waiter) {
    if (!waiter) return;
    pthread_mutex_lock(&waiter->lock);
    bool last = --waiter->users == 0;
    pthread_mutex_unlock(&waiter->lock);
    if (!last) return;
    pthread_cond_destroy(&waiter->woken);
    pthread_mutex_destroy(&waiter->lock);
    sc_env env = waiter->env;
    sc_release(&env, waiter);
}

static void CL_CALLBACK wake(cl_event event, cl_int status, void *user) {
    sc_ocl_waiter *waiter = user;
    (void)event;
    (void)status;
    pthread_mutex_lock(&waiter->lock);
    waiter->signals++;
    pthread_cond_broadcast(&waiter->woken);
    pthread_mutex_unlock(&waiter->lock);
    sc_ocl_waiter_release(waiter);
}

static bool ask_for_callback(sc_ocl_waiter *waiter, cl_event event) {
    pthread_mutex_lock(&waiter->lock);
    waiter->users++;
    pthread_mutex_unlock(&waiter->lock);
    if (clSetEventCallback(event, CL_COMPLETE, wake, waiter) == CL_SUCCESS) return true;
    sc_ocl_waiter_release(waiter);
    return false;
}

/* Sleeps at most `nap` ns, or until a callback later than number `seen`. */
static void sleep_for(sc_ocl_waiter *waiter, uint64_t nap, unsigned *seen) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + nap;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_mutex_lock(&waiter->lock);
    while (waiter->signals == *seen)
        if (pthread_cond_timedwait(&waiter->woken, &waiter->lock, &until) != 0) break;
    *seen = waiter->signals;
    pthread_mutex_unlock(&waiter->lock);
}

/* 1 = done, 0 = not yet, < 0 = the error code. */
static cl_int look(cl_event event) {
    cl_int state = CL_QUEUED;
    cl_int code =
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    if (code != CL_SUCCESS) return code;
    if (state > CL_COMPLETE) return 0;
    if (state < 0) return state;
    code = clWaitForEvents(1, &event); /* at once; makes its writes visible to this thread */
    return code == CL_SUCCESS ? 1 : code;
}

static socle_status timed_out(sc_ocl_queue *queue, uint64_t deadline) {
    queue->unanswered = deadline > 0;
    return sc_fail(queue->base.env, SOCLE_STATUS_TIMEOUT,
                   "%s has not finished its work within %.3f s", queue->base.device->info.name,
                   (double)deadline * 1e-9);
}

socle_status sc_ocl_wait(sc_ocl_queue *queue, cl_event event, uint64_t deadline) {
    cl_int code = clFlush(queue->handle);
    if (code != CL_SUCCESS) return sc_ocl_queue_done(queue, "clFlush", code, NULL);
    cl_int state = look(event);
    if (state == 0 && deadline > 0) {
        sc_ocl_waiter *waiter = queue->waiter;
        pthread_mutex_lock(&waiter->lock);
        unsigned seen = waiter->signals;
        pthread_mutex_unlock(&waiter->lock);
        sc_deadline time = sc_deadline_start(deadline);
        uint64_t nap = NAP_FIRST, most;
        if (ask_for_callback(waiter, event)) nap = NAP_WITH_CALLBACK;
        while ((state = look(event)) == 0 && (most = sc_deadline_nap(&time)) > 0) {
            sleep_for(waiter, nap < most ? nap : most, &seen);
            if (nap < NAP_MOST) nap += nap / 2;
        }
    }
    if (state == 0) return timed_out(queue, deadline);
    queue->unanswered = false;
    return state == 1 ? SOCLE_OK : sc_ocl_queue_done(queue, "a command", state, NULL);
}
