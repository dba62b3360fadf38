/* SPDX-License-Identifier: Apache-2.0 */
/* No device is left: the run ends with 1, says which checkpoint stays, and continues from it. The
 * fault layer (tests/faults) makes the driver's calls fail. */
#include "tool_fault.h"

static sc_temp temp;

static void begin(void) {
    tool_fault_begin(&temp, "opencl:0/0,opencl:0/1");
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_lost, .fini = end, .timeout = 400);

#define COURSE "train tool.yaml -o run --overwrite --reproducible --set train.checkpoint=5 "

static void expect_continues(const char *device) {
    tool_result result = tool_run(COURSE "%s", device);
    tool_fault_end();
    SC_EQ(result.code, 1);
    SC_CONTAINS(result.err, "error: no device is left");
    SC_CONTAINS(result.err, "; the checkpoint of step ");
    SC_CONTAINS(result.err, " stays, continue with: socle train --resume run");
    tool_free(&result);
    tool_expect(0, NULL, "train --resume run --device opencl:0/0");
    SC_TRUE(tool_same("run/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
}

/* It dies in the middle; in the long part also in the first step and near the end. */
static void lose(const char *mode, const char *device) {
    char words[256];
    begin();
    tool_expect(
        0, NULL,
        "train tool.yaml -o whole --reproducible --set train.checkpoint=5 --device opencl:0/0");
    snprintf(words, sizeof words, COURSE "%s", device);
    long all = tool_launches(words);
    snprintf(words, sizeof words, COURSE "--epochs 0 %s", device);
    long before = tool_launches(words);
    for (int part = 1; part <= 5; part += 2) {
        if (part != 3 && !sc_test_full()) continue;
        long at = before + (all - before) * part / 6;
        SC_REPRO("%s, launch %ld of %ld, %s", mode, at, all, device);
        tool_fault(mode, at);
        expect_continues(device);
    }
}

/* In fast two devices stand for one. */
Test(tool_lost, all_of_one_or_two) {
    lose("ever", "--device opencl:0/0,opencl:0/1");
    if (!sc_test_full()) return;
    end();
    lose("dead", "--device opencl:0/0");
}
