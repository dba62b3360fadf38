/* SPDX-License-Identifier: Apache-2.0 */
/* A device that trains alone and runs out of memory: nobody else has what persists on it. So that
 * is read before the device gives back what it has, and written again once the device is equipped
 * anew: the run goes on with the step it was at. */
#include "fleet/fleet_private.h"

static size_t elements(const sc_net *net, size_t p) {
    return (size_t)sc_tensor_elements(&net->parameter[p].desc);
}

static size_t elements_of_all(const sc_engine *engine) {
    const sc_net *net = sc_engine_net(engine);
    size_t sum = 0;
    for (size_t p = 0; p < net->parameters; p++)
        sum += elements(net, p) * (size_t)(1 + sc_engine_states_of(engine, (int)p));
    return sum;
}

typedef socle_status (*transfer)(sc_engine *engine, int parameter, int state, float *data);

static socle_status read_tensor(sc_engine *engine, int parameter, int state, float *data) {
    return state < 0 ? sc_engine_read(engine, parameter, data)
                     : sc_engine_read_state(engine, state, parameter, data);
}

static socle_status write_tensor(sc_engine *engine, int parameter, int state, float *data) {
    return state < 0 ? sc_engine_write(engine, parameter, data)
                     : sc_engine_write_state(engine, state, parameter, data);
}

static socle_status each_tensor(sc_engine *engine, transfer move, float *data) {
    const sc_net *net = sc_engine_net(engine);
    for (int state = -1; state < sc_engine_states(engine); state++)
        for (size_t p = 0; p < net->parameters; p++) {
            if (state >= sc_engine_states_of(engine, (int)p)) continue;
            SC_TRY(move(engine, (int)p, state, data));
            data += elements(net, p);
        }
    return SOCLE_OK;
}

static socle_status save_job(sc_device *device, void *argument) {
    member *m = argument;
    (void)device;
    SC_TRY(sc_engine_settle(m->engine));
    SC_TRY(each_tensor(m->engine, read_tensor, m->saved->data));
    SC_TRY(sc_engine_totals(m->engine, &m->saved->totals));
    m->committed = sc_engine_committed(m->engine);
    return SOCLE_OK;
}

static socle_status restore_job(sc_device *device, void *argument) {
    member *m = argument;
    (void)device;
    SC_TRY(each_tensor(m->engine, write_tensor, m->saved->data));
    return sc_engine_totals_set(m->engine, &m->saved->totals);
}

/* A read or write of one tensor is worth three steps, as elsewhere. */
static void run(member *m, sc_worker_job job) {
    const int64_t tensors =
        (int64_t)sc_engine_net(m->engine)->parameters * (1 + sc_engine_states(m->engine));
    sc_fleet_begin(m, job, m);
    sc_fleet_end_within(m, sc_fleet_deadline(m->fleet, 3 * tensors));
}

socle_status sc_fleet_save(member *m) {
    sc_env *env = m->fleet->env;
    const sc_env lack = *env; /* what brought it here */
    const size_t bytes = sizeof *m->saved + elements_of_all(m->engine) * sizeof *m->saved->data;
    socle_status status = sc_allocate(env, &m->saved, bytes, 1);
    if (status == SOCLE_OK) {
        run(m, save_job);
        status = m->status;
    } else {
        m->status = SOCLE_STATUS_DEVICE_MEMORY;
    }
    if (status == SOCLE_OK) {
        sc_env_adopt_error(env, &lack);
        return SOCLE_OK;
    }
    return sc_fail_prefix(env, m->status,
                          "it ran out of memory, and what it had learnt could not be read");
}

void sc_fleet_restore(member *m) {
    run(m, restore_job);
}

void sc_fleet_forget_saved(member *m) {
    sc_release(m->fleet->env, m->saved);
    m->saved = NULL;
}
