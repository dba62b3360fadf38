/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: a graph turned into a straight list of launches for one device, every operand a (lane or
 * arena, offset).
 *
 *   graph --fuse, layouts--> fewer nodes --prepare--> kernels --live, memplan--> offsets -->
 * launches --run--> queue
 *
 * All checks, choices, compilation and allocation happen in sc_plan_create; a run does none of
 * them. A plan owns its activations, packed weights and scratch; the lanes are the caller's. It
 * knows the contract, no driver. */
#ifndef SC_GRAPH_PLAN_H
#define SC_GRAPH_PLAN_H

#include "graph/lane.h"

typedef struct sc_plan sc_plan;

typedef struct sc_plan_options {
    bool keep_graph_order; /* no fusion (tests) */
    bool plain_layouts;    /* no blocked tensors, no packed weights (tests) */
    bool separate; /* one buffer per intermediate, no reuse, canaries, NaN poison; checked after
                      each run */
    bool profile;  /* records an event per launch; needs a device with timestamps */
    const char
        *force; /* "conv2d=plain,matmul=packed": implementations by operation; NULL: the best */
} sc_plan_options;

typedef struct sc_plan_size {
    size_t activations, scratch; /* device bytes of the plan itself */
    int launches, intermediates, buffers;
    int packs; /* of the launches: those that run only after the weights changed */
} sc_plan_size;

/* Fuses `graph` and lays it out in place, prepares every node and allocates. The graph and the lane
 * map are only read afterwards during this call; both may go. Errors: those of prepare, with the
 * layer's name; DEVICE_MEMORY; CONFIG for a wrong `force`. */
socle_status sc_plan_create(sc_plan **out, sc_device *device, sc_graph *graph,
                            const sc_lane_map *lanes, const sc_plan_options *options);
void sc_plan_destroy(sc_plan *plan); /* NULL is fine */
sc_plan_size sc_plan_sizes(const sc_plan *plan);

/* Enqueues the whole list. launch->rows <= the graph's capacity. In separate mode also waits and
 * checks the canaries: WRONG_RESULT names the tensor that was overrun. */
socle_status sc_plan_run(sc_plan *plan, sc_queue *queue, const sc_lane_memory *memory,
                         const sc_launch *launch);

/* Weights are packed by the first run and kept. Whoever writes the PARAMETERS lane says so here;
 * the next run packs them anew. (A run that finds the lane at another place does so by itself.) */
void sc_plan_weights_changed(sc_plan *plan);

/* One launch as a person reads it. */
typedef struct sc_plan_launch {
    const char *layer; /* "conv2d1" or NULL */
    sc_op op;
    const char *implementation; /* "direct" */
    uint64_t nanoseconds; /* total since creation, from the end of the launch before to its own;
                             profile only */
    uint64_t runs;
} sc_plan_launch;
int sc_plan_launches(const sc_plan *plan);
/* After the queue has finished: adds up the recorded times. */
socle_status sc_plan_collect_times(sc_plan *plan);
sc_plan_launch sc_plan_launch_info(const sc_plan *plan, int number);

#endif
