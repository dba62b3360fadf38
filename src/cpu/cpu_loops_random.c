/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of random numbers, as expr.h defines them: one Philox call gives four neighbouring
 * elements of a sample; compiled once per instruction set. */
#include "cpu/cpu_loops.h"
#include "cpu/cpu_scalar.h"

enum { GROUPS = 64, WORDS = 4 };

/* out[w * GROUPS + g] = word w of group first + g, so that the loop runs over lanes. */
static void draw(uint32_t *out, const sc_cpu_random *random, uint32_t first, uint32_t groups) {
    SC_INDEPENDENT
    for (uint32_t g = 0; g < groups; g++) {
        const uint32_t counter[WORDS] = {first + g, random->sample, random->step, random->ordinal};
        const uint32_t key[2] = {(uint32_t)random->seed, (uint32_t)(random->seed >> 32)};
        uint32_t word[WORDS];
        sc_philox4x32(counter, key, word);
        out[g] = word[0];
        out[GROUPS + g] = word[1];
        out[2 * GROUPS + g] = word[2];
        out[3 * GROUPS + g] = word[3];
    }
}

static void to_uniform(float *value, const uint32_t *word) {
    SC_INDEPENDENT
    for (int g = 0; g < WORDS * GROUPS; g++) value[g] = sc_uniform(word[g]);
}

static void to_normal(float *value, const uint32_t *word) {
    for (uint32_t lane = 0; lane < WORDS; lane++) {
        float *to = value + lane * GROUPS;
        SC_INDEPENDENT
        for (int g = 0; g < GROUPS; g++) {
            const uint32_t words[WORDS] = {word[g], word[GROUPS + g], word[2 * GROUPS + g],
                                           word[3 * GROUPS + g]};
            to[g] = sc_normal(words, lane);
        }
    }
}

static void fill(float *out, const sc_cpu_random *random, int64_t first, int64_t count,
                 void (*convert)(float *value, const uint32_t *word)) {
    uint32_t word[WORDS * GROUPS] = {0};
    float value[WORDS * GROUPS];
    int64_t end = first + count;
    for (int64_t element = first - first % WORDS; element < end; element += WORDS * GROUPS) {
        int64_t from = element < first ? first - element : 0;
        int64_t to = end - element < WORDS * GROUPS ? end - element : WORDS * GROUPS;
        draw(word, random, (uint32_t)(element / WORDS), (uint32_t)((to + WORDS - 1) / WORDS));
        convert(value, word);
        float *row = out + (element - first);
        for (int64_t i = from; i < to; i++) row[i] = value[i % WORDS * GROUPS + i / WORDS];
    }
}

void SC_LOOP(uniform)(float *out, const sc_cpu_random *random, int64_t first, int64_t count) {
    fill(out, random, first, count, to_uniform);
}

void SC_LOOP(normal)(float *out, const sc_cpu_random *random, int64_t first, int64_t count) {
    fill(out, random, first, count, to_normal);
}
