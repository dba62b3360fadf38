/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange between devices of one process: delivering, adding up and taking, under one lock
 * that is never held while adding. A thread that adds works in memory of other devices, so a step
 * is neither cancelled nor followed by another while a thread adds. */
#include "fleet/exchange.h"

#include "base/thread_pool.h"

#include <pthread.h>
#include <string.h>

typedef struct local_exchange {
    sc_exchange base;
    sc_env *env;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int ranges;
    size_t end[SC_SUM_RANGES];
    float *totals;
    sc_trace *trace;
    uint64_t ticket;
    sc_exchange_step step;
    int delivered[SC_SUM_RANGES]; /* parts of each range */
    bool added[SC_SUM_RANGES], cancelled;
    int adding; /* threads that are adding a range up; they wait for nothing */
} local_exchange;

static local_exchange *local(sc_exchange *exchange) {
    return (local_exchange *)exchange; /* `base` is its first member */
}

static void destroy(sc_exchange *base) {
    local_exchange *exchange = local(base);
    pthread_cond_destroy(&exchange->changed);
    pthread_mutex_destroy(&exchange->mutex);
    sc_release(exchange->env, exchange->totals);
    sc_release(exchange->env, exchange);
}

static void set_trace(sc_exchange *base, sc_trace *trace) {
    local(base)->trace = trace;
}

static const float *totals(const sc_exchange *base) {
    return ((const local_exchange *)base)->totals;
}

/* With the lock held. */
static void wait_until_nobody_adds(local_exchange *exchange) {
    while (exchange->adding) pthread_cond_wait(&exchange->changed, &exchange->mutex);
}

static socle_status begin(sc_exchange *base, const sc_exchange_step *step, uint64_t *ticket) {
    local_exchange *exchange = local(base);
    pthread_mutex_lock(&exchange->mutex);
    wait_until_nobody_adds(exchange);
    exchange->step = *step;
    exchange->cancelled = false;
    for (int r = 0; r < exchange->ranges; r++) {
        exchange->delivered[r] = 0;
        exchange->added[r] = false;
    }
    *ticket = ++exchange->ticket;
    pthread_mutex_unlock(&exchange->mutex);
    return SOCLE_OK;
}

static void add(float *restrict to, const float *restrict a, const float *restrict b,
                size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = a[i] + b[i];
}

/* Runs the step's additions over one range; the last one writes the totals. */
static void add_range(local_exchange *exchange, int range) {
    const sc_exchange_step *step = &exchange->step;
    size_t first = (range ? exchange->end[range - 1] : 0) / sizeof(float);
    size_t count = exchange->end[range] / sizeof(float) - first;
    float *total = exchange->totals + first;
    if (!step->merges) memcpy(total, step->source[0] + first, count * sizeof *total);
    for (int m = 0; m < step->merges; m++) {
        float *earlier = step->source[step->merge[m].earlier] + first;
        const float *later = step->source[step->merge[m].later] + first;
        if (m + 1 == step->merges)
            add(total, earlier, later, count);
        else
            for (size_t i = 0; i < count; i++) earlier[i] += later[i];
    }
}

static bool deliver(sc_exchange *base, uint64_t ticket, int range) {
    local_exchange *exchange = local(base);
    pthread_mutex_lock(&exchange->mutex);
    bool valid = exchange->ticket == ticket && !exchange->cancelled;
    bool last = valid && ++exchange->delivered[range] == exchange->step.contributors;
    exchange->adding += last;
    pthread_mutex_unlock(&exchange->mutex);
    if (!last) return valid;
    sc_trace_span span = {-1, SC_TRACE_HOST, "add", range, sc_now_ns(), 0};
    add_range(exchange, range);
    span.end = sc_now_ns();
    sc_trace_add(exchange->trace, &span);
    pthread_mutex_lock(&exchange->mutex);
    exchange->adding--;
    exchange->added[range] = true;
    pthread_cond_broadcast(&exchange->changed);
    pthread_mutex_unlock(&exchange->mutex);
    return true;
}

static bool wait_for(sc_exchange *base, uint64_t ticket, int range) {
    local_exchange *exchange = local(base);
    pthread_mutex_lock(&exchange->mutex);
    while (exchange->ticket == ticket && !exchange->added[range] && !exchange->cancelled)
        pthread_cond_wait(&exchange->changed, &exchange->mutex);
    bool added = exchange->ticket == ticket && exchange->added[range] && !exchange->cancelled;
    pthread_mutex_unlock(&exchange->mutex);
    return added;
}

static bool is_ready(sc_exchange *base, uint64_t ticket, int range) {
    local_exchange *exchange = local(base);
    pthread_mutex_lock(&exchange->mutex);
    bool ready = exchange->ticket == ticket && exchange->added[range] && !exchange->cancelled;
    pthread_mutex_unlock(&exchange->mutex);
    return ready;
}

/* Ranges are delivered in order, so the last one tells of all. */
static void cancel(sc_exchange *base, uint64_t ticket) {
    local_exchange *exchange = local(base);
    pthread_mutex_lock(&exchange->mutex);
    if (exchange->ticket == ticket &&
        exchange->delivered[exchange->ranges - 1] < exchange->step.contributors) {
        exchange->cancelled = true;
        pthread_cond_broadcast(&exchange->changed);
        wait_until_nobody_adds(exchange);
    }
    pthread_mutex_unlock(&exchange->mutex);
}

static const sc_exchange_functions functions = {.name = "local",
                                                .destroy = destroy,
                                                .trace = set_trace,
                                                .begin = begin,
                                                .deliver = deliver,
                                                .wait = wait_for,
                                                .ready = is_ready,
                                                .cancel = cancel,
                                                .totals = totals};

socle_status sc_exchange_create_local(sc_exchange **out, sc_env *env, int ranges,
                                      const size_t *end) {
    local_exchange *exchange;
    *out = NULL;
    SC_TRY(sc_allocate(env, &exchange, 1, sizeof *exchange));
    exchange->base.functions = &functions;
    exchange->env = env;
    exchange->ranges = ranges;
    memcpy(exchange->end, end, (size_t)ranges * sizeof *end);
    socle_status status = sc_allocate(env, &exchange->totals, end[ranges - 1], 1);
    if (status != SOCLE_OK) {
        sc_release(env, exchange);
        return status;
    }
    pthread_mutex_init(&exchange->mutex, NULL);
    pthread_cond_init(&exchange->changed, NULL);
    *out = &exchange->base;
    return SOCLE_OK;
}
