/* SPDX-License-Identifier: Apache-2.0 */
/* Spans in a ring, and how much of the exchange lies beside computation. */
#include "engine/trace.h"

#include <pthread.h>

struct sc_trace {
    sc_env *env;
    pthread_mutex_t mutex;
    sc_trace_span *span;
    size_t most, count, next;
};

socle_status sc_trace_create(sc_trace **out, sc_env *env, size_t most) {
    sc_trace *trace;
    *out = NULL;
    SC_TRY(sc_allocate(env, &trace, 1, sizeof *trace));
    trace->env = env;
    trace->most = most;
    socle_status status = sc_allocate(env, &trace->span, most, sizeof *trace->span);
    if (status != SOCLE_OK) {
        sc_release(env, trace);
        return status;
    }
    pthread_mutex_init(&trace->mutex, NULL);
    *out = trace;
    return SOCLE_OK;
}

void sc_trace_destroy(sc_trace *trace) {
    if (!trace) return;
    pthread_mutex_destroy(&trace->mutex);
    sc_release(trace->env, trace->span);
    sc_release(trace->env, trace);
}

void sc_trace_add(sc_trace *trace, const sc_trace_span *span) {
    if (!trace || span->end < span->start) return;
    pthread_mutex_lock(&trace->mutex);
    trace->span[trace->next] = *span;
    trace->next = (trace->next + 1) % trace->most;
    if (trace->count < trace->most) trace->count++;
    pthread_mutex_unlock(&trace->mutex);
}

size_t sc_trace_count(const sc_trace *trace) {
    return trace->count;
}

sc_trace_span sc_trace_at(const sc_trace *trace, size_t index) {
    size_t first = trace->count < trace->most ? 0 : trace->next;
    return trace->span[(first + index) % trace->most];
}

/* The part of [start, end) that computation covers: what is left is cut at each computing span that
 * touches it. */
static uint64_t covered(const sc_trace *trace, uint64_t start, uint64_t end) {
    uint64_t sum = 0, at = start;
    while (at < end) {
        uint64_t reached = at, begins = end;
        for (size_t i = 0; i < trace->count; i++) {
            const sc_trace_span *span = &trace->span[i];
            if (span->row != SC_TRACE_COMPUTE || span->end <= at) continue;
            if (span->start <= at && span->end > reached) reached = span->end;
            if (span->start > at && span->start < begins) begins = span->start;
        }
        if (reached > end) reached = end;
        sum += reached - at;
        at = reached > at ? reached : begins;
    }
    return sum;
}

double sc_trace_hidden(const sc_trace *trace, bool uploads) {
    double all = 0, hidden = 0;
    for (size_t i = 0; i < trace->count; i++) {
        const sc_trace_span *span = &trace->span[i];
        if (span->row == SC_TRACE_COMPUTE || (span->row == SC_TRACE_UPLOAD) != uploads) continue;
        all += (double)(span->end - span->start);
        hidden += (double)covered(trace, span->start, span->end);
    }
    return all > 0 ? hidden / all : 0;
}
