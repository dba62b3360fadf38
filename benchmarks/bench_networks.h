/* SPDX-License-Identifier: Apache-2.0 */
/* The networks that bench_step measures, by name. They stand for what people train: a small CNN,
 * the same on larger colour images, a perceptron of dense layers, residual blocks with batch
 * normalisation. Knows the network description only. */
#ifndef SC_BENCH_NETWORKS_H
#define SC_BENCH_NETWORKS_H

#include "nn/layer.h"

/* A network on u8 images with ten classes, or NULL for an unknown name. Errors stay in the network
 * (net->status). */
sc_net *bench_network(sc_env *env, const char *name);
/* "fashion-cnn, ..." for messages. */
const char *bench_network_names(void);

#endif
