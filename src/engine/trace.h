/* SPDX-License-Identifier: Apache-2.0 */
/* A record of what happened when during shared steps: spans of time on rows such as "opencl:0
 * compute". It keeps the newest spans and forgets the oldest. Times are those of the host's
 * monotonic clock, in nanoseconds. Thread: any. */
#ifndef SC_ENGINE_TRACE_H
#define SC_ENGINE_TRACE_H

#include "base/env.h"

typedef struct sc_trace sc_trace;

/* UPLOAD: samples of micro-batches to come. */
typedef enum sc_trace_row {
    SC_TRACE_COMPUTE,
    SC_TRACE_TRANSFER,
    SC_TRACE_UPLOAD,
    SC_TRACE_HOST,
    SC_TRACE_ROWS
} sc_trace_row;

typedef struct sc_trace_span {
    int device; /* member of the fleet; -1: the host, for all */
    sc_trace_row row;
    const char *what; /* "backward", "send", "add", "receive", "commit", "samples"; static */
    int range;        /* of the gradients; -1: none */
    uint64_t start, end;
} sc_trace_span;

socle_status sc_trace_create(sc_trace **out, sc_env *env, size_t most);
void sc_trace_destroy(sc_trace *trace);                        /* NULL is fine */
void sc_trace_add(sc_trace *trace, const sc_trace_span *span); /* NULL: nowhere */
/* Spans so far, oldest first; `index` below the number. */
size_t sc_trace_count(const sc_trace *trace);
sc_trace_span sc_trace_at(const sc_trace *trace, size_t index);
/* The part of all time spent on exchange (send, add, receive), or on uploads, during which some
 * device was computing; 0 to 1. */
double sc_trace_hidden(const sc_trace *trace, bool uploads);

#endif
