/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a fleet: making and ending them, handing them jobs, and declaring them lost. What
 * a step is, is in fleet_step.c. */
#include "fleet/fleet_private.h"

#include <stdio.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

bool sc_fleet_is_loss(socle_status status) {
    return status == SOCLE_STATUS_DEVICE || status == SOCLE_STATUS_DEVICE_MEMORY ||
           status == SOCLE_STATUS_TIMEOUT || status == SOCLE_STATUS_BUILD ||
           status == SOCLE_STATUS_WRONG_RESULT;
}

const char *sc_member_state_text(sc_member_state state) {
    static const char *const text[] = {[SC_MEMBER_WORKING] = "working",
                                       [SC_MEMBER_RESTING] = "resting",
                                       [SC_MEMBER_STALE] = "stale",
                                       [SC_MEMBER_LOST] = "lost"};
    return text[state];
}

sc_member_state sc_fleet_state(const sc_fleet *fleet, int number) {
    sc_member_state state = fleet->member[number].state;
    return state == SC_MEMBER_WORKING && fleet->shares.resting[number] ? SC_MEMBER_RESTING : state;
}

bool sc_fleet_works(const sc_fleet *fleet, int number) {
    return sc_fleet_state(fleet, number) == SC_MEMBER_WORKING;
}

int sc_fleet_leader(const sc_fleet *fleet) {
    for (int i = 0; i < fleet->members; i++)
        if (sc_fleet_works(fleet, i)) return i;
    return -1;
}

void sc_fleet_begin(member *m, sc_worker_job job, void *argument) {
    if (m->worker)
        sc_worker_submit(m->worker, job, argument);
    else
        m->status = job(m->device, argument);
}

void sc_fleet_end(member *m, sc_deadline *deadline) {
    if (!m->worker) return;
    m->status = sc_worker_wait(m->worker, m->fleet->env, deadline);
    if (m->status == SOCLE_STATUS_TIMEOUT && !sc_worker_busy(m->worker)) /* it returned just now */
        m->status = sc_worker_wait(m->worker, m->fleet->env, deadline);
}

void sc_fleet_end_within(member *m, uint64_t deadline) {
    sc_deadline end = sc_deadline_start(deadline);
    sc_fleet_end(m, &end);
}

void sc_fleet_lose(sc_fleet *fleet, int number) {
    member *m = &fleet->member[number];
    m->state = SC_MEMBER_LOST;
    fleet->last_loss = m->status;
    m->hangs = m->worker && sc_worker_busy(m->worker);
    sc_fleet_slows(fleet, number);
    sc_shares_drop(&fleet->shares, number);
    int left = sc_fleet_alive(fleet);
    if (left)
        sc_log_line(fleet->env, SOCLE_LOG_WARNING, "%s (%s) is lost; %d device%s go%s on. %s",
                    m->label, m->info.name, left, left == 1 ? "" : "s", left == 1 ? "es" : "",
                    fleet->env->text);
    else if (fleet->members > 1 || fleet->worked)
        sc_fail_prefix(fleet->env, m->status, "no device is left; the last one, %s, failed",
                       m->label);
}

socle_status sc_fleet_none_left(sc_fleet *fleet) {
    if (sc_fleet_alive(fleet))
        return sc_fail(
            fleet->env, SOCLE_STATUS_DEVICE,
            "every device that took part is lost or was equipped anew; others have rested");
    if (fleet->last_loss != SOCLE_OK && fleet->env->status == fleet->last_loss)
        return fleet->last_loss;
    return sc_fail(fleet->env, SOCLE_STATUS_DEVICE, "no device is left");
}

socle_status sc_fleet_equip_job(sc_device *device, void *argument) {
    member *m = argument;
    return m->fleet->equip(&m->engine, &m->stage, device, m->most, m->fleet->equipment);
}

static socle_status call_job(sc_device *device, void *argument) {
    member *m = argument;
    (void)device;
    if (m->stage) sc_stage_forget(m->stage); /* the job may use the slots */
    return m->job(m->engine, m->argument);
}

/* Waits for a job that was begun on every member of `chosen`. Those that fail for their device's
 * sake are lost; those that are out of memory are equipped anew. done: who did the job; may be
 * NULL. The first other failure is the result. */
static socle_status gather(sc_fleet *fleet, const bool *chosen, uint64_t deadline, bool *done) {
    bool starved[SC_SHARES_MOST] = {false};
    socle_status result = SOCLE_OK;
    sc_env kept;
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        if (!chosen[i]) continue;
        sc_fleet_end_within(m, deadline);
        if (done) done[i] = m->status == SOCLE_OK;
        if (m->status == SOCLE_OK) continue;
        starved[i] = m->status == SOCLE_STATUS_DEVICE_MEMORY && m->stage;
        bool unfit =
            m->status == SOCLE_STATUS_UNSUPPORTED && !m->stage && fleet->members > 1; /* for
                                                                                         this
                                                                                         network
                                                                                       */
        if (unfit || (!starved[i] && sc_fleet_is_loss(m->status)))
            sc_fleet_lose(fleet, i);
        else if (!starved[i] && result == SOCLE_OK) {
            result = m->status;
            kept = *fleet->env;
        }
    }
    if (result != SOCLE_OK) sc_env_adopt_error(fleet->env, &kept);
    if (result == SOCLE_OK) result = sc_fleet_refit(fleet, starved);
    return result != SOCLE_OK      ? result
           : sc_fleet_alive(fleet) ? SOCLE_OK
                                   : sc_fleet_none_left(fleet);
}

