/* SPDX-License-Identifier: Apache-2.0 */
/* The test harness over Criterion: assertions that print both values, and a line that says how to
 * repeat what failed. A test that loops over cases calls SC_REPRO before each one. */
#ifndef SC_TEST_H
#define SC_TEST_H

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"

#define SC_UNUSED __attribute__((unused))

static char sc_repro_line[512] SC_UNUSED;

/* SC_REPRO("socle verify --op %s --case %d", name, index): printed with the next failure. */
#define SC_REPRO(...) ((void)snprintf(sc_repro_line, sizeof sc_repro_line, __VA_ARGS__))

/* A sweep of many cases runs whole in the long part of the tests (socle_add_test(FULL)); a plain
 * ./test runs some of each kind. On OpenCL, where every shape costs seconds of compiling, that is a
 * matter of minutes. */
static SC_UNUSED bool sc_test_full(void) {
    return getenv("SC_TEST_FULL") != NULL;
}

/* Whether case `number` of a sweep runs on `device`: all on the cpu backend, in a plain ./test
 * every n-th on others, from 0. */
static SC_UNUSED bool sc_test_takes(const char *device, int64_t number, int every) {
    return strncmp(device, "cpu", 3) == 0 || sc_test_full() || number % every == 0;
}

static SC_UNUSED void sc_test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static SC_UNUSED void sc_test_fail(const char *file, int line, const char *format, ...) {
    char text[SC_ERROR_TEXT + 512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *name = strrchr(file, '/');
    if (sc_repro_line[0])
        cr_assert_fail("%s:%d: %s\n    repeat: %s", name ? name + 1 : file, line, text,
                       sc_repro_line);
    cr_assert_fail("%s:%d: %s", name ? name + 1 : file, line, text);
}

#define SC_TEST_FAIL(...) sc_test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define SC_TRUE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) SC_TEST_FAIL("%s is false", #condition);                                 \
    } while (0)

/* Integers of any type that fits int64_t. */
#define SC_EQ(actual, expected)                                                                    \
    do {                                                                                           \
        int64_t sc_a = (int64_t)(actual), sc_e = (int64_t)(expected);                              \
        if (sc_a != sc_e)                                                                          \
            SC_TEST_FAIL("%s is %" PRId64 ", expected %s = %" PRId64, #actual, sc_a, #expected,    \
                         sc_e);                                                                    \
    } while (0)

