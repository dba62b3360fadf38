/* SPDX-License-Identifier: Apache-2.0 */
/* Golden curves: from the same initial weights, without shuffling or dropout, the first 20 losses
 * are PyTorch's (float64) within 1e-4 relative; so are running statistics and evaluation
 * afterwards. tests/golden/README.md says how the figures were made. */
#include "fixture.h"

enum { BATCH = 16, STEPS = 20 };

static double number(const json_t *array, size_t index) {
    return json_number_value(json_array_get(array, index));
}

static void close_to(double actual, double expected, double bound, const char *what, int index) {
    if (!(fabs(actual - expected) <= bound))
        SC_TEST_FAIL("%s[%d] is %.9g, expected %.9g within %.2g", what, index, actual, expected,
                     bound);
}

static void check_running(fixture *f, sc_engine *engine, const json_t *running) {
    for (size_t p = 0; p < f->net->parameters; p++) {
        const json_t *expected = json_object_get(running, f->net->parameter[p].name);
        if (f->net->parameter[p].role != SC_PARAMETER_STATISTIC) continue;
        float data[64];
        SC_TRUE(json_is_array(expected));
        FIXTURE_OK(sc_engine_read(engine, (int)p, data));
        for (size_t i = 0; i < json_array_size(expected); i++)
            close_to((double)data[i], number(expected, i), 1e-4, f->net->parameter[p].name, (int)i);
    }
}

static void check_evaluation(fixture *f, sc_engine *engine, const json_t *curve) {
    sc_evaluation result;
    FIXTURE_OK(
        sc_evaluate(engine, &(sc_stage_source){.dataset = f->data, .target = "label"}, &result));
    double loss = json_number_value(json_object_get(curve, "eval_loss"));
    close_to(result.loss, loss, 1e-4 * loss, "eval_loss", 0);
    SC_EQ(result.samples, 320);
    SC_EQ(llround(result.metric[0] * 320),
          json_integer_value(json_object_get(curve, "eval_correct")));
}

/* Predictions are softmax of the logits that PyTorch gives. */
static void check_predictions(fixture *f, sc_engine *engine, const json_t *logits) {
    const sc_column *images = sc_dataset_column(f->data, sc_dataset_find(f->data, "input"));
    const void *column[2] = {images->data, NULL};
    float out[4 * 10];
    FIXTURE_OK(sc_engine_upload(engine, 0, 4, column, NULL));
    FIXTURE_OK(sc_engine_predict(engine, 0, 4, 0, out));
    for (size_t n = 0; n < 4; n++) {
        double sum = 0;
        for (size_t c = 0; c < 10; c++) sum += exp(number(json_array_get(logits, n), c));
        for (size_t c = 0; c < 10; c++)
            close_to((double)out[n * 10 + c], exp(number(json_array_get(logits, n), c)) / sum, 2e-5,
                     "softmax", (int)c);
    }
}

/* Each step in `parts` micro-batches. */
static void follow_parts(const char *device, const char *network, const char *curve_name, int parts,
                         sc_optimizer optimizer, const sc_plan_options *plan) {
    fixture f;
    SC_REPRO("test_golden, %s on %s", curve_name, device);
    fixture_open(&f, device, 0);
    fixture_golden(&f, network);
    sc_engine_options options = {
        .capacity = BATCH / parts, .micro_batches = parts, .optimizer = &optimizer, .seed = 1};
    if (plan) options.plan = *plan;
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 1));
    fixture_weights(&f, engine, network);
    json_t *expected = fixture_expected(), *curve = json_object_get(expected, curve_name);
    const json_t *losses = json_object_get(curve, "losses");
    SC_EQ(json_array_size(losses), STEPS);
    for (uint32_t step = 1; step <= STEPS; step++) {
        double loss = (double)fixture_step(&f, engine, step, (step - 1) * BATCH, BATCH, parts,
                                           optimizer.value[0]);
        close_to(loss, number(losses, step - 1), 1e-4 * number(losses, step - 1), "loss",
                 (int)step);
    }
    check_running(&f, engine, json_object_get(curve, "running"));
    check_evaluation(&f, engine, curve);
    check_predictions(&f, engine, json_object_get(curve, "logits"));
    json_decref(expected);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

static void follow(const char *device, const char *network, const char *curve_name,
                   sc_optimizer optimizer, const sc_plan_options *plan) {
    follow_parts(device, network, curve_name, 1, optimizer, plan);
}

static void follow_all(const char *device) {
    follow(device, "mlp", "mlp", fixture_optimizer("sgd", 0.1f, 0.9f), NULL);
    follow(device, "mlp", "mlp_adam", fixture_optimizer("adam", 0.001f, 0.0f), NULL);
    follow(device, "cnn", "cnn", fixture_optimizer("sgd", 0.05f, 0.9f), NULL);
    follow(device, "rnn", "rnn", fixture_optimizer("sgd", 0.05f, 0.9f), NULL);
}

Test(golden, cpu) {
    follow_all("cpu");
    follow_parts("cpu", "rnn", "rnn", 4, fixture_optimizer("sgd", 0.05f, 0.9f), NULL);
}

Test(golden, opencl) {
    follow_all("opencl:0");
}

/* Every product through CLBlast, where it is installed. */
Test(golden, opencl_clblast) {
    const sc_plan_options plan = {.force = "matmul=clblast"};
    fixture f;
    fixture_open(&f, "opencl:0", 0);
    bool there = f.device->info.traits & SC_TRAIT_BLAS;
    fixture_close(&f);
    if (!there) cr_skip_test("CLBlast is not installed");
    follow("opencl:0", "mlp", "mlp", fixture_optimizer("sgd", 0.1f, 0.9f), &plan);
    follow("opencl:0", "mlp", "mlp_adam", fixture_optimizer("adam", 0.001f, 0.0f), &plan);
    follow("opencl:0", "cnn", "cnn", fixture_optimizer("sgd", 0.05f, 0.9f), &plan);
    follow("opencl:0", "rnn", "rnn", fixture_optimizer("sgd", 0.05f, 0.9f), &plan);
}

/* Plain implementations, one buffer per tensor, no fusion: another path to the same figures. */
Test(golden, cpu_separate_unfused) {
    sc_plan_options plan = {.hooks = {.separate = true, .keep_graph_order = true}};
    follow("cpu", "cnn", "cnn", fixture_optimizer("sgd", 0.05f, 0.9f), &plan);
    follow("cpu", "rnn", "rnn", fixture_optimizer("sgd", 0.05f, 0.9f), &plan);
}
