/* SPDX-License-Identifier: Apache-2.0 */
/* The networks whose training steps are measured. Knows no device. */
#ifndef SC_BENCH_NETWORKS_H
#define SC_BENCH_NETWORKS_H

#include "nn/net.h"

typedef struct sc_bench_network {
    const char *name;
    int64_t batch;
    int classes;                            /* of labels, and of tokens */
    bool quick;                             /* belongs to the quick part */
    int (*build)(sc_net *net, int classes); /* the node of the scores */
} sc_bench_network;

/* NULL beyond the last. */
const sc_bench_network *sc_bench_network_at(int number);
/* With its loss, ready for an engine; the caller destroys it. */
socle_status sc_bench_network_create(sc_net **out, sc_env *env, const sc_bench_network *network);

#endif
