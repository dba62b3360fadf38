/* SPDX-License-Identifier: Apache-2.0 */
/* Learning from tables, as users of the tool meet it: from a CSV file to a model that takes raw
 * rows and answers in the words and units of the file; the same from its own configuration and
 * through a resumed run; and what is refused, with file, line and column. */
#include "tool.h"

static sc_temp temp;

static const char table[] = "length,colour,weight,kind\n"
                            "1.0,red,10,apple\n1.2,red,11,apple\n0.9,green,9,apple\n"
                            "1.1,red,12,apple\n1.0,green,10,apple\n1.3,red,11,apple\n"
                            "3.0,yellow,20,banana\n3.2,yellow,22,banana\n2.9,green,19,banana\n"
                            "3.1,yellow,21,banana\n3.3,green,20,banana\n2.8,yellow,18,banana\n";

static const char rest[] = "network: [dense: 2]\n"
                           "loss: softmax_cross_entropy\n"
                           "optimizer: {adam: 0.1}\n"
                           "train: {epochs: 30, batch: 4, validation: 0.25, seed: 3}\n";

static void put_config(const char *name, const char *data, const char *more) {
    char text[2048];
    snprintf(text, sizeof text, "data:\n%s\n%s", data, more);
    tool_put_text(name, text);
}

static void begin(void) {
    tool_begin(&temp, false);
    tool_put_text("fruit.csv", table);
    put_config("fruit.yaml", "  train: {csv: fruit.csv, target: kind, standardise: true}", rest);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_rows, .init = begin, .fini = end);

static void expect_out(const char *input, const char *words, const char *wanted) {
    tool_result result = tool_run_input(input, strlen(input), words);
    SC_REPRO("%s: %s%s", words, result.out, result.err);
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, wanted);
    tool_free(&result);
}

static void refuse(int code, const char *part, const char *text) {
    char data[512];
    snprintf(data, sizeof data, "  train: {%s}", part);
    put_config("bad.yaml", data, rest);
    SC_REPRO("%s", part);
    tool_expect(code, text, "train bad.yaml -o no");
    SC_TRUE(!tool_exists("no"));
}

Test(tool_rows, a_model_takes_raw_rows) {
    tool_expect(0, NULL, "train fruit.yaml -o run");
    static const char rows[] = "colour,length,weight\nyellow,3.0,20\nred,1.0,11\n";
    static const char predict[] = "predict -m run/model.safetensors --input -";
    tool_result result = tool_run_input(rows, sizeof rows - 1, predict);
    SC_EQ(result.code, 0);
    SC_TRUE(strncmp(result.out, "banana 0.", 9) == 0 || strncmp(result.out, "banana 1.", 9) == 0);
    SC_CONTAINS(result.out, "\napple ");
    tool_free(&result);
    expect_out(rows, "predict -m run/model.safetensors --input - --json",
               "\"index\": 0, \"class\": 1, \"name\": \"banana\", \"probability\": ");
    expect_out("", "eval -m run/model.safetensors --data fruit.yaml --split train",
               "train accuracy 1.0000");
    expect_out("", "eval -m run/model.safetensors --data fruit.yaml --split train --per-class",
               "as banana");
    expect_out("",
               "eval -m run/model.safetensors --data fruit.yaml --split train --per-class --json",
               "\"class\": 1, \"name\": \"banana\", \"precision\": 1.0");
    /* The configuration says as well how rows become samples. */
    expect_out(rows, "predict -m run/model.safetensors --config fruit.yaml --input - --json",
               "\"index\": 0, \"class\": 1, \"name\": \"banana\", \"probability\": ");
    /* What was settled is the same run, from anywhere. */
    tool_expect(0, NULL, "train run/config.json -o again");
    SC_TRUE(tool_same("run/model.safetensors", "again/model.safetensors"));
    tool_expect(0, NULL, "train fruit.yaml -o part --epochs 10");
    tool_expect(0, NULL, "train --resume part --epochs 30");
    SC_TRUE(tool_same("run/model.safetensors", "part/model.safetensors"));
    tool_put_text("blue.csv", "length,colour,weight\n1,blue,10\n");
    tool_expect(3,
                "blue.csv:2: column 2 'colour': 'blue' is none of the 3 categories of the "
                "training data: green, yellow and those between",
                "predict -m run/model.safetensors --input blue.csv");
}

