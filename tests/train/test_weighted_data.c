/* SPDX-License-Identifier: Apache-2.0 */
/* Weighted data sets: their evaluation, the memory they take, and which are refused. */
#include "fixture.h"

#include "train/columns.h"

enum { SAMPLES = 320 };
#define WEIGHT (&sc_column_kinds[SC_COLUMN_WEIGHT])
#define UNIT (1.0 / 16777216) /* of rounding: 2^-24 */

static const char *const devices[] = {"cpu", "opencl:0"};

/* Loss and accuracy over weights, against the predictions; in batches of which one has no weight at
 * all. */
static void evaluated(const char *device) {
    static float prediction[SAMPLES * 10], weight[SAMPLES];
    int index[SAMPLES];
    double loss = 0, right = 0, sum = 0;
    fixture f;
    sc_engine *engine;
    sc_evaluation result;
    fixture_open(&f, device, 0);
    fixture_golden(&f, "mlp");
    for (int i = 0; i < SAMPLES; i++) {
        index[i] = i;
        weight[i] = i / 48 == 2 ? 0.0f : (float)(i * 13 % 11) / 8.0f;
    }
    sc_dataset *data = fixture_rows(&f, index, SAMPLES, weight);
    sc_engine_options options = {.capacity = 48, .factor = {{WEIGHT}}};
    sc_stage_source source = {.dataset = data, .target = "label"}, plain = {.dataset = f.data};
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    fixture_weights(&f, engine, "mlp");
    FIXTURE_OK(sc_predict(engine, &plain, prediction)); /* reads neither labels nor weights */
    FIXTURE_OK(sc_evaluate(engine, &source, &result));
    const unsigned char *label = sc_dataset_column(data, 1)->data;
    for (int i = 0; i < SAMPLES; i++) {
        const float *p = prediction + (size_t)i * 10;
        int best = 0;
        for (int j = 1; j < 10; j++)
            if (p[j] > p[best]) best = j;
        sum += (double)weight[i];
        loss -= (double)weight[i] * log((double)p[label[i]]);
        right += best == label[i] ? (double)weight[i] : 0;
    }
    SC_EQ(result.samples, SAMPLES);
    SC_TRUE(fabs(result.weight - sum) <= SAMPLES * UNIT * sum);
    SC_TRUE(fabs(result.loss - loss / sum) < 1e-5);
    SC_TRUE(fabs(result.metric[0] - right / sum) <= 2 * SAMPLES * UNIT);
    SC_TRUE(right > 0 && right < sum);
    sc_engine_destroy(engine);
    sc_dataset_destroy(data);
    fixture_close(&f);
}

Test(weighted, evaluation) {
    for (size_t d = 0; d < 2; d++) evaluated(devices[d]);
}

/* The forecast knows the column: what it says is what is taken. */
Test(weighted, forecast_is_exact) {
    for (size_t d = 0; d < 2; d++)
        for (int resident = 0; resident < 2; resident++) {
            fixture f;
            sc_engine *engine;
            sc_engine_memory forecast, used;
            sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
            fixture_open(&f, devices[d], 0);
            fixture_golden(&f, "cnn");
            sc_engine_options options = {.capacity = 33,
                                         .micro_batches = 3,
                                         .optimizer = &adam,
                                         .resident = resident,
                                         .data_rows = resident ? SAMPLES : 0,
                                         .factor = {{WEIGHT}}};
            uint64_t before = sc_device_memory(f.device).bounded;
            FIXTURE_OK(
                sc_engine_forecast(&forecast, f.device, f.net, &options, (sc_engine_uses){0}));
            FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
            used = sc_engine_memory_used(engine);
            SC_EQ(used.total, forecast.total);
            SC_EQ(used.slot, forecast.slot);
            SC_EQ(sc_device_memory(f.device).bounded - before, forecast.total);
            sc_engine_destroy(engine);
            fixture_close(&f);
        }
}

static void refused(fixture *f, int sample, float value, const char *text) {
    int index[40];
    float weight[40];
    for (int i = 0; i < 40; i++) {
        index[i] = i;
        weight[i] = sample < 0 ? value : 1;
    }
    if (sample >= 0) weight[sample] = value;
    sc_dataset *data = fixture_rows(f, index, 40, weight);
    SC_FAILS(&f->env, sc_dataset_check_factor(data, WEIGHT), SOCLE_STATUS_DATA);
    SC_CONTAINS(f->env.text, text);
    sc_dataset_destroy(data);
}

