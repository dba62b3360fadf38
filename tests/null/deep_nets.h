/* SPDX-License-Identifier: Apache-2.0 */
/* Networks deep enough that what is stored for the backward pass is most of their memory, built on
 * a fresh graph with their gradients. */
#ifndef SC_TESTS_DEEP_NETS_H
#define SC_TESTS_DEEP_NETS_H

#include "graph/graph.h"

enum { DEEP_PARAMETERS = 160, DEEP_CLASSES = 10 };

typedef struct deep_net {
    sc_graph *graph;
    size_t forward_nodes;
    int layers, parameters, statistics;
    sc_value parameter[DEEP_PARAMETERS];
} deep_net;

typedef struct deep_kind {
    const char *name;
    int64_t rows, inputs, channels, size;
    int layers;
    sc_value (*build)(deep_net *net, const struct deep_kind *kind); /* the loss per row */
} deep_kind;

/* "convolutions": 24 equal layers of conv, bias, relu. "dense": matmul, bias, tanh. "normalised":
 * conv, batch norm, relu. "residual": a stem, blocks of two normalised convolutions around a skip,
 * halved once, then dropout and a head. "narrow": the same with channels that no layout blocks. */
extern const deep_kind deep_kinds[];
extern const int deep_kind_count;
const deep_kind *deep_kind_named(const char *name);

/* Outputs: SUMS 0 the loss, then batch statistics; GRADIENTS i of parameter i. Inputs: images, then
 * labels. Dies with the error's text if the graph is refused. */
void deep_create(deep_net *net, sc_env *env, const deep_kind *kind);
void deep_destroy(deep_net *net);

#endif
