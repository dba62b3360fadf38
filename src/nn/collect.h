/* SPDX-License-Identifier: Apache-2.0 */
/* What an evaluation collects of each sample for metrics that need all rows at once: as values of a
 * graph, and as rows in host memory to be scored. It knows networks and losses; how the values come
 * to the host is the engine's. */
#ifndef SC_NN_COLLECT_H
#define SC_NN_COLLECT_H

#include "nn/layer.h"
#include "nn/scoring.h"

/* Floats of each kind (SC_COLLECTED_...) for each sample; 0: it is not collected. */
void sc_collect_sizes(int64_t out[SC_COLLECTED], const sc_net *net);
/* The same as values of a graph, floats; without weights, which the engine has. SC_NO_VALUE: it is
 * not collected. `rows`: of the loss that compares with the labels. */
void sc_collect_build(sc_value out[SC_COLLECTED], sc_graph *graph, const sc_net *net,
                      const sc_loss_rows *rows);
/* Samples that were collected, one array per kind, as rows. */
sc_scored sc_collect_rows(const sc_net *net, int64_t samples, float *const data[SC_COLLECTED]);
/* Metrics of the net that are computed of rows: values in the order in which it has them, others
 * stay. Errors: OUT_OF_MEMORY. */
socle_status sc_collect_score(double *metric, const sc_net *net, const sc_scored *rows);

#endif
