/* SPDX-License-Identifier: Apache-2.0 */
/* Every configuration under examples/ runs as it is, shortened to a few steps, on the cpu backend
 * and through OpenCL (in a plain ./test the first of them); needs the data of Debian's
 * dataset-fashion-mnist. */
#include "tool.h"

static const char *const examples[] = {"fashion-first",    "fashion-mlp",        "fashion-cnn",
                                       "fashion-residual", "fashion-inception",  "fashion-rnn",
                                       "fashion-gru",      "fashion-adversarial"};

static void run_examples(const char *device, bool opencl) {
    sc_temp temp;
    if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) != 0)
        cr_skip_test("dataset-fashion-mnist is not installed");
    tool_begin(&temp, opencl);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        if (!sc_test_takes(device, (int64_t)i, sizeof examples / sizeof examples[0])) continue;
        SC_REPRO("socle train examples/%s.yaml --device %s --set train.steps=3", examples[i],
                 device);
        tool_result result = tool_run(
            "train %s/examples/%s.yaml --device %s --set train.steps=3 --set train.batch=32 --set "
            "data.train.limit=640 --set data.test.limit=96 -o run%d --json",
            SC_SOURCE_DIR, examples[i], device, (int)i);
        if (opencl && result.code == 4) cr_skip_test("no OpenCL device here");
        if (result.code != 0) SC_TEST_FAIL("exit code %d: %s", result.code, result.err);
        json_t *lines = tool_json_lines(result.out);
        json_t *done = tool_event(lines, "done");
        SC_TRUE(json_is_number(json_object_get(done, "test_accuracy")));
        SC_EQ(json_integer_value(json_object_get(done, "step")), 3);
        json_decref(lines);
        tool_free(&result);
        tool_expect(0, NULL, "summary run%d/model.safetensors", (int)i);
    }
    tool_end(&temp);
}

Test(tool_examples, cpu) {
    run_examples("cpu", false);
}

Test(tool_examples, opencl) {
    run_examples("opencl:0", true);
}

/* What share of the test data it gets right, after a few steps or all of its epochs. */
static void learns(const char *example, double soon, double whole) {
    sc_temp temp;
    if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) != 0)
        cr_skip_test("dataset-fashion-mnist is not installed");
    tool_begin(&temp, false);
    SC_REPRO("%s", example);
    tool_result result =
        tool_run("train %s/examples/%s.yaml --device cpu -o run --json %s", SC_SOURCE_DIR, example,
                 sc_test_full() ? "" : "--set train.steps=40 --set data.train.limit=6000");
    if (result.code != 0) SC_TEST_FAIL("exit code %d: %s", result.code, result.err);
    json_t *lines = tool_json_lines(result.out);
    double right = json_number_value(json_object_get(tool_event(lines, "done"), "test_accuracy"));
    SC_TRUE(right >= (sc_test_full() ? whole : soon));
    json_decref(lines);
    tool_free(&result);
    tool_end(&temp);
}

/* Right after their three epochs: the simple network 0.84, gated units 0.887. */
Test(tool_examples, recurrent_networks_learn) {
    learns("fashion-rnn", 0.65, 0.84);
    learns("fashion-gru", 0.65, 0.87);
}

/* The generator and the discriminator of the example, each with its optimizer, go on after a stop
 * to the same bytes, and show what they make. */
Test(tool_examples, two_networks_go_on) {
    static const char some[] = "--device cpu --set data.train.limit=640 --epochs 2";
    sc_temp temp;
    if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) != 0)
        cr_skip_test("dataset-fashion-mnist is not installed");
    tool_begin(&temp, false);
    tool_expect(0, "generator_loss", "train %s/examples/fashion-gan.yaml -o whole %s",
                SC_SOURCE_DIR, some);
    tool_expect(0, NULL, "train %s/examples/fashion-gan.yaml -o part %s --set train.steps=15",
                SC_SOURCE_DIR, some);
    tool_expect(0, NULL, "train --resume part --device cpu --set train.steps=0");
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    SC_TRUE(tool_same("part/pictures-0002.png", "whole/pictures-0002.png"));
    tool_expect(0, NULL, "generate -m whole/model.safetensors -o more.png --count 4 --device cpu");
    tool_expect(
        2, "pixels, and 32767 a side are the most",
        "generate -m whole/model.safetensors -o more.png --count 2000000 --overwrite --device cpu");
    tool_end(&temp);
}
