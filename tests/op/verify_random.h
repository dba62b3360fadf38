/* SPDX-License-Identifier: Apache-2.0 */
/* The tests of a random sweep over every family of operations on both backends, for two lengths of
 * it. */
#ifndef SC_TESTS_VERIFY_RANDOM_H
#define SC_TESTS_VERIFY_RANDOM_H

#include "verify_family.h"

/* PoCL compiles for most cases, so its number is a parameter of its own. CLBlast takes tens of
 * milliseconds for the smallest product on a CPU: a tenth is drawn for it, none of less than ten,
 * for which its kernels would have to be compiled. */
static SC_UNUSED void random_on_opencl(const char *family, int64_t count) {
    char devices[1024];
    family_opencl(devices, sizeof devices);
    if (strcmp(family, "matmul") != 0) {
        family_random(devices, family, NULL, count);
        return;
    }
    family_random(devices, family, "packed", count);
    family_random(devices, family, "plain", count);
    if (count >= 10) family_random(devices, family, "clblast", count / 10);
}

#define VERIFY_RANDOM_CPU(family, count)                                                           \
    Test(verify_random, family##_on_cpu) {                                                         \
        family_random("cpu", #family, NULL, count);                                                \
    }
#define VERIFY_RANDOM_OPENCL(family, count)                                                        \
    Test(verify_random, family##_on_opencl) {                                                      \
        random_on_opencl(#family, count);                                                          \
    }
/* A kind of test, with one number of cases, for the families that compute products, and for all
 * others. */
#define VERIFY_RANDOM_PRODUCTS(TEST, count)                                                        \
    TEST(matmul, count)                                                                            \
    TEST(conv, count)
#define VERIFY_RANDOM_OTHERS(TEST, count)                                                          \
    TEST(elementwise, count)                                                                       \
    TEST(pool, count)                                                                              \
    TEST(reduce, count)                                                                            \
    TEST(softmax, count)                                                                           \
    TEST(norm, count)                                                                              \
    TEST(attention, count)                                                                         \
    TEST(index, count)                                                                             \
    TEST(copy, count)

#endif
