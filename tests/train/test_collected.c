/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of all rows at once, from the device to the value: what an evaluation collects is what
 * predictions, labels and weights say, on one device and on several; such a metric judges a run. */
#include "../fleet/party.h"

#include "data/column_kind.h"
#include "nn/metric.h"

enum { SAMPLES = 320, CLASSES = 10 };
#define WEIGHT (&sc_column_kinds[SC_COLUMN_WEIGHT])

static const char *const words[] = {"precision",         "recall",   "f1", "kappa", "matthews",
                                    "average_precision", "log_loss", "auc"};
enum { WORDS = sizeof words / sizeof *words };

static void measure_all(sc_net *net) {
    for (int i = 0; i < WORDS; i++) FIXTURE_OK(sc_net_measure(net, words[i], NULL));
}

/* By the predictions, which are read another way. */
static void expect(double *out, const sc_net *net, const float *prediction,
                   const unsigned char *labels, const float *weight) {
    static float label[SAMPLES], class[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        const float *p = prediction + (size_t)i * CLASSES;
        int best = 0;
        for (int j = 1; j < CLASSES; j++)
            if (p[j] > p[best]) best = j;
        label[i] = labels[i];
        class[i] = (float)best;
    }
    const sc_scored rows = {.env = net->env,
                            .rows = SAMPLES,
                            .columns = CLASSES,
                            .classes = CLASSES,
                            .weight_rows = 1,
                            .data = {[SC_COLLECTED_WEIGHT] = weight,
                                     [SC_COLLECTED_TARGET] = label,
                                     [SC_COLLECTED_CLASS] = class,
                                     [SC_COLLECTED_SCORE] = prediction}};
    for (int i = 0; i < WORDS; i++) {
        const sc_metric_kind *kind = sc_metric_find(words[i]);
        FIXTURE_OK(kind->score(&out[i], &rows, &kind->options));
    }
}

/* In batches of which one has no weight at all. */
static void evaluated(const char *device, bool weighted) {
    static float prediction[SAMPLES * CLASSES], weight[SAMPLES];
    int index[SAMPLES];
    double expected[WORDS];
    fixture f;
    sc_engine *engine;
    sc_evaluation result;
    sc_engine_memory forecast;
    fixture_open(&f, device, 0);
    fixture_golden(&f, "mlp");
    measure_all(f.net);
    for (int i = 0; i < SAMPLES; i++) {
        index[i] = i;
        weight[i] = i / 48 == 2 ? 0.0f : (float)(i * 13 % 11) / 8.0f;
    }
    sc_dataset *data = fixture_rows(&f, index, SAMPLES, weighted ? weight : NULL);
    sc_engine_options options = {.capacity = 48, .factor = {{weighted ? WEIGHT : NULL}}};
    sc_stage_source source = {.dataset = data, .target = "label"}, plain = {.dataset = f.data};
    FIXTURE_OK(
        sc_engine_forecast(&forecast, f.device, f.net, &options, (sc_engine_uses){true, true}));
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    fixture_weights(&f, engine, "mlp");
    FIXTURE_OK(sc_predict(engine, &plain, prediction));
    FIXTURE_OK(sc_evaluate(engine, &source, &result));
    SC_EQ(sc_engine_memory_used(engine).total, forecast.total);
    expect(expected, f.net, prediction, sc_dataset_column(data, 1)->data, weighted ? weight : NULL);
    for (int i = 0; i < WORDS; i++) {
        SC_REPRO("%s on %s", words[i], device);
        SC_NEAR(sc_metric_value(f.net, result.metric, words[i]), expected[i], 1e-6);
        SC_TRUE(isfinite(expected[i]) && expected[i] != 0);
    }
    sc_engine_destroy(engine);
    sc_dataset_destroy(data);
    fixture_close(&f);
}

Test(collected, evaluation) {
    evaluated("cpu", true);
    evaluated("cpu", false);
    if (sc_test_full()) evaluated("opencl:0", true);
}

/* A run's test, with the weights that it began with. */
static void tested(const char *devices, bool reproducible, double *out) {
    party p;
    party_run run = party_standard(1);
    sc_net *net;
    fixture f = {0};
    sc_evaluation result;
    party_open(&p, devices);
    f.env = p.env;
    fixture_golden(&f, "mlp");
    measure_all(f.net);
    net = f.net;
    run.fit.reproducible = reproducible;
    run.fit.validation = 0.25;
    run.fit.best = "kappa";
    FIXTURE_OK(sc_trainer_create_on(&run.trainer, &p.env, p.device, p.devices, net, &run.fit,
                                    f.data, f.data));
    FIXTURE_OK(sc_trainer_test(run.trainer, &result));
    memcpy(out, result.metric, sizeof result.metric);
    SC_TRUE(sc_trainer_destroy(run.trainer));
    sc_net_destroy(net);
    sc_dataset_destroy(f.data);
    party_close(&p);
}

Test(collected, on_several_devices) {
    double one[SC_NET_METRICS], other[SC_NET_METRICS];
    tested("cpu", false, one);
    SC_TRUE(one[1] > 0 && one[1] < 1);
    tested("cpu=3,cpu=1", false, other);
    for (int m = 0; m <= WORDS; m++) SC_TRUE(one[m] == other[m]);
    tested("cpu,cpu,cpu", true, other);
    for (int m = 0; m <= WORDS; m++) SC_TRUE(one[m] == other[m]);
}
