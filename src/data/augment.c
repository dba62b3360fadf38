/* SPDX-License-Identifier: Apache-2.0 */
/* One Philox block per sample and epoch: a word for each thing that is drawn. */
#include "data/augment.h"

#include "base/rng.h"

bool sc_augment_any(const sc_augment *augment) {
    return augment->shift > 0 || augment->flip_horizontal;
}

/* A word of random bits to a whole number from -most to most. */
static int32_t within(uint32_t word, int32_t most) {
    uint64_t choices = 2 * (uint64_t)most + 1;
    return (int32_t)((uint64_t)word * choices >> 32) - most;
}

void sc_augment_origin(int32_t out[SC_AUGMENT_ORIGIN], const sc_augment *augment, uint64_t seed,
                       uint32_t sample, uint32_t epoch) {
    uint32_t word[4];
    sc_rng_words(word, seed, (const uint32_t[4]){sample, epoch, 0, SC_RNG_AUGMENT});
    out[0] = within(word[0], augment->shift);
    out[1] = within(word[1], augment->shift);
    out[2] = augment->flip_horizontal ? (int32_t)(word[2] >> 31) : 0;
}
