/* SPDX-License-Identifier: Apache-2.0 */
/* Public fit: a whole training loop on the caller's thread, over all devices of the context. */
#include "api/api.h"

#include "nn/metric.h"
#include "run/recipe.h"

#include <math.h>
#include <string.h>

socle_status sc_api_rate(sc_env *env, float learning_rate) {
    if (isfinite(learning_rate) && learning_rate >= 0.0f) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                   "the learning rate must be a finite number of at least 0, not %g",
                   (double)learning_rate);
}

/* "w = w - lr * g": words of optimizers have no '='. */
static bool is_update(const char *kind) {
    return kind && strchr(kind, '=');
}

socle_status sc_api_optimizer(const socle_net *net, const socle_optimizer *from,
                              sc_optimizer *out) {
    sc_env *env = &net->context->env;
    const char *word = is_update(from->kind) ? "expr" : from->kind ? from->kind : "adam";
    const sc_optimizer_kind *kind = sc_optimizer_find(word);
    if (!kind)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "there is no optimizer \"%.60s\"", from->kind);
    *out = sc_optimizer_default(kind);
    if (from->values < 0 || from->values > kind->record.count)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s takes 0 to %d values, not %d",
                       kind->record.word, kind->record.count, from->values);
    for (int i = 0; i < from->values; i++) out->value[i] = from->value[i];
    socle_status status = sc_record_check(env, &kind->record, out);
    if (status != SOCLE_OK) return sc_fail_prefix(env, status, "%s", kind->record.word);
    if (is_update(from->kind)) SC_TRY(sc_arena_string(net->net->arena, &out->update, from->kind));
    status = sc_optimizer_check(env, out);
    return status == SOCLE_OK ? status : sc_fail_prefix(env, status, "the update of the optimizer");
}

typedef struct fit_call {
    socle_net *net;
    const socle_data *data;
    const socle_fit_opts *opts;
    sc_fit_options options;
    float **weight; /* room for the weights that come back */
    bool stopped;
} fit_call;

static void list_metrics(socle_metric *out, const sc_net *net, const double *values) {
    for (int m = 0; m < net->metrics; m++)
        out[m] = (socle_metric){sc_metric_word(net->metric[m]), values[m]};
}

static socle_status report_epoch(void *user, const sc_epoch_report *report) {
    fit_call *call = user;
    socle_metric metric[SC_NET_METRICS], val_metric[SC_NET_METRICS];
    if (!call->opts->on_epoch) return SOCLE_OK;
    list_metrics(metric, call->net->net, report->metric);
    list_metrics(val_metric, call->net->net, report->val_metric);
    socle_epoch epoch = {.epoch = report->epoch,
                         .loss = report->loss,
                         .accuracy = sc_metric_value(call->net->net, report->metric, "accuracy"),
                         .val_loss = report->val_loss,
                         .val_accuracy =
                             sc_metric_value(call->net->net, report->val_metric, "accuracy"),
                         .samples_per_second = report->samples_per_second,
                         .metrics = call->net->net->metrics,
                         .metric = metric,
                         .val_metric = val_metric};
    call->stopped = call->opts->on_epoch(call->opts->user, &epoch) != 0;
    return call->stopped ? SOCLE_STATUS_INTERRUPTED : SOCLE_OK;
}

static socle_status upload(const socle_net *net, sc_fleet *fleet) {
    for (size_t p = 0; p < net->weights; p++)
        SC_TRY(sc_fleet_write(fleet, (int)p, -1, net->weight[p]));
    return SOCLE_OK;
}

/* Reads into memory of its own, so that the net's weights change all or not at all. */
static socle_status download(fit_call *call, sc_fleet *fleet) {
    socle_net *net = call->net;
    for (size_t p = 0; p < net->net->parameters; p++)
        SC_TRY(sc_fleet_read(fleet, (int)p, -1, call->weight[p]));
    sc_api_replace_weights(net, call->weight);
    call->weight = NULL;
    return SOCLE_OK;
}

