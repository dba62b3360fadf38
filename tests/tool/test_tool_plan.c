/* SPDX-License-Identifier: Apache-2.0 */
/* `socle plan`: figures that add up and are those of the run, the micro-batch for a budget, and
 * exit codes that scripts can ask. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_plan, .init = begin, .fini = end);

/* Many rows, few weights: what rows take decides. */
#define WIDE "--set network[1].dense=32 --set network[4].dense=4 --batch 192"

/* The plan event of a run with exit code `code`; the caller decrefs. */
static json_t *plan(int code, const char *options) {
    tool_result result = tool_run("plan tool.yaml --json %s", options);
    if (result.code != code)
        SC_TEST_FAIL("plan %s: exit code %d, expected %d: %s", options, result.code, code,
                     result.err);
    json_t *lines = tool_json_lines(result.out), *event = json_incref(tool_event(lines, "plan"));
    if (!event) SC_TEST_FAIL("no plan event in %s", result.out);
    json_decref(lines);
    tool_free(&result);
    return event;
}

static json_int_t number(const json_t *event, const char *key) {
    const json_t *value = json_object_get(event, key);
    if (!json_is_integer(value)) SC_TEST_FAIL("no number %s", key);
    return json_integer_value(value);
}

static bool is_true(const json_t *event, const char *key) {
    const json_t *value = json_object_get(event, key);
    if (!json_is_boolean(value)) SC_TEST_FAIL("no boolean %s", key);
    return json_is_true(value);
}

Test(tool_plan, parts_add_up) {
    json_t *event = plan(0, ""), *value;
    const char *key;
    json_int_t sum = 0;
    json_object_foreach(json_object_get(event, "bytes"), key, value) sum +=
        json_integer_value(value);
    SC_TRUE(sum > 1000);
    SC_EQ(sum, number(event, "total"));
    SC_EQ(number(event, "total") + number(event, "staging"), number(event, "needed")); /* the cpu's
                                                                                          memory is
                                                                                          the host's
                                                                                        */
    SC_TRUE(number(event, "needed") <= number(event, "available"));
    SC_TRUE(number(event, "largest_allocation") <= number(event, "max_allocation"));
    SC_EQ(number(event, "micro_batch"), 16);
    SC_EQ(number(event, "micro_batches"), 1);
    SC_TRUE(is_true(event, "fits") && is_true(event, "resident"));
    SC_EQ_STR(json_string_value(json_object_get(json_object_get(event, "device"), "device")),
              "cpu:0");
    json_decref(event);
}

/* What was said before is what env.json says afterwards. */
Test(tool_plan, is_what_a_run_takes) {
    static const char *const parts[] = {"parameters", "gradients",    "optimizer",  "inputs",
                                        "data",       "coefficients", "activations"};
    json_t *event = plan(0, ""), *bytes = json_object_get(event, "bytes");
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    char *text = tool_get("run/env.json", NULL);
    json_t *environment = json_loads(text, 0, NULL),
           *memory = json_object_get(environment, "memory");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (number(bytes, parts[i]) != number(memory, parts[i]))
            SC_TEST_FAIL("%s: plan says %lld, the run took %lld", parts[i],
                         (long long)number(bytes, parts[i]), (long long)number(memory, parts[i]));
    }
    SC_EQ(number(event, "micro_batch"), number(environment, "micro_batch"));
    SC_TRUE(number(environment, "kernels") > 10);
    SC_EQ(number(environment, "programs"), 0); /* the cpu builds none */
    json_decref(environment);
    json_decref(event);
    free(text);
}

