/* SPDX-License-Identifier: Apache-2.0 */
/* Small networks that between them use every operation, for tests of gradients, fusion and memory:
 * each is built on a fresh graph, its parameters, inputs and outputs at fixed homes. */
#ifndef SC_TESTS_GRAPH_SAMPLES_H
#define SC_TESTS_GRAPH_SAMPLES_H

#include "graph/build.h"
#include "graph/grad.h"
#include "graph_eval.h"
#include "nn/lanes.h"

enum { SAMPLE_PARAMETERS = 12, SAMPLE_CAPACITY = 4 };

typedef struct sample {
    sc_env env;
    sc_graph *graph;
    int parameters, inputs;
    sc_value parameter[SAMPLE_PARAMETERS];
    sc_value gradient[SAMPLE_PARAMETERS];
    sc_value loss; /* [N] */
} sample;

typedef struct sample_net {
    const char *name;
    sc_value (*build)(sample *s); /* returns the loss per row */
} sample_net;

extern const sample_net sample_nets[];
extern const int sample_net_count;

/* Builds one net. `train`: its gradients are outputs (lane GRADIENTS), its summed loss too (SUMS,
 * 0). `update`: momentum descent writes the parameters and their state in place. Dies with the
 * error's text if the graph is refused. */
void sample_create(sample *s, const sample_net *net, bool train, bool update);
void sample_destroy(sample *s);
/* Reproducible numbers for every external that is read: floats in (-1, 1), integers in 0 .. 2. */
void sample_fill(graph_eval *eval, uint64_t seed);

#endif
