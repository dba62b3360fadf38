/* SPDX-License-Identifier: Apache-2.0 */
/* A member's part of a training step, on its own thread: its micro-batches, the exchange of sums,
 * the commit, and meanwhile the samples of the next step. Whatever fails here ends the step for the
 * others too, unless it was decided already. */
#include "fleet/fleet_private.h"

#include "base/thread_pool.h"

/* Micro-batches are as large as fixed, or as few and even as the capacity allows. */
static int64_t micro_batch_rows(const sc_fleet *fleet, const member *m, int64_t rows) {
    if (fleet->options.micro_batch) return fleet->options.micro_batch;
    int64_t count = sc_ceil_div(rows, sc_engine_capacity(m->engine));
    return count ? sc_ceil_div(rows, count) : 1;
}

int64_t sc_fleet_micro_batches(const sc_fleet *fleet, const member *m, int64_t rows) {
    return rows ? sc_ceil_div(rows, micro_batch_rows(fleet, m, rows)) : 0;
}

/* Micro-batch `number` of a member's rows. */
static sc_stage_rows cut(const member *m, const sc_stage_rows *rows, int64_t number) {
    int64_t size = micro_batch_rows(m->fleet, m, rows->rows), first = number * size;
    int64_t count = rows->rows - first < size ? rows->rows - first : size;
    return (sc_stage_rows){rows->epoch, rows->first + (uint32_t)first, (uint32_t)count};
}

/* Brings samples of the next step to the device, as far as slots allow. */
static socle_status stage_ahead(member *m) {
    const sc_stage_rows *next = &m->step.next;
    int64_t count = sc_fleet_micro_batches(m->fleet, m, next->rows);
    for (int64_t i = 0; i < count && i + 1 < sc_engine_slots(m->engine); i++) {
        int slot;
        sc_stage_rows rows = cut(m, next, i);
        SC_TRY(sc_stage_slot(m->stage, &rows, &slot));
    }
    return SOCLE_OK;
}

/* All micro-batches; with an exchange the last one sends. */
static socle_status compute(member *m) {
    const member_step *step = &m->step;
    int64_t count = sc_fleet_micro_batches(m->fleet, m, step->rows.rows);
    sc_engine_begin_step(m->engine, m->fleet->options.fixed_tree ? step->first_micro_batch : 0);
    SC_TRY(sc_stage_tell(m->stage, &step->whole));
    for (int64_t i = 0; i < count; i++) {
        int slot;
        sc_stage_rows rows = cut(m, &step->rows, i);
        uint32_t offset = step->offset + (rows.first - step->rows.first);
        SC_TRY(sc_stage_slot(m->stage, &rows, &slot));
        if (step->ticket && i + 1 == count)
            SC_TRY(sc_engine_send(m->engine, slot, rows.rows, offset, step->commit.number));
        else
            SC_TRY(sc_engine_micro_batch(m->engine, slot, rows.rows, offset, step->commit.number));
    }
    return SOCLE_OK;
}

static socle_status cancelled(member *m) {
    return sc_fail(sc_engine_device(m->engine)->env, SOCLE_STATUS_INTERRUPTED,
                   "the step was given up");
}

/* Takes the totals of ranges from *taken on, as far as they are there, or with `all` when they are.
 */
static socle_status take(member *m, int *taken, bool all) {
    sc_exchange *exchange = m->fleet->exchange;
    uint64_t ticket = m->step.ticket;
    for (; *taken < sc_engine_ranges(m->engine); ++*taken) {
        if (!all && !sc_exchange_ready(exchange, ticket, *taken)) return SOCLE_OK;
        if (!sc_exchange_wait(exchange, ticket, *taken)) return cancelled(m);
        SC_TRY(sc_engine_receive(m->engine, *taken, sc_exchange_totals(exchange)));
    }
    return SOCLE_OK;
}

/* Delivers each range as it arrives, and takes earlier ones meanwhile. A member without samples
 * delivers too, which says that it no longer reads the totals of the step before. */
static socle_status deliver(member *m, uint64_t began, int *taken) {
    member_step *step = &m->step;
    int ranges = sc_engine_ranges(m->engine);
    for (int r = 0; r < ranges; r++) {
        if (step->rows.rows) SC_TRY(sc_engine_sent(m->engine, r, step->deadline));
        if (step->rows.rows && r + 1 == ranges)
            step->seconds = (double)(sc_now_ns() - began) * 1e-9;
        if (!sc_exchange_deliver(m->fleet->exchange, step->ticket, r)) return cancelled(m);
        SC_TRY(take(m, taken, false));
    }
    return SOCLE_OK;
}

static socle_status share_step(member *m) {
    uint64_t began = sc_now_ns();
    SC_TRY(sc_engine_received(m->engine, m->step.deadline)); /* totals are host memory again */
    SC_TRY(compute(m));
    SC_TRY(stage_ahead(m));
    int taken = 0;
    SC_TRY(deliver(m, began, &taken));
    SC_TRY(take(m, &taken, true));
    return sc_engine_commit_received(m->engine, &m->step.commit);
}

static socle_status whole_step(member *m) {
    SC_TRY(compute(m));
    SC_TRY(sc_engine_commit(m->engine, &m->step.commit));
    SC_TRY(stage_ahead(m));
    return m->step.timed ? sc_engine_totals(m->engine, &m->step.seen) : SOCLE_OK;
}

socle_status sc_fleet_step_job(sc_device *device, void *argument) {
    (void)device;
    member *m = argument;
    socle_status status = m->step.ticket ? share_step(m) : whole_step(m);
    if (status != SOCLE_OK) {
        if (m->step.ticket) sc_exchange_cancel(m->fleet->exchange, m->step.ticket);
        sc_engine_begin_step(m->engine, 0);
        return status;
    }
    if (m->step.leads) m->step.arrived = sc_engine_totals_peek(m->engine, &m->step.seen, &status);
    return status;
}
