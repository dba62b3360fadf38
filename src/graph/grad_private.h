/* SPDX-License-Identifier: Apache-2.0 */
/* Private to grad.c and grad_repeat.c: the walk's state. */
#ifndef SC_GRAPH_GRAD_PRIVATE_H
#define SC_GRAPH_GRAD_PRIVATE_H

#include "graph/grad.h"

struct sc_grad {
    sc_graph *graph;
    size_t values; /* of the forward graph */
    bool *wanted;  /* per root value */
    sc_value *gradient;
};

/* grad.c: notes which results of nodes [begin, end) want a gradient, in their order. */
void sc_grad_mark(sc_grad *grad, int begin, int end);
/* Runs the rule of node n, if a gradient has come to it. */
socle_status sc_grad_apply(sc_grad *grad, int n);

/* grad_repeat.c: the same for the nodes of a repeated region, all at once. */
void sc_grad_mark_repeat(sc_grad *grad, int repeat);
socle_status sc_grad_apply_repeat(sc_grad *grad, int repeat);

#endif
