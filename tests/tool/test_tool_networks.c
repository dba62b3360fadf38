/* SPDX-License-Identifier: Apache-2.0 */
/* The networks under examples/networks: as large as published, as their generator writes them,
 * within 12 GiB at their batches, and trained for a step, of small pictures (whole in a full test).
 */
#include "tool.h"

static const struct {
    const char *name, *parameters;
    bool quick; /* small enough for a plain ./test */
} networks[] = {
    {"alexnet", "parameters 61,100,840", false},   {"vgg16", "parameters 138,357,544", false},
    {"googlenet", "parameters 13,004,888", false}, {"resnet18", "parameters 11,689,512", true},
    {"resnet50", "parameters 25,557,032", false},  {"mobilenet-v2", "parameters 3,504,872", true},
};
enum { NETWORKS = sizeof networks / sizeof networks[0] };

static void expect_of_each(const char *command, const char *options, const char *text) {
    sc_temp temp;
    tool_begin(&temp, false);
    for (int i = 0; i < NETWORKS; i++) {
        tool_result result = tool_run("%s %s/examples/networks/%s.yaml %s", command, SC_SOURCE_DIR,
                                      networks[i].name, options);
        SC_REPRO("%s: %s%s", networks[i].name, result.out, result.err);
        SC_EQ(result.code, 0);
        SC_CONTAINS(result.out, text ? text : networks[i].parameters);
        tool_free(&result);
    }
    tool_end(&temp);
}

Test(tool_networks, are_as_large_as_published) {
    expect_of_each("summary", "", NULL);
}

Test(tool_networks, are_what_their_program_writes) {
    if (access(SC_PYTHON, X_OK) != 0) cr_skip_test("there is no python3");
    SC_EQ(system(SC_PYTHON " " SC_SOURCE_DIR "/examples/networks/make_networks.py --check"), 0);
}

Test(tool_networks, fit_twelve_gibibytes) {
    expect_of_each("plan", "--device cpu --memory 12G", "budget 12.0 GiB");
}

/* Pictures of 224 x 224 in a full test, else of 64 x 64; which shapes of layers are there does not
 * depend on it. */
Test(tool_networks, train) {
    sc_temp temp;
    tool_begin(&temp, false);
    for (int i = 0; i < NETWORKS; i++) {
        if (!networks[i].quick && !sc_test_full()) continue;
        SC_REPRO("%s", networks[i].name);
        tool_result result = tool_run(
            "train %s/examples/networks/%s.yaml --device cpu --json -o run --overwrite --set "
            "train.steps=2 --set train.batch=4 --set data.train.generate.stripes.samples=8 --set "
            "data.train.generate.stripes.size=%d --memory 12G",
            SC_SOURCE_DIR, networks[i].name, sc_test_full() ? 224 : 64);
        if (result.code != 0) SC_TEST_FAIL("exit code %d: %s", result.code, result.err);
        json_t *lines = tool_json_lines(result.out);
        SC_EQ(json_integer_value(json_object_get(tool_event(lines, "done"), "step")), 2);
        json_decref(lines);
        tool_free(&result);
    }
    tool_end(&temp);
}
