/* SPDX-License-Identifier: Apache-2.0 */
/* The program before it is planned: a graph of operations on values. Append only; values are
 * immutable (static single assignment). Gradients are more nodes of the same graph. A graph
 * remembers its first error, so building code checks once: after an error every builder returns
 * SC_NO_VALUE and does nothing.
 *
 * Values that outlive one pass are external: they live in a lane (parameters, gradients, inputs,
 * ...: the caller's numbers) at an index that the caller's lane table turns into an offset when the
 * graph is planned. All other values are intermediates; the planner places them. This file knows no
 * driver. */
#ifndef SC_GRAPH_GRAPH_H
#define SC_GRAPH_GRAPH_H

#include "base/arena.h"
#include "op/op.h"

typedef int sc_value;
enum { SC_NO_VALUE = -1 };

/* The number of a lane. Whoever builds a graph says what its lanes are for (nn/lanes.h). */
typedef int sc_lane;
enum { SC_LANE_NONE = -1, SC_LANES = 12 };

/* How the place of a value within another's memory follows the repetitions of a region
 * (repeat.h). */
typedef enum sc_motion {
    SC_STILL,
    SC_BY_REPETITION, /* by the repetition's number, as sequences count */
    SC_BY_ORDINAL,    /* by how many repetitions were run before this one */
    SC_AT_END         /* by how many were run in all */
} sc_motion;

typedef struct sc_value_info {
    sc_tensor_desc desc;
    int node;        /* producer; -1 for externals and aliases */
    sc_value alias;  /* the value whose bytes this one views under another shape; SC_NO_VALUE */
    int lane, index; /* external home; SC_LANE_NONE for intermediates */
    bool is_output;  /* written to its home by this graph */
    bool detached;   /* an alias that no gradient passes */
    bool whole;      /* stored as it is computed with (precision.h) */
    /* A view is a value of its own, made by a node or by nobody, whose memory is a part of that of
     * another: `offset` bytes in, and its own size further per step of `motion`. */
    sc_value within; /* SC_NO_VALUE: it is no view */
    size_t offset;
    uint8_t motion; /* sc_motion */
    bool viewed;    /* a view lies in it */
    int repeat;     /* the region whose repetitions it changes with; 0: none */
    int slots; /* memory that views alone write: of so many slots of the value's size, 2 that are
                  used in turn until a reader needs them all; 0: an ordinary value */
    const char *name; /* for messages; may be NULL */
} sc_value_info;

typedef struct sc_node {
    sc_op op;
    sc_op_attr attr;
    sc_expr *expr, *tail; /* owned by the graph's arena */
    int inputs, outputs;
    sc_value input[SC_MAX_OPERANDS];
    sc_value output[SC_EXPR_OUTPUTS];
    const char *name; /* the layer it came from */
    bool dead;        /* removed by a pass */
    bool hoistable;   /* depends on parameters alone: may run when these change, not with every
                         micro-batch */
    int region;  /* siblings of different regions are never joined: recompute.h puts time between
                    them */
    int repeat;  /* the region of repetitions that it belongs to; 0: none */
    int section; /* a new one begins and ends with each such region: fusion stays within */
} sc_node;

/* A region of the graph that is repeated, and what passes its border: see repeat.h. */
typedef struct sc_repeat {
    int64_t times;   /* at most */
    bool to_longest; /* as often as the longest sample of a launch asks for (sc_launch) */
    int reverse_of;  /* runs backward over the repetitions of this region; 0: forward */
    int first, end;  /* nodes [first, end) as they were appended */
} sc_repeat;

typedef enum sc_crossing_kind { SC_CROSS_CARRY, SC_CROSS_READ, SC_CROSS_COLLECT } sc_crossing_kind;

typedef struct sc_crossing {
    sc_crossing_kind kind;
    int repeat;
    sc_value outside; /* carried: what it begins with (SC_NO_VALUE: zeros); else the sequence */
    sc_value inside;  /* carried, read: in the region; collected: what is collected */
    sc_value next, last, store; /* carried alone */
} sc_crossing;

