/* SPDX-License-Identifier: Apache-2.0 */
/* The layer is told by the environment. */
#include "tool_fault.h"

#define LAUNCH "clEnqueueNDRangeKernel"

#ifndef SC_FAULT_LAYER
#define SC_FAULT_LAYER ""
#endif

void tool_fault_begin(sc_temp *temp, const char *devices) {
    if (!SC_FAULT_LAYER[0]) cr_skip_test("built without the fault layer");
    tool_begin(temp, true);
    tool_result result = tool_run("train tool.yaml -o tried --epochs 0 --device %s", devices);
    int code = result.code;
    tool_free(&result);
    if (code == 4) {
        tool_end(temp);
        cr_skip_test("no OpenCL device with two parts here");
    }
    SC_EQ(code, 0);
}

void tool_fault(const char *mode, long at) {
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

void tool_fault_end(void) {
    unsetenv("OPENCL_LAYERS");
}

long tool_launches(const char *words) {
    tool_fault(NULL, 1);
    setenv("FAULT_COUNTS", "counts.txt", 1);
    tool_expect(0, NULL, "%s", words);
    unsetenv("FAULT_COUNTS");
    tool_fault_end();
    char *text = tool_get("counts.txt", NULL);
    const char *at = strstr(text, LAUNCH " ");
    if (!at) SC_TEST_FAIL("no count of " LAUNCH ": %s", text);
    long count = strtol(at + strlen(LAUNCH " "), NULL, 10);
    free(text);
    return count;
}
