/* SPDX-License-Identifier: Apache-2.0 */
/* No device is left: the run ends with 1, says which checkpoint stays, and continues from it. The
 * fault layer (tests/faults) makes the driver's calls fail. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
#ifndef SC_FAULT_LAYER
    cr_skip_test("built without the fault layer");
#endif
    tool_begin(&temp, true);
    tool_result result =
        tool_run("train tool.yaml -o tried --epochs 0 --device opencl:0/0,opencl:0/1");
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

TestSuite(tool_lost, .fini = end, .timeout = 200);

#ifdef SC_FAULT_LAYER

#define COURSE "train tool.yaml -o run --reproducible --set train.checkpoint=5 "
#define LAUNCH "clEnqueueNDRangeKernel"

static void fault(const char *mode, long at) {
    char number[32];
    snprintf(number, sizeof number, "%ld", at);
    setenv("OPENCL_LAYERS", SC_FAULT_LAYER, 1);
    setenv("FAULT_CALL", LAUNCH, 1);
    setenv("FAULT_AT", number, 1);
    if (mode)
        setenv("FAULT_MODE", mode, 1);
    else
        unsetenv("FAULT_MODE");
}

/* Launches of a whole process. */
static long launches(const char *words) {
    fault(NULL, 1);
    setenv("FAULT_COUNTS", "counts.txt", 1);
    tool_expect(0, NULL, "%s", words);
    unsetenv("FAULT_COUNTS");
    unsetenv("OPENCL_LAYERS");
    char *text = tool_get("counts.txt", NULL);
    const char *at = strstr(text, LAUNCH " ");
    if (!at) SC_TEST_FAIL("no count of " LAUNCH ": %s", text);
    long count = strtol(at + strlen(LAUNCH " "), NULL, 10);
    free(text);
    return count;
}

static void expect_continues(const char *device) {
    tool_result result = tool_run(COURSE "%s", device);
    unsetenv("OPENCL_LAYERS");
    SC_EQ(result.code, 1);
    SC_CONTAINS(result.err, "error: no device is left");
    SC_CONTAINS(result.err, "; the checkpoint of step ");
    SC_CONTAINS(result.err, " stays, continue with: socle train --resume run");
    tool_free(&result);
    tool_expect(0, NULL, "train --resume run --device opencl:0/0");
    SC_TRUE(tool_same("run/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
}

/* It dies in the first step, in the middle and near the end. */
static void lose(const char *mode, const char *device) {
    char words[256];
    begin();
    tool_expect(
        0, NULL,
        "train tool.yaml -o whole --reproducible --set train.checkpoint=5 --device opencl:0/0");
    snprintf(words, sizeof words, COURSE "%s", device);
    long all = launches(words);
    snprintf(words, sizeof words, COURSE "--epochs 0 %s", device);
    long before = launches(words);
    for (int part = 1; part <= 5; part += 2) {
        long at = before + (all - before) * part / 6;
        SC_REPRO("%s, launch %ld of %ld, %s", mode, at, all, device);
        fault(mode, at);
        expect_continues(device);
    }
}

Test(tool_lost, the_only_device) {
    lose("dead", "--device opencl:0/0");
}

Test(tool_lost, all_of_two) {
    lose("ever", "--device opencl:0/0,opencl:0/1");
}

#else

Test(tool_lost, no_layer) {
    begin();
}

#endif