static void take(fit_call *call, size_t parameter, const float *from) {
    memcpy(call->weight[parameter], from,
           sc_tensor_bytes(&call->net->net->parameter[parameter].desc));
}

static void replace(fit_call *call) {
    sc_api_replace_weights(call->net, call->weight);
    call->weight = NULL;
}

/* The host has the best weights. */
static socle_status take_best(fit_call *call, const sc_trainer *trainer) {
    float *const *best = sc_trainer_best(trainer);
    if (!best) return download(call, sc_trainer_fleet(trainer)); /* no epoch */
    for (size_t p = 0; p < call->net->net->parameters; p++) take(call, p, best[p]);
    replace(call);
    return SOCLE_OK;
}

/* No device is left: what the host has. */
static void take_kept(fit_call *call, const sc_trainer *trainer) {
    for (size_t p = 0; p < call->net->net->parameters; p++) {
        const float *kept = sc_trainer_kept(trainer, (int)p);
        if (!call->weight || !kept) return;
        take(call, p, kept);
    }
    replace(call);
}

/* Stopped or diverged: the present weights. */
static socle_status take_present(fit_call *call, sc_trainer *trainer, socle_status status) {
    sc_env kept = *sc_trainer_env(trainer);
    socle_status read = download(call, sc_trainer_fleet(trainer));
    if (read != SOCLE_OK) return read;
    sc_env_adopt_error(sc_trainer_env(trainer), &kept);
    return status;
}

static socle_status train(fit_call *call, sc_trainer *trainer) {
    sc_fleet *fleet = sc_trainer_fleet(trainer);
    SC_TRY(upload(call->net, fleet));
    SC_TRY(sc_trainer_check_weights(trainer));
    socle_status status = sc_trainer_run(trainer);
    if (call->stopped)
        status = sc_fail(sc_trainer_env(trainer), SOCLE_STATUS_INTERRUPTED,
                         "on_epoch asked to stop after epoch %lld",
                         (long long)sc_trainer_position(trainer).epoch);
    if (status == SOCLE_OK)
        status = take_best(call, trainer);
    else if (status == SOCLE_STATUS_DIVERGED || call->stopped)
        status = take_present(call, trainer, status);
    if (!sc_fleet_alive(fleet)) take_kept(call, trainer);
    return status;
}

static socle_status run(fit_call *call) {
    socle_context *context = call->net->context;
    sc_env *env = &context->env;
    sc_trainer *trainer;
    SC_TRY(sc_trainer_create_on(&trainer, env, context->device, context->devices, call->net->net,
                                &call->options, call->data->dataset, NULL));
    socle_status status = sc_api_create_weights(call->net, env, &call->weight);
    if (status == SOCLE_OK) status = train(call, trainer);
    sc_api_free_weights(call->net, call->weight, call->net->weights);
    for (int i = 0; i < context->devices; i++)
        context->lost[i] =
            sc_fleet_member_info(sc_trainer_fleet(trainer), i).state == SC_MEMBER_LOST;
    sc_trainer_destroy(trainer);
    return status;
}

