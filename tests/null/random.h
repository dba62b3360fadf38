/* SPDX-License-Identifier: Apache-2.0 */
/* A small generator for random test cases (SplitMix64, Steele et al. 2014): one word of state, so a
 * case is its seed. */
#ifndef SC_TESTS_RANDOM_H
#define SC_TESTS_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline int random_below(uint64_t *state, int limit) {
    return (int)(random_next(state) % (uint64_t)limit);
}

static inline float random_float(uint64_t *state) { /* in [-1, 1) */
    return (float)(random_next(state) >> 40) * 0x1p-23f - 1.0f;
}

#endif
