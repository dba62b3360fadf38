/* SPDX-License-Identifier: Apache-2.0 */
/* Recomputation: memory for time (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). A training graph
 * stores what the forward pass made until the backward pass reads it. This pass cuts the forward nodes into parts, keeps
 * only what crosses a cut, and makes the rest of a part again right before its first backward reader:
 *
 *      forward:  part 0 | part 1 | part 2     backward:  of 2, part 1 again, of 1, part 0 again, of 0
 *                       ^ kept   ^ kept
 *
 * The copies are nodes like the originals, random ordinals included, so every result keeps its bits. Values with a home
 * are read there and never made again; a copy writes no home. Knows no device. */
#ifndef SC_GRAPH_RECOMPUTE_H
#define SC_GRAPH_RECOMPUTE_H

#include "graph/graph.h"

typedef struct sc_recompute_report {
    int segments;           /* parts of the forward pass; 1: whole, only cheap results are made again; 0: untouched */
    size_t nodes;           /* made again */
    size_t before, after;   /* estimated bytes of intermediates at their peak */
    const char *peak_layer; /* where the peak is afterwards; NULL when that node has no name. Names are the graph's. */
    size_t floor;           /* largest sum of one node's own operands: no schedule needs less at this capacity */
    const char *floor_layer;
} sc_recompute_report;

/* Call between sc_graph_gradient and sc_plan_create (which fuses): the first `forward_nodes` nodes are the forward pass.
 * Rewrites the graph so that its intermediates take at most `activation_bytes`, with as little work made again as that
 * allows; if that cannot be reached, so that they take as little as can be (0 asks for that). Leaves it alone when it
 * fits already or nothing helps. `report` may be NULL; whether the result fits is report->after <= activation_bytes, and
 * not an error here.
 *
 * Estimates are the memory plan of a fused copy of the graph. A real plan has, beyond them, the workspaces of its kernels,
 * reordered copies and packed weights. On failure the graph is as it was, but remembers the error. */
socle_status sc_graph_recompute(sc_graph *graph, size_t forward_nodes, size_t activation_bytes,
                                sc_recompute_report *report);

#endif