/* A member that hangs may read or write its job's argument after the caller has returned, so jobs
 * work on a copy, which is then kept. */
static socle_status pack(sc_fleet *fleet, void **parcel, const void *argument, size_t size) {
    SC_TRY(sc_allocate(fleet->env, parcel, size, 1));
    memcpy(*parcel, argument, size);
    return SOCLE_OK;
}

static void unpack(sc_fleet *fleet, const bool *chosen, void *parcel, void *argument, size_t size) {
    bool touched = false;
    memcpy(argument, parcel, size);
    for (int i = 0; i < fleet->members; i++) touched |= chosen[i] && fleet->member[i].hangs;
    if (!touched)
        sc_release(fleet->env, parcel);
    else if (sc_grow(fleet->env, &fleet->parcel, &fleet->parcel_capacity, fleet->parcels + 1,
                     sizeof *fleet->parcel) == SOCLE_OK)
        fleet->parcel[fleet->parcels++] = parcel;
}

static void begin_job(member *m, sc_fleet_job job, void *parcel) {
    m->job = job;
    m->argument = parcel;
    sc_fleet_begin(m, call_job, m);
}

socle_status sc_fleet_all(sc_fleet *fleet, uint64_t deadline, sc_fleet_job job, void *argument,
                          size_t size) {
    bool chosen[SC_SHARES_MOST] = {false};
    void *parcel;
    if (fleet->members == 1) return sc_fleet_lead(fleet, deadline, job, argument, size);
    SC_TRY(pack(fleet, &parcel, argument, size));
    for (int i = 0; i < fleet->members; i++) {
        chosen[i] = fleet->member[i].state != SC_MEMBER_LOST;
        if (chosen[i]) begin_job(&fleet->member[i], job, parcel);
    }
    socle_status status = gather(fleet, chosen, deadline, NULL);
    unpack(fleet, chosen, parcel, argument, size);
    return status;
}

socle_status sc_fleet_lead(sc_fleet *fleet, uint64_t deadline, sc_fleet_job job, void *argument,
                           size_t size) {
    for (;;) {
        bool chosen[SC_SHARES_MOST] = {false}, done[SC_SHARES_MOST];
        int leader = sc_fleet_leader(fleet);
        void *parcel;
        if (leader < 0) return sc_fleet_none_left(fleet);
        chosen[leader] = true;
        SC_TRY(pack(fleet, &parcel, argument, size));
        begin_job(&fleet->member[leader], job, parcel);
        socle_status status = gather(fleet, chosen, deadline, done);
        unpack(fleet, chosen, parcel, argument, size);
        SC_TRY(status);
        if (done[leader]) return SOCLE_OK;
    }
}

static socle_status init_shares(sc_fleet *fleet, const sc_fleet_device *device) {
    double wanted[SC_SHARES_MOST];
    int named = 0;
    for (int i = 0; i < fleet->members; i++) {
        wanted[i] = device[i].share;
        named += wanted[i] > 0;
    }
    if (named && named < fleet->members)
        return sc_fail(fleet->env, SOCLE_STATUS_CONFIG,
                       "%d of %d devices have a share; give one to every device or to none", named,
                       fleet->members);
    sc_shares_init(&fleet->shares, fleet->members, fleet->options.batch, fleet->options.micro_batch,
                   wanted);
    return SOCLE_OK;
}

static socle_status equip_all(sc_fleet *fleet) {
    bool chosen[SC_SHARES_MOST] = {false};
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        chosen[i] = m->state != SC_MEMBER_LOST;
        if (chosen[i]) sc_fleet_begin(m, sc_fleet_equip_job, m);
    }
    SC_TRY(gather(fleet, chosen, sc_fleet_preparing(fleet, 0), NULL));
    const sc_engine *engine = sc_fleet_engine(fleet);
    if (fleet->members == 1) return SOCLE_OK;
    size_t end[SC_SUM_RANGES];
    for (int r = 0; r < sc_engine_ranges(engine); r++) end[r] = sc_engine_range_end(engine, r);
    sc_exchange_create create =
        fleet->options.exchange ? fleet->options.exchange : sc_exchange_create_local;
    return create(&fleet->exchange, fleet->env, sc_engine_ranges(engine), end);
}