typedef struct sc_graph {
    sc_env *env;
    sc_arena *arena;
    int64_t capacity; /* most samples of one micro-batch */
    sc_node *node;
    size_t nodes, node_capacity;
    sc_value_info *value;
    size_t values, value_capacity;
    socle_status status; /* first error; its text is in env */
    const char *scope;   /* name given to new nodes */
    uint32_t random_ordinal;
    sc_lane weights;   /* sc_graph_weights */
    bool portable;     /* every sum in the canonical order (op/op.h) */
    bool recomputes;   /* values are made again to save memory (recompute.h) */
    sc_repeat *repeat; /* number r is repeat[r - 1] */
    size_t repeats, repeat_capacity;
    sc_crossing *crossing;
    size_t crossings, crossing_capacity;
    int repeating, section; /* of the nodes that are appended now */
} sc_graph;

socle_status sc_graph_create(sc_graph **out, sc_env *env, int64_t capacity);
void sc_graph_destroy(sc_graph *graph); /* NULL is fine */
/* A graph of its own with the same nodes and values, under the same numbers; for trying a pass out.
 * Names stay the original's, which must outlive it. */
socle_status sc_graph_copy(sc_graph **out, const sc_graph *graph);
/* Names the nodes that follow ("conv2d1"); copied. */
void sc_graph_scope(sc_graph *graph, const char *name);
/* Remembers a failure (the text must already be in graph->env); returns SC_NO_VALUE. */
sc_value sc_graph_fail(sc_graph *graph, socle_status status);
const sc_tensor_desc *sc_graph_desc(const sc_graph *graph, sc_value value);
/* The value whose memory `value` occupies (follows aliases). */
sc_value sc_graph_root(const sc_graph *graph, sc_value value);

/* The value in whose memory `value` lies (follows aliases and views). */
sc_value sc_graph_memory(const sc_graph *graph, sc_value value);
/* The region with whose repetitions `value` changes; 0: none. */
int sc_graph_repeat_of(const sc_graph *graph, sc_value value);

/* Whether `value` is a weight that the graph only reads. */
bool sc_graph_is_parameter(const sc_graph *graph, sc_value value);

/* For passes that write nodes themselves: an intermediate without a producer yet. */
sc_value sc_graph_value(sc_graph *graph, const sc_tensor_desc *desc);

/* The bytes of `of` under another descriptor of the same size. */
sc_value sc_graph_alias(sc_graph *graph, sc_value of, const sc_tensor_desc *desc);

/* The same value, but a constant to sc_graph_gradient. */
sc_value sc_graph_detach(sc_graph *graph, sc_value of);

/* A fresh value with the same elements. */
sc_value sc_graph_copy_value(sc_graph *graph, sc_value value);

/* Declares the lane whose values are weights: they stay as they are from run to run until
 * sc_plan_weights_changed says otherwise, and a plan keeps what it makes of
 * them alone. Without one there are none. */
void sc_graph_weights(sc_graph *graph, sc_lane lane);

/* External values. */
sc_value sc_graph_external(sc_graph *graph, sc_lane lane, int index, const sc_tensor_desc *desc,
                           const char *name);
/* `value` must be in (lane, index) when the graph has run. A value that is external already, an
 * alias or an output of something else gets a copy node. Returns the value that stands there. */
sc_value sc_graph_output(sc_graph *graph, sc_value value, sc_lane lane, int index);
/* Like output, but the home already holds an external value of this graph that is updated in place
 * (optimizer). The update must be the last reader of `target`. */
sc_value sc_graph_update(sc_graph *graph, sc_value value, sc_value target);

/* The general builder: infers output shapes, checks, appends. `out` gets `outputs` values
 * (SC_NO_VALUE on error). The expression is copied. */
void sc_graph_append(sc_graph *graph, sc_op op, const sc_op_attr *attr, const sc_expr *expr,
                     int inputs, const sc_value *input, int outputs, sc_value *out);
/* For operations whose output shape is part of the request (SLICE, PAD, CROP2D, the gradients of
 * conv and pool, SCATTER_ADD): one output of `shape`. */
void sc_graph_append_shaped(sc_graph *graph, sc_op op, const sc_op_attr *attr, int inputs,
                            const sc_value *input, const sc_tensor_desc *shape, sc_value *out);
/* An elementwise node of one output of this descriptor, which may be larger than every input. */
sc_value sc_graph_append_expr(sc_graph *graph, const sc_expr *expr, int inputs,
                              const sc_value *input, const sc_tensor_desc *desc);
/* Complete descriptor of a node; expr and tail stay the graph's. */
void sc_graph_node_desc(const sc_graph *graph, const sc_node *node, sc_op_desc *out);

#endif
