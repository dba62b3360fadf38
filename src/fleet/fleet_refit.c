/* SPDX-License-Identifier: Apache-2.0 */
/* A device that runs out of memory while it trains gives back all it has and is equipped anew: the
 * first time as before, since what was missing may be there now, then with ever smaller
 * micro-batches. What persists comes from a member that kept it; a device that trains alone has it
 * read before (fleet_save.c). */
#include "fleet/fleet_private.h"

enum { REFITS = 8 };

/* The micro-batch to try next; 0: there is nothing smaller. */
static int64_t next_size(const sc_fleet *fleet, const member *m) {
    int64_t now = sc_engine_capacity(m->engine);
    if (!m->refits) return now;
    if (fleet->options.micro_batch || m->refits == REFITS) return 0;
    return now / 2;
}

static void try_again(sc_fleet *fleet, member *m) {
    sc_log_line(fleet->env, SOCLE_LOG_WARNING,
                "%s is out of memory; trying again with micro-batches of %lld. %s", m->label,
                (long long)m->most, fleet->env->text);
    m->refits++;
    m->state = SC_MEMBER_STALE;
    sc_fleet_begin(m, sc_fleet_strip_job, m);
    sc_fleet_end_within(m, sc_fleet_deadline(fleet, 1));
    if (m->status != SOCLE_OK) return;
    sc_fleet_begin(m, sc_fleet_equip_job, m);
    sc_fleet_end_within(m, sc_fleet_preparing(fleet, 1));
}

static void refit(sc_fleet *fleet, int number) {
    member *m = &fleet->member[number];
    m->most = next_size(fleet, m);
    if (m->most) try_again(fleet, m);
    if (!m->most || m->status != SOCLE_OK) sc_fleet_lose(fleet, number);
}

/* The only device: what persists is read before it gives back what it has. */
static void refit_alone(sc_fleet *fleet) {
    member *m = &fleet->member[0];
    bool again = sc_fleet_save(m) == SOCLE_OK;
    while (again) {
        m->most = next_size(fleet, m);
        m->status = SOCLE_STATUS_DEVICE_MEMORY;
        if (!m->most) break;
        try_again(fleet, m);
        if (m->status == SOCLE_OK) sc_fleet_restore(m);
        again = m->status == SOCLE_STATUS_DEVICE_MEMORY && m->engine;
    }
    if (m->status != SOCLE_OK) {
        sc_fleet_lose(fleet, 0);
        return;
    }
    sc_fleet_forget_saved(m);
    sc_fleet_renewed(fleet);
}

socle_status sc_fleet_refit(sc_fleet *fleet, const bool *starved) {
    bool any = false;
    if (fleet->members == 1) {
        if (starved[0]) refit_alone(fleet);
        return SOCLE_OK;
    }
    for (int i = 0; i < fleet->members; i++) {
        if (!starved[i]) continue;
        refit(fleet, i);
        any |= fleet->member[i].state != SC_MEMBER_LOST;
    }
    if (!any) return SOCLE_OK;
    if (sc_fleet_leader(fleet) >= 0) return sc_fleet_copy_all(fleet);
    return sc_fail(fleet->env, SOCLE_STATUS_DEVICE_MEMORY,
                   "every device ran out of memory and was equipped anew");
}
