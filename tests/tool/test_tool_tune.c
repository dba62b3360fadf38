/* SPDX-License-Identifier: Apache-2.0 */
/* `socle tune` as a command: it finds something, keeps it, goes on where it was, and what it found
 * steers runs without changing how often they give the same bytes. */
#include "tool.h"

#include <signal.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
    setenv("XDG_DATA_HOME", sc_temp_file(&temp, "home"), 1);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_tune, .init = begin, .fini = end);

#define RECORD "home/socle/records/measured.json"

static json_t *record(void) {
    json_t *root = json_load_file(RECORD, 0, NULL);
    if (!root) SC_TEST_FAIL("there is no record");
    return root;
}

/* Candidates that are known, over all shapes. */
static int known(void) {
    const char *a, *b, *c;
    json_t *device, *operation, *shape, *root = record();
    int count = 0;
    json_object_foreach(json_object_get(root, "devices"), a, device) {
        json_object_foreach(device, b, operation) {
            json_object_foreach(operation, c, shape) count += (int)json_object_size(shape);
        }
    }
    json_decref(root);
    return count;
}

static int tried(const tool_result *result) {
    json_t *lines = tool_json_lines(result->out), *line;
    size_t i;
    int count = 0;
    json_array_foreach(lines, i, line) {
        SC_EQ_STR(json_string_value(json_object_get(line, "event")), "tuned");
        SC_TRUE(json_is_string(json_object_get(line, "best")));
        SC_TRUE(json_number_value(json_object_get(line, "microseconds")) > 0);
        count += (int)json_integer_value(json_object_get(line, "tried"));
    }
    SC_TRUE(json_array_size(lines) > 0);
    json_decref(lines);
    return count;
}

Test(tool_tune, a_network_is_searched_once) {
    tool_result result = tool_run("tune tool.yaml --minutes 2 --json");
    SC_EQ(result.code, 0);
    int first = tried(&result);
    tool_free(&result);
    SC_TRUE(first >= known() && known() >= 4);
    result = tool_run("tune tool.yaml --minutes 2 --json");
    SC_EQ(result.code, 0);
    SC_EQ(tried(&result), 0); /* all of it is known */
    tool_free(&result);
}

static char *hash_of(const char *run) {
    char name[64];
    snprintf(name, sizeof name, "%s/env.json", run);
    json_t *root = json_load_file(name, 0, NULL);
    const char *text = json_string_value(json_object_get(root, "record"));
    char *out = text ? strdup(text) : NULL;
    json_decref(root);
    return out;
}

/* Same record, same bits; and the record is named in env.json. */
Test(tool_tune, runs_use_it) {
    tool_expect(0, NULL, "train tool.yaml -o without --epochs 1");
    SC_TRUE(hash_of("without") == NULL);
    tool_expect(0, NULL, "tune tool.yaml --minutes 0.5");
    tool_expect(0, NULL, "train tool.yaml -o one --epochs 1");
    tool_expect(0, NULL, "train tool.yaml -o two --epochs 1");
    SC_TRUE(tool_same("one/model.safetensors", "two/model.safetensors"));
    char *one = hash_of("one"), *two = hash_of("two");
    SC_TRUE(one && two && strlen(one) == 32);
    SC_EQ_STR(one, two);
    free(one);
    free(two);
}

/* Stopped by Ctrl-C: what was measured is there, and no process is left. */
Test(tool_tune, is_stopped) {
    pid_t process = tool_start("tune --minutes 5 --op conv2d -v");
    for (int i = 0; i < 600 && !tool_exists(RECORD); i++) usleep(50000);
    SC_TRUE(tool_exists(RECORD));
    kill(process, SIGINT);
    SC_EQ(tool_wait(process), 130);
    char *text = tool_get("err.txt", NULL);
    SC_CONTAINS(text, "the same command goes on");
    free(text);
    SC_TRUE(known() >= 1);
}

Test(tool_tune, files_of_others) {
    tool_expect(0, NULL, "tune --op softmax --minutes 0.2");
    tool_put_text("empty.json", "{\"version\": 1, \"devices\": {}}");
    tool_put_text("damaged.json", "{\"version\": 1");
    int before = known();
    tool_expect(0, "0 measurements taken over", "tune --merge empty.json " RECORD);
    tool_expect(3, "damaged.json", "tune --merge empty.json damaged.json");
    tool_expect(3, "none.json", "tune --merge none.json");
    SC_EQ(known(), before);
    tool_put_text("other.json",
                  "{\"version\": 1, \"devices\": {\"a | 1\": {\"softmax\": {\"s\": {\"plain\": "
                  "\"round 1: 5.0 us, chosen\"}}}}}");
    tool_expect(0, "1 measurements taken over", "tune --merge other.json");
    SC_EQ(known(), before + 1);
}

