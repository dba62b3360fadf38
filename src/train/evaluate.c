/* SPDX-License-Identifier: Apache-2.0 */
/* Forward passes over a data set: loss and metrics, without changing anything but the totals. */
#include "train/fit_private.h"

#include <math.h>

static socle_status evaluate_rows(sc_engine *engine, int slot, int64_t rows, void *argument) {
    (void)argument;
    return sc_engine_evaluate(engine, slot, rows);
}

/* The sums over an order; they add up exactly as far as counts go. */
static socle_status sum_order(sc_engine *engine, const sc_stage_source *source,
                              const sc_order *order, sc_totals *out) {
    SC_TRY(sc_engine_totals_reset(engine));
    SC_TRY(sc_stage_pass(engine, source, order, sc_engine_evaluation_capacity(engine),
                         evaluate_rows, NULL));
    return sc_engine_totals(engine, out);
}

/* Means; where nothing counts they are NaN. */
sc_evaluation sc_evaluation_of(const sc_net *net, const sc_sums *sum, int64_t samples) {
    double weight = sum->weight > 0 ? sum->weight : NAN;
    sc_evaluation out = {.loss = sum->loss / weight, .samples = samples, .weight = sum->weight};
    for (int m = 0; m < SC_NET_METRICS; m++)
        out.metric[m] = m < net->metrics ? sum->metric[m] / weight : NAN;
    return out;
}

socle_status sc_evaluate_order(sc_engine *engine, const sc_stage_source *source,
                               const sc_order *order, sc_evaluation *out) {
    sc_totals sum = {0};
    SC_TRY(sum_order(engine, source, order, &sum));
    *out = sc_evaluation_of(sc_engine_net(engine), &sum.sum, order->count);
    return SOCLE_OK;
}

socle_status sc_evaluation_check(sc_env *env, const sc_evaluation *evaluation, const char *what) {
    if (isfinite(evaluation->loss) || evaluation->weight <= 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DIVERGED,
                   "the loss on the %s data is %g: outputs are NaN or infinite, and such a sample "
                   "counts as wrong. Look for NaN in "
                   "the weights and the data",
                   what, evaluation->loss);
}

socle_status sc_evaluate(sc_engine *engine, const sc_stage_source *source, sc_evaluation *out) {
    sc_env *env = sc_engine_device(engine)->env;
    sc_order order;
    SC_TRY(sc_order_init(&order, env, NULL, (uint32_t)sc_dataset_count(source->dataset), 0, false));
    socle_status status = sc_evaluate_order(engine, source, &order, out);
    sc_order_free(&order);
    return status;
}

/* An evaluation in parts: member i takes samples first[i] .. first[i + 1] - 1 of the order. */
typedef struct evaluation_job {
    const sc_fleet *fleet;
    const sc_stage_source *source;
    const sc_order *order;
    int64_t first[SC_SHARES_MOST + 1];
    sc_totals part[SC_SHARES_MOST];
    int64_t samples[SC_SHARES_MOST]; /* of each part; 0: not there */
    int only;                        /* the part to evaluate; -1: the member's own */
} evaluation_job;

static socle_status evaluate_part(sc_engine *engine, void *argument) {
    evaluation_job *job = argument;
    sc_env *env = sc_engine_device(engine)->env;
    int number = job->only >= 0 ? job->only : sc_fleet_number(job->fleet, engine);
    int64_t first = job->first[number], count = job->first[number + 1] - first;
    sc_order order;
    if (!count) return SOCLE_OK;
    SC_TRY(sc_order_init(&order, env, job->order->visit + first, (uint32_t)count, 0, false));
    socle_status status = sum_order(engine, job->source, &order, &job->part[number]);
    if (status == SOCLE_OK) job->samples[number] = count;
    sc_order_free(&order);
    return status;
}

static sc_evaluation join_parts(const sc_net *net, const evaluation_job *job, int parts) {
    sc_sums sum = {0};
    int64_t samples = 0;
    for (int i = 0; i < parts; i++) {
        const sc_sums *part = &job->part[i].sum;
        samples += job->samples[i];
        sum.weight += part->weight;
        sum.loss += part->loss;
        for (int m = 0; m < net->metrics; m++) sum.metric[m] += part->metric[m];
    }
    return sc_evaluation_of(net, &sum, samples);
}

/* Every member takes its share; what a lost one leaves, the leader does. A reproducible run must
 * not know how many there are, so there the leader does everything. */
static socle_status evaluate_on_fleet(sc_trainer *trainer, const sc_stage_source *source,
                                      const sc_order *order, sc_evaluation *out) {
    sc_fleet *fleet = trainer->fleet;
    evaluation_job job = {.fleet = fleet, .source = source, .order = order, .only = -1};
    int parts = sc_fleet_members(fleet);
    uint64_t deadline = sc_fleet_deadline(
        fleet, sc_ceil_div((int64_t)order->count, trainer->options.batch) * parts);
    if (trainer->options.reproducible) {
        parts = 1;
        job.first[1] = order->count;
    } else {
        sc_fleet_split(fleet, order->count, job.first);
        SC_TRY(sc_fleet_all(fleet, deadline, evaluate_part, &job, sizeof job));
    }
    for (int i = 0; i < parts; i++) {
        if (job.first[i] == job.first[i + 1] || job.samples[i]) continue;
        job.only = i;
        SC_TRY(sc_fleet_lead(fleet, deadline, evaluate_part, &job, sizeof job));
    }
    *out = join_parts(trainer->net, &job, parts);
    return SOCLE_OK;
}

socle_status sc_trainer_validate(sc_trainer *trainer, sc_evaluation *out) {
    return evaluate_on_fleet(trainer, &trainer->validation_source, &trainer->validation_order, out);
}

socle_status sc_trainer_test(sc_trainer *trainer, sc_evaluation *out) {
    if (!trainer->test_source.dataset)
        return sc_fail(trainer->env, SOCLE_STATUS_STATE, "this run has no test data");
    return evaluate_on_fleet(trainer, &trainer->test_source, &trainer->test_order, out);
}

/* Where the next predictions go, and how many are there. */
typedef struct predictions {
    float *next;
    int64_t count;
} predictions;

static socle_status predict_rows(sc_engine *engine, int slot, int64_t rows, void *argument) {
    predictions *out = argument;
    SC_TRY(sc_engine_predict(engine, slot, rows, (uint32_t)out->count, out->next));
    out->next += rows * sc_engine_prediction_size(engine);
    out->count += rows;
    return SOCLE_OK;
}

socle_status sc_predict(sc_engine *engine, const sc_stage_source *source, float *out) {
    sc_order order;
    predictions made = {out, 0};
    SC_TRY(sc_order_init(&order, sc_engine_device(engine)->env, NULL,
                         (uint32_t)sc_dataset_count(source->dataset), 0, false));
    socle_status status =
        sc_stage_pass(engine, source, &order, sc_engine_capacity(engine), predict_rows, &made);
    sc_order_free(&order);
    return status;
}
