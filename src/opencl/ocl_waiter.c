/* SPDX-License-Identifier: Apache-2.0 */
/* What wakes a queue that waits asleep: the driver's callback for an event, or, for a driver that
 * works only while a thread waits in it, a thread of the queue's own that does so. The waiter is
 * counted, because a callback may still come, and the thread may still hang in the driver, after
 * the queue gave up and closed. */
#include "opencl/ocl.h"

#include "base/deadline.h"
#include "base/thread.h"

#include <time.h>

struct sc_ocl_waiter {
    sc_env env; /* for release from a thread of the driver */
    pthread_mutex_t lock;
    pthread_cond_t woken;
    unsigned users;   /* the queue, its thread, and every callback still to come */
    unsigned signals; /* events so far that are done */
    /* The thread that waits in the driver. */
    pthread_t thread;
    pthread_cond_t asked;
    cl_event event; /* that it waits for; NULL: it has nothing to do */
    bool started, quit;
};

#define LEAVING                                                                                    \
    UINT64_C(2000000000) /* ns for a thread to come out of the driver once its event is done */

static bool create_conditions(sc_ocl_waiter *waiter) {
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0) return false;
    bool ready = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
                 pthread_cond_init(&waiter->woken, &monotonic) == 0;
    if (ready && pthread_cond_init(&waiter->asked, NULL) != 0) {
        pthread_cond_destroy(&waiter->woken);
        ready = false;
    }
    pthread_condattr_destroy(&monotonic);
    return ready;
}

static void destroy_conditions(sc_ocl_waiter *waiter) {
    pthread_cond_destroy(&waiter->asked);
    pthread_cond_destroy(&waiter->woken);
}

socle_status sc_ocl_waiter_create(sc_ocl_waiter **out, sc_env *env) {
    sc_ocl_waiter *waiter = NULL;
    *out = NULL;
    SC_TRY(sc_allocate(env, &waiter, 1, sizeof *waiter));
    sc_env_child(&waiter->env, env);
    waiter->users = 1;
    bool ready = create_conditions(waiter);
    if (ready && pthread_mutex_init(&waiter->lock, NULL) != 0) {
        destroy_conditions(waiter);
        ready = false;
    }
    if (!ready) {
        sc_release(env, waiter);
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "no condition variable for a queue");
    }
    *out = waiter;
    return SOCLE_OK;
}

static void drop(sc_ocl_waiter *waiter) {
    pthread_mutex_lock(&waiter->lock);
    bool last = --waiter->users == 0;
    pthread_mutex_unlock(&waiter->lock);
    if (!last) return;
    destroy_conditions(waiter);
    pthread_mutex_destroy(&waiter->lock);
    sc_env env = waiter->env;
    sc_release(&env, waiter);
}

/* With the lock held. */
static void sleep_until(sc_ocl_waiter *waiter, uint64_t nap) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + nap;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_cond_timedwait(&waiter->woken, &waiter->lock, &until);
}

/* ---- The driver's callback ---- */

static void CL_CALLBACK wake(cl_event event, cl_int status, void *user) {
    sc_ocl_waiter *waiter = user;
    (void)event;
    (void)status;
    pthread_mutex_lock(&waiter->lock);
    waiter->signals++;
    pthread_cond_broadcast(&waiter->woken);
    pthread_mutex_unlock(&waiter->lock);
    drop(waiter);
}

static bool ask_driver(sc_ocl_waiter *waiter, cl_event event) {
    pthread_mutex_lock(&waiter->lock);
    waiter->users++;
    pthread_mutex_unlock(&waiter->lock);
    if (clSetEventCallback(event, CL_COMPLETE, wake, waiter) == CL_SUCCESS) return true;
    drop(waiter);
    return false;
}

/* ---- The thread that waits in the driver ---- */

static void *wait_inside(void *user) {
    sc_ocl_waiter *waiter = user;
    pthread_mutex_lock(&waiter->lock);
    while (waiter->event || !waiter->quit) {
        if (!waiter->event) {
            pthread_cond_wait(&waiter->asked, &waiter->lock);
            continue;
        }
        pthread_mutex_unlock(&waiter->lock);
        clWaitForEvents(1, &waiter->event); /* how the command ended is asked by the queue */
        clReleaseEvent(waiter->event);
        pthread_mutex_lock(&waiter->lock);
        waiter->event = NULL;
        waiter->signals++;
        pthread_cond_broadcast(&waiter->woken);
    }
    pthread_mutex_unlock(&waiter->lock);
    drop(waiter);
    return NULL;
}

/* With the lock held. */
static bool start_thread(sc_ocl_waiter *waiter) {
    if (waiter->started) return true;
    waiter->users++;
    waiter->started = sc_thread_create(&waiter->thread, wait_inside, waiter) == 0;
    if (!waiter->started) waiter->users--;
    return waiter->started;
}

/* False: there is no thread, or it has not come back from an earlier event. */
static bool ask_thread(sc_ocl_waiter *waiter, cl_event event) {
    pthread_mutex_lock(&waiter->lock);
    bool asked = !waiter->event && start_thread(waiter) && clRetainEvent(event) == CL_SUCCESS;
    if (asked) {
        waiter->event = event;
        pthread_cond_signal(&waiter->asked);
    }
    pthread_mutex_unlock(&waiter->lock);
    return asked;
}

/* A thread that hangs in the driver is left behind. */
static void end_thread(sc_ocl_waiter *waiter, bool hangs) {
    sc_deadline leaving = sc_deadline_start(LEAVING);
    uint64_t nap;
    pthread_mutex_lock(&waiter->lock);
    bool started = waiter->started;
    waiter->quit = true;
    pthread_cond_signal(&waiter->asked);
    while (started && waiter->event && !hangs && (nap = sc_deadline_nap(&leaving)) > 0)
        sleep_until(waiter, nap);
    bool inside = waiter->event != NULL;
    pthread_mutex_unlock(&waiter->lock);
    if (started && inside) pthread_detach(waiter->thread);
    if (started && !inside) pthread_join(waiter->thread, NULL);
}

/* ---- For the queue ---- */

bool sc_ocl_waiter_ask(sc_ocl_waiter *waiter, cl_event event, bool inside, unsigned *seen) {
    pthread_mutex_lock(&waiter->lock);
    *seen = waiter->signals;
    pthread_mutex_unlock(&waiter->lock);
    return (inside && ask_thread(waiter, event)) || ask_driver(waiter, event);
}

void sc_ocl_waiter_sleep(sc_ocl_waiter *waiter, uint64_t nap, unsigned *seen) {
    pthread_mutex_lock(&waiter->lock);
    if (waiter->signals == *seen) sleep_until(waiter, nap);
    *seen = waiter->signals;
    pthread_mutex_unlock(&waiter->lock);
}

void sc_ocl_waiter_release(sc_ocl_waiter *waiter, bool hangs) {
    if (!waiter) return;
    end_thread(waiter, hangs);
    drop(waiter);
}
