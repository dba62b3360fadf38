/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floats in two bytes: f16 (IEEE binary16: sign 1, exponent 5, fraction 10) and bf16 (the upper
 * half of a binary32). Both are storage alone: a value is computed as a float and rounded once,
 * to nearest even, when it is stored. For C and OpenCL C. It must not know any operation.
 *
 * In memory such a value is an unsigned short. OpenCL C 1.2 converts f16 without an extension.
 */
#ifndef SC_STORAGE_H
#define SC_STORAGE_H

#ifdef __OPENCL_C_VERSION__
#define SC_STORAGE_BITS(x) as_uint(x)
#define SC_STORAGE_FLOAT(u) as_float(u)
#define SC_STORAGE_UINT uint
#define SC_STORAGE_INLINE static inline

#define SC_LOAD_F16(pointer, i) vload_half(i, (global const half *)(pointer))
#define SC_STORE_F16(pointer, i, value) vstore_half_rte(value, i, (global half *)(pointer))
#define SC_LOAD16_F16(pointer) vload_half16(0, (global const half *)(pointer))
#define SC_LOAD_BF16(pointer, i) sc_of_bf16((pointer)[i])
#define SC_STORE_BF16(pointer, i, value) (pointer)[i] = (ushort)sc_to_bf16(value)
#define SC_LOAD16_BF16(pointer) as_float16(convert_uint16(vload16(0, pointer)) << 16)
#else
#include "scalar_type.h"
#define SC_STORAGE_BITS(x) sc_float_to_bits(x)
#define SC_STORAGE_FLOAT(u) sc_bits_to_float(u)
#define SC_STORAGE_UINT uint32_t
#define SC_STORAGE_INLINE static inline __attribute__((always_inline))
#endif

SC_STORAGE_INLINE float sc_of_bf16(SC_STORAGE_UINT bits) {
    return SC_STORAGE_FLOAT(bits << 16);
}

/* A NaN stays one and becomes quiet. */
SC_STORAGE_INLINE SC_STORAGE_UINT sc_to_bf16(float value) {
    const SC_STORAGE_UINT bits = SC_STORAGE_BITS(value);
    const SC_STORAGE_UINT nearest = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
    return (bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : nearest;
}

#ifndef __OPENCL_C_VERSION__
/* Between the exponents of the two types: 127 - 15. */
#define SC_F16_EXPONENTS (112u << 23)

/* As F16C converts: exactly; a NaN becomes quiet. Each case is computed, one is chosen. */
SC_STORAGE_INLINE float sc_of_f16(uint32_t bits) {
    const uint32_t magnitude = (bits & 0x7fffu) << 13;
    const uint32_t normal = magnitude + SC_F16_EXPONENTS;
    const uint32_t infinite =
        (magnitude + 2 * SC_F16_EXPONENTS) | (magnitude > 0x0f800000u ? 0x00400000u : 0u);
    const uint32_t subnormal = sc_float_to_bits((float)(int32_t)(bits & 0x3ffu) * 0x1p-24f);
    uint32_t wide = sc_blend(0u - (uint32_t)(magnitude < 0x00800000u), subnormal, normal);
    wide = sc_blend(0u - (uint32_t)(magnitude >= 0x0f800000u), infinite, wide);
    return sc_bits_to_float(wide | (bits & 0x8000u) << 16);
}

/* As F16C converts, rounding to nearest even. Adding 0.5 to what is below 2^-14 leaves multiples
 * of 2^-24, the subnormals of f16. */
SC_STORAGE_INLINE uint32_t sc_to_f16(float value) {
    const uint32_t bits = sc_float_to_bits(value), magnitude = bits & 0x7fffffffu;
    const uint32_t normal = (magnitude - SC_F16_EXPONENTS + 0xfffu + (magnitude >> 13 & 1u)) >> 13;
    const uint32_t subnormal =
        sc_float_to_bits(sc_bits_to_float(magnitude & (0u - (uint32_t)(magnitude < 0x38800000u))) +
                         0.5f) -
        0x3f000000u;
    const uint32_t nan = 0x7e00u | (magnitude >> 13 & 0x3ffu);
    uint32_t half = sc_blend(0u - (uint32_t)(magnitude < 0x38800000u), subnormal, normal);
    half = sc_blend(0u - (uint32_t)(magnitude >= 0x477ff000u), 0x7c00u, half);
    half = sc_blend(0u - (uint32_t)(magnitude > 0x7f800000u), nan, half);
    return half | (bits >> 16 & 0x8000u);
}
#endif

#endif
