/* SPDX-License-Identifier: Apache-2.0 */
/* `socle update`: a model goes on with new data alone; and the classes that a part of the data
 * chooses, by which features go from one task to another. */
#include "tool.h"

#include <math.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_update, .init = begin, .fini = end);

static double evaluated(const char *words) {
    tool_result result = tool_run("eval --json %s", words);
    if (result.code != 0) SC_TEST_FAIL("eval %s: %s", words, result.err);
    json_t *lines = tool_json_lines(result.out);
    const double loss = json_number_value(json_object_get(tool_event(lines, "done"), "test_loss"));
    json_decref(lines);
    tool_free(&result);
    return loss;
}

/* Other samples of the same kinds. */
static void put_new(void) {
    tool_put_images("new-images", 128, 77);
    tool_put_labels("new-labels", 128, 77);
    tool_put_text("new.yaml", "data:\n  train: {images: new-images, labels: new-labels}\n"
                              "  test: {images: new-images, labels: new-labels}\n");
}

Test(tool_update, begins_with_the_model) {
    put_new();
    tool_expect(0, NULL, "train tool.yaml -o run -q --epochs 2");
    tool_expect(0, NULL, "update -m run --data new.yaml -o same -q --set optimizer.adam.lr=0");
    SC_TRUE(tool_same("same/model.safetensors", "run/model.safetensors"));
    tool_expect(0, NULL, "update -m run/model.safetensors --data new.yaml -o more -q --epochs 4");
    SC_TRUE(evaluated("-m more/model.safetensors --data new.yaml") <
            evaluated("-m run/model.safetensors --data new.yaml"));
    SC_TRUE(!tool_same("more/model.safetensors", "run/model.safetensors"));
    /* a stop and a resume are as of any run */
    tool_expect(0, NULL, "update -m run --data new.yaml -o part -q --epochs 4 --set train.steps=9");
    tool_expect(0, NULL, "train --resume part -q --set train.steps=0");
    SC_TRUE(tool_same("part/model.safetensors", "more/model.safetensors"));
}

/* The columns of a table mean what they meant to the model, whatever the new rows are like. */
Test(tool_update, rows_of_a_table) {
    static const char head[] = "length,kind,price\n", *const kinds[] = {"old", "new", "odd"};
    char table[8192] = "", more[8192] = "";
    strcat(table, head), strcat(more, head);
    for (int i = 0; i < 60; i++) {
        char row[64];
        snprintf(row, sizeof row, "%d,%s,%d\n", i % 10, kinds[i % 3], 3 * (i % 10) + i % 3);
        strcat(table, row);
        snprintf(row, sizeof row, "%d,%s,%d\n", 100 + i, kinds[i % 2], 300 + 3 * i);
        strcat(more, row);
    }
    tool_put_text("table.csv", table);
    tool_put_text("more.csv", more);
    tool_put_text("table.yaml",
                  "data: {train: {csv: table.csv, target: price, standardise: true}}\n"
                  "network: [{dense: 8}, tanh, {dense: 1}]\nloss: mse\n"
                  "train: {epochs: 3, batch: 12, seed: 4}\n");
    tool_expect(0, NULL, "train table.yaml -o run -q");
    tool_expect(0, NULL, "update -m run --data more.csv -o same -q --set optimizer.adam.lr=0");
    SC_TRUE(tool_same("same/model.safetensors", "run/model.safetensors")); /* its columns too */
    tool_expect(0, NULL, "update -m run --data more.csv -o next -q --set train.steps=4");
    tool_expect(0, NULL, "train --resume next -q --set train.steps=0");
    tool_put_text("odd.csv", "length,kind,price\n1,strange,2\n2,old,3\n");
    tool_expect(3, "strange", "update -m run --data odd.csv -o none -q");
    SC_TRUE(!tool_exists("none"));
}

Test(tool_update, what_cannot_go_on) {
    put_new();
    tool_expect(2, "which model? -m MODEL", "update --data new.yaml");
    tool_expect(2, "which data? --data NEW", "update -m run");
    tool_expect(3, "there is no such run or model", "update -m nosuch --data new.yaml");
    tool_expect(0, NULL, "train tool.yaml -o run -q --epochs 1");
    tool_expect(2, "did not learn from a table", "update -m run --data new-images");
    tool_expect(2, "cannot open nosuch.yaml", "update -m run --data nosuch.yaml");
    size_t size;
    char *model = tool_get("run/model.safetensors", &size);
    mkdir("alone", 0700);
    tool_put("alone/model.safetensors", model, size);
    free(model);
    tool_expect(2, "lies in no directory of a run",
                "update -m alone/model.safetensors --data "
                "new.yaml");
    tool_expect(
        0, NULL,
        "update -m alone/model.safetensors --data new.yaml tool.yaml -o more -q --epochs 1");
    tool_expect(2, "holds a run", "update -m run --data new.yaml -o more -q");
}

/* Some classes, under numbers from 0 in the order of the list, and so many of each. */
Test(tool_update, classes_are_chosen) {
    size_t size;
    char *labels = tool_get("train-labels", &size);
    int count[TOOL_CLASSES] = {0};
    for (size_t i = 8; i < size; i++) count[(int)labels[i]]++;
    free(labels);
    static const char narrow[] = "--set 'network=[flatten, {dense: 2}]' --set train.validation=0";
    tool_result result = tool_run("train tool.yaml -o two --json --epochs 1 %s --set "
                                  "'data.train.classes=[2, 0]' --set 'data.test.classes=[2, 0]'",
                                  narrow);
    if (result.code != 0) SC_TEST_FAIL("%s", result.err);
    json_t *lines = tool_json_lines(result.out);
    SC_EQ(json_integer_value(json_object_get(tool_event(lines, "start"), "samples")),
          count[0] + count[2]);
    SC_TRUE(json_number_value(json_object_get(tool_event(lines, "done"), "test_accuracy")) > 0.4);
    json_decref(lines);
    tool_free(&result);
    result = tool_run("train tool.yaml -o few --json --epochs 1 --set train.validation=0 --set "
                      "data.train.per_class=5");
    lines = tool_json_lines(result.out);
    SC_EQ(json_integer_value(json_object_get(tool_event(lines, "start"), "samples")),
          5 * TOOL_CLASSES);
    json_decref(lines);
    tool_free(&result);
    tool_expect(0, NULL, "train --resume two -q --epochs 2");
    tool_expect(2, "is no class of these data: their labels are 0 to 3",
                "train tool.yaml -o no --set 'data.train.classes=[0, 4]'");
    tool_expect(2, "names the class 1 twice",
                "train tool.yaml -o no --set 'data.train.classes=[1, 1]'");
    tool_expect(2, "must be the number of a class",
                "train tool.yaml -o no --set 'data.train.classes=[0.5]'");
    tool_expect(2, "choose its rows in the file",
                "train %s/examples/iris.yaml -o no --set 'data.train.classes=[0, 1]'",
                SC_SOURCE_DIR);
}
