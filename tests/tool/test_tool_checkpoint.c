/* SPDX-License-Identifier: Apache-2.0 */
/* train.checkpoint: when a run saves its state, which files stay, and what a run that continues
 * from one of them keeps of the directory. tool.yaml has 12 steps an epoch, 3 epochs. */
#include "base/temporary.h"
#include "tool.h"

#include <signal.h>
#include <sys/wait.h>

#define COURSE "--set 'train.checkpoint={steps: 5, keep: 6}'"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_checkpoint, .init = begin, .fini = end);

static void copy(const char *from, const char *to) {
    size_t size;
    char *data = tool_get(from, &size);
    tool_put(to, data, size);
    free(data);
}

/* "run.step" in the metadata of a checkpoint. */
static long step_of(const char *path) {
    static const char key[] = "\"run.step\": \"";
    size_t size;
    char *data = tool_get(path, &size);
    uint64_t header;
    memcpy(&header, data, sizeof header);
    SC_TRUE(header < size);
    data[sizeof header + header] = '\0';
    const char *at = strstr(data + sizeof header, key);
    if (!at) SC_TEST_FAIL("%s has no step", path);
    long step = strtol(at + strlen(key), NULL, 10);
    free(data);
    return step;
}

/* The steps of the older checkpoints in `directory`, in order: "5 10 15". */
static const char *older(const char *directory) {
    static char text[256];
    long steps[64];
    int count = 0;
    DIR *folder = opendir(directory);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[600];
        if (strncmp(entry->d_name, "checkpoint-", strlen("checkpoint-")) != 0) continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        steps[count] = step_of(path);
        SC_EQ(strtol(entry->d_name + strlen("checkpoint-"), NULL, 10), steps[count]);
        count++;
    }
    closedir(folder);
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && steps[k] < steps[k - 1]; k--) {
            long swap = steps[k];
            steps[k] = steps[k - 1];
            steps[k - 1] = swap;
        }
    text[0] = '\0';
    for (int i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%ld", i ? " " : "", steps[i]);
    return text;
}

static size_t rows_of(const char *directory) {
    char path[600];
    snprintf(path, sizeof path, "%s/metrics.jsonl", directory);
    char *text = tool_get(path, NULL);
    json_t *rows = tool_json_lines(text);
    size_t count = json_array_size(rows);
    for (size_t i = 0; i < count; i++)
        SC_EQ(json_integer_value(json_object_get(json_array_get(rows, i), "epoch")), i + 1);
    json_decref(rows);
    free(text);
    return count;
}

Test(tool_checkpoint, the_last_of_them_stay) {
    tool_expect(0, NULL, "train tool.yaml -o run --set 'train.checkpoint={steps: 5, keep: 4}'");
    SC_EQ_STR(older("run"), "25 30 35");
    SC_EQ(step_of("run/checkpoint.safetensors"), 36);
    tool_expect(0, NULL, "train tool.yaml -o all --set 'train.checkpoint={steps: 5, keep: 100}'");
    SC_EQ_STR(older("all"), "0 5 10 12 15 20 24 25 30 35");
    tool_expect(0, NULL, "train tool.yaml -o one --set train.checkpoint=5"); /* short for steps */
    SC_EQ_STR(older("one"), "");
    tool_expect(0, NULL, "train tool.yaml -o ends --set train.checkpoint.keep=100");
    SC_EQ_STR(older("ends"), "0 12 24");
    tool_expect(0, NULL,
                "train tool.yaml -o often --set 'train.checkpoint={minutes: 1e-9, keep: 100}'");
    SC_EQ_STR(older("often"), "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 "
                              "26 27 28 29 30 31 32 33 34 35");
}

Test(tool_checkpoint, saving_changes_nothing) {
    tool_expect(0, NULL, "train tool.yaml -o run --set 'train.checkpoint={steps: 1, keep: 3}'");
    tool_expect(0, NULL, "train tool.yaml -o whole");
    SC_TRUE(tool_same("run/model.safetensors", "whole/model.safetensors"));
}

Test(tool_checkpoint, keys) {
    tool_expect(2, "train.checkpoint.step: unknown key; did you mean 'steps'?",
                "train tool.yaml -o run --set 'train.checkpoint={step: 3}'");
    tool_expect(2, "train.checkpoint.keep: must be a whole number from 1",
                "train tool.yaml -o run --set train.checkpoint.keep=0");
    tool_expect(2, "train.checkpoint: must be a whole number",
                "train tool.yaml -o run --set train.checkpoint=2.5");
    tool_expect(2, "train.checkpoint: must be a whole number from 0",
                "train tool.yaml -o run --set train.checkpoint=often");
    tool_expect(2, "train.checkpoint.minutes: ",
                "train tool.yaml -o run --set train.checkpoint.minutes=-1");
    SC_TRUE(!tool_exists("run"));
    tool_expect(
        0, NULL,
        "train tool.yaml -o run --epochs 1 --set 'train.checkpoint={steps: 7, minutes: 0.5}'");
    char *config = tool_get("run/config.json", NULL);
    json_t *root = json_loads(config, 0, NULL);
    json_t *section = json_object_get(json_object_get(root, "train"), "checkpoint");
    SC_EQ(json_integer_value(json_object_get(section, "steps")), 7);
    SC_TRUE(json_number_value(json_object_get(section, "minutes")) == 0.5);
    SC_EQ(json_integer_value(json_object_get(section, "keep")), 1);
    json_decref(root);
    free(config);
}

