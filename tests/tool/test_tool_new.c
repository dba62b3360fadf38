/* SPDX-License-Identifier: Apache-2.0 */
/* `socle new`: what it writes says what is in the data, and trains as it is. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_new, .init = begin, .fini = end);

static double accuracy_of(const char *words) {
    tool_result result = tool_run("train --json -q %s", words);
    if (result.code != 0) SC_TEST_FAIL("train %s: %s", words, result.err);
    json_t *lines = tool_json_lines(result.out);
    double best = 0;
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line) {
        const double value = json_number_value(json_object_get(line, "val_accuracy"));
        if (value > best) best = value;
    }
    json_decref(lines);
    tool_free(&result);
    return best;
}

Test(tool_new, a_table_of_classes) {
    tool_expect(0, "wrote iris.yaml; next: socle train iris.yaml",
                "new --task table --data %s/examples/data/iris.csv -o iris.yaml", SC_SOURCE_DIR);
    char *text = tool_get("iris.yaml", NULL);
    SC_CONTAINS(text, "150 rows");
    SC_CONTAINS(text, "categorical (");
    SC_CONTAINS(text, "what is predicted");
    SC_CONTAINS(text, "- dense: 3 ");
    SC_CONTAINS(text, "loss: softmax_cross_entropy");
    free(text);
    SC_TRUE(accuracy_of("iris.yaml -o iris") > 0.9);
    tool_expect(2, "iris.yaml is there already",
                "new --task table --data %s/examples/data/iris.csv -o iris.yaml", SC_SOURCE_DIR);
}

/* Numbers, words, names that tell nothing, and values that are missing. */
Test(tool_new, a_table_of_values) {
    char table[8192] = "name,size,colour,\"the price\"\n", row[128];
    for (int i = 0; i < 80; i++) {
        char size[16] = "";
        if (i % 9) snprintf(size, sizeof size, "%d", i);
        snprintf(row, sizeof row, "thing %d,%s,%s,%d.5\n", i, size, i % 3 ? "red" : "blue", 2 * i);
        strcat(table, row);
    }
    tool_put_text("things.csv", table);
    tool_result result = tool_run("new --task table --data things.csv");
    if (result.code != 0) SC_TEST_FAIL("%s", result.err);
    SC_CONTAINS(result.out, "name: categorical: left out");
    SC_CONTAINS(result.out, "size: numeric, 71 different values, 9 missing");
    SC_CONTAINS(result.out, "colour: categorical (blue, red)");
    SC_CONTAINS(result.out, "ignore: [\"name\"], missing: median");
    SC_CONTAINS(result.out, "target: \"the price\"");
    SC_CONTAINS(result.out, "loss: mean_squared_error");
    tool_put_text("things.yaml", result.out);
    tool_free(&result);
    tool_expect(0, NULL, "train things.yaml -o things -q --epochs 2");
    result = tool_run("new --task table --data things.csv --target colour");
    SC_CONTAINS(result.out, "- dense: 2 ");
    tool_free(&result);
    tool_expect(3, "nearly every row has another text",
                "new --task table --data things.csv --target name");
    tool_expect(3, "did you mean 'colour'?", "new --task table --data things.csv --target color");
}

static void put_prices(const char *name, const char *head, const char *form) {
    char table[4096], row[64];
    snprintf(table, sizeof table, "%s", head);
    for (int i = 0; i < 60; i++) {
        snprintf(row, sizeof row, form, i, i % 10, i % 3 ? "red" : "blue", 2 * i, 5);
        strcat(table, row);
    }
    tool_put_text(name, table);
}

