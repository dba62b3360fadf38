/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet: the devices of one run, each with its own thread, context and copy of the network,
 * training it together. Every member holds the same parameters, optimizer state and statistics:
 * gradients are exchanged, and every member makes the same commit. So any member that is left can
 * go on alone, and a member that fails costs the work of its step, which the others do again.
 *
 *              thread of member 0   engine, stage     \
 *   caller --- thread of member 1   engine, stage  --- exchange
 *              thread of member 2   engine, stage     /
 *
 * A fleet of one has nothing to exchange and never waits for its device. Callers decide which
 * samples make a step and when to stop. Thread: one caller at a time. */
#ifndef SC_FLEET_FLEET_H
#define SC_FLEET_FLEET_H

#include "engine/engine.h"
#include "engine/stage.h"
#include "fleet/exchange.h"
#include "fleet/shares.h"
#include "fleet/worker.h"

typedef struct sc_fleet sc_fleet;

typedef struct sc_fleet_device {
    sc_worker *worker; /* its thread; must outlive the fleet, and is left behind (sc_worker_abandon)
                          where it hangs */
    sc_device *device; /* worker NULL: a device on the caller's thread, then the only one */
    double share;      /* of a step, in proportion to those of the others; 0: as measured */
} sc_fleet_device;

/* Makes a member's engine and stage on its thread. `most`: the largest micro-batch to try; 0: any.
 * The argument must live as long as the fleet: a member that ran out of memory is equipped anew. */
typedef socle_status (*sc_fleet_equip)(sc_engine **engine, sc_stage **stage, sc_device *device,
                                       int64_t most, void *argument);
/* Work on a member's engine on its thread. It may run again on another member after a failure. */
typedef socle_status (*sc_fleet_job)(sc_engine *engine, void *argument);

typedef struct sc_fleet_options {
    int64_t batch;       /* samples of a step */
    int64_t micro_batch; /* fixed size of micro-batches; 0: each member cuts its share as its
                            capacity asks */
    bool fixed_tree;     /* sums do not depend on who computed them: needs micro_batch */
    sc_exchange_create exchange; /* of several members; NULL: within this process */
    uint64_t deadline;           /* ns that a device may take for a job; 0: by what steps take, */
    uint64_t least_deadline;     /* but at least so many; 0: 30 s (shorter in tests alone) */
} sc_fleet_options;

/* Equips every member, at the same time. A device that fails here is left out with a line; an error
 * only where none is left. */
socle_status sc_fleet_create(sc_fleet **out, sc_env *env, const sc_fleet_device *device, int count,
                             const sc_fleet_options *options, sc_fleet_equip equip, void *argument);
/* False: a member hangs. What it was given, from the data to the network, must then stay until the
 * process ends. NULL is fine. */
bool sc_fleet_destroy(sc_fleet *fleet);

/* ns that a device may take for work that is worth so many steps. */
uint64_t sc_fleet_deadline(const sc_fleet *fleet, int64_t steps);
/* Runs a job on the member that leads, or where that one is lost on the next. A device that runs
 * out of memory is equipped anew, and the job begins again. Errors: as of sc_fleet_train. */
socle_status sc_fleet_lead(sc_fleet *fleet, uint64_t deadline, sc_fleet_job job, void *argument,
                           size_t size);
/* Runs a job on every member at the same time; those that fail are lost, or equipped anew without
 * having done it. On a fleet of one: sc_fleet_lead. */
socle_status sc_fleet_all(sc_fleet *fleet, uint64_t deadline, sc_fleet_job job, void *argument,
                          size_t size);
/* A tensor that persists, by net parameter number: optimizer state `state` of it, or with -1
 * itself. Read from the leader, written to every member. */
socle_status sc_fleet_read(sc_fleet *fleet, int parameter, int state, float *out);
socle_status sc_fleet_write(sc_fleet *fleet, int parameter, int state, const float *data);
/* Totals of the epoch: of the leader, and to every member. */
socle_status sc_fleet_totals(sc_fleet *fleet, sc_totals *out);
socle_status sc_fleet_set_totals(sc_fleet *fleet, const sc_totals *totals);
/* Copies everything that persists from the leader to the others, and lets those that rest take part
 * again. */
socle_status sc_fleet_align(sc_fleet *fleet);

typedef struct sc_fleet_step {
    uint32_t number; /* from 1 */
    float learning_rate;
    sc_stage_rows rows; /* samples of the step, in the order of their epoch */
    sc_stage_rows next; /* of the next one, brought to the devices meanwhile; rows 0: none */
} sc_fleet_step;

/* Every member's steps, and the additions between them, leave spans there; NULL: no more. Needs
 * several members, opened with timestamps. */
socle_status sc_fleet_trace(sc_fleet *fleet, sc_trace *trace);
/* One training step over all members. Devices that fail are dropped and their work is done again by
 * the others; a device that runs out of memory is equipped anew, the second time with smaller
 * micro-batches. Where it is the only one, what persists is read from it before. `seen` is filled
 * when a look at the totals has arrived: then *arrived is true. Errors: DEVICE when no member is
 * left; DEVICE_MEMORY when members are left, but each had to be equipped anew, so that what
 * persists is lost: write all of it, then call sc_fleet_renewed; others of the engine. */
socle_status sc_fleet_train(sc_fleet *fleet, const sc_fleet_step *step, sc_totals *seen,
                            bool *arrived);

/* Whether a failure is a device's: then the member is lost and the run goes on. */
bool sc_fleet_is_loss(socle_status status);
/* All that persists has been written to every member. */
void sc_fleet_renewed(sc_fleet *fleet);

/* What a member is to the run. A member that is not WORKING gets no samples and makes no commits.
 */
typedef enum sc_member_state {
    SC_MEMBER_WORKING,
    SC_MEMBER_RESTING, /* too slow to be of use; it is tried again after an epoch */
    SC_MEMBER_STALE,   /* equipped anew after it ran out of memory; what persists must be written to
                          it before it works again */
    SC_MEMBER_LOST     /* failed, or hangs in a call; the run goes on without it */
} sc_member_state;
const char *sc_member_state_text(sc_member_state state); /* "working", "resting", "stale", "lost" */

/* One member as a person reads it. */
typedef struct sc_fleet_member {
    const sc_device_info *info;
    const char *label; /* "opencl:0/1" */
    sc_member_state state;
    int64_t share; /* samples of a whole step */
    double rate;   /* samples per second, 0: not measured */
} sc_fleet_member;
int sc_fleet_members(const sc_fleet *fleet);
sc_fleet_member sc_fleet_member_info(const sc_fleet *fleet, int number);
int sc_fleet_alive(const sc_fleet *fleet);
int sc_fleet_number(const sc_fleet *fleet, const sc_engine *engine); /* the member with this engine
                                                                      */
/* Splits `samples` as a step would be: see sc_shares_split. */
void sc_fleet_split(const sc_fleet *fleet, int64_t samples, int64_t first[SC_SHARES_MOST + 1]);
/* A member hangs in a call that cannot be ended: a process should leave by _exit. */
bool sc_fleet_hangs(const sc_fleet *fleet);
/* The engine of the leader, to ask what never changes (sizes, network, plans); NULL: none is left.
 */
const sc_engine *sc_fleet_engine(const sc_fleet *fleet);

#endif
