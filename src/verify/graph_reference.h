/* SPDX-License-Identifier: Apache-2.0 */
/* A whole graph in double precision, node after node by the references of its operations: what a
 * network, its loss and its gradients are without the rounding of a device. */
#ifndef SC_VERIFY_GRAPH_REFERENCE_H
#define SC_VERIFY_GRAPH_REFERENCE_H

#include "graph/graph.h"

typedef struct sc_graph_reference {
    sc_env *env;
    const sc_graph *graph;
    sc_launch launch;
    double **value; /* of each value of the graph; NULL: it is another's under another shape */
    double *bound;  /* which the references write and nobody reads here */
} sc_graph_reference;

/* As many samples as the graph's capacity. All values begin as 0. The graph stays the caller's, and
 * as it is. Errors: CONFIG (regions that repeat), OUT_OF_MEMORY; nothing is left to free. */
socle_status sc_graph_reference_create(sc_graph_reference *out, sc_env *env, const sc_graph *graph,
                                       uint64_t seed, uint32_t step);
void sc_graph_reference_free(sc_graph_reference *reference); /* a zeroed one is fine */
/* The elements of a value, row by row: of externals to be filled, of all others after a run. */
double *sc_graph_reference_value(const sc_graph_reference *reference, sc_value value);
/* Computes every node from the externals. */
void sc_graph_reference_run(const sc_graph_reference *reference);

#endif
