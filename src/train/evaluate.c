/* SPDX-License-Identifier: Apache-2.0 */
/* Forward passes over a data set: loss and metrics, without changing anything but the totals. */
#include "base/shown.h"
#include "train/fit_private.h"

#include "nn/collect.h"

#include <math.h>
#include <string.h>

/* Of a part of an evaluation, where what is collected of its next samples goes; no sizes: nothing
 * is. */
typedef struct collector {
    int64_t size[SC_COLLECTED];
    float *next[SC_COLLECTED];
} collector;

static socle_status evaluate_rows(sc_engine *engine, int slot, int64_t rows, void *argument) {
    collector *collects = argument;
    SC_TRY(sc_engine_evaluate(engine, slot, rows));
    if (!collects->size[SC_COLLECTED_WEIGHT]) return SOCLE_OK;
    SC_TRY(sc_engine_collected(engine, rows, collects->next));
    for (int k = 0; k < SC_COLLECTED; k++)
        if (collects->next[k]) collects->next[k] += rows * collects->size[k];
    return SOCLE_OK;
}

/* The sums over an order; they add up exactly as far as counts go. */
static socle_status sum_order(sc_engine *engine, const sc_stage_source *source,
                              const sc_order *order, collector *collects, sc_totals *out) {
    SC_TRY(sc_engine_totals_reset(engine));
    SC_TRY(sc_stage_pass(engine, source, order, sc_engine_evaluation_capacity(engine),
                         evaluate_rows, collects));
    return sc_engine_totals(engine, out);
}

/* Bytes that are collected of so many samples. */
static socle_status collected_bytes(size_t *bytes, const sc_net *net, int64_t samples) {
    const size_t most = (size_t)4 << 30;
    int64_t size[SC_COLLECTED];
    size_t each = 0;
    sc_collect_sizes(size, net);
    for (int k = 0; k < SC_COLLECTED; k++) each += (size_t)size[k] * sizeof(float);
    if (sc_mul_size(bytes, each, (size_t)samples) && *bytes <= most) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                   "the metrics of this network need %zu bytes of each of %lld samples at once, "
                   "and %zu bytes are the most; measure classes alone, or fewer samples",
                   each, (long long)samples, most);
}

/* Where in a block for `samples` samples those from `first` on begin. */
static collector collect_at(const sc_net *net, float *block, int64_t samples, int64_t first) {
    collector out = {0};
    sc_collect_sizes(out.size, net);
    for (int k = 0; k < SC_COLLECTED; k++) {
        if (out.size[k]) out.next[k] = block + first * out.size[k];
        block += samples * out.size[k];
    }
    return out;
}

/* Where all count alike no weights come. */
static void weigh_alike(const sc_net *net, float *block, int64_t samples) {
    collector all = collect_at(net, block, samples, 0);
    for (int64_t i = 0; i < samples * all.size[SC_COLLECTED_WEIGHT]; i++)
        all.next[SC_COLLECTED_WEIGHT][i] = 1;
}

/* Metrics of what was collected, to those that are sums. */
static socle_status score_collected(sc_evaluation *out, const sc_net *net, float *block,
                                    int64_t samples, sc_use_rows use, void *argument) {
    if (!net->collects) return SOCLE_OK;
    const collector all = collect_at(net, block, samples, 0);
    const sc_scored rows = sc_collect_rows(net, samples, all.next);
    SC_TRY(sc_collect_score(out->metric, net, &rows));
    return use ? use(argument, &rows) : SOCLE_OK;
}

/* Means; where nothing counts they are NaN. */
sc_evaluation sc_evaluation_of(const sc_net *net, const sc_sums *sum, int64_t samples) {
    double weight = sum->weight > 0 ? sum->weight : NAN;
    sc_evaluation out = {.loss = sum->loss / weight, .samples = samples, .weight = sum->weight};
    for (int m = 0; m < SC_NET_METRICS; m++)
        out.metric[m] = m < net->summed ? sum->metric[m] / weight : NAN;
    return out;
}

socle_status sc_evaluation_check(sc_env *env, const sc_evaluation *evaluation, const char *what) {
    if (isfinite(evaluation->loss) || evaluation->weight <= 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DIVERGED,
                   "the loss on the %s data is %g: outputs are NaN or infinite, and such a sample "
                   "counts as wrong. Look for NaN in "
                   "the weights and the data",
                   what, sc_shown(evaluation->loss));
}

