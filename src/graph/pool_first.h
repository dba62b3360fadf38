/* SPDX-License-Identifier: Apache-2.0 */
/* A rewrite of the forward graph: the maximum over windows is taken before a relu and before the
 * bias of a convolution. Neither ever decreases, so the maximum of their results is their result
 * for the maximum, to the bit. They are then left with fewer elements, and so are their gradients.
 * Knows operations, no layers. */
#ifndef SC_GRAPH_POOL_FIRST_H
#define SC_GRAPH_POOL_FIRST_H

#include "graph/graph.h"

/* Call it when every reader of the forward values is there, and before sc_graph_gradient. A value
 * that something else reads too stays where it is. Errors: OUT_OF_MEMORY, which leaves the graph as
 * it was. */
socle_status sc_graph_pool_first(sc_graph *graph);

#endif
