/* SPDX-License-Identifier: Apache-2.0 */
/* What a trainer gives each of its devices, on the device's thread: an engine whose micro-batches
 * fit its memory, the data where they fit too, and the stage that brings samples to it. */
#include "train/fit_private.h"

#include "train/fit_forecast.h"

#include <inttypes.h>

static socle_status load_data(sc_engine *engine, const sc_trainer *trainer) {
    size_t first;
    SC_TRY(sc_engine_data(engine, trainer->train_source.dataset, trainer->train_source.target,
                          &first));
    if (!trainer->test_source.dataset) return SOCLE_OK;
    return sc_engine_data(engine, trainer->test_source.dataset, trainer->test_source.target,
                          &first);
}

static void say_micro_batch(const sc_trainer *trainer, const sc_device *device,
                            const sc_forecast *forecast) {
    long long rows = (long long)forecast->engine.capacity;
    if (!trainer->micro_batch && rows < trainer->options.batch)
        sc_log_line(device->env, SOCLE_LOG_INFO,
                    "%s: micro-batches of %lld, which is what %" PRIu64
                    " bytes of memory allow; train.micro_batch names them, so that runs with more "
                    "or less memory equal this one by bits",
                    device->info.name, rows, forecast->available);
    if (forecast->engine.recompute)
        sc_log_line(device->env, SOCLE_LOG_INFO,
                    "%s: activations are made again in the backward pass, to fit %" PRIu64 " bytes",
                    device->info.name, forecast->available);
}

/* The largest micro-batch that the device has memory for, up to `most`, known before any is taken.
 */
static socle_status solve(sc_forecast *out, sc_device *device, int64_t most,
                          const sc_trainer *trainer) {
    sc_forecast_request request;
    SC_TRY(sc_fit_forecast_request(&request, trainer->net, &trainer->options, trainer->devices,
                                   trainer->train_source.dataset, trainer->test_source.dataset));
    if (most && !request.fixed) request.most = most;
    request.engine.hooks = trainer->options.hooks.engine;
    sc_updates_apply(&trainer->updates, &request.engine);
    return sc_forecast_micro_batch(out, device, trainer->net, &request);
}

/* A driver may still refuse what the forecast allows; then smaller micro-batches are asked for. */
static socle_status create_engine(sc_engine **out, sc_device *device, int64_t most,
                                  const sc_trainer *trainer) {
    sc_forecast forecast;
    sc_fit_set_budget(device, trainer->options.memory, trainer->sharers);
    for (;;) {
        SC_TRY(solve(&forecast, device, most, trainer));
        socle_status status = sc_engine_create(out, device, trainer->net, &forecast.engine);
        int64_t rows = forecast.engine.capacity;
        if (status != SOCLE_STATUS_DEVICE_MEMORY || trainer->micro_batch || rows == 1) {
            SC_TRY(status);
            break;
        }
        most = rows / 2;
    }
    say_micro_batch(trainer, device, &forecast);
    return forecast.engine.resident ? load_data(*out, trainer) : SOCLE_OK;
}

static socle_status equip(sc_engine **engine, sc_stage **stage, sc_device *device, int64_t most,
                          void *argument) {
    const sc_trainer *trainer = argument;
    bool evaluates = trainer->test_source.dataset || trainer->validation_order.count;
    SC_TRY(create_engine(engine, device, most, trainer));
    if (evaluates) SC_TRY(sc_engine_prepare_evaluation(*engine));
    if (trainer->options.pictures) SC_TRY(sc_engine_prepare_prediction(*engine));
    return sc_stage_create(stage, *engine, &trainer->train_source, &trainer->train_order,
                           sc_engine_capacity(*engine));
}

socle_status sc_trainer_equip(sc_trainer *trainer, const sc_fleet_device *device) {
    sc_fleet_options options = {.batch = trainer->options.batch,
                                .micro_batch = trainer->micro_batch,
                                .fixed_tree = trainer->options.reproducible,
                                .exchange = trainer->options.exchange,
                                .deadline = trainer->options.deadline,
                                .least_deadline = trainer->options.hooks.least_deadline};
    trainer->sharers = sc_fit_memory_sharers(device, trainer->devices);
    return sc_fleet_create(&trainer->fleet, trainer->env, device, trainer->devices, &options, equip,
                           trainer);
}
