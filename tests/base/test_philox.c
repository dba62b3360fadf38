/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Philox on the host: the published vectors, Random123 itself, and the distributions made from it.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <Random123/philox.h>
#include <string.h>

#include "cl/philox.h"

/* Rows of Random123's file of known answers for philox4x32 with 10 rounds. */
Test(philox, known_answers) {
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        uint32_t words[4];
        sc_philox4x32(rows[r].counter, rows[r].key, words);
        for (int i = 0; i < 4; i++)
            cr_assert_eq(words[i], rows[r].words[i],
                         "row %zu, word %d: 0x%08" PRIx32 ", expected 0x%08" PRIx32, r, i, words[i],
                         rows[r].words[i]);
    }
}

Test(philox, equals_random123) {
    philox4x32_ctr_t state = {{1, 2, 3, 4}};
    philox4x32_key_t key = {{5, 6}};
    for (int n = 0; n < 100000; n++) {
        philox4x32_ctr_t expected = philox4x32(state, key);
        uint32_t words[4];
        sc_philox4x32(state.v, key.v, words);
        cr_assert(memcmp(words, expected.v, sizeof words) == 0,
                  "counter %08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %08" PRIx32 " key %08" PRIx32
                  " %08" PRIx32 ": other words than Random123",
                  state.v[0], state.v[1], state.v[2], state.v[3], key.v[0], key.v[1]);
        key.v[n % 2] = expected.v[n % 4];
        state = expected;
    }
}

Test(philox, words_may_replace_the_counter) {
    uint32_t counter[4] = {1, 2, 3, 4}, key[2] = {5, 6}, words[4];
    sc_philox4x32(counter, key, words);
    sc_philox4x32(counter, key, counter);
    cr_assert(memcmp(words, counter, sizeof words) == 0);
}

Test(philox, word_at_picks_its_lane) {
    const uint32_t words[4] = {10, 11, 12, 13};
    for (uint32_t lane = 0; lane < 4; lane++) cr_assert_eq(sc_word_at(words, lane), 10 + lane);
}

Test(philox, uniform_covers_its_interval_and_not_more) {
    cr_assert_eq(sc_uniform(0), 0);
    cr_assert_eq(sc_uniform(0xff), 0);
    cr_assert_eq(sc_uniform(0x100), 0x1p-24f);
    cr_assert_eq(sc_uniform(0xffffffff), 1 - 0x1p-24f);
    cr_assert_eq(sc_uniform_above_zero(0), 0x1p-24f);
    cr_assert_eq(sc_uniform_above_zero(0xffffffff), 1);
}

/* The angle is exact: quarter turns are exact, and the error elsewhere is that of sin. */
Test(philox, turns_are_precise) {
    cr_assert(sc_sin_turn(0) == 0 && sc_cos_turn(0) == 1);
    cr_assert(sc_sin_turn(0x40000000) == 1 && sc_cos_turn(0x40000000) == 0);
    cr_assert(sc_sin_turn(0x80000000) == 0 && sc_cos_turn(0x80000000) == -1);
    for (uint64_t word = 0; word <= 0xffffffff; word += 65537) {
        double expected = sin(2 * 3.14159265358979323846 * (double)word / 0x1p32);
        float got = sc_sin_turn((uint32_t)word);
        cr_assert(fabs(got - expected) <= 3 * 0x1p-23 * fabs(expected) + 1e-15,
                  "sc_sin_turn(0x%08" PRIx64 ") = %.9g, expected %.17g", word, (double)got,
                  expected);
    }
}

/* At most 5.77 in magnitude, whatever the words. */
Test(philox, normal_is_finite_for_the_extreme_words) {
    const uint32_t extremes[] = {0, 1, 0xff, 0x100, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff};
    enum { COUNT = sizeof extremes / sizeof extremes[0] };
    for (int i = 0; i < COUNT * COUNT; i++) {
        uint32_t words[4] = {extremes[i / COUNT], extremes[i % COUNT], extremes[i % COUNT],
                             extremes[i / COUNT]};
        for (uint32_t lane = 0; lane < 4; lane++) {
            float value = sc_normal(words, lane);
            cr_assert(fabsf(value) <= 5.77f, "words 0x%08" PRIx32 " 0x%08" PRIx32 " lane %u: %.9g",
                      words[0], words[1], (unsigned)lane, (double)value);
        }
    }
}

static double normal_lane(uint32_t index, uint32_t lane) {
    const uint32_t counter[4] = {index, 0, 0, 7}, key[2] = {42, 0};
    uint32_t words[4];
    sc_philox4x32(counter, key, words);
    return (double)sc_normal(words, lane);
}

/*
 * With n = 4 * 2^18 draws the mean of z, z^2 - 1, z^3, z^4 - 3 and of products of neighbouring
 * lanes has a standard deviation of s / sqrt(n); six of them are allowed. The seed is fixed, so the
 * test cannot fail by chance.
 */
Test(philox, normal_has_normal_moments) {
    enum { COUNTERS = 1 << 18 };
    double sum[5] = {0};
    for (uint32_t index = 0; index < COUNTERS; index++)
        for (uint32_t lane = 0; lane < 4; lane++) {
            double z = normal_lane(index, lane);
            sum[0] += z;
            sum[1] += z * z - 1;
            sum[2] += z * z * z;
            sum[3] += z * z * z * z - 3;
            sum[4] += z * normal_lane(index, (lane + 1) % 4);
        }
    const double deviation[5] = {1, sqrt(2), sqrt(15), sqrt(96), 1};
    for (int m = 0; m < 5; m++) {
        double error = sum[m] / (4.0 * COUNTERS), bound = 6 * deviation[m] / sqrt(4.0 * COUNTERS);
        cr_assert(fabs(error) <= bound, "moment %d is off by %g, more than %g", m, error, bound);
    }
}

/* Kolmogorov's distance between 2^18 draws, counted in 4096 cells, and the distribution function.
 */
Test(philox, normal_has_the_normal_distribution) {
    enum { DRAWS = 1 << 18, CELLS = 4096 };
    static int count[CELLS];
    for (uint32_t n = 0; n < DRAWS; n++) {
        double z = normal_lane(n / 4, n % 4);
        int cell = (int)((z + 6) / 12 * CELLS);
        count[cell]++;
    }
    int below = 0;
    for (int cell = 0; cell < CELLS; cell++) {
        below += count[cell];
        double z = 12.0 * (cell + 1) / CELLS - 6, expected = 0.5 * erfc(-z / sqrt(2.0));
        double distance = fabs((double)below / DRAWS - expected);
        cr_assert(distance <= 1.95 / sqrt(DRAWS), "distance %g at z = %g", distance, z);
    }
}
