/* SPDX-License-Identifier: Apache-2.0 */
/* One step of a fleet: who computes which samples, what is added to what, and what happens when a
 * member fails on the way: the step is done again by those that are left, or, where it was decided
 * before the failure, it stands. */
#include "fleet/fleet_private.h"

#define GRACE                                                                                      \
    UINT64_C(2000000000) /* ns: for a member that waited in a cancelled exchange to come back */

static int taking_part(const sc_fleet *fleet) {
    int count = 0;
    for (int i = 0; i < fleet->members; i++) count += sc_fleet_works(fleet, i);
    return count;
}

static sc_stage_rows part(const sc_stage_rows *rows, const int64_t *first, int i) {
    return (sc_stage_rows){rows->epoch, rows->first + (uint32_t)first[i],
                           (uint32_t)(first[i + 1] - first[i])};
}

/* Fills every member's part of the step. */
static void assign(sc_fleet *fleet, const sc_fleet_step *step) {
    int64_t first[SC_SHARES_MOST + 1], next[SC_SHARES_MOST + 1], groups = 0;
    sc_shares_split(&fleet->shares, step->rows.rows, first);
    sc_shares_split(&fleet->shares, step->next.rows, next);
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        if (!sc_fleet_works(fleet, i)) continue;
        m->step = (member_step){.rows = part(&step->rows, first, i),
                                .whole = step->rows,
                                .next = part(&step->next, next, i),
                                .offset = (uint32_t)first[i],
                                .first_micro_batch = groups,
                                .deadline = sc_fleet_deadline(fleet, 1),
                                .leads = i == sc_fleet_leader(fleet),
                                .timed = !(fleet->step_seconds > 0)};
        groups += sc_fleet_micro_batches(fleet, m, m->step.rows.rows);
    }
    if (fleet->options.micro_batch)
        groups = sc_engine_groups(step->rows.rows, fleet->options.micro_batch);
    for (int i = 0; i < fleet->members; i++) /* the thread of a member that hangs may still read its
                                                step */
        if (sc_fleet_works(fleet, i))
            fleet->member[i].step.commit = (sc_engine_step){step->number, (double)step->rows.rows,
                                                            groups, step->learning_rate};
}

/* Every contributor's nodes in order, joined along the tree. */
static void exchange_program(sc_fleet *fleet, sc_exchange_step *program) {
    sc_sum_tree all = {.nodes = 0};
    *program = (sc_exchange_step){0};
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        if (!sc_fleet_works(fleet, i)) continue;
        int64_t count = sc_fleet_micro_batches(fleet, m, m->step.rows.rows);
        sc_sum_tree own = {.nodes = 0};
        sc_sum_merge merge[2 * SC_SUM_NODES];
        program->contributors++;
        if (!count) continue;
        if (!fleet->options.fixed_tree) /* one node each; none is another's sibling */
            sc_sum_tree_push(&own, (sc_sum_node){0, 2 * program->contributors, 0}, merge);
        for (int64_t k = 0; fleet->options.fixed_tree && k < count; k++)
            sc_sum_tree_push(&own, (sc_sum_node){0, m->step.first_micro_batch + k, 0}, merge);
        for (int n = 0; n < own.nodes; n++) {
            program->source[program->sources] = sc_engine_bucket(m->engine, n);
            own.node[n].holder = program->sources++;
            program->merges +=
                sc_sum_tree_push(&all, own.node[n], program->merge + program->merges);
        }
    }
    program->merges += sc_sum_tree_join(&all, program->merge + program->merges);
}

static socle_status begin(sc_fleet *fleet) {
    uint64_t ticket = 0;
    if (taking_part(fleet) > 1) {
        sc_exchange_step program;
        exchange_program(fleet, &program);
        SC_TRY(sc_exchange_begin(fleet->exchange, &program, &ticket));
    }
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        if (!sc_fleet_works(fleet, i)) continue;
        m->step.ticket = ticket;
        sc_fleet_begin(m, sc_fleet_step_job, m);
    }
    return SOCLE_OK;
}

/* A member has not finished: cancels the step, so that members which only waited for others return
 * at once. */
static void give_up(sc_fleet *fleet, member *m, sc_deadline *deadline) {
    if (m->step.ticket) sc_exchange_cancel(fleet->exchange, m->step.ticket);
    sc_deadline_extend(deadline, GRACE);
    sc_fleet_end(m, deadline);
    if (m->status == SOCLE_STATUS_TIMEOUT && sc_worker_busy(m->worker))
        sc_fail(fleet->env, SOCLE_STATUS_TIMEOUT,
                "%s did not finish its part of a step within %.1f s", m->info.name,
                (double)deadline->total * 1e-9);
}

/* Waits for all until the deadline, then cancels the step, so that only members that hang do not
 * return. *late: all returned, but too late. The text of the first failure that loses no member
 * stays in env. */