/* Numbers are written with a comma where every one of the file is; what is written reads them. */
Test(tool_new, of_decimal_commas) {
    put_prices("comma.csv", "size;colour;price\n", "%d,%d;%s;%d,%d\n");
    tool_result result = tool_run("new --task table --data comma.csv");
    if (result.code != 0) SC_TEST_FAIL("%s", result.err);
    SC_CONTAINS(result.out, "size: numeric, 60 different values");
    SC_CONTAINS(result.out, "decimal: \",\"");
    SC_CONTAINS(result.out, "loss: mean_squared_error");
    tool_put_text("comma.yaml", result.out);
    tool_free(&result);
    tool_expect(0, NULL, "train comma.yaml -o comma -q --epochs 1");
    result = tool_run("data comma.csv --json");
    SC_CONTAINS(result.out, "\"numeric\"");
    tool_free(&result);
    /* Without names, the first row is one of numbers all the same. */
    put_prices("bare.csv", "", "%d,%d;%s;%d,%d\n");
    result = tool_run("new --task table --data bare.csv");
    SC_CONTAINS(result.out, "60 rows of");
    SC_CONTAINS(result.out, "column1: numeric");
    tool_free(&result);
    /* A point says otherwise, and commas alone may part thousands. */
    put_prices("both.csv", "size;colour;price\n", "%d,%d;%s;%d.%d\n");
    put_prices("thousands.csv", "size;colour;price\n", "%d,%d00;%s;%d,%d00\n");
    const char *const unclear[] = {"both.csv", "thousands.csv"};
    for (int i = 0; i < 2; i++) {
        result = tool_run("new --task table --data %s --target colour", unclear[i]);
        if (strstr(result.out, "decimal:")) SC_TEST_FAIL("%s: %s", unclear[i], result.out);
        tool_free(&result);
    }
}

Test(tool_new, images_and_points) {
    tool_expect(0, NULL, "new --task images --data train-images --labels train-labels -o net.yaml");
    char *text = tool_get("net.yaml", NULL);
    SC_CONTAINS(text, "256 images of 1 x 8 x 8");
    SC_CONTAINS(text, "4 classes");
    SC_TRUE(!strstr(text, "conv2d")); /* 8 pixels are few */
    free(text);
    SC_TRUE(accuracy_of("net.yaml -o net") > 0.5);
    tool_expect(0, NULL, "new --task spiral -o spiral.yaml");
    tool_expect(0, NULL, "train spiral.yaml -o spiral -q --epochs 1");
}

/* Its vocabulary is counted, so that it trains as it is, by characters and by words. */
Test(tool_new, a_text) {
    char text[8192] = "";
    for (int i = 0; i < 60; i++) strcat(text, "The cat sat on the mat; the dog did not.\n");
    tool_put_text("pets.txt", text);
    tool_expect(0, NULL, "new --task text --data pets.txt -o letters.yaml");
    char *config = tool_get("letters.yaml", NULL);
    SC_CONTAINS(config, "2460 characters, 17 different ones");
    SC_CONTAINS(config, "- dense: 18 "); /* and 0 */
    free(config);
    SC_TRUE(accuracy_of("letters.yaml -o letters --epochs 30") > 0.8);
    tool_expect(0, NULL, "new --task text --by word --data pets.txt -o words.yaml");
    config = tool_get("words.yaml", NULL);
    SC_CONTAINS(config, "by: word, length: 8");
    SC_CONTAINS(config, "780 words, 12 different ones");
    free(config);
    SC_TRUE(accuracy_of("words.yaml -o words") > 0.8);
    tool_put_text("short.txt", "a short one");
    tool_expect(3, "short.txt: has 11 characters, which are too few to learn from; at least 640",
                "new --task text --data short.txt");
    tool_expect(3, "short.txt: has 3 words, which", "new --task text --by word --data short.txt");
    tool_expect(2, "--by: must be character or word, not 'line'",
                "new --task text --data short.txt --by line");
}

Test(tool_new, what_is_missing) {
    tool_expect(2, "for what? --task images, table, text or spiral", "new");
    tool_expect(2, "there is no 'imags'; known are images, table, text, spiral",
                "new --task imags");
    tool_expect(2, "which table? --data FILE.csv", "new --task table");
    tool_expect(2, "which text? --data FILE.txt", "new --task text");
    tool_expect(2, "which images? --data IMAGES --labels LABELS", "new --task images --data x");
    tool_expect(3, "nosuch.csv", "new --task table --data nosuch.csv -o x.yaml");
    SC_TRUE(!tool_exists("x.yaml"));
}
