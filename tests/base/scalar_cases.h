/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of cl/scalar.h as one table, and the numbers they are tried on, shared by the host
 * test (accuracy, special values) and the OpenCL test (equal bits). It must not know OpenCL.
 */
#ifndef SC_TEST_SCALAR_CASES_H
#define SC_TEST_SCALAR_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "cl/philox.h"

/* F(name, expression in x, y and z): valid C and valid OpenCL C of any width. */
#define SC_SCALAR_CASES(F)                                                                         \
    F(exp, sc_exp(x))                                                                              \
    F(expm1, sc_expm1(x))                                                                          \
    F(log, sc_log(x))                                                                              \
    F(log1p, sc_log1p(x))                                                                          \
    F(tanh, sc_tanh(x))                                                                            \
    F(sigmoid, sc_sigmoid(x))                                                                      \
    F(softplus, sc_softplus(x))                                                                    \
    F(silu, sc_silu(x))                                                                            \
    F(mish, sc_mish(x))                                                                            \
    F(gelu, sc_gelu(x))                                                                            \
    F(gelu_tanh, sc_gelu_tanh(x))                                                                  \
    F(normal_cdf, sc_normal_cdf(x))                                                                \
    F(erf, sc_erf(x))                                                                              \
    F(sin, sc_sin(x))                                                                              \
    F(cos, sc_cos(x))                                                                              \
    F(sqrt, sc_sqrt(x))                                                                            \
    F(rsqrt, sc_rsqrt(x))                                                                          \
    F(relu, sc_relu(x))                                                                            \
    F(abs, sc_abs(x))                                                                              \
    F(sign, sc_sign(x))                                                                            \
    F(floor, sc_floor(x))                                                                          \
    F(is_finite, SC_TO_REAL(sc_is_finite(x) & 1))                                                  \
    F(to_int, SC_TO_REAL(sc_to_int(x)))                                                            \
    F(min, sc_min(x, y))                                                                           \
    F(max, sc_max(x, y))                                                                           \
    F(clip, sc_clip(x, -sc_abs(y), sc_abs(y)))                                                     \
    F(select, sc_select(x < y, x, y))                                                              \
    F(pow, sc_pow(x, y))                                                                           \
    F(divide, x / y)                                                                               \
    F(multiply_add, (x * y) + x)                                                                   \
    F(int_div, SC_TO_REAL(sc_int_div(SC_AS_INT(SC_AS_UINT(x)), SC_AS_INT(SC_AS_UINT(y)))))         \
    F(int_mod, SC_TO_REAL(sc_int_mod(SC_AS_INT(SC_AS_UINT(x)), SC_AS_INT(SC_AS_UINT(y)))))         \
    F(uniform, sc_uniform(SC_AS_UINT(x)))                                                          \
    F(uniform_above_zero, sc_uniform_above_zero(SC_AS_UINT(x)))                                    \
    F(sin_turn, sc_sin_turn(SC_AS_UINT(x)))                                                        \
    F(cos_turn, sc_cos_turn(SC_AS_UINT(x)))

/* Zero, ends of the subnormal, normal and finite ranges, infinities, NaNs, where a function turns
 * from one form to another, and the floats nearest to multiples of pi / 2. Tried with both
 * signs. */
static const uint32_t sc_special_bits[] = {
    0x00000000, 0x00000001, 0x00000002, 0x00400000, 0x007fffff, 0x00800000, 0x00800001, 0x01000000,
    0x0cffffff, 0x32ffffff, 0x33000000, 0x33000001, 0x33800000, 0x34000000, 0x3e800000, 0x3eb17217,
    0x3eb17218, 0x3ed413cc, 0x3ed413cd, 0x3e95f61a, 0x3f000000, 0x3f317218, 0x3f3504f3, 0x3f3504f4,
    0x3f48f5c2, 0x3f48f5c3, 0x3f490fda, 0x3f490fdb, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fb504f3,
    0x3fc90fdb, 0x40000000, 0x40490fdb, 0x407ad70a, 0x407ae148, 0x40800000, 0x40c90fdb, 0x4110a3d7,
    0x41102cb4, 0x41200000, 0x41400000, 0x41600000, 0x416e0e51, 0x41700000, 0x41c80000, 0x42ae0000,
    0x42ae8000, 0x42aeac50, 0x42b17217, 0x42b17218, 0x42b20000, 0x42cff1b4, 0x42cff1b5, 0x42d00000,
    0x42f00000, 0x432a0000, 0x4a7fffff, 0x4affffff, 0x4b000000, 0x4b000001, 0x4b7fffff, 0x4b800000,
    0x4effffff, 0x4f000000, 0x4f7fffff, 0x4f800000, 0x53800000, 0x5f000000, 0x6f79be45, 0x7f000000,
    0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fa00000, 0x7fc00000, 0x7fffffff, 0x4096cbe4, 0x437ce5f1,
    0x474d246f, 0x4c2332e9, 0x50a3e87f, 0x53b146a6, 0x5c07bcd0, 0x65898498, 0x6a1976f1, 0x6c55da58,
    0x723fa09a, 0x77584625, 0x58584f80, 0x7f3dcda0,
};

typedef struct sc_pair {
    float x, y;
} sc_pair;

enum { SC_SPECIALS = 2 * (int)(sizeof sc_special_bits / sizeof sc_special_bits[0]) };

static inline float sc_special(uint64_t index) {
    return sc_bits_to_float(sc_special_bits[index / 2] | (uint32_t)(index % 2) << 31);
}

/* Every stride-th bit pattern, then all pairs of special values. */
static inline uint64_t sc_input_count(uint64_t stride) {
    return (0xffffffffu / stride + 1) + (uint64_t)SC_SPECIALS * SC_SPECIALS;
}

/*
 * x is the pattern; y is, in turn, any pattern, a whole number from -8 to 7 and a number in [-8,
 * 8).
 */
static inline sc_pair sc_input(uint64_t index, uint64_t stride) {
    uint64_t patterns = 0xffffffffu / stride + 1;
    if (index >= patterns) {
        uint64_t pair = index - patterns;
        return (sc_pair){sc_special(pair / SC_SPECIALS), sc_special(pair % SC_SPECIALS)};
    }
    uint32_t counter[4] = {(uint32_t)index, 0, 0, 0}, key[2] = {1, 2}, words[4];
    sc_philox4x32(counter, key, words);
    float small = (float)(words[0] >> 8) * 0x1p-20f - 8.0f;
    float choices[3] = {sc_bits_to_float(words[0]), sc_floor(small), small};
    return (sc_pair){sc_bits_to_float((uint32_t)(index * stride)), choices[index % 3]};
}

static inline bool sc_same_bits(float a, float b) {
    return sc_float_to_bits(a) == sc_float_to_bits(b) || (a != a && b != b);
}

/* SC_SCALAR_STRIDE=1 in the environment tries every one of the 2^32 patterns. */
static inline uint64_t sc_scalar_stride(void) {
    const char *text = getenv("SC_SCALAR_STRIDE");
    unsigned long long stride = text ? strtoull(text, NULL, 10) : 65537;
    return stride ? stride : 65537;
}

#endif