static socle_status evaluate_order(sc_engine *engine, const sc_stage_source *source,
                                   const sc_order *order, sc_evaluation *out, sc_use_rows use,
                                   void *argument) {
    const sc_net *net = sc_engine_net(engine);
    sc_totals sum = {0};
    size_t bytes;
    float *block;
    SC_TRY(collected_bytes(&bytes, net, order->count));
    SC_TRY(sc_allocate(net->env, &block, bytes, 1));
    weigh_alike(net, block, order->count);
    collector collects = collect_at(net, block, order->count, 0);
    socle_status status = sum_order(engine, source, order, &collects, &sum);
    if (status == SOCLE_OK) {
        *out = sc_evaluation_of(net, &sum.sum, order->count);
        status = score_collected(out, net, block, order->count, use, argument);
    }
    sc_release(net->env, block);
    return status;
}

socle_status sc_evaluate_rows(sc_engine *engine, const sc_stage_source *source, sc_evaluation *out,
                              sc_use_rows use, void *argument) {
    sc_env *env = sc_engine_device(engine)->env;
    sc_order order;
    SC_TRY(sc_order_init(&order, env, NULL, (uint32_t)sc_dataset_count(source->dataset), 0, false));
    socle_status status = evaluate_order(engine, source, &order, out, use, argument);
    sc_order_free(&order);
    return status;
}

socle_status sc_evaluate(sc_engine *engine, const sc_stage_source *source, sc_evaluation *out) {
    return sc_evaluate_rows(engine, source, out, NULL, NULL);
}

/* An evaluation in parts: member i takes samples first[i] .. first[i + 1] - 1 of the order. One
 * block of memory, of which a fleet makes copies. */
typedef struct evaluation_job {
    const sc_fleet *fleet;
    const sc_stage_source *source;
    const sc_order *order;
    int64_t first[SC_SHARES_MOST + 1];
    sc_totals part[SC_SHARES_MOST];
    int64_t samples[SC_SHARES_MOST]; /* of each part; 0: not there */
    int only;                        /* the part to evaluate; -1: the member's own */
    float collected[];
} evaluation_job;

static socle_status evaluate_part(sc_engine *engine, void *argument) {
    evaluation_job *job = argument;
    sc_env *env = sc_engine_device(engine)->env;
    int number = job->only >= 0 ? job->only : sc_fleet_number(job->fleet, engine);
    int64_t first = job->first[number], count = job->first[number + 1] - first;
    sc_order order;
    if (!count) return SOCLE_OK;
    SC_TRY(sc_order_init(&order, env, job->order->visit + first, (uint32_t)count, 0, false));
    collector collects =
        collect_at(sc_engine_net(engine), job->collected, job->order->count, first);
    socle_status status = sum_order(engine, job->source, &order, &collects, &job->part[number]);
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
        for (int m = 0; m < net->summed; m++) sum.metric[m] += part->metric[m];
    }
    return sc_evaluation_of(net, &sum, samples);
}

/* Every member takes its share; what a lost one leaves, the leader does. A reproducible run must
 * not know how many there are, so there the leader does everything. */
static socle_status run_parts(sc_trainer *trainer, evaluation_job *job, size_t size, int *parts) {
    sc_fleet *fleet = trainer->fleet;
    const int64_t count = job->order->count;
    *parts = sc_fleet_members(fleet);
    uint64_t deadline =
        sc_fleet_deadline(fleet, sc_ceil_div(count, trainer->options.batch) * *parts);
    if (trainer->options.reproducible) {
        *parts = 1;
        job->first[1] = count;
    } else {
        sc_fleet_split(fleet, count, job->first);
        SC_TRY(sc_fleet_all(fleet, deadline, evaluate_part, job, size));
    }
    for (int i = 0; i < *parts; i++) {
        if (job->first[i] == job->first[i + 1] || job->samples[i]) continue;
        job->only = i;
        SC_TRY(sc_fleet_lead(fleet, deadline, evaluate_part, job, size));
    }
    return SOCLE_OK;
}

static socle_status evaluate_on_fleet(sc_trainer *trainer, const sc_stage_source *source,
                                      const sc_order *order, sc_evaluation *out) {
    const sc_net *net = trainer->net;
    evaluation_job *job;
    size_t bytes;
    int parts;
    SC_TRY(collected_bytes(&bytes, net, order->count));
    SC_TRY(sc_allocate(trainer->env, &job, sizeof *job + bytes, 1));
    memset(job, 0, sizeof *job);
    job->fleet = trainer->fleet;
    job->source = source;
    job->order = order;
    job->only = -1;
    weigh_alike(net, job->collected, order->count);
    socle_status status = run_parts(trainer, job, sizeof *job + bytes, &parts);
    if (status == SOCLE_OK) {
        *out = join_parts(net, job, parts);
        status = score_collected(out, net, job->collected, order->count, NULL, NULL);
    }
    sc_release(trainer->env, job);
    return status;
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