Test(tool_tune, lists) {
    tool_put_text("list.txt", "# layers\n\n dense 4 20 10\r\nlayer_norm\t8 33\nattention 2 8 2 4");
    tool_result result = tool_run("tune --shapes list.txt --minutes 1 --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    SC_EQ(json_array_size(lines), 3 + 2 + 3);
    json_decref(lines);
    tool_free(&result);
    tool_put_text("list.txt", "dense 4 20 10\ndens 1 2 3\n");
    tool_expect(3, "list.txt, line 2: 'dens' names no layer; did you mean 'dense'?",
                "tune --shapes list.txt");
    tool_put_text("list.txt", "conv 1 2 3 4 5\n");
    tool_expect(3, "line 1: conv has 6 sizes", "tune --shapes list.txt");
    tool_put_text("list.txt", "sum 4 0\n");
    tool_expect(3, "line 1: sum has 2 sizes, each from 1", "tune --shapes list.txt");
    tool_put_text("list.txt", "dense 1048576 1048576 1048576\n");
    tool_expect(3, "line 1", "tune --shapes list.txt");
    tool_put_text("list.txt", "conv 1 1 1 2 9 1\nconv 1 1 1 1 1048576 1048576");
    tool_expect(3, "line 2", "tune --shapes list.txt");
    tool_expect(3, "none.txt", "tune --shapes none.txt");
}

/* A record may choose another implementation: the results are near, and each time the same. */
Test(tool_tune, another_choice) {
    tool_expect(0, NULL, "train tool.yaml -o first --epochs 1");
    tool_expect(0, NULL, "tune tool.yaml --minutes 1");
    json_t *root = record(), *device, *operation, *shape, *text;
    const char *a, *b, *c, *d;
    json_object_foreach(json_object_get(root, "devices"), a, device) {
        json_object_foreach(device, b, operation) {
            json_object_foreach(operation, c, shape) {
                json_object_foreach(shape, d, text) {
                    const char *says =
                        strcmp(d, "plain") == 0 ? "round 3: 1.0 us, chosen" : "round 3: 2.0 us";
                    json_string_set(text, says);
                }
            }
        }
    }
    SC_EQ(json_dump_file(root, RECORD, 0), 0);
    json_decref(root);
    tool_expect(0, NULL, "train tool.yaml -o one --epochs 1");
    tool_expect(0, NULL, "train tool.yaml -o two --epochs 1");
    SC_TRUE(tool_same("one/model.safetensors", "two/model.safetensors"));
    char *environment = tool_get("one/env.json", NULL);
    SC_CONTAINS(environment, "\"implementation\": \"plain\"");
    free(environment);
    json_t *of[2];
    const char *runs[] = {"first", "one"};
    for (int i = 0; i < 2; i++) {
        tool_result result =
            tool_run("eval -m %s/model.safetensors --data tool.yaml --json", runs[i]);
        if (result.code) SC_TEST_FAIL("%s", result.err);
        of[i] = tool_json_lines(result.out);
        tool_free(&result);
    }
    json_t *x = json_array_get(of[0], json_array_size(of[0]) - 1),
           *y = json_array_get(of[1], json_array_size(of[1]) - 1);
    double loss = json_number_value(json_object_get(x, "test_loss")),
           other = json_number_value(json_object_get(y, "test_loss"));
    SC_TRUE(loss > 0);
    SC_NEAR(other, loss, 1e-4 * loss);
    json_decref(of[0]);
    json_decref(of[1]);
}

Test(tool_tune, usage) {
    tool_expect(2, "did you mean", "tune --op conv2");
    tool_expect(2, "--merge measures nothing", "tune --op conv2d --merge a.json");
    tool_expect(2, "one of the three", "tune tool.yaml --op conv2d");
    tool_expect(2, "--minutes", "tune --minutes 0");
    tool_expect(0, NULL, "tune --answer --device cpu"); /* nothing is asked */
    char request[10000] = "another program";
    tool_result result = tool_run_input(request, sizeof request, "tune --answer --device cpu");
    SC_EQ(result.code, 3);
    SC_EQ(result.out_size, 0);
    tool_free(&result);
}
