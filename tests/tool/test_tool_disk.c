/* SPDX-License-Identifier: Apache-2.0 */
/* Disks that are full: a run that cannot begin says so and leaves what was there; one that has
 * begun goes on, and ends with 1 where its results cannot be written; the last checkpoint always
 * loads. */
#include "small_disk.h"
#include "tool.h"

#include <signal.h>
#include <sys/resource.h>

enum { PAGE = 4096, POLL_MICROSECONDS = 500, LONGEST_WAIT = 60000000 };

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
    mkdir("small", 0700);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_disk, .init = begin, .fini = end);

static void mount_small(size_t bytes) {
    const char *reason;
    if (small_disk_mount("small", bytes, &reason)) return;
    tool_end(&temp);
    cr_skip_test("%s", reason);
}

static void expect_no_leftovers(const char *directory) {
    DIR *folder = opendir(directory);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strncmp(entry->d_name, ".socle", strlen(".socle")) == 0)
            SC_TEST_FAIL("%s stayed in %s", entry->d_name, directory);
    closedir(folder);
}

/* Into a directory with room. */
static void expect_loads(const char *directory) {
    tool_expect(0, NULL, "train --resume %s -o loaded --overwrite --epochs 0 -q", directory);
}

static void expect_whole_lines(const char *path) {
    if (!tool_exists(path)) return;
    char *text = tool_get(path, NULL);
    json_decref(tool_json_lines(text));
    free(text);
}

/* --- At each write, because the disk is a page larger each time --- */

static const char *const written[] = {"checkpoint.safetensors", "config.json", "env.json",
                                      "metrics.jsonl",          "metrics.csv", "model.safetensors"};
enum { WRITTEN = sizeof written / sizeof written[0], MOST_PAGES = 60 };

