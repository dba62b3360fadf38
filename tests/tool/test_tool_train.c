/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that go well: what they write, what they print, and that equal runs are equal. */
#include "tool.h"

#include <time.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_train, .init = begin, .fini = end);

/* Validation takes more samples at once than a step does, and sees them as they are. */
Test(tool_train, small_micro_batches_of_varied_images_are_validated) {
    tool_expect(0, NULL,
                "train tool.yaml --set 'train.augment={shift: 1}' --set train.micro_batch=4 "
                "--epochs=1 -q -o run");
}

Test(tool_train, a_run_directory) {
    static const char *const files[] = {"config.json",       "env.json",
                                        "metrics.jsonl",     "metrics.csv",
                                        "model.safetensors", "checkpoint.safetensors"};
    tool_result result = tool_run("train tool.yaml -o out");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "test accuracy 1.0000\n");
    SC_CONTAINS(result.out, "model out/model.safetensors\n");
    SC_CONTAINS(result.err, "epoch 3/3");
    tool_free(&result);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "out/%s", files[i]);
        SC_TRUE(tool_exists(name));
    }
    sc_temp folder = {0};
    strcpy(folder.path, "out");
    SC_EQ(sc_temp_count(&folder), 6); /* no temporary file stays */
    char *csv = tool_get("out/metrics.csv", NULL), *jsonl = tool_get("out/metrics.jsonl", NULL);
    SC_CONTAINS(csv, "epoch,loss,accuracy,val_loss,val_accuracy");
    SC_CONTAINS(csv, "\n3,");
    json_t *rows = tool_json_lines(jsonl);
    SC_EQ(json_array_size(rows), 3);
    json_decref(rows);
    free(csv);
    free(jsonl);
}

/* A metric that begins within an epoch has no value for it, and one from the next on; what is
 * learnt and what was recorded stay. */
Test(tool_train, a_metric_may_come_and_go_when_a_run_is_resumed) {
    tool_expect(0, NULL, "train tool.yaml -o whole");
    tool_expect(0, NULL, "train tool.yaml --set 'metrics=[top5]' --set train.steps=18 -o part");
    tool_expect(0, NULL,
                "train tool.yaml --set 'metrics=[]' --set train.steps=20 -o part --resume part");
    tool_expect(0, NULL, "train tool.yaml --set 'metrics=[top5]' -o part --resume part");
    char *one = tool_get("whole/metrics.jsonl", NULL),
         *other = tool_get("part/metrics.jsonl", NULL);
    json_t *whole = tool_json_lines(one), *part = tool_json_lines(other);
    SC_EQ(json_array_size(part), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *a = json_array_get(whole, i), *b = json_array_get(part, i);
        SC_TRUE(json_equal(json_object_get(a, "loss"), json_object_get(b, "loss")));
        SC_TRUE(json_equal(json_object_get(a, "accuracy"), json_object_get(b, "accuracy")));
        SC_EQ(json_is_number(json_object_get(b, "top5")), i != 1);
    }
    json_decref(whole);
    json_decref(part);
    free(one);
    free(other);
}

Test(tool_train, default_directory_has_name_and_time) {
    tool_expect(0, NULL, "train tool.yaml --epochs 1");
    tool_expect(0, NULL, "train tool.yaml --epochs 1"); /* within the same second: another directory
                                                         */
    DIR *runs = opendir("runs");
    SC_TRUE(runs != NULL);
    int found = 0;
    for (struct dirent *entry; (entry = readdir(runs));)
        found += strncmp(entry->d_name, "tool-20", 7) == 0 &&
                 strlen(entry->d_name) >= strlen("tool-20260101-000000");
    closedir(runs);
    SC_EQ(found, 2);
}

Test(tool_train, equal_runs_give_equal_bytes) {
    tool_expect(0, NULL, "train tool.yaml -o a");
    time_t begin = time(NULL);
    while (time(NULL) == begin) usleep(20000); /* another second */
    tool_expect(0, NULL, "train tool.yaml -o b --threads 1");
    SC_TRUE(tool_same("a/model.safetensors", "b/model.safetensors"));
    SC_TRUE(tool_same("a/checkpoint.safetensors", "b/checkpoint.safetensors"));
    tool_expect(0, NULL, "train tool.yaml -o c --seed 8");
    SC_TRUE(!tool_same("a/model.safetensors", "c/model.safetensors"));
    tool_expect(0, NULL, "train a/config.json -o d");
    SC_TRUE(tool_same("a/model.safetensors", "d/model.safetensors"));
}

