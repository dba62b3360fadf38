/* SPDX-License-Identifier: Apache-2.0 */
/* `socle verify` as a command: rows, totals and exit codes. What it checks is tested elsewhere. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_verify, .init = begin, .fini = end);

Test(tool_verify, small_cases_pass) {
    tool_result result = tool_run("verify --small --op softmax");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, " passed, 0 failed");
    SC_CONTAINS(result.err, "checking cpu:0");
    tool_free(&result);
}

Test(tool_verify, rows_are_json) {
    tool_result result = tool_run("verify --small --op softmax --case 0 --json --no-record");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *check = tool_event(lines, "check"),
           *done = tool_event(lines, "done");
    SC_EQ_STR(json_string_value(json_object_get(check, "operation")), "softmax");
    SC_EQ_STR(json_string_value(json_object_get(check, "state")), "pass");
    SC_EQ(json_integer_value(json_object_get(done, "failed")), 0);
    SC_EQ(json_integer_value(json_object_get(done, "passed")), (int64_t)json_array_size(lines) - 1);
    /* The line that repeats a check does. */
    const char *repeat = json_string_value(json_object_get(check, "repeat"));
    SC_TRUE(strncmp(repeat, "socle ", 6) == 0);
    tool_expect(0, NULL, "%s", repeat + 6);
    json_decref(lines);
    tool_free(&result);
}

Test(tool_verify, mistakes) {
    tool_expect(2, "did you mean 'softmax'?", "verify --op sofmax");
    tool_expect(2, "no case matches", "verify --small --op softmax --implementation nosuch");
    tool_expect(2, "no argument", "verify cpu");
    tool_expect(4, "no device", "verify --device nosuch --small");
}
