/* SPDX-License-Identifier: Apache-2.0 */
/* Public single steps: an engine fed from host memory. */
#include "api/api.h"

#include "nn/metric.h"
#include "train/targets.h"
#include "train/updates.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { U8_CLASSES = 256 };

struct socle_trainer {
    socle_context *context;
    socle_net *net;
    sc_updates updates;
    sc_engine_options options;
    sc_engine *engine;
    sc_worker *home;
    bool labels;           /* some loss compares with targets, which every step then brings */
    int64_t classes;       /* class numbers are below it; 0: the targets are values */
    sc_tensor_desc target; /* what the engine reads */
    void *cast;            /* targets of a step as the engine reads them */
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

/* Of which type the engine reads targets. */
static socle_status choose_target(socle_trainer *trainer) {
    const sc_net *net = trainer->net->net;
    const sc_loss_term *loss = sc_net_labels(net);
    trainer->labels = loss != NULL;
    if (!loss) return SOCLE_OK;
    SC_TRY(sc_loss_target(&trainer->context->env, loss->kind, sc_net_desc(net, loss->output),
                          &trainer->target));
    trainer->classes = sc_net_classes(net);
    bool beyond =
        loss->ignored != SC_NO_LABEL && (loss->ignored < 0 || loss->ignored >= U8_CLASSES);
    if (trainer->classes > U8_CLASSES || (trainer->classes && beyond))
        trainer->target.dtype = SOCLE_I32;
    trainer->options.has_target_dtype = true;
    trainer->options.target_dtype = (uint8_t)trainer->target.dtype;
    return SOCLE_OK;
}

static socle_status choose_options(socle_trainer *trainer, const socle_fit_opts *opts) {
    socle_fit_opts step = {.optimizer = opts->optimizer,
                           .batch = 1, /* the engine checks the size */
                           .seed = opts->seed,
                           .weight_decay = opts->weight_decay,
                           .precision = opts->precision,
                           .clip_norm = opts->clip_norm,
                           .clip_value = opts->clip_value,
                           .penalty_l1 = opts->penalty_l1,
                           .penalty_l2 = opts->penalty_l2,
                           .groups = opts->groups,
                           .group_count = opts->group_count};
    sc_fit_options fit;
    SC_TRY(sc_api_fit_options(&fit, trainer->net, NULL, &step));
    SC_TRY(sc_updates_create(&trainer->updates, trainer->net->net, &fit));
    trainer->learning_rate = fit.optimizer.value[0];
    trainer->options = (sc_engine_options){.capacity = opts->batch,
                                           .seed = fit.seed,
                                           .step_samples = opts->batch,
                                           .precision = fit.precision,
                                           .clip_norm = fit.clip_norm,
                                           .clip_value = fit.clip_value};
    sc_updates_apply(&trainer->updates, &trainer->options);
    return choose_target(trainer);
}

static socle_status fill(socle_trainer *trainer, const socle_fit_opts *opts) {
    const sc_net *net = trainer->net->net;
    SC_TRY(choose_options(trainer, opts));
    if (sc_net_has_batch_statistics(net)) SC_TRY(sc_net_check_group(net, opts->batch));
    SC_TRY(sc_api_need_weights(trainer->net, opts->seed));
    sc_api_end_predictors(trainer->context);
    return sc_api_run_at(trainer->context, &trainer->home, create_job, trainer);
}

socle_status socle_trainer_create_with(socle_trainer **out, socle_net *net,
                                       const socle_fit_opts *opts) {
    static const socle_fit_opts standard = SOCLE_FIT_OPTS_DEFAULT;
    if (out) *out = NULL;
    if (!out || !net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_check_training(net, "socle_trainer_create"));
    socle_trainer *trainer;
    SC_TRY(sc_api_create(&trainer, net->context, sizeof *trainer));
    trainer->net = net;
    net->users++;
    socle_status status = fill(trainer, opts ? opts : &standard);
    if (status != SOCLE_OK)
        socle_trainer_destroy(trainer);
    else
        *out = trainer;
    return status;
}

socle_status socle_trainer_create(socle_trainer **out, socle_net *net, socle_optimizer optimizer,
                                  int64_t batch, uint64_t seed) {
    const socle_fit_opts opts = {.optimizer = optimizer, .batch = batch, .seed = seed};
    return socle_trainer_create_with(out, net, &opts);
}

void socle_trainer_destroy(socle_trainer *trainer) {
    if (!trainer || sc_api_enter(trainer->context) != SOCLE_OK) return;
    if (trainer->engine) sc_api_run_at(trainer->context, &trainer->home, destroy_job, trainer);
    socle_net_destroy(trainer->net);
    sc_updates_free(&trainer->updates);
    sc_release(&trainer->context->env, trainer->cast);
    sc_api_destroy(trainer->context, trainer);
}

static socle_status check_health(const socle_trainer *trainer, const sc_totals *totals) {
    if (!totals->bad_step) return SOCLE_OK;
    return sc_fail(sc_engine_device(trainer->engine)->env, SOCLE_STATUS_DIVERGED,
                   "step %u: the loss or a gradient is not a finite number; the weights are those "
                   "before that step. Lower the learning rate, or look for NaN in the data",
                   totals->bad_step);
}

/* Looks at the health as far as it is known, without waiting. */
static socle_status look(const socle_trainer *trainer) {
    sc_totals totals;
    socle_status status;
    if (sc_engine_totals_peek(trainer->engine, &totals, &status))
        SC_TRY(check_health(trainer, &totals));
    return status;
}

static socle_status run_step(socle_trainer *trainer, const step_call *call) {
    sc_engine *engine = trainer->engine;
    uint32_t step = trainer->step + 1;
    int slot = trainer->slot;
    SC_TRY(sc_engine_upload(engine, slot, call->rows, call->column, NULL));
    SC_TRY(sc_engine_slot_uploaded(engine, slot)); /* the caller's memory is free on return */
    trainer->slot = (slot + 1) % sc_engine_slots(engine);
    SC_TRY(sc_engine_step_samples(engine, call->column, call->rows, NULL));
    SC_TRY(sc_engine_micro_batch(engine, slot, call->rows, 0, step));
    sc_engine_step commit = {step, (double)call->rows,
                             sc_engine_groups(call->rows, trainer->options.capacity),
                             trainer->learning_rate};
    SC_TRY(sc_engine_commit(engine, &commit));
    trainer->step = step;
    return SOCLE_OK;
}

static socle_status step_job(sc_device *device, void *argument) {
    (void)device;
    step_call *call = argument;
    sc_engine *engine = call->trainer->engine;
    socle_status status = run_step(call->trainer, call);
    if (status != SOCLE_OK) {
        sc_engine_begin_step(engine, 0);
        return status;
    }
    if (!call->loss) return look(call->trainer);
    sc_totals totals;
    SC_TRY(sc_engine_totals(engine, &totals));
    *call->loss = totals.last_loss;
    return check_health(call->trainer, &totals);
}

static size_t target_elements(const socle_trainer *trainer) {
    return (size_t)sc_tensor_elements_at(&trainer->target, 1);
}

/* The targets of a step as a column, checked. */
static socle_status check_targets(const socle_trainer *trainer, const socle_batch *batch) {
    sc_env *env = &trainer->context->env;
    socle_dtype dtype = batch->target_dtype;
    if (dtype != SOCLE_F32 && dtype != SOCLE_U8 && dtype != SOCLE_I32)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_trainer_step: there is no type %d; targets are SOCLE_F32, SOCLE_U8 "
                       "or SOCLE_I32",
                       (int)dtype);
    if (trainer->classes && dtype == SOCLE_F32)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_trainer_step: the loss %s needs class numbers: target_dtype is "
                       "SOCLE_U8 or SOCLE_I32, not SOCLE_F32",
                       sc_net_labels(trainer->net->net)->kind->record.word);
    size_t elements = target_elements(trainer), item = dtype == SOCLE_U8 ? 1 : 4;
    sc_column column = {.name = "targets",
                        .dtype = dtype,
                        .shape = {.rank = 1, .size = {(int64_t)elements}},
                        .row_bytes = elements * item,
                        .data = batch->targets};
    return sc_targets_check(env, trainer->net->net, "socle_trainer_step", &column, batch->rows);
}

