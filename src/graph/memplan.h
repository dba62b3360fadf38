/* SPDX-License-Identifier: Apache-2.0 */
/* The memory plan: lifetimes and sizes in, buffers and offsets out; a pure function. Greedy by size
 * with best fit (Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net
 * Inference"). Knows neither graphs nor devices. */
#ifndef SC_GRAPH_MEMPLAN_H
#define SC_GRAPH_MEMPLAN_H

#include "base/env.h"

enum { SC_MEMPLAN_ALIGNMENT = 128 };

typedef struct sc_interval {
    int first, last;  /* positions at which it is written first and read last, both included */
    size_t bytes;     /* rounded up to the alignment by the plan; 0 counts as 1 */
    int share_with;   /* an earlier interval of this list whose storage it takes over (in place), or
                         -1 */
    const char *name; /* for messages; may be NULL */
} sc_interval;

typedef struct sc_memplan_options {
    size_t max_buffer; /* most bytes of one buffer; 0: no limit */
    bool separate;     /* every interval a buffer of its own, share_with ignored */
} sc_memplan_options;

typedef struct sc_placement {
    int buffer;
    size_t offset;
} sc_placement;

typedef struct sc_memplan {
    sc_env *env;
    sc_placement *placement; /* per interval */
    int count;
    size_t *buffer_bytes; /* per buffer, a multiple of the alignment */
    int buffers;
    size_t total; /* sum of buffer_bytes */
} sc_memplan;

/* NULL options: one buffer, no limit. Errors: DEVICE_MEMORY when one interval exceeds max_buffer
 * (which, by how much), INTERNAL for malformed intervals, OUT_OF_MEMORY. On failure `out` is empty;
 * sc_memplan_free is then fine too. */
socle_status sc_memplan_create(sc_memplan *out, sc_env *env, const sc_interval *interval, int count,
                               const sc_memplan_options *options);
void sc_memplan_free(sc_memplan *plan);

#endif
