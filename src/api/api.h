/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the public handles. The public functions translate and hand over; they compute nothing. All work on a device
 * runs on the context's worker thread. */
#ifndef SC_API_API_H
#define SC_API_API_H

#include "data/dataset.h"
#include "nn/layer.h"
#include "train/fit.h"
#include "train/worker.h"

#include <socle/socle.h>

struct socle_context {
    sc_env env;
    sc_registry registry;
    sc_records *records;
    sc_device_info info;
    sc_worker *worker;
};

struct socle_data {
    socle_context *context;
    sc_dataset *dataset;
};

struct socle_net {
    socle_context *context;
    sc_net *net;
    float **weight;      /* per parameter, on the host; NULL before the first fit, write or load */
};

/* Runs a job on the device's thread and waits; its error text comes back into the context. */
static inline socle_status sc_api_run(socle_context *context, sc_worker_job job, void *argument) {
    return sc_worker_run(context->worker, job, argument, 0);
}

/* api_net.c: host weights, initialised from `seed` if there are none yet. */
socle_status sc_api_need_weights(socle_net *net, uint64_t seed);
/* Copies weights between the host and an engine; on the device's thread. */
socle_status sc_api_upload(const socle_net *net, sc_engine *engine);
socle_status sc_api_download(socle_net *net, sc_engine *engine);
socle_status sc_api_optimizer(sc_env *env, const socle_optimizer *from, sc_optimizer *out);

#endif
