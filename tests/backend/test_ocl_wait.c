/* SPDX-License-Identifier: Apache-2.0 */
/* How an OpenCL queue waits: woken by a callback, by a thread that waits in the driver, or by
 * nothing. The driver is made up: its only command is done when the test says so, and its calls
 * fail or hang when asked. */
#include "base/thread_pool.h"
#include "opencl/ocl.h"
#include "sc_test.h"

#include <unistd.h>

static const uint64_t ms = 1000000;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done, hangs, no_callbacks, no_wait; /* hangs: a wait in the driver does not end; no_wait:
                                                it fails at once */
    int references;                          /* of the event */
    int inside, waits; /* threads that wait in the driver now; calls so far that had to */
    void(CL_CALLBACK *callback)(cl_event, cl_int, void *);
    void *user;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static cl_event const event = (cl_event)(void *)&fake;

static cl_int fake_flush(cl_command_queue queue) {
    (void)queue;
    return CL_SUCCESS;
}

static cl_int fake_info(cl_event which, cl_event_info key, size_t size, void *out, size_t *given) {
    (void)which, (void)key, (void)size, (void)given;
    pthread_mutex_lock(&fake.lock);
    *(cl_int *)out = fake.done ? CL_COMPLETE : CL_RUNNING;
    pthread_mutex_unlock(&fake.lock);
    return CL_SUCCESS;
}

static cl_int fake_wait(cl_uint count, const cl_event *list) {
    (void)count, (void)list;
    pthread_mutex_lock(&fake.lock);
    bool fails = fake.no_wait && !fake.done;
    fake.waits += !fake.done;
    fake.inside++;
    while (!fails && (!fake.done || fake.hangs)) pthread_cond_wait(&fake.changed, &fake.lock);
    fake.inside--;
    pthread_mutex_unlock(&fake.lock);
    return fails ? CL_OUT_OF_RESOURCES : CL_SUCCESS;
}

static cl_int fake_callback(cl_event which, cl_int state,
                            void(CL_CALLBACK *call)(cl_event, cl_int, void *), void *user) {
    (void)which, (void)state;
    if (fake.no_callbacks) return CL_OUT_OF_HOST_MEMORY;
    pthread_mutex_lock(&fake.lock);
    fake.callback = call;
    fake.user = user;
    pthread_mutex_unlock(&fake.lock);
    return CL_SUCCESS;
}

static cl_int change(int by) {
    pthread_mutex_lock(&fake.lock);
    fake.references += by;
    pthread_mutex_unlock(&fake.lock);
    return CL_SUCCESS;
}

static cl_int fake_retain(cl_event which) {
    (void)which;
    return change(1);
}

static cl_int fake_release(cl_event which) {
    (void)which;
    return change(-1);
}

static void finish(void) {
    pthread_mutex_lock(&fake.lock);
    fake.done = true;
    pthread_cond_broadcast(&fake.changed);
    void(CL_CALLBACK * call)(cl_event, cl_int, void *) = fake.callback;
    fake.callback = NULL;
    pthread_mutex_unlock(&fake.lock);
    if (call) call(event, CL_COMPLETE, fake.user);
}

static void *finish_later(void *unused) {
    usleep(30000);
    finish();
    return unused;
}

typedef struct made_up {
    sc_env env;
    sc_ocl_device device;
    sc_ocl_queue queue;
} made_up;

static void make(made_up *m, bool inside) {
    memset(m, 0, sizeof *m);
    sc_env_init(&m->env, NULL, NULL);
    clFlush = fake_flush;
    clGetEventInfo = fake_info;
    clWaitForEvents = fake_wait;
    clSetEventCallback = fake_callback;
    clRetainEvent = fake_retain;
    clReleaseEvent = fake_release;
    m->device.facts.works_while_waited_for = inside;
    m->device.base.env = &m->env;
    m->queue.base.device = &m->device.base;
    m->queue.base.env = &m->env;
    SC_OK(&m->env, sc_ocl_waiter_create(&m->queue.waiter, &m->env));
}

