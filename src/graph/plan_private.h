/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a plan, shared by plan.c, plan_choose.c and plan_pack.c (making), run.c (running)
 * and plan_check.c (canaries) alone. */
#ifndef SC_GRAPH_PLAN_PRIVATE_H
#define SC_GRAPH_PLAN_PRIVATE_H

#include "graph/live.h"
#include "graph/plan.h"

/* Where one operand is: in a lane (base known at run time) or in one of the plan's buffers (lane ==
 * SC_LANE_NONE). In a repeated region it moves by `stride` per step of `motion`, `shift` further,
 * and begins again after `extent` bytes. */
typedef struct sc_place {
    int lane;
    int buffer; /* of the plan, or chunk of the lane */
    size_t offset;
    uint8_t motion;               /* sc_motion */
    int repeat;                   /* the region that it counts */
    size_t shift, stride, extent; /* extent 0: no end */
} sc_place;

typedef struct sc_launch_record {
    sc_kernel *kernel;
    bool packs;  /* what a later launch reads packed, whose kernel it is: from place[0] to place[1]
                  */
    bool packed; /* reads what such a launch has packed */
    const char *layer; /* copied into the plan's arena */
    sc_op op;
    int repeat; /* launches of one region stand together; 0: none */
    int operands;
    sc_place place[SC_MAX_OPERANDS], workspace;
    sc_event *event;
    uint64_t nanoseconds, runs;
} sc_launch_record;

/* Zeros that a region begins with: what is carried into its first repetition, and slots of
 * collected sequences that no repetition reaches. */
typedef struct sc_plan_zeros {
    int repeat;
    sc_place place; /* of the first slot */
    size_t slot;    /* bytes */
    bool behind;    /* the slots behind those of this run, instead of the first */
} sc_plan_zeros;

typedef struct sc_plan_buffer {
    sc_buffer *memory;
    int pooled;   /* number of the pool's buffer that stands for it; -1: `memory` does */
    size_t bytes; /* without canaries */
    /* Separate mode, where a buffer holds one tensor or workspace: */
    size_t used;      /* its bytes, rounded up to whole words */
    bool persists;    /* a packed weight: not poisoned */
    const char *name; /* may be NULL */
} sc_plan_buffer;

struct sc_plan {
    sc_env *env;
    sc_device *device;
    sc_arena *arena;
    sc_plan_options options;
    int64_t capacity;
    sc_launch_record *launch; /* first those that depend on weights alone, then the rest, each in
                                 the graph's order */
    int launches, packs;      /* packs: number of the first kind */
    sc_lane weights;          /* their lane; SC_LANE_NONE */
    int reached;              /* the launch that the last run enqueued last, or failed at */
    bool stale;               /* the weights changed since the packs ran */
    sc_operand packed_from;   /* where the weights were then */
    sc_repeat *repeat;        /* number r is repeat[r - 1] */
    sc_plan_zeros *zeros;
    int zeros_count;
    sc_plan_buffer *buffer;
    int buffers;
    sc_plan_size size;
};

enum { SC_CANARY_BYTES = 128 };

/* Per launch, while the plan is made: its node, and the intervals of its workspace and of what it
 * keeps packed, -1 for none. */
typedef struct sc_plan_work {
    size_t count;
    int *order, *workspace, *kept;
} sc_plan_work;

/* plan_place.c: where each launch finds its operands, and what repeated regions need. */
socle_status sc_plan_place_operands(sc_plan *plan, const sc_graph *graph, const sc_lane_map *lanes,
                                    const sc_live *live, const sc_placement *placement,
                                    const sc_plan_work *work);
socle_status sc_plan_note_repeats(sc_plan *plan, const sc_graph *graph, const sc_lane_map *lanes,
                                  const sc_live *live, const sc_placement *placement);

/* plan_choose.c: "op=name,op=name". */
socle_status sc_plan_check_force(sc_env *env, const char *force);
/* The implementation forced for `op`, copied to `out`; NULL when none is. */
const char *sc_plan_forced(const char *force, sc_op op, char out[SC_NAME_TEXT]);
socle_status sc_plan_assign_layouts(const sc_plan *plan, sc_graph *graph);

/* plan_pack.c: decides before the launch gets its workspace, and adds the launches that pack when
 * everything is placed. kept: per launch, the interval of what it keeps packed, or -1. */
socle_status sc_plan_keep_packed(sc_plan *plan, const sc_graph *graph, const sc_node *node,
                                 sc_launch_record *launch, sc_live *live, int *kept);
void sc_plan_add_packs(sc_plan *plan, const sc_placement *placement, const int *kept);
/* An interval under a name of its own; *out its number. */
socle_status sc_plan_add_interval(sc_plan *plan, sc_live *live, const sc_interval *interval,
                                  const char *layer, int *out);

/* plan_memory.c: places every interval, and allocates the buffers that are the plan's own.
 * `placement` has room for each; *layer: of each, where it is known. */
typedef struct sc_plan_intervals {
    const sc_live *live;
    const bool *persists;     /* stays from run to run */
    const char *const *layer; /* may be NULL */
} sc_plan_intervals;
socle_status sc_plan_place(sc_plan *plan, const sc_plan_intervals *intervals,
                           sc_placement *placement);
socle_status sc_plan_allocate(sc_plan *plan);

/* plan_pool.c: makes sure of `count` buffers of at least these sizes. */
socle_status sc_plan_pool_reserve(sc_plan_pool *pool, int count, const size_t *bytes);
sc_buffer *sc_plan_pool_buffer(const sc_plan_pool *pool, int number);

/* plan_check.c: separate mode. */
socle_status sc_plan_poison(sc_plan *plan, sc_queue *queue);
socle_status sc_plan_check_canaries(sc_plan *plan, sc_queue *queue);

#endif
