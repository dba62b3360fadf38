/* SPDX-License-Identifier: Apache-2.0 */
/* Register tiles: a few rows of broadcast values times a panel of vectors. Matrix products and
 * convolutions are made of them; compiled once per instruction set. Every element is one chain of
 * multiply-adds in order of depth, so results do not depend on where tiles begin, and sets with fma
 * agree to the bit.
 *
 *     panel [depth][columns]      columns = VECTORS vectors
 *     row i . . . . -> tile [i][columns]
 *
 * window_row has a single column, and the vectors along the rows. */
#include "cpu/cpu_loops.h"

#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
enum { WIDTH = 16, VECTORS = 2, ROWS = 8 };
typedef __m512 vector;
#define MULTIPLY_ADD(a, b, c) _mm512_fmadd_ps(_mm512_set1_ps(a), b, c)
#elif defined(__FMA__)
#include <immintrin.h>
enum { WIDTH = 8, VECTORS = 2, ROWS = 6 };
typedef __m256 vector;
#define MULTIPLY_ADD(a, b, c) _mm256_fmadd_ps(_mm256_set1_ps(a), b, c)
#elif defined(__GNUC__)
enum { WIDTH = 4, VECTORS = 2, ROWS = 4 };
typedef float vector __attribute__((vector_size(WIDTH * sizeof(float))));
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#else
enum { WIDTH = 1, VECTORS = 4, ROWS = 4 };
typedef float vector;
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

enum { COLUMNS = WIDTH * VECTORS };

const int SC_LOOP(tile_rows) = ROWS;
const int SC_LOOP(tile_columns) = COLUMNS;

typedef vector sums[ROWS][VECTORS];

SC_ALWAYS_INLINE void load_tile(sums sum, const float *tile, int64_t pitch, const int rows,
                                bool add) {
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < VECTORS; v++) {
            if (add)
                memcpy(&sum[i][v], tile + i * pitch + v * WIDTH, sizeof(vector));
            else
                memset(&sum[i][v], 0, sizeof(vector));
        }
    }
}

SC_ALWAYS_INLINE void store_tile(float *tile, int64_t pitch, sums sum, const int rows) {
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < VECTORS; v++)
            memcpy(tile + i * pitch + v * WIDTH, &sum[i][v], sizeof(vector));
}

SC_ALWAYS_INLINE void load_panel(vector *right, const float *panel) {
    for (int v = 0; v < VECTORS; v++) memcpy(&right[v], panel + v * WIDTH, sizeof(vector));
}

SC_ALWAYS_INLINE void rows_tile(const sc_cpu_tile *t, const int rows) {
    const float *row[ROWS];
    const float *panel = t->panel;
    sums sum;
    for (int i = 0; i < rows; i++) row[i] = t->value + t->row_offset[i];
    load_tile(sum, t->tile, t->pitch, rows, t->add);
    for (int64_t line = 0; line < t->lines; line++) {
        int64_t at = line * t->line_step;
        for (int64_t k = 0; k < t->depth; k++, at += t->step, panel += COLUMNS) {
            vector right[VECTORS];
            load_panel(right, panel);
            for (int i = 0; i < rows; i++)
                for (int v = 0; v < VECTORS; v++)
                    sum[i][v] = MULTIPLY_ADD(row[i][at], right[v], sum[i][v]);
        }
    }
    store_tile(t->tile, t->pitch, sum, rows);
}

SC_ALWAYS_INLINE void window_tile(const sc_cpu_tile *t, const int rows, const int64_t step) {
    const float *panel = t->panel;
    sums sum;
    load_tile(sum, t->tile, t->pitch, rows, t->add);
    for (int64_t k = 0; k < t->depth; k++, panel += COLUMNS) {
        const float *value = t->value + t->depth_offset[k];
        vector right[VECTORS];
        load_panel(right, panel);
        for (int i = 0; i < rows; i++)
            for (int v = 0; v < VECTORS; v++)
                sum[i][v] = MULTIPLY_ADD(value[i * step], right[v], sum[i][v]);
    }
    store_tile(t->tile, t->pitch, sum, rows);
}

/* One body per number of rows, so that sums stay in registers. */
#define EACH_NUMBER_OF_ROWS(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)

void SC_LOOP(rows_tile)(const sc_cpu_tile *tile) {
    switch (tile->rows) {
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        rows_tile(tile, n < ROWS ? n : ROWS);                                                      \
        break;
        EACH_NUMBER_OF_ROWS(CASE)
#undef CASE
    }
}

void SC_LOOP(window_tile)(const sc_cpu_tile *tile) {
    switch (tile->rows) {
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        if (tile->step == 1)                                                                       \
            window_tile(tile, n < ROWS ? n : ROWS, 1);                                             \
        else                                                                                       \
            window_tile(tile, n < ROWS ? n : ROWS, tile->step);                                    \
        break;
        EACH_NUMBER_OF_ROWS(CASE)
#undef CASE
    }
}

/* ---- One column ---- */

enum { TOGETHER = 4 }; /* vectors whose sums are in registers */

SC_ALWAYS_INLINE vector load_apart(const float *from, const int64_t step, const int64_t count) {
    float lane[WIDTH] = {0};
    vector loaded;
    for (int64_t j = 0; j < count; j++) lane[j] = from[j * step];
    memcpy(&loaded, lane, sizeof loaded);
    return loaded;
}

/* `count` elements of one vector, or `vectors` whole ones. */
SC_ALWAYS_INLINE void window_block(float *to, const sc_cpu_tile *t, const float *value,
                                   const int64_t step, const int vectors, const int64_t count) {
    vector sum[TOGETHER];
    memset(sum, 0, sizeof sum);
    for (int64_t k = 0; k < t->depth; k++) {
        const float *from = value + t->depth_offset[k];
        for (int v = 0; v < vectors; v++) {
            vector at;
            if (step == 1 && count == WIDTH)
                memcpy(&at, from + v * WIDTH, sizeof at);
            else
                at = load_apart(from + v * WIDTH * step, step, count);
            sum[v] = MULTIPLY_ADD(t->panel[k], at, sum[v]);
        }
    }
    for (int v = 0; v < vectors; v++)
        memcpy(to + v * WIDTH, &sum[v], (size_t)count * sizeof(float));
}

SC_ALWAYS_INLINE void window_row(const sc_cpu_tile *t, int64_t count, const int64_t step) {
    int64_t x = 0;
    for (; x + TOGETHER * WIDTH <= count; x += TOGETHER * WIDTH)
        window_block(t->tile + x, t, t->value + x * step, step, TOGETHER, WIDTH);
    for (; x + WIDTH <= count; x += WIDTH)
        window_block(t->tile + x, t, t->value + x * step, step, 1, WIDTH);
    if (x < count) window_block(t->tile + x, t, t->value + x * step, step, 1, count - x);
}

void SC_LOOP(window_row)(const sc_cpu_tile *tile, int64_t count) {
    if (tile->step == 1)
        window_row(tile, count, 1);
    else if (tile->step == 2)
        window_row(tile, count, 2);
    else
        window_row(tile, count, tile->step);
}
