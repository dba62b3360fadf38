/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floats in two bytes: f16 (IEEE binary16: sign 1, exponent 5, fraction 10) and bf16 (the upper
 * half of a binary32). Both are storage alone: a value is computed as a float and rounded once,
 * to nearest even, when it is stored. For C and OpenCL C. It must not know any operation.
 *
 * In memory such a value is an unsigned short. Conversions are arithmetic on integers, so that they
 * need no extension and give the same bits everywhere; where a device has halves (cl_khr_fp16) its
 * own are used. (Clang hides the loads and stores of halves, though they are core, where it has
 * not.)
 */
#ifndef SC_STORAGE_H
#define SC_STORAGE_H

#ifdef __OPENCL_C_VERSION__
/* a where the condition holds; each case is computed, one is chosen. */
#define SC_STORAGE_SELECT(uint_type, condition, a, b)                                              \
    select((uint_type)(b), (uint_type)(a), condition)
#define SC_STORAGE_INLINE static inline
#define SC_STORAGE_UINT uint
#define SC_STORAGE_INT(u) as_int(u)
#define SC_STORAGE_REAL(i) convert_float(i)
#define SC_STORAGE_BITS(x) as_uint(x)
#define SC_STORAGE_FLOAT(u) as_float(u)
#else
#include "scalar_type.h"
#define SC_STORAGE_SELECT(uint_type, condition, a, b) sc_blend(0u - (uint_type)(condition), a, b)
#define SC_STORAGE_INLINE static inline __attribute__((always_inline))
#define SC_STORAGE_UINT uint32_t
#define SC_STORAGE_INT(u) ((int32_t)(u))
#define SC_STORAGE_REAL(i) ((float)(i))
#define SC_STORAGE_BITS(x) sc_float_to_bits(x)
#define SC_STORAGE_FLOAT(u) sc_bits_to_float(u)
#endif

/* Between the exponents of f32 and f16: 127 - 15. */
#define SC_F16_EXPONENTS (112u << 23)

/* sc_of_f16: exactly; a NaN becomes quiet. */
#define SC_DEFINE_OF_F16(name, uint_type, real_type, to_int, to_real, to_bits, to_float)           \
    SC_STORAGE_INLINE real_type name(uint_type bits) {                                             \
        const uint_type magnitude = (bits & 0x7fffu) << 13;                                        \
        const uint_type normal = magnitude + SC_F16_EXPONENTS;                                     \
        const uint_type quiet =                                                                    \
            SC_STORAGE_SELECT(uint_type, magnitude > 0x0f800000u, 0x00400000u, 0u);                \
        const uint_type infinite = (magnitude + 2 * SC_F16_EXPONENTS) | quiet;                     \
        const uint_type small = to_bits(to_real(to_int(bits & 0x3ffu)) * 0x1p-24f);                \
        const uint_type finite =                                                                   \
            SC_STORAGE_SELECT(uint_type, magnitude < 0x00800000u, small, normal);                  \
        const uint_type wide =                                                                     \
            SC_STORAGE_SELECT(uint_type, magnitude >= 0x0f800000u, infinite, finite);              \
        return to_float(wide | (bits & 0x8000u) << 16);                                            \
    }
SC_DEFINE_OF_F16(sc_of_f16, SC_STORAGE_UINT, float, SC_STORAGE_INT, SC_STORAGE_REAL,
                 SC_STORAGE_BITS, SC_STORAGE_FLOAT)

/* Adding 0.5 to what is below 2^-14 leaves multiples of 2^-24, the subnormals of f16. */
SC_STORAGE_INLINE SC_STORAGE_UINT sc_to_f16(float value) {
    const SC_STORAGE_UINT bits = SC_STORAGE_BITS(value), magnitude = bits & 0x7fffffffu;
    const SC_STORAGE_UINT normal =
        (magnitude - SC_F16_EXPONENTS + 0xfffu + (magnitude >> 13 & 1u)) >> 13;
    const SC_STORAGE_UINT tiny =
        SC_STORAGE_SELECT(SC_STORAGE_UINT, magnitude < 0x38800000u, magnitude, 0u);
    const SC_STORAGE_UINT small = SC_STORAGE_BITS(SC_STORAGE_FLOAT(tiny) + 0.5f) - 0x3f000000u;
    const SC_STORAGE_UINT nan = 0x7e00u | (magnitude >> 13 & 0x3ffu);
    SC_STORAGE_UINT half_bits =
        SC_STORAGE_SELECT(SC_STORAGE_UINT, magnitude < 0x38800000u, small, normal);
    half_bits = SC_STORAGE_SELECT(SC_STORAGE_UINT, magnitude >= 0x477ff000u, 0x7c00u, half_bits);
    half_bits = SC_STORAGE_SELECT(SC_STORAGE_UINT, magnitude > 0x7f800000u, nan, half_bits);
    return half_bits | (bits >> 16 & 0x8000u);
}

SC_STORAGE_INLINE float sc_of_bf16(SC_STORAGE_UINT bits) {
    return SC_STORAGE_FLOAT(bits << 16);
}

/* A NaN stays one and becomes quiet. */
SC_STORAGE_INLINE SC_STORAGE_UINT sc_to_bf16(float value) {
    const SC_STORAGE_UINT bits = SC_STORAGE_BITS(value);
    const SC_STORAGE_UINT nearest = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
    return (bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : nearest;
}

#ifdef __OPENCL_C_VERSION__
/* Element i of a pointer to what lies in memory, and the 16 elements that a pointer begins. */
#ifdef cl_khr_fp16
#define SC_LOAD_F16(pointer, i) vload_half(i, (global const half *)(pointer))
#define SC_STORE_F16(pointer, i, value) vstore_half_rte(value, i, (global half *)(pointer))
#define SC_LOAD16_F16(pointer) vload_half16(0, (global const half *)(pointer))
#else
SC_DEFINE_OF_F16(sc_of_16_f16, uint16, float16, as_int16, convert_float16, as_uint16, as_float16)
#define SC_LOAD_F16(pointer, i) sc_of_f16((pointer)[i])
#define SC_STORE_F16(pointer, i, value) (pointer)[i] = (ushort)sc_to_f16(value)
#define SC_LOAD16_F16(pointer) sc_of_16_f16(convert_uint16(vload16(0, pointer)))
#endif
#define SC_LOAD_BF16(pointer, i) sc_of_bf16((pointer)[i])
#define SC_STORE_BF16(pointer, i, value) (pointer)[i] = (ushort)sc_to_bf16(value)
#define SC_LOAD16_BF16(pointer) as_float16(convert_uint16(vload16(0, pointer)) << 16)
#endif

#endif