static socle_status fill_fleet(sc_fleet *fleet, const sc_fleet_device *device) {
    SC_TRY(sc_allocate(fleet->env, &fleet->member, (size_t)fleet->members, sizeof *fleet->member));
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        m->fleet = fleet;
        m->worker = device[i].worker;
        m->device = device[i].device;
        m->info = m->worker ? *sc_worker_info(m->worker) : m->device->info;
        if (m->worker)
            snprintf(m->label, sizeof m->label, "%s", sc_worker_label(m->worker));
        else
            snprintf(m->label, sizeof m->label, "%s:%d", m->info.driver->name, m->info.index);
        m->fresh = true;
        m->hangs = m->worker && sc_worker_busy(m->worker); /* since an earlier run */
        m->state = m->hangs ? SC_MEMBER_LOST : SC_MEMBER_WORKING;
    }
    SC_TRY(init_shares(fleet, device));
    for (int i = 0; i < fleet->members; i++)
        if (fleet->member[i].state == SC_MEMBER_LOST) sc_shares_drop(&fleet->shares, i);
    return equip_all(fleet);
}

socle_status sc_fleet_create(sc_fleet **out, sc_env *env, const sc_fleet_device *device, int count,
                             const sc_fleet_options *options, sc_fleet_equip equip,
                             void *argument) {
    sc_fleet *fleet;
    *out = NULL;
    if (count < 1 || count > SC_SHARES_MOST)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%d devices: a run takes 1 to %d", count,
                       SC_SHARES_MOST);
    SC_TRY(sc_allocate(env, &fleet, 1, sizeof *fleet));
    fleet->env = env;
    fleet->options = *options;
    fleet->equip = equip;
    fleet->equipment = argument;
    fleet->members = count;
    socle_status status = fill_fleet(fleet, device);
    if (status != SOCLE_OK) {
        sc_fleet_destroy(fleet);
        return status;
    }
    *out = fleet;
    return SOCLE_OK;
}

socle_status sc_fleet_strip_job(sc_device *device, void *argument) {
    member *m = argument;
    sc_stage_destroy(m->stage);
    sc_engine_destroy(m->engine);
    m->stage = NULL;
    m->engine = NULL;
    sc_device_set_budget(device, 0); /* it was the run's */
    return SOCLE_OK;
}

int sc_fleet_number(const sc_fleet *fleet, const sc_engine *engine) {
    for (int i = 0; i < fleet->members; i++)
        if (fleet->member[i].engine == engine) return i;
    return -1;
}

void sc_fleet_split(const sc_fleet *fleet, int64_t samples, int64_t first[SC_SHARES_MOST + 1]) {
    sc_shares_split(&fleet->shares, samples, first);
}

typedef struct trace_job {
    const sc_fleet *fleet;
    sc_trace *trace;
} trace_job;

static socle_status trace_member(sc_engine *engine, void *argument) {
    const trace_job *job = argument;
    return sc_engine_trace(engine, job->trace, sc_fleet_number(job->fleet, engine));
}

socle_status sc_fleet_trace(sc_fleet *fleet, sc_trace *trace) {
    trace_job job = {fleet, trace};
    if (!fleet->exchange) return SOCLE_OK;
    sc_exchange_trace(fleet->exchange, trace);
    return sc_fleet_all(fleet, sc_fleet_deadline(fleet, 1), trace_member, &job, sizeof job);
}

/* What the thread of a member that hangs may still use stays: the member, and the exchange. */
bool sc_fleet_destroy(sc_fleet *fleet) {
    if (!fleet) return true;
    bool hangs = false;
    sc_env quiet;
    sc_env_child(&quiet, fleet->env);
    for (int i = 0; fleet->member && i < fleet->members; i++) {
        member *m = &fleet->member[i];
        if (m->hangs) m->hangs = sc_worker_busy(m->worker); /* its call may have returned */
        hangs |= m->hangs;
        if (m->hangs) continue;
        sc_deadline deadline = sc_deadline_start(60 * SECOND);
        sc_fleet_begin(m, sc_fleet_strip_job, m);
        if (m->worker && sc_worker_wait(m->worker, &quiet, &deadline) == SOCLE_STATUS_TIMEOUT)
            hangs = true;
    }
    if (hangs) return false;
    if (fleet->member) sc_fleet_forget_saved(&fleet->member[0]);
    for (size_t p = 0; p < fleet->parcels; p++) sc_release(fleet->env, fleet->parcel[p]);
    sc_release(fleet->env, fleet->parcel);
    sc_exchange_destroy(fleet->exchange);
    sc_release(fleet->env, fleet->member);
    sc_release(fleet->env, fleet);
    return true;
}

int sc_fleet_members(const sc_fleet *fleet) {
    return fleet->members;
}

sc_fleet_member sc_fleet_member_info(const sc_fleet *fleet, int number) {
    const member *m = &fleet->member[number];
    return (sc_fleet_member){&m->info, m->label, sc_fleet_state(fleet, number),
                             fleet->shares.share[number], fleet->shares.speed[number]};
}

int sc_fleet_alive(const sc_fleet *fleet) {
    int alive = 0;
    for (int i = 0; i < fleet->members; i++) alive += fleet->member[i].state != SC_MEMBER_LOST;
    return alive;
}

bool sc_fleet_hangs(const sc_fleet *fleet) {
    for (int i = 0; fleet->member && i < fleet->members; i++)
        if (fleet->member[i].hangs) return true;
    return false;
}

const sc_engine *sc_fleet_engine(const sc_fleet *fleet) {
    int leader = sc_fleet_leader(fleet);
    return leader < 0 ? NULL : fleet->member[leader].engine;
}
