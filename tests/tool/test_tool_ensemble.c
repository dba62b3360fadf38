/* SPDX-License-Identifier: Apache-2.0 */
/* Several models that answer as one: predict and eval with more than one -m. */
#include "tool.h"

#include <math.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_ensemble, .init = begin, .fini = end);

static void train_three(void) {
    for (int seed = 1; seed <= 3; seed++)
        tool_expect(0, NULL, "train tool.yaml -o run%d -q --epochs 1 --seed %d%s", seed, seed,
                    seed == 3 ? " --set network[1].dense=24" : "");
}

static double output_of(const json_t *lines, int sample, int output) {
    return json_number_value(json_array_get(
        json_object_get(json_array_get(lines, (size_t)sample), "outputs"), (size_t)output));
}

static json_t *predicted(const char *words) {
    tool_result result = tool_run("predict --json %s", words);
    if (result.code != 0) SC_TEST_FAIL("predict %s: %s", words, result.err);
    json_t *lines = tool_json_lines(result.out);
    tool_free(&result);
    return lines;
}

Test(tool_ensemble, predicts_the_mean) {
    json_t *one[3];
    char words[256];
    train_three();
    for (int m = 0; m < 3; m++) {
        snprintf(words, sizeof words, "-m run%d/model.safetensors --input test-images", m + 1);
        one[m] = predicted(words);
    }
    json_t *all = predicted("-m run1/model.safetensors -m run2/model.safetensors -m "
                            "run3/model.safetensors --input test-images");
    SC_EQ(json_array_size(all), TOOL_TEST);
    for (int i = 0; i < TOOL_TEST; i++)
        for (int c = 0; c < TOOL_CLASSES; c++) {
            double mean = 0, square = 0;
            for (int m = 0; m < 3; m++) mean += output_of(one[m], i, c) / 3;
            for (int m = 0; m < 3; m++) square += pow(output_of(one[m], i, c) - mean, 2);
            SC_NEAR(output_of(all, i, c), mean, 0x1p-22);
            SC_NEAR(json_number_value(json_array_get(
                        json_object_get(json_array_get(all, (size_t)i), "deviations"), (size_t)c)),
                    sqrt(square / 2), 0x1p-22);
        }
    for (int m = 0; m < 3; m++) json_decref(one[m]);
    json_decref(all);
}

static double evaluated(const char *words, const char *key) {
    tool_result result = tool_run("eval --json --data tool.yaml %s", words);
    if (result.code != 0) SC_TEST_FAIL("eval %s: %s", words, result.err);
    json_t *lines = tool_json_lines(result.out), *done = tool_event(lines, "done");
    const double value = json_number_value(json_object_get(done, key));
    json_decref(lines);
    tool_free(&result);
    return value;
}

/* Loss and accuracy of the mean of probabilities, by their definitions; a model twice is itself. */
Test(tool_ensemble, is_evaluated) {
    static const char three[] =
        "-m run1/model.safetensors -m run2/model.safetensors -m run3/model.safetensors";
    double loss = 0, right = 0;
    char words[256];
    train_three();
    snprintf(words, sizeof words, "%s --input test-images", three);
    json_t *all = predicted(words);
    char *labels = tool_get("test-labels", NULL);
    for (int i = 0; i < TOOL_TEST; i++) {
        int best = 0;
        for (int c = 1; c < TOOL_CLASSES; c++)
            if (output_of(all, i, c) > output_of(all, i, best)) best = c;
        right += best == labels[8 + i];
        loss -= log(output_of(all, i, labels[8 + i])) / TOOL_TEST;
    }
    SC_NEAR(evaluated(three, "test_accuracy"), right / TOOL_TEST, 1e-9);
    SC_NEAR(evaluated(three, "test_loss"), loss, 1e-5);
    SC_EQ(evaluated(three, "models"), 3);
    static const char twice[] = "-m run1/model.safetensors -m run1/model.safetensors";
    SC_NEAR(evaluated(twice, "test_loss"), evaluated("-m run1/model.safetensors", "test_loss"),
            1e-5);
    tool_result tables = tool_run("eval --data tool.yaml --per-class %s", three);
    SC_EQ(tables.code, 0);
    SC_CONTAINS(tables.out, "precision");
    tool_free(&tables);
    json_decref(all);
    free(labels);
}

/* Values of models that learnt of other rows are in the units of the table. */
Test(tool_ensemble, of_tables) {
    for (int seed = 1; seed <= 2; seed++)
        tool_expect(0, NULL,
                    "train %s/examples/diabetes.yaml -o run%d -q --epochs 5 --seed %d --set "
                    "train.validation=0.3",
                    SC_SOURCE_DIR, seed, seed);
    char words[512];
    json_t *out[3];
    static const char *const models[] = {"-m run1/model.safetensors", "-m run2/model.safetensors",
                                         "-m run1/model.safetensors -m run2/model.safetensors"};
    for (int k = 0; k < 3; k++) {
        snprintf(words, sizeof words, "%s --input %s/examples/data/diabetes.csv", models[k],
                 SC_SOURCE_DIR);
        out[k] = predicted(words);
    }
    double apart = 0;
    for (size_t i = 0; i < 100; i++) {
        double value[3];
        for (int k = 0; k < 3; k++)
            value[k] = json_number_value(json_object_get(
                json_object_get(json_array_get(out[k], i), "values"), "progression"));
        SC_NEAR(value[2], (value[0] + value[1]) / 2, 1e-3);
        apart = fmax(apart, fabs(value[0] - value[1]));
    }
    SC_TRUE(apart > 1);
    for (int k = 0; k < 3; k++) json_decref(out[k]);
}

Test(tool_ensemble, what_is_no_ensemble) {
    train_three();
    tool_expect(0, NULL, "train tool.yaml -o other -q --epochs 1 --set network[4].dense=5");
    tool_expect(3, "gives outputs of another shape",
                "predict -m run1/model.safetensors -m other/model.safetensors --input test-images");
    tool_expect(2, "one model at a time",
                "summary -m run1/model.safetensors -m run2/model.safetensors");
    tool_expect(2, "is of one model",
                "predict -m run1/model.safetensors -m run2/model.safetensors --input test-images "
                "--dropout-samples 3");
    tool_expect(2, "read their samples from a file",
                "predict -m run1/model.safetensors -m run2/model.safetensors --input -");
    tool_expect(3, "nosuch", "eval -m run1/model.safetensors -m nosuch --data tool.yaml");
}
