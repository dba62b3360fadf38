/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers on the host: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1,
 * 2, 3", SC11) through cl/philox.h, the same text the kernels use. Stateless: a value is a function
 * of the seed and a counter. Used for initial weights, shuffling and augmentation. */
#ifndef SC_BASE_RNG_H
#define SC_BASE_RNG_H

#include "env.h"

/* What the fourth counter word says, so that no two uses of one seed share numbers. Random nodes of
 * a graph use their ordinal (0, 1, ...), which stays below SC_RNG_RESERVED. */
enum {
    SC_RNG_RESERVED = 0x40000000,
    SC_RNG_SHUFFLE = 0x40000000,
    SC_RNG_TOY = 0x48000000,
    SC_RNG_TOY_NOISE = 0x4c000000,
    SC_RNG_INIT = 0x50000000,
    SC_RNG_AUGMENT = 0x60000000,
    SC_RNG_DESCENT = 0x70000000,
    SC_RNG_REPLACE = 0x78000000,
    SC_RNG_SEARCH = 0x7c000000
};

/* Four words for (seed, counter). */
void sc_rng_words(uint32_t out[4], uint64_t seed, const uint32_t counter[4]);
/* out[i], i < count: uniform in [0,1) / standard normal; element i uses counter (i/4, stream, 0,
 * purpose). */
void sc_rng_uniform(float *out, size_t count, uint64_t seed, uint32_t stream, uint32_t purpose);
void sc_rng_normal(float *out, size_t count, uint64_t seed, uint32_t stream, uint32_t purpose);
/* A permutation of 0..count-1 (Fisher-Yates, unbiased); `epoch` makes each one different. */
void sc_rng_permutation(uint32_t *out, uint32_t count, uint64_t seed, uint32_t epoch);

#endif
