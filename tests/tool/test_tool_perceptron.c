/* SPDX-License-Identifier: Apache-2.0 */
/* The perceptron as a configuration has it: the lecture's line and point, data that a line
 * separates and data that none does; and how many steps an epoch has. */
#include "tool.h"

static const char config[] =
    "data: {train: {images: points, labels: sides}}\n"
    "network: [{dense: {units: 1, weight_init: {values: [3, 4]}, bias_init: {values: [-10]}}}]\n"
    "loss: perceptron\n"
    "optimizer: {sgd: 0.1}\n"
    "train: {epochs: 1, batch: 1, seed: 1}\n";

static void put_float(char *to, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int b = 0; b < 4; b++) to[b] = (char)(bits >> (24 - 8 * b));
}

/* `count` points of two numbers, and on which side each is. */
static void put_points(int count, const float *point, const unsigned char *side) {
    char head[12] = {0, 0, 0x0d, 2, 0, 0, (char)(count >> 8), (char)count, 0, 0, 0, 2};
    char *data = calloc(1, sizeof head + 8 * (size_t)count);
    memcpy(data, head, sizeof head);
    for (int i = 0; i < 2 * count; i++) put_float(data + sizeof head + 4 * i, point[i]);
    tool_put("points", data, sizeof head + 8 * (size_t)count);
    char labels[8] = {0, 0, 8, 1, 0, 0, (char)(count >> 8), (char)count};
    memcpy(data, labels, sizeof labels);
    memcpy(data + sizeof labels, side, (size_t)count);
    tool_put("sides", data, sizeof labels + (size_t)count);
    free(data);
}

static void expect_line(const char *change, float w1, float w2, float b) {
    size_t size;
    tool_expect(0, NULL, "train tool.yaml %s -q --overwrite -o run", change);
    float *weight = (float *)(void *)tool_tensor("run/model.safetensors", "dense1.weight", &size);
    SC_EQ(size, 2 * sizeof(float));
    SC_NEAR(weight[0], w1, 1e-6);
    SC_NEAR(weight[1], w2, 1e-6);
    free(weight);
    float *bias = (float *)(void *)tool_tensor("run/model.safetensors", "dense1.bias", &size);
    SC_NEAR(bias[0], b, 1e-6);
    free(bias);
}

static void begin(sc_temp *temp) {
    tool_begin(temp, false);
    tool_put_text("tool.yaml", config);
}

/* 3 x1 + 4 x2 - 10 at (4, 5) is 22, so a point that is to be rejected moves the line. */
Test(tool_perceptron, a_step_moves_the_line_of_the_lecture) {
    sc_temp temp;
    begin(&temp);
    put_points(1, (const float[]){4, 5}, (const unsigned char[]){0});
    expect_line("", 2.6f, 3.5f, -10.1f);
    expect_line("--set optimizer.sgd=1", -1, -1, -11);
    put_points(1, (const float[]){4, 5}, (const unsigned char[]){1});
    expect_line("", 3, 4, -10);
    put_points(1, (const float[]){0, 0}, (const unsigned char[]){1});
    expect_line("", 3, 4, -9.9f);
    tool_end(&temp);
}

/* After the step with 0.1 the point still scores 17.8. */
Test(tool_perceptron, the_point_still_scores) {
    sc_temp temp;
    begin(&temp);
    put_points(1, (const float[]){4, 5}, (const unsigned char[]){0});
    tool_expect(0, NULL, "train tool.yaml -q -o run");
    tool_result result = tool_run("predict -m run/model.safetensors --input points --logits");
    SC_NEAR(strtod(result.out, NULL), 17.8, 1e-5);
    tool_free(&result);
    tool_end(&temp);
}

static json_t *train(const char *words) {
    tool_result result = tool_run("train tool.yaml %s --json --overwrite -o run", words);
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    SC_TRUE(tool_event(lines, "done") != NULL);
    tool_free(&result);
    return lines;
}

Test(tool_perceptron, says_whether_it_converged) {
    static const float square[] = {0, 0, 0, 1, 1, 0, 1, 1};
    sc_temp temp;
    begin(&temp);
    put_points(4, square, (const unsigned char[]){0, 0, 0, 1}); /* and */
    tool_expect(0, "every sample was right, and nothing moves any more",
                "train tool.yaml --epochs 200 --overwrite -o run");
    json_t *lines = train("--epochs 200");
    SC_TRUE(json_is_true(json_object_get(tool_event(lines, "done"), "converged")));
    json_decref(lines);
    put_points(4, square, (const unsigned char[]){0, 1, 1, 0}); /* exclusive or: no line does it */
    tool_expect(0, "not converged: in epoch 200 ",
                "train tool.yaml --epochs 200 --overwrite -o run");
    lines = train("--epochs 200");
    SC_TRUE(json_is_false(json_object_get(tool_event(lines, "done"), "converged")));
    json_decref(lines);
    lines = train("--set loss=mean_squared_error");
    SC_TRUE(json_object_get(tool_event(lines, "done"), "converged") == NULL);
    json_decref(lines);
    tool_end(&temp);
}

Test(tool_perceptron, a_thousand_samples_in_halves_are_two_steps) {
    static float point[2000];
    static unsigned char side[1000];
    sc_temp temp;
    begin(&temp);
    for (int i = 0; i < 1000; i++) point[2 * i] = (float)(i % 7), side[i] = i % 7 > 3;
    put_points(1000, point, side);
    json_t *lines = train("--epochs 1 --batch 500");
    SC_EQ(json_integer_value(json_object_get(tool_event(lines, "done"), "step")), 2);
    json_decref(lines);
    lines = train("--epochs 3 --batch 500");
    SC_EQ(json_integer_value(json_object_get(tool_event(lines, "done"), "step")), 6);
    json_decref(lines);
    tool_end(&temp);
}

Test(tool_perceptron, values_that_do_not_fit_are_told) {
    sc_temp temp;
    begin(&temp);
    put_points(1, (const float[]){4, 5}, (const unsigned char[]){0});
    tool_expect(2, "weight: values: has 3 numbers, and f32[1,2] needs 2",
                "train tool.yaml -o run --set 'network[0].dense.weight_init={values: [1, 2, 3]}'");
    tool_expect(2, "must be a",
                "train tool.yaml -o run --set "
                "'network[0].dense.weight_init={values: [1, two]}'");
    tool_end(&temp);
}
