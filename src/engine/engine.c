/* SPDX-License-Identifier: Apache-2.0 */
/* Making and ending an engine, and what others may ask of it. The work is in the other engine
 * files. */
#include "engine/engine_private.h"

#include <string.h>

static socle_status open_device(sc_engine *engine) {
    bool forecast = engine->options.plan.forecast;
    SC_TRY(sc_plan_pool_create(&engine->pool, engine->device, forecast));
    if (forecast) return SOCLE_OK;
    SC_TRY(sc_queue_open(&engine->compute, engine->device));
    return sc_queue_open(&engine->upload, engine->device);
}

/* The training graph comes first: it says in which order the gradients complete, which is the order
 * of the lanes. */
static socle_status create_training(sc_engine *engine) {
    sc_graph *graph;
    int *completion;
    SC_TRY(sc_graph_create(&graph, engine->env, engine->options.capacity));
    socle_status status =
        sc_allocate(engine->env, &completion, (size_t)engine->net->trainable, sizeof *completion);
    if (status == SOCLE_OK) status = sc_engine_build_train(engine, graph, completion);
    if (status == SOCLE_OK) status = sc_engine_lanes_create(engine, completion);
    if (status == SOCLE_OK) status = sc_engine_plan_step(engine, graph);
    sc_release(engine->env, completion);
    sc_graph_destroy(graph);
    return status;
}

static socle_status check_options(sc_env *env, const sc_net *net,
                                  const sc_engine_options *options) {
    if (net->status != SOCLE_OK) return net->status;
    if (options->capacity < 1 || options->capacity > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "a batch has 1 to 2^31-1 rows, not %lld",
                       (long long)options->capacity);
    if (options->evaluation < 0 || options->evaluation > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "an evaluation takes 1 to 2^31-1 rows at once, not %lld",
                       (long long)options->evaluation);
    if (options->optimizer && !net->losses)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "training needs a loss: add one to the network");
    if (options->optimizer && net->trainable == 0)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "this network has no parameters to train");
    bool all_frozen = options->optimizer && options->optimizer_of;
    for (size_t p = 0; all_frozen && p < net->parameters; p++)
        all_frozen = sc_net_phase_of(net, p) < 0 || options->optimizer_of[p] == SC_FROZEN;
    if (all_frozen)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "every parameter is frozen: there is nothing to train");
    if (options->slots < 0 || options->slots > SC_ENGINE_SLOTS)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "%d staging slots: at most %d",
                       options->slots, SC_ENGINE_SLOTS);
    return SOCLE_OK;
}

static socle_status take_optimizers(sc_engine *engine) {
    const sc_engine_options *options = &engine->options;
    const sc_net *net = engine->net;
    engine->optimizers = options->optimizers ? options->optimizers : 1;
    memcpy(engine->optimizer, options->optimizer,
           (size_t)engine->optimizers * sizeof *engine->optimizer);
    SC_TRY(sc_allocate(engine->env, &engine->optimizer_of, net->parameters,
                       sizeof *engine->optimizer_of));
    for (size_t p = 0; p < net->parameters; p++)
        engine->optimizer_of[p] = sc_net_phase_of(net, p) < 0 ? SC_FROZEN
                                  : options->optimizer_of     ? options->optimizer_of[p]
                                                              : 0;
    return SOCLE_OK;
}