Test(tool_plan, table) {
    tool_expect(0, NULL, "version"); /* what a run of the tool leaves in any case */
    int before = sc_temp_count(&temp);
    tool_result result = tool_run("plan tool.yaml");
    SC_EQ(result.code, 0);
    static const char *const texts[] = {
        "cpu:0",      "PART",
        "parameters", "weight updates ",
        "optimizer",  "activations",
        "total",      "yes",
        "budget ",    "batch of 16: 1 micro-batch of 16, data on the device"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) SC_CONTAINS(result.out, texts[i]);
    SC_TRUE(!strstr(result.out, "NO"));
    tool_result help = tool_run("plan --help"); /* which explains each part */
    char *rows = strstr(result.out, "PART");
    int explained = 0;
    for (char *row = strtok(strchr(rows, '\n'), "\n"); row && strncmp(row, "total", 5) != 0;
         row = strtok(NULL, "\n")) {
        row[strcspn(row, " ")] = '\0'; /* help wraps lines between words */
        SC_CONTAINS(help.out, row);
        explained++;
    }
    SC_TRUE(explained > 5);
    tool_free(&help);
    tool_free(&result);
    SC_EQ(sc_temp_count(&temp), before);
}

/* One byte less than everything takes: the data leave the device, and the batch is split evenly. */
Test(tool_plan, a_budget_splits_the_batch) {
    char options[256];
    json_t *whole = plan(0, WIDE);
    SC_EQ(number(whole, "micro_batch"), 192);
    SC_EQ(number(whole, "micro_batches"), 1);
    snprintf(options, sizeof options, WIDE " --memory %lld",
             (long long)number(whole, "needed") - 1);
    json_t *split = plan(0, options);
    json_int_t rows = number(split, "micro_batch"), parts = number(split, "micro_batches");
    SC_TRUE(is_true(split, "fits") && !is_true(split, "resident"));
    SC_TRUE(parts > 1 && rows == (192 + parts - 1) / parts);
    SC_EQ(number(split, "budget"), number(whole, "needed") - 1);
    SC_TRUE(number(split, "needed") <= number(split, "budget"));
    json_decref(whole);
    json_decref(split);
}

Test(tool_plan, what_does_not_fit) {
    json_t *event = plan(1, "--memory 10K");
    SC_TRUE(!is_true(event, "fits"));
    SC_CONTAINS(json_string_value(json_object_get(event, "problem")),
                "more than the 10240 available of the budget of 10240");
    json_decref(event);
    tool_result result = tool_run("plan tool.yaml --memory 10K");
    SC_EQ(result.code, 1);
    SC_CONTAINS(result.out, "NO");
    SC_CONTAINS(result.err, "holds the most");
    tool_free(&result);
    tool_expect(1, "the micro-batch of 16 takes",
                "plan tool.yaml --memory 10K --set train.micro_batch=16");
}

Test(tool_plan, usage) {
    tool_expect(2, "which configuration", "plan");
    tool_expect(2, "one configuration", "plan tool.yaml tool.yaml");
    tool_expect(2, "--memory: must be a size", "plan tool.yaml --memory much");
    tool_expect(2, "--batch: must be a whole number", "plan tool.yaml --batch 0");
    tool_expect(2, "did you mean '--memory'", "plan tool.yaml --memroy 1G");
    tool_expect(2, "nothere.yaml", "plan nothere.yaml");
    tool_expect(2, "optimiser", "plan tool.yaml --set optimiser=3");
    tool_expect(3, "nothere", "plan tool.yaml --set data.train.images=nothere");
    tool_expect(4, "no device 'opencl:0'", "plan tool.yaml --device opencl:0");
}

/* One table for each device, whose steps are shared. */
Test(tool_plan_devices, several) {
    tool_begin(&temp, true);
    tool_result devices = tool_run("devices");
    bool found = strstr(devices.out, "opencl:0") != NULL;
    tool_free(&devices);
    if (!found) {
        tool_end(&temp);
        cr_skip_test("no OpenCL device here");
    }
    tool_result result = tool_run("plan tool.yaml --json --device cpu,opencl:0");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    SC_EQ(json_array_size(lines), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *event = json_array_get(lines, i);
        SC_TRUE(number(json_object_get(event, "bytes"), "exchange") > 0);
        SC_EQ_STR(json_string_value(json_object_get(json_object_get(event, "device"), "device")),
                  i ? "opencl:0" : "cpu:0");
    }
    json_decref(lines);
    tool_free(&result);
    tool_expect(1, "2 of 2 devices have no room for this run",
                "plan tool.yaml --device cpu,opencl:0 --memory 10K");
    tool_end(&temp);
}
