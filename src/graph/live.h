/* SPDX-License-Identifier: Apache-2.0 */
/* Lifetimes of the intermediate values of a graph, as the memory plan wants them. Positions are
 * node numbers. Values with a home (externals, outputs) have none: they are not the plan's to
 * place. */
#ifndef SC_GRAPH_LIVE_H
#define SC_GRAPH_LIVE_H

#include "graph/graph.h"
#include "graph/memplan.h"

typedef struct sc_live {
    sc_env *env;
    sc_interval *interval;
    int count;
    size_t capacity;
    int *of_value;  /* per value of the graph: the interval of its memory, or -1 */
    int64_t *slots; /* per value of the graph: how often it lies there in a row, in repetitions */
} sc_live;

/* Call after fusion and layout; `interval[i].share_with` says where an elementwise node may write
 * over an operand that nothing reads later. On failure `out` is empty; sc_live_free is then fine
 * too. */
socle_status sc_live_intervals(sc_live *out, const sc_graph *graph);
/* Appends one more interval (a kernel's workspace: first = last = its node). `out` may be NULL. */
socle_status sc_live_add(sc_live *live, int first, int last, size_t bytes, const char *name,
                         int *out);
void sc_live_free(sc_live *live);

#endif
