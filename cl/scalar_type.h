/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types under the scalar mathematics, for the two compilers that read it: SC_REAL, SC_INT and
 * SC_UINT are float, int and unsigned int in C; in OpenCL C, with -D SC_WIDTH=2, 4, 8 or 16, they
 * are vectors of as many lanes. Also conversions between them, and choice without branches. It
 * must not know any function of mathematics.
 *
 * Conditions are results of comparisons (0 or 1 for scalars, 0 or -1 per lane for vectors): join
 * them with & and |, negate them with !.
 *
 * Functions are overloaded in OpenCL C, so one program can hold several widths: #undef SC_WIDTH
 * and the guards SC_..._H of the headers, define another SC_WIDTH, include again. To go back to a
 * width that is there, define SC_TYPES_ONLY and include this header alone.
 */
#ifndef SC_SCALAR_TYPE_H
#define SC_SCALAR_TYPE_H

#ifndef SC_WIDTH
#define SC_WIDTH 1
#endif

#undef SC_REAL
#undef SC_INT
#undef SC_UINT
#undef SC_TO_REAL
#undef SC_TO_INT
#undef SC_AS_REAL
#undef SC_AS_INT
#undef SC_AS_UINT
#undef SC_INT_BITS
#undef SC_MASK

#ifdef __OPENCL_C_VERSION__
#pragma OPENCL FP_CONTRACT OFF
#define SC_INLINE static inline __attribute__((overloadable, always_inline))
#define SC_SQRT(x) sqrt(x)
#define SC_MUL_HI(a, b) mul_hi(a, b)
#define SC_PASTE(name, width) name##width
#define SC_OF_WIDTH(name, width) SC_PASTE(name, width)
#if SC_WIDTH == 1
#define SC_REAL float
#define SC_INT int
#define SC_UINT uint
#define SC_TO_REAL(i) convert_float(i)
#define SC_TO_INT(x) convert_int(x)
#define SC_AS_REAL(u) as_float(u)
#define SC_AS_INT(u) as_int(u)
#define SC_AS_UINT(x) as_uint(x)
#define SC_INT_BITS(i) as_uint(i)
#define SC_MASK(condition) (0u - as_uint(condition))
#else
#define SC_REAL SC_OF_WIDTH(float, SC_WIDTH)
#define SC_INT SC_OF_WIDTH(int, SC_WIDTH)
#define SC_UINT SC_OF_WIDTH(uint, SC_WIDTH)
#define SC_TO_REAL(i) SC_OF_WIDTH(convert_float, SC_WIDTH)(i)
#define SC_TO_INT(x) SC_OF_WIDTH(convert_int, SC_WIDTH)(x)
#define SC_AS_REAL(u) SC_OF_WIDTH(as_float, SC_WIDTH)(u)
#define SC_AS_INT(u) SC_OF_WIDTH(as_int, SC_WIDTH)(u)
#define SC_AS_UINT(x) SC_OF_WIDTH(as_uint, SC_WIDTH)(x)
#define SC_INT_BITS(i) SC_OF_WIDTH(as_uint, SC_WIDTH)(i)
#define SC_MASK(condition) SC_INT_BITS(condition)
#endif

#else
#include <stdint.h>
#define SC_INLINE static inline __attribute__((always_inline))
#define SC_SQRT(x) __builtin_sqrtf(x)
#define SC_MUL_HI(a, b) ((uint32_t)(((uint64_t)(a) * (uint64_t)(b)) >> 32))

union sc_word {
    uint32_t bits;
    float value;
};

#define SC_REAL float
#define SC_INT int32_t
#define SC_UINT uint32_t
#define SC_TO_REAL(i) ((float)(i))
#define SC_TO_INT(x) ((int32_t)(x))
#define SC_AS_REAL(u) sc_bits_to_float(u)
#define SC_AS_INT(u) ((int32_t)(u))
#define SC_AS_UINT(x) sc_float_to_bits(x)
#define SC_INT_BITS(i) ((uint32_t)(i))
#define SC_MASK(condition) (0u - (uint32_t)(condition))

SC_INLINE float sc_bits_to_float(uint32_t bits) {
    return ((union sc_word){.bits = bits}).value;
}

SC_INLINE uint32_t sc_float_to_bits(float value) {
    return ((union sc_word){.value = value}).bits;
}
#endif

/* All ones in the lanes where a condition holds is SC_MASK; a constant in every lane SC_CONST. */
#define SC_CONST(c) ((SC_REAL)(c))
#define SC_INFINITY_BITS 0x7f800000u
#define SC_SIGN_BIT 0x80000000u
#define SC_NAN SC_AS_REAL((SC_UINT)(0x7fc00000u))
#define SC_INFINITY SC_AS_REAL((SC_UINT)(SC_INFINITY_BITS))

#ifndef SC_TYPES_ONLY
/* a where mask is all ones, b where it is zero. */
SC_INLINE SC_UINT sc_blend(SC_UINT mask, SC_UINT a, SC_UINT b) {
    return b ^ ((a ^ b) & mask);
}

/*
 * a where the condition holds, b elsewhere. In C through bits, because compilers turn ?: back into
 * jumps, and loops with jumps stay scalar. Let no arm be the constant -0.0f: clang 14 turns
 * x < 0 ? -0.0f : x into x <= 0 ? -0.0f : x.
 */
SC_INLINE SC_REAL sc_select(SC_INT condition, SC_REAL a, SC_REAL b) {
#ifdef __OPENCL_C_VERSION__
    return condition ? a : b;
#else
    return SC_AS_REAL(sc_blend(SC_MASK(condition), SC_AS_UINT(a), SC_AS_UINT(b)));
#endif
}
#endif

#endif
