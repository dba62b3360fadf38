/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers of Socle: Philox4x32-10 (Salmon et al. 2011, the generator of Random123), and
 * uniform and normal numbers made from its words. A pure function of counter and key: no state, so
 * any element can be drawn anywhere, in any order, with equal bits. The rules of scalar.h hold;
 * where SC_UINT is a vector each lane is a generator of its own. It must not know what a counter
 * stands for.
 */
#ifndef SC_PHILOX_H
#define SC_PHILOX_H

#include "scalar.h"

/* Ten rounds over a 128-bit counter under a 64-bit key, low words first; words may be counter. */
SC_INLINE void sc_philox4x32(const SC_UINT *counter, const SC_UINT *key, SC_UINT *words) {
    const SC_UINT multiplier0 = (SC_UINT)(0xd2511f53u);
    const SC_UINT multiplier1 = (SC_UINT)(0xcd9e8d57u);
    SC_UINT c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    SC_UINT k0 = key[0], k1 = key[1];

    for (int round = 0; round < 10; round++) {
        SC_UINT high0 = SC_MUL_HI(multiplier0, c0);
        SC_UINT high1 = SC_MUL_HI(multiplier1, c2);
        SC_UINT low0 = multiplier0 * c0;
        SC_UINT low1 = multiplier1 * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

/* Uniform in [0, 1): the upper 24 bits of a word times 2^-24. */
SC_INLINE SC_REAL sc_uniform(SC_UINT word) {
    return SC_TO_REAL(SC_AS_INT(word >> 8)) * 5.96046448e-8f;
}

/* Uniform in (0, 1], for logarithms. */
SC_INLINE SC_REAL sc_uniform_above_zero(SC_UINT word) {
    return SC_TO_REAL(SC_AS_INT((word >> 8) + 1u)) * 5.96046448e-8f;
}

/* words[lane], lane < 4, without an array that must live in memory. */
SC_INLINE SC_UINT sc_word_at(const SC_UINT *words, SC_UINT lane) {
    SC_UINT odd = 0u - (lane & 1u);
    SC_UINT upper = 0u - ((lane >> 1) & 1u);
    return sc_blend(upper, sc_blend(odd, words[3], words[2]), sc_blend(odd, words[1], words[0]));
}

/*
 * Standard normal, |value| <= 5.77 (Box and Muller): words 0 and 1 give lanes 0 (cosine) and 1
 * (sine), words 2 and 3 give lanes 2 and 3. The radius takes 24 bits of the first word of a pair,
 * the angle all 32 of the second.
 */
SC_INLINE SC_REAL sc_normal(const SC_UINT *words, SC_UINT lane) {
    SC_UINT upper = 0u - ((lane >> 1) & 1u);
    SC_UINT for_radius = sc_blend(upper, words[2], words[0]);
    SC_UINT for_angle = sc_blend(upper, words[3], words[1]);
    SC_REAL radius = sc_sqrt(-2.0f * sc_log(sc_uniform_above_zero(for_radius)));
    return radius * sc_sin_turn(for_angle + ((lane & 1u) ^ 1u) * 0x40000000u);
}

#endif
