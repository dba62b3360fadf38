/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a fleet, for fleet*.c alone. */
#ifndef SC_FLEET_FLEET_PRIVATE_H
#define SC_FLEET_FLEET_PRIVATE_H

#include "fleet/fleet.h"

/* A member's part of a step; read and written by its thread while the job runs. */
typedef struct member_step {
    sc_engine_step commit;
    sc_stage_rows rows;        /* of this member; rows 0: none */
    sc_stage_rows whole;       /* of all members */
    uint32_t offset;           /* place of its first row in the step */
    int64_t first_micro_batch; /* its number in the step */
    sc_stage_rows next;
    uint64_t ticket;   /* 0: nothing to exchange */
    uint64_t deadline; /* ns */
    bool leads;        /* looks at the totals */
    bool timed;        /* no step has been measured yet: the caller waits for this one */
    double seconds;    /* out: until its sums were delivered; 0: not measured */
    sc_totals seen;
    bool arrived;
} member_step;

/* What persisted on a device that trained alone and ran out of memory (fleet_save.c). */
typedef struct saved_state {
    sc_totals totals;
    float data[];
} saved_state;

typedef struct member {
    sc_fleet *fleet;
    sc_worker *worker;
    sc_device *device; /* inline member */
    sc_device_info info;
    char label[SC_NAME_TEXT];
    sc_engine *engine;
    sc_stage *stage;
    sc_member_state state; /* RESTING is what its shares say: see sc_fleet_state */
    bool hangs; /* LOST, and its job never came back: its thread may still use all that it was given
                 */
    bool fresh; /* its next step is not measured */
    int refits; /* how often it was equipped anew */
    saved_state *saved;  /* NULL: nothing */
    uint32_t committed;  /* when it was saved: the number of the last step; 0: none */
    socle_status status; /* of the job under way or done */
    /* Arguments of the job. */
    sc_fleet_job job;
    void *argument;
    int64_t most;
    member_step step;
} member;

struct sc_fleet {
    sc_env *env;
    sc_fleet_options options;
    sc_fleet_equip equip;
    void *equipment; /* its argument */
    member *member;
    int members;
    sc_shares shares;
    sc_exchange *exchange;  /* NULL: a fleet of one */
    double step_seconds;    /* measured; 0: not yet, or no longer known */
    socle_status last_loss; /* why the last one that was lost was */
    bool worked;            /* a step has been done */
    void **parcel;          /* arguments of jobs that hang */
    size_t parcels, parcel_capacity;
};

/* fleet.c. Begins a job on a member; an inline one runs it here and now. */
void sc_fleet_begin(member *m, sc_worker_job job, void *argument);
/* Waits for a member's job: m->status. */
void sc_fleet_end(member *m, sc_deadline *deadline);
void sc_fleet_end_within(member *m, uint64_t deadline); /* ns from now */
/* Declares a member lost, with the text of its failure in env. */
void sc_fleet_lose(sc_fleet *fleet, int number);
/* The failure where no member can work: none is left, or those that are left have rested and missed
 * commits. */
socle_status sc_fleet_none_left(sc_fleet *fleet);
sc_member_state sc_fleet_state(const sc_fleet *fleet, int number);
bool sc_fleet_works(const sc_fleet *fleet, int number); /* its state is WORKING */
int sc_fleet_leader(const sc_fleet *fleet);             /* -1: none is left */
/* fleet_deadline.c: ns for work that may compile kernels too. */
uint64_t sc_fleet_preparing(const sc_fleet *fleet, int64_t steps);
/* A member is lost: the others' steps will take longer. */
void sc_fleet_slows(sc_fleet *fleet, int lost);
/* A step took so long / was not done within so long, though no member hung. */
void sc_fleet_step_took(sc_fleet *fleet, double seconds);
void sc_fleet_grant(sc_fleet *fleet, double seconds);
/* Ends what a member has on its device / equips it anew; jobs, argument: the member. */
socle_status sc_fleet_strip_job(sc_device *device, void *argument);
socle_status sc_fleet_equip_job(sc_device *device, void *argument);
/* fleet_refit.c: members that ran out of memory try again with less. DEVICE_MEMORY: see
 * sc_fleet_train. */
socle_status sc_fleet_refit(sc_fleet *fleet, const bool *starved);
/* fleet_save.c. Reads what persists from a member to host memory, making it whole before. On
 * failure m->status says why. */
socle_status sc_fleet_save(member *m);
void sc_fleet_restore(member *m); /* writes it: m->status */
void sc_fleet_forget_saved(member *m);
/* fleet_align.c: copies all that persists from the leader to the others. */
socle_status sc_fleet_copy_all(sc_fleet *fleet);
/* fleet_member.c: a member's part of a step; argument: the member. */
socle_status sc_fleet_step_job(sc_device *device, void *argument);
/* Rows of micro-batch `number` of a member's `rows`, and how many there are. */
int64_t sc_fleet_micro_batches(const sc_fleet *fleet, const member *m, int64_t rows);

#endif
