/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers for the vectors of fused tails (store.h): those of neighbouring elements of a
 * sample, the same bits as random.h gives one by one. OpenCL C only. It must not know who draws.
 *
 * Quads are what GPU-class devices compute with. Theirs never lie in an array: one that is indexed
 * by a value unknown to the compiler would lie in memory there.
 */
#ifndef SC_RANDOM_VECTOR_H
#define SC_RANDOM_VECTOR_H

#include "random.h"
#include "vector.h"

#if SC_VECTOR_WIDTH == 4

/* The four numbers of one Philox call. */
static inline float4 sc_random_group(uint group, int sample, uint ordinal, sc_launch_values launch,
                                     const int normal) {
    const uint counter[4] = {group, (uint)sample, (uint)launch.step, ordinal};
    const uint key[2] = {launch.seed[0], launch.seed[1]};
    uint words[4];
    sc_philox4x32(counter, key, words);
    if (normal)
        return (float4)(sc_normal(words, 0u), sc_normal(words, 1u), sc_normal(words, 2u),
                        sc_normal(words, 3u));
    return (float4)(sc_uniform(words[0]), sc_uniform(words[1]), sc_uniform(words[2]),
                    sc_uniform(words[3]));
}

static inline float4 sc_random_vector(uint first, int count, int sample, uint ordinal,
                                      sc_launch_values launch, const int normal) {
    const float4 low = sc_random_group(first >> 2, sample, ordinal, launch, normal);
    if ((first & 3u) == 0) return low;
    const float4 high = sc_random_group((first >> 2) + 1, sample, ordinal, launch, normal);
    const bool upper = first & 2u;
    const float4 four = upper ? (float4)(low.zw, high.xy) : low;
    const float fifth = upper ? high.z : high.x;
    return first & 1u ? (float4)(four.yzw, fifth) : four;
}

#else

static inline sc_vector sc_random_vector(uint first, int count, int sample, uint ordinal,
                                         sc_launch_values launch, const int normal) {
    float room[SC_RANDOM_ROOM];
    return SC_LOAD(sc_random_run(room, first, (uint)count, sample, ordinal, launch, normal));
}

#endif

#endif
