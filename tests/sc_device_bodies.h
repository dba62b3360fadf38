/* SPDX-License-Identifier: Apache-2.0 */
/* Tests whose bodies take the name of a device. On the cpu each is a test, and so a process, of its
 * own. Through OpenCL all bodies of a program are one test: in each process PoCL's compiler reads
 * its library first, which takes a second. */
#ifndef SC_DEVICE_BODIES_H
#define SC_DEVICE_BODIES_H

#include "sc_test.h"

enum { SC_DEVICE_BODIES = 16 };

static struct {
    int count;
    struct {
        const char *name;
        void (*run)(const char *device);
        bool in_full; /* not in a plain ./test */
    } body[SC_DEVICE_BODIES];
} sc_device_bodies SC_UNUSED;

static SC_UNUSED void sc_device_bodies_add(const char *name, void (*run)(const char *device),
                                           bool in_full) {
    int at = sc_device_bodies.count++;
    if (at >= SC_DEVICE_BODIES) return; /* refused when they are run */
    sc_device_bodies.body[at].name = name;
    sc_device_bodies.body[at].run = run;
    sc_device_bodies.body[at].in_full = in_full;
}

static SC_UNUSED void sc_device_bodies_run(const char *device) {
    if (sc_device_bodies.count > SC_DEVICE_BODIES) SC_TEST_FAIL("more than %d", SC_DEVICE_BODIES);
    for (int i = 0; i < sc_device_bodies.count; i++) {
        if (sc_device_bodies.body[i].in_full && !sc_test_full()) continue;
        SC_REPRO("%s on %s", sc_device_bodies.body[i].name, device);
        cr_log_info("%s on %s", sc_device_bodies.body[i].name, device);
        sc_device_bodies.body[i].run(device);
    }
}

/* A body for the cpu and for OpenCL: `static void name(const char *device)`. */
#define SC_DEVICE_BODY(suite, name)                                                                \
    Test(suite, name##_cpu) {                                                                      \
        name("cpu");                                                                               \
    }                                                                                              \
    SC_OPENCL_BODY(name)
#define SC_DEVICE_BODY_IN_FULL(suite, name)                                                        \
    Test(suite, name##_cpu) {                                                                      \
        name("cpu");                                                                               \
    }                                                                                              \
    SC_OPENCL_BODY_IN_FULL(name)

/* A body for OpenCL. A program that lacks SC_OPENCL_BODIES does not compile. */
#define SC_OPENCL_BODY(name) SC_OPENCL_BODY_LISTED(name, false)
/* One whose OpenCL side shows nothing that others do not: a plain ./test leaves it out. */
#define SC_OPENCL_BODY_IN_FULL(name) SC_OPENCL_BODY_LISTED(name, true)
#define SC_OPENCL_BODY_LISTED(name, in_full)                                                       \
    static void sc_opencl_bodies_are_run(void);                                                    \
    __attribute__((constructor)) static void name##_is_listed(void) {                              \
        sc_device_bodies_add(#name, name, in_full);                                                \
        sc_opencl_bodies_are_run();                                                                \
    }

/* Once in a program, after the bodies: the test that runs them, in the order of the file. */
#define SC_OPENCL_BODIES(suite)                                                                    \
    static void sc_opencl_bodies_are_run(void) {}                                                  \
    Test(suite, opencl) {                                                                          \
        sc_device_bodies_run("opencl:0");                                                          \
    }

#endif
