/* SPDX-License-Identifier: Apache-2.0 */
/* Values between how they are stored and how they are computed with; compiled once per instruction
 * set, with the same bits on each. */
#include "cpu/cpu_loops.h"

#include <sys/types.h>

#include "cl/scalar.h"
#include "cl/storage.h"

#if defined(__F16C__)
#include <immintrin.h>
enum { LANES = 8 };
#endif

void SC_LOOP(widen_bytes)(int32_t *out, const uint8_t *in, int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = in[i];
}

void SC_LOOP(narrow_bytes)(uint8_t *out, const int32_t *in, int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = (uint8_t)in[i];
}

void SC_LOOP(load_f16)(float *out, const uint16_t *in, int64_t count) {
    int64_t i = 0;
#if defined(__F16C__)
    for (; i + LANES <= count; i += LANES)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(in + i))));
#endif
    SC_INDEPENDENT
    for (; i < count; i++) out[i] = sc_of_f16(in[i]);
}

void SC_LOOP(store_f16)(uint16_t *out, const float *in, int64_t count) {
    int64_t i = 0;
#if defined(__F16C__)
    for (; i + LANES <= count; i += LANES)
        _mm_storeu_si128((__m128i *)(out + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT));
#endif
    SC_INDEPENDENT
    for (; i < count; i++) out[i] = (uint16_t)sc_to_f16(in[i]);
}

void SC_LOOP(load_bf16)(float *out, const uint16_t *in, int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = sc_of_bf16(in[i]);
}

void SC_LOOP(store_bf16)(uint16_t *out, const float *in, int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = (uint16_t)sc_to_bf16(in[i]);
}
