/* SPDX-License-Identifier: Apache-2.0 */
/* Fusion: rewrites a graph in place into one of fewer launches, marking the nodes it swallows dead.
 * Results keep their bits: the same scalar operations run in the same order (x * 1 apart, which is
 * x), only values between them are no longer stored. Nodes still run in index order. Knows no
 * driver: an implementation without tails gets a composite (backend/prepare.c). */
#ifndef SC_GRAPH_FUSE_H
#define SC_GRAPH_FUSE_H

#include "graph/graph.h"

typedef struct sc_fuse_options {
    bool keep_dead;     /* leave nodes and expression outputs that nothing reads */
    bool no_chains;     /* elementwise into elementwise, and into the prologue of reduce */
    bool no_duplicates; /* cheap elementwise copied into each of several readers */
    bool no_tails;      /* elementwise into the tails of op.h */
    bool no_merges;     /* independent siblings into one launch with several outputs */
    bool no_views;      /* slices that lie in one piece become views of their operand */
} sc_fuse_options;

/* NULL options: every rule. The graph must be free of errors; call it once, after the last node was
 * appended. A failure (out of memory) leaves a valid graph. */
socle_status sc_graph_fuse(sc_graph *graph, const sc_fuse_options *options);

#endif
