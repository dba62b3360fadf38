/* SPDX-License-Identifier: Apache-2.0 */
/* Public fit, evaluate and predict: whole loops as jobs on the device's thread. */
#include "api/api.h"

#include <string.h>

socle_status sc_api_optimizer(sc_env *env, const socle_optimizer *from, sc_optimizer *out) {
    const sc_optimizer_kind *kind = sc_optimizer_find(from->kind ? from->kind : "adam");
    if (!kind) return sc_fail(env, SOCLE_STATUS_CONFIG, "there is no optimizer \"%s\"", from->kind);
    *out = sc_optimizer_default(kind);
    if (from->values < 0 || from->values > kind->options)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s takes %d values, %d given", kind->word, kind->options, from->values);
    for (int i = 0; i < from->values; i++) {
        if (!(from->value[i] >= kind->option[i].minimum && from->value[i] <= kind->option[i].maximum))
            return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: %s must be %g to %g, not %g", kind->word, kind->option[i].key,
                           (double)kind->option[i].minimum, (double)kind->option[i].maximum, (double)from->value[i]);
        out->value[i] = from->value[i];
    }
    return SOCLE_OK;
}

typedef struct fit_call {
    socle_net *net;
    const socle_data *data;
    const socle_fit_opts *opts;
    sc_fit_options options;
    bool stopped;
} fit_call;

static socle_status report_epoch(void *user, const sc_epoch_report *report) {
    fit_call *call = user;
    if (!call->opts->on_epoch) return SOCLE_OK;
    socle_epoch epoch = {.epoch = report->epoch,
                         .loss = report->loss,
                         .accuracy = report->accuracy,
                         .val_loss = report->val_loss,
                         .val_accuracy = report->val_accuracy,
                         .samples_per_second = report->samples_per_second};
    call->stopped = call->opts->on_epoch(call->opts->user, &epoch) != 0;
    return call->stopped ? SOCLE_STATUS_INTERRUPTED : SOCLE_OK;
}

static socle_status fit_job(sc_device *device, void *argument) {
    fit_call *call = argument;
    sc_trainer *trainer;
    SC_TRY(sc_trainer_create(&trainer, device, call->net->net, &call->options, call->data->dataset, NULL));
    socle_status status = sc_api_upload(call->net, sc_trainer_engine(trainer));
    if (status == SOCLE_OK) status = sc_trainer_run(trainer);
    if (call->stopped) status = sc_fail(device->env, SOCLE_STATUS_INTERRUPTED, "the epoch callback asked to stop");
    if (status == SOCLE_OK) status = sc_trainer_restore_best(trainer);
    bool usable = status == SOCLE_OK || status == SOCLE_STATUS_DIVERGED || status == SOCLE_STATUS_INTERRUPTED;
    if (usable) {
        socle_status read = sc_api_download(call->net, sc_trainer_engine(trainer));
        if (status == SOCLE_OK) status = read;
    }
    sc_trainer_destroy(trainer);
    return status;
}

socle_status socle_fit(socle_net *net, const socle_data *data, const socle_fit_opts *opts) {
    static const socle_fit_opts standard = SOCLE_FIT_OPTS_DEFAULT;
    if (!net || !data) return SOCLE_STATUS_INVALID_ARGUMENT;
    fit_call call = {.net = net, .data = data, .opts = opts ? opts : &standard, .options = sc_fit_defaults()};
    sc_env *env = &net->context->env;
    SC_TRY(sc_api_optimizer(env, &call.opts->optimizer, &call.options.optimizer));
    call.options.epochs = call.opts->epochs;
    call.options.steps = call.opts->steps;
    call.options.batch = call.opts->batch;
    call.options.seed = call.opts->seed;
    call.options.shuffle = !call.opts->no_shuffle;
    call.options.validation = (double)call.opts->validation_split;
    call.options.weight_decay = call.opts->weight_decay;
    call.options.memory = call.opts->memory;
    call.options.user = &call;
    call.options.epoch = report_epoch;
    SC_TRY(sc_api_need_weights(net, call.options.seed));
    return sc_api_run(net->context, fit_job, &call);
}

typedef struct forward_call {
    socle_net *net;
    const socle_data *data;
    sc_evaluation evaluation;
    float *out; /* NULL: evaluate */
} forward_call;

enum { FORWARD_ROWS = 256 };

static socle_status create_engine(sc_engine **out, sc_device *device, const forward_call *call, const char *target) {
    sc_engine_options options = {.capacity = FORWARD_ROWS};
    if (sc_dataset_count(call->data->dataset) < FORWARD_ROWS) options.capacity = sc_dataset_count(call->data->dataset);
    if (target) {
        options.has_target_dtype = true;
        options.target_dtype = (uint8_t)sc_dataset_column(call->data->dataset, sc_dataset_find(call->data->dataset, target))->dtype;
    }
    SC_TRY(sc_engine_create(out, device, call->net->net, &options));
    socle_status status = sc_api_upload(call->net, *out);
    if (status != SOCLE_OK) sc_engine_destroy(*out);
    return status;
}

static socle_status evaluate_job(sc_device *device, void *argument) {
    forward_call *call = argument;
    sc_feed_source source = {.dataset = call->data->dataset};
    SC_TRY(sc_feed_target(&source.target, device->env, source.dataset));
    sc_engine *engine;
    SC_TRY(create_engine(&engine, device, call, source.target));
    socle_status status = sc_evaluate(engine, &source, &call->evaluation);
    sc_engine_destroy(engine);
    return status;
}

static socle_status predict_job(sc_device *device, void *argument) {
    forward_call *call = argument;
    sc_engine *engine;
    SC_TRY(create_engine(&engine, device, call, NULL));
    socle_status status = sc_predict(engine, &(sc_feed_source){.dataset = call->data->dataset}, call->out);
    sc_engine_destroy(engine);
    return status;
}

socle_status socle_evaluate(socle_net *net, const socle_data *data, socle_result *out) {
    if (!net || !data || !out) return SOCLE_STATUS_INVALID_ARGUMENT;
    forward_call call = {.net = net, .data = data};
    SC_TRY(sc_api_need_weights(net, 1));
    SC_TRY(sc_api_run(net->context, evaluate_job, &call));
    *out = (socle_result){call.evaluation.loss, call.evaluation.accuracy, call.evaluation.samples};
    return SOCLE_OK;
}

int64_t socle_outputs(const socle_net *net) {
    if (!net || net->net->output < 0) return 0;
    return sc_tensor_elements_at(sc_net_desc(net->net, net->net->output), 1);
}

socle_status socle_predict(socle_net *net, const socle_data *data, float *out, size_t size) {
    if (!net || !data || !out) return SOCLE_STATUS_INVALID_ARGUMENT;
    size_t needed = (size_t)socle_outputs(net) * (size_t)socle_data_count(data);
    if (size != needed)
        return sc_fail(&net->context->env, SOCLE_STATUS_INVALID_ARGUMENT, "predict: %zu floats given, %zu needed", size, needed);
    forward_call call = {.net = net, .data = data, .out = out};
    SC_TRY(sc_api_need_weights(net, 1));
    return sc_api_run(net->context, predict_job, &call);
}
