/* SPDX-License-Identifier: Apache-2.0 */
/* A device hangs in a call: after its deadline the others finish the run, the process ends although
 * that call never came back, and in reproducible mode the files are those of an undisturbed run.
 * With no device left it ends with 1. Long: the least deadline is 30 s. */
#include "tool_fault.h"

#define COURSE "train tool.yaml -o run --overwrite --reproducible "

static sc_temp temp;

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_hang, .fini = end, .timeout = 400);

/* A launch in the middle of training. */
static long middle_of(const char *course, const char *device) {
    char words[256];
    snprintf(words, sizeof words, "%s --device %s", course, device);
    long all = tool_launches(words);
    snprintf(words, sizeof words, "%s --epochs 0 --device %s", course, device);
    return (all + tool_launches(words)) / 2;
}

Test(tool_hang, one_of_two) {
    static const char devices[] = "opencl:0/0,opencl:0/1";
    tool_fault_begin(&temp, devices);
    tool_expect(0, NULL, "train tool.yaml -o whole --reproducible --device opencl:0/0");
    long at = middle_of(COURSE, devices);
    SC_REPRO("launch %ld hangs", at);
    tool_fault("hang", at);
    tool_expect(0, "is lost; 1 device goes on", COURSE "--device %s", devices);
    tool_fault_end();
    SC_TRUE(tool_same("run/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("run/checkpoint.safetensors", "whole/checkpoint.safetensors"));
}

Test(tool_hang, the_only_one) {
    tool_fault_begin(&temp, "opencl:0/0");
    tool_fault("hang", middle_of(COURSE, "opencl:0/0"));
    tool_expect(1, "no device is left", COURSE "--device opencl:0/0");
    tool_fault_end();
    tool_expect(0, NULL, "train --resume run --device opencl:0/0");
}
