/* SPDX-License-Identifier: Apache-2.0 */
/* How one broadcast operand is seen from a linear index space: as blocks of consecutive elements. A
 * source is made once, from shapes; fetching a block neither allocates nor decides anything about
 * types. */
#ifndef SC_CPU_CPU_SOURCE_H
#define SC_CPU_CPU_SOURCE_H

#include "cpu/cpu_isa.h"
#include "op/op.h"

typedef struct sc_cpu_source {
    uint8_t dtype;
    bool whole;   /* same shape as the space: element i of the space is element i of the operand */
    bool uniform; /* one element for the whole space */
    int runs;     /* merged dimensions, innermost first; stride[0] is 0 or 1 */
    int64_t extent[SC_MAX_RANK], stride[SC_MAX_RANK];
} sc_cpu_source;

/* `operand` has the rank of `space`; each of its dims is that of the space or 1. */
void sc_cpu_source_init(sc_cpu_source *source, const sc_tensor_desc *operand,
                        const sc_tensor_desc *space);
/* Elements start .. start + count - 1 of the space, as floats or ints: either where they lie, or
 * copied into `scratch` (4 bytes each). */
const void *sc_cpu_source_fetch(const sc_cpu_source *source, const sc_cpu_isa *isa,
                                const void *base, int64_t start, int64_t count, void *scratch);

#endif
