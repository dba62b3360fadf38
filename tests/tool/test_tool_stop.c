/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that end early, by a signal, a limit or a loss that is no number, and runs that go on from
 * there. */
#include "tool.h"

#include <signal.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_stop, .init = begin, .fini = end);

/* Stops a run by a signal once `text` was printed, goes on, and compares with a run that was never
 * stopped. */
static void stop_and_resume(int number, const char *text) {
    remove("out.txt");
    pid_t run = tool_start("train tool.yaml -o stopped --epochs 60 --batch 2 --json");
    tool_wait_for("out.txt", text);
    kill(run, number);
    SC_EQ(tool_wait(run), 128 + number);
    char *out = tool_get("out.txt", NULL), *err = tool_get("err.txt", NULL);
    json_t *lines = tool_json_lines(out), *error = tool_event(lines, "error");
    SC_EQ(json_integer_value(json_object_get(error, "code")), 128 + number);
    SC_TRUE(!tool_event(lines, "done"));
    SC_CONTAINS(err, "socle train --resume stopped");
    json_decref(lines);
    free(out);
    free(err);
    tool_expect(0, "continuing after step", "train --resume stopped");
    tool_expect(0, NULL, "train tool.yaml -o whole --epochs 60 --batch 2 -q");
    SC_TRUE(tool_same("stopped/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("stopped/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    SC_TRUE(tool_same("stopped/config.json", "whole/config.json"));
}

Test(tool_stop, interrupt_and_resume) {
    stop_and_resume(SIGINT, "\"epoch\"");
}

Test(tool_stop, terminate_and_resume) {
    stop_and_resume(SIGTERM, "\"start\"");
}

Test(tool_stop, killed_and_resumed) {
    remove("out.txt");
    pid_t run = tool_start("train tool.yaml -o stopped --epochs 60 --batch 2 --json");
    tool_wait_for("out.txt", "\"epoch\": 2,");
    kill(run, SIGKILL);
    SC_EQ(tool_wait(run), 128 + SIGKILL);
    tool_expect(0, NULL, "train --resume stopped");
    tool_expect(0, NULL, "train tool.yaml -o whole --epochs 60 --batch 2 -q");
    SC_TRUE(tool_same("stopped/model.safetensors", "whole/model.safetensors"));
}

/* 192 training samples, batches of 16: 12 steps an epoch. */
Test(tool_stop, stopped_at_any_step) {
    static const int steps[] = {1, 2, 11, 12, 13, 24, 35};
    tool_expect(0, NULL, "train tool.yaml -o whole");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        tool_expect(0, NULL, "train tool.yaml -o part --overwrite --set train.steps=%d", steps[i]);
        tool_expect(0, NULL, "train --resume part --set train.steps=0");
        SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors") ||
                steps[i] % 12);
        char *metrics = tool_get("part/metrics.jsonl", NULL);
        json_t *rows = tool_json_lines(metrics);
        SC_EQ(json_array_size(rows), 3);
        json_decref(rows);
        free(metrics);
    }
}

/* More epochs later are the same as all of them at once. */
Test(tool_stop, extended) {
    tool_expect(0, NULL, "train tool.yaml -o whole --epochs 4");
    tool_expect(0, NULL, "train tool.yaml -o part --epochs 2");
    tool_expect(0, NULL, "train tool.yaml --resume part --epochs 4");
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    tool_expect(0, NULL, "train tool.yaml --resume part --epochs 4"); /* nothing left to do */
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
    tool_expect(0, NULL, "train --resume part -o copy");
    SC_TRUE(tool_same("copy/model.safetensors", "whole/model.safetensors"));
}

Test(tool_stop, refuses_what_is_no_continuation) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    tool_expect(2, "the network differs at layers[1].dense.units: 16 then, 17 now",
                "train tool.yaml --resume run --set 'network[1].dense=17'");
    tool_expect(2, "seed: 7 then, 8 now", "train tool.yaml --resume run --seed 8");
    tool_expect(2, "batch: 16 then, 8 now", "train tool.yaml --resume run --batch 8");
    tool_expect(2, "validation", "train tool.yaml --resume run --set train.validation=0.5");
    tool_expect(2, "optimizer was adam then, is sgd now",
                "train tool.yaml --resume run --set optimizer=sgd");
    tool_expect(2, "the training data differs at samples: 256 then, 100 now",
                "train tool.yaml --resume run --set data.train.limit=100");
    tool_put_images("train-images", TOOL_TRAIN, 3);
    tool_expect(2, "the training data differs at input.hash", "train tool.yaml --resume run");
    tool_put_images("train-images", TOOL_TRAIN, 1);
    tool_expect(0, "other options of the optimizer",
                "train tool.yaml --resume run --epochs 2 --set optimizer.adam.lr=0.001");
}

