/* SPDX-License-Identifier: Apache-2.0 */
/* What the loops of maximum and average pooling share; for files compiled once per instruction set.
 */
#ifndef SC_CPU_CPU_LOOPS_POOL_H
#define SC_CPU_CPU_LOOPS_POOL_H

#include "cpu/cpu_loops.h"

/* Outputs whose tap k along an axis lies inside of the input: *begin .. *end - 1. */
static inline void sc_pool_range(const sc_cpu_pool *pool, int axis, int64_t k, int64_t *begin,
                                 int64_t *end) {
    int64_t shift = k * pool->dilation[axis] - pool->pad[axis], stride = pool->stride[axis];
    int64_t last = pool->in[axis] - 1 - shift; /* largest output * stride that stays inside */
    *begin = shift < 0 ? (-shift + stride - 1) / stride : 0;
    *end = last < 0 ? 0 : last / stride + 1;
    if (*end > pool->out[axis]) *end = pool->out[axis];
}

#endif
