/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that prepare images, within a network on the cpu backend and through OpenCL: it learns,
 * and both say the same of the same weights. */
#include "tool.h"

#include <math.h>

static const char network[] =
    "--set 'network=[{concat: [input, input, input]}, {blur: 0.7}, grey, {resize: "
    "[6, 5]}, {resize: {size: 8, method: nearest}}, standardise, flatten, {dense: 16}, relu, "
    "{dense: "
    "4}]'";

static json_t *predicted(const char *device) {
    tool_result result =
        tool_run("predict --json -m run/model.safetensors --input test-images --device %s", device);
    if (result.code != 0) SC_TEST_FAIL("%s: %s", device, result.err);
    json_t *lines = tool_json_lines(result.out);
    tool_free(&result);
    return lines;
}

static double output_of(const json_t *lines, size_t sample, size_t output) {
    return json_number_value(
        json_array_get(json_object_get(json_array_get(lines, sample), "outputs"), output));
}

static void train_and_compare(const char *device, bool opencl) {
    sc_temp temp;
    tool_begin(&temp, opencl);
    tool_result result = tool_run("train tool.yaml -o run --json --device %s --epochs %d %s",
                                  device, opencl ? 2 : 6, network);
    if (opencl && result.code == 4) cr_skip_test("no OpenCL device here");
    if (result.code != 0) SC_TEST_FAIL("exit code %d: %s", result.code, result.err);
    json_t *lines = tool_json_lines(result.out);
    const double accuracy =
        json_number_value(json_object_get(tool_event(lines, "done"), "test_accuracy"));
    SC_TRUE(accuracy > (opencl ? 0.3 : 0.8));
    json_decref(lines);
    tool_free(&result);
    tool_expect(0, NULL, "check-gradient tool.yaml --samples 1 --weights 2 %s", network);
    if (opencl) {
        json_t *here = predicted(device), *there = predicted("cpu");
        for (size_t i = 0; i < TOOL_TEST; i++)
            for (size_t c = 0; c < TOOL_CLASSES; c++)
                SC_NEAR(output_of(here, i, c), output_of(there, i, c), 1e-5);
        json_decref(here);
        json_decref(there);
    }
    tool_end(&temp);
}

Test(tool_image_layers, cpu) {
    train_and_compare("cpu", false);
}

Test(tool_image_layers, opencl) {
    train_and_compare("opencl:0", true);
}