/* Other types are converted into memory that stays for the steps to come. */
static socle_status cast_targets(const void **out, socle_trainer *trainer,
                                 const socle_batch *batch) {
    socle_dtype wanted = (socle_dtype)trainer->target.dtype;
    size_t elements = target_elements(trainer);
    *out = batch->targets;
    if (batch->target_dtype == wanted) return SOCLE_OK;
    if (!trainer->cast)
        SC_TRY(sc_allocate(&trainer->context->env, &trainer->cast,
                           (size_t)trainer->options.capacity * elements, sizeof(float)));
    sc_targets_cast(trainer->cast, wanted, batch->targets, batch->target_dtype,
                    (size_t)batch->rows * elements);
    *out = trainer->cast;
    return SOCLE_OK;
}

/* The samples of each input: that there are some, and that layers know their whole numbers. */
static socle_status check_inputs(const socle_trainer *trainer, const socle_batch *batch) {
    const sc_net *net = trainer->net->net;
    sc_env *env = &trainer->context->env;
    for (int i = 0; i < net->inputs; i++) {
        const sc_tensor_desc *desc = &net->input[i].desc;
        sc_column column = {.dtype = (socle_dtype)desc->dtype,
                            .shape = {.rank = desc->rank - 1},
                            .data = i ? batch->more ? batch->more[i - 1] : NULL : batch->inputs};
        if (!column.data)
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "socle_trainer_step: the network has %d inputs, and samples of %s are "
                           "missing: socle_trainer_step_with takes them in more[%d]",
                           net->inputs, net->input[i].name, i - 1);
        snprintf(column.name, sizeof column.name, "%.*s", SC_DATASET_NAME - 1, net->input[i].name);
        for (int d = 1; d < desc->rank; d++) column.shape.size[d - 1] = desc->dim[d];
        column.row_bytes =
            (size_t)sc_tensor_elements_at(desc, 1) * sc_dtype_size((int)column.dtype);
        SC_TRY(sc_numbers_check(env, net, i, "socle_trainer_step", &column, batch->rows));
    }
    return SOCLE_OK;
}