static void collect(sc_fleet *fleet, sc_deadline *deadline, bool *failed, bool *starved,
                    bool *late) {
    bool kept = false, missed = false;
    int alive = sc_fleet_alive(fleet);
    sc_env first;
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        failed[i] = starved[i] = false;
        if (!sc_fleet_works(fleet, i)) continue;
        sc_fleet_end(m, deadline);
        if (m->status == SOCLE_STATUS_TIMEOUT && m->worker && sc_worker_busy(m->worker)) {
            missed = true;
            give_up(fleet, m, deadline);
        }
        failed[i] = m->status != SOCLE_OK;
        starved[i] = m->status == SOCLE_STATUS_DEVICE_MEMORY;
        bool lost = failed[i] && !starved[i] && sc_fleet_is_loss(m->status);
        if (lost) sc_fleet_lose(fleet, i);
        if (failed[i] && !lost && m->status != SOCLE_STATUS_INTERRUPTED && !kept) {
            kept = true;
            first = *fleet->env;
        }
    }
    if (kept) sc_env_adopt_error(fleet->env, &first);
    *late = missed && sc_fleet_alive(fleet) == alive;
}

/* No member hung: the deadline was too short. */
static void allow_more_time(sc_fleet *fleet, double seconds) {
    sc_fleet_grant(fleet, seconds);
    sc_log_line(fleet->env, SOCLE_LOG_INFO,
                "a step took longer than %.0f s and is done again with more time", seconds);
}

static void settle(sc_fleet *fleet) {
    int rests = sc_shares_settle(&fleet->shares);
    if (rests < 0) return;
    const sc_device_info *info = &fleet->member[rests].info;
    sc_log_line(fleet->env, SOCLE_LOG_INFO,
                "%s (%s) gets no samples: at %.0f samples/s it would hold the others back",
                fleet->member[rests].label, info->name, fleet->shares.speed[rests]);
}

/* What a step says about speeds. One in which the process stood still says nothing about a single
 * member's. */
static void measure(sc_fleet *fleet, const sc_deadline *deadline) {
    sc_fleet_step_took(fleet, (double)deadline->spent * 1e-9);
    fleet->worked = true;
    if (taking_part(fleet) < 2 || deadline->stood) return;
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        if (!sc_fleet_works(fleet, i)) continue;
        if (!m->fresh) sc_shares_measure(&fleet->shares, i, m->step.rows.rows, m->step.seconds);
        m->fresh = false;
    }
    settle(fleet);
}

/* The members that are left committed the step, or none of them did. */
static socle_status outcome(sc_fleet *fleet, const bool *failed, const bool *starved, bool *done) {
    int committed = 0, again = 0;
    socle_status status = SOCLE_OK;
    for (int i = 0; i < fleet->members; i++) {
        const member *m = &fleet->member[i];
        if (!sc_fleet_works(fleet, i)) continue;
        if (!failed[i])
            committed++;
        else if (starved[i] || m->status == SOCLE_STATUS_INTERRUPTED)
            again++;
        else
            status = m->status; /* not the device's fault: the caller's to know */
    }
    *done = committed > 0;
    if (status != SOCLE_OK) return status;
    if (!committed && !again && !sc_fleet_alive(fleet))
        return fleet->env->status != SOCLE_OK ? fleet->env->status : SOCLE_STATUS_DEVICE;
    SC_TRY(sc_fleet_refit(fleet, starved));
    const member *only = &fleet->member[0];
    if (fleet->members == 1 && starved[0]) /* behind its commit, or before */
        *done = only->state == SC_MEMBER_WORKING && only->committed == only->step.commit.number;
    return SOCLE_OK;
}

socle_status sc_fleet_train(sc_fleet *fleet, const sc_fleet_step *step, sc_totals *seen,
                            bool *arrived) {
    bool failed[SC_SHARES_MOST], starved[SC_SHARES_MOST], done = false;
    *arrived = false;
    while (!done) {
        if (!taking_part(fleet)) return sc_fleet_none_left(fleet);
        settle(fleet);
        assign(fleet, step);
        sc_deadline deadline = sc_deadline_start(sc_fleet_deadline(fleet, 1));
        bool late;
        SC_TRY(begin(fleet));
        collect(fleet, &deadline, failed, starved, &late);
        SC_TRY(outcome(fleet, failed, starved, &done));
        sc_deadline_left(&deadline);
        if (done)
            measure(fleet, &deadline);
        else if (late)
            allow_more_time(fleet, (double)deadline.spent * 1e-9);
    }
    for (int i = 0; i < fleet->members; i++) {
        const member *m = &fleet->member[i];
        if (!sc_fleet_works(fleet, i) || failed[i] || !m->step.arrived) continue;
        *seen = m->step.seen;
        *arrived = true;
    }
    return SOCLE_OK;
}
