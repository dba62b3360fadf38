/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maximum pooling with windows of 2 x 2 side by side: two runs of eight outputs at once. A run
 * needs the sixteen elements from its first window on in either row, also those of them that belong
 * to no window of its own row. OpenCL C only, vectors of 16 (vector.h). It must not know planes.
 */
#ifndef SC_POOL_PAIRS_H
#define SC_POOL_PAIRS_H

static inline void sc_store_octet(float8 most, int8 tap, int count, global float *to,
                                  global int *index) {
    if (count >= 8) {
        vstore8(most, 0, to);
        vstore8(tap, 0, index);
        return;
    }
    sc_store_part8(most, to, count);
    int4 quad = tap.lo;
    if (count & 4) {
        vstore4(quad, 0, index);
        index += 4;
        quad = tap.hi;
    }
    if (count & 2) vstore2(quad.lo, 0, index);
    if (count & 1) index[count & 2] = count & 2 ? quad.z : quad.x;
}

/* The later tap wins if it is larger or the first NaN. As a float, and by select: oclgrind 21.10
 * chooses wrongly between integers and between constants. */
static inline void sc_take_larger(float16 *most, float16 *place, float16 value, float tap) {
    const int16 more = ~(value <= *most) & (*most == *most);
    *most = select(*most, value, more);
    *place = select(*place, (float16)(tap), more);
}

/* Outputs 0 .. 7 from `first` on, 8 .. 15 from `second` on; `width` further on is the lower row. */
static inline float16 sc_maxpool_pairs(global const float *first, global const float *second,
                                       int width, int16 *index) {
    const float16 a = vload16(0, first), b = vload16(0, second);
    const float16 c = vload16(0, first + width), d = vload16(0, second + width);
    float16 most = (float16)(a.even, b.even), place = (float16)(0.0f);
    sc_take_larger(&most, &place, (float16)(a.odd, b.odd), 1.0f);
    sc_take_larger(&most, &place, (float16)(c.even, d.even), 2.0f);
    sc_take_larger(&most, &place, (float16)(c.odd, d.odd), 3.0f);
    *index = convert_int16(place);
    return most;
}

/* One output row. */
static inline void sc_maxpool_pair_row(global const float *upper, int width, int count,
                                       global float *to, global int *index) {
    for (int x = 0; x < count; x += 16) {
        const bool two = x + 8 < count;
        int16 tap;
        const float16 most =
            sc_maxpool_pairs(upper + 2 * x, upper + 2 * x + (two ? 16 : 0), width, &tap);
        sc_store_octet(most.lo, tap.lo, count - x, to + x, index + x);
        if (two) sc_store_octet(most.hi, tap.hi, count - x - 8, to + x + 8, index + x + 8);
    }
}

/* Two output rows of at most eight outputs. */
static inline void sc_maxpool_two_rows(global const float *upper, int width, int count,
                                       global float *to, global int *index) {
    int16 tap;
    const float16 most = sc_maxpool_pairs(upper, upper + 2 * width, width, &tap);
    sc_store_octet(most.lo, tap.lo, count, to, index);
    sc_store_octet(most.hi, tap.hi, count, to + count, index + count);
}

#endif
