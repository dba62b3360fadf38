/* SPDX-License-Identifier: Apache-2.0 */
/* Reverse-mode differentiation (the reverse walk over the graph; Griewank and Walther, "Evaluating
 * Derivatives"): appends the gradient nodes to the same graph, by one rule per operation
 * (grad_rules.c). */
#ifndef SC_GRAPH_GRAD_H
#define SC_GRAPH_GRAD_H

#include "graph/graph.h"

/* `loss` [N] (per sample) or any float value; `seed` is its incoming gradient (same shape;
 * SC_NO_VALUE: ones, so that the result is the gradient of the sum). gradient[i] receives the
 * gradient with respect to wrt[i], zeros if it does not depend. `completion` (may be NULL, `count`
 * entries) receives the rank of each gradient in the order in which they complete. */
socle_status sc_graph_gradient(sc_graph *graph, sc_value loss, sc_value seed, int count,
                               const sc_value *wrt, sc_value *gradient, int *completion);

/* Whether a gradient of `loss` passes to any of `count` values. */
socle_status sc_graph_depends(bool *out, sc_graph *graph, sc_value loss, int count,
                              const sc_value *wrt);

/* For grad_rules.c: the walk's state. */
typedef struct sc_grad sc_grad;
/* Adds a contribution to the gradient of `value` (SC_NO_VALUE contributions are ignored). */
void sc_grad_add(sc_grad *grad, sc_value value, sc_value contribution);
/* Whether anybody wants the gradient of `value`. */
bool sc_grad_wanted(const sc_grad *grad, sc_value value);
/* One rule: reads node `node` of graph, dy[k] is the gradient of output k or SC_NO_VALUE. */
typedef void (*sc_grad_rule)(sc_grad *grad, sc_graph *graph, int node, const sc_value *dy);
/* grad_sequence.c: rules of what works along rows and sequences. */
void sc_grad_layer_norm(sc_grad *grad, sc_graph *graph, int node, const sc_value *dy);
void sc_grad_attention(sc_grad *grad, sc_graph *graph, int node, const sc_value *dy);
sc_grad_rule sc_grad_rule_of(sc_op op); /* NULL: not differentiable */

#endif
