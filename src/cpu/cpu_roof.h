/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops that meet a limit of the processor (backend/roof.h), a table per instruction set.
 * They are beside cpu_isa.h because no operation is made of them. */
#ifndef SC_CPU_CPU_ROOF_H
#define SC_CPU_CPU_ROOF_H

#include <stdint.h>

enum { SC_CPU_ROOF_LANES = 16 };

typedef struct sc_cpu_roof_loops {
    /* out[i] = the sum of SC_ROOF_CHAINS chains of `rounds` steps x * pair[0] + pair[1]. */
    void (*multiply_add)(float *out, int64_t count, int64_t rounds, const float *pair);
    /* sum[l] += in[l + 16 k] for each k; count is a multiple of SC_ROOF_GRAIN. */
    void (*read)(float *sum, const float *in, int64_t count);
    void (*write)(float *out, float value, int64_t count);
    void (*copy)(float *out, const float *in, int64_t count);
} sc_cpu_roof_loops;

extern const sc_cpu_roof_loops sc_cpu_roof_baseline;
#if defined(SC_HAVE_ISA_AVX2)
extern const sc_cpu_roof_loops sc_cpu_roof_avx2;
#endif
#if defined(SC_HAVE_ISA_AVX512)
extern const sc_cpu_roof_loops sc_cpu_roof_avx512;
#endif

#endif
