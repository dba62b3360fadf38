/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vector type of a device's width and the few operations that the register-tile kernels need on
 * it. -D SC_VECTOR_WIDTH=16|8|4 (default 16) chooses the type. OpenCL C only. It must not know any
 * operation.
 */
#ifndef SC_VECTOR_H
#define SC_VECTOR_H

#ifndef SC_VECTOR_WIDTH
#define SC_VECTOR_WIDTH 16
#endif

#define SC_JOIN_TEXT(a, b) a##b
#define SC_JOIN(a, b) SC_JOIN_TEXT(a, b)

typedef SC_JOIN(float, SC_VECTOR_WIDTH) sc_vector;

#define SC_LOAD(pointer) SC_JOIN(vload, SC_VECTOR_WIDTH)(0, pointer)
#define SC_STORE(value, pointer) SC_JOIN(vstore, SC_VECTOR_WIDTH)(value, 0, pointer)

/* One rounding where the device does it in hardware, two where it would have to emulate it. */
#if defined(SC_NO_FMA)
#define SC_FMA(a, b, c) ((a) * (b) + (c))
#else
#define SC_FMA(a, b, c) fma(a, b, c)
#endif

/* Turns SC_VECTOR_WIDTH vectors, the rows of a square, into its columns by rounds of interleaving
 * halves. */
static inline void sc_transpose(sc_vector *square) {
    sc_vector other[SC_VECTOR_WIDTH];
#pragma unroll
    for (int round = 1; round < SC_VECTOR_WIDTH; round *= 2) {
#pragma unroll
        for (int i = 0; i < SC_VECTOR_WIDTH / 2; ++i) {
            const sc_vector a = square[i];
            const sc_vector b = square[i + SC_VECTOR_WIDTH / 2];
            other[2 * i].even = a.lo;
            other[2 * i].odd = b.lo;
            other[2 * i + 1].even = a.hi;
            other[2 * i + 1].odd = b.hi;
        }
#pragma unroll
        for (int i = 0; i < SC_VECTOR_WIDTH; ++i) square[i] = other[i];
    }
}

/* Stores the first `count` elements of a vector, with few stores and no access past them. */
static inline void sc_store_part4(float4 v, global float *target, int count) {
    if (count & 2) {
        vstore2(v.lo, 0, target);
        target += 2;
        v.lo = v.hi;
    }
    if (count & 1) *target = v.x;
}

#if SC_VECTOR_WIDTH >= 8
static inline void sc_store_part8(float8 v, global float *target, int count) {
    if (count & 4) {
        vstore4(v.lo, 0, target);
        target += 4;
        v.lo = v.hi;
    }
    sc_store_part4(v.lo, target, count);
}
#endif

#if SC_VECTOR_WIDTH >= 16
static inline void sc_store_part16(float16 v, global float *target, int count) {
    if (count & 8) {
        vstore8(v.lo, 0, target);
        target += 8;
        v.lo = v.hi;
    }
    sc_store_part8(v.lo, target, count);
}
#endif

/* Loads the first `count` elements of a vector, without access past them; the others are 0. */
static inline float4 sc_load_part4(global const float *source, int count) {
    float4 v = (float4)(0.0f);
    if (count & 2) v.lo = vload2(0, source);
    if ((count & 3) == 1) v.x = *source;
    if ((count & 3) == 3) v.z = source[2];
    return v;
}

#if SC_VECTOR_WIDTH >= 8
static inline float8 sc_load_part8(global const float *source, int count) {
    if (count & 4) return (float8)(vload4(0, source), sc_load_part4(source + 4, count));
    return (float8)(sc_load_part4(source, count), (float4)(0.0f));
}
#endif

#if SC_VECTOR_WIDTH >= 16
static inline float16 sc_load_part16(global const float *source, int count) {
    if (count & 8) return (float16)(vload8(0, source), sc_load_part8(source + 8, count));
    return (float16)(sc_load_part8(source, count), (float8)(0.0f));
}
#endif

/* Lane j < count is source[j * step], the others are 0. */
static inline float4 sc_load_apart4(global const float *source, int step, int count) {
    float4 v = (float4)(0.0f);
    if (count > 0) v.x = *source;
    if (count > 1) v.y = source[step];
    if (count > 2) v.z = source[2 * step];
    if (count > 3) v.w = source[3 * step];
    return v;
}

#if SC_VECTOR_WIDTH >= 8
static inline float8 sc_load_apart8(global const float *source, int step, int count) {
    return (float8)(sc_load_apart4(source, step, count),
                    sc_load_apart4(source + 4 * step, step, count - 4));
}
#endif

#if SC_VECTOR_WIDTH >= 16
static inline float16 sc_load_apart16(global const float *source, int step, int count) {
    return (float16)(sc_load_apart8(source, step, count),
                     sc_load_apart8(source + 8 * step, step, count - 8));
}
#endif

#define sc_load_apart SC_JOIN(sc_load_apart, SC_VECTOR_WIDTH)

static inline __attribute__((always_inline)) sc_vector sc_load_part(global const float *source,
                                                                    int count) {
    return count >= SC_VECTOR_WIDTH ? SC_LOAD(source)
                                    : SC_JOIN(sc_load_part, SC_VECTOR_WIDTH)(source, count);
}

static inline void sc_store_part(sc_vector v, global float *target, int count) {
    if (count >= SC_VECTOR_WIDTH)
        SC_STORE(v, target);
    else
        SC_JOIN(sc_store_part, SC_VECTOR_WIDTH)(v, target, count);
}

#endif