socle_status sc_engine_create(sc_engine **out, sc_device *device, sc_net *net,
                              const sc_engine_options *options) {
    *out = NULL;
    SC_TRY(check_options(device->env, net, options));
    sc_engine *engine;
    SC_TRY(sc_allocate(device->env, &engine, 1, sizeof *engine));
    engine->env = device->env;
    engine->device = device;
    engine->net = net;
    engine->options = *options;
    if (!engine->options.evaluation) engine->options.evaluation = options->capacity;
    engine->rows = engine->options.evaluation > options->capacity ? engine->options.evaluation
                                                                  : options->capacity;
    engine->slots = options->slots ? options->slots : SC_ENGINE_STANDARD_SLOTS;
    engine->trains = options->optimizer != NULL;
    socle_status status = engine->trains ? take_optimizers(engine) : SOCLE_OK;
    if (status == SOCLE_OK) status = open_device(engine);
    if (status == SOCLE_OK) status = sc_engine_columns_init(engine);
    if (status == SOCLE_OK) status = sc_engine_tables_create(engine);
    if (status == SOCLE_OK)
        status = engine->trains ? create_training(engine) : sc_engine_lanes_create(engine, NULL);
    bool forecast = options->plan.forecast;
    if (status == SOCLE_OK && options->shares_steps && !forecast)
        status = sc_engine_link_create(engine);
    if (status == SOCLE_OK && !forecast) status = sc_queue_finish(engine->compute);
    if (status != SOCLE_OK) {
        sc_engine_destroy(engine);
        return status;
    }
    engine->options.decay = engine->options.rate_scale = NULL; /* read during this call only */
    engine->options.optimizer = NULL;
    engine->options.optimizer_of = NULL;
    sc_engine_begin_step(engine, 0);
    *out = engine;
    return SOCLE_OK;
}

void sc_engine_destroy(sc_engine *engine) {
    if (!engine) return;
    if (engine->upload) sc_queue_finish(engine->upload);
    if (engine->compute) sc_queue_finish(engine->compute);
    for (int s = 0; s < engine->slots; s++) {
        sc_event_release(engine->slot[s].uploaded);
        sc_event_release(engine->slot[s].used);
    }
    sc_event_release(engine->peek);
    sc_plan *plans[] = {engine->train, engine->evaluate, engine->predict, engine->totals,
                        engine->add};
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) sc_plan_destroy(plans[i]);
    for (int o = 0; o < engine->optimizers; o++) sc_plan_destroy(engine->update[o]);
    sc_engine_tables_destroy(engine);
    sc_plan_pool_destroy(engine->pool);
    sc_engine_link_destroy(engine);
    sc_engine_lanes_destroy(engine);
    sc_queue_close(engine->upload);
    sc_queue_close(engine->compute);
    sc_release(engine->env, engine->optimizer_of);
    sc_release(engine->env, engine);
}

sc_device *sc_engine_device(const sc_engine *engine) {
    return engine->device;
}

const sc_net *sc_engine_net(const sc_engine *engine) {
    return engine->net;
}

bool sc_engine_is_resident(const sc_engine *engine) {
    return engine->options.resident;
}

bool sc_engine_augments(const sc_engine *engine) {
    return engine->options.augments;
}

int64_t sc_engine_capacity(const sc_engine *engine) {
    return engine->options.capacity;
}

int64_t sc_engine_evaluation_capacity(const sc_engine *engine) {
    return engine->options.evaluation;
}

int sc_engine_states(const sc_engine *engine) {
    int most = 0;
    for (int o = 0; o < engine->optimizers; o++) {
        int states = sc_optimizer_states(&engine->optimizer[o]);
        if (states > most) most = states;
    }
    return most;
}

int sc_engine_states_of(const sc_engine *engine, int parameter) {
    int number = engine->trains ? engine->optimizer_of[parameter] : SC_FROZEN;
    return number == SC_FROZEN ? 0 : sc_optimizer_states(&engine->optimizer[number]);
}

const sc_plan *sc_engine_train_plan(const sc_engine *engine) {
    return engine->train;
}

int sc_engine_columns(const sc_engine *engine) {
    return engine->columns;
}

const char *sc_engine_column_source(const sc_engine *engine, int column, const char *target) {
    if (column < engine->net->inputs) return engine->column_name[column];
    return target && column != engine->labels ? engine->column_name[column] : target;
}

size_t sc_engine_column_bytes(const sc_engine *engine, int column) {
    const sc_tensor_desc *desc = &engine->column[column];
    return (size_t)sc_tensor_elements_at(desc, 1) * sc_dtype_size(desc->dtype);
}

int sc_engine_slots(const sc_engine *engine) {
    return engine->slots;
}

int64_t sc_engine_prediction_size(const sc_engine *engine) {
    return sc_tensor_elements_at(sc_net_desc(engine->net, engine->net->output), 1);
}

socle_status sc_engine_finish(sc_engine *engine) {
    SC_TRY(sc_queue_finish(engine->upload));
    return sc_queue_finish(engine->compute);
}
