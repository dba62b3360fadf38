/* SPDX-License-Identifier: Apache-2.0 */
/* Public forecast of memory: the calculation of the training loop, as a job on the device's thread.
 */
#include "api/api.h"
#include "train/fit_forecast.h"
#include "train/updates.h"

#include <string.h>

typedef struct forecast_call {
    socle_net *net;
    const sc_dataset *dataset; /* may be NULL */
    sc_fit_options options;
    sc_forecast forecast;
} forecast_call;

static socle_status forecast(forecast_call *call, sc_device *device, const sc_updates *updates) {
    sc_forecast_request request;
    SC_TRY(sc_fit_forecast_request(&request, call->net->net, &call->options,
                                   call->net->context->devices, call->dataset, NULL));
    sc_updates_apply(updates, &request.engine);
    uint64_t before = sc_device_memory(device).budget;
    sc_fit_set_budget(
        device, call->options.memory,
        sc_fit_memory_sharers(call->net->context->device, call->net->context->devices));
    socle_status status =
        sc_forecast_micro_batch(&call->forecast, device, call->net->net, &request);
    sc_device_set_budget(device, before);
    return status;
}

static socle_status forecast_job(sc_device *device, void *argument) {
    forecast_call *call = argument;
    sc_updates updates;
    SC_TRY(sc_updates_create(&updates, call->net->net, &call->options));
    socle_status status = forecast(call, device, &updates);
    sc_updates_free(&updates);
    return status;
}

static void copy(socle_memory *out, const sc_forecast *forecast) {
    const sc_engine_memory *m = &forecast->memory;
    *out = (socle_memory){.parameters = m->parameters,
                          .gradients = m->gradients,
                          .optimizer = m->state,
                          .inputs = m->inputs,
                          .data = m->data,
                          .activations = m->activations,
                          .other = m->statistics + m->coefficients + m->outputs + m->packed +
                                   m->steps + m->exchange,
                          .total = m->total,
                          .staging = forecast->staging,
                          .needed = forecast->needed,
                          .available = forecast->available,
                          .largest = m->piece,
                          .max_allocation = forecast->max_allocation,
                          .micro_batch = forecast->engine.capacity,
                          .micro_batches = forecast->engine.micro_batches,
                          .data_on_device = forecast->engine.resident,
                          .fits = forecast->fits,
                          .recomputed = forecast->engine.recompute};
}

socle_status socle_memory_forecast(socle_net *net, const socle_data *data,
                                   const socle_fit_opts *opts, socle_memory *out) {
    static const socle_fit_opts standard = SOCLE_FIT_OPTS_DEFAULT;
    if (out) memset(out, 0, sizeof *out);
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (!out) return sc_api_missing(net->context, __func__, "out");
    SC_TRY(data ? sc_api_suits(net, data, __func__, true) : sc_api_check_training(net, __func__));
    forecast_call call = {.net = net, .dataset = data ? data->dataset : NULL};
    SC_TRY(sc_api_fit_options(&call.options, net, call.dataset, opts ? opts : &standard));
    socle_status status = sc_api_run(net->context, forecast_job, &call);
    if (status == SOCLE_OK || call.forecast.forecasts) copy(out, &call.forecast);
    return status;
}
