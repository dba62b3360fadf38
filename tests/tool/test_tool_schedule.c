/* SPDX-License-Identifier: Apache-2.0 */
/* `train: {schedule, clip, average, early_stopping}` from outside: the rate of each epoch is in the
 * records, a run that was stopped and continued is the one that was not, and what is wrong is
 * named. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_schedule, .init = begin, .fini = end);

static void expect_rates(const char *path, const double *wanted, size_t count) {
    char *text = tool_get(path, NULL);
    json_t *rows = tool_json_lines(text);
    SC_EQ(json_array_size(rows), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *rate = json_object_get(json_array_get(rows, i), "learning_rate");
        SC_TRUE(json_is_number(rate));
        SC_NEAR(json_number_value(rate), wanted[i], 1e-6 * wanted[i]);
    }
    json_decref(rows);
    free(text);
}

Test(tool_schedule, the_rate_of_each_epoch_is_recorded) {
    tool_expect(0, NULL,
                "train tool.yaml -o run --set 'optimizer={sgd: 0.1}' "
                "--set 'train.schedule={multi_step: {at: [1, 2], factor: 0.5}}'");
    expect_rates("run/metrics.jsonl", (double[]){0.1, 0.05, 0.025}, 3);
    char *csv = tool_get("run/metrics.csv", NULL);
    SC_CONTAINS(csv, ",learning_rate,samples_per_second\n");
    SC_CONTAINS(csv, ",0.025,");
    free(csv);
}

/* An option's value alone stands for it, and the resolved configuration gives the same run. */
Test(tool_schedule, is_in_the_resolved_configuration) {
    tool_expect(0, NULL,
                "train tool.yaml -o run --set 'train.schedule={multi_step: [1]}' "
                "--set train.clip=0.5");
    tool_expect(0, NULL, "train run/config.json -o again");
    SC_TRUE(tool_same("run/model.safetensors", "again/model.safetensors"));
    tool_expect(0, NULL, "train tool.yaml -o other --set 'train.schedule={multi_step: [1]}'");
    SC_TRUE(!tool_same("run/model.safetensors", "other/model.safetensors"));
}

/* Stopped before and after the falls, which follow from the losses of earlier epochs. */
Test(tool_schedule, a_run_continued_is_the_run_itself) {
    static const char falls[] =
        "--set 'train.schedule={plateau: {change: 1, patience: 0, factor: 0.5}}'";
    tool_expect(0, "the learning rate falls to 0.5 of what it was",
                "train tool.yaml -o whole --set 'optimizer={sgd: 0.1}' %s", falls);
    expect_rates("whole/metrics.jsonl", (double[]){0.1, 0.1, 0.05}, 3);
    for (int steps = 5; steps <= 20; steps += 15) {
        SC_REPRO("stopped after %d steps", steps);
        tool_expect(0, NULL,
                    "train tool.yaml -o part --overwrite --set 'optimizer={sgd: 0.1}' %s "
                    "--set train.steps=%d",
                    falls, steps);
        tool_expect(0, NULL, "train --resume part --set train.steps=0");
        SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
        SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    }
}

/* The model is made of averages, which judge the epochs; the run goes on with the weights. */
Test(tool_schedule, averages_are_judged_and_saved) {
    tool_expect(0, NULL, "train tool.yaml -o plain --set train.best=loss");
    tool_expect(0, NULL, "train tool.yaml -o whole --set train.best=loss --set train.average=0.9");
    SC_TRUE(!tool_same("plain/model.safetensors", "whole/model.safetensors"));
    char *plain = tool_get("plain/metrics.jsonl", NULL),
         *whole = tool_get("whole/metrics.jsonl", NULL);
    json_t *a = tool_json_lines(plain), *b = tool_json_lines(whole);
    for (size_t i = 0; i < json_array_size(a); i++) {
        const json_t *of_weights = json_array_get(a, i), *of_averages = json_array_get(b, i);
        SC_TRUE(
            json_equal(json_object_get(of_weights, "loss"), json_object_get(of_averages, "loss")));
        SC_TRUE(!json_equal(json_object_get(of_weights, "val_loss"),
                            json_object_get(of_averages, "val_loss")));
    }
    json_decref(a);
    json_decref(b);
    free(plain);
    free(whole);
    for (int steps = 5; steps <= 24; steps += 19) { /* within an epoch, and at the end of one */
        SC_REPRO("stopped after %d steps", steps);
        tool_expect(0, NULL,
                    "train tool.yaml -o part --overwrite --set train.best=loss "
                    "--set train.average=0.9 --set train.steps=%d",
                    steps);
        tool_expect(0, NULL, "train --resume part --set train.steps=0");
        SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
        SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    }
    tool_expect(2, "train.average: the update of the optimizer expr has a name with average_lag",
                "train tool.yaml -o other --set train.average=0.9 "
                "--set 'optimizer={expr: {lr: 0.1, update: \"average_lag = g; w = w - lr * g\"}}'");
    tool_expect(0, NULL,
                "train tool.yaml -o semicolon --set train.average=0.9 "
                "--set 'optimizer={expr: {lr: 0.1, update: \"w = w - lr * g; \"}}'");
    tool_result names = tool_run("inspect semicolon/checkpoint.safetensors");
    SC_CONTAINS(names.out, "optimizer/average_lag/");
    tool_free(&names);
    tool_expect(2, "differs at average", "train --resume whole --epochs 4 --set train.average=0");
    tool_expect(2, "train.average: amsgrad keeps too much beside each weight to average it as well",
                "train tool.yaml -o other --set train.average=0.9 --set optimizer=amsgrad");
}

