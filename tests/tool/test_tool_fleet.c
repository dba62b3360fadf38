/* SPDX-License-Identifier: Apache-2.0 */
/* Runs on several devices: what they print about them, weights, devices named twice, going on with
 * another number of devices. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, true);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_fleet, .init = begin, .fini = end);

static bool has_opencl(void) {
    tool_result result = tool_run("devices");
    bool found = strstr(result.out, "opencl:0") != NULL;
    tool_free(&result);
    return found;
}

static void need_opencl(void) {
    if (has_opencl()) return;
    tool_end(&temp);
    cr_skip_test("no OpenCL device");
}

/* Number of devices of an event; each has an id. With `shares` they have shares, which add up to
 * the batch. */
static size_t check_devices(json_t *event, int64_t batch) {
    json_t *devices = json_object_get(event, "devices"), *device;
    size_t index;
    int64_t sum = 0;
    json_array_foreach(devices, index, device) {
        SC_TRUE(json_is_string(json_object_get(device, "id")));
        json_t *share = json_object_get(device, "share");
        if (batch) SC_TRUE(json_is_integer(share) && json_integer_value(share) >= 0);
        sum += json_integer_value(share);
    }
    if (batch) SC_EQ(sum, batch);
    return json_array_size(devices);
}

/* 256 samples of which a quarter validates: 12 steps of 16. */
static void check_run(const char *devices, size_t count) {
    tool_result result = tool_run("train tool.yaml -o out --threads 1 --json --device %s", devices);
    if (result.code) SC_TEST_FAIL("%s: %s", devices, result.err);
    json_t *lines = tool_json_lines(result.out);
    SC_EQ(json_array_size(lines), 5);
    SC_EQ(check_devices(tool_event(lines, "start"), 0), count);
    SC_EQ(check_devices(tool_event(lines, "epoch"), 16), count);
    SC_TRUE(json_number_value(json_object_get(tool_event(lines, "done"), "test_accuracy")) > 0.99);
    json_decref(lines);
    tool_free(&result);
}

Test(tool_fleet, two_kinds_of_devices) {
    need_opencl();
    check_run("opencl:0/0,cpu", 2);
}

Test(tool_fleet, one_device_twice) {
    check_run("cpu,cpu,cpu", 3);
}

Test(tool_fleet, all) {
    tool_result devices = tool_run("devices --json");
    tool_free(&devices);
    tool_expect(0, "epoch 3/3", "train tool.yaml -o out --device all");
    SC_TRUE(tool_exists("out/model.safetensors"));
}

static int64_t share_of(json_t *event, size_t device) {
    json_t *entry = json_array_get(json_object_get(event, "devices"), device);
    return json_integer_value(json_object_get(entry, "share"));
}

Test(tool_fleet, weights) {
    tool_result result = tool_run("train tool.yaml -o out --threads 1 --json --device cpu=3,cpu=1");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *line;
    size_t index;
    json_array_foreach(lines, index, line) {
        if (strcmp(json_string_value(json_object_get(line, "event")), "epoch") != 0) continue;
        SC_EQ(share_of(line, 0), 12);
        SC_EQ(share_of(line, 1), 4);
    }
    json_decref(lines);
    tool_free(&result);
    tool_expect(2, "share 'no' is not a number above 0",
                "train tool.yaml -o bad --device cpu=no,cpu=1");
    tool_expect(2, "share '0' is not a number above 0",
                "train tool.yaml -o bad --device cpu=0,cpu=1");
    SC_TRUE(!tool_exists("bad"));
}

/* People see who did how much. */
Test(tool_fleet, lines_for_people) {
    tool_result result = tool_run("train tool.yaml -o out --threads 1 --device cpu=3,cpu=1");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err, "12 of 16 samples");
    SC_CONTAINS(result.err, "4 of 16 samples");
    tool_free(&result);
}

/* 13 does not divide into eight: the last micro-batch is short, and the shares still add up to the
 * batch. */
Test(tool_fleet, shares_add_up_to_the_batch) {
    tool_result result = tool_run(
        "train tool.yaml -o out --threads 1 --reproducible --batch 13 --json --device cpu=1,cpu=2");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    check_devices(tool_event(lines, "epoch"), 13);
    json_decref(lines);
    tool_free(&result);
}

Test(tool_fleet, reproducible) {
    tool_expect(0, NULL, "train tool.yaml -o one --reproducible --threads 1 --device cpu");
    tool_expect(0, NULL, "train tool.yaml -o two --reproducible --threads 1 --device cpu,cpu");
    tool_expect(0, NULL,
                "train tool.yaml -o three --reproducible --threads 1 --device cpu=1,cpu=5,cpu=2");
    SC_TRUE(tool_same("one/model.safetensors", "two/model.safetensors"));
    SC_TRUE(tool_same("one/model.safetensors", "three/model.safetensors"));
    SC_TRUE(tool_same("one/checkpoint.safetensors", "three/checkpoint.safetensors"));
    char *one = tool_get("one/metrics.jsonl", NULL), *three = tool_get("three/metrics.jsonl", NULL);
    SC_TRUE(one[0] != '\0' && three[0] != '\0');
    free(one);
    free(three);
}

Test(tool_fleet, going_on_with_other_devices) {
    tool_expect(0, NULL, "train tool.yaml -o whole --reproducible --threads 1 --device cpu");
    tool_expect(
        0, NULL,
        "train tool.yaml -o part --reproducible --threads 1 --device cpu,cpu --set train.steps=17");
    tool_expect(0, "continuing after step 17",
                "train --resume part --threads 1 --device cpu,cpu,cpu --set train.steps=30");
    tool_expect(0, "continuing after step 30",
                "train --resume part --threads 1 --device cpu --set train.steps=0");
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
}

/* In default mode too, if not to the bit. */
Test(tool_fleet, going_on_with_devices_of_another_kind) {
    need_opencl();
    tool_expect(0, NULL, "train tool.yaml -o part --device cpu,cpu --set train.steps=17");
    tool_expect(0, "continuing after step 17",
                "train --resume part --device opencl:0/0,cpu --set train.steps=0");
    tool_expect(0, NULL,
                "eval -m part/model.safetensors --data tool.yaml --device cpu --min-accuracy 0.99");
}

Test(tool_fleet, batch_normalisation_names_its_remedy) {
    static const char remedy[] = "`batchnorm: {group: 8}`";
    tool_expect(2, remedy, "train tool.yaml -o out --device cpu,cpu --set 'network[2]=batchnorm'");
    tool_expect(
        0, NULL,
        "train tool.yaml -o out --device cpu,cpu --set 'network[2]={batchnorm: {group: 8}}'");
    tool_expect(
        0, NULL,
        "train tool.yaml -o out2 --device cpu,cpu --reproducible --set 'network[2]=batchnorm'");
}

Test(tool_fleet, commands_of_one_device_say_so) {
    tool_expect(0, NULL, "train tool.yaml -o out");
    tool_expect(2, "2 devices are named; this command runs on one",
                "eval -m out/model.safetensors --data tool.yaml --device cpu,cpu");
}
