/* SPDX-License-Identifier: Apache-2.0 */
/* Networks inside graphs, for losses and loops that no trainer has: several networks, gradients by
 * the inputs, an optimizer each. A network's parameters stay the network's: what a run leaves in
 * them is what socle_net_read, socle_predict, socle_save and trainers made later find. While a
 * graph uses a network, nothing can be added to that. */
#ifndef SOCLE_PROGRAM_H
#define SOCLE_PROGRAM_H

#include "net.h"
#include "tensor.h"
#include "train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the network makes of `count` values, one for each of its inputs in their order. x[i]: [N,
 * shape of the input], of its type, or f32 where layers want numbers; the input's scale is applied.
 * Result: [N, shape of the output], what the loss reads, without its softmax or sigmoid. training
 * 0: as for predictions. 1: dropout draws, and batch normalisation takes the statistics of these N
 * samples, which the running ones follow with each run. A network may be used several times. */
SOCLE_API socle_value socle_graph_net(socle_graph *graph, socle_net *net, int count,
                                      const socle_value *x, int training);
/* A parameter of the network by name ("dense1.weight"), as it is when a run begins: for penalties
 * and gradients. errors: NOT_FOUND. */
SOCLE_API socle_value socle_graph_parameter(socle_graph *graph, socle_net *net, const char *name);
/* Makes each run take a step of `optimizer` on the trained parameters of one network, which brings
 * the mean of `loss` down. loss: f32 of any shape; other networks in it are left as they are. All
 * steps of a graph start from the parameters as they were before the run. weight_decay: L2
 * coefficient, on weights. Once per network. Nobody looks for numbers that are not finite. errors:
 * the first error of building; CONFIG (optimizer; the loss depends on none of the parameters),
 * STATE, UNSUPPORTED (an operation has no gradient). */
SOCLE_API socle_status socle_graph_minimize(socle_graph *graph, socle_value loss, socle_net *net,
                                            socle_optimizer optimizer, float weight_decay);
/* Sets the rate of the following runs, for schedules. errors: INVALID_ARGUMENT (not finite, < 0),
 * STATE (the graph minimizes nothing by this network). */
SOCLE_API socle_status socle_graph_learning_rate(socle_graph *graph, socle_net *net,
                                                 float learning_rate);

#ifdef __cplusplus
}
#endif
#endif
