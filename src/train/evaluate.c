/* SPDX-License-Identifier: Apache-2.0 */
/* Forward passes over a data set: loss and accuracy, without changing anything but the totals. */
#include "train/fit_private.h"

#include <math.h>

static socle_status run_all(sc_engine *engine, sc_feed *feed) {
    for (;;) {
        sc_feed_batch batch;
        bool more;
        SC_TRY(sc_feed_next(feed, &batch, &more));
        if (!more) return SOCLE_OK;
        SC_TRY(sc_engine_evaluate(engine, batch.slot, batch.rows));
    }
}

socle_status sc_evaluate_order(sc_engine *engine, const sc_feed_source *source, const sc_order *order,
                               sc_evaluation *out) {
    sc_loader_opts opts = {.batch = (uint32_t)sc_engine_capacity(engine), .epochs = 1};
    sc_feed *feed;
    sc_totals totals = {0};
    SC_TRY(sc_engine_totals_reset(engine));
    SC_TRY(sc_feed_create(&feed, engine, source, order, &opts));
    socle_status status = run_all(engine, feed);
    sc_feed_destroy(feed);
    SC_TRY(status);
    SC_TRY(sc_engine_totals(engine, &totals));
    bool counts = sc_net_counts_correct(sc_engine_net(engine));
    *out = (sc_evaluation){.loss = totals.loss / totals.weight,
                           .accuracy = counts ? totals.correct / totals.weight : NAN,
                           .samples = (int64_t)totals.weight};
    return SOCLE_OK;
}

socle_status sc_evaluate(sc_engine *engine, const sc_feed_source *source, sc_evaluation *out) {
    sc_env *env = sc_engine_device(engine)->env;
    sc_order order;
    SC_TRY(sc_order_init(&order, env, NULL, (uint32_t)sc_dataset_count(source->dataset), 0, false));
    socle_status status = sc_evaluate_order(engine, source, &order, out);
    sc_order_free(&order);
    return status;
}

typedef struct evaluation_job {
    const sc_feed_source *source;
    const sc_order *order;
    sc_evaluation *out;
} evaluation_job;

static socle_status evaluation(sc_engine *engine, void *argument) {
    const evaluation_job *job = argument;
    return sc_evaluate_order(engine, job->source, job->order, job->out);
}

static socle_status evaluate_on_fleet(sc_trainer *trainer, const sc_feed_source *source, const sc_order *order,
                                      sc_evaluation *out) {
    evaluation_job job = {source, order, out};
    int64_t steps = sc_ceil_div((int64_t)order->count, trainer->options.batch);
    return sc_fleet_lead(trainer->fleet, steps * sc_fleet_members(trainer->fleet), evaluation, &job);
}

socle_status sc_trainer_validate(sc_trainer *trainer, sc_evaluation *out) {
    return evaluate_on_fleet(trainer, &trainer->train_source, &trainer->validation_order, out);
}

socle_status sc_trainer_test(sc_trainer *trainer, sc_evaluation *out) {
    if (!trainer->test_source.dataset)
        return sc_fail(trainer->env, SOCLE_STATUS_STATE, "this run has no test data");
    return evaluate_on_fleet(trainer, &trainer->test_source, &trainer->test_order, out);
}

static socle_status predict_all(sc_engine *engine, sc_feed *feed, float *out) {
    for (;;) {
        sc_feed_batch batch;
        bool more;
        SC_TRY(sc_feed_next(feed, &batch, &more));
        if (!more) return SOCLE_OK;
        SC_TRY(sc_engine_predict(engine, batch.slot, batch.rows, out));
        out += (size_t)batch.rows * (size_t)sc_engine_prediction_size(engine);
    }
}

socle_status sc_predict(sc_engine *engine, const sc_feed_source *source, float *out) {
    sc_env *env = sc_engine_device(engine)->env;
    sc_loader_opts opts = {.batch = (uint32_t)sc_engine_capacity(engine), .epochs = 1};
    sc_order order;
    sc_feed *feed;
    SC_TRY(sc_order_init(&order, env, NULL, (uint32_t)sc_dataset_count(source->dataset), 0, false));
    socle_status status = sc_feed_create(&feed, engine, source, &order, &opts);
    sc_order_free(&order);
    SC_TRY(status);
    status = predict_all(engine, feed, out);
    sc_feed_destroy(feed);
    return status;
}
