/* SPDX-License-Identifier: Apache-2.0 */
/* The promise of --reproducible at full size: examples/fashion-cnn.yaml, with dropout and
 * augmentation, and the same network with batch normalisation, 50 steps of 128 on one OpenCL
 * device, on two and on three members, leave the same bytes in their files. Needs the data of
 * Debian's dataset-fashion-mnist. */
#include "tool.h"

static const char *const devices[] = {"opencl:0/0", "opencl:0/0,opencl:0/1",
                                      "opencl:0/0=1,opencl:0/1=2,opencl:0/0=1.5"};

static void same_files(const char *change) {
    sc_temp temp;
    if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) != 0)
        cr_skip_test("dataset-fashion-mnist is not installed");
    tool_begin(&temp, true);
    for (int i = 0; i < 3; i++) {
        SC_REPRO("%s on %s", change, devices[i]);
        tool_result result = tool_run(
            "train %s/examples/fashion-cnn.yaml --reproducible --set train.steps=50 --device %s %s "
            "--set "
            "'train.augment={shift: 2, flip: horizontal}' --set data.test.limit=1000 -o run%d",
            SC_SOURCE_DIR, devices[i], change, i);
        if (result.code == 4 || strstr(result.err, "goes on without"))
            cr_skip_test("no OpenCL device with two parts here");
        if (result.code != 0) SC_TEST_FAIL("exit code %d: %s", result.code, result.err);
        tool_free(&result);
        if (!i) continue;
        char model[64], checkpoint[64];
        snprintf(model, sizeof model, "run%d/model.safetensors", i);
        snprintf(checkpoint, sizeof checkpoint, "run%d/checkpoint.safetensors", i);
        SC_TRUE(tool_same("run0/model.safetensors", model));
        SC_TRUE(tool_same("run0/checkpoint.safetensors", checkpoint));
    }
    tool_end(&temp);
}

Test(tool_same, fashion_cnn) {
    same_files("");
}

Test(tool_same, batch_normalisation) {
    same_files("--set network[1]=batchnorm --set network[4]=batchnorm");
}
