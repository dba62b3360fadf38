/* SPDX-License-Identifier: Apache-2.0 */
/* Panels for register tiles, and the turning of small matrices; compiled once per instruction set. */
#include "cpu/cpu_loops.h"

#include <string.h>

enum { SQUARE = 4 };

#if defined(__GNUC__)
typedef float quad __attribute__((vector_size(SQUARE * sizeof(float))));
typedef int32_t quad_index __attribute__((vector_size(SQUARE * sizeof(int32_t))));

#if defined(__clang__)
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#else
#define INTERLEAVE_LOW(a, b) __builtin_shuffle(a, b, (quad_index){0, 4, 1, 5})
#define INTERLEAVE_HIGH(a, b) __builtin_shuffle(a, b, (quad_index){2, 6, 3, 7})
#endif

/* to[j * to_pitch + i] = from[i * from_pitch + j], 4 x 4. */
static inline void turn_square(float *to, int64_t to_pitch, const float *from, int64_t from_pitch) {
    quad r[SQUARE];
    for (int i = 0; i < SQUARE; i++) memcpy(&r[i], from + i * from_pitch, sizeof(quad));
    quad low02 = INTERLEAVE_LOW(r[0], r[2]), high02 = INTERLEAVE_HIGH(r[0], r[2]);
    quad low13 = INTERLEAVE_LOW(r[1], r[3]), high13 = INTERLEAVE_HIGH(r[1], r[3]);
    r[0] = INTERLEAVE_LOW(low02, low13);
    r[1] = INTERLEAVE_HIGH(low02, low13);
    r[2] = INTERLEAVE_LOW(high02, high13);
    r[3] = INTERLEAVE_HIGH(high02, high13);
    for (int i = 0; i < SQUARE; i++) memcpy(to + i * to_pitch, &r[i], sizeof(quad));
}
#else
static inline void turn_square(float *to, int64_t to_pitch, const float *from, int64_t from_pitch) {
    for (int i = 0; i < SQUARE; i++)
        for (int j = 0; j < SQUARE; j++) to[j * to_pitch + i] = from[i * from_pitch + j];
}
#endif

void SC_LOOP(turn)(float *to, int64_t to_pitch, const float *from, int64_t from_pitch, int64_t rows,
                   int64_t columns) {
    int64_t whole_rows = rows - rows % SQUARE, whole_columns = columns - columns % SQUARE;
    for (int64_t i = 0; i < whole_rows; i += SQUARE)
        for (int64_t j = 0; j < whole_columns; j += SQUARE)
            turn_square(to + j * to_pitch + i, to_pitch, from + i * from_pitch + j, from_pitch);
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
        if (lane_step == 1) memcpy(to, line, (size_t)count * sizeof *to);
        else
            for (int64_t i = 0; i < count; i++) to[i] = line[i * lane_step];
    }
}
