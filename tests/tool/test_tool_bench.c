/* SPDX-License-Identifier: Apache-2.0 */
/* `socle bench` as a command: its rows are there, and every figure is a positive number. How large
 * they are is not for a test to say. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_bench, .init = begin, .fini = end);

static double number(const json_t *row, const char *key) {
    const json_t *value = json_object_get(row, key);
    if (!json_is_number(value)) SC_TEST_FAIL("a row has no number '%s'", key);
    return json_number_value(value);
}

static void check_figure(const json_t *row) {
    double low = number(row, "low"), median = number(row, "median"), high = number(row, "high");
    SC_TRUE(isfinite(high) && low > 0.0 && low <= median && median <= high);
    SC_TRUE(number(row, "spread") >= 0.0 && number(row, "samples") >= 5);
    SC_TRUE(json_is_boolean(json_object_get(row, "unsteady")));
    SC_EQ(json_is_true(json_object_get(row, "unsteady")), number(row, "spread") > 0.10);
    SC_TRUE(number(row, "bytes") > 0);
    SC_EQ_STR(json_string_value(json_object_get(row, "device")), "cpu:0");
}

Test(tool_bench, rows_are_json) {
    static const char *const names[] = {"multiply-add f32",
                                        "read",
                                        "write",
                                        "copy",
                                        "launch in a stream",
                                        "launch and wait",
                                        "to device",
                                        "to host",
                                        "to device from pinned",
                                        "to host into pinned"};
    bool seen[sizeof names / sizeof names[0]] = {false};
    tool_result result = tool_run("bench -d cpu --quick --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *device = tool_event(lines, "device");
    SC_TRUE(json_string_length(json_object_get(device, "name")) > 0);
    SC_TRUE(json_string_length(json_object_get(device, "driver")) > 0);
    SC_TRUE(json_string_length(json_object_get(device, "socle")) > 0);
    size_t i;
    json_t *row;
    json_array_foreach(lines, i, row) {
        if (strcmp(json_string_value(json_object_get(row, "event")), "roof") != 0) continue;
        const char *name = json_string_value(json_object_get(row, "name"));
        check_figure(row);
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            seen[n] = seen[n] || strcmp(name, names[n]) == 0;
    }
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        if (!seen[n]) SC_TEST_FAIL("no row is called '%s'", names[n]);
    json_decref(lines);
    tool_free(&result);
}

Test(tool_bench, wrong_calls_are_refused) {
    tool_expect(2, "choose one", "bench -d cpu --json --csv");
    tool_expect(2, "bench takes no argument", "bench cpu");
}
