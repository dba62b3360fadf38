/* SPDX-License-Identifier: Apache-2.0 */
/* Public evaluate and predict: forward passes over a data set as jobs on the device's thread. What
 * predicts stays there between calls, for most calls are of a few samples and weights that have not
 * changed. */
#include "api/api.h"

#include "nn/metric.h"
#include "train/columns.h"
#include "train/targets.h"

enum { FORWARD_ROWS = 256 };

typedef struct forward_call {
    socle_net *net;
    sc_stage_source source;
    sc_evaluation evaluation;
    float *out;
    bool logits;
} forward_call;

static socle_status create_engine(sc_engine **out, sc_device *device, const forward_call *call) {
    const sc_dataset *dataset = call->source.dataset;
    sc_engine_options options = {.capacity = FORWARD_ROWS, .logits = call->logits};
    if (sc_dataset_count(dataset) < FORWARD_ROWS) options.capacity = sc_dataset_count(dataset);
    if (call->source.target)
        SC_TRY(sc_columns_choose(&options, device->env, call->net->net, dataset, NULL));
    SC_TRY(sc_engine_create(out, device, call->net->net, &options));
    socle_status status = sc_api_upload(call->net, *out);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_engine_destroy(*out);
    *out = NULL;
    return status;
}

static socle_status evaluate_job(sc_device *device, void *argument) {
    forward_call *call = argument;
    sc_engine *engine;
    SC_TRY(sc_targets_column_for(&call->source.target, device->env, call->net->net,
                                 call->source.dataset));
    SC_TRY(create_engine(&engine, device, call));
    socle_status status = sc_evaluate(engine, &call->source, &call->evaluation);
    sc_engine_destroy(engine);
    return status;
}

static socle_status end_job(sc_device *device, void *argument) {
    sc_api_predictor *predictor = argument;
    (void)device;
    sc_engine_destroy(predictor->engine);
    predictor->engine = NULL;
    return SOCLE_OK;
}

/* Whether the engine that there is can do it: as large as the data want it, for the present layers
 * and for what the call asks of the outputs. */
static bool fits(const sc_api_predictor *predictor, const forward_call *call, int64_t capacity) {
    return predictor->structure == call->net->structure && predictor->capacity >= capacity &&
           predictor->logits == call->logits;
}

/* An engine that fits, with the present weights: what there is, or a new one. */
static socle_status prepare_predictor(socle_net *net, sc_device *device, const forward_call *call) {
    sc_api_predictor *predictor = &net->predictor;
    int64_t count = sc_dataset_count(call->source.dataset);
    int64_t capacity = count < FORWARD_ROWS ? count : FORWARD_ROWS;
    if (predictor->engine && !fits(predictor, call, capacity)) SC_TRY(end_job(device, predictor));
    if (!predictor->engine) {
        SC_TRY(create_engine(&predictor->engine, device, call));
        predictor->capacity = capacity;
        predictor->structure = net->structure;
        predictor->logits = call->logits;
    } else if (predictor->weights != net->version) {
        SC_TRY(sc_api_upload(net, predictor->engine));
    }
    predictor->weights = net->version;
    return SOCLE_OK;
}

static socle_status predict_job(sc_device *device, void *argument) {
    forward_call *call = argument;
    sc_api_predictor *predictor = &call->net->predictor;
    socle_status status = prepare_predictor(call->net, device, call);
    if (status == SOCLE_OK) status = sc_predict(predictor->engine, &call->source, call->out);
    if (status != SOCLE_OK) (void)end_job(device, predictor); /* nothing half-written stays */
    return status;
}

static void enlist(socle_net *net) {
    socle_net **at = &net->context->predicting;
    while (*at && *at != net) at = &(*at)->predictor.next;
    if (*at) return;
    net->predictor.next = NULL;
    *at = net;
}

static void strike_off(socle_net *net) {
    socle_net **at = &net->context->predicting;
    while (*at && *at != net) at = &(*at)->predictor.next;
    if (*at) *at = net->predictor.next;
}

/* Where the device hangs, its thread may use the engine until the process ends. */
void sc_api_end_predictor(socle_net *net) {
    sc_api_predictor *predictor = &net->predictor;
    strike_off(net);
    if (predictor->engine && !sc_worker_busy(predictor->home))
        (void)sc_api_run_at(net->context, &predictor->home, end_job, predictor);
    predictor->engine = NULL;
    predictor->home = NULL;
}

bool sc_api_end_predictors(socle_context *context) {
    bool any = false;
    for (socle_net *net; (net = context->predicting);) {
        any |= net->predictor.engine != NULL;
        sc_api_end_predictor(net);
    }
    return any;
}

/* Runs the job; again, where it lacked memory of the device that predictions held. */
static socle_status run_forward(socle_context *context, sc_worker **home, sc_worker_job job,
                                forward_call *call) {
    socle_status status = sc_api_run_at(context, home, job, call);
    if (status != SOCLE_STATUS_DEVICE_MEMORY || !sc_api_end_predictors(context)) return status;
    return sc_api_run_at(context, home, job, call);
}

socle_status socle_evaluate(socle_net *net, const socle_data *data, socle_result *out) {
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_suits(net, data, __func__, true));
    if (!out) return sc_api_missing(net->context, __func__, "out");
    forward_call call = {.net = net, .source.dataset = data->dataset};
    SC_TRY(sc_api_need_weights(net, 1));
    sc_worker *home = NULL;
    SC_TRY(run_forward(net->context, &home, evaluate_job, &call));
    *out = (socle_result){.loss = call.evaluation.loss,
                          .accuracy = sc_metric_value(net->net, call.evaluation.metric, "accuracy"),
                          .samples = call.evaluation.samples};
    return sc_evaluation_check(&net->context->env, &call.evaluation, "given");
}

int64_t socle_outputs(const socle_net *net) {
    if (!net || net->net->output < 0) return 0;
    return sc_tensor_elements_at(sc_net_desc(net->net, net->net->output), 1);
}

/* A device that a fit lost, or that hangs, leaves predictions to the next one. */
static bool home_answers(const socle_net *net) {
    const socle_context *context = net->context;
    for (int i = 0; i < context->devices; i++)
        if (context->device[i].worker == net->predictor.home)
            return !context->lost[i] && !sc_worker_busy(net->predictor.home);
    return false;
}

static socle_status predict(socle_net *net, const socle_data *data, float *out, size_t size,
                            bool logits) {
    const char *function = logits ? "socle_predict_logits" : "socle_predict";
    if (!net) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_suits(net, data, function, false));
    if (!out) return sc_api_missing(net->context, function, "out");
    size_t needed = (size_t)socle_outputs(net) * (size_t)socle_data_count(data);
    if (size != needed)
        return sc_fail(&net->context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: out has %zu floats; %lld samples of %lld outputs need %zu", function,
                       size, (long long)socle_data_count(data), (long long)socle_outputs(net),
                       needed);
    forward_call call = {.net = net, .source.dataset = data->dataset, .out = out, .logits = logits};
    SC_TRY(sc_api_need_weights(net, 1));
    if (!net->predictor.engine || !home_answers(net)) sc_api_end_predictor(net);
    socle_status status = run_forward(net->context, &net->predictor.home, predict_job, &call);
    if (net->predictor.engine) enlist(net);
    return status;
}

socle_status socle_predict(socle_net *net, const socle_data *data, float *out, size_t size) {
    return predict(net, data, out, size, false);
}

socle_status socle_predict_logits(socle_net *net, const socle_data *data, float *out, size_t size) {
    return predict(net, data, out, size, true);
}
