/* SPDX-License-Identifier: Apache-2.0 */
/* `socle compare`: differences first, then what each run's record says of its best epoch. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_compare, .init = begin, .fini = end);

/* The row of epoch `epoch` in a run's record. */
static json_t *row_of(const char *path, json_int_t epoch) {
    char *text = tool_get(path, NULL);
    json_t *rows = tool_json_lines(text), *row, *found = NULL;
    size_t i;
    json_array_foreach(rows, i, row) if (json_integer_value(json_object_get(row, "epoch")) == epoch)
        found = json_incref(row);
    json_decref(rows);
    free(text);
    SC_TRUE(found != NULL);
    return found;
}

Test(tool_compare, shows_differences_and_results) {
    tool_expect(0, NULL, "train tool.yaml -o runs/a");
    tool_expect(0, NULL, "train tool.yaml -o runs/b --epochs 2 --set 'optimizer={sgd: 0.1}'");
    tool_result result = tool_run("compare --json runs/a runs/b");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, "compare");
    const json_t *differences = json_object_get(event, "differences"), *difference, *run;
    size_t i;
    SC_EQ(json_array_size(differences), 2);
    json_array_foreach(differences, i, difference) {
        const char *key = json_string_value(json_object_get(difference, "key"));
        SC_TRUE(!strcmp(key, "optimizer") || !strcmp(key, "train.epochs"));
    }
    json_array_foreach(json_object_get(event, "runs"), i, run) {
        json_int_t best = json_integer_value(json_object_get(run, "best_epoch"));
        SC_EQ(json_integer_value(json_object_get(run, "epochs")), i ? 2 : 3);
        json_t *row = row_of(i ? "runs/b/metrics.jsonl" : "runs/a/metrics.jsonl", best);
        SC_TRUE(json_equal(json_object_get(run, "val_loss"), json_object_get(row, "val_loss")));
        SC_TRUE(json_is_number(json_object_get(row, "val_accuracy")));
        SC_TRUE(
            json_equal(json_object_get(run, "val_accuracy"), json_object_get(row, "val_accuracy")));
        json_decref(row);
    }
    SC_EQ(i, 2);
    json_decref(lines);
    tool_free(&result);
    result = tool_run("compare runs/a runs/b");
    SC_CONTAINS(result.out, "train.epochs  3 ");
    SC_CONTAINS(result.out, "RUN  EPOCHS  BEST");
    tool_free(&result);
    result = tool_run("compare runs/a runs/a");
    SC_CONTAINS(result.out, "The configurations are equal.");
    tool_free(&result);
}

Test(tool_compare, says_what_is_no_run) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    tool_expect(2, "which runs?", "compare");
    tool_expect(3, "nosuch: there is no such run", "compare run nosuch");
    tool_expect(3, "has no config.json: it is not the directory of a run", "compare run .");
    tool_expect(3, "is a file", "compare run/model.safetensors");
}
