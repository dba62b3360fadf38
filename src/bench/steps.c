/* SPDX-License-Identifier: Apache-2.0 */
/* Whole training steps (upload, forward, backward, Adam) on an engine, as a run makes them. The
 * data are noise: what a step costs does not depend on them. */
#include "bench/measure.h"
#include "bench/networks.h"
#include "bench/roofs.h"
#include "engine/engine.h"

#include <math.h>
#include <string.h>

typedef struct training {
    const sc_bench_network *network;
    sc_net *net;
    sc_engine *engine;
    unsigned char *inputs, *labels;
    uint32_t step;
} training;

static socle_status one_step(training *t) {
    const void *const column[2] = {t->inputs, t->labels};
    int slot = (int)(++t->step % (uint32_t)sc_engine_slots(t->engine));
    const sc_engine_step commit = {t->step, (double)t->network->batch, 1, 0.001f};
    SC_TRY(sc_engine_upload(t->engine, slot, t->network->batch, column, NULL));
    SC_TRY(sc_engine_micro_batch(t->engine, slot, t->network->batch, 0, t->step));
    return sc_engine_commit(t->engine, &commit);
}

/* The engine has queues of its own: the one it is given stays empty. */
static socle_status enqueue(void *user, sc_queue *queue, int64_t times) {
    training *t = user;
    (void)queue;
    for (int64_t i = 0; i < times; i++) SC_TRY(one_step(t));
    return sc_engine_finish(t->engine);
}

static socle_status create(training *t, sc_bench_session *session) {
    const sc_bench_network *network = t->network;
    sc_optimizer adam = sc_optimizer_default(sc_optimizer_find("adam"));
    const sc_engine_options options = {.capacity = network->batch, .optimizer = &adam, .seed = 1};
    uint32_t state = 1;
    SC_TRY(sc_bench_network_create(&t->net, session->env, network));
    SC_TRY(sc_engine_create(&t->engine, session->device, t->net, &options));
    SC_TRY(sc_engine_initialize(t->engine, 1));
    size_t bytes = sc_engine_column_bytes(t->engine, 0) * (size_t)network->batch;
    SC_TRY(sc_allocate(session->env, &t->inputs, bytes, 1));
    size_t labels = sc_engine_column_bytes(t->engine, 1) * (size_t)network->batch;
    SC_TRY(sc_allocate(session->env, &t->labels, labels, 1));
    for (size_t i = 0; i < bytes; i++) {
        state = state * 1664525u + 1013904223u;
        t->inputs[i] = (unsigned char)(state >> 24);
    }
    for (size_t i = 0; i < labels; i++)
        t->labels[i] = (unsigned char)(i % (size_t)network->classes);
    return SOCLE_OK;
}

static void destroy(training *t, sc_env *env) {
    sc_engine_destroy(t->engine);
    sc_net_destroy(t->net);
    sc_release(env, t->inputs);
    sc_release(env, t->labels);
}

/* A step that left weights as they were, or made them no numbers, was no training. */
static socle_status check(const training *t, sc_bench_session *session, const float *before) {
    int64_t count = sc_tensor_elements(&t->net->parameter[0].desc);
    float *after;
    SC_TRY(sc_allocate(session->env, &after, (size_t)count, sizeof *after));
    socle_status status = sc_engine_read(t->engine, 0, after);
    bool moved = false, finite = true;
    for (int64_t i = 0; i < count && status == SOCLE_OK; i++) {
        moved = moved || after[i] != before[i];
        finite = finite && isfinite(after[i]);
    }
    sc_release(session->env, after);
    if (status != SOCLE_OK || (moved && finite)) return status;
    return sc_fail(session->env, SOCLE_STATUS_WRONG_RESULT,
                   "%s: steps of %s that were timed %s; `socle verify` says more",
                   session->device->info.name, t->network->name,
                   finite ? "moved no weight" : "made weights that are no numbers");
}

static void report(const training *t, const sc_bench_session *session,
                   const sc_bench_figure *seconds) {
    const sc_plan *plan = sc_engine_train_plan(t->engine);
    sc_bench_row row = {.kind = SC_BENCH_STEP,
                        .device = session->name,
                        .name = t->network->name,
                        .unit = "samples/s",
                        .figure = sc_bench_rate(seconds, (double)t->network->batch),
                        .bytes = (double)sc_engine_memory_used(t->engine).total,
                        .launches = plan ? sc_plan_launches(plan) : 0,
                        .batch = t->network->batch,
                        .milliseconds = seconds->median * 1e3};
    row.launch_share = (double)row.launches * session->roofs.launch / seconds->median;
    session->sink(session->user, &row);
}

static socle_status measure(training *t, sc_bench_session *session) {
    sc_bench_patience patience = sc_bench_patience_of(session->options);
    sc_bench_figure seconds;
    float *before;
    SC_TRY(create(t, session));
    int64_t count = sc_tensor_elements(&t->net->parameter[0].desc);
    SC_TRY(sc_allocate(session->env, &before, (size_t)count, sizeof *before));
    socle_status status = sc_engine_read(t->engine, 0, before);
    if (status == SOCLE_OK)
        status = sc_bench_measure(&seconds, session->queue, &patience, enqueue, t);
    if (status == SOCLE_OK) status = check(t, session, before);
    sc_release(session->env, before);
    if (status == SOCLE_OK) report(t, session, &seconds);
    return status;
}

/* A network that the device has no memory for is left out, and the others are measured. */
static socle_status pass_over(const sc_bench_session *session, const sc_bench_network *network,
                              socle_status status) {
    if (status != SOCLE_STATUS_DEVICE_MEMORY) return status;
    sc_log_line(session->env, SOCLE_LOG_WARNING,
                "%s: a step of %s with %lld samples is not measured: the device has not enough "
                "memory",
                session->name, network->name, (long long)network->batch);
    return SOCLE_OK;
}

socle_status sc_bench_measure_steps(sc_bench_session *session) {
    const sc_bench_network *network;
    for (int number = 0; (network = sc_bench_network_at(number)); number++) {
        training t = {.network = network};
        const char *wanted = session->options->network;
        if (wanted ? strcmp(wanted, network->name) != 0
                   : session->options->quick && !network->quick)
            continue;
        socle_status status = measure(&t, session);
        destroy(&t, session->env);
        SC_TRY(pass_over(session, network, status));
    }
    return SOCLE_OK;
}
