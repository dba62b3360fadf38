/* SPDX-License-Identifier: Apache-2.0 */
/* The layout pass: lets values lie in the blocked layout where implementations take it and that
 * saves more than it costs, and puts REORDER nodes at the boundaries. It knows implementations only
 * through a callback; after it the graph computes the same numbers. Run it between fusion and
 * lifetimes.
 *
 * What may be blocked: f32 values of rank 4 whose channels are a multiple of 16, so that there are
 * no padding channels whose contents an operation would have to ignore, and blocked and plain
 * tensors have equally many elements. Outputs, externals, and values read through an alias stay
 * plain in memory. An elementwise node is blocked only as a flat pass: each operand is blocked or a
 * single number, and its expression asks for no coordinate and no random number. */
#ifndef SC_GRAPH_LAYOUT_H
#define SC_GRAPH_LAYOUT_H

#include "graph/graph.h"

/* The layouts (bit mask of sc_layout) in which the implementation that would run `desc` takes
 * operand number `operand` (inputs, then outputs). `desc` proposes: what can be blocked is. */
typedef uint32_t sc_layout_accepts(void *payload, const sc_op_desc *desc, int operand);
/* Whether something runs exactly `desc`, after all operands have been settled. A node that is
 * refused goes without packed weights, then plain. */
typedef bool sc_layout_fits(void *payload, const sc_op_desc *desc);

typedef struct sc_layout_result {
    int blocked;  /* values that lie blocked */
    int reorders; /* nodes added that run with every micro-batch */
    int packed;   /* nodes added that depend on parameters alone: sc_node.hoistable */
} sc_layout_result;

/* `fits` NULL: everything does. `result` may be NULL. A failure (out of memory) leaves a graph that
 * must not be used further. */
socle_status sc_graph_assign_layouts(sc_graph *graph, sc_layout_accepts *accepts,
                                     sc_layout_fits *fits, void *payload, sc_layout_result *result);

#endif
