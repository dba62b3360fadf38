/* SPDX-License-Identifier: Apache-2.0 */
/* Runs whose bytes are a function of data, configuration and seed: instruction sets, threads,
 * OpenCL devices and mixtures of them against one cpu run; what is refused. */
#include "tool.h"

#define TRAIN "train tool.yaml --epochs 1 --set train.steps=8 "

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, true);
    setenv("SOCLE_CPU_ISA", "baseline", 1);
    tool_expect(0, NULL, TRAIN "-o plain --reproducible=portable --device cpu --threads 1");
    unsetenv("SOCLE_CPU_ISA");
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_portable, .init = begin, .fini = end);

/* The run that `result` is of has the bytes of the plain one; false: it was refused, by name. */
static bool is_plain(tool_result *result, const char *devices) {
    bool refused = result->code != 0;
    if (refused) SC_CONTAINS(result->err, "portable: ");
    if (!refused && !tool_same("other/model.safetensors", "plain/model.safetensors"))
        SC_TEST_FAIL("%s has other bytes than the plain cpu run", devices);
    tool_free(result);
    return !refused;
}

Test(tool_portable, instruction_sets_and_threads) {
    static const char *const sets[] = {"baseline", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        setenv("SOCLE_CPU_ISA", sets[i], 1);
        tool_result result = tool_run(
            TRAIN "-o other --overwrite --reproducible=portable --device cpu,cpu --threads 2");
        bool absent = result.code == 2 && strstr(result.err, "this processor and build offer");
        if (absent)
            tool_free(&result);
        else
            SC_TRUE(is_plain(&result, sets[i]));
    }
}

Test(tool_portable, opencl) {
    static const char *const devices[] = {"opencl:0", "opencl:0=3,cpu=1"};
    tool_result present = tool_run("devices");
    bool found = strstr(present.out, "opencl:0") != NULL;
    tool_free(&present);
    if (!found) {
        tool_end(&temp);
        cr_skip_test("no OpenCL device");
    }
    for (int i = 0; i < 2; i++) {
        tool_result result =
            tool_run(TRAIN "-o other --overwrite --reproducible=portable --device %s", devices[i]);
        if (!is_plain(&result, devices[i])) {
            tool_end(&temp);
            cr_skip_test("opencl:0 cannot be portable");
        }
    }
}

/* The key takes what it always took, and one word more. */
Test(tool_portable, words) {
    tool_expect(0, NULL, TRAIN "-o other --device cpu --set train.reproducible=portable");
    SC_TRUE(tool_same("other/model.safetensors", "plain/model.safetensors"));
    tool_expect(0, NULL, TRAIN "-o true --device cpu --set train.reproducible=true");
    tool_expect(0, NULL, TRAIN "-o false --device cpu --set train.reproducible=false");
    tool_expect(0, "another train.reproducible (true then, \"portable\" now)",
                "train --resume true -o next --epochs 2 --reproducible=portable");
    tool_expect(2, "train.reproducible: unknown reproducible 'portabel'",
                TRAIN "-o bad --set train.reproducible=portabel");
    tool_expect(2, "--reproducible=yes", TRAIN "-o bad --reproducible=yes");
}