static long newest_of(const char *words) {
    remove("out.txt");
    pid_t run = tool_start(words);
    tool_wait_for("out.txt", "\"epoch\": 9,");
    kill(run, SIGKILL);
    SC_EQ(tool_wait(run), 128 + SIGKILL);
    return step_of("run/checkpoint.safetensors");
}

/* Short epochs do not wait for the disk one by one; the first and the last state are always there.
 */
Test(tool_checkpoint, epochs_shorter_than_the_pause) {
#define LONG_RUN "train tool.yaml -o run --overwrite --batch 2 --epochs 1000000 --json "
    SC_EQ(newest_of(LONG_RUN "--set train.checkpoint.epoch_seconds=1000"), 0);
    SC_TRUE(newest_of(LONG_RUN "--set train.checkpoint.epoch_seconds=0") >= 8 * 96);
    SC_TRUE(newest_of(LONG_RUN "--set train.checkpoint.keep=1") >= 8 * 96);
    tool_expect(0, NULL, "train tool.yaml -o all --set train.checkpoint.epoch_seconds=0");
    tool_expect(0, NULL, "train tool.yaml -o ends");
    SC_EQ(step_of("ends/checkpoint.safetensors"), 36);
    SC_TRUE(tool_same("all/model.safetensors", "ends/model.safetensors"));
    SC_EQ(rows_of("ends"), 3);
}