/* One run on a disk of so many pages; marks what could not be written. */
static int run_on(int pages, bool missed[WRITTEN]) {
    SC_REPRO("a disk of %d pages", pages);
    mount_small((size_t)pages * PAGE);
    tool_result result =
        tool_run("train tool.yaml -o small/run --set 'train.checkpoint={steps: 5, keep: 2}'");
    if (result.code != 0) {
        SC_EQ(result.code, 1);
        SC_CONTAINS(result.err, "error: ");
        SC_CONTAINS(result.err, "No space left on device");
        for (int i = 0; i < WRITTEN; i++) missed[i] = missed[i] || strstr(result.err, written[i]);
    } else {
        SC_TRUE(!strstr(result.err, "cannot"));
        SC_TRUE(tool_same("small/run/model.safetensors", "whole/model.safetensors"));
        SC_TRUE(tool_same("small/run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    }
    if (tool_exists("small/run/checkpoint.safetensors")) {
        if (strstr(result.err, "stays, continue"))
            SC_CONTAINS(result.err, "continue with: socle train --resume small/run");
        expect_loads("small/run");
    } else {
        SC_TRUE(!tool_exists("small/run/model.safetensors")); /* no run began */
    }
    expect_no_leftovers("small/run");
    expect_whole_lines("small/run/metrics.jsonl");
    int code = result.code;
    tool_free(&result);
    small_disk_unmount("small");
    return code;
}

Test(tool_disk, full_at_each_write, .timeout = 200) {
    bool missed[WRITTEN] = {false};
    int failed = 0;
    tool_expect(0, NULL, "train tool.yaml -o whole --set 'train.checkpoint={steps: 5, keep: 2}'");
    for (int pages = 1; run_on(pages, missed) != 0; pages++)
        if (++failed > MOST_PAGES) SC_TEST_FAIL("%d pages do not suffice", pages);
    for (int i = 0; i < WRITTEN; i++)
        if (!missed[i]) SC_TEST_FAIL("the disk was never full at %s", written[i]);
}

/* A new run in the directory of an old one: as long as it cannot begin, the old one stays. */
Test(tool_disk, a_run_that_cannot_begin) {
    mount_small(64 * PAGE);
    tool_expect(0, NULL, "train tool.yaml -o small/run");
    size_t size, now;
    char *before = tool_get("small/run/checkpoint.safetensors", &size);
    small_disk_fill("small");
    tool_expect(1, "checkpoint.safetensors: writing: No space left on device",
                "train tool.yaml -o small/run --overwrite --seed 8");
    char *after = tool_get("small/run/checkpoint.safetensors", &now);
    SC_EQ(now, size);
    SC_EQ_MEMORY(after, before, size);
    expect_loads("small/run");
    free(before);
    free(after);
    tool_expect(1, "No space left on device", "train --resume small/run --epochs 4");
    expect_loads("small/run");
    small_disk_free("small");
    tool_expect(0, NULL, "train --resume small/run --epochs 4");
    tool_expect(0, NULL, "train tool.yaml -o whole --epochs 4");
    SC_TRUE(tool_same("small/run/model.safetensors", "whole/model.safetensors"));
}

/* --- In the middle --- */

static int count(const char *file, const char *text) {
    int found = 0;
    if (!tool_exists(file)) return 0;
    char *content = tool_get(file, NULL);
    for (const char *at = content; (at = strstr(at, text)); at++) found++;
    free(content);
    return found;
}

static void wait_for(const char *file, const char *text, int times) {
    for (long waited = 0; count(file, text) < times; waited += POLL_MICROSECONDS) {
        if (waited > LONGEST_WAIT) SC_TEST_FAIL("%s never said %s", file, text);
        usleep(POLL_MICROSECONDS);
    }
}

#define LONG_RUN                                                                                   \
    "train tool.yaml --batch 2 --epochs 100 --json --set 'train.checkpoint={steps: 40, keep: 2}'"
#define REFUSED                                                                                    \
    "checkpoint.safetensors: writing: No space left on device; training goes on, the checkpoint "  \
    "of step "

/* Fills the disk under a run once two epochs are done, and waits until three more were trained all
 * the same. */
static pid_t fill_under_run(void) {
    mount_small(256 * PAGE);
    remove("out.txt");
    pid_t run = tool_start(LONG_RUN " -o small/run");
    wait_for("out.txt", "\"event\": \"epoch\"", 2);
    kill(run, SIGSTOP);
    small_disk_fill("small");
    kill(run, SIGCONT);
    wait_for("err.txt", REFUSED, 1);
    wait_for("out.txt", "\"event\": \"epoch\"", count("out.txt", "\"event\": \"epoch\"") + 3);
    return run;
}

static void expect_whole(void) {
    tool_expect(0, NULL, LONG_RUN " -o whole");
    SC_TRUE(tool_same("small/run/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("small/run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    char *text = tool_get("small/run/metrics.jsonl", NULL);
    json_t *rows = tool_json_lines(text);
    SC_EQ(json_array_size(rows), 100);
    for (size_t i = 0; i < json_array_size(rows); i++)
        SC_EQ(json_integer_value(json_object_get(json_array_get(rows, i), "epoch")), i + 1);
    json_decref(rows);
    free(text);
    SC_EQ(count("small/run/metrics.csv", "\n"), 101);
    expect_no_leftovers("small/run");
}

/* Room again in time: as if nothing had been. */
Test(tool_disk, full_for_a_while, .timeout = 200) {
    pid_t run = fill_under_run();
    SC_EQ(count("err.txt", REFUSED), 1); /* the same reason is said once */
    small_disk_free("small");
    SC_EQ(tool_wait(run), 0);
    expect_whole();
}

Test(tool_disk, full_to_the_end, .timeout = 200) {
    pid_t run = fill_under_run();
    SC_EQ(tool_wait(run), 1);
    char *err = tool_get("err.txt", NULL);
    SC_CONTAINS(err, "error: cannot write small/run/checkpoint.safetensors: writing: No space left "
                     "on device; the checkpoint of step ");
    SC_CONTAINS(err, " stays, continue with: socle train --resume small/run");
    free(err);
    SC_EQ(count("out.txt", "\"event\": \"done\""), 0);
    SC_EQ(count("out.txt", "\"code\": 1"), 1);
    expect_loads("small/run");
    expect_whole_lines("small/run/metrics.jsonl");
    small_disk_free("small");
    tool_expect(0, NULL, "train --resume small/run");
    expect_whole();
}

Test(tool_disk, stopped_while_full, .timeout = 200) {
    pid_t run = fill_under_run();
    kill(run, SIGTERM);
    SC_EQ(tool_wait(run), 1);
    char *err = tool_get("err.txt", NULL);
    SC_CONTAINS(err, "error: stopped after step ");
    SC_CONTAINS(err, "which is not saved whole: cannot write small/run/checkpoint.safetensors: ");
    SC_CONTAINS(err, " stays, continue with: socle train --resume small/run");
    free(err);
    expect_loads("small/run");
    small_disk_free("small");
    tool_expect(0, NULL, "train --resume small/run");
    expect_whole();
}

/* --- A limit of file size: the second way for a write to fail, without any rights --- */

static size_t size_of(const char *path) {
    struct stat info;
    SC_EQ(stat(path, &info), 0);
    return (size_t)info.st_size;
}

static void limit_files(rlim_t bytes) {
    struct rlimit limit = {bytes, RLIM_INFINITY};
    SC_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#define EACH_EPOCH "--set train.checkpoint.epoch_seconds=0"

/* The first checkpoint holds no best weights yet: it fits, the next does not. */
Test(tool_disk, files_that_may_not_grow) {
    tool_expect(0, NULL, "train tool.yaml -o whole " EACH_EPOCH);
    tool_expect(0, NULL, "train tool.yaml -o none --epochs 0 " EACH_EPOCH);
    size_t first = size_of("none/checkpoint.safetensors"),
           last = size_of("whole/checkpoint.safetensors");
    SC_TRUE(first + 1000 < last);
    limit_files(first + 100);
    tool_expect(1,
                "checkpoint.safetensors: writing: File too large; training goes on, the checkpoint "
                "of step 0 stays",
                "train tool.yaml -o run " EACH_EPOCH);
    tool_expect(1,
                "cannot write run/checkpoint.safetensors: writing: File too large; the checkpoint "
                "of step 0 stays",
                "train --resume run");
    limit_files(first - 100);
    tool_expect(1, "cannot write new/checkpoint.safetensors: writing: File too large",
                "train tool.yaml -o new");
    limit_files(RLIM_INFINITY);
    SC_TRUE(!tool_exists("new/checkpoint.safetensors"));
    expect_no_leftovers("run");
    expect_no_leftovers("new");
    tool_expect(0, NULL, "train --resume run");
    SC_TRUE(tool_same("run/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
}