static int64_t rows_of(const char *path) {
    char *text = tool_get(path, NULL);
    json_t *rows = tool_json_lines(text);
    int64_t count = (int64_t)json_array_size(rows);
    json_decref(rows);
    free(text);
    return count;
}

/* A gain that no epoch after the first one reaches: the first is the last that was better. */
Test(tool_schedule, early_stopping_ends_a_run) {
    static const char early[] =
        "--epochs 9 --set 'train.early_stopping={patience: 2, gain: 1000000}'";
    tool_result result = tool_run("train tool.yaml -o whole --json %s", early);
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err,
                "stops after epoch 3: the validation has not been better by 1e+06 since epoch 1");
    json_t *lines = tool_json_lines(result.out), *done = tool_event(lines, "done");
    SC_TRUE(json_is_true(json_object_get(done, "stopped_early")));
    json_decref(lines);
    tool_free(&result);
    SC_EQ(rows_of("whole/metrics.jsonl"), 3);
    /* A run that has stopped has nothing to go on with; one that was interrupted stops there too.
     */
    tool_expect(0, NULL, "train --resume whole");
    SC_EQ(rows_of("whole/metrics.jsonl"), 3);
    tool_expect(0, NULL, "train tool.yaml -o part %s --set train.steps=17", early);
    tool_expect(0, "stops after epoch 3", "train --resume part --set train.steps=0");
    SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    /* A run that did not wait before begins to when it is told so. */
    tool_expect(0, NULL, "train tool.yaml -o old --epochs 4");
    tool_expect(0, "since epoch 5",
                "train --resume old --epochs 20 "
                "--set 'train.early_stopping={patience: 2, gain: 1000000}'");
    SC_EQ(rows_of("old/metrics.jsonl"), 7);
    /* More patience takes a finished run on. */
    tool_expect(0, NULL, "train --resume whole --set train.early_stopping.patience=4");
    SC_EQ(rows_of("whole/metrics.jsonl"), 5);
}

/* As long as every epoch is better, or early stopping is not asked for, all epochs are trained. */
Test(tool_schedule, early_stopping_leaves_others_alone) {
    tool_result result = tool_run("train tool.yaml -o run --json --set train.best=loss "
                                  "--set train.early_stopping=2");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *done = tool_event(lines, "done");
    SC_TRUE(json_is_false(json_object_get(done, "stopped_early")));
    json_decref(lines);
    tool_free(&result);
    SC_EQ(rows_of("run/metrics.jsonl"), 3);
    tool_expect(0, NULL, "train tool.yaml -o plain --set train.best=loss");
    SC_TRUE(tool_same("run/model.safetensors", "plain/model.safetensors"));
}

Test(tool_schedule, what_is_wrong_is_named) {
    static const struct {
        const char *setting, *text;
    } wrong[] = {
        {"train.schedule=cosin",
         "train.schedule: unknown schedule 'cosin'; did you mean 'cosine'?"},
        {"'train.schedule={step: 0}'", "train.schedule.step"},
        {"train.schedule=step", "train.schedule: 'every' (the rate falls after so long, again and "
                                "again) is missing"},
        {"'train.schedule={multi_step: []}'", "train.schedule.multi_step"},
        {"'train.schedule={one_cycle: {rise: 1}}'", "train.schedule.one_cycle.rise"},
        {"'train.schedule={expr: \"1 / rate\"}'", "train.schedule: column 5: unknown name 'rate'"},
        {"'train.schedule={expr: \"2 - epoch\"}'",
         "--set: train.schedule: the learning rate of step 36 would be multiplied by -0.916667"},
        {"train.schedule=cosine --set 'optimizer={sgd: 0}' "
         "--set 'train.groups=[{parameters: dense1, optimizer: adam}]'",
         "train.schedule: the rates of other optimizers follow"},
        {"train.average=1", "train.average"},
        {"train.clip=-1", "train.clip"},
        {"train.early_stopping=-1", "train.early_stopping"},
        {"'train.early_stopping={gain: 1}'", "'patience' is missing"},
        {"train.early_stopping=2 --set train.validation=0",
         "train.early_stopping: waits for the validation, and there is none"},
        {"train.best=loss --set train.validation=0",
         "train.best: waits for the validation, and there is none"},
        {"'train.clip={norm: .nan}'", "train.clip.norm"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        SC_REPRO("%s", wrong[i].setting);
        tool_expect(2, wrong[i].text, "train tool.yaml -o run --set %s", wrong[i].setting);
        SC_TRUE(!tool_exists("run"));
    }
}

/* What gets better may be a metric, higher or lower; it is of the validation. */
Test(tool_schedule, progress_of_a_metric) {
    tool_expect(
        0, "the accuracy has not been better than",
        "train tool.yaml -o by --set 'train.schedule={plateau: {metric: accuracy, change: 1, "
        "patience: 0, factor: 0.5}}'");
    tool_expect(0, NULL,
                "train tool.yaml -o other --set metrics=log_loss --set 'train.schedule={plateau: "
                "{metric: log_loss}}'");
    tool_expect(2, "schedule: metric: 'f1' is not measured",
                "train tool.yaml -o bad --set 'train.schedule={plateau: {metric: f1}}'");
    tool_expect(2, "schedule: metric: 'accuracy' is of the validation, and there is none",
                "train tool.yaml -o bad --set train.validation=0 --set 'train.schedule={plateau: "
                "{metric: accuracy}}'");
}
