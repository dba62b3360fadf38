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
    /* Where no process has answered yet the fault may be another's than the candidate's. */
    if (s->all->worker->answers) SC_TRY(note(s, candidate, round, &outcome));
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

/* Measures a candidate and the standard one as exactly as each other, one right after the other,
 * however little time is left: a single early figure must not decide. False: one of them is out. */
static socle_status compare(shape_search *s, int candidate, bool *both) {
    const int pair[] = {candidate, 0};
    int rounds = s->entry[candidate].rounds > 2 ? s->entry[candidate].rounds : 2;
    s->share = 0;
    *both = true;
    for (int i = 0; i < 2 && *both; i++) {
        sc_halving_entry *entry = &s->entry[pair[i]];
        double seconds = entry->seconds;
        if (entry->rounds >= rounds) continue;
        SC_TRY(measure(s, pair[i], rounds, 0, &seconds));
        *both = isfinite(seconds) != 0;
        *entry =
            *both ? (sc_halving_entry){rounds, seconds, false} : (sc_halving_entry){.out = true};
    }
    return SOCLE_OK;
}

/* *chosen: the candidate that runs take from now on; -1: none. */
static socle_status choose(shape_search *s, const int *order, int left, int *chosen) {
    bool both;
    *chosen = left ? order[0] : -1;
    if (*chosen <= 0 || s->entry[0].out) return SOCLE_OK;
    SC_TRY(compare(s, *chosen, &both));
    if (!both)
        *chosen = s->entry[0].out ? *chosen : 0;
    else if (s->entry[*chosen].seconds > (1 - SC_TUNE_GAIN) * s->entry[0].seconds)
        *chosen = 0;
    return SOCLE_OK;
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
    int *order, left = 0, chosen = -1;
    SC_TRY(sc_allocate(s->all->env, &order, (size_t)s->count, sizeof *order));
    report(s, (sc_tune_report){.event = SC_TUNE_BEGIN});
    socle_status status =
        sc_halving_run(s->entry, s->count, SC_TUNE_ROUNDS, measure, s, order, &left);
    if (status == SOCLE_OK) status = choose(s, order, left, &chosen);
    if (status == SOCLE_OK) status = conclude(s, chosen);
    sc_release(s->all->env, order);
    return status;
}

/* ---- All shapes ---- */

/* Ends with end_shape, also after a failure. */
static socle_status begin_shape(shape_search *s, const sc_tune_search *all, int number,
                                uint64_t share) {
    *s = (shape_search){.all = all,
                        .shape = all->shapes->shape[number],
                        .number = number,
                        .begin = sc_now_ns(),
                        .share = share};
    SC_TRY(sc_tune_candidates(&s->candidate, &s->count, all->device, &s->shape->desc));
    if (s->count == 0) return SOCLE_OK;
    SC_TRY(sc_allocate(all->env, &s->entry, (size_t)s->count, sizeof *s->entry));
    recall(s);
    return SOCLE_OK;
}

static void end_shape(shape_search *s) {
    sc_release(s->all->env, s->entry);
    sc_release(s->all->env, s->candidate);
}

/* What a shape costs in a run, by what the run would take without a record: seconds, over all its
 * launches. 0: there is nothing to choose. */
static socle_status weigh(const sc_tune_search *all, int number, double *weight) {
    shape_search s;
    double seconds = 0;
    *weight = 0;
    socle_status status = begin_shape(&s, all, number, 0);
    if (status == SOCLE_OK && s.count > 1) {
        if (!s.entry[0].rounds && !s.entry[0].out)
            status = measure(&s, 0, 1, 0, &seconds);
        else if (s.entry[0].rounds)
            seconds = s.entry[0].seconds;
        /* Where that cannot be used any other candidate is a gain. */
        *weight = s.shape->launches * (isfinite(seconds) && seconds > 0 ? seconds : 1.0);
    }
    end_shape(&s);
    return status;
}

static socle_status search_shape(const sc_tune_search *all, int number, uint64_t share) {
    shape_search s;
    socle_status status = begin_shape(&s, all, number, share);
    if (status == SOCLE_OK) status = halve(&s);
    end_shape(&s);
    return status;
}

static bool is_late(const sc_tune_search *search, uint64_t begin) {
    return search->nanoseconds && sc_now_ns() - begin >= search->nanoseconds;
}

/* Part of what is left for the heaviest of `count` shapes that together weigh `sum`; also the
 * lightest one gets some. */
static uint64_t share_of(uint64_t left, double weight, double sum, int count) {
    return (uint64_t)((double)left * (0.8 * weight / sum + 0.2 / count));
}

/* The heaviest first. */
static socle_status search_all(const sc_tune_search *search, double *weight, uint64_t begin) {
    for (;;) {
        int best = -1, count = 0;
        double sum = 0;
        for (int i = search->first; i < search->shapes->count; i++) {
            if (weight[i] <= 0) continue;
            sum += weight[i];
            count++;
            if (best < 0 || weight[i] > weight[best]) best = i;
        }
        if (best < 0 || is_late(search, begin)) return SOCLE_OK;
        uint64_t left = search->nanoseconds ? search->nanoseconds - (sc_now_ns() - begin) : 0;
        SC_TRY(search_shape(search, best, left ? share_of(left, weight[best], sum, count) : 0));
        weight[best] = 0;
    }
}

socle_status sc_tune_search_run(const sc_tune_search *search) {
    const uint64_t begin = sc_now_ns();
    double *weight;
    SC_TRY(sc_allocate(search->env, &weight, (size_t)search->shapes->count + 1, sizeof *weight));
    socle_status status = SOCLE_OK;
    for (int i = search->first;
         i < search->shapes->count && status == SOCLE_OK && !is_late(search, begin); i++)
        status = weigh(search, i, &weight[i]);
    if (status == SOCLE_OK) status = search_all(search, weight, begin);
    sc_release(search->env, weight);
    return status;
}
