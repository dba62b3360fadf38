/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of recompute.c, each testable alone: what each forward value is (recompute_values.c),
 * where to cut (recompute_cuts.c), the rewritten graph (recompute_clone.c), what it would take
 * (recompute_estimate.c). */
#ifndef SC_GRAPH_RECOMPUTE_PRIVATE_H
#define SC_GRAPH_RECOMPUTE_PRIVATE_H

#include "graph/recompute.h"

/* Backward nodes that a cheap value made again serves before it is made once more. */
enum { SC_RECOMPUTE_NEAR = 16 };

/* One intermediate of the forward pass, as the choice of cuts sees it. */
typedef struct sc_recompute_value {
    sc_value value;
    int made, last; /* its node and the last forward node that reads it (or made) */
    size_t bytes;
    bool stored; /* the backward pass reads it */
    bool small;  /* much smaller than what it is made of (statistics, sums): always kept */
    bool cheap;  /* elementwise from values that are stored anyway */
} sc_recompute_value;

typedef struct sc_recompute_values {
    sc_env *env;
    int nodes;                 /* of the forward pass */
    sc_recompute_value *value; /* in order of `made` */
    size_t count;
    bool *awkward; /* per node: a cut before it would part an operation from its elementwise tail */
} sc_recompute_values;

/* Positions of cuts, ascending; cut c lies before node c. */
typedef struct sc_recompute_cuts {
    sc_env *env;
    int *position;
    int count;
} sc_recompute_cuts;

/* On failure `out` is empty; freeing it is then fine too. */
socle_status sc_recompute_values_of(sc_recompute_values *out, const sc_graph *graph,
                                    int forward_nodes);
void sc_recompute_values_free(sc_recompute_values *values);

/* Bytes that one uncut pass stores. `cheap`: without those of cheap values, which are then made
 * again. */
size_t sc_recompute_stored(const sc_recompute_values *values, bool cheap);
/* Cuts such that, whichever part the backward pass is in, what is kept for it and before it and
 * what it stores itself are at most `budget`: of those, cuts that leave the most uncut at the end,
 * and of those again the ones that keep the fewest bytes. *possible is false, and there are no
 * cuts, when no cuts achieve that. */
socle_status sc_recompute_choose_cuts(sc_recompute_cuts *out, const sc_recompute_values *values,
                                      bool cheap, size_t budget, bool *possible);
void sc_recompute_cuts_free(sc_recompute_cuts *cuts);

/* What is kept and what is not; arrays per value of the graph. */
typedef struct sc_recompute_choice {
    const bool *keep;  /* stays from the forward pass on, if it is anybody's at all */
    const bool *again; /* made once more for readers far apart; NULL: none */
    const int *cut;    /* ascending */
    int cuts;
} sc_recompute_choice;

/* Rewrites the graph; any choice gives the same results. *made (may be NULL) gets the number of new
 * nodes. */
socle_status sc_recompute_rewrite(sc_graph *graph, int forward_nodes,
                                  const sc_recompute_choice *choice, size_t *made);

typedef struct sc_recompute_need {
    size_t peak, floor;
    const char *peak_layer, *floor_layer;
} sc_recompute_need;

/* Fuses `graph`: give it a copy. */
socle_status sc_recompute_estimate(sc_graph *graph, sc_recompute_need *out);

#endif