Test(weighted, bad_weights_are_refused) {
    const socle_shape two = {1, {2}}, one = {0};
    float values[80] = {0};
    int index[40] = {0};
    fixture f;
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "mlp");
    refused(&f, 17, -0.5f, "sample 17 has weight -0.5");
    refused(&f, 0, NAN, "sample 0 has weight");
    refused(&f, 39, INFINITY, "sample 39 has weight inf");
    refused(&f, -1, 0.0f, "add up to 0");
    refused(&f, -1, 1e30f, "add up to 4e+31");
    sc_dataset *data = fixture_rows(&f, index, 40, NULL);
    FIXTURE_OK(sc_dataset_add_copy(data, "weight", SOCLE_F32, &two, values));
    SC_FAILS(&f.env, sc_dataset_check_factor(data, WEIGHT), SOCLE_STATUS_DATA);
    SC_CONTAINS(f.env.text, "one f32 per sample");
    sc_dataset_destroy(data);
    data = fixture_rows(&f, index, 40, NULL);
    FIXTURE_OK(sc_dataset_add_copy(data, "weight", SOCLE_I32, &one, values));
    SC_FAILS(&f.env, sc_dataset_check_factor(data, WEIGHT), SOCLE_STATUS_DATA);
    sc_dataset_destroy(data);
    SC_FAILS(&f.env, sc_dataset_check_factor(f.data, WEIGHT), SOCLE_STATUS_NOT_FOUND);
    fixture_close(&f);
}

/* Training and test data have weights, or neither has; and a part of the data in which nothing
 * counts says nothing. */
Test(weighted, data_sets_of_a_run_agree) {
    int index[40];
    float weight[40] = {0};
    fixture f;
    sc_trainer *trainer;
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "mlp");
    for (int i = 0; i < 40; i++) index[i] = i;
    weight[3] = 1;
    sc_dataset *with = fixture_rows(&f, index, 40, weight),
               *without = fixture_rows(&f, index, 40, NULL);
    sc_fit_options options = fixture_ordered(10, 1);
    SC_FAILS(&f.env, sc_trainer_create(&trainer, f.device, f.net, &options, with, without),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(f.env.text, "the test data (rows) have no column \"weight\"");
    SC_FAILS(&f.env, sc_trainer_create(&trainer, f.device, f.net, &options, without, with),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(f.env.text, "the training data (rows) have no column \"weight\"");
    options.validation = 0.5; /* sample 3 is in one of the two */
    SC_FAILS(&f.env, sc_trainer_create(&trainer, f.device, f.net, &options, with, with),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(f.env.text, "samples nothing counts");
    options.validation = 0;
    FIXTURE_OK(sc_trainer_create(&trainer, f.device, f.net, &options, with, with));
    FIXTURE_OK(sc_trainer_run(trainer));
    sc_evaluation result;
    FIXTURE_OK(sc_trainer_test(trainer, &result));
    SC_TRUE(result.samples == 40 && result.weight == 1 && isfinite(result.loss));
    sc_trainer_destroy(trainer);
    sc_dataset_destroy(with);
    sc_dataset_destroy(without);
    fixture_close(&f);
}

static int told;

static void count_told(void *user, socle_log_level level, const char *text) {
    (void)user;
    if (level != SOCLE_LOG_WARNING || !strstr(text, "nothing counts in its")) return;
    SC_CONTAINS(text, "step 2: nothing counts in its 10 samples");
    SC_CONTAINS(text, "its loss is 0 and it changes nothing");
    told++;
}

/* Steps 2 and 4 of the four of an epoch; the first of them is told, once. */
Test(weighted, a_step_of_which_nothing_counts_is_told) {
    int index[40];
    float weight[40];
    fixture f;
    sc_trainer *trainer;
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "mlp");
    for (int i = 0; i < 40; i++) index[i] = i, weight[i] = i / 10 % 2 ? 0.0f : 1.0f;
    for (int weighted = 1; weighted >= 0; weighted--) {
        sc_dataset *data = fixture_rows(&f, index, 40, weighted ? weight : NULL);
        sc_fit_options options = fixture_ordered(10, 2);
        f.device->env->logger = (socle_logger){count_told, NULL, SOCLE_LOG_WARNING};
        told = 0;
        FIXTURE_OK(sc_trainer_create(&trainer, f.device, f.net, &options, data, NULL));
        FIXTURE_OK(sc_trainer_run(trainer));
        SC_EQ(told, weighted);
        sc_trainer_destroy(trainer);
        sc_dataset_destroy(data);
    }
    fixture_close(&f);
}

/* A network that reads an input of that name has an input, and no weights. */
Test(weighted, an_input_may_have_the_name) {
    const socle_shape one = {1, {1}};
    float values[SAMPLES] = {0};
    fixture f;
    fixture_open(&f, "cpu", 1);
    fixture_golden(&f, "mlp");
    FIXTURE_OK(sc_dataset_add_copy(f.data, "weight", SOCLE_F32, &one, values));
    SC_EQ(sc_columns_find(f.net, f.data, WEIGHT), 2);
    sc_net_destroy(f.net);
    FIXTURE_OK(sc_net_create(&f.net, &f.env));
    sc_net_input(f.net, "weight", SOCLE_F32, &one, 1.0f);
    SC_EQ(sc_columns_find(f.net, f.data, WEIGHT), -1);
    fixture_close(&f);
}