/* There is one before the first step. */
Test(tool_checkpoint, from_the_very_beginning) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 0");
    SC_EQ(step_of("run/checkpoint.safetensors"), 0);
    tool_expect(0, NULL, "train --resume run --epochs 3");
    tool_expect(0, NULL, "train tool.yaml -o whole");
    SC_TRUE(tool_same("run/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    SC_EQ(rows_of("run"), 3);
}

/* Copied over the newest, an older one is where the run goes on; what was later goes. */
Test(tool_checkpoint, back_to_an_older_one) {
    static const int steps[] = {12, 15, 20, 24, 25};
    tool_expect(0, NULL, "train tool.yaml -o whole " COURSE);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char name[64];
        tool_expect(0, NULL,
                    "train tool.yaml -o run --overwrite --set 'train.checkpoint={steps: 5, keep: "
                    "100}'");
        snprintf(name, sizeof name, "run/checkpoint-%d.safetensors", steps[i]);
        SC_REPRO("from step %d", steps[i]);
        copy(name, "run/checkpoint.safetensors");
        tool_expect(0, NULL, "train --resume run --set train.steps=%d", steps[i]); /* nothing to do
                                                                                      yet */
        SC_EQ(rows_of("run"), (size_t)(steps[i] + 11) / 12); /* a part of an epoch is judged too */
        tool_expect(0, "continuing after step",
                    "train --resume run " COURSE " --set train.steps=0");
        SC_TRUE(tool_same("run/model.safetensors", "whole/model.safetensors"));
        SC_TRUE(tool_same("run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
        SC_EQ_STR(older("run"), "20 24 25 30 35");
        SC_EQ(rows_of("run"), 3);
    }
}

/* Checkpoints of the course that was left stay until the new one has its first. */
Test(tool_checkpoint, a_course_that_was_left) {
    tool_expect(0, NULL, "train tool.yaml -o run --set 'train.checkpoint={steps: 5, keep: 100}'");
    copy("run/checkpoint-12.safetensors", "run/checkpoint.safetensors");
    tool_expect(0, NULL, "train --resume run --epochs 1");
    SC_EQ_STR(older("run"), "0 5 10 12 15 20 24 25 30 35");
    tool_expect(0, NULL, "train --resume run --set train.steps=16 --set optimizer.adam.lr=0.02");
    SC_EQ_STR(older("run"), "0 5 10 12 15");
    SC_EQ(step_of("run/checkpoint.safetensors"), 16);
}

/* The model on disk is the best of the checkpoint, not that of a later one; without a best there is
 * none. A run that diverges at once writes none of its own. */
Test(tool_checkpoint, the_model_is_that_of_the_checkpoint) {
#define LEARNING "--set 'optimizer={sgd: {lr: 0.01}}'"
#define DIVERGING "--set 'optimizer={sgd: {lr: 1e6}}' --set train.weight_decay=1e6"
    tool_expect(0, NULL,
                "train tool.yaml -o run --set 'train.checkpoint={steps: 5, keep: 100}' " LEARNING);
    tool_expect(0, NULL, "train tool.yaml -o first --epochs 1 " LEARNING);
    SC_TRUE(!tool_same("run/model.safetensors", "first/model.safetensors"));
    copy("run/checkpoint-12.safetensors", "run/checkpoint.safetensors");
    tool_expect(5, "the checkpoint of step 12 stays", "train --resume run " DIVERGING);
    SC_TRUE(tool_same("run/model.safetensors", "first/model.safetensors"));
    SC_TRUE(tool_same("run/checkpoint.safetensors", "run/checkpoint-12.safetensors"));
    SC_EQ(rows_of("run"), 1);
    copy("run/checkpoint-5.safetensors", "run/checkpoint.safetensors");
    tool_expect(5, "the checkpoint of step 5 stays", "train --resume run " DIVERGING);
    SC_TRUE(!tool_exists("run/model.safetensors"));
    SC_EQ(rows_of("run"), 0);
}

/* Into another directory a run takes its rows along, and nothing of that directory stays. */
Test(tool_checkpoint, continued_elsewhere) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 2");
    tool_expect(0, NULL,
                "train tool.yaml -o other --seed 9 --epochs 5 --set train.checkpoint.keep=3");
    SC_EQ_STR(older("other"), "36 48");
    tool_expect(2, "other holds a run already", "train --resume run -o other --epochs 3");
    SC_EQ_STR(older("other"), "36 48");
    tool_expect(0, NULL, "train --resume run -o other --overwrite --epochs 3");
    tool_expect(0, NULL, "train tool.yaml -o whole");
    SC_TRUE(tool_same("other/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("other/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    SC_EQ_STR(older("other"), "");
    SC_EQ(rows_of("other"), 3);
    SC_EQ(rows_of("run"), 2);
    tool_expect(0, NULL, "train --resume run -o ./run/ --epochs 3"); /* the same one by another name
                                                                      */
    SC_TRUE(tool_same("run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    SC_EQ(rows_of("run"), 3);
}

Test(tool_checkpoint, a_new_run_replaces_an_old_one) {
    tool_expect(0, NULL,
                "train tool.yaml -o run --seed 9 --epochs 5 --set train.checkpoint.keep=3");
    tool_expect(0, NULL, "train tool.yaml -o run --overwrite --epochs 0");
    SC_EQ(step_of("run/checkpoint.safetensors"), 0);
    SC_EQ_STR(older("run"), "");
    SC_EQ(rows_of("run"), 0);
    tool_expect(0, NULL, "train tool.yaml -o new --epochs 0");
    SC_TRUE(tool_same("run/model.safetensors", "new/model.safetensors"));
}

/* The newest is never at risk for the sake of the older ones. */
Test(tool_checkpoint, where_older_ones_cannot_be_kept) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 0");
    mkdir("run/checkpoint-12.safetensors", 0700);
    tool_expect(0,
                "cannot keep the checkpoint before the newest as run/checkpoint-12.safetensors: ",
                "train --resume run --epochs 3 --set train.checkpoint.keep=3");
    SC_EQ(step_of("run/checkpoint.safetensors"), 36);
    SC_EQ(step_of("run/checkpoint-24.safetensors"), 24);
}

/* What processes that were killed left behind; not what others are writing. */
Test(tool_checkpoint, leftovers_are_removed) {
    pid_t ended = fork();
    if (ended == 0) _exit(0);
    waitpid(ended, NULL, 0);
    sc_process self = sc_process_self(), dead = self, elsewhere = self;
    dead.pid = (uint64_t)ended;
    elsewhere.pid = (uint64_t)ended;
    elsewhere.host++;
    const sc_process *const owners[] = {&dead, &self, &elsewhere};
    static char names[3][SC_TEMPORARY_NAME + 4];
    mkdir("run", 0700);
    for (int i = 0; i < 3; i++) {
        strcpy(names[i], "run/");
        sc_temporary_name(names[i] + 4, owners[i], 0);
        tool_put_text(names[i], "x");
    }
    tool_put_text("run/.socle-notes", "x");
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    SC_TRUE(!tool_exists(names[0]));
    SC_TRUE(tool_exists(names[1]));
    SC_TRUE(tool_exists(names[2]));
    SC_TRUE(tool_exists("run/.socle-notes"));
}

#define NORMALISED "'network=[flatten, {dense: 16}, batchnorm, relu, {dense: 4}]'"

/* What only rounds otherwise may change, and is said; what normalises otherwise may not. */
Test(tool_checkpoint, what_decides_the_bits) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1 --reproducible");
    tool_expect(0, "another train.micro_batch (0 then, 8 now)",
                "train --resume run -o a --epochs 2 --set train.micro_batch=8");
    tool_expect(0, "another train.reproducible (true then, false now)",
                "train --resume run -o b --epochs 2 --set train.reproducible=false");
    tool_expect(0, NULL, "train tool.yaml -o norm --epochs 1 --reproducible --set " NORMALISED);
    tool_expect(2, "statistics over 2 samples then, over 16 now",
                "train --resume norm --epochs 2 --set train.reproducible=false");
    tool_expect(2, "statistics over 2 samples then, over 8 now",
                "train --resume norm --epochs 2 --set train.micro_batch=8");
    tool_expect(0, NULL, "train --resume norm --epochs 2 --set train.micro_batch=2");
}
