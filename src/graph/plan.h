/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: a graph turned into a straight list of launches for one device, every operand a (lane or arena, offset).
 *
 *   graph --fuse--> fewer nodes --prepare--> kernels --live, memplan--> offsets --> launches --run--> queue
 *
 * All checks, choices, compilation and allocation happen in sc_plan_create; a run does none of them. A plan owns its
 * activations and scratch; the lanes are the caller's. It knows the contract, no driver. */
#ifndef SC_GRAPH_PLAN_H
#define SC_GRAPH_PLAN_H

#include "graph/lane.h"

typedef struct sc_plan sc_plan;

typedef struct sc_plan_options {
    bool keep_graph_order; /* no fusion (tests) */
    bool separate;         /* one buffer per intermediate, no reuse, canaries, NaN poison; checked after each run */
    bool profile;          /* records an event per launch; needs a device with timestamps */
    const char *force;     /* "conv2d=plain,matmul=packed": implementations by operation; NULL: the best */
} sc_plan_options;

typedef struct sc_plan_size {
    size_t activations, scratch; /* device bytes of the plan itself */
    int launches, intermediates, buffers;
} sc_plan_size;

/* Fuses `graph` in place, prepares every node and allocates. The graph and the lane map are only read afterwards during this
 * call; both may go. Errors: those of prepare, with the layer's name; DEVICE_MEMORY. */
socle_status sc_plan_create(sc_plan **out, sc_device *device, sc_graph *graph, const sc_lane_map *lanes,
                            const sc_plan_options *options);
void sc_plan_destroy(sc_plan *plan); /* NULL is fine */
sc_plan_size sc_plan_sizes(const sc_plan *plan);

/* Enqueues the whole list. launch->rows <= the graph's capacity. In separate mode also waits and checks the canaries:
 * WRONG_RESULT names the tensor that was overrun. */
socle_status sc_plan_run(sc_plan *plan, sc_queue *queue, const sc_lane_memory *memory, const sc_launch *launch);

/* One launch as a person reads it. */
typedef struct sc_plan_launch {
    const char *layer;           /* "conv2d1" or NULL */
    sc_op op;
    const char *implementation;  /* "direct" */
    uint64_t nanoseconds;        /* total since creation; profile only */
    uint64_t runs;
} sc_plan_launch;
int sc_plan_launches(const sc_plan *plan);
/* After the queue has finished: adds up the recorded times. */
socle_status sc_plan_collect_times(sc_plan *plan);
sc_plan_launch sc_plan_launch_info(const sc_plan *plan, int number);

#endif
