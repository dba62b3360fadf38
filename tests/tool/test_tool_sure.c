/* SPDX-License-Identifier: Apache-2.0 */
/* Regressions against their closed form, and against what they promise of points they never saw. */
#include "tool.h"

#include <math.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_sure, .init = begin, .fini = end);

enum { ROWS = 442, FEATURES = 10 };

/* Columns minus their mean and divided by their deviation, as of a population. */
static void read_table(double table[ROWS][FEATURES + 1]) {
    char *text = tool_get(SC_SOURCE_DIR "/examples/data/diabetes.csv", NULL),
         *at = strchr(text, '\n');
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j <= FEATURES; j++) table[i][j] = strtod(at + 1, &at);
    free(text);
    for (int j = 0; j <= FEATURES; j++) {
        double mean = 0, square = 0;
        for (int i = 0; i < ROWS; i++) mean += table[i][j] / ROWS;
        for (int i = 0; i < ROWS; i++) square += pow(table[i][j] - mean, 2) / ROWS;
        for (int i = 0; i < ROWS; i++) table[i][j] = (table[i][j] - mean) / sqrt(square);
    }
}

/* (X'X + lambda I) w = X'y, by elimination; the matrix is positive. */
static void solve(double w[FEATURES], double table[ROWS][FEATURES + 1], double lambda) {
    double a[FEATURES][FEATURES + 1] = {{0}};
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < FEATURES; j++)
            for (int k = 0; k <= FEATURES; k++) a[j][k] += table[i][j] * table[i][k];
    for (int j = 0; j < FEATURES; j++) a[j][j] += lambda;
    for (int j = 0; j < FEATURES; j++)
        for (int r = 0; r < FEATURES; r++) {
            const double factor = a[r][j] / a[j][j];
            for (int k = 0; r != j && k <= FEATURES; k++) a[r][k] -= factor * a[j][k];
        }
    for (int j = 0; j < FEATURES; j++) w[j] = a[j][FEATURES] / a[j][j];
}

/* Gradient descent ends where the gradient is as small as it is rounded: 64 roundings of its terms
 * at most, over the least curvature, which the penalty gives. */
Test(tool_sure, ridge_on_diabetes_is_its_formula) {
    static double table[ROWS][FEATURES + 1];
    const double lambda = 44.2;
    double w[FEATURES], terms = 0;
    size_t size;
    read_table(table);
    solve(w, table, lambda);
    tool_put_text("ridge.yaml",
                  "data: {train: {csv: " SC_SOURCE_DIR "/examples/data/diabetes.csv, target: "
                  "progression, standardise: true}}\n"
                  "network: [{dense: {units: 1, bias: false}}]\nloss: sum_squared_error\n"
                  "optimizer: {sgd: {lr: 0.2}}\n"
                  "train: {epochs: 600, batch: 442, sampling: in_order, penalty: {l2: 0.1}}\n");
    tool_expect(0, NULL, "train ridge.yaml -o run -q");
    float *found = (float *)tool_tensor("run/model.safetensors", "dense1.weight", &size);
    SC_EQ(size, FEATURES * sizeof(float));
    for (int j = 0; j < FEATURES; j++) {
        double sum = 0;
        for (int i = 0; i < ROWS; i++) {
            double rest = table[i][FEATURES];
            for (int k = 0; k < FEATURES; k++) rest -= w[k] * table[i][k];
            sum += 2 * fabs(table[i][j] * rest) / ROWS;
        }
        terms = fmax(terms, sum);
    }
    for (int j = 0; j < FEATURES; j++)
        SC_NEAR((double)found[j], w[j], 64 * 0x1p-24 * terms / (2 * lambda / ROWS));
    SC_TRUE(fabs(w[2]) > 0.1); /* body mass matters */
    free(found);
}

/* Intervals hold what they are to hold, of points that the network never saw. */
Test(tool_sure, intervals_hold_what_they_promise) {
    tool_expect(0, NULL, "train %s/examples/calibrated.yaml -o run -q", SC_SOURCE_DIR);
    for (int seed = 2; seed <= 3; seed++) {
        char config[256];
        snprintf(config, sizeof config,
                 "metrics: [coverage, {coverage: 0.5}]\n"
                 "data: {test: {generate: {sine: {samples: 4000, noise: 0.2, seed: %d}}}}\n",
                 seed + 5);
        tool_put_text("unseen.yaml", config);
        tool_result result = tool_run("eval -m run/model.safetensors --data unseen.yaml --json");
        if (result.code != 0) SC_TEST_FAIL("%s", result.err);
        json_t *lines = tool_json_lines(result.out), *done = tool_event(lines, "done");
        const double most = json_number_value(json_object_get(done, "test_coverage")),
                     half = json_number_value(json_object_get(done, "test_coverage_50"));
        if (!(most >= 0.93 && most <= 0.97)) SC_TEST_FAIL("95 %%: %.4f", most);
        if (!(half >= 0.46 && half <= 0.54)) SC_TEST_FAIL("50 %%: %.4f", half);
        json_decref(lines);
        tool_free(&result);
    }
    tool_expect(2, "has no coverage",
                "train %s/examples/diabetes.yaml -o no --set "
                "'metrics=[coverage]'",
                SC_SOURCE_DIR);
}
