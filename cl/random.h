/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers for generated kernels: of one element, and of a run of neighbouring elements of a
 * sample at once, where one Philox call serves four and vectors of sixteen calls run side by side.
 * Both give the same bits. Leaves the scalar mathematics included at width 1. OpenCL C only. It
 * must not know who draws.
 */
#ifndef SC_RANDOM_H
#define SC_RANDOM_H

#include "launch.h"

#define SC_RANDOM_WIDTH 16 /* the scalar mathematics of this width is there, too */
#undef SC_WIDTH
#define SC_WIDTH SC_RANDOM_WIDTH
#include "philox.h"
#include "scalar.h"
#include "scalar_special.h"

/* Room for `count` numbers after up to 3 before the first wanted one, in whole vectors. */
#define SC_RANDOM_BLOCK 256
#define SC_RANDOM_ROOM (SC_RANDOM_BLOCK + 64)

/* out[4 * group + word] from one vector per word. */
static inline void sc_random_interleave(float *out, float16 w0, float16 w1, float16 w2,
                                        float16 w3) {
    float16 even, odd;
    even.even = w0.lo, even.odd = w2.lo, odd.even = w1.lo, odd.odd = w3.lo;
    vstore16((float16)(even.s0, odd.s0, even.s1, odd.s1, even.s2, odd.s2, even.s3, odd.s3, even.s4,
                       odd.s4, even.s5, odd.s5, even.s6, odd.s6, even.s7, odd.s7),
             0, out);
    vstore16((float16)(even.s8, odd.s8, even.s9, odd.s9, even.sa, odd.sa, even.sb, odd.sb, even.sc,
                       odd.sc, even.sd, odd.sd, even.se, odd.se, even.sf, odd.sf),
             1, out);
    even.even = w0.hi, even.odd = w2.hi, odd.even = w1.hi, odd.odd = w3.hi;
    vstore16((float16)(even.s0, odd.s0, even.s1, odd.s1, even.s2, odd.s2, even.s3, odd.s3, even.s4,
                       odd.s4, even.s5, odd.s5, even.s6, odd.s6, even.s7, odd.s7),
             2, out);
    vstore16((float16)(even.s8, odd.s8, even.s9, odd.s9, even.sa, odd.sa, even.sb, odd.sb, even.sc,
                       odd.sc, even.sd, odd.sd, even.se, odd.se, even.sf, odd.sf),
             3, out);
}

/* out[0 .. SC_RANDOM_ROOM) gets the numbers of elements from first - first % 4 on, at least to
 * first + count; returns where the one of `first` is. count <= SC_RANDOM_BLOCK. */
static inline const float *sc_random_run(float *out, uint first, uint count, int sample,
                                         uint ordinal, sc_launch_values launch, const int normal) {
    const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const uint16 key[2] = {(uint16)(launch.seed[0]), (uint16)(launch.seed[1])};
    const uint skipped = first & 3u;
    for (uint done = 0; done < skipped + count; done += 64) {
        const uint16 counter[4] = {(uint16)((first + done) >> 2) + lanes, (uint16)((uint)sample),
                                   (uint16)((uint)launch.step), (uint16)(ordinal)};
        uint16 words[4];
        sc_philox4x32(counter, key, words);
        if (normal)
            sc_random_interleave(out + done, sc_normal(words, (uint16)(0)),
                                 sc_normal(words, (uint16)(1)), sc_normal(words, (uint16)(2)),
                                 sc_normal(words, (uint16)(3)));
        else
            sc_random_interleave(out + done, sc_uniform(words[0]), sc_uniform(words[1]),
                                 sc_uniform(words[2]), sc_uniform(words[3]));
    }
    return out + skipped;
}

#undef SC_SCALAR_TYPE_H
#undef SC_SCALAR_H
#undef SC_SCALAR_SPECIAL_H
#undef SC_PHILOX_H
#undef SC_WIDTH
#define SC_WIDTH 1
#include "philox.h"
#include "scalar.h"
#include "scalar_special.h"

static inline float sc_random_one(uint element, int sample, uint ordinal, sc_launch_values launch,
                                  const int normal) {
    const uint counter[4] = {element >> 2, (uint)sample, (uint)launch.step, ordinal};
    const uint key[2] = {launch.seed[0], launch.seed[1]};
    uint words[4];
    sc_philox4x32(counter, key, words);
    return normal ? sc_normal(words, element & 3u) : sc_uniform(sc_word_at(words, element & 3u));
}

#endif
