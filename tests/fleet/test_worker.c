/* SPDX-License-Identifier: Apache-2.0 */
/* The worker: a device opened, used and closed on one thread of its own; errors and deadlines come
 * back to the caller; a worker that hangs is left behind and the process goes on. The driver is
 * made up, so that it can fail and hang when asked. */
#include "sc_test.h"

#include "fleet/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

static const uint64_t second = UINT64_C(1000000000);

/* What the made-up driver did, and on which thread. */
static struct {
    atomic_int opened, closed;
    pthread_t opener, closer;
    socle_status open_status;
} seen;

static void close_device(sc_device *device) {
    seen.closer = pthread_self();
    atomic_fetch_add(&seen.closed, 1);
    sc_release(device->env, device);
}

static const sc_device_ops ops = {.close = close_device};

static socle_status open_device(sc_device **out, sc_env *env, int index,
                                const sc_device_options *options) {
    seen.opener = pthread_self();
    if (seen.open_status != SOCLE_OK)
        return sc_fail(env, seen.open_status, "card %d is asleep", index);
    SC_TRY(sc_allocate(env, out, 1, sizeof **out));
    (*out)->ops = &ops;
    (*out)->env = env;
    snprintf((*out)->info.name, sizeof(*out)->info.name, "card %d with %d threads", index,
             options->threads);
    atomic_fetch_add(&seen.opened, 1);
    return SOCLE_OK;
}

/* pthread_create fails when asked (linked with --wrap). */
static bool refuse_threads;
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *argument) {
    return refuse_threads ? EAGAIN : __real_pthread_create(thread, attributes, body, argument);
}

static const sc_driver driver = {.name = "made-up", .open = open_device};
static sc_device_info cards[2] = {{.driver = &driver, .index = 0}, {.driver = &driver, .index = 1}};
static const sc_registry registry = {2, cards};

static socle_status create(sc_worker **worker, sc_env *env, int entry) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.threads = 3;
    return sc_worker_create(worker, env, &registry, &(sc_device_choice){entry, -1, 0}, &options);
}

typedef struct note {
    pthread_t thread;
    sc_device *device;
    atomic_bool running, may_end, ended;
    struct timespec pause;
} note;

static socle_status look(sc_device *device, void *argument) {
    note *n = argument;
    n->thread = pthread_self();
    n->device = device;
    return SOCLE_OK;
}

static socle_status complain(sc_device *device, void *argument) {
    return sc_fail(device->env, SOCLE_STATUS_DEVICE, "kernel %d is lost", *(int *)argument);
}

/* Sleeps until it may end. */
static socle_status hang(sc_device *device, void *argument) {
    note *n = argument;
    (void)device;
    atomic_store(&n->running, true);
    while (!atomic_load(&n->may_end)) nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    atomic_store(&n->ended, true);
    return SOCLE_OK;
}

static void wait_for(atomic_bool *flag) {
    for (int i = 0; i < 5000 && !atomic_load(flag); i++)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    SC_TRUE(atomic_load(flag));
}

static socle_status look_at_signals(sc_device *device, void *argument) {
    (void)device;
    return pthread_sigmask(SIG_BLOCK, NULL, argument) == 0 ? SOCLE_OK : SOCLE_STATUS_DEVICE;
}

/* They are the application's, but for those that a fault of the thread's own raises. */
Test(worker, takes_no_signals) {
    static const int of_the_application[] = {SIGINT,  SIGTERM, SIGHUP,  SIGALRM,
                                             SIGCHLD, SIGUSR1, SIGUSR2, SIGPIPE};
    static const int of_the_thread[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    sc_env env;
    sc_worker *worker;
    sigset_t blocked, own;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, create(&worker, &env, 0));
    SC_OK(&env, sc_worker_run(worker, look_at_signals, &blocked, 10 * second));
    for (size_t i = 0; i < sizeof of_the_application / sizeof of_the_application[0]; i++)
        SC_EQ(sigismember(&blocked, of_the_application[i]), 1);
    for (size_t i = 0; i < sizeof of_the_thread / sizeof of_the_thread[0]; i++)
        SC_EQ(sigismember(&blocked, of_the_thread[i]), 0);
    SC_EQ(pthread_sigmask(SIG_BLOCK, NULL, &own), 0);
    SC_EQ(sigismember(&own, SIGINT), 0);
    sc_worker_destroy(worker);
}

