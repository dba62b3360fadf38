/* SPDX-License-Identifier: Apache-2.0 */
/* From which files samples come, and which are set aside, as users of the tool meet it: several
 * files as one, archives of arrays, a validation file of one's own, classes in equal shares, rows
 * that belong together; and what is refused. */
#include "tool.h"

static sc_temp temp;

enum { ROWS = 60, CLASSES = 3, PATIENTS = 12 };

/* Rows [from, to) of a table: x tells the class, every twelfth row is of one patient. */
static void put_rows(const char *name, int from, int to) {
    char text[8192];
    int used = snprintf(text, sizeof text, "patient,x,kind\n");
    for (int i = from; i < to; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "p%d,%d.%d,%c\n", i % PATIENTS,
                         10 * (i % CLASSES), i % 7, "abc"[i % CLASSES]);
    tool_put_text(name, text);
}

static void put_config(const char *name, const char *data, const char *train) {
    char text[2048];
    snprintf(
        text, sizeof text,
        "data: {%s}\nnetwork: [dense: 3]\nloss: softmax_cross_entropy\noptimizer: {adam: 0.1}\n"
        "train: {epochs: 4, batch: 16, seed: 3%s}\n",
        data, train);
    tool_put_text(name, text);
}

static void begin(void) {
    tool_begin(&temp, false);
    put_rows("all.csv", 0, ROWS);
    put_rows("part-1.csv", 0, 20);
    put_rows("part-10.csv", 30, ROWS);
    put_rows("part-2.csv", 20, 30);
    put_rows("other.csv", 0, 15);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_parts, .init = begin, .fini = end);

static const char table[] = "train: {csv: all.csv, target: kind, ignore: patient}";

static void expect_out(const char *words, const char *wanted) {
    tool_result result = tool_run("%s", words);
    SC_REPRO("%s: %s%s", words, result.out, result.err);
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, wanted);
    tool_free(&result);
}

static void expect_same_model(const char *a, const char *b) {
    char first[128], second[128];
    snprintf(first, sizeof first, "%s/model.safetensors", a);
    snprintf(second, sizeof second, "%s/model.safetensors", b);
    SC_TRUE(tool_same(first, second));
}

Test(tool_parts, several_files_are_one) {
    put_config("one.yaml", table, "");
    put_config("list.yaml",
               "train: {csv: [part-1.csv, part-2.csv, part-10.csv], target: kind, ignore: patient}",
               "");
    put_config("pattern.yaml", "train: {csv: 'part-*.csv', target: kind, ignore: patient}", "");
    tool_expect(0, NULL, "train one.yaml -o one");
    tool_expect(0, NULL, "train list.yaml -o list");
    tool_expect(0, NULL, "train pattern.yaml -o pattern");
    expect_same_model("one", "list");
    expect_same_model("one", "pattern");
    tool_expect(0, NULL, "train list/config.json -o again"); /* as it was settled */
    expect_same_model("one", "again");
    put_config("bad.yaml", "train: {csv: 'none-*.csv', target: kind}", "");
    tool_expect(3, "none-*.csv: no file has such a name", "train bad.yaml -o no");
    put_config("bad.yaml", "train: {csv: [all.csv, ''], target: kind}", "");
    tool_expect(2, "data.train.csv[1]: must be the name of a file, not empty",
                "train bad.yaml -o no");
    SC_TRUE(!tool_exists("no"));
}

Test(tool_parts, a_validation_file) {
    char text[512];
    snprintf(text, sizeof text, "%s, validation: {csv: other.csv}", table);
    put_config("own.yaml", text, "");
    expect_out("train own.yaml -o run", "validation accuracy");
    tool_result result = tool_run("train own.yaml -o events --json");
    SC_CONTAINS(result.out, "\"samples\": 60");
    tool_free(&result);
    /* What the run measured is what eval measures. */
    tool_result run = tool_run("train own.yaml -o last --json --set train.epochs=1"),
                eval = tool_run("eval -m last/model.safetensors --data own.yaml --split validation "
                                "--json");
    json_t *lines = tool_json_lines(run.out), *again = tool_json_lines(eval.out);
    double measured = json_number_value(json_object_get(tool_event(lines, "epoch"), "val_loss")),
           loss = json_number_value(json_object_get(json_array_get(again, 0), "val_loss"));
    SC_NEAR(measured, loss, 1e-6);
    json_decref(lines);
    json_decref(again);
    tool_free(&run);
    tool_free(&eval);
    expect_out("data own.yaml", "data.validation: other.csv: 15 samples");
    tool_expect(0, NULL, "train own.yaml -o run --resume run --set train.epochs=6");
    tool_expect(0, NULL, "train own.yaml -o stop --set train.early_stopping=2");
    tool_expect(2, "stands in the place of data.validation: leave one out",
                "train own.yaml -o no --set train.validation=0.2");
    /* The model is that of the training rows alone. */
    put_config("plain.yaml", table, "");
    tool_expect(0, NULL, "train own.yaml -o a --set train.epochs=1");
    tool_expect(0, NULL, "train plain.yaml -o b --set train.epochs=1");
    expect_same_model("a", "b");
    put_rows("other.csv", 0, 16);
    tool_expect(2, "the training data differs", "train own.yaml -o run --resume run");
}

