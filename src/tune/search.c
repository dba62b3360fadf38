/* SPDX-License-Identifier: Apache-2.0 */
/* See search.h. */
#include "tune/search.h"

#include "backend/measured.h"
#include "base/thread_pool.h"
#include "tune/halving.h"

#include <math.h>

/* The part of a shape's time after which its first round meets no further candidates. */
#define FIRST_ROUND 0.6

typedef struct shape_search {
    const sc_tune_search *all;
    const sc_tune_shape *shape;
    sc_tune_candidate *candidate;
    sc_halving_entry *entry;
    int count, number, tried;
    uint64_t begin, share; /* nanoseconds; share 0: no end */
} shape_search;

static void report(const shape_search *s, sc_tune_report what) {
    if (!s->all->report) return;
    what.shape = s->shape;
    what.number = s->number + 1;
    what.of = s->all->shapes->count;
    what.candidates = s->count;
    what.tried = s->tried;
    s->all->report(s->all->user, &what);
}

static bool is_over(const shape_search *s, int round) {
    if (!s->share) return false;
    double part = round == 1 ? FIRST_ROUND : 1.0;
    return (double)(sc_now_ns() - s->begin) > part * (double)s->share;
}

static socle_status note(const shape_search *s, int candidate, int round,
                         const sc_tune_outcome *outcome) {
    const sc_tune_search *all = s->all;
    sc_measured known = {0};
    sc_measured_find(&known, all->records, &all->device->info, s->shape->desc.op, s->shape->name,
                     s->candidate[candidate].text);
    const sc_measured measured = {round, outcome->seconds, known.chosen};
    SC_TRY(sc_measured_set(all->records, &all->device->info, s->shape->desc.op, s->shape->name,
                           s->candidate[candidate].text, &measured,
                           outcome->timed ? NULL : outcome->why));
    return sc_records_save(all->records, all->env);
}

/* sc_halving_measure of a shape_search. */
static socle_status measure(void *user, int candidate, int round, double best, double *seconds) {
    shape_search *s = user;
    sc_tune_request request;
    sc_tune_outcome outcome;
    *seconds = NAN;
    if (is_over(s, round)) return SOCLE_OK;
    sc_tune_request_fill(&request, &s->shape->desc, s->candidate[candidate].text);
    request.round = round;
    request.best = best;
    SC_TRY(sc_tune_worker_try(&outcome, s->all->worker, &request));
    *seconds = outcome.timed ? outcome.seconds : (double)INFINITY;
    if (outcome.declined) return SOCLE_OK;
    s->tried++;
    SC_TRY(note(s, candidate, round, &outcome));
    report(s, (sc_tune_report){.event = SC_TUNE_TRIED,
                               .candidate = s->candidate[candidate].text,
                               .seconds = outcome.timed ? outcome.seconds : 0,
                               .why = outcome.timed ? NULL : outcome.why});
    return SOCLE_OK;
}

/* What earlier searches found out. */
static void recall(shape_search *s) {
    const sc_tune_search *all = s->all;
    for (int i = 0; i < s->count; i++) {
        sc_measured known;
        if (!sc_measured_find(&known, all->records, &all->device->info, s->shape->desc.op,
                              s->shape->name, s->candidate[i].text))
            continue;
        s->entry[i] = (sc_halving_entry){known.rounds, known.seconds, known.rounds == 0};
    }
}

/* The candidate that runs take from now on; -1: none. */
static int choose(const shape_search *s, const int *order, int left) {
    const sc_halving_entry *standard = &s->entry[0];
    if (left == 0) return -1;
    double seconds = s->entry[order[0]].seconds;
    return standard->rounds && seconds > (1 - SC_TUNE_GAIN) * standard->seconds ? 0 : order[0];
}

static socle_status conclude(const shape_search *s, int chosen) {
    const sc_tune_search *all = s->all;
    report(s, (sc_tune_report){.event = SC_TUNE_END,
                               .candidate = chosen < 0 ? NULL : s->candidate[chosen].text,
                               .seconds = chosen < 0 ? 0 : s->entry[chosen].seconds,
                               .standard = s->entry[0].rounds ? s->entry[0].seconds : 0});
    SC_TRY(sc_measured_choose(all->records, &all->device->info, s->shape->desc.op, s->shape->name,
                              chosen < 0 ? NULL : s->candidate[chosen].text));
    return sc_records_save(all->records, all->env);
}

static socle_status halve(shape_search *s) {
    int *order, left = 0;
    SC_TRY(sc_allocate(s->all->env, &order, (size_t)s->count, sizeof *order));
    report(s, (sc_tune_report){.event = SC_TUNE_BEGIN});
    socle_status status =
        sc_halving_run(s->entry, s->count, SC_TUNE_ROUNDS, measure, s, order, &left);
    if (status == SOCLE_OK) status = conclude(s, choose(s, order, left));
    sc_release(s->all->env, order);
    return status;
}

static socle_status search_shape(const sc_tune_search *all, int number, uint64_t share) {
    shape_search s = {.all = all,
                      .shape = all->shapes->shape[number],
                      .number = number,
                      .begin = sc_now_ns(),
                      .share = share};
    socle_status status = sc_tune_candidates(&s.candidate, &s.count, all->device, &s.shape->desc);
    if (status == SOCLE_OK && s.count > 1)
        status = sc_allocate(all->env, &s.entry, (size_t)s.count, sizeof *s.entry);
    if (status == SOCLE_OK && s.count > 1) {
        recall(&s);
        status = halve(&s);
    }
    sc_release(all->env, s.entry);
    sc_release(all->env, s.candidate);
    return status;
}

socle_status sc_tune_search_run(const sc_tune_search *search) {
    const uint64_t begin = sc_now_ns();
    for (int i = search->first; i < search->shapes->count; i++) {
        uint64_t passed = sc_now_ns() - begin, share = 0;
        if (search->nanoseconds) {
            if (passed >= search->nanoseconds) return SOCLE_OK;
            share = (search->nanoseconds - passed) / (uint64_t)(search->shapes->count - i);
        }
        SC_TRY(search_shape(search, i, share));
    }
    return SOCLE_OK;
}
