/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a plan, shared by plan.c (making), run.c (running) and plan_check.c (canaries) alone. */
#ifndef SC_GRAPH_PLAN_PRIVATE_H
#define SC_GRAPH_PLAN_PRIVATE_H

#include "graph/memplan.h"
#include "graph/plan.h"

/* Where one operand is: in a lane (base known at run time) or in one of the plan's buffers (lane == SC_LANE_NONE). */
typedef struct sc_place {
    int lane;
    int buffer;
    size_t offset;
} sc_place;

typedef struct sc_launch_record {
    sc_kernel *kernel;
    const char *layer; /* copied into the plan's arena */
    sc_op op;
    int operands;
    sc_place place[SC_MAX_OPERANDS], workspace;
    sc_event *event;
    uint64_t nanoseconds, runs;
} sc_launch_record;

struct sc_plan {
    sc_env *env;
    sc_device *device;
    sc_arena *arena;
    sc_plan_options options;
    int64_t capacity;
    sc_launch_record *launch;
    int launches;
    sc_buffer **buffer;
    size_t *buffer_bytes;     /* without canaries */
    const char **buffer_name; /* separate mode: the tensor in it */
    int buffers;
    sc_plan_size size;
};

enum { SC_CANARY_BYTES = 128 };

/* plan_check.c: separate mode. */
socle_status sc_plan_poison(sc_plan *plan, sc_queue *queue);
socle_status sc_plan_check_canaries(sc_plan *plan, sc_queue *queue);

#endif