/* The side of a score is the one that the loss counts as right; only a probability is called so. */
Test(tool_rows, one_output_has_the_side_of_its_loss) {
    static const char rows[] = "x1,x2\n0.25,0\n-0.25,0\n";
    static const struct {
        const char *loss, *lines, *json;
    } cases[] = {
        {"hinge", "1 0.250000\n0 -0.250000\n", "\"score\": 0.25, \"outputs\": [0.25]"},
        {"binary_cross_entropy", "\n0 0.5621", "\"probability\": 0.56217"},
        {"perceptron", "1 1.000000\n0 1.000000\n", "\"outputs\": [1.0]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        SC_REPRO("%s", cases[i].loss);
        snprintf(text, sizeof text,
                 "data: {train: {generate: {moons: {samples: 20}}}}\n"
                 "network: [{dense: {units: 1, weight_init: {values: [1, 0]}, bias: false}}]\n"
                 "loss: %s\ntrain: {epochs: 0}\n",
                 cases[i].loss);
        tool_put_text("side.yaml", text);
        tool_expect(0, NULL, "train side.yaml --overwrite -o side");
        expect_out(rows, "predict -m side/model.safetensors --input -", cases[i].lines);
        expect_out(rows, "predict -m side/model.safetensors --input - --json", cases[i].json);
    }
}

Test(tool_rows, values_come_back_in_their_units) {
    put_config("weight.yaml",
               "  train: {csv: fruit.csv, target: weight, features: length, standardise: true}",
               "network: [dense: 1]\nloss: mse\noptimizer: {sgd: 0.1}\n"
               "train: {epochs: 200, batch: 12}\n");
    tool_expect(0, NULL, "train weight.yaml -o run");
    /* The line of least squares through the 12 points, at 2. */
    const double x[] = {1.0, 1.2, 0.9, 1.1, 1.0, 1.3, 3.0, 3.2, 2.9, 3.1, 3.3, 2.8},
                 y[] = {10, 11, 9, 12, 10, 11, 20, 22, 19, 21, 20, 18};
    double mx = 0, my = 0, xx = 0, xy = 0;
    for (int i = 0; i < 12; i++) mx += x[i] / 12, my += y[i] / 12;
    for (int i = 0; i < 12; i++) xx += (x[i] - mx) * (x[i] - mx), xy += (x[i] - mx) * (y[i] - my);
    tool_result result =
        tool_run_input("length\n2\n", 9, "predict -m run/model.safetensors --input -");
    SC_EQ(result.code, 0);
    SC_NEAR(strtod(result.out, NULL), my + xy / xx * (2 - mx), 1e-3);
    tool_free(&result);
    expect_out("length\n2\n", "predict -m run/model.safetensors --input - --json",
               "\"values\": {\"weight\": 14.9");
}

/* The test data become samples as the training data do, or it is said. */
Test(tool_rows, a_test_part) {
    tool_put_text("test.csv", "kind,colour,weight,length\nbanana,yellow,20,3\napple,red,10,1\n");
    put_config("both.yaml",
               "  train: {csv: fruit.csv, target: kind, standardise: true}\n"
               "  test: {csv: test.csv, target: kind, standardise: true}",
               rest);
    tool_expect(0, NULL, "train both.yaml -o run");
    expect_out("", "eval -m run/model.safetensors --data both.yaml", "test accuracy 1.0000");
    put_config("other.yaml",
               "  train: {csv: fruit.csv, target: kind, standardise: true}\n"
               "  test: {csv: test.csv, target: colour}",
               rest);
    tool_expect(2, "other.yaml:3: data.test.target: is not as in data.train",
                "train other.yaml -o no");
    SC_TRUE(!tool_exists("no"));
}

Test(tool_rows, what_is_refused) {
    tool_put_text("ragged.csv", "a,b\n1,x\n2\n");
    tool_put_text("one.csv", "a,b\n1,x\n2,x\n");
    tool_put_text("empty.csv", "a,b\n1,x\nNA,y\n");
    tool_put_text("comma.csv", "a;b\n\"1,5\";x\n\"2,5\";y\n");
    refuse(2, "csv: fruit.csv, target: sort",
           "bad.yaml:2: data.train.target: fruit.csv: has no column 'sort'");
    refuse(2, "csv: fruit.csv, target: kinds", "did you mean 'kind'?");
    refuse(2, "csv: fruit.csv, target: kind, ignore: [weigth]", "did you mean 'weight'?");
    refuse(2, "csv: fruit.csv, target: kind, features: [length, kind]",
           "bad.yaml:2: data.train.features: names 'kind', which is the target");
    refuse(2, "csv: fruit.csv, target: kind, columns: [{name: lenght, kind: date}]",
           "bad.yaml:2: data.train.columns[0].name: fruit.csv: has no column 'lenght'");
    refuse(2, "csv: fruit.csv, target: kind, standardise: true, min_max: true", "leave one out");
    refuse(2, "csv: fruit.csv, target: kind, separator: ab", "must be one character");
    refuse(2, "csv: fruit.csv, images: a, target: kind", "goes with `csv`");
    refuse(2, "images: a, labels: b, standardise: true",
           "data.train.standardise: goes with `csv`, and these data come from `images`");
    refuse(2, "target: kind", "the key 'images' is missing, or in its place: csv");
    refuse(3, "csv: none.csv, target: kind", "data.train: none.csv");
    refuse(3, "csv: ragged.csv, target: b", "ragged.csv:3: has 1 cell, the first row has 2");
    refuse(3, "csv: one.csv, target: b", "one.csv: column 2 'b' has one class only, 'x'");
    refuse(
        3, "csv: empty.csv, target: b",
        "empty.csv:3: column 1 'a': has no value ('NA') (1 of 2 rows); say what takes its place");
    refuse(3, "csv: comma.csv, target: b, columns: [{name: a, kind: numeric}]",
           "comma.csv:2: column 1 'a': '1,5' is no number; if the comma is a decimal one");
    refuse(3, "csv: fruit.csv", "fruit.csv: has neither a \"label\" nor a \"target\" column");
}

/* Toy data are made on the spot; the model is asked by rows. */
Test(tool_rows, the_exclusive_or) {
    tool_expect(0, NULL, "train %s/examples/xor.yaml -o xor", SC_SOURCE_DIR);
    static const char rows[] = "x1,x2\n0,0\n0,1\n1,0\n1,1\n";
    tool_result result =
        tool_run_input(rows, sizeof rows - 1, "predict -m xor/model.safetensors --input -");
    int class[4];
    double share[4];
    SC_REPRO("%s%s", result.out, result.err);
    SC_EQ(sscanf(result.out, "%d %lf %d %lf %d %lf %d %lf", &class[0], &share[0], &class[1],
                 &share[1], &class[2], &share[2], &class[3], &share[3]),
          8);
    for (int i = 0; i < 4; i++) SC_TRUE(class[i] == (i == 1 || i == 2) && share[i] > 0.9);
    tool_free(&result);
    tool_expect(0, NULL, "train xor/config.json -o again");
    SC_TRUE(tool_same("xor/model.safetensors", "again/model.safetensors"));
    refuse(2, "generate: donut", "unknown generator 'donut'");
    refuse(2, "generate: {xor: {samples: 0}}", "must be a whole number from 1 to 1000000");
    refuse(2, "generate: xor, target: y", "goes with `csv`");
}

/* What is in a file, and what becomes of it. */
Test(tool_rows, data_are_shown) {
    tool_put_text("some.csv", "a,when,c\n1,2024-01-01,x\n3,2024-01-03,\n2,NA,y\n6,2024-01-05,x\n");
    tool_expect(0, NULL, "data some.csv");
    expect_out("", "data some.csv", "some.csv: 4 rows, 3 columns");
    expect_out("", "data some.csv", "2024-01-01 to 2024-01-05, mean 2024-01-03");
    expect_out("", "data some.csv", "x: 2, y: 1");
    tool_result result = tool_run("data some.csv --json");
    json_error_t error;
    json_t *report = json_loads(result.out, 0, &error), *columns;
    SC_TRUE(report != NULL);
    columns = json_object_get(report, "columns");
    SC_EQ(json_array_size(columns), 3);
    const json_t *first = json_array_get(columns, 0), *last = json_array_get(columns, 2);
    SC_NEAR(json_number_value(json_object_get(first, "mean")), 3, 1e-15);
    SC_NEAR(json_number_value(json_object_get(first, "deviation")), sqrt(14.0 / 4), 1e-15);
    SC_EQ_STR(json_string_value(json_object_get(last, "kind")), "categorical");
    SC_EQ(json_integer_value(json_object_get(last, "missing")), 1);
    SC_EQ(json_integer_value(json_object_get(json_object_get(last, "times"), "x")), 2);
    json_decref(report);
    tool_free(&result);
    expect_out("", "data fruit.yaml", "data.train: fruit.csv: 12 samples");
    expect_out("", "data fruit.yaml", "apple: 6, banana: 6");
    expect_out("", "data train-images", "u8[1,8,8]");
    tool_expect(3, "none.csv", "data none.csv");
    tool_expect(2, "of what?", "data");
    tool_expect(2, "none.yaml", "data none.yaml");
}

/* The least `column` of metrics.csv. */
static double least(const char *path, const char *column) {
    size_t size;
    char *text = tool_get(path, &size), *line = strtok(text, "\n"), *at = strstr(line, column);
    double best = INFINITY;
    int commas = 0;
    SC_TRUE(at != NULL);
    for (char *c = line; c < at; c++) commas += *c == ',';
    while ((line = strtok(NULL, "\n"))) {
        for (int i = 0; i < commas; i++) line = strchr(line, ',') + 1;
        best = fmin(best, strtod(line, NULL));
    }
    free(text);
    return best;
}

static void expect_accuracy(const char *name, double wanted) {
    tool_result result =
        tool_run("train %s/examples/%s.yaml -o %s --device cpu", SC_SOURCE_DIR, name, name);
    SC_REPRO("%s: %s%s", name, result.out, result.err);
    SC_EQ(result.code, 0);
    const char *at = strstr(result.out, "validation accuracy ");
    SC_TRUE(at && strtod(at + strlen("validation accuracy "), NULL) >= wanted);
    tool_free(&result);
}

/* Whoever says the mean of the training rows for every validation row has a loss of about 1 there;
 * 0.6 is an R^2 of 0.4. */
Test(tool_rows, examples_learn) {
    expect_accuracy("iris", 0.95);
    expect_accuracy("digits", 0.97);
    tool_result result = tool_run("train %s/examples/spiral.yaml -o spiral", SC_SOURCE_DIR);
    const char *at = strstr(result.out, "test accuracy ");
    SC_REPRO("%s%s", result.out, result.err);
    SC_TRUE(at && strtod(at + strlen("test accuracy "), NULL) >= 0.97);
    tool_free(&result);
    tool_expect(0, NULL, "train %s/examples/diabetes.yaml -o diabetes --device cpu", SC_SOURCE_DIR);
    SC_TRUE(least("diabetes/metrics.csv", "val_loss") <= 0.6);
}

/* Categories by number are an input of the column's name, beside or in the place of 0 and 1. */
Test(tool_rows, categories_by_number) {
    static const char network[] = "network:\n"
                                  "  - embedding: {from: colour, vocabulary: 3, units: 2}\n"
                                  "  - flatten\n"
                                  "  - concat: {from: [input, flatten1]}\n"
                                  "  - dense: 2\n";
    char more[1024];
    snprintf(more, sizeof more, "%s%s", network, strchr(rest, '\n') + 1);
    put_config(
        "embed.yaml",
        "  train: {csv: fruit.csv, target: kind, standardise: true, columns: [{name: colour, "
        "encode: embedding}]}",
        more);
    expect_out("", "data embed.yaml", "3 categories, by number as the input of its name");
    expect_out("", "data embed.yaml", "f32[2]"); /* length and weight */
    tool_expect(0, NULL, "train embed.yaml -o run");
    static const char words[] = "predict -m run/model.safetensors --input -";
    expect_out("colour,length,weight\nyellow,3.0,20\n", words, "banana 0.");
    tool_expect(0, NULL, "train run/config.json -o again");
    SC_TRUE(tool_same("run/model.safetensors", "again/model.safetensors"));
    put_config("both.yaml",
               "  train: {csv: fruit.csv, target: kind, standardise: true, encode: both}", more);
    expect_out("", "data both.yaml", "f32[5]");
    tool_expect(0, NULL, "train both.yaml -o both");
    put_config("all.yaml",
               "  train: {csv: fruit.csv, target: kind, features: colour, encode: embedding}",
               more);
    tool_expect(3, "all inputs are embedded", "train all.yaml -o no");
    tool_expect(3, "embedding1 knows 0 to 1",
                "train embed.yaml -o no --set network[0].embedding.vocabulary=2");
    SC_TRUE(!tool_exists("no"));
}

/* The table of the example is what its script makes. */
Test(tool_rows, passengers_are_made) {
    size_t size, made;
    SC_EQ(system("/usr/bin/python3 " SC_SOURCE_DIR "/examples/data/make_passengers.py >made.csv"),
          0);
    char *text = tool_get("made.csv", &made),
         *kept = tool_get(SC_SOURCE_DIR "/examples/data/passengers.csv", &size);
    SC_EQ(size, made);
    SC_EQ_MEMORY(text, kept, size);
    free(text);
    free(kept);
}

static void expect_file(const char *name, const char *begin) {
    size_t size;
    char *text = tool_get(name, &size);
    SC_REPRO("%s: %s", name, text);
    SC_TRUE(strncmp(text, begin, strlen(begin)) == 0);
    free(text);
}

/* Written as a table, JSON and an array, which say the same. */
Test(tool_rows, predictions_in_files) {
    static const char predict[] = "predict -m run/model.safetensors --input fruit.csv";
    tool_expect(0, NULL, "train fruit.yaml -o run");
    tool_expect(0, NULL, "%s -o out.csv", predict);
    expect_file("out.csv", "class,probability\napple,0.");
    tool_expect(0, NULL, "%s -o all.csv --all", predict);
    expect_file("all.csv", "class,probability,apple,banana\napple,0.");
    tool_expect(0, NULL, "%s -o out.json", predict);
    size_t size;
    char *text = tool_get("out.json", &size);
    json_t *list = json_loads(text, 0, NULL);
    SC_EQ(json_array_size(list), 12);
    SC_EQ_STR(json_string_value(json_object_get(json_array_get(list, 11), "name")), "banana");
    free(text);
    tool_expect(0, NULL, "%s -o out.npy", predict);
    text = tool_get("out.npy", &size);
    SC_EQ(size, 128 + 12 * 2 * 4);
    SC_TRUE(memcmp(text, "\x93NUMPY\1\0\x76\0{'descr': '<f4'", 24) == 0);
    SC_TRUE(strstr(text + 10, "'shape': (12, 2)") != NULL);
    float first;
    memcpy(&first, text + 128, sizeof first);
    const json_t *outputs = json_object_get(json_array_get(list, 0), "outputs");
    SC_NEAR((double)first, json_number_value(json_array_get(outputs, 0)), 1e-7);
    free(text);
    json_decref(list);
    expect_out("", "predict -m run/model.safetensors --input fruit.csv --format csv",
               "class,probability\n");
    tool_expect(0, NULL, "data out.npy"); /* what it writes it reads */
    tool_expect(0, NULL, "%s -o out.jsonl", predict);
    expect_file("out.jsonl", "{\"index\": 0,");
    tool_expect(2, "out.csv is there already", "%s -o out.csv", predict);
    tool_expect(0, NULL, "%s -o out.csv --overwrite --format json", predict);
    expect_file("out.csv", "[\n{");
    tool_expect(2, "ends in none of .csv, .json", "%s -o out.xml", predict);
    tool_expect(2, "--format: must be lines, csv", "%s --format xml", predict);
    SC_TRUE(!tool_exists("out.xml"));
    SC_TRUE(symlink("nowhere", "link.csv") == 0); /* a link is the user's too */
    tool_expect(2, "link.csv is there already", "%s -o link.csv", predict);
    expect_out("", "predict -m run/model.safetensors --input fruit.csv --format csv -o -",
               "class,probability\n");
    SC_TRUE(!tool_exists("-"));
}
