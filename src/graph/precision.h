/* SPDX-License-Identifier: Apache-2.0 */
/* Which intermediates of a training step are stored in half precision: activations and their
 * gradients, which are what takes the memory. Parameters, gradients of parameters, sums, statistics
 * and losses stay as they are. A pass over the graph; it knows no device. */
#ifndef SC_GRAPH_PRECISION_H
#define SC_GRAPH_PRECISION_H

#include "graph/graph.h"

/* Has `value` stored as it is computed with, whatever others are. */
void sc_graph_keep_whole(sc_graph *graph, sc_value value);
/* Has every other float that is batched and that no lane holds stored as `dtype`, f16 or bf16, but
 * for results of reductions and what repeated regions make; and the places of maxima in bytes,
 * where a byte holds them. Passes that add nodes which are not of the graph's own types come
 * before. */
void sc_graph_store_half(sc_graph *graph, int dtype);

#endif
