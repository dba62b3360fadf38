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

static void check_operation(const json_t *row) {
    static const char *const bounds[] = {"compute", "memory", "launch"};
    const char *bound = json_string_value(json_object_get(row, "bound"));
    check_figure(row);
    SC_EQ_STR(json_string_value(json_object_get(row, "name")), "softmax");
    SC_EQ_STR(json_string_value(json_object_get(row, "unit")), "us");
    SC_TRUE(number(row, "share") > 0.0 && number(row, "gflops") > 0.0);
    double seconds = number(row, "median") * 1e-6;
    SC_NEAR(number(row, "gbytes"), number(row, "bytes") / seconds * 1e-9,
            number(row, "gbytes") * 1e-9);
    SC_TRUE(strcmp(bound, bounds[0]) == 0 || strcmp(bound, bounds[1]) == 0 ||
            strcmp(bound, bounds[2]) == 0);
    SC_TRUE(json_string_length(json_object_get(row, "shape")) > 0);
    SC_TRUE(json_string_length(json_object_get(row, "implementation")) > 0);
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
    tool_result result = tool_run("bench -d cpu --quick --op softmax --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *device = tool_event(lines, "device");
    SC_TRUE(json_string_length(json_object_get(device, "name")) > 0);
    SC_TRUE(json_string_length(json_object_get(device, "driver")) > 0);
    SC_TRUE(json_string_length(json_object_get(device, "socle")) > 0);
    size_t i;
    json_t *row;
    bool operation = false;
    json_array_foreach(lines, i, row) {
        if (strcmp(json_string_value(json_object_get(row, "event")), "operation") == 0) {
            check_operation(row);
            operation = true;
        }
        if (strcmp(json_string_value(json_object_get(row, "event")), "roof") != 0) continue;
        const char *name = json_string_value(json_object_get(row, "name"));
        check_figure(row);
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            seen[n] = seen[n] || strcmp(name, names[n]) == 0;
    }
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        if (!seen[n]) SC_TEST_FAIL("no row is called '%s'", names[n]);
    SC_TRUE(operation);
    json_decref(lines);
    tool_free(&result);
}

/* A line of titles, and in every row as many cells, those of texts in quotation marks. */
Test(tool_bench, rows_are_csv) {
    tool_result result = tool_run("bench -d cpu --quick --op softmax_grad --csv");
    SC_EQ(result.code, 0);
    int rows = 0, operations = 0;
    for (char *line = strtok(result.out, "\n"); line; line = strtok(NULL, "\n"), rows++) {
        int cells = 1;
        bool quoted = false;
        for (const char *c = line; *c; c++) {
            if (*c == '"') quoted = !quoted;
            cells += *c == ',' && !quoted;
        }
        SC_EQ(cells, 22);
        SC_TRUE(!quoted);
        operations += strncmp(line, "operation,cpu:0,\"softmax_grad\",", 31) == 0;
    }
    SC_TRUE(rows > 10);
    SC_EQ(operations, 1);
    tool_free(&result);
}

/* What one run writes the next reads; a file that is there stays. */
Test(tool_bench, a_record_is_kept_and_compared) {
    tool_result result;
    tool_expect(0, NULL, "bench -d cpu --quick --op softmax -o a.json");
    tool_expect(2, "a.json is there already", "bench -d cpu --quick --op softmax -o a.json");
    tool_expect(0, NULL, "bench -d cpu --quick --op gather -o 'b\"b.json'");
    result = tool_run("bench --compare a.json 'b\"b.json' --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, "compare"), *row;
    size_t i;
    int both = 0, softmax = 0, gather = 0;
    SC_EQ(json_array_size(json_object_get(event, "machines")), 2);
    json_array_foreach(json_object_get(event, "rows"), i, row) {
        const char *name = json_string_value(json_object_get(row, "name"));
        const json_t *figures = json_object_get(row, "figures");
        const json_t *a = json_array_get(figures, 0), *b = json_array_get(figures, 1);
        SC_EQ(json_array_size(figures), 2);
        both += json_is_object(a) && json_is_object(b);
        softmax += strcmp(name, "softmax") == 0 && json_is_null(b);
        gather += strcmp(name, "gather") == 0 && json_is_null(a);
    }
    SC_TRUE(both >= 10 && softmax > 0 && gather > 0);
    SC_EQ(both + softmax + gather, (int)json_array_size(json_object_get(event, "rows")));
    json_decref(lines);
    tool_free(&result);
    result = tool_run("bench --compare a.json 'b\"b.json' --csv");
    SC_CONTAINS(result.out, "unit,bytes,batch,\"a.json cpu:0\",\"b\"\"b.json cpu:0\"\n");
    SC_CONTAINS(result.out, "\"operation\",\"softmax\",\"");
    tool_free(&result);
    result = tool_run("bench --compare a.json 'b\"b.json'");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "(1) a.json: cpu:0, ");
    SC_CONTAINS(result.out, "UNIT");
    SC_CONTAINS(result.out, "multiply-add f32");
    tool_free(&result);
}

/* The record holds the rows that --json prints. */
Test(tool_bench, a_record_holds_the_rows) {
    size_t size, i;
    tool_result result = tool_run("bench -d cpu --quick --op softmax --json -o r.json");
    SC_EQ(result.code, 0);
    char *text = tool_get("r.json", &size);
    json_t *root = json_loadb(text, size, 0, NULL), *lines = tool_json_lines(result.out), *row;
    const json_t *machine = json_array_get(json_object_get(root, "machines"), 0);
    const json_t *rows = json_object_get(machine, "rows");
    SC_EQ(json_array_size(lines), json_array_size(rows) + 1); /* and the device */
    json_array_foreach(rows, i, row) SC_TRUE(json_equal(row, json_array_get(lines, i + 1)));
    json_decref(root);
    json_decref(lines);
    free(text);
    tool_free(&result);
}

Test(tool_bench, wrong_records_are_refused) {
    tool_put_text("x.json", "{\"socle_bench\": 1}");
    tool_expect(3, "x.json: socle is no text", "bench --compare x.json");
    tool_expect(3, "nosuch.json", "bench --compare nosuch.json");
    tool_expect(2, "--compare measures nothing", "bench --compare x.json -o y.json");
    tool_expect(2, "--compare measures nothing", "bench --quick --compare x.json");
    SC_TRUE(!tool_exists("y.json"));
}

Test(tool_bench, wrong_calls_are_refused) {
    tool_expect(2, "choose one", "bench -d cpu --json --csv");
    tool_expect(2, "there is no 'resnet'", "bench --net resnet");
    tool_expect(2, "choose one", "bench --net fashion-cnn --op conv2d");
    tool_expect(2, "bench takes no argument", "bench cpu");
    tool_expect(2, "there is no 'softmac'; did you mean 'softmax'?", "bench --op softmac");
    tool_expect(2, "--op: there is no 'pad'", "bench --op pad"); /* is not measured */
}
