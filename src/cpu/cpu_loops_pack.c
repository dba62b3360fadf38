/* SPDX-License-Identifier: Apache-2.0 */
/* Panels for register tiles, and the turning of small matrices; compiled once per instruction set.
 */
#include "cpu/cpu_loops.h"

#include <string.h>

#if defined(__clang__)
#define PICK4(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define PICK8(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#elif defined(__GNUC__)
#define PICK4(a, b, ...) __builtin_shuffle(a, b, (quad_index){__VA_ARGS__})
#define PICK8(a, b, ...) __builtin_shuffle(a, b, (oct_index){__VA_ARGS__})
#endif

enum { QUAD = 4, OCT = 8 };

#if defined(__GNUC__)
typedef float quad __attribute__((vector_size(QUAD * sizeof(float))));
typedef int32_t quad_index __attribute__((vector_size(QUAD * sizeof(int32_t))));

/* to[j * to_pitch + i] = from[i * from_pitch + j], 4 x 4. */
SC_ALWAYS_INLINE void turn_quad(float *to, int64_t to_pitch, const float *from,
                                int64_t from_pitch) {
    quad r[QUAD];
    for (int i = 0; i < QUAD; i++) memcpy(&r[i], from + i * from_pitch, sizeof(quad));
    quad low02 = PICK4(r[0], r[2], 0, 4, 1, 5), high02 = PICK4(r[0], r[2], 2, 6, 3, 7);
    quad low13 = PICK4(r[1], r[3], 0, 4, 1, 5), high13 = PICK4(r[1], r[3], 2, 6, 3, 7);
    r[0] = PICK4(low02, low13, 0, 4, 1, 5);
    r[1] = PICK4(low02, low13, 2, 6, 3, 7);
    r[2] = PICK4(high02, high13, 0, 4, 1, 5);
    r[3] = PICK4(high02, high13, 2, 6, 3, 7);
    for (int i = 0; i < QUAD; i++) memcpy(to + i * to_pitch, &r[i], sizeof(quad));
}
#else
SC_ALWAYS_INLINE void turn_quad(float *to, int64_t to_pitch, const float *from,
                                int64_t from_pitch) {
    for (int i = 0; i < QUAD; i++)
        for (int j = 0; j < QUAD; j++) to[j * to_pitch + i] = from[i * from_pitch + j];
}
#endif

#if defined(__AVX__)
typedef float oct __attribute__((vector_size(OCT * sizeof(float))));
typedef int32_t oct_index __attribute__((vector_size(OCT * sizeof(int32_t))));

/* The same, 8 x 8: pairs of rows, then pairs of pairs, then halves. */
SC_ALWAYS_INLINE void turn_oct(float *to, int64_t to_pitch, const float *from, int64_t from_pitch) {
    oct r[OCT], s[OCT];
    for (int i = 0; i < OCT; i++) memcpy(&r[i], from + i * from_pitch, sizeof(oct));
    for (int i = 0; i < OCT; i += 2) {
        s[i] = PICK8(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        s[i + 1] = PICK8(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < OCT; i += 4) {
        for (int j = 0; j < 2; j++) {
            r[i + 2 * j] = PICK8(s[i + j], s[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            r[i + 2 * j + 1] = PICK8(s[i + j], s[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (int i = 0; i < OCT / 2; i++) {
        s[i] = PICK8(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        s[i + 4] = PICK8(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    for (int i = 0; i < OCT; i++) memcpy(to + i * to_pitch, &s[i], sizeof(oct));
}
#endif

/* Whole squares of rows x columns; the rest is the caller's. */
static void turn_squares(float *to, int64_t to_pitch, const float *from, int64_t from_pitch,
                         int64_t rows, int64_t columns) {
    for (int64_t i = 0; i + QUAD <= rows; i += QUAD) {
        int64_t j = 0;
#if defined(__AVX__)
        if (i % OCT == 0 && i + OCT <= rows) {
            for (; j + OCT <= columns; j += OCT)
                turn_oct(to + j * to_pitch + i, to_pitch, from + i * from_pitch + j, from_pitch);
        } else if (i % OCT != 0) {
            j = columns - columns % OCT; /* done with the rows above */
        }
#endif
        for (; j + QUAD <= columns; j += QUAD)
            turn_quad(to + j * to_pitch + i, to_pitch, from + i * from_pitch + j, from_pitch);
    }
}

void SC_LOOP(turn)(float *to, int64_t to_pitch, const float *from, int64_t from_pitch, int64_t rows,
                   int64_t columns) {
    int64_t whole_rows = rows - rows % QUAD, whole_columns = columns - columns % QUAD;
    turn_squares(to, to_pitch, from, from_pitch, rows, columns);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = i < whole_rows ? whole_columns : 0; j < columns; j++)
            to[j * to_pitch + i] = from[i * from_pitch + j];
}

void SC_LOOP(pack_panel)(float *panel, int64_t lanes, const float *from, int64_t lane_step,
                         int64_t depth_step, int64_t count, int64_t depth) {
    if (count < lanes) memset(panel, 0, (size_t)(lanes * depth) * sizeof *panel);
    if (depth_step == 1) {
        SC_LOOP(turn)(panel, lanes, from, lane_step, count, depth);
        return;
    }
    for (int64_t k = 0; k < depth; k++) {
        const float *line = from + k * depth_step;
        float *to = panel + k * lanes;
        if (lane_step == 1)
            memcpy(to, line, (size_t)count * sizeof *to);
        else
            for (int64_t i = 0; i < count; i++) to[i] = line[i * lane_step];
    }
}