socle_status sc_api_fit_options(sc_fit_options *out, const socle_net *net,
                                const sc_dataset *dataset, const socle_fit_opts *opts) {
    sc_env *env = &net->context->env;
    *out = sc_fit_defaults();
    SC_TRY(sc_api_optimizer(net, &opts->optimizer, &out->optimizer));
    SC_TRY(sc_api_schedule(env, &opts->schedule, &out->schedule));
    if (!(opts->clip_norm >= 0 && opts->clip_norm <= 1e30f) ||
        !(opts->clip_value >= 0 && opts->clip_value <= 1e30f))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "clip_norm and clip_value must be 0 to 1e30, not %g and %g",
                       (double)opts->clip_norm, (double)opts->clip_value);
    if (!isfinite(opts->weight_decay) || opts->weight_decay < 0.0f)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "weight_decay must be a finite number of at least 0, not %g",
                       (double)opts->weight_decay);
    if (!(opts->penalty_l1 >= 0 && opts->penalty_l1 <= 1e6f) ||
        !(opts->penalty_l2 >= 0 && opts->penalty_l2 <= 1e6f))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "penalty_l1 and penalty_l2 must be 0 to 1e6, not %g and %g",
                       (double)opts->penalty_l1, (double)opts->penalty_l2);
    if (opts->batch < 1 || opts->batch > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "batch must be 1 to 2^31-1, not %lld",
                       (long long)opts->batch);
    if (!sc_dtype_is_float((int)opts->precision))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "precision must be SOCLE_F32, SOCLE_F16 or SOCLE_BF16, not %d",
                       (int)opts->precision);
    out->precision = (int)opts->precision;
    out->epochs = opts->epochs;
    out->steps = opts->steps;
    out->batch = opts->batch;
    /* No step has more rows than there are samples; a larger batch would only take memory. It stays
     * one of whole statistics groups. */
    int64_t group, samples = dataset ? sc_dataset_count(dataset) : INT32_MAX;
    SC_TRY(sc_net_statistics_group(net->net, &group));
    if (group && dataset) samples = sc_round_up(samples, group);
    if (out->batch > samples) out->batch = samples;
    out->seed = opts->seed;
    out->drop_short = opts->drop_short != 0;
    out->shuffle = !opts->no_shuffle;
    out->validation = (double)opts->validation_split;
    out->average = opts->average;
    out->patience = opts->patience;
    out->least_gain = (double)opts->least_gain;
    out->weight_decay = opts->weight_decay;
    out->penalty = (sc_penalty){.l1 = (double)opts->penalty_l1, .l2 = (double)opts->penalty_l2};
    out->clip_norm = opts->clip_norm;
    out->clip_value = opts->clip_value;
    out->memory = opts->memory;
    out->reproducible = opts->reproducible != 0;
    out->plan.portable = opts->reproducible == 2;
    out->augment = (sc_augment){.shift = opts->augment.shift,
                                .flip_horizontal = opts->augment.flip_horizontal != 0,
                                .erase = (double)opts->augment_erase,
                                .cutout = opts->augment_cutout};
    out->replacement = opts->replacement != 0;
    out->window = opts->window;
    if (out->window && (!out->shuffle || out->replacement))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "window says how samples are shuffled, and %s says that they are not",
                       out->replacement ? "replacement" : "no_shuffle");
    return sc_api_groups(out, net, opts);
}

socle_status socle_fit(socle_net *net, const socle_data *data, const socle_fit_opts *opts) {
    static const socle_fit_opts standard = SOCLE_FIT_OPTS_DEFAULT;
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    fit_call call = {.net = net, .data = data, .opts = opts ? opts : &standard};
    SC_TRY(sc_api_suits(net, data, __func__, true));
    SC_TRY(sc_api_fit_options(&call.options, net, data->dataset, call.opts));
    call.options.user = &call;
    call.options.epoch = report_epoch;
    const char *preparation = sc_dataset_preparation(data->dataset);
    if (preparation) SC_TRY(sc_net_set_preparation(net->net, preparation));
    SC_TRY(sc_api_need_weights(net, call.options.seed));
    socle_context *context = net->context;
    SC_TRY(sc_api_enter(context));
    if (!context->worker)
        return sc_fail(&context->env, SOCLE_STATUS_STATE,
                       "this context has no device: opening it failed");
    sc_api_end_predictors(context);
    SC_TRY(sc_api_begin(context));
    context->env.status = SOCLE_OK;
    socle_status status = run(&call);
    sc_api_leave(context);
    return status;
}

socle_status sc_api_suits(socle_net *net, const socle_data *data, const char *function,
                          bool targets) {
    sc_env *env = &net->context->env;
    SC_TRY(targets ? sc_api_check_training(net, function) : sc_api_net_check(net));
    if (!data) return sc_api_missing(net->context, function, "data");
    if (data->context != net->context)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: the data were made in another context than the network", function);
    if (net->net->output < 0)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: the network is empty", function);
    return sc_recipe_suits(env, net->net, data->dataset, targets);
}