Test(tool_parts, arrays_of_an_archive) {
    char path[600];
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/npz/plain.npz", SC_SOURCE_DIR);
    expect_out("data tool.yaml", "data.train");
    tool_result result = tool_run("data %s", path);
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "plain.npz:x: 3 samples");
    SC_CONTAINS(result.out, "plain.npz:y: 3 samples");
    tool_free(&result);
    char data[1400];
    snprintf(data, sizeof data, "train: {images: '%s:x', labels: '%s:y'}", path, path);
    put_config("npz.yaml", data, "");
    tool_expect(0, NULL, "train npz.yaml -o run --set 'network=[{dense: 10}]'");
    snprintf(data, sizeof data, "train: {images: '%s', labels: '%s:y'}", path, path);
    put_config("npz.yaml", data, "");
    tool_expect(3, "has several arrays: x, y", "train npz.yaml -o no");
    tool_put("empty.npz", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    tool_expect(3, "empty.npz: the archive is empty", "data empty.npz");
}

/* The names of arrays are no patterns, and may hold what stands between file and name. */
Test(tool_parts, arrays_with_odd_names) {
    static const char *const odd[][2] = {{"x.npy", "*.npy"}, {"y.npy", ":.npy"}};
    char path[600];
    size_t size;
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/npz/plain.npz", SC_SOURCE_DIR);
    char *archive = tool_get(path, &size), *at;
    for (int k = 0; k < 2; k++)
        while ((at = memmem(archive, size, odd[k][0], 5))) memcpy(at, odd[k][1], 5);
    tool_put("odd.npz", archive, size);
    free(archive);
    expect_out("data odd.npz", "odd.npz:*: 3 samples");
    expect_out("data odd.npz", "odd.npz::: 3 samples");
    put_config("odd.yaml", "train: {images: 'odd.npz::', labels: 'odd.npz::'}", "");
    expect_out("data odd.yaml", "odd.npz::: 3 samples");
}

/* Each fold of five has four of each class; a plain split has not. */
Test(tool_parts, classes_in_equal_shares) {
    put_config("strata.yaml", table, ", validation: 0.2, stratify: true");
    put_config("plain.yaml", table, ", validation: 0.2");
    expect_out("train strata.yaml -o run", "validation accuracy");
    tool_expect(0, NULL, "train plain.yaml -o plain");
    SC_TRUE(!tool_same("run/model.safetensors", "plain/model.safetensors"));
    tool_expect(0, NULL, "cross-validate strata.yaml --folds 3");
    put_config("values.yaml", "train: {csv: all.csv, target: x, ignore: [patient, kind]}",
               ", validation: 0.2, stratify: true");
    tool_expect(2, "is not one column of classes, which train.stratify goes by",
                "train values.yaml -o no --set loss=mse --set 'network=[{dense: 1}]'");
    tool_expect(0, NULL, "train tool.yaml -o images --set train.stratify=true");
}

Test(tool_parts, rows_that_belong_together) {
    put_config("group.yaml", "train: {csv: all.csv, target: kind, group: patient}",
               ", validation: 0.25");
    expect_out("data group.yaml", "f32[1]"); /* patient is no input */
    tool_expect(0, NULL, "train group.yaml -o run");
    tool_expect(0, NULL, "cross-validate group.yaml --folds 4");
    tool_expect(2, "of 12 groups, none lies in validation part number",
                "cross-validate group.yaml --folds 30");
    tool_expect(2, "leave one out", "train group.yaml -o no --set train.stratify=true");
    put_config("group.yaml", "train: {csv: all.csv, target: kind, group: person}", "");
    tool_expect(2, "has no column 'person'", "train group.yaml -o no");
    put_config("group.yaml", "train: {csv: all.csv, target: kind, group: kind}", "");
    tool_expect(2, "names 'kind', which is a target or a feature too", "train group.yaml -o no");
}

Test(tool_parts, folds_and_rows) {
    put_config("one.yaml", table, "");
    tool_expect(2, "--folds: 61 parts of 60 samples", "cross-validate one.yaml --folds 61");
    SC_TRUE(!tool_exists("no"));
}
