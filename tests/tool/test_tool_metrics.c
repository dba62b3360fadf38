/* SPDX-License-Identifier: Apache-2.0 */
/* What runs measure: the metrics of the table that are asked for, formulas of one's own, and which
 * of them says which epoch is best. */
#include "tool.h"

#include <math.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_metrics, .init = begin, .fini = end);

/* An epoch is best where what judges is better than in all before it; `sign` is -1 where lower
 * values are. Equal ones are told apart by the loss. */
static void expect_best_by(const char *options, const char *key, double sign) {
    double best = NAN;
    size_t marked = 0, epochs = 0, at;
    json_t *event;
    tool_result result =
        tool_run("train tool.yaml --epochs 12 --set optimizer.adam.lr=0.3 --json %s", options);
    SC_EQ(result.code, 0);
    json_t *events = tool_json_lines(result.out);
    json_array_foreach(events, at, event) {
        const char *name = json_string_value(json_object_get(event, "event"));
        if (!name || strcmp(name, "epoch") != 0) continue;
        double value = sign * json_number_value(json_object_get(event, key)) -
                       1e-9 * json_number_value(json_object_get(event, "val_loss"));
        bool better = isnan(best) || value > best;
        if (better) best = value;
        SC_EQ(json_is_true(json_object_get(event, "best")), better);
        marked += better;
        epochs++;
    }
    SC_TRUE(epochs == 12 && marked > 1 && marked < 12);
    json_decref(events);
    tool_free(&result);
}

Test(tool_metrics, what_is_asked_judges_epochs) {
    expect_best_by("-o usual", "val_accuracy", 1);
    expect_best_by("-o loss --set train.best=loss", "val_loss", -1);
    expect_best_by("-o mae --set loss=mse --set 'network[4]={dense: 1}' --set metrics=mae --set "
                   "train.best=mae",
                   "val_mean_absolute_error", -1);
    tool_expect(2,
                "train.best: 'top5' is not measured, so it cannot say which epoch is best; what "
                "can: loss, accuracy",
                "train tool.yaml -o x --set train.best=top5");
    tool_expect(2, "what says which epoch is best differs at best",
                "train --resume loss --epochs 13 --set train.best=accuracy");
}

/* A formula is the metric of the table that says the same; a run that stops within an epoch has
 * what it summed up, and an evaluation finds the formula in the configuration of the run. */
Test(tool_metrics, measures_formulas) {
    const char *const run = "train tool.yaml --set loss=mse --set 'network[4]={dense: 1}' --set "
                            "'metrics=[mae, {expr: {formula: abs(prediction - target), name: "
                            "distance}}, {expr: {formula: 0.5 < target - prediction, name: low, "
                            "better: higher}}]' --set train.best=low";
    tool_expect(0, NULL, "%s -o out", run);
    tool_expect(0, NULL, "%s -o part --set train.steps=31", run); /* of 36, in the last epoch */
    tool_expect(0, NULL, "train --resume part --set train.steps=0");
    SC_TRUE(tool_same("out/model.safetensors", "part/model.safetensors"));
    char *whole = tool_get("out/metrics.jsonl", NULL), *part = tool_get("part/metrics.jsonl", NULL);
    json_t *rows = tool_json_lines(whole), *resumed = tool_json_lines(part), *row;
    size_t at;
    SC_EQ(json_array_size(rows), 3);
    json_array_foreach(rows, at, row) {
        const json_t *mae = json_object_get(row, "val_mean_absolute_error");
        SC_TRUE(json_is_real(mae) && json_equal(mae, json_object_get(row, "val_distance")));
        SC_TRUE(json_is_real(json_object_get(row, "low")));
    }
    const json_t *last = json_array_get(rows, 2),
                 *again = json_array_get(resumed, json_array_size(resumed) - 1);
    SC_TRUE(json_equal(json_object_get(last, "distance"), json_object_get(again, "distance")));
    SC_TRUE(json_equal(json_object_get(last, "low"), json_object_get(again, "low")));
    json_decref(rows);
    json_decref(resumed);
    free(whole);
    free(part);
    tool_result result = tool_run("eval -m out/model.safetensors --data out/config.json --json");
    SC_CONTAINS(result.out, "\"test_distance\": ");
    tool_free(&result);
    tool_expect(2, "metrics[0]: column 18: unknown name 'label'",
                "train tool.yaml -o x --set loss=mse --set 'network[4]={dense: 1}' --set "
                "'metrics=[{expr: abs(prediction - label)}]'");
    tool_expect(2, "the loss softmax_cross_entropy has no expr",
                "train tool.yaml -o x --set 'metrics=[{expr: abs(prediction - target)}]'");
}

