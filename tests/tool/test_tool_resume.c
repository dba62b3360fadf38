/* SPDX-License-Identifier: Apache-2.0 */
/* --resume on other devices: the same bytes in reproducible mode on devices of one kind, whatever
 * their number; the same within rounding on another backend, or on several devices without that
 * mode. */
#include "tool.h"

#define ONE "--device opencl:0/0"
#define TWO "--device opencl:0/0,opencl:0/1"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, true);
    tool_result result = tool_run("train tool.yaml -o tried --epochs 0 " TWO);
    int code = result.code;
    tool_free(&result);
    if (code == 4) {
        tool_end(&temp);
        cr_skip_test("no OpenCL device with two parts here");
    }
    SC_EQ(code, 0);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_resume, .fini = end, .timeout = 400);

/* Stopped within the second epoch on `first`, continued on `then`. */
static void expect_same_bytes(const char *first, const char *then) {
    SC_REPRO("%s, then %s", first, then);
    tool_expect(0, NULL,
                "train tool.yaml -o part --overwrite --reproducible --set train.steps=17 %s",
                first);
    tool_expect(0, NULL, "train --resume part --set train.steps=0 %s", then);
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors"));
}

Test(tool_resume, reproducible_on_any_number_of_devices) {
    begin();
    tool_expect(0, NULL, "train tool.yaml -o whole --reproducible " ONE);
    expect_same_bytes(TWO, ONE);
    if (sc_test_full()) expect_same_bytes(ONE, TWO);
}

/* The training losses of the epochs, from the metrics. */
static int losses(double out[8], const char *path) {
    char *text = tool_get(path, NULL);
    json_t *rows = tool_json_lines(text);
    int count = (int)json_array_size(rows);
    for (int i = 0; i < count && i < 8; i++)
        out[i] = json_number_value(json_object_get(json_array_get(rows, (size_t)i), "loss"));
    json_decref(rows);
    free(text);
    return count;
}

/* A run that stopped within its second epoch, and one that did not: to step `steps`. */
static void make_runs(int steps) {
    tool_expect(0, NULL, "train tool.yaml -o whole --set train.steps=%d " ONE, steps);
    tool_expect(0, NULL, "train tool.yaml -o part --set train.steps=14 " ONE);
}

static void expect_near(const char *then, int steps) {
    double expected[8], now[8];
    SC_REPRO("14 steps on opencl, up to step %d %s", steps, then);
    tool_expect(0, "continuing after step 14",
                "train --resume part -o on --overwrite --set train.steps=%d %s", steps, then);
    int count = losses(expected, "whole/metrics.jsonl");
    SC_EQ(losses(now, "on/metrics.jsonl"), count);
    for (int i = 0; i < count; i++) SC_NEAR(now[i], expected[i], 1e-4 * expected[i]);
}

/* The next step, and the next epochs. In fast the cpu beside the device stands for the cpu alone.
 */
Test(tool_resume, goes_on_within_rounding) {
    begin();
    make_runs(30);
    expect_near("--device opencl:0/0,cpu", 30);
    if (!sc_test_full()) return;
    expect_near("--device cpu", 30);
    expect_near(TWO, 30);
    tool_expect(0, NULL, "train tool.yaml -o whole --overwrite --set train.steps=15 " ONE);
    expect_near("--device cpu", 15);
    expect_near(TWO, 15);
}
