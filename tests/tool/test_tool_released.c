/* SPDX-License-Identifier: Apache-2.0 */
/* Files of every release stay readable (tests/released): a model gives the predictions that the
 * release gave, a checkpoint is continued to the end of its run. What a newer program wrote is
 * refused with a text that says so. */
#include "tool.h"

#include <math.h>
#include <sys/stat.h>

#define RELEASED SC_SOURCE_DIR "/tests/released/"
#define CONTINUE "train " RELEASED "net.yaml --resume run --device cpu"
static const char *const releases[] = {"0.1"};
enum { RELEASES = sizeof releases / sizeof releases[0], LINES = 64, OUTPUTS = 10 };

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_released, .init = begin, .fini = end, .timeout = 100);

static char *released(const char *release, const char *name, size_t *size) {
    char path[512];
    snprintf(path, sizeof path, RELEASED "%s/%s", release, name);
    return tool_get(path, size);
}

/* Copies a file of the release into the folder; `swap` is written over the first `found` in it,
 * which is as long. */
static void take(const char *release, const char *name, const char *as, const char *found,
                 const char *swap) {
    size_t size;
    char *bytes = released(release, name, &size);
    for (size_t i = 0; found && i + strlen(found) <= size; i++)
        if (memcmp(bytes + i, found, strlen(found)) == 0) {
            memcpy(bytes + i, swap, strlen(swap));
            found = NULL;
        }
    SC_TRUE(!found);
    tool_put(as, bytes, size);
    free(bytes);
}

/* Class, its probability, then the outputs. */
static void compare_line(const char *found, const char *expected) {
    char *ends[2];
    for (int i = 0; i < 2 + OUTPUTS; i++) {
        double value[2] = {strtod(found, &ends[0]), strtod(expected, &ends[1])};
        SC_TRUE(ends[0] != found && ends[1] != expected);
        /* Sums of fewer than 300 terms in another order, of numbers up to 3. */
        if (fabs(value[0] - value[1]) > (i ? 1e-4 : 0))
            SC_TEST_FAIL("number %d is %.9g, the release had %.9g", i, value[0], value[1]);
        found = ends[0];
        expected = ends[1];
    }
}

static void same_predictions(const char *release) {
    char *expected = released(release, "predicted.txt", NULL);
    take(release, "model.safetensors", "model.safetensors", NULL, NULL);
    tool_result result = tool_run("predict -m model.safetensors --input " SC_SOURCE_DIR
                                  "/tests/golden/images-idx3-ubyte --device cpu --all");
    SC_EQ(result.code, 0);
    const char *a = result.out, *b = expected;
    for (int line = 0; line < LINES; line++) {
        SC_REPRO("release %s, line %d", release, line + 1);
        compare_line(a, b);
        a = strchr(a, '\n') + 1;
        b = strchr(b, '\n') + 1;
    }
    sc_repro_line[0] = '\0';
    SC_EQ(*b, '\0');
    tool_free(&result);
    free(expected);
}

Test(tool_released, models_give_the_same_predictions) {
    for (int r = 0; r < RELEASES; r++) {
        same_predictions(releases[r]);
        tool_expect(0, NULL, "inspect model.safetensors");
        tool_expect(0, NULL, "summary model.safetensors");
    }
}

/* The run ended in its second epoch of three. */
Test(tool_released, checkpoints_are_continued) {
    for (int r = 0; r < RELEASES; r++) {
        SC_EQ(mkdir("run", 0700), 0);
        take(releases[r], "checkpoint.safetensors", "run/checkpoint.safetensors", NULL, NULL);
        tool_result result = tool_run(CONTINUE);
        SC_EQ(result.code, 0);
        SC_CONTAINS(result.err, "continuing after step 13 (epoch 2)");
        SC_TRUE(!strstr(result.err, "with other options")); /* they are the same */
        tool_free(&result);
        size_t size;
        char *text = tool_get("run/metrics.jsonl", &size);
        json_t *lines = tool_json_lines(text), *last = NULL;
        size_t i;
        json_t *line;
        json_array_foreach(lines, i, line) if (json_object_get(line, "epoch")) last = line;
        SC_EQ(json_integer_value(json_object_get(last, "epoch")), 3);
        SC_TRUE(json_number_value(json_object_get(last, "val_accuracy")) > 0.4);
        json_decref(lines);
        free(text);
        tool_expect(0, NULL, "inspect run/model.safetensors");
    }
}

Test(tool_released, newer_files_are_refused) {
    const char *release = releases[RELEASES - 1];
    static const char newer[] = "of version 7, this program reads version 1; use a newer program";
    take(release, "model.safetensors", "model.safetensors", "\"version\": \"1\"",
         "\"version\": \"7\"");
    tool_expect(3, newer, "summary model.safetensors");
    tool_expect(3, newer, "predict -m model.safetensors --input test-images");
    SC_EQ(mkdir("run", 0700), 0);
    take(release, "checkpoint.safetensors", "run/checkpoint.safetensors",
         "\"checkpoint_version\": \"1\"", "\"checkpoint_version\": \"7\"");
    tool_expect(3,
                "is a checkpoint of version 7, this program reads version 1; use a newer program",
                CONTINUE);
}
