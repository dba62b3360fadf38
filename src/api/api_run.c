/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use a context now, and the way to the device's thread. A thread that is refused because
 * another one's call is at work leaves no trace in the context but its own name, so that the error
 * text stays the other one's. */
#include "api/api.h"

#include <unistd.h>

static const char in_child[] =
    "this context was opened before fork(): the child has none of its threads and devices; open a "
    "context of its own in the child";
static const char in_callback[] =
    "a callback cannot call back: the context is at work until it returns";
static const char in_other_thread[] =
    "the context is in use by another thread: wait until its call returns, or give each thread a "
    "context of its own";

static bool is_own_thread(const socle_context *context) {
    for (int i = 0; i < context->devices; i++)
        if (sc_worker_is_current(context->device[i].worker)) return true;
    return false;
}

static socle_status refuse(socle_context *context, pthread_t user) {
    if (user == pthread_self())
        return sc_fail(&context->env, SOCLE_STATUS_STATE, "%s", in_callback);
    atomic_store(&context->refused, pthread_self());
    return SOCLE_STATUS_STATE;
}

/* From now on the context's error text is this thread's again. */
static socle_status admit(socle_context *context) {
    pthread_t self = pthread_self();
    atomic_compare_exchange_strong(&context->refused, &self, 0);
    return SOCLE_OK;
}

static socle_status check_process(socle_context *context) {
    if (getpid() == context->process) return SOCLE_OK;
    return sc_fail(&context->env, SOCLE_STATUS_STATE, "%s", in_child);
}

socle_status sc_api_enter(socle_context *context) {
    SC_TRY(check_process(context));
    pthread_t user = atomic_load(&context->user);
    return user ? refuse(context, user) : admit(context);
}

socle_status sc_api_begin(socle_context *context) {
    pthread_t user = 0;
    SC_TRY(check_process(context));
    if (!atomic_compare_exchange_strong(&context->user, &user, pthread_self()))
        return refuse(context, user);
    return admit(context);
}

void sc_api_leave(socle_context *context) {
    atomic_store(&context->user, 0);
}

const char *sc_api_refusal(const socle_context *context) {
    if (getpid() != context->process) return in_child;
    if (atomic_load(&context->refused) != pthread_self()) return NULL;
    return is_own_thread(context) ? in_callback : in_other_thread;
}

/* A device that a fit lost, or that never came back from one, leaves its place to the next one;
 * where none is better, one that was lost may work again. */
static socle_status find_worker(socle_context *context) {
    for (int lost = 0; lost <= 1; lost++)
        for (int i = 0; i < context->devices; i++) {
            sc_worker *worker = context->device[i].worker;
            if (sc_worker_busy(worker) || (context->lost[i] && !lost)) continue;
            context->worker = worker;
            context->info = *sc_worker_info(worker);
            return SOCLE_OK;
        }
    return sc_fail(&context->env, SOCLE_STATUS_DEVICE,
                   "no device of this context answers any more");
}

bool sc_api_hangs(const socle_context *context) {
    for (int i = 0; i < context->devices; i++)
        if (sc_worker_busy(context->device[i].worker)) return true;
    return false;
}

static socle_status run_on(socle_context *context, sc_worker *worker, sc_worker_job job,
                           void *argument) {
    sc_env *env = &context->env;
    SC_TRY(sc_api_begin(context));
    env->status = SOCLE_OK;
    socle_status status = sc_worker_run(worker, job, argument, 0);
    sc_api_leave(context);
    if (status != SOCLE_OK && env->status == SOCLE_OK)
        return sc_fail(env, status, "%s", socle_status_text(status));
    return status;
}

socle_status sc_api_run(socle_context *context, sc_worker_job job, void *argument) {
    sc_worker *home = NULL;
    return sc_api_run_at(context, &home, job, argument);
}

socle_status sc_api_run_at(socle_context *context, sc_worker **home, sc_worker_job job,
                           void *argument) {
    SC_TRY(sc_api_enter(context));
    if (!context->worker)
        return sc_fail(&context->env, SOCLE_STATUS_STATE,
                       "this context has no device: opening it failed");
    if (!*home) {
        SC_TRY(find_worker(context));
        *home = context->worker;
    }
    if (sc_worker_busy(*home))
        return sc_fail(&context->env, SOCLE_STATUS_DEVICE,
                       "%s, where this was made, does not answer any more",
                       sc_worker_info(*home)->name);
    return run_on(context, *home, job, argument);
}

socle_status sc_api_missing(socle_context *context, const char *function, const char *what) {
    SC_TRY(sc_api_enter(context));
    return sc_fail(&context->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s: %s is NULL", function, what);
}