/* The same model made elsewhere: no path, time or device in the file. */
Test(tool_train, a_model_holds_nothing_of_its_place) {
    tool_expect(0, NULL, "train tool.yaml -o a");
    mkdir("elsewhere", 0700);
    if (system("cp train-* test-* tool.yaml elsewhere") != 0) SC_TEST_FAIL("cp");
    if (chdir("elsewhere") != 0) SC_TEST_FAIL("cd");
    tool_expect(0, NULL, "train tool.yaml -o b");
    SC_TRUE(tool_same("../a/model.safetensors", "b/model.safetensors"));
    SC_TRUE(!tool_same("../a/env.json", "b/env.json") || true);
    if (chdir("..") != 0) SC_TEST_FAIL("cd");
    size_t size;
    char *model = tool_get("a/model.safetensors", &size);
    SC_TRUE(!memmem(model, size, temp.path, strlen(temp.path)));
    SC_TRUE(!memmem(model, size, "images", 6));
    free(model);
}

static void check_number(const json_t *event, const char *key) {
    if (!json_is_number(json_object_get(event, key)))
        SC_TEST_FAIL("'%s' is missing or no number", key);
}

Test(tool_train, events) {
    tool_result result = tool_run("train tool.yaml -o out --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    SC_EQ(json_array_size(lines), 5);
    json_t *start = tool_event(lines, "start"), *epoch = tool_event(lines, "epoch"),
           *done = tool_event(lines, "done");
    SC_TRUE(start && epoch && done);
    SC_TRUE(json_array_size(json_object_get(start, "devices")) == 1);
    SC_EQ(json_integer_value(json_object_get(start, "seed")), 7);
    SC_EQ(json_integer_value(json_object_get(start, "parameters")), 1108);
    SC_TRUE(json_is_object(json_object_get(start, "config")));
    SC_EQ(json_integer_value(json_object_get(epoch, "epoch")), 1);
    static const char *const numbers[] = {"loss", "accuracy", "val_loss", "val_accuracy",
                                          "samples_per_second"};
    for (int i = 0; i < 5; i++) check_number(epoch, numbers[i]);
    check_number(done, "test_loss");
    check_number(done, "test_accuracy");
    check_number(done, "seconds");
    check_number(done, "startup_seconds");
    SC_EQ_STR(json_string_value(json_object_get(done, "model")), "out/model.safetensors");
    json_decref(lines);
    tool_free(&result);
}

Test(tool_train, events_without_validation_and_test) {
    tool_put_text(
        "plain.yaml",
        "data: {train: {images: train-images, labels: train-labels}}\n"
        "network: [flatten, dense: 4]\nloss: softmax_cross_entropy\ntrain: {batch: 100}\n");
    tool_result result = tool_run("train plain.yaml -o out --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    SC_TRUE(!json_object_get(tool_event(lines, "epoch"), "val_loss"));
    SC_TRUE(!json_object_get(tool_event(lines, "done"), "test_accuracy"));
    json_decref(lines);
    tool_free(&result);
}

Test(tool_train, errors_are_events_too) {
    tool_result result = tool_run("train tool.yaml --json --set train.batch=0");
    SC_EQ(result.code, 2);
    json_t *lines = tool_json_lines(result.out), *error = tool_event(lines, "error");
    SC_EQ(json_array_size(lines), 1);
    SC_EQ(json_integer_value(json_object_get(error, "code")), 2);
    SC_CONTAINS(json_string_value(json_object_get(error, "message")), "train.batch");
    json_decref(lines);
    tool_free(&result);
    result = tool_run("train --json --nosuch");
    lines = tool_json_lines(result.out);
    SC_EQ(json_integer_value(json_object_get(tool_event(lines, "error"), "code")), 2);
    json_decref(lines);
    tool_free(&result);
}

Test(tool_train, quiet) {
    tool_result result = tool_run("train tool.yaml -o out -q");
    SC_EQ(result.code, 0);
    SC_EQ_STR(result.err, "");
    SC_CONTAINS(result.out, "test accuracy");
    tool_free(&result);
}

Test(tool_train, no_epochs_give_the_first_weights) {
    tool_expect(0, NULL, "train tool.yaml -o a --epochs 0");
    tool_expect(0, NULL, "train tool.yaml -o b --epochs 0");
    SC_TRUE(tool_same("a/model.safetensors", "b/model.safetensors"));
    tool_expect(0, NULL, "eval -m a/model.safetensors --data tool.yaml");
}

Test(tool_train, a_directory_never_mixes_two_runs) {
    tool_expect(0, NULL, "train tool.yaml -o out --epochs 3");
    tool_expect(0, NULL, "train tool.yaml -o out --overwrite --epochs 1");
    char *jsonl = tool_get("out/metrics.jsonl", NULL);
    json_t *rows = tool_json_lines(jsonl);
    SC_EQ(json_array_size(rows), 1);
    json_decref(rows);
    free(jsonl);
}

Test(tool_train, eval_agrees_and_has_thresholds) {
    tool_result train = tool_run("train tool.yaml -o out"),
                eval = tool_run("eval -m out/model.safetensors --data tool.yaml");
    SC_EQ(train.code, 0);
    SC_EQ(eval.code, 0);
    const char *line = strstr(train.out, "test loss");
    SC_TRUE(line != NULL);
    char both[128];
    snprintf(both, sizeof both, "%.*s", (int)(strstr(line, "model ") - line), line);
    SC_EQ_STR(eval.out, both);
    tool_free(&train);
    tool_free(&eval);
    tool_expect(0, NULL,
                "eval -m out/model.safetensors --data tool.yaml --min-accuracy 0.9 --max-loss 5");
    tool_expect(0, NULL, "eval -m out/checkpoint.safetensors --data tool.yaml"); /* a checkpoint is
                                                                                    a model, too */
    tool_expect(6, "max-loss", "eval -m out/model.safetensors --data tool.yaml --max-loss 1e-9");
    tool_expect(0, NULL, "train tool.yaml -o raw --epochs 0");
    tool_expect(6, "min-accuracy",
                "eval -m raw/model.safetensors --data tool.yaml --min-accuracy 0.99");
    tool_result json = tool_run("eval -m out/model.safetensors --data tool.yaml --json --batch 7");
    json_t *lines = tool_json_lines(json.out);
    check_number(tool_event(lines, "done"), "test_accuracy");
    SC_EQ(json_integer_value(json_object_get(tool_event(lines, "done"), "samples")), TOOL_TEST);
    json_decref(lines);
    tool_free(&json);
}

static int count_lines(const char *text) {
    int count = 0;
    for (; *text; text++) count += *text == '\n';
    return count;
}

Test(tool_train, predictions) {
    tool_expect(0, NULL, "train tool.yaml -o out");
    tool_result file = tool_run("predict -m out/model.safetensors --input test-images");
    SC_EQ(file.code, 0);
    SC_EQ(count_lines(file.out), TOOL_TEST);
    size_t size;
    char *images = tool_get("test-images", &size), *labels = tool_get("test-labels", NULL);
    tool_result input =
        tool_run_input(images, size, "predict -m out/model.safetensors --input - --batch 5");
    SC_EQ_STR(input.out, file.out);
    int right = 0;
    const char *at = file.out;
    for (int i = 0; i < TOOL_TEST; i++, at = strchr(at, '\n') + 1)
        right += atoi(at) == labels[8 + i];
    SC_EQ(right, TOOL_TEST);
    tool_result json = tool_run("predict -m out/model.safetensors --input test-images --json");
    json_t *lines = tool_json_lines(json.out);
    SC_EQ(json_array_size(lines), TOOL_TEST);
    const json_t *outputs = json_object_get(json_array_get(lines, 0), "outputs");
    double sum = 0;
    for (size_t i = 0; i < json_array_size(outputs); i++)
        sum += json_number_value(json_array_get(outputs, i));
    SC_EQ(json_array_size(outputs), TOOL_CLASSES);
    SC_NEAR(sum, 1.0, 1e-5);
    json_decref(lines);
    tool_result all = tool_run("predict -m out/model.safetensors --input test-images --all");
    int spaces = 0;
    for (const char *c = all.out; *c != '\n'; c++) spaces += *c == ' ';
    SC_EQ(spaces, 1 + TOOL_CLASSES);
    tool_free(&file);
    tool_free(&input);
    tool_free(&json);
    tool_free(&all);
    free(images);
    free(labels);
}

Test(tool_train, profile_that_cannot_be_written_is_refused_before_training) {
    tool_expect(2, "--profile: there is no folder nowhere/",
                "train tool.yaml -o out --profile nowhere/profile.json");
    tool_expect(2, "--profile: '' names no file", "train tool.yaml -o out --profile ''");
    tool_expect(2, "--profile: . is a folder", "train tool.yaml -o out --profile .");
    SC_TRUE(!tool_exists("out"));
}

Test(tool_train, profile) {
    tool_expect(0, NULL, "train tool.yaml -o out --epochs 1 --profile profile.json");
    char *text = tool_get("profile.json", NULL);
    json_t *profile = json_loads(text, 0, NULL);
    const json_t *launches = json_object_get(profile, "launches");
    SC_TRUE(json_array_size(launches) > 3);
    int64_t runs = 0, time = 0;
    for (size_t i = 0; i < json_array_size(launches); i++) {
        runs += json_integer_value(json_object_get(json_array_get(launches, i), "runs"));
        time += json_integer_value(json_object_get(json_array_get(launches, i), "nanoseconds"));
    }
    SC_TRUE(runs > 0);
    SC_TRUE(time > 0);
    json_decref(profile);
    free(text);
}

Test(tool_train, memory_and_batches) {
    tool_expect(0, NULL, "train tool.yaml -o a --memory 64M");
    tool_expect(0, NULL, "train tool.yaml -o b --memory 470K"); /* the data do not fit: they are
                                                                   staged */
    SC_TRUE(tool_same("a/model.safetensors", "b/model.safetensors"));
    tool_expect(0, NULL, "train tool.yaml -o c --batch 1 --epochs 1");
    tool_expect(0, NULL, "train tool.yaml -o d --batch 1000 --epochs 1"); /* more than there are
                                                                             samples */
    tool_expect(0, NULL, "train tool.yaml -o e --set train.micro_batch=4");
}
