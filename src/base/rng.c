/* SPDX-License-Identifier: Apache-2.0 */
/* Host random numbers through the text the kernels use, so that a weight drawn here has the bits a
 * device would have drawn. */
#include "base/rng.h"

#include "cl/philox.h"

void sc_rng_words(uint32_t out[4], uint64_t seed, const uint32_t counter[4]) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    sc_philox4x32(counter, key, out);
}

/* The four words of elements 4 * block .. 4 * block + 3. */
static void block_words(uint32_t out[4], size_t block, uint64_t seed, uint32_t stream,
                        uint32_t purpose) {
    const uint32_t counter[4] = {(uint32_t)block, stream, (uint32_t)((uint64_t)block >> 32),
                                 purpose};
    sc_rng_words(out, seed, counter);
}

void sc_rng_uniform(float *out, size_t count, uint64_t seed, uint32_t stream, uint32_t purpose) {
    uint32_t words[4] = {0};
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0) block_words(words, i / 4, seed, stream, purpose);
        out[i] = sc_uniform(words[i % 4]);
    }
}

void sc_rng_normal(float *out, size_t count, uint64_t seed, uint32_t stream, uint32_t purpose) {
    uint32_t words[4] = {0};
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0) block_words(words, i / 4, seed, stream, purpose);
        out[i] = sc_normal(words, (uint32_t)(i % 4));
    }
}

/* Uniform in 0..bound-1 (bound > 0): the high half of word * bound, rejecting the few words that
 * would make some results likelier (Lemire, "Fast Random Integer Generation in an Interval", 2019).
 * `position` and the number of the attempt are the counter. */
static uint32_t draw_below(uint32_t bound, uint64_t seed, uint32_t position, uint32_t epoch) {
    uint32_t rejected = (uint32_t)-bound % bound;
    for (uint32_t attempt = 0;; attempt++) {
        const uint32_t counter[4] = {position / 4, epoch, attempt, SC_RNG_SHUFFLE};
        uint32_t words[4];
        sc_rng_words(words, seed, counter);
        uint64_t product = (uint64_t)words[position % 4] * bound;
        if ((uint32_t)product >= rejected) return (uint32_t)(product >> 32);
    }
}

void sc_rng_permutation(uint32_t *out, uint32_t count, uint64_t seed, uint32_t epoch) {
    for (uint32_t i = 0; i < count; i++) out[i] = i;
    for (uint32_t left = count; left > 1; left--) {
        uint32_t chosen = draw_below(left, seed, left - 1, epoch);
        uint32_t last = out[left - 1];
        out[left - 1] = out[chosen];
        out[chosen] = last;
    }
}
