/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops over the scalar mathematics, vectorised for each instruction set (this file is compiled
 * with -O3), give the bits of single calls: also where the machine could contract a * b + c.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "scalar_cases.h"

enum { BLOCK = 256 };

typedef void (*block_function)(const float *restrict xs, const float *restrict ys,
                               float *restrict results);

/* A loop that must not vectorise: the reference. */
#define DEFINE_SINGLE(name, expression)                                                            \
    static __attribute__((noinline)) float single_##name(float x, float y) {                       \
        (void)x, (void)y;                                                                          \
        return expression;                                                                         \
    }                                                                                              \
    static void singles_##name(const float *restrict xs, const float *restrict ys,                 \
                               float *restrict results) {                                          \
        for (int i = 0; i < BLOCK; i++) results[i] = single_##name(xs[i], ys[i]);                  \
    }
SC_SCALAR_CASES(DEFINE_SINGLE)

#define DEFINE_LOOP(prefix, attributes, name, expression)                                          \
    static attributes __attribute__((noinline)) void prefix##_##name(                              \
        const float *restrict xs, const float *restrict ys, float *restrict results) {             \
        for (int i = 0; i < BLOCK; i++) {                                                          \
            const float x = xs[i], y = ys[i];                                                      \
            (void)x, (void)y;                                                                      \
            results[i] = expression;                                                               \
        }                                                                                          \
    }

#define DEFINE_BASELINE(name, expression) DEFINE_LOOP(baseline, , name, expression)
SC_SCALAR_CASES(DEFINE_BASELINE)

#if defined(__x86_64__)
#define TARGET_AVX2 __attribute__((target("avx2,fma")))
#define TARGET_AVX512                                                                              \
    __attribute__((target("avx512f,avx512vl,avx512dq,fma,prefer-vector-width=512")))
#define DEFINE_AVX2(name, expression) DEFINE_LOOP(avx2, TARGET_AVX2, name, expression)
#define DEFINE_AVX512(name, expression) DEFINE_LOOP(avx512, TARGET_AVX512, name, expression)
SC_SCALAR_CASES(DEFINE_AVX2)
SC_SCALAR_CASES(DEFINE_AVX512)
#endif

typedef struct row {
    const char *name;
    block_function singles, loop;
} row;

static void compare_block(const char *set, const row *r, const float *xs, const float *ys) {
    float expected[BLOCK], got[BLOCK];
    r->singles(xs, ys, expected);
    r->loop(xs, ys, got);
    for (int i = 0; i < BLOCK; i++)
        if (!sc_same_bits(got[i], expected[i]))
            cr_assert_fail("%s in a loop (%s): x 0x%08" PRIx32 ", y 0x%08" PRIx32
                           " gave 0x%08" PRIx32 ", a single call 0x%08" PRIx32,
                           r->name, set, sc_float_to_bits(xs[i]), sc_float_to_bits(ys[i]),
                           sc_float_to_bits(got[i]), sc_float_to_bits(expected[i]));
}

static void compare(const char *set, const row *rows, size_t row_count) {
    uint64_t stride = sc_scalar_stride(), count = sc_input_count(stride);
    for (uint64_t start = 0; start < count; start += BLOCK) {
        float xs[BLOCK] = {0}, ys[BLOCK] = {0};
        for (uint64_t i = 0; i < BLOCK && start + i < count; i++) {
            sc_pair in = sc_input(start + i, stride);
            xs[i] = in.x;
            ys[i] = in.y;
        }
        for (size_t r = 0; r < row_count; r++) compare_block(set, &rows[r], xs, ys);
    }
}

#define COMPARE(prefix, rows) compare(#prefix, rows, sizeof rows / sizeof rows[0])

Test(scalar_loops, baseline, .timeout = 0) {
#define ROW(name, expression) {#name, singles_##name, baseline_##name},
    static const row rows[] = {SC_SCALAR_CASES(ROW)};
#undef ROW
    COMPARE(baseline, rows);
}

#if defined(__x86_64__)
Test(scalar_loops, avx2, .timeout = 0) {
#define ROW(name, expression) {#name, singles_##name, avx2_##name},
    static const row rows[] = {SC_SCALAR_CASES(ROW)};
#undef ROW
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        cr_skip_test("no AVX2 here");
    COMPARE(avx2, rows);
}

Test(scalar_loops, avx512, .timeout = 0) {
#define ROW(name, expression) {#name, singles_##name, avx512_##name},
    static const row rows[] = {SC_SCALAR_CASES(ROW)};
#undef ROW
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512dq"))
        cr_skip_test("no AVX-512 here");
    COMPARE(avx512, rows);
}
#endif
