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

/* A random case is named by its number and the length of the sweep, and comes back alone. */
Test(tool_verify, random_cases_repeat) {
    tool_result result =
        tool_run("verify -d cpu --random 20 --family conv --seed 3 --json --no-record");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out),
           *last = json_array_get(lines, json_array_size(lines) - 2);
    SC_EQ(json_integer_value(json_object_get(last, "case")), 19);
    const char *repeat = json_string_value(json_object_get(last, "repeat"));
    SC_CONTAINS(repeat, "--case 19 --seed 3 --random 20");
    tool_result again = tool_run("%s --json --no-record", repeat + 6);
    SC_EQ(again.code, 0);
    json_t *other = tool_json_lines(again.out), *first = json_array_get(other, 0);
    SC_EQ((int)json_array_size(other), 2);
    SC_TRUE(json_equal(first, last));
    json_decref(lines);
    json_decref(other);
    tool_free(&again);
    tool_free(&result);
}

Test(tool_verify, what_is_unsupported_is_named) {
    tool_result result =
        tool_run("verify -d cpu --random 200 --family reduce --implementation blocks --no-record");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "unsupported: cpu:0 reduce blocks, ");
    tool_free(&result);
}

Test(tool_verify, the_quick_part_passes) {
    tool_result result = tool_run("verify -d cpu --quick --no-record --family pool");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, " passed, 0 failed");
    tool_free(&result);
}

Test(tool_verify, mistakes) {
    tool_expect(2, "did you mean 'conv'?", "verify --family conf");
    tool_expect(2, "--random draws cases of its own", "verify --random 5 --quick");
    tool_expect(2, "--random", "verify --random 0");
    tool_expect(2, "did you mean 'softmax'?", "verify --op sofmax");
    tool_expect(2, "no case matches", "verify --small --op softmax --implementation nosuch");
    tool_expect(2, "no argument", "verify cpu");
    tool_expect(4, "no device", "verify --device nosuch --small");
}
