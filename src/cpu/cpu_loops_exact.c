/* SPDX-License-Identifier: Apache-2.0 */
/* Register tiles whose multiply-adds are rounded once on every processor, for plans whose bits must
 * not depend on it: sets with fma take their own tiles, the others emulate it. Compiled once per
 * instruction set. */
#include "cpu/cpu_loops.h"

#include <string.h>

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)

void SC_LOOP(exact_rows_tile)(const sc_cpu_tile *tile) {
    SC_LOOP(rows_tile)(tile);
}

void SC_LOOP(exact_window_tile)(const sc_cpu_tile *tile) {
    SC_LOOP(window_tile)(tile);
}

#else

/* The product is exact in double precision. The sum is rounded to odd there: where bits were cut
 * off its last bit is 1, so that the conversion to float, which needs fewer bits, rounds as if it
 * saw all of them (Boldo and Melquiond 2008). */
SC_ALWAYS_INLINE float multiply_add(float a, float b, float c) {
    const double product = (double)a * (double)b, addend = (double)c;
    double sum = product + addend;
    const double back = sum - product;
    const double error = (product - (sum - back)) + (addend - back);
    int64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    const int64_t cut = (error > 0.0) | (error < 0.0), outward = (error > 0.0) == (sum > 0.0);
    bits += (cut & ~bits & 1) * (2 * outward - 1);
    memcpy(&sum, &bits, sizeof bits);
    return (float)sum;
}

static void add_line(const sc_cpu_tile *t, const float *panel, float value, int row) {
    float *sum = t->tile + row * t->pitch;
    const int columns = SC_LOOP(tile_columns);
    SC_INDEPENDENT
    for (int j = 0; j < columns; j++) sum[j] = multiply_add(value, panel[j], sum[j]);
}

static void begin(const sc_cpu_tile *t) {
    for (int i = 0; i < t->rows && !t->add; i++)
        memset(t->tile + i * t->pitch, 0, (size_t)SC_LOOP(tile_columns) * sizeof *t->tile);
}

void SC_LOOP(exact_rows_tile)(const sc_cpu_tile *t) {
    const float *panel = t->panel;
    begin(t);
    for (int64_t line = 0; line < t->lines; line++)
        for (int64_t k = 0; k < t->depth; k++, panel += SC_LOOP(tile_columns))
            for (int i = 0; i < t->rows; i++)
                add_line(t, panel, t->value[t->row_offset[i] + line * t->line_step + k * t->step],
                         i);
}

void SC_LOOP(exact_window_tile)(const sc_cpu_tile *t) {
    const float *panel = t->panel;
    begin(t);
    for (int64_t k = 0; k < t->depth; k++, panel += SC_LOOP(tile_columns))
        for (int i = 0; i < t->rows; i++)
            add_line(t, panel, t->value[t->depth_offset[k] + i * t->step], i);
}

#endif