Test(tool_stop, damaged_checkpoints) {
    tool_expect(3, "nowhere", "train tool.yaml --resume nowhere");
    tool_expect(3, "nowhere", "train --resume nowhere");
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    size_t size;
    char *data = tool_get("run/checkpoint.safetensors", &size);
    tool_put("run/checkpoint.safetensors", data, size / 2);
    tool_expect(3, "checkpoint.safetensors", "train tool.yaml --resume run");
    data[size - 1000] ^= 4; /* one bit of the best weights */
    tool_put("run/checkpoint.safetensors", data, size);
    tool_expect(3, "checksum", "train tool.yaml --resume run");
    free(data);
    rename("run/model.safetensors", "run/checkpoint.safetensors");
    tool_expect(3, "is no checkpoint", "train tool.yaml --resume run");
}

/* Writes `by` over the first `text` in the checkpoint; both have one length. */
static void damage(const char *text, const char *by) {
    size_t size;
    char *data = tool_get("run/checkpoint.safetensors", &size);
    char *at = memmem(data, size, text, strlen(text));
    SC_EQ(strlen(text), strlen(by));
    if (!at) SC_TEST_FAIL("the checkpoint has no %s", text);
    memcpy(at, by, strlen(by));
    tool_put("run/checkpoint.safetensors", data, size);
    free(data);
}

/* What a checkpoint says of its run is no usage. */
Test(tool_stop, damaged_configurations) {
    static const char *const cases[][2] = {
        {"\"run.config\": \"{", "\"run.config\": \"["},
        {"\"run.config\": \"{\\\"data", "\"run.config\": \"{\\\"dota"},
        {"\\\"validation\\\"", "\\\"volidation\\\""},
        {"\\\"optimizer\\\": {\\\"adam", "\\\"optimizer\\\": {\\\"adum"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SC_REPRO("%s", cases[i][1]);
        tool_expect(0, NULL, "train tool.yaml -o run --overwrite --epochs 0");
        damage(cases[i][0], cases[i][1]);
        tool_expect(3,
                    "the checkpoint is damaged: run/checkpoint.safetensors:", "train --resume run");
    }
    tool_expect(0, NULL, "train tool.yaml -o run --overwrite --epochs 0");
    tool_expect(2, "unknown key", "train --resume run --set train.epoks=1");
}

/* Other data are usage, but a record of the data that was damaged is not; nor is one of what the
 * run was told, though the command line says it too. */
Test(tool_stop, damaged_records) {
    static const char *const cases[][2] = {
        {"\\\"samples\\\": 256", "\\\"samples\\\": 255"},
        {"\\\"batch\\\": 16", "\\\"batch\\\": 17"},
        {"\\\"seed\\\": 7", "\\\"seed\\\": 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SC_REPRO("%s", cases[i][1]);
        tool_expect(0, NULL, "train tool.yaml -o run --overwrite --epochs 1");
        damage(cases[i][0], cases[i][1]);
        tool_expect(3, "the checksum does not fit", "train --resume run --epochs 2");
        tool_expect(3, "the checksum does not fit", "train tool.yaml --resume run --epochs 2");
    }
    tool_expect(0, NULL, "train tool.yaml -o run --overwrite --epochs 1");
    tool_expect(2, "batch: 16 then, 32 now", "train --resume run --batch 32");
}

/* Each step multiplies the weights by about -1e12. */
#define DIVERGING "--set 'optimizer={sgd: {lr: 1e6}}' --set train.weight_decay=1e6"

Test(tool_stop, diverged) {
    tool_result result = tool_run("train tool.yaml -o out --json --set optimizer=sgd " DIVERGING);
    SC_EQ(result.code, 5);
    SC_CONTAINS(result.err, "step ");
    SC_CONTAINS(result.err, "not a finite number");
    json_t *lines = tool_json_lines(result.out); /* JSON knows no NaN */
    SC_EQ(json_integer_value(json_object_get(tool_event(lines, "error"), "code")), 5);
    json_decref(lines);
    tool_free(&result);
}

Test(tool_stop, the_last_good_checkpoint_stays) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1 --set 'optimizer={sgd: {lr: 0.01}}'");
    tool_expect(0, NULL, "train tool.yaml -o same --epochs 1 --set 'optimizer={sgd: {lr: 0.01}}'");
    tool_expect(5, "step ", "train --resume run --epochs 9 " DIVERGING);
    SC_TRUE(tool_same("run/checkpoint.safetensors", "same/checkpoint.safetensors"));
    SC_TRUE(tool_same("run/model.safetensors", "same/model.safetensors"));
    tool_expect(0, NULL, "train --resume run --epochs 2");
}

/* Whichever comes first, the other one does not wait for it. */
Test(tool_stop, second_signal_ends_at_once) {
    remove("out.txt");
    pid_t run = tool_start("train tool.yaml -o out --epochs 100000 --batch 2 --json");
    tool_wait_for("out.txt", "\"epoch\"");
    kill(run, SIGINT);
    kill(run, SIGTERM);
    int code = tool_wait(run);
    SC_TRUE(code == 130 || code == 143);
    char *out = tool_get("out.txt", NULL);
    SC_TRUE(!strstr(out, "\"done\""));
    free(out);
    tool_expect(0, NULL, "train --resume out --epochs 1"); /* what was saved is whole */
}
