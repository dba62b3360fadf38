/* SPDX-License-Identifier: Apache-2.0 */
/* Where a run may write: never over another run unless the user says so, never into what is no run,
 * never where another process is at work, and where the directory went while it ran. */
#include "tool.h"

#include <signal.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_place, .init = begin, .fini = end);

#define DIVERGING "--set 'optimizer={sgd: {lr: 1e6}}' --set train.weight_decay=1e6"

/* Names, sizes and bytes of all files, one after the other in the order of `find`. */
static char *state_of(const char *directory) {
    char line[512];
    snprintf(line, sizeof line, "find %s -type f | sort | xargs md5sum > state.txt", directory);
    if (system(line) != 0) SC_TEST_FAIL("%s", line);
    return tool_get("state.txt", NULL);
}

static void expect_unchanged(char *before, const char *directory) {
    char *after = state_of(directory);
    SC_EQ_STR(after, before);
    free(before);
    free(after);
}

Test(tool_place, a_run_is_not_replaced_unasked) {
    tool_expect(0, NULL, "train tool.yaml -o run");
    tool_expect(0, NULL, "train tool.yaml -o other --epochs 1");
    char *before = state_of("run");
    tool_expect(
        2, "run holds a run already: continue it with --resume run, replace it with --overwrite",
        "train tool.yaml -o run");
    tool_expect(2, "holds a run already", "train tool.yaml -o run --set data.train.images=nowhere");
    tool_expect(2, "holds a run already", "train --resume other -o run --epochs 2");
    tool_expect(2, "one of the two", "train --resume run -o ./run/ --overwrite");
    tool_expect(2, "--overwrite: which run?", "train tool.yaml --overwrite");
    expect_unchanged(before, "run");
    remove("run/checkpoint.safetensors"); /* a model alone is worth keeping, too */
    before = state_of("run");
    tool_expect(2, "holds a run already", "train tool.yaml -o run");
    expect_unchanged(before, "run");
}

Test(tool_place, what_cannot_be_a_directory_is_refused_at_once) {
    tool_put_text("note", "mine");
    tool_expect(2, "the name of the run's directory is empty", "train nowhere.yaml -o ''");
    tool_expect(2, "note is or lies in a file", "train nowhere.yaml -o note");
    tool_expect(2, "note/run is or lies in a file", "train nowhere.yaml -o note/run");
    tool_expect(2, "note is or lies in a file", "train nowhere.yaml -o note --overwrite");
    char *text = tool_get("note", NULL);
    SC_EQ_STR(text, "mine");
    free(text);
}

Test(tool_place, what_is_no_run_is_never_written_into) {
    static const char *const names[] = {"notes.txt", ".hidden", "model.safetensors",
                                        "checkpoint.safetensors", "config.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        mkdir("mine", 0700);
        snprintf(path, sizeof path, "mine/%s", names[i]);
        tool_put_text(path, "mine");
        char *before = state_of("mine");
        tool_expect(2, "mine is not empty and holds no run of socle", "train tool.yaml -o mine");
        tool_expect(2, "holds no run of socle", "train tool.yaml -o mine --overwrite");
        expect_unchanged(before, "mine");
        remove(path);
    }
    tool_put_text("mine/notes.txt", "mine");
    char *before = state_of("mine");
    tool_expect(3, "checkpoint.safetensors", "train --resume mine");
    tool_expect(2, "holds no run of socle", "train tool.yaml -o .");
    expect_unchanged(before, "mine");
    mkdir("empty", 0700);
    tool_expect(0, NULL, "train tool.yaml -o empty --epochs 1");
}

/* Files of a run, copied to where the user has others of the same names, make no run. */
Test(tool_place, copies_beside_files_of_the_users_make_no_run) {
    static const char *const copied[] = {"model.safetensors", "checkpoint.safetensors"};
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "rm -rf mine && mkdir mine && cp run/%s mine", copied[i]);
        SC_EQ(system(line), 0);
        tool_put_text("mine/config.json", "{\"version\": \"mine\"}");
        if (i) tool_put_text("mine/env.json", "{\"version\": \"mine\", \"devices\": 3}");
        char *before = state_of("mine");
        tool_expect(2, "mine is not empty and holds no run of socle", "train tool.yaml -o mine");
        tool_expect(2, "holds no run of socle", "train tool.yaml -o mine --overwrite");
        expect_unchanged(before, "mine");
    }
    SC_EQ(system("rm -rf mine && cp -r run mine && rm mine/config.json mine/env.json"), 0);
    tool_expect(0, NULL, "train tool.yaml -o mine --overwrite --epochs 1"); /* killed at its start
                                                                             */
}

