/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of public graphs, for api_graph.c, api_graph_net.c and api_graph_step.c. */
#ifndef SC_API_API_GRAPH_H
#define SC_API_API_GRAPH_H

#include "api/api_tensor.h"
#include "op/expr_step.h"

/* A tensor that a graph reads or stores to, and the value that stands for it. */
typedef struct sc_api_slot {
    socle_tensor *tensor;
    sc_value value;
} sc_api_slot;

typedef struct sc_api_slots {
    sc_api_slot *slot;
    size_t capacity;
    int count;
} sc_api_slots;

/* A network in a graph, which counts as one of its users. */
typedef struct sc_api_graph_net {
    struct sc_api_graph_net *next;
    socle_net *net;
    sc_value *parameter; /* per parameter of the net: what it is when a run begins */
    sc_value *changed;   /* what it is afterwards; SC_NO_VALUE: the same */
    bool minimized;
    sc_optimizer optimizer; /* of what is minimized; its rate is that of the next run */
    sc_step_terms terms;
    uint32_t scalars; /* bit mask of the launch scalars that the update reads, and
                         SC_API_STEP_SCALAR */
    int first_scalar; /* the place of the first of these among the graph's scalars */
    uint32_t steps;
} sc_api_graph_net;

enum { SC_API_STEP_SCALAR = SC_LAUNCH_SCALARS, SC_API_SCALARS };

struct socle_graph {
    socle_context *context;
    sc_graph *graph;
    sc_api_slots input, output;
    sc_api_graph_net *nets; /* a list */
    sc_lane_map map;
    sc_lane_memory memory;
    sc_operand *chunk;    /* of the lane of inputs: each tensor's own memory */
    sc_buffer *results;   /* of the lane of outputs */
    sc_buffer *scalar;    /* of the lane of scalars: numbers that the host computes for each run */
    int32_t *scalar_bits; /* these, as they lie on the host */
    int scalars;
    sc_worker *home; /* that of its tensors; NULL: it has none yet */
    sc_queue *queue; /* not NULL: compiling has begun */
    sc_plan *plan;
    uint64_t seed;
    uint32_t runs;             /* since the seed was set */
    char error[SC_ERROR_TEXT]; /* of the graph's first error */
};

/* Remembers a failure; returns SC_NO_VALUE. */
socle_value sc_api_graph_fail(socle_graph *graph, socle_status status);
/* The graph's first error again, with its text. */
socle_status sc_api_graph_check(socle_graph *graph);

/* api_graph_net.c: stores what has changed, before the graph is planned. */
void sc_api_graph_nets_store(socle_graph *graph);
/* Brings weights that changed on the host to the tensors, before a run. */
socle_status sc_api_graph_nets_push(socle_graph *graph);
/* After a run: the tensors hold the newest weights of the networks that it changed. */
void sc_api_graph_nets_ran(socle_graph *graph);
void sc_api_graph_nets_free(socle_graph *graph);
/* The network's place in the graph, with a value for each parameter; NULL after a failure. */
sc_api_graph_net *sc_api_graph_net_of(socle_graph *graph, socle_net *net, const char *function);

/* api_graph_step.c: the scalars of the next step of everything that is minimized, on the device's
 * thread. */
socle_status sc_api_graph_write_scalars(socle_graph *graph);

#endif
