/* SPDX-License-Identifier: Apache-2.0 */
/* One step of a configuration's network on a few samples of its training data, in double precision
 * on the host: every value, the loss and the gradient by every value and weight. For `socle trace`
 * and `socle check-gradient`. */
#ifndef SC_CLI_FOLLOW_H
#define SC_CLI_FOLLOW_H

#include "cli/recipe_choice.h"
#include "nn/layer.h"
#include "verify/graph_reference.h"

typedef struct sc_follow {
    sc_cli *cli;
    sc_config *config;
    sc_recipe recipe;
    int64_t first, samples; /* of the training data */
    sc_graph *graph;
    sc_build build;
    sc_value input[SC_NET_INPUTS], target, loss, counts; /* counts: SC_NO_VALUE: each row is one */
    sc_value *by; /* gradients by each layer's value, then by each parameter; NULL: none
                     were asked for */
    sc_graph_reference reference;
} sc_follow;

/* Reads the configuration, its data and its network with the first weights of its seed, and
 * computes. Errors: as `socle train`; CONFIG (several losses,
 * recurrent layers, weights of a file), CONFIG (there is no such sample). */
socle_status sc_follow_open(sc_follow *out, const sc_recipe_choice *choice, int64_t first,
                            int64_t samples, bool gradients);
void sc_follow_close(sc_follow *follow); /* a zeroed one is fine */
/* Computes again, after values of parameters were changed; the mean loss of what counts. */
double sc_follow_loss(const sc_follow *follow);
/* What the loss is divided by. */
double sc_follow_weight(const sc_follow *follow);
/* Values and how many there are: of a node of the network, of a parameter; and the gradient of the
 * mean loss by them, times sc_follow_weight. NULL: the network does not use it. */
double *sc_follow_node(const sc_follow *follow, int node, int64_t *elements);
double *sc_follow_parameter(const sc_follow *follow, size_t parameter, int64_t *elements);
const double *sc_follow_node_gradient(const sc_follow *follow, int node);
const double *sc_follow_gradient(const sc_follow *follow, size_t parameter);

#endif
