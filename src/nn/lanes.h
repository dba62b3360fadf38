/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes of networks and of their training. A graph knows lanes as numbers; what each is for is
 * said here, and by whoever else builds graphs. */
#ifndef SC_NN_LANES_H
#define SC_NN_LANES_H

#include "graph/graph.h"

enum {
    SC_LANE_PARAMETERS, /* what optimizers change: the weights of graphs that a network builds */
    SC_LANE_GRADIENTS,  /* of PARAMETERS, without what is frozen */
    SC_LANE_STATE,      /* of optimizers: k times the layout of what each changes */
    SC_LANE_STATISTICS, /* persistent, not trained: running mean and variance */
    SC_LANE_SUMS,       /* what a micro-batch yields beside gradients: loss, weight, metrics, batch
                           statistics */
    SC_LANE_COEFFICIENTS, /* per block of 32 parameters: learning-rate scale, decay */
    SC_LANE_HEALTH,       /* first non-finite step, and the running totals of an epoch */
    SC_LANE_INPUTS,       /* one staging slot: the batch, or the indices into DATA */
    SC_LANE_DATA,         /* a data set that stays on the device */
    SC_LANE_OUTPUTS,      /* predictions */
    SC_LANE_COLLECTED,    /* what an evaluation collects for metrics (nn/collect.h) */
    SC_LANE_ROWS, /* of tables that are updated by rows: which of them a step has, and where */
    SC_LANE_COUNT
};

#endif
