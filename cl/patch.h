/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying rows of a plain tensor into a zero-padded patch in local memory, as the direct
 * convolutions want them. OpenCL C only. It must not know kernels, filters or strides along rows
 * other than the phase count.
 *
 * Rows must be written in rising order: a row may spill up to SC_VECTOR_WIDTH floats past its end,
 * which the next row (or SC_VECTOR_WIDTH floats of slack after the last one) takes.
 */
#ifndef SC_PATCH_H
#define SC_PATCH_H

#include "vector.h"

static inline void sc_patch_zero(local float *row, int length) {
    for (int x = 0; x < length; x += SC_VECTOR_WIDTH) SC_STORE((sc_vector)(0.0f), row + x);
}

/* row[x] = source[first + x] where 0 <= first + x < width, else 0, for 0 <= x < length;
 * `source_end` bounds loads. */
static inline void sc_patch_row(local float *row, int length, global const float *source, int width,
                                int first, global const float *source_end) {
    const int begin = clamp(-first, 0, length);
    const int end = clamp(width - first, begin, length);
    int x = begin;
    sc_patch_zero(row, begin);
    for (; x < end && source + (first + x + SC_VECTOR_WIDTH) <= source_end; x += SC_VECTOR_WIDTH)
        SC_STORE(SC_LOAD(source + (first + x)), row + x);
    for (; x < end; ++x) row[x] = source[first + x];
    sc_patch_zero(row + end, length - end);
}

/* The same with the columns dealt out to `phases` rows of `pitch` floats: column j goes to phase j
 * % phases. */
static inline void sc_patch_row_phases(local float *row, int phases, int pitch,
                                       global const float *source, int width, int first) {
    for (int phase = 0; phase < phases; ++phase) {
        for (int i = 0; i < pitch; ++i) {
            const int x = first + i * phases + phase;
            row[phase * pitch + i] = x >= 0 && x < width ? source[x] : 0.0f;
        }
    }
}

#endif
