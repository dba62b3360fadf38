/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers of the reference: Philox4x32-10 from the paper (Salmon et al., "Parallel Random
 * Numbers: As Easy as 1, 2, 3", SC11), and the uniform and normal numbers that expr.h defines on
 * its words. */
#include "verify/reference.h"
#include "verify/tolerance.h"

#include <math.h>

void sc_reference_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]) {
    uint64_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint64_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = c[0] * UINT64_C(0xD2511F53), p1 = c[2] * UINT64_C(0xCD9E8D57);
        c[0] = (p1 >> 32) ^ c[1] ^ k0;
        c[1] = p1 & UINT32_MAX;
        c[2] = (p0 >> 32) ^ c[3] ^ k1;
        c[3] = p0 & UINT32_MAX;
        k0 = (k0 + UINT64_C(0x9E3779B9)) & UINT32_MAX;
        k1 = (k1 + UINT64_C(0xBB67AE85)) & UINT32_MAX;
    }
    for (int i = 0; i < 4; i++) out[i] = (uint32_t)c[i];
}

static void words_of(uint32_t out[4], const sc_reference_point *point, uint32_t ordinal) {
    const uint32_t counter[4] = {point->element / 4, point->sample, point->launch->step, ordinal};
    const uint32_t key[2] = {(uint32_t)point->launch->seed, (uint32_t)(point->launch->seed >> 32)};
    sc_reference_philox(out, counter, key);
}

/* The upper 24 bits of a word are the fraction. */
double sc_reference_uniform(const sc_reference_point *point, uint32_t ordinal) {
    uint32_t word[4];
    words_of(word, point, ordinal);
    return (word[point->element % 4] >> 8) * 0x1p-24;
}

/* Box-Muller on words (0,1) for elements 0 (cosine) and 1 (sine) of a group of four, (2,3) for the
 * others. */
double sc_reference_normal(const sc_reference_point *point, uint32_t ordinal, double *error) {
    uint32_t word[4];
    words_of(word, point, ordinal);
    int pair = point->element % 4 < 2 ? 0 : 2;
    double radius = sqrt(-2 * log(((word[pair] >> 8) + 1) * 0x1p-24));
    double angle = 2 * acos(-1) * (word[pair + 1] * 0x1p-32);
    *error = sc_tolerance_normal(radius);
    return radius * (point->element % 2 ? sin(angle) : cos(angle));
}