/* The values of an event or of a row, loss included, are named alike everywhere. */
Test(tool_metrics, measures_what_is_asked_for) {
    tool_result result = tool_run("train tool.yaml --set 'metrics=[accuracy, top5]' -o out");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err, "  top5 1.0000  ");
    SC_CONTAINS(result.err, " s  val_loss ");
    SC_CONTAINS(result.err, "  val_top5 1.0000  best\n");
    SC_CONTAINS(result.out, "test top5 1.0000\n");
    tool_free(&result);
    char *csv = tool_get("out/metrics.csv", NULL), *jsonl = tool_get("out/metrics.jsonl", NULL);
    SC_CONTAINS(csv, "epoch,loss,accuracy,top5,val_loss,val_accuracy,val_top5,learning_rate,"
                     "samples_per_second\n");
    SC_CONTAINS(jsonl, "\"top5\": 1.0, \"val_loss\"");
    free(csv);
    free(jsonl);
    result = tool_run("eval -m out/model.safetensors --data tool.yaml --json");
    SC_TRUE(!strstr(result.out, "top5"));
    tool_free(&result);
    result = tool_run("eval -m out/model.safetensors --data out/config.json --json");
    SC_CONTAINS(result.out, "\"test_top5\": 1.0");
    tool_free(&result);
    tool_result one = tool_run("train tool.yaml --set metrics=top5 --epochs 1 -o one");
    SC_EQ(one.code, 0);
    SC_CONTAINS(one.out, "test top5 1.0000\n");
    tool_free(&one);
    tool_expect(0, NULL, "train --resume one --epochs 2");
    tool_expect(
        2, "metrics: the loss mean_squared_error has no top5",
        "train tool.yaml -o two --set metrics=top5 --set loss=mse --set network[4].dense=1");
    result = tool_run("train tool.yaml --set 'metrics=[mae, mse]' --set loss=mse --set "
                      "network[4].dense=1 --epochs 2 -o values --json");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "\"val_mean_absolute_error\": ");
    SC_CONTAINS(result.out, "\"test_mean_squared_error\": ");
    tool_free(&result);
    tool_expect(0, NULL, "train --resume values --set train.steps=0 --epochs 3");
    tool_expect(2, "metrics[0]: unknown metric 'top6'; did you mean 'top5'?",
                "train tool.yaml --set 'metrics=[top6]' -o bad");
    tool_expect(2, "metrics[0]: the loss mean_squared_error has no top5",
                "train tool.yaml --set 'metrics=[top5]' --set loss=mse -o bad");
}

/* Metrics that need all rows: of validation and test alone, judges of epochs, and in a continued
 * run as well. */
Test(tool_metrics, of_all_rows) {
    tool_result result = tool_run("train tool.yaml --set 'metrics=[f1, {recall: {class: 1}}, auc]' "
                                  "--set train.best=f1 --epochs 1 -o rows --json");
    SC_EQ(result.code, 0);
    SC_TRUE(!strstr(result.out, "\"f1\":"));
    SC_CONTAINS(result.out, "\"val_f1\": ");
    SC_CONTAINS(result.out, "\"val_recall_1\": ");
    SC_CONTAINS(result.out, "\"test_auc\": ");
    tool_free(&result);
    tool_expect(0, NULL, "train --resume rows --epochs 2");
    char *csv = tool_get("rows/metrics.csv", NULL);
    SC_CONTAINS(csv, "epoch,loss,accuracy,f1,recall_1,auc,val_loss,val_accuracy,val_f1,");
    free(csv);
    result = tool_run("eval -m rows/model.safetensors --data rows/config.json --per-class");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "test f1 ");
    SC_CONTAINS(result.out, "class  precision  recall      f1  samples\n");
    SC_CONTAINS(result.out, "label  as 0  as 1");
    tool_free(&result);
    result = tool_run("eval -m rows/model.safetensors --data tool.yaml --per-class --json");
    SC_CONTAINS(result.out, "\"classes\": [{\"class\": 0, \"precision\": ");
    SC_CONTAINS(result.out, "\"confusion\": [[");
    tool_free(&result);
    tool_expect(2, "class: is 77, and classes are 0 to",
                "train tool.yaml --set 'metrics=[{f1: {class: 77}}]' -o bad");
    tool_expect(2, "'k' (so many of the highest scores) is missing",
                "train tool.yaml --set 'metrics=[top_k]' -o bad");
    tool_expect(2, "the loss mean_squared_error has no f1",
                "train tool.yaml --set metrics=f1 --set loss=mse --set network[4].dense=1 -o bad");
}
