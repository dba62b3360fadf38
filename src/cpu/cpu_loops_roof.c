/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that meet a limit of the processor: multiply-adds from registers alone, and passes over
 * memory that compute next to nothing; compiled once per instruction set. A round is a call, so no
 * compiler sees that rounds do the same again. */
#include "backend/roof.h"
#include "cpu/cpu_loops.h"
#include "cpu/cpu_roof.h"

#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
enum { WIDTH = 16 };
typedef __m512 vector;
#define MULTIPLY_ADD(a, b, c) _mm512_fmadd_ps(a, b, c)
#define SPREAD(x) _mm512_set1_ps(x)
#elif defined(__FMA__)
#include <immintrin.h>
enum { WIDTH = 8 };
typedef __m256 vector;
#define MULTIPLY_ADD(a, b, c) _mm256_fmadd_ps(a, b, c)
#define SPREAD(x) _mm256_set1_ps(x)
#elif defined(__GNUC__)
enum { WIDTH = 4 };
typedef float vector __attribute__((vector_size(WIDTH * sizeof(float))));
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#define SPREAD(x) ((vector){x, x, x, x})
#else
enum { WIDTH = 1 };
typedef float vector;
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#define SPREAD(x) (x)
#endif

/* Each chain is a variable of its own, so that it stays in a register. */
#define EACH_CHAIN(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define BEGIN(c) vector chain##c = SPREAD((float)c) + lane;
#define STEP(c) chain##c = MULTIPLY_ADD(chain##c, factor, addend);
#define ADD(c) sum += chain##c;

static void multiply_add(float *out, int64_t count, int64_t rounds, const float *pair) {
    static const float lanes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const vector factor = SPREAD(pair[0]), addend = SPREAD(pair[1]);
    for (int64_t i = 0; i < count; i += WIDTH) {
        vector sum = SPREAD(0.0f), lane;
        memcpy(&lane, lanes + i % SC_CPU_ROOF_LANES, sizeof lane);
        EACH_CHAIN(BEGIN)
        for (int64_t r = 0; r < rounds; r++) {
            EACH_CHAIN(STEP)
        }
        EACH_CHAIN(ADD)
        memcpy(out + i, &sum, sizeof sum);
    }
}

static void read_pass(float *sum, const float *in, int64_t count) {
    enum { PARTS = WIDTH > 1 ? 8 * WIDTH : SC_CPU_ROOF_LANES };
    float part[PARTS] = {0};
    for (int64_t i = 0; i < count; i += PARTS) {
        SC_INDEPENDENT
        for (int l = 0; l < PARTS; l++) part[l] += in[i + l];
    }
    for (int l = 0; l < PARTS; l++) sum[l % SC_CPU_ROOF_LANES] += part[l];
}

static void write_pass(float *out, float value, int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = value;
}

static void copy_pass(float *out, const float *in, int64_t count) {
    SC_INDEPENDENT
    for (int64_t i = 0; i < count; i++) out[i] = in[i];
}

const sc_cpu_roof_loops SC_ISA_NAME(sc_cpu_roof) = {multiply_add, read_pass, write_pass, copy_pass};
