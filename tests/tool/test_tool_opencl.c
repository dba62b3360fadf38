/* SPDX-License-Identifier: Apache-2.0 */
/* The tool with an OpenCL device, and on a system that has none. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, true);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_opencl, .init = begin, .fini = end);

/* An ICD loader that finds no driver. */
static void without_drivers(void) {
    setenv("OCL_ICD_VENDORS", "no-drivers", 1);
    unsetenv("SOCLE_DEVICE");
}

Test(tool_opencl, without_a_driver_auto_is_the_cpu) {
    without_drivers();
    tool_result result = tool_run("train tool.yaml -o out");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err, "no OpenCL device found, using the plain cpu backend\n");
    tool_free(&result);
    tool_expect(0, NULL, "train tool.yaml -o cpu --device cpu");
    SC_TRUE(tool_same("out/model.safetensors", "cpu/model.safetensors"));
}

Test(tool_opencl, without_a_driver_others_are_errors) {
    without_drivers();
    tool_expect(4, "no device 'opencl:0'", "train tool.yaml -o out --device opencl:0");
    tool_expect(4, "no device 'gpu'", "train tool.yaml -o out --device gpu");
    SC_TRUE(!tool_exists("out"));
}

Test(tool_opencl, without_a_driver_devices_says_what_to_install) {
    without_drivers();
    tool_result result = tool_run("devices");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "cpu:0");
    SC_TRUE(!strstr(result.out, "opencl:0"));
    if (SC_HAVE_OPENCL) SC_CONTAINS(result.err, "apt-get install pocl-opencl-icd");
    tool_free(&result);
}

Test(tool_opencl, a_broken_driver_keeps_nobody_from_the_cpu) {
    mkdir("broken", 0700);
    tool_put_text("broken/broken.icd", "/nowhere/libnothing.so\n");
    setenv("OCL_ICD_VENDORS", "broken", 1);
    unsetenv("SOCLE_DEVICE");
    tool_expect(0, NULL, "train tool.yaml -o out");
}

static bool has_opencl(void) {
    tool_result result = tool_run("devices");
    bool found = strstr(result.out, "opencl:0") != NULL;
    tool_free(&result);
    return found;
}

Test(tool_opencl, training_through_opencl) {
    if (!has_opencl()) cr_skip_test("no OpenCL device");
    unsetenv("SOCLE_DEVICE");
    tool_result result = tool_run("train tool.yaml -o a --device opencl:0");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "test accuracy 1.0000");
    tool_free(&result);
    tool_expect(0, NULL, "train tool.yaml -o b --device opencl:0");
    SC_TRUE(tool_same("a/model.safetensors", "b/model.safetensors"));
    tool_expect(0, NULL, "train tool.yaml -o part --device opencl:0 --set train.steps=14");
    setenv("SOCLE_DEVICE", "opencl:0", 1);
    tool_expect(0, NULL, "train --resume part --set train.steps=0");
    tool_expect(0, NULL, "eval -m part/model.safetensors --data tool.yaml --min-accuracy 0.99");
    tool_expect(0, NULL,
                "eval -m a/model.safetensors --data tool.yaml --device cpu --min-accuracy 0.99");
    tool_expect(0, NULL, "train tool.yaml -o prof --epochs 1 --profile profile.json");
}
