/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: a graph turned into a straight list of launches for one device, every operand a (lane or
 * arena, offset).
 *
 *   graph --fuse, layouts--> fewer nodes --prepare--> kernels --live, memplan--> offsets -->
 * launches --run--> queue
 *
 * All checks, choices, compilation and allocation happen in sc_plan_create; a run does none of
 * them. A plan owns its packed weights, and its activations and scratch unless it takes turns with
 * other plans in a pool; the lanes are the caller's. It knows the contract, no driver. */
#ifndef SC_GRAPH_PLAN_H
#define SC_GRAPH_PLAN_H

#include "graph/lane.h"

typedef struct sc_plan sc_plan;

/* Memory for the intermediates of several plans of one device, which run one after the other. It
 * grows to what the largest of them needs. */
typedef struct sc_plan_pool sc_plan_pool;
/* forecast: it only adds up. The device must outlive the pool, the pool its plans. */
socle_status sc_plan_pool_create(sc_plan_pool **out, sc_device *device, bool forecast);
void sc_plan_pool_destroy(sc_plan_pool *pool); /* NULL is fine */
size_t sc_plan_pool_bytes(const sc_plan_pool *pool);

/* For tests: all zero in a run. */
typedef struct sc_plan_hooks {
    bool keep_graph_order; /* no fusion */
    bool plain_layouts;    /* no blocked tensors, no packed weights */
    bool separate; /* one buffer per intermediate, no reuse, canaries, NaN poison; checked after
                      each run */
} sc_plan_hooks;

typedef struct sc_plan_options {
    sc_plan_hooks hooks;
    bool profile;      /* records an event per launch; needs a device with timestamps */
    const char *force; /* "conv2d=plain,matmul=packed": implementations by operation; NULL: the best
                        */
    bool portable; /* every sum in the canonical order: the same bits on every device that can */
    sc_plan_pool *pool; /* where intermediates lie that no later run reads; NULL, or separate: the
                           plan has memory of its own */
    bool forecast; /* sizes everything and allocates nothing: such a plan cannot run. What exceeds
                      the device's allocations is told by `piece`, not refused */
} sc_plan_options;

typedef struct sc_plan_size {
    size_t activations; /* device bytes of the plan: intermediates, in the pool or its own, and what
                           is packed */
    size_t packed;      /* of these: results that stay from run to run, always its own */
    size_t scratch;     /* largest workspace of a launch */
    int launches, intermediates, buffers;
    int packs;    /* of the launches: those that run only after the weights changed */
    size_t piece; /* the largest tensor or workspace, which no memory plan can divide */
    const char *piece_layer;
    size_t peak; /* bytes alive at once where most are, and the layer that holds most of them */
    size_t heaviest;
    const char *heaviest_layer;
    /* Layers may be NULL; names live as long as the plan. */
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

/* The same in parts: launches [first, last) of the list. A run is the parts in order, from 0 to
 * sc_plan_launches, with the same arguments; what is done between them sees the work so far. */
socle_status sc_plan_run_part(sc_plan *plan, sc_queue *queue, const sc_lane_memory *memory,
                              const sc_launch *launch, int first, int last);
/* The launch that the last run enqueued last, or at which it failed: running the part from there on
 * goes on with it. */
int sc_plan_reached(const sc_plan *plan);
/* Number of launches after which the first `bytes` bytes, chunks counted through, of a lane that
 * the plan writes are final; `lanes` as at its creation. */
int sc_plan_ready_after(const sc_plan *plan, const sc_lane_map *lanes, sc_lane lane, size_t bytes);

/* Weights are packed by the first run and kept. A caller that writes the PARAMETERS lane calls this
 * function, and the next run packs them anew. (A run that finds the lane at another place does so
 * by itself.) */
void sc_plan_weights_changed(sc_plan *plan);

/* One launch as a person reads it. */
typedef struct sc_plan_launch {
    const char *layer; /* "conv2d1" or NULL */
    sc_op op;
    const char *implementation; /* "direct" */
    const sc_kernel *kernel;    /* borrowed from the plan */
    uint64_t nanoseconds; /* total since creation, from the end of the launch before to its own;
                             profile only */
    uint64_t runs;
} sc_plan_launch;
int sc_plan_launches(const sc_plan *plan);
/* After the queue has finished: adds up the recorded times. */
socle_status sc_plan_collect_times(sc_plan *plan);
sc_plan_launch sc_plan_launch_info(const sc_plan *plan, int number);

#endif
