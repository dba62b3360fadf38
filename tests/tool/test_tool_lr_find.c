/* SPDX-License-Identifier: Apache-2.0 */
/* `socle lr-find`: a rate between the ends, the points behind it, a picture, and nothing else. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_lr_find, .init = begin, .fini = end);

Test(tool_lr_find, proposes_a_rate) {
    tool_result result = tool_run("lr-find tool.yaml --json --steps 60 --from 1e-5 --to 1");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, "lr_find");
    const json_t *points = json_object_get(event, "points"), *first = json_array_get(points, 0);
    double proposal = json_number_value(json_object_get(event, "proposal"));
    SC_TRUE(proposal > 1e-5 && proposal < 1);
    SC_TRUE(json_array_size(points) > 20 && json_array_size(points) <= 60);
    SC_NEAR(json_number_value(json_object_get(first, "learning_rate")), 1e-5, 1e-17);
    SC_TRUE(json_number_value(json_object_get(first, "loss")) > 0);
    json_decref(lines);
    tool_free(&result);
    result = tool_run("lr-find tool.yaml --steps 60 --from 1e-5 --to 1");
    SC_CONTAINS(result.out, "Loss over learning rates");
    SC_CONTAINS(result.out, "the averaged loss falls fastest there");
    tool_free(&result);
    SC_TRUE(!tool_exists("runs"));
}

Test(tool_lr_find, says_what_is_wrong) {
    tool_expect(2, "which configuration?", "lr-find");
    tool_expect(2, "--to: 0.1 is not above --from, 0.1", "lr-find tool.yaml --from 0.1 --to 0.1");
    tool_expect(2, "--steps", "lr-find tool.yaml --steps 5");
    tool_expect(2, "the ending says what is drawn", "lr-find tool.yaml -o rates.gif");
}
