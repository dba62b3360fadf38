/* SPDX-License-Identifier: Apache-2.0 */
/* See kill_rounds.h. The moments are drawn from a seed; what they hit depends on the machine's
 * speed of the day. */
#include "kill_rounds.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { POLL_MICROSECONDS = 300 };

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* From 0 to below 1. */
static double draw(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (double)(1u << 24);
}

/* Removes the files of a directory. */
static void empty(const char *directory) {
    char path[300];
    DIR *folder = opendir(directory);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) remove(path);
    }
    closedir(folder);
}

/* Loading checks everything; --epochs 0 leaves nothing to train. */
static void expect_loads(const char *name) {
    char path[300];
    snprintf(path, sizeof path, "run/%s", name);
    size_t size;
    char *data = tool_get(path, &size);
    mkdir("probe", 0700);
    tool_put("probe/checkpoint.safetensors", data, size);
    free(data);
    SC_REPRO("loading %s", path);
    tool_expect(0, NULL, "train --resume probe -o loaded --overwrite --epochs 0 --device cpu -q");
}

static int checkpoints(bool load) {
    int count = 0;
    DIR *folder = opendir("run");
    if (!folder) return 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strncmp(entry->d_name, "checkpoint", strlen("checkpoint")) != 0) continue;
        count++;
        if (load) expect_loads(entry->d_name);
    }
    closedir(folder);
    return count;
}

/* Rows 1, 2, 3 ... as often as the configuration has epochs: none lost, none twice. */
static void expect_rows(void) {
    char *text[] = {tool_get("run/metrics.jsonl", NULL), tool_get("whole/metrics.jsonl", NULL)};
    json_t *rows = tool_json_lines(text[0]), *expected = tool_json_lines(text[1]);
    SC_EQ(json_array_size(rows), json_array_size(expected));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i), *same = json_array_get(expected, i);
        SC_EQ(json_integer_value(json_object_get(row, "epoch")), i + 1);
        SC_TRUE(json_equal(json_object_get(row, "loss"), json_object_get(same, "loss")));
    }
    json_decref(rows);
    json_decref(expected);
    free(text[0]);
    free(text[1]);
}

static void expect_whole(void) {
    SC_TRUE(tool_same("run/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    SC_TRUE(tool_same("run/config.json", "whole/config.json"));
    SC_EQ(checkpoints(true), 3);
    expect_rows();
}

static bool has_begun(void) {
    return tool_exists("run/checkpoint.safetensors");
}

static bool printed(const char *text) {
    if (!tool_exists("out.txt")) return false;
    char *out = tool_get("out.txt", NULL);
    bool there = strstr(out, text) != NULL;
    free(out);
    return there;
}

/* Starts the process and kills it `delay` seconds later; its exit code. */
static int run_and_kill(const kill_rounds *plan, double delay) {
    siginfo_t ended = {0};
    remove("out.txt");
    pid_t process = tool_start(has_begun() ? plan->resume : plan->begin);
    while (plan->started && !printed(plan->started) && !ended.si_pid) {
        usleep(POLL_MICROSECONDS);
        waitid(P_PID, (id_t)process, &ended, WEXITED | WNOHANG | WNOWAIT);
    }
    usleep((useconds_t)(delay * 1e6));
    kill(process, SIGKILL);
    return tool_wait(process);
}

static double measure_whole(const kill_rounds *plan) {
    double began = seconds_now(), started = began;
    remove("out.txt");
    pid_t process = tool_start(plan->whole);
    for (siginfo_t ended = {0}; !ended.si_pid; usleep(POLL_MICROSECONDS)) {
        if (plan->started && started == began && printed(plan->started)) started = seconds_now();
        waitid(P_PID, (id_t)process, &ended, WEXITED | WNOHANG | WNOWAIT);
    }
    SC_EQ(tool_wait(process), 0);
    return seconds_now() - started;
}

void kill_rounds_run(const kill_rounds *plan) {
    unsigned state = plan->seed;
    double longest = 0.6 * measure_whole(plan);
    int kills = 0, continued = 0;
    for (int attempt = 0; kills < plan->rounds || continued < plan->rounds / 4; attempt++) {
        if (attempt > 10 * plan->rounds) SC_TEST_FAIL("%d kills in %d attempts", kills, attempt);
        bool continues = has_begun();
        double delay = longest * draw(&state);
        int code = run_and_kill(plan, delay);
        SC_REPRO("seed %u, attempt %d, killed after %.4f s", plan->seed, attempt, delay);
        if (code == 128 + SIGKILL) {
            kills++;
            continued += continues;
            checkpoints(true);
        } else {
            SC_EQ(code, 0);
            expect_whole();
            empty("run");
        }
    }
    tool_expect(0, NULL, "%s", has_begun() ? plan->resume : plan->begin);
    expect_whole();
}