socle_status socle_trainer_step_with(socle_trainer *trainer, const socle_batch *batch,
                                     float *loss) {
    if (!trainer) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_enter(trainer->context));
    if (!batch) return sc_api_missing(trainer->context, __func__, "batch");
    if (!batch->inputs) return sc_api_missing(trainer->context, "socle_trainer_step", "inputs");
    if (trainer->labels && !batch->targets)
        return sc_api_missing(trainer->context, "socle_trainer_step", "targets");
    if (batch->rows < 1 || batch->rows > trainer->options.capacity)
        return sc_fail(&trainer->context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%" PRId64 " rows; this trainer takes 1 to %" PRId64, batch->rows,
                       trainer->options.capacity);
    SC_TRY(check_inputs(trainer, batch));
    const void *targets = NULL;
    if (trainer->labels) SC_TRY(check_targets(trainer, batch));
    if (trainer->labels) SC_TRY(cast_targets(&targets, trainer, batch));
    step_call call = {
        .trainer = trainer, .rows = batch->rows, .column = {batch->inputs}, .loss = loss};
    const int inputs = trainer->net->net->inputs;
    for (int i = 1; i < inputs; i++) call.column[i] = batch->more[i - 1];
    call.column[inputs] = targets;
    return sc_api_run_at(trainer->context, &trainer->home, step_job, &call);
}

socle_status socle_trainer_step(socle_trainer *trainer, int64_t rows, const void *inputs,
                                const void *targets, float *loss) {
    if (!trainer) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_enter(trainer->context));
    if (trainer->classes > U8_CLASSES)
        return sc_fail(&trainer->context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_trainer_step reads class numbers as u8, and the network has %" PRId64
                       " classes; call socle_trainer_step_with and say target_dtype = SOCLE_I32",
                       trainer->classes);
    const socle_batch batch = {.rows = rows,
                               .inputs = inputs,
                               .targets = targets,
                               .target_dtype = trainer->classes ? SOCLE_U8 : SOCLE_F32};
    return socle_trainer_step_with(trainer, &batch, loss);
}

socle_status socle_trainer_learning_rate(socle_trainer *trainer, float learning_rate) {
    if (!trainer) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_enter(trainer->context));
    SC_TRY(sc_api_rate(&trainer->context->env, learning_rate));
    trainer->learning_rate = learning_rate;
    return SOCLE_OK;
}

typedef struct metrics_call {
    socle_trainer *trainer;
    double loss, metric[SC_NET_METRICS];
} metrics_call;

/* The sums begin anew with each call. */
static socle_status metrics_job(sc_device *device, void *argument) {
    metrics_call *call = argument;
    sc_engine *engine = call->trainer->engine;
    sc_totals totals;
    (void)device;
    SC_TRY(sc_engine_totals(engine, &totals));
    const sc_evaluation means = sc_evaluation_of(call->trainer->net->net, &totals.sum, 0);
    call->loss = means.loss;
    memcpy(call->metric, means.metric, sizeof call->metric);
    SC_TRY(check_health(call->trainer, &totals));
    return sc_engine_totals_reset(engine);
}

socle_status socle_trainer_metrics(socle_trainer *trainer, socle_metric *out, int capacity,
                                   int *count) {
    if (!trainer) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_enter(trainer->context));
    if (capacity < 0)
        return sc_fail(&trainer->context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_trainer_metrics: capacity is %d", capacity);
    if (capacity > 0 && !out) return sc_api_missing(trainer->context, __func__, "out");
    metrics_call call = {.trainer = trainer, .loss = NAN};
    socle_status status = sc_api_run_at(trainer->context, &trainer->home, metrics_job, &call);
    const sc_net *net = trainer->net->net;
    if (status != SOCLE_OK && status != SOCLE_STATUS_DIVERGED) return status;
    for (int i = 0; i < capacity && i <= net->metrics; i++)
        out[i] = i ? (socle_metric){sc_metric_word(net->metric[i - 1]), call.metric[i - 1]}
                   : (socle_metric){"loss", call.loss};
    if (count) *count = 1 + net->metrics;
    return status;
}

static socle_status sync_job(sc_device *device, void *argument) {
    socle_trainer *trainer = argument;
    float **set;
    sc_totals totals;
    SC_TRY(sc_api_create_weights(trainer->net, device->env, &set));
    socle_status status = sc_api_download(trainer->net, trainer->engine, &set);
    sc_api_free_weights(trainer->net, set, trainer->net->weights);
    SC_TRY(status);
    SC_TRY(sc_engine_totals(trainer->engine, &totals));
    return check_health(trainer, &totals);
}

socle_status socle_trainer_sync(socle_trainer *trainer) {
    return trainer ? sc_api_run_at(trainer->context, &trainer->home, sync_job, trainer)
                   : SOCLE_STATUS_INVALID_ARGUMENT;
}
