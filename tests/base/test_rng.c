/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers: the published values of Philox, the right distributions, and permutations without
 * bias. */
#include "base/rng.h"

#include <Random123/philox.h>

#include "sc_test.h"

typedef struct known {
    uint32_t counter[4], key[2], words[4];
} known;

/* Salmon et al.: the test vectors that come with Random123. */
static const known vectors[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

Test(rng, published_vectors) {
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t words[4];
        uint64_t seed = (uint64_t)vectors[i].key[1] << 32 | vectors[i].key[0];
        sc_rng_words(words, seed, vectors[i].counter);
        SC_EQ_MEMORY(words, vectors[i].words, sizeof words);
    }
}

Test(rng, agrees_with_random123) {
    for (uint32_t i = 0; i < 1000; i++) {
        philox4x32_ctr_t counter = {{i * 2654435761u, i, ~i, i << 16}};
        philox4x32_key_t key = {{i * 40503u, 7 * i}};
        philox4x32_ctr_t expected = philox4x32(counter, key);
        uint32_t words[4];
        sc_rng_words(words, (uint64_t)key.v[1] << 32 | key.v[0], counter.v);
        SC_REPRO("vector %u", i);
        SC_EQ_MEMORY(words, expected.v, sizeof words);
    }
}

enum { MANY = 200000 };
static float values[MANY];

typedef struct moments {
    double mean, variance, fourth;
} moments;

static moments measure(void) {
    moments result = {0, 0, 0};
    for (int i = 0; i < MANY; i++) result.mean += values[i] / (double)MANY;
    for (int i = 0; i < MANY; i++) {
        double square = (values[i] - result.mean) * (values[i] - result.mean);
        result.variance += square / MANY;
        result.fourth += square * square / MANY;
    }
    return result;
}

/* Bounds are five standard errors of the estimate. */
Test(rng, uniform_distribution) {
    sc_rng_uniform(values, MANY, 42, 3, SC_RNG_INIT);
    int bins[64] = {0};
    for (int i = 0; i < MANY; i++) {
        SC_TRUE(values[i] >= 0.0f && values[i] < 1.0f);
        bins[(int)(values[i] * 64)]++;
    }
    moments found = measure();
    SC_NEAR(found.mean, 0.5, 5 * sqrt(1.0 / 12 / MANY));
    SC_NEAR(found.variance, 1.0 / 12, 5 * sqrt(1.0 / 180 / MANY));
    double chi_square = 0, expected = MANY / 64.0;
    for (int i = 0; i < 64; i++)
        chi_square += (bins[i] - expected) * (bins[i] - expected) / expected;
    SC_TRUE(chi_square > 20 && chi_square < 125); /* 63 degrees of freedom */
}

Test(rng, normal_distribution) {
    sc_rng_normal(values, MANY, 42, 3, SC_RNG_INIT);
    moments found = measure();
    SC_NEAR(found.mean, 0.0, 5 * sqrt(1.0 / MANY));
    SC_NEAR(found.variance, 1.0, 5 * sqrt(2.0 / MANY));
    SC_NEAR(found.fourth, 3.0, 5 * sqrt(96.0 / MANY));
    double neighbours = 0;
    for (int i = 0; i + 1 < MANY; i++) neighbours += values[i] * (double)values[i + 1] / MANY;
    SC_NEAR(neighbours, 0.0, 5 * sqrt(1.0 / MANY));
}

static void check_prefix(void (*draw)(float *, size_t, uint64_t, uint32_t, uint32_t)) {
    float all[64], some[64];
    draw(all, 64, 9, 1, 2);
    for (size_t count = 0; count < 64; count++) {
        for (int i = 0; i < 64; i++) some[i] = -77.0f;
        draw(some, count, 9, 1, 2);
        SC_EQ_MEMORY(some, all, count * sizeof some[0]);
        for (size_t i = count; i < 64; i++) SC_EQ_FLOAT_BITS(some[i], -77.0f);
    }
}

Test(rng, an_element_does_not_depend_on_the_count) {
    check_prefix(sc_rng_uniform);
    check_prefix(sc_rng_normal);
}

Test(rng, seed_stream_and_purpose_all_matter) {
    float first[8], other[8];
    sc_rng_uniform(first, 8, 1, 1, 1);
    static const struct {
        uint64_t seed;
        uint32_t stream, purpose;
    } changed[] = {{2, 1, 1}, {UINT64_C(1) << 32 | 1, 1, 1}, {1, 2, 1}, {1, 1, 2}};
    for (int i = 0; i < 4; i++) {
        sc_rng_uniform(other, 8, changed[i].seed, changed[i].stream, changed[i].purpose);
        for (int j = 0; j < 8; j++) SC_TRUE(first[j] != other[j]);
    }
}

static void check_is_permutation(uint32_t count, uint32_t epoch) {
    uint32_t *order = malloc((count + 1) * sizeof *order);
    char *seen = calloc(count + 1, 1);
    SC_REPRO("count %u, epoch %u", count, epoch);
    order[count] = 12345;
    sc_rng_permutation(order, count, 7, epoch);
    for (uint32_t i = 0; i < count; i++) {
        SC_TRUE(order[i] < count);
        SC_EQ(seen[order[i]]++, 0);
    }
    SC_EQ(order[count], 12345);
    free(seen);
    free(order);
}

Test(rng, permutations_hold_every_index_once) {
    static const uint32_t counts[] = {0, 1, 2, 3, 4, 5, 31, 64, 1000, 65537};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (uint32_t epoch = 0; epoch < 3; epoch++) check_is_permutation(counts[i], epoch);
}

Test(rng, permutations_differ_by_epoch_and_seed_and_repeat) {
    uint32_t first[100], again[100], epoch[100], seed[100];
    sc_rng_permutation(first, 100, 7, 0);
    sc_rng_permutation(again, 100, 7, 0);
    sc_rng_permutation(epoch, 100, 7, 1);
    sc_rng_permutation(seed, 100, 8, 0);
    SC_EQ_MEMORY(first, again, sizeof first);
    SC_TRUE(memcmp(first, epoch, sizeof first) != 0);
    SC_TRUE(memcmp(first, seed, sizeof first) != 0);
}

/* All 24 orders of four, over many epochs: chi-square with 23 degrees of freedom. */
Test(rng, every_order_is_equally_likely) {
    enum { EPOCHS = 24000 };
    int found[256] = {0};
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t order[4];
        sc_rng_permutation(order, 4, 99, epoch);
        found[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    int kinds = 0;
    double chi_square = 0;
    for (int i = 0; i < 256; i++) {
        if (found[i] == 0) continue;
        kinds++;
        chi_square += (found[i] - EPOCHS / 24.0) * (found[i] - EPOCHS / 24.0) / (EPOCHS / 24.0);
    }
    SC_EQ(kinds, 24);
    SC_TRUE(chi_square > 5 && chi_square < 60);
}

/* Pinned, so that a change of the shuffle, which would change every run, is noticed. */
Test(rng, pinned_permutation) {
    static const uint32_t expected[8] = {3, 1, 6, 7, 4, 0, 2, 5};
    uint32_t order[8];
    sc_rng_permutation(order, 8, 1, 0);
    SC_EQ_MEMORY(order, expected, sizeof order);
}
