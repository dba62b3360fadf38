/* SPDX-License-Identifier: Apache-2.0 */
/* Philox blocks per sample and epoch, one for origins and two for what is covered: a word for each
 * thing that is drawn. */
#include "data/augment.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

bool sc_augment_any(const sc_augment *augment) {
    return augment->shift > 0 || augment->flip_horizontal || sc_augment_covers(augment);
}

bool sc_augment_covers(const sc_augment *augment) {
    return augment->erase > 0 || augment->cutout > 0;
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

/* A word of random bits to 0 .. count - 1. */
static int32_t below(uint32_t word, int64_t count) {
    return (int32_t)((uint64_t)word * (uint64_t)count >> 32);
}

/* And to a number of [from, to). */
static double between(uint32_t word, double from, double to) {
    return from + (to - from) * ((double)word / 4294967296.0);
}

static int32_t limit(double value, int64_t most) {
    const double whole = floor(value + 0.5);
    return (int32_t)(whole < 1 ? 1 : whole > (double)most ? (double)most : whole);
}

static void erase(int32_t *out, const uint32_t word[4], int64_t height, int64_t width) {
    const double area = between(word[0], 0.02, 0.33) * (double)(height * width),
                 aspect = exp(between(word[1], log(0.3), log(3.3)));
    out[2] = limit(sqrt(area * aspect), height);
    out[3] = limit(sqrt(area / aspect), width);
    out[0] = below(word[2], height - out[2] + 1);
    out[1] = below(word[3], width - out[3] + 1);
}

void sc_augment_hole(int32_t out[SC_AUGMENT_HOLE], const sc_augment *augment, uint64_t seed,
                     uint32_t sample, uint32_t epoch, int64_t height, int64_t width) {
    uint32_t word[4], chance[4];
    memset(out, 0, SC_AUGMENT_HOLE * sizeof *out);
    sc_rng_words(word, seed, (const uint32_t[4]){sample, epoch, 1, SC_RNG_AUGMENT});
    sc_rng_words(chance, seed, (const uint32_t[4]){sample, epoch, 2, SC_RNG_AUGMENT});
    if (augment->cutout > 0) {
        out[0] = below(word[2], height) - augment->cutout / 2;
        out[1] = below(word[3], width) - augment->cutout / 2;
        out[2] = out[3] = augment->cutout;
    } else if (between(chance[0], 0, 1) < augment->erase) {
        erase(out, word, height, width);
    }
}
