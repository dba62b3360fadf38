/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Division by a number that the host knows, as a product and a shift: GPUs have no instruction that
 * divides. Shared by C and OpenCL C so that both sides agree on its layout.
 *
 * With s the bits of divisor - 1 and multiplier = ceil(2^(31 + s) / divisor), the quotient of every
 * n < 2^31 is n * multiplier >> (31 + s): what the multiplier is too large by is less than divisor
 * <= 2^s over 2^(31 + s), so n times that stays below one part in divisor.
 */
#ifndef SC_SHAPE_DIVIDE_H
#define SC_SHAPE_DIVIDE_H

#include "argument.h"

typedef struct sc_shape_divide {
    unsigned int multiplier;
    unsigned int shift; /* 31 + s */
} sc_shape_divide;
SC_ARGUMENT(sc_shape_divide, 2);

#ifdef __OPENCL_C_VERSION__

static inline uint sc_divide(uint n, sc_shape_divide by) {
    return (uint)(((ulong)n * by.multiplier) >> by.shift);
}

#else

/* divisor < 2^31; 0 counts as 1. */
static inline sc_shape_divide sc_divide_by(unsigned int divisor) {
    unsigned int bits = 0;
    if (divisor == 0) divisor = 1;
    while (1ull << bits < divisor) bits++;
    return (sc_shape_divide){(unsigned int)(((1ull << (31 + bits)) + divisor - 1) / divisor),
                             31 + bits};
}

#endif

#endif
