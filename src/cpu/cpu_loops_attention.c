/* SPDX-License-Identifier: Apache-2.0 */
/* What attention does with the scores of a row of pairs; compiled once per instruction set. Sums
 * have 16 interleaved parts, as everywhere along rows. */
#include "cpu/cpu_loops_rows.h"

void SC_LOOP(attention_weights)(float *score, int64_t count, float scale, float state[2],
                                float *out, int64_t depth) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) score[i] = score[i] * scale;
    const float most = sc_max(state[0], row_max(score, count));
    const float base = most == -SC_INFINITY ? 0.0f : most; /* nothing but -inf so far: weights 0 */
    const float again = state[0] == most           ? 1.0f
                        : state[0] == -SC_INFINITY ? 0.0f
                                                   : sc_exp(state[0] - base);
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) score[i] = sc_exp(score[i] - base);
    state[0] = most;
    state[1] = state[1] * again + row_sum(score, count);
    if (again == 1.0f) return;
    SC_INDEPENDENT
    for (int64_t d = 0; d < depth; d++) out[d] = out[d] * again;
}

float SC_LOOP(attention_logsum)(const float state[2]) {
    return state[1] > 0.0f ? state[0] + sc_log(state[1]) : SC_NAN;
}

void SC_LOOP(attention_slopes)(float *score, float *slope, int64_t count, float scale,
                               const float *logsum, const float *delta) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        const float p = sc_exp(score[i] * scale - logsum[i]);
        score[i] = p;
        slope[i] = p * (slope[i] - delta[i]);
    }
}

void SC_LOOP(attention_slopes_of_row)(float *score, float *slope, int64_t count, float scale,
                                      float logsum, float delta) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        const float p = sc_exp(score[i] * scale - logsum);
        score[i] = p;
        slope[i] = p * (slope[i] - delta);
    }
}