Test(worker, everything_on_one_thread_of_its_own) {
    sc_env env;
    sc_worker *worker, *other;
    note first = {0}, second_look = {0}, beside = {0};
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, create(&worker, &env, 1));
    SC_EQ_STR(sc_worker_info(worker)->name, "card 1 with 3 threads");
    SC_OK(&env, create(&other, &env, 0));
    SC_OK(&env, sc_worker_run(worker, look, &first, 0));
    SC_OK(&env, sc_worker_run(other, look, &beside, 10 * second));
    SC_OK(&env, sc_worker_run(worker, look, &second_look, 10 * second));
    SC_TRUE(!pthread_equal(first.thread, pthread_self()));
    SC_TRUE(pthread_equal(first.thread, second_look.thread));
    SC_TRUE(!pthread_equal(first.thread, beside.thread));
    SC_TRUE(first.device == second_look.device && first.device != beside.device);
    SC_TRUE(first.device->env != &env); /* error texts do not meet */
    sc_worker_destroy(other);
    SC_TRUE(pthread_equal(seen.closer, beside.thread));
    SC_EQ(atomic_load(&seen.closed), 1);
    SC_OK(&env, sc_worker_run(worker, look, &first, 0));
    sc_worker_destroy(worker);
    SC_TRUE(pthread_equal(seen.closer, first.thread));
    SC_EQ(atomic_load(&seen.closed), 2);
    sc_worker_destroy(NULL);
}

Test(worker, an_error_comes_back_with_its_text) {
    sc_env env;
    sc_worker *worker;
    note n = {0};
    int number = 4;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, create(&worker, &env, 0));
    SC_FAILS(&env, sc_worker_run(worker, complain, &number, 0), SOCLE_STATUS_DEVICE);
    SC_EQ_STR(env.text, "kernel 4 is lost");
    SC_EQ(env.status, SOCLE_STATUS_DEVICE);
    env.text[0] = '\0';
    SC_OK(&env, sc_worker_run(worker, look, &n, 0)); /* a failed job is not the end of the worker,
                                                        and leaves no text behind */
    SC_EQ_STR(env.text, "");
    sc_worker_destroy(worker);
}

Test(worker, a_device_that_does_not_open) {
    sc_env env;
    sc_worker *worker = (sc_worker *)&env;
    sc_env_init(&env, NULL, NULL);
    seen.open_status = SOCLE_STATUS_NO_DEVICE;
    SC_FAILS(&env, create(&worker, &env, 1), SOCLE_STATUS_NO_DEVICE);
    SC_EQ_STR(env.text, "card 1 is asleep");
    SC_TRUE(worker == NULL);
    SC_EQ(atomic_load(&seen.opened), 0);
    SC_EQ(atomic_load(&seen.closed), 0);
    SC_FAILS(&env, create(&worker, &env, 7), SOCLE_STATUS_INVALID_ARGUMENT);
}

Test(worker, no_more_threads) {
    sc_env env;
    sc_worker *worker = (sc_worker *)&env;
    sc_env_init(&env, NULL, NULL);
    refuse_threads = true;
    SC_FAILS(&env, create(&worker, &env, 0), SOCLE_STATUS_OUT_OF_MEMORY);
    SC_TRUE(worker == NULL);
    SC_EQ(atomic_load(&seen.opened), 0);
    refuse_threads = false;
    SC_OK(&env, create(&worker, &env, 0));
    sc_worker_destroy(worker);
}

/* The caller is back soon after the deadline, another worker works, and the hung job ends when it
 * likes. */
Test(worker, a_hung_job_is_left_behind) {
    sc_env env;
    sc_worker *hung, *fresh;
    note n = {0}, after = {0};
    struct timespec begin, end;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, create(&hung, &env, 0));
    clock_gettime(CLOCK_MONOTONIC, &begin);
    SC_FAILS(&env, sc_worker_run(hung, hang, &n, second / 10), SOCLE_STATUS_TIMEOUT);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double waited =
        (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    SC_TRUE(waited >= 0.1);
    SC_TRUE(waited < 30);
    SC_CONTAINS(env.text, "card 0 with 3 threads did not answer within 0.1 s");
    wait_for(&n.running);
    SC_TRUE(!atomic_load(&n.ended));
    sc_worker_abandon(hung);
    sc_worker_abandon(NULL);
    SC_OK(&env, create(&fresh, &env, 1));
    SC_OK(&env, sc_worker_run(fresh, look, &after, 10 * second));
    SC_TRUE(!atomic_load(&n.ended));
    sc_worker_destroy(fresh);
    SC_EQ(atomic_load(&seen.closed), 1); /* the hung device was not closed under its job */
    atomic_store(&n.may_end, true);
    wait_for(&n.ended);
}

/* A job that ends in time under a deadline is no timeout. */
Test(worker, in_time) {
    sc_env env;
    sc_worker *worker;
    note n = {0};
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, create(&worker, &env, 0));
    atomic_store(&n.may_end, true);
    for (int i = 0; i < 200; i++) SC_OK(&env, sc_worker_run(worker, hang, &n, 60 * second));
    sc_worker_destroy(worker);
}

static socle_status create_and_end(sc_env *env, void *argument) {
    sc_worker *worker;
    SC_TRY(create(&worker, env, 0));
    socle_status status = sc_worker_run(worker, look, argument, 0);
    sc_worker_destroy(worker);
    return status;
}

Test(worker, survives_refused_allocations) {
    note n = {0};
    sc_test_each_allocation(create_and_end, &n);
}
