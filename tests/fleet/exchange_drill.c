/* SPDX-License-Identifier: Apache-2.0 */
/* The drill: one caller begins steps, as many threads as devices deliver their parts range by range
 * and take the totals. What the totals must be is computed before, by the same additions on one
 * thread. */
#include "exchange_drill.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS = EXCHANGE_DRILL_THREADS,
    RANGES = 5,
    FLOATS = 1500,
    NODES = 4,
    SOURCES = THREADS * NODES
};

typedef struct drill drill;

typedef struct part {
    drill *all;
    int number, nodes, first_source;
    int gives_up_at; /* point of its way at which it gives the step up; -1: never */
    uint32_t random;
    /* Out. */
    int taken;
    bool wrong;
} part;

struct drill {
    sc_exchange *exchange;
    size_t end[RANGES]; /* floats */
    float value[SOURCES][FLOATS], source[SOURCES][FLOATS], expected[FLOATS];
    sc_exchange_step step;
    uint64_t ticket;
    part part[THREADS];
};

static uint32_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 9;
}

/* Threads meet in any order. */
static void dawdle(part *p) {
    for (uint32_t i = next(&p->random) % 4; i > 0; i--) sched_yield();
}

static bool gives_up(part *p, int point) {
    if (p->gives_up_at != point) return false;
    sc_exchange_cancel(p->all->exchange, p->all->ticket);
    return true;
}

static bool right(const part *p, int range) {
    const drill *all = p->all;
    size_t begin = range ? all->end[range - 1] : 0,
           bytes = (all->end[range] - begin) * sizeof(float);
    return memcmp(sc_exchange_totals(all->exchange) + begin, all->expected + begin, bytes) == 0;
}

static void *work(void *argument) {
    part *p = argument;
    drill *all = p->all;
    p->taken = 0;
    p->wrong = false;
    for (int r = 0; r < RANGES; r++) {
        size_t begin = r ? all->end[r - 1] : 0, bytes = (all->end[r] - begin) * sizeof(float);
        dawdle(p);
        if (gives_up(p, r)) return NULL;
        for (int n = 0; n < p->nodes; n++)
            memcpy(all->source[p->first_source + n] + begin,
                   all->value[p->first_source + n] + begin, bytes);
        if (!sc_exchange_deliver(all->exchange, all->ticket, r)) return NULL;
        if (sc_exchange_ready(all->exchange, all->ticket, r)) p->wrong |= !right(p, r);
    }
    for (int r = 0; r < RANGES; r++) {
        dawdle(p);
        gives_up(p, RANGES + r); /* goes on all the same: it may be too late */
        if (!sc_exchange_wait(all->exchange, all->ticket, r)) return NULL;
        p->wrong |= !right(p, r);
        p->taken++;
    }
    return NULL;
}

static void expect(drill *all) {
    static float copy[SOURCES][FLOATS];
    memcpy(copy, all->value, sizeof copy);
    for (int m = 0; m < all->step.merges; m++)
        for (int i = 0; i < FLOATS; i++)
            copy[all->step.merge[m].earlier][i] += copy[all->step.merge[m].later][i];
    memcpy(all->expected, copy[0], sizeof copy[0]);
}

static void make_step(drill *all, const exchange_drill *d, uint32_t *random) {
    sc_sum_tree tree = {.nodes = 0};
    sc_exchange_step *step = &all->step;
    int64_t number = 0;
    memset(step, 0, sizeof *step);
    for (int t = 0; t < d->threads; t++) {
        part *p = &all->part[t];
        p->nodes = d->fixed_tree ? 1 + (int)(next(random) % NODES) : 1;
        p->first_source = step->sources;
        p->gives_up_at = -1;
        p->random = next(random);
        for (int n = 0; n < p->nodes; n++) {
            sc_sum_node node = {0, d->fixed_tree ? number++ : 2 * t, step->sources};
            step->source[step->sources++] = all->source[node.holder];
            step->merges += sc_sum_tree_push(&tree, node, step->merge + step->merges);
        }
    }
    step->merges += sc_sum_tree_join(&tree, step->merge + step->merges);
    step->contributors = d->threads;
    for (int s = 0; s < step->sources; s++)
        for (int i = 0; i < FLOATS; i++) all->value[s][i] = (float)next(random) / 4096.0f - 1000.0f;
    if (d->cancels && next(random) % 5)
        all->part[next(random) % (uint32_t)d->threads].gives_up_at =
            (int)(next(random) % (2 * RANGES));
    expect(all);
}

/* Either all threads have all totals, or no thread has the last one. */
static const char *judge(const drill *all, const exchange_drill *d, bool given_up, int *decided) {
    int whole = 0;
    for (int t = 0; t < d->threads; t++) {
        if (all->part[t].wrong) return "a total is wrong";
        whole += all->part[t].taken == RANGES;
    }
    if (whole && whole < d->threads) return "some have all totals, and some have not";
    if (!whole && !given_up) return "nobody gave the step up, and nobody has the totals";
    *decided += whole > 0;
    return NULL;
}

static const char *check_stale(const drill *all, uint64_t stale) {
    if (!stale) return NULL;
    if (sc_exchange_deliver(all->exchange, stale, 0)) return "a ticket of an earlier step is taken";
    if (sc_exchange_wait(all->exchange, stale, 0)) return "an earlier step is waited for";
    if (sc_exchange_ready(all->exchange, stale, 0)) return "an earlier step is ready";
    sc_exchange_cancel(all->exchange, stale); /* must not end the step under way */
    return NULL;
}

static const char *run_step(drill *all, const exchange_drill *d, uint32_t *random, int *decided) {
    pthread_t thread[THREADS];
    uint64_t stale = all->ticket;
    bool given_up = false;
    make_step(all, d, random);
    if (sc_exchange_begin(all->exchange, &all->step, &all->ticket) != SOCLE_OK)
        return "the step does not begin";
    for (int t = 0; t < d->threads; t++) {
        given_up |= all->part[t].gives_up_at >= 0;
        if (pthread_create(&thread[t], NULL, work, &all->part[t]) != 0) return "no thread";
    }
    const char *why = check_stale(all, stale);
    for (int t = 0; t < d->threads; t++) pthread_join(thread[t], NULL);
    return why ? why : judge(all, d, given_up, decided);
}

bool exchange_drill_run(const exchange_drill *d, int *decided, char why[EXCHANGE_DRILL_TEXT]) {
    sc_env env;
    uint32_t random = d->seed;
    size_t end[RANGES];
    drill *all = calloc(1, sizeof *all);
    const char *wrong = all ? NULL : "no memory";
    *decided = 0;
    sc_env_init(&env, NULL, NULL);
    for (int r = 0; all && r < RANGES; r++) {
        all->end[r] = FLOATS * ((size_t)r + 1) * ((size_t)r + 1) / (RANGES * RANGES);
        end[r] = all->end[r] * sizeof(float);
    }
    if (all && sc_exchange_create_local(&all->exchange, &env, RANGES, end) != SOCLE_OK)
        wrong = "no exchange";
    for (int t = 0; all && t < THREADS; t++) all->part[t] = (part){.all = all, .number = t};
    for (int step = 0; !wrong && step < d->steps; step++) {
        wrong = run_step(all, d, &random, decided);
        if (wrong) snprintf(why, EXCHANGE_DRILL_TEXT, "step %d: %s", step, wrong);
    }
    if (all) sc_exchange_destroy(all->exchange);
    free(all);
    return !wrong;
}
