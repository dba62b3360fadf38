/* SPDX-License-Identifier: Apache-2.0 */
/* Recomputation: memory for time (Chen et al. 2016, "Training Deep Nets with Sublinear Memory
 * Cost"). A training graph stores what the forward pass made until the backward pass reads it. This
 * pass cuts the forward nodes into parts, keeps only what crosses a cut, and makes the rest of a
 * part again right before its first backward reader:
 *
 *      forward      part 0 | part 1 | part 2
 *                         kept     kept
 *      backward     of 2,  part 1 again, of 1,  part 0 again, of 0
 *
 * The copies are nodes like the originals, random ordinals included, so every result keeps its
 * bits. Values with a home are read there; a copy writes no home. Knows no device. */
#ifndef SC_GRAPH_RECOMPUTE_H
#define SC_GRAPH_RECOMPUTE_H

#include "graph/graph.h"

/* Names are the graph's, and NULL where a node has none. */
typedef struct sc_recompute_report {
    int segments;         /* parts of the forward pass; 1: whole, only cheap results are made again;
                             0: the graph is as it was */
    size_t nodes;         /* made again, before fusion */
    size_t before, after; /* estimated bytes of intermediates at their peak */
    const char *peak_layer;  /* where that is, afterwards */
    size_t floor;            /* most that one launch alone reads and writes: indivisible */
    const char *floor_layer; /* the one to make smaller when `floor` is beyond the limit */
} sc_recompute_report;

/* Call between sc_graph_gradient and sc_plan_create (which fuses): the first `forward_nodes` nodes
 * are the forward pass. Rewrites the graph so that its intermediates take at most
 * `activation_bytes`, with as little work added as that allows; if that cannot be reached, so that
 * they take as little as can be (0 asks for that). Leaves the graph alone when it fits already, or
 * when nothing helps. Whether it fits now is report->after <= activation_bytes; that it does not is
 * no error here. `report` may be NULL.
 *
 * Both figures are the memory plan of a fused copy of the graph. A real plan has beside them the
 * workspaces of its kernels, packed weights and reordered copies, all of which are known only when
 * kernels are prepared: a caller whose plan came out N bytes too large builds the graph anew and
 * asks for N bytes less. On failure no node has changed. */
socle_status sc_graph_recompute(sc_graph *graph, size_t forward_nodes, size_t activation_bytes,
                                sc_recompute_report *report);

#endif