/* Whatever becomes of the new run, what the old one was worth is there until the new one is worth
 * something. */
Test(tool_place, the_run_before_stays_until_there_is_a_model) {
    tool_expect(0, NULL, "train tool.yaml -o run --set train.checkpoint=5");
    tool_expect(0, NULL, "train tool.yaml -o same --set train.checkpoint=5");
    tool_expect(5, "step ", "train tool.yaml -o run --overwrite " DIVERGING);
    static const char *const kept[] = {"model.safetensors", "checkpoint.safetensors",
                                       "config.json",       "env.json",
                                       "metrics.jsonl",     "metrics.csv"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "run/previous/%s", kept[i]);
        SC_TRUE(tool_exists(name));
    }
    SC_TRUE(tool_same("run/model.safetensors", "same/model.safetensors"));
    SC_TRUE(tool_same("run/previous/model.safetensors", "same/model.safetensors"));
    SC_TRUE(tool_same("run/previous/checkpoint.safetensors", "same/checkpoint.safetensors"));
    SC_TRUE(!tool_same("run/checkpoint.safetensors", "same/checkpoint.safetensors"));
    tool_expect(5, "step ", "train --resume run"); /* the new one, which has no model yet */
    SC_TRUE(tool_same("run/model.safetensors", "same/model.safetensors"));
    tool_expect(5, "step ", "train tool.yaml -o run --overwrite " DIVERGING);
    SC_TRUE(tool_exists("run/previous-2"));
    tool_expect(0, NULL, "train tool.yaml -o run --overwrite --seed 9 --epochs 1");
    SC_TRUE(!tool_exists("run/previous") && !tool_exists("run/previous-2"));
    SC_TRUE(!tool_same("run/model.safetensors", "same/model.safetensors"));
}

/* The run before is a run like others: who continues it keeps it. */
Test(tool_place, the_run_before_can_be_continued) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 2");
    tool_expect(5, "step ", "train tool.yaml -o run --overwrite " DIVERGING);
    tool_expect(0, "continuing after step 24", "train --resume run/previous --epochs 3");
    tool_expect(0, NULL, "train tool.yaml -o whole");
    SC_TRUE(tool_same("run/previous/model.safetensors", "whole/model.safetensors"));
    tool_expect(0, NULL, "train tool.yaml -o run --overwrite --epochs 1");
    SC_TRUE(tool_same("run/previous/model.safetensors", "whole/model.safetensors"));
    mkdir("run/previous-2", 0700); /* a user's own */
    tool_put_text("run/previous-2/model.safetensors", "mine");
    tool_expect(0, NULL, "train tool.yaml -o run --overwrite --epochs 1");
    SC_TRUE(tool_exists("run/previous-2/model.safetensors"));
}

/* Whenever the new run is killed, there is a whole model in the place of the old one, and the old
 * one where it can be found until the new one has its own. */
Test(tool_place, killed_while_it_replaces_a_run) {
    for (int round = 0; round < 12; round++) {
        if (system("rm -rf run old") != 0) SC_TEST_FAIL("rm");
        tool_expect(0, NULL, "train tool.yaml -o run --epochs 1 -q");
        if (system("cp -r run old") != 0) SC_TEST_FAIL("cp");
        pid_t run = tool_start("train tool.yaml -o run --overwrite --seed 9 --epochs 40 -q "
                               "--set train.checkpoint=5");
        usleep((useconds_t)(8000 * round));
        kill(run, SIGKILL);
        tool_wait(run);
        SC_REPRO("killed after %d ms", 8 * round);
        tool_expect(0, NULL, "eval -m run/model.safetensors --data tool.yaml");
        bool kept = tool_exists("run/previous/model.safetensors");
        if (tool_same("run/checkpoint.safetensors", "old/checkpoint.safetensors"))
            SC_TRUE(tool_same("run/model.safetensors", "old/model.safetensors"));
        else if (tool_same("run/model.safetensors", "old/model.safetensors"))
            SC_TRUE(kept);
        if (kept) {
            SC_TRUE(tool_same("run/previous/model.safetensors", "old/model.safetensors"));
            SC_TRUE(tool_same("run/previous/checkpoint.safetensors", "old/checkpoint.safetensors"));
        }
        tool_expect(0, NULL, "train --resume run --epochs 2 -q");
        SC_TRUE(!tool_exists("run/previous") ||
                tool_same("run/model.safetensors", "old/model.safetensors"));
    }
}

