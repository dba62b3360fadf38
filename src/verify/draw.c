/* SPDX-License-Identifier: Apache-2.0 */
/* See draw.h. */
#include "verify/draw.h"

uint64_t sc_draw_next(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double sc_draw_uniform(uint64_t *state) {
    return (double)(sc_draw_next(state) >> 11) * 0x1p-53;
}

int64_t sc_draw_below(uint64_t *state, int64_t limit) {
    return (int64_t)(sc_draw_next(state) % (uint64_t)limit);
}

int64_t sc_draw_between(uint64_t *state, int64_t low, int64_t high) {
    return low + sc_draw_below(state, high - low + 1);
}

bool sc_draw_once_in(uint64_t *state, int64_t times) {
    return sc_draw_below(state, times) == 0;
}

int64_t sc_draw_size(uint64_t *state, int64_t most) {
    static const int64_t edge[] = {4, 8, 12, 16, 24, 28, 32, 48, 64, 128, 256, 384, 1024};
    int64_t size = 1;
    switch (sc_draw_below(state, 4)) {
    case 0:
        size = sc_draw_between(state, 1, 5);
        break;
    case 1:
        size = sc_draw_between(state, 1, most);
        break;
    default:
        do size = edge[sc_draw_below(state, sizeof edge / sizeof edge[0])];
        while (size > most && most >= edge[0]);
        size = size * sc_draw_between(state, 1, 2) + sc_draw_between(state, -1, 1);
        break;
    }
    return size < 1 ? 1 : size > most ? most : size;
}

void sc_draw_sizes(uint64_t *state, int rank, int64_t *size, int64_t elements) {
    /* In random order, or the first ones would always be the large ones. */
    int first = rank ? (int)sc_draw_below(state, rank) : 0;
    for (int i = 0; i < rank; i++) {
        int d = (first + i) % rank;
        size[d] = sc_draw_size(state, elements < 512 ? elements : 512);
        elements /= size[d];
    }
}

sc_draw sc_draw_make(uint64_t seed, int family, int64_t row, int64_t count) {
    enum { CASES_OF_A_STYLE = 64, MOST_STYLES = 128 };
    int64_t styles = count / CASES_OF_A_STYLE;
    styles = styles < 1 ? 1 : styles > MOST_STYLES ? MOST_STYLES : styles;
    uint64_t base = seed * UINT64_C(0x2545F4914F6CDD1D) + (uint64_t)family * 1000003;
    sc_draw draw = {.row = base ^ ((uint64_t)row + 1) * UINT64_C(0xD1342543DE82EF95)};
    (void)sc_draw_next(&draw.row);
    draw.style = base + (uint64_t)sc_draw_below(&draw.row, styles) * 7919 + 17;
    (void)sc_draw_next(&draw.style);
    return draw;
}