#define SC_EQ_U64(actual, expected)                                                                \
    do {                                                                                           \
        uint64_t sc_a = (actual), sc_e = (expected);                                               \
        if (sc_a != sc_e)                                                                          \
            SC_TEST_FAIL("%s is 0x%" PRIx64 ", expected %s = 0x%" PRIx64, #actual, sc_a,           \
                         #expected, sc_e);                                                         \
    } while (0)

#define SC_EQ_STR(actual, expected)                                                                \
    do {                                                                                           \
        const char *sc_a = (actual), *sc_e = (expected);                                           \
        if (!sc_a || !sc_e || strcmp(sc_a, sc_e) != 0)                                             \
            SC_TEST_FAIL("%s is \"%s\", expected \"%s\"", #actual, sc_a ? sc_a : "(null)",         \
                         sc_e ? sc_e : "(null)");                                                  \
    } while (0)

#define SC_CONTAINS(actual, part)                                                                  \
    do {                                                                                           \
        const char *sc_a = (actual), *sc_p = (part);                                               \
        if (!sc_a || !strstr(sc_a, sc_p))                                                          \
            SC_TEST_FAIL("%s is \"%s\", which lacks \"%s\"", #actual, sc_a ? sc_a : "(null)",      \
                         sc_p);                                                                    \
    } while (0)

/* |actual - expected| <= tolerance; false for NaN. Tolerances come from one table, not from the
 * test. */
#define SC_NEAR(actual, expected, tolerance)                                                       \
    do {                                                                                           \
        double sc_a = (actual), sc_e = (expected), sc_t = (tolerance);                             \
        if (!(fabs(sc_a - sc_e) <= sc_t))                                                          \
            SC_TEST_FAIL("%s is %.9g, expected %.9g within %.3g, off by %.3g", #actual, sc_a,      \
                         sc_e, sc_t, sc_a - sc_e);                                                 \
    } while (0)

/* The same bits: tells -0 from +0, and a NaN equals itself. */
#define SC_EQ_FLOAT_BITS(actual, expected)                                                         \
    do {                                                                                           \
        float sc_a = (actual), sc_e = (expected);                                                  \
        if (memcmp(&sc_a, &sc_e, sizeof sc_a) != 0)                                                \
            SC_TEST_FAIL("%s is %.9g (%a), expected %.9g (%a) to the bit", #actual, (double)sc_a,  \
                         (double)sc_a, (double)sc_e, (double)sc_e);                                \
    } while (0)

#define SC_EQ_MEMORY(actual, expected, size)                                                       \
    do {                                                                                           \
        const unsigned char *sc_a = (const void *)(actual), *sc_e = (const void *)(expected);      \
        for (size_t sc_i = 0; sc_i < (size_t)(size); sc_i++)                                       \
            if (sc_a[sc_i] != sc_e[sc_i])                                                          \
                SC_TEST_FAIL("%s differs from %s first at byte %zu: 0x%02x, expected 0x%02x",      \
                             #actual, #expected, sc_i, sc_a[sc_i], sc_e[sc_i]);                    \
    } while (0)

/* A call that must succeed; its error text is printed when it does not. */
#define SC_OK(env, call)                                                                           \
    do {                                                                                           \
        socle_status sc_s = (call);                                                                \
        if (sc_s != SOCLE_OK)                                                                      \
            SC_TEST_FAIL("%s returned %d (%s): %s", #call, (int)sc_s, socle_status_text(sc_s),     \
                         (env)->text);                                                             \
    } while (0)

/* A call that must fail with `expected` and leave a text. */
#define SC_FAILS(env, call, expected)                                                              \
    do {                                                                                           \
        (env)->text[0] = '\0';                                                                     \
        socle_status sc_s = (call);                                                                \
        if (sc_s != (expected))                                                                    \
            SC_TEST_FAIL("%s returned %d (%s) \"%s\", expected %s", #call, (int)sc_s,              \
                         socle_status_text(sc_s), (env)->text, #expected);                         \
        if ((env)->text[0] == '\0') SC_TEST_FAIL("%s failed without a text", #call);               \
    } while (0)

/* An allocator that counts, and refuses the n-th request (counted from 1; 0 refuses none). */
typedef struct sc_test_allocator {
    atomic_long requests, live;
    long refuse;
} sc_test_allocator;

static SC_UNUSED void *sc_test_allocate(void *user, size_t bytes) {
    sc_test_allocator *state = user;
    void *memory = NULL;
    if (atomic_fetch_add(&state->requests, 1) + 1 == state->refuse) return NULL;
    if (posix_memalign(&memory, 64, bytes) != 0) return NULL;
    memset(memory, 0xa5, bytes);
    atomic_fetch_add(&state->live, 1);
    return memory;
}

static SC_UNUSED void sc_test_release(void *user, void *memory) {
    sc_test_allocator *state = user;
    atomic_fetch_sub(&state->live, 1);
    free(memory);
}

static SC_UNUSED socle_allocator sc_test_allocator_init(sc_test_allocator *state, long refuse) {
    atomic_init(&state->requests, 0);
    atomic_init(&state->live, 0);
    state->refuse = refuse;
    return (socle_allocator){sc_test_allocate, sc_test_release, state};
}

/* Runs body(env, argument) with every allocation refused in turn, until one run needs no more. Each
 * refused run must return OUT_OF_MEMORY, none may leak, and the last must succeed. `body` cleans up
 * after itself. */
static SC_UNUSED void sc_test_each_allocation(socle_status (*body)(sc_env *env, void *argument),
                                              void *argument) {
    enum { MOST_ALLOCATIONS = 100000 };
    for (long refuse = 1; refuse < MOST_ALLOCATIONS; refuse++) {
        sc_test_allocator state;
        socle_allocator allocator = sc_test_allocator_init(&state, refuse);
        sc_env env;
        sc_env_init(&env, &allocator, NULL);
        SC_REPRO("refuse allocation %ld", refuse);
        socle_status status = body(&env, argument);
        SC_EQ(atomic_load(&state.live), 0);
        if (atomic_load(&state.requests) < refuse) {
            SC_OK(&env, status);
            if (refuse == 1) SC_TEST_FAIL("nothing was allocated: the test tests nothing");
            sc_repro_line[0] = '\0';
            return;
        }
        SC_EQ(status, SOCLE_STATUS_OUT_OF_MEMORY);
        SC_TRUE(env.text[0] != '\0');
    }
    SC_TEST_FAIL("more than %d allocations", MOST_ALLOCATIONS);
}

#endif