/* --- Two processes --- */

#define LONG_RUN "train tool.yaml -o run --batch 2 --json --epochs 1000000"

static pid_t start_long_run(void) {
    remove("out.txt");
    pid_t run = tool_start(LONG_RUN);
    tool_wait_for("out.txt", "\"epoch\"");
    rename("out.txt", "first.txt"); /* it goes on into these */
    rename("err.txt", "first-err.txt");
    return run;
}

Test(tool_place, two_processes_never_share_a_run) {
    pid_t run = start_long_run();
    char who[64];
    snprintf(who, sizeof who, "run is in use by process %d on ", (int)run);
    tool_expect(1, who, "train --resume run");
    tool_expect(1, who, "train tool.yaml -o run --overwrite");
    tool_expect(1, who, "train tool.yaml -o run");
    tool_expect(0, NULL, "train --resume run -o beside --epochs 1 -q"); /* reading it is no harm */
    kill(run, SIGKILL);
    SC_EQ(tool_wait(run), 128 + SIGKILL);
    tool_expect(0, NULL, "train --resume run --epochs 1");
    SC_TRUE(!tool_exists("run/.socle.lock"));
}

/* Both find the directory missing, or both empty; one of them begins. */
Test(tool_place, two_that_begin_at_once) {
    for (int round = 0; round < 8; round++) {
        char line[128];
        int codes[2];
        pid_t runs[2];
        snprintf(line, sizeof line, "train tool.yaml -o run%d --epochs 40 -q", round);
        if (round % 2) {
            snprintf(line + 64, 64, "run%d", round);
            mkdir(line + 64, 0700);
        }
        for (int i = 0; i < 2; i++) runs[i] = tool_start(line);
        for (int i = 0; i < 2; i++) codes[i] = tool_wait(runs[i]);
        SC_REPRO("round %d", round);
        SC_EQ((codes[0] == 0) + (codes[1] == 0), 1);
        SC_TRUE(codes[0] + codes[1] == 1 || codes[0] + codes[1] == 2); /* in use, or there already
                                                                        */
        snprintf(line, sizeof line, "eval -m run%d/model.safetensors --data tool.yaml", round);
        tool_expect(0, NULL, "%s", line);
    }
}

/* --- A directory that goes away under the run --- */

static char *end_run(pid_t run, int code) {
    kill(run, SIGTERM);
    SC_EQ(tool_wait(run), code);
    return tool_get("first-err.txt", NULL);
}

Test(tool_place, a_directory_that_is_moved) {
    pid_t run = start_long_run();
    mkdir("stranger", 0700);
    SC_EQ(rename("run", "moved"), 0);
    SC_EQ(symlink("stranger", "run"), 0);
    char *err = end_run(run, 128 + SIGTERM);
    SC_CONTAINS(err, "the directory run was moved: goes on in ");
    SC_CONTAINS(err, "/moved; what has its name now is something else");
    SC_CONTAINS(err, "continue with: socle train --resume /");
    free(err);
    sc_temp folder = {.path = "stranger"};
    SC_EQ(sc_temp_count(&folder), 0);
    tool_expect(0, "continuing after step", "train --resume moved --epochs 1");
    SC_TRUE(!tool_exists("moved/.socle.lock"));
}

Test(tool_place, a_directory_that_is_deleted) {
    pid_t run = start_long_run();
    if (system("rm -rf run && mkdir run") != 0) SC_TEST_FAIL("rm");
    char *err = end_run(run, 1);
    SC_CONTAINS(err, "cannot write into run: it was deleted meanwhile; what has its name now is "
                     "something else");
    SC_CONTAINS(err, "nothing of this run is on disk any more");
    SC_TRUE(!strstr(err, "continue with"));
    free(err);
    sc_temp folder = {.path = "run"};
    SC_EQ(sc_temp_count(&folder), 0);
}
