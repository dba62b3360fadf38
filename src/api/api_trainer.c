/* SPDX-License-Identifier: Apache-2.0 */
/* Public single steps: an engine fed from host memory. */
#include "api/api.h"

struct socle_trainer {
    socle_net *net;
    sc_optimizer optimizer;
    sc_engine_options options;
    sc_engine *engine;
    uint32_t step;
    float learning_rate;
    int slot;
};

typedef struct step_call {
    socle_trainer *trainer;
    int64_t rows;
    const void *column[SC_NET_INPUTS + 1];
    float *loss;
} step_call;

static socle_status create_job(sc_device *device, void *argument) {
    socle_trainer *trainer = argument;
    SC_TRY(sc_engine_create(&trainer->engine, device, trainer->net->net, &trainer->options));
    SC_TRY(sc_engine_initialize(trainer->engine, trainer->options.seed));
    return sc_api_upload(trainer->net, trainer->engine);
}

static socle_status destroy_job(sc_device *device, void *argument) {
    (void)device;
    socle_trainer *trainer = argument;
    sc_engine_destroy(trainer->engine);
    return SOCLE_OK;
}

socle_status socle_trainer_create(socle_trainer **out, socle_net *net, socle_optimizer optimizer, int64_t batch,
                                  uint64_t seed) {
    if (!out || !net) return SOCLE_STATUS_INVALID_ARGUMENT;
    *out = NULL;
    sc_env *env = &net->context->env;
    socle_trainer *trainer;
    if (net->net->inputs != 1)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED, "a trainer steps networks of one input, this one has %d", net->net->inputs);
    SC_TRY(sc_api_need_weights(net, seed));
    SC_TRY(sc_allocate(env, &trainer, 1, sizeof *trainer));
    trainer->net = net;
    socle_status status = sc_api_optimizer(env, &optimizer, &trainer->optimizer);
    trainer->learning_rate = trainer->optimizer.value[0];
    trainer->options = (sc_engine_options){.capacity = batch, .optimizer = &trainer->optimizer, .seed = seed};
    if (status == SOCLE_OK) status = sc_api_run(net->context, create_job, trainer);
    if (status != SOCLE_OK)
        socle_trainer_destroy(trainer);
    else
        *out = trainer;
    return status;
}

void socle_trainer_destroy(socle_trainer *trainer) {
    if (!trainer) return;
    if (trainer->engine) sc_api_run(trainer->net->context, destroy_job, trainer);
    sc_release(&trainer->net->context->env, trainer);
}

static socle_status step_job(sc_device *device, void *argument) {
    step_call *call = argument;
    socle_trainer *trainer = call->trainer;
    SC_TRY(sc_engine_upload(trainer->engine, trainer->slot, call->rows, call->column, NULL));
    SC_TRY(sc_engine_slot_uploaded(trainer->engine, trainer->slot)); /* the caller's memory is free on return */
    SC_TRY(sc_engine_micro_batch(trainer->engine, trainer->slot, call->rows, 0, trainer->step + 1));
    SC_TRY(sc_engine_commit(trainer->engine, ++trainer->step, (double)call->rows, trainer->learning_rate));
    trainer->slot = (trainer->slot + 1) % sc_engine_slots(trainer->engine);
    if (!call->loss) return SOCLE_OK;
    sc_totals totals;
    SC_TRY(sc_engine_totals(trainer->engine, &totals));
    *call->loss = totals.last_loss;
    if (totals.bad_step)
        return sc_fail(device->env, SOCLE_STATUS_DIVERGED, "step %u: the loss or a gradient is not a finite number",
                       totals.bad_step);
    return SOCLE_OK;
}

socle_status socle_trainer_step(socle_trainer *trainer, int64_t rows, const void *inputs, const void *targets, float *loss) {
    if (!trainer || !inputs || !targets) return SOCLE_STATUS_INVALID_ARGUMENT;
    step_call call = {.trainer = trainer, .rows = rows, .column = {inputs, targets}, .loss = loss};
    return sc_api_run(trainer->net->context, step_job, &call);
}

void socle_trainer_learning_rate(socle_trainer *trainer, float learning_rate) {
    trainer->learning_rate = learning_rate;
}

static socle_status sync_job(sc_device *device, void *argument) {
    (void)device;
    socle_trainer *trainer = argument;
    return sc_api_download(trainer->net, trainer->engine);
}

socle_status socle_trainer_sync(socle_trainer *trainer) {
    return trainer ? sc_api_run(trainer->net->context, sync_job, trainer) : SOCLE_STATUS_INVALID_ARGUMENT;
}
