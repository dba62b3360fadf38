/* SPDX-License-Identifier: Apache-2.0 */
/* Making every member's copy of what persists the leader's: parameters, optimizer state, statistics
 * and totals travel through host memory, one tensor at a time. Members that rest have missed
 * commits; devices of unlike drivers may round a commit differently. */
#include "fleet/fleet_private.h"

#include <string.h>

typedef struct tensor_copy {
    int parameter, state;
    size_t bytes;
    float data[];
} tensor_copy;

static socle_status read_job(sc_engine *engine, void *argument) {
    tensor_copy *copy = argument;
    if (copy->state < 0) return sc_engine_read(engine, copy->parameter, copy->data);
    return sc_engine_read_state(engine, copy->state, copy->parameter, copy->data);
}

static socle_status write_job(sc_engine *engine, void *argument) {
    const tensor_copy *copy = argument;
    if (copy->state < 0) return sc_engine_write(engine, copy->parameter, copy->data);
    return sc_engine_write_state(engine, copy->state, copy->parameter, copy->data);
}

static socle_status make_copy(sc_fleet *fleet, tensor_copy **out, int parameter, int state) {
    const sc_engine *engine = NULL;
    for (int i = 0; i < fleet->members && !engine; i++)
        if (!fleet->member[i].hangs) engine = fleet->member[i].engine;
    if (!engine) return sc_fleet_none_left(fleet);
    size_t bytes = sc_tensor_bytes(&sc_engine_net(engine)->parameter[parameter].desc);
    SC_TRY(sc_allocate(fleet->env, out, sizeof **out + bytes, 1));
    **out = (tensor_copy){.parameter = parameter, .state = state, .bytes = bytes};
    return SOCLE_OK;
}

socle_status sc_fleet_read(sc_fleet *fleet, int parameter, int state, float *out) {
    tensor_copy *copy;
    SC_TRY(make_copy(fleet, &copy, parameter, state));
    socle_status status = sc_fleet_lead(fleet, sc_fleet_deadline(fleet, 3), read_job, copy,
                                        sizeof *copy + copy->bytes);
    if (status == SOCLE_OK) memcpy(out, copy->data, copy->bytes);
    sc_release(fleet->env, copy);
    return status;
}

socle_status sc_fleet_write(sc_fleet *fleet, int parameter, int state, const float *data) {
    tensor_copy *copy;
    SC_TRY(make_copy(fleet, &copy, parameter, state));
    memcpy(copy->data, data, copy->bytes);
    socle_status status = sc_fleet_all(fleet, sc_fleet_deadline(fleet, 3), write_job, copy,
                                       sizeof *copy + copy->bytes);
    sc_release(fleet->env, copy);
    return status;
}

static socle_status read_totals_job(sc_engine *engine, void *argument) {
    return sc_engine_totals(engine, argument);
}

static socle_status write_totals_job(sc_engine *engine, void *argument) {
    return sc_engine_totals_set(engine, argument);
}

socle_status sc_fleet_totals(sc_fleet *fleet, sc_totals *out) {
    return sc_fleet_lead(fleet, sc_fleet_deadline(fleet, 3), read_totals_job, out, sizeof *out);
}

socle_status sc_fleet_set_totals(sc_fleet *fleet, const sc_totals *totals) {
    sc_totals copy = *totals;
    return sc_fleet_all(fleet, sc_fleet_deadline(fleet, 3), write_totals_job, &copy, sizeof copy);
}

static socle_status copy_parameter(sc_fleet *fleet, const sc_net *net, int p, int states) {
    float *data;
    SC_TRY(sc_allocate(fleet->env, &data, sc_tensor_bytes(&net->parameter[p].desc), 1));
    socle_status status = SOCLE_OK;
    for (int state = -1; state < states && status == SOCLE_OK; state++) {
        status = sc_fleet_read(fleet, p, state, data);
        if (status == SOCLE_OK) status = sc_fleet_write(fleet, p, state, data);
    }
    sc_release(fleet->env, data);
    return status;
}

static bool unlike(const sc_device_info *a, const sc_device_info *b) {
    return a->driver != b->driver || a->traits != b->traits || a->device_class != b->device_class ||
           strcmp(a->name, b->name) != 0;
}

static bool needs_aligning(const sc_fleet *fleet) {
    int leader = sc_fleet_leader(fleet);
    for (int i = 0; i < fleet->members; i++) {
        const member *m = &fleet->member[i];
        if (m->state == SC_MEMBER_LOST || i == leader) continue;
        if (fleet->shares.resting[i] || unlike(&m->info, &fleet->member[leader].info)) return true;
    }
    return false;
}

socle_status sc_fleet_align(sc_fleet *fleet) {
    return sc_fleet_leader(fleet) < 0 || !needs_aligning(fleet) ? SOCLE_OK
                                                                : sc_fleet_copy_all(fleet);
}

socle_status sc_fleet_copy_all(sc_fleet *fleet) {
    const sc_engine *engine = sc_fleet_engine(fleet);
    const sc_net *net = sc_engine_net(engine);
    for (size_t p = 0; p < net->parameters; p++)
        SC_TRY(copy_parameter(fleet, net, (int)p, sc_engine_states_of(engine, (int)p)));
    sc_totals totals;
    SC_TRY(sc_fleet_totals(fleet, &totals));
    SC_TRY(sc_fleet_set_totals(fleet, &totals));
    sc_fleet_renewed(fleet);
    return SOCLE_OK;
}

void sc_fleet_renewed(sc_fleet *fleet) {
    for (int i = 0; i < fleet->members; i++) {
        member *m = &fleet->member[i];
        if (fleet->shares.resting[i] || m->state == SC_MEMBER_STALE) m->fresh = true;
        if (m->state == SC_MEMBER_STALE) m->state = SC_MEMBER_WORKING;
        m->step.arrived = false;
    }
    sc_shares_wake(&fleet->shares);
}