/* A command that takes 30 ms. Gives how long its end took to be seen, ms. */
static double run_command(made_up *m) {
    pthread_t thread;
    fake.done = false;
    uint64_t began = sc_now_ns();
    SC_EQ(pthread_create(&thread, NULL, finish_later, NULL), 0);
    SC_OK(&m->env, sc_ocl_wait(&m->queue, event, 20000 * ms));
    double took = (double)(sc_now_ns() - began) * 1e-6;
    SC_EQ(pthread_join(thread, NULL), 0);
    return took;
}

static void end(made_up *m) {
    sc_ocl_waiter_release(m->queue.waiter, m->queue.unanswered);
}

Test(ocl_wait, asleep_until_the_callback) {
    made_up m;
    make(&m, false);
    for (int i = 0; i < 3; i++) SC_TRUE(run_command(&m) < 10000);
    SC_EQ(fake.waits, 0); /* no thread waited in the driver */
    end(&m);
}

Test(ocl_wait, in_the_driver_by_a_thread) {
    made_up m;
    make(&m, true);
    for (int i = 0; i < 3; i++) SC_TRUE(run_command(&m) < 10000);
    SC_EQ(fake.waits, 3);
    end(&m);
    SC_EQ(fake.inside, 0);
    SC_EQ(fake.references, 0);
}

Test(ocl_wait, without_callbacks_or_when_waiting_fails) {
    made_up m;
    fake.no_callbacks = true;
    make(&m, false);
    run_command(&m);
    end(&m);
    fake.no_wait = true;
    make(&m, true);
    run_command(&m);
    end(&m);
    SC_EQ(fake.references, 0);
}

/* The caller is back at its deadline, and closing does not wait; the thread comes back much later,
 * to memory that is still its own. */
Test(ocl_wait, a_thread_that_hangs_is_left_behind) {
    made_up m;
    make(&m, true);
    uint64_t began = sc_now_ns();
    SC_EQ(sc_ocl_wait(&m.queue, event, 50 * ms), SOCLE_STATUS_TIMEOUT);
    SC_TRUE(m.queue.unanswered);
    fake.no_callbacks = true; /* the queue may be asked again: naps then */
    SC_EQ(sc_ocl_wait(&m.queue, event, 50 * ms), SOCLE_STATUS_TIMEOUT);
    SC_EQ(fake.waits, 1);
    end(&m);
    SC_TRUE(sc_now_ns() - began < 20000 * ms);
    finish();
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&fake.lock);
        bool over = fake.references == 0;
        pthread_mutex_unlock(&fake.lock);
        if (over) return;
        usleep(1000);
    }
    SC_TEST_FAIL("the thread keeps its event");
}

/* The command is done, but the thread is slow to leave the driver: closing waits for it, within
 * bounds. */
Test(ocl_wait, a_thread_that_does_not_leave_the_driver) {
    made_up m;
    make(&m, true);
    fake.hangs = true;
    pthread_t thread;
    SC_EQ(pthread_create(&thread, NULL, finish_later, NULL), 0);
    unsigned seen;
    SC_TRUE(sc_ocl_waiter_ask(m.queue.waiter, event, true, &seen));
    SC_EQ(pthread_join(thread, NULL), 0);
    uint64_t began = sc_now_ns();
    end(&m);
    SC_TRUE(sc_now_ns() - began > 1000 * ms);
}

Test(ocl_wait, is_a_fact_of_the_driver) {
    SC_TRUE(sc_ocl_facts_of("Intel(R) OpenCL", SC_DEVICE_CPU).works_while_waited_for);
    SC_TRUE(!sc_ocl_facts_of("Intel(R) OpenCL", SC_DEVICE_GPU).works_while_waited_for);
    SC_TRUE(!sc_ocl_facts_of("Portable Computing Language", SC_DEVICE_CPU).works_while_waited_for);
    SC_TRUE(!sc_ocl_facts_of("", SC_DEVICE_CPU).works_while_waited_for);
    setenv("SOCLE_OPENCL_WAIT", "inside", 1);
    SC_TRUE(sc_ocl_facts_of("", SC_DEVICE_GPU).works_while_waited_for);
    setenv("SOCLE_OPENCL_WAIT", "asleep", 1);
    SC_TRUE(!sc_ocl_facts_of("Intel(R) OpenCL", SC_DEVICE_CPU).works_while_waited_for);
}
