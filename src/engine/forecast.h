/* SPDX-License-Identifier: Apache-2.0 */
/* How large a micro-batch can be, known before any memory is taken: the largest whose forecast fits
 * the device's budget and whose parts fit its allocations. Knows engines, no data sets and no
 * loops. */
#ifndef SC_ENGINE_FORECAST_H
#define SC_ENGINE_FORECAST_H

#include "engine/engine.h"

typedef struct sc_forecast_request {
    sc_engine_options engine; /* capacity, micro_batches, resident and data_rows are what is looked
                                 for */
    sc_engine_uses uses;
    int64_t batch;        /* samples of a step */
    int64_t most;         /* rows of a micro-batch at most; 0: the batch */
    bool fixed;           /* that many, no fewer: batch statistics or reproducible sums want it */
    size_t resident_rows; /* samples that may stay on the device; 0: none */
    int64_t evaluation;   /* rows that an evaluation takes at once where they fit, fewer else; 0:
                             those of a micro-batch */
    int stages;           /* fill the engine's slots, each from host-mapped memory of its own: none,
                             training's, evaluation's too */
} sc_forecast_request;

typedef struct sc_forecast {
    sc_engine_options engine; /* the request's, with the micro-batch found; where none fits, the one
                                 that comes nearest */
    sc_engine_memory memory;
    uint64_t staging;           /* host-mapped bytes, the engine's and those of the slots */
    uint64_t needed;            /* what of both counts against the budget */
    uint64_t budget, available; /* of the device; what of it is not in use */
    uint64_t max_allocation;
    bool fits;
    int forecasts; /* engines forecast on the way */
} sc_forecast;

/* The micro-batches of a step are even: capacity is batch / k rounded up for the smallest k that
 * fits. Data stay on the device when they take at most half of what is available and the first k
 * fits beside them. DEVICE_MEMORY: nothing fits; the text says by how much, what takes the most,
 * and what would help, and `out` is filled all the same. */
socle_status sc_forecast_micro_batch(sc_forecast *out, sc_device *device, sc_net *net,
                                     const sc_forecast_request *request);

#endif
