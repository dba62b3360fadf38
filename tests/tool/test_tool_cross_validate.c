/* SPDX-License-Identifier: Apache-2.0 */
/* `socle cross-validate`: each fold is the run that `train.fold` makes, and the tables of the
 * examples reach what they are known to allow. */
#include "tool.h"

#include <math.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_cross_validate, .init = begin, .fini = end);

static double number(const json_t *event, const char *part, const char *key) {
    const json_t *value = json_object_get(part ? json_object_get(event, part) : event, key);
    SC_TRUE(json_is_number(value));
    return json_number_value(value);
}

Test(tool_cross_validate, each_fold_is_a_run) {
    tool_result result = tool_run("cross-validate tool.yaml --folds 3 --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *done = tool_event(lines, "done");
    double value[3], mean = 0, square = 0;
    SC_EQ(json_array_size(lines), 4);
    for (size_t k = 0; k < 3; k++) {
        const json_t *fold = json_array_get(lines, k);
        SC_EQ(json_integer_value(json_object_get(fold, "fold")), (json_int_t)k + 1);
        value[k] = number(fold, NULL, "val_loss");
        mean += value[k] / 3;
    }
    for (size_t k = 0; k < 3; k++) square += (value[k] - mean) * (value[k] - mean);
    SC_NEAR(number(done, "mean", "val_loss"), mean, 1e-12);
    SC_NEAR(number(done, "deviation", "val_loss"), sqrt(square / 2), 1e-12);
    tool_expect(0, NULL,
                "train tool.yaml -o second --set train.validation=0.33333333333333331 "
                "--set train.fold=2");
    char *text = tool_get("second/metrics.jsonl", NULL);
    json_t *rows = tool_json_lines(text);
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    SC_TRUE(number(last, NULL, "val_loss") == value[1] && value[0] != value[1]);
    json_decref(rows);
    free(text);
    json_decref(lines);
    tool_free(&result);
    SC_TRUE(!tool_exists("runs"));
}

/* Means over five folds: 0.95 of iris, 0.97 of digits, R^2 0.40 of diabetes, 0.79 of the passengers
 * (sex alone tells 0.79 of them). */
Test(tool_cross_validate, known_tables) {
    static const struct {
        const char *words, *value;
        double least;
    } rows[] = {{"iris.yaml", "val_accuracy", 0.95},
                {"passengers.yaml", "val_accuracy", 0.79},
                {"digits.yaml", "val_accuracy", 0.97},
                {"diabetes.yaml --set 'metrics=[r2]'", "val_r2", 0.40}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        tool_result result =
            tool_run("cross-validate " SC_SOURCE_DIR "/examples/%s --json", rows[r].words);
        SC_REPRO("%s: %s", rows[r].words, result.err);
        SC_EQ(result.code, 0);
        json_t *lines = tool_json_lines(result.out);
        SC_TRUE(number(tool_event(lines, "done"), "mean", rows[r].value) >= rows[r].least);
        json_decref(lines);
        tool_free(&result);
    }
}

Test(tool_cross_validate, says_what_is_wrong) {
    tool_expect(2, "which configuration?", "cross-validate");
    tool_expect(2, "--folds", "cross-validate tool.yaml --folds 1");
    tool_expect(2, "there is no validation part number 3",
                "train tool.yaml -o run --set train.validation=0.4 --set train.fold=3");
    tool_expect(2, "there is no validation part number 2",
                "train tool.yaml -o run --set train.validation=0 --set train.fold=2");
}
