/* SPDX-License-Identifier: Apache-2.0 */
/* `socle trace` against a two-layer network that was worked out by hand (the step-by-step example
 * of backpropagation of Mazur 2015: two inputs, two hidden and two output units, all sigmoid), and
 * `socle check-gradient` on networks of all kinds. */
#include "tool.h"

static const char config[] =
    "data: {train: {images: points, labels: wanted}}\n"
    "network:\n"
    "  - dense: {units: 2, weight_init: {values: [0.15, 0.20, 0.25, 0.30]},\n"
    "            bias_init: {values: [0.35, 0.35]}}\n"
    "  - sigmoid\n"
    "  - dense: {units: 2, weight_init: {values: [0.40, 0.45, 0.50, 0.55]},\n"
    "            bias_init: {values: [0.60, 0.60]}}\n"
    "  - sigmoid\n"
    "loss: quadratic\n"
    "optimizer: {sgd: 0.5}\n"
    "train: {epochs: 1, batch: 1, seed: 1}\n";

static void put_floats(const char *name, int rows, int columns, const float *value) {
    char head[12] = {0, 0, 0x0d, 2, 0, 0, 0, (char)rows, 0, 0, 0, (char)columns};
    const int count = rows * columns;
    char *data = calloc(1, sizeof head + 4 * (size_t)count);
    memcpy(data, head, sizeof head);
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &value[i], sizeof bits);
        for (int b = 0; b < 4; b++)
            data[(int)sizeof head + 4 * i + b] = (char)(bits >> (24 - 8 * b));
    }
    tool_put(name, data, sizeof head + 4 * (size_t)count);
    free(data);
}

static void begin(sc_temp *temp) {
    tool_begin(temp, false);
    tool_put_text("net.yaml", config);
    put_floats("points", 2, 2, (const float[]){0.05f, 0.10f, 0.5f, -0.3f});
    put_floats("wanted", 2, 2, (const float[]){0.01f, 0.99f, 0.2f, 0.7f});
}

static const json_t *named(const json_t *list, const char *name) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        if (strcmp(json_string_value(json_object_get(entry, "name")), name) == 0) return entry;
    }
    SC_TEST_FAIL("there is no '%s'", name);
    return NULL;
}

/* As many digits as the example has, and first weights that are floats. */
static void expect_numbers(const json_t *entry, const char *key, int count, const double *value) {
    const json_t *list = json_object_get(entry, key);
    SC_EQ(json_array_size(list), (size_t)count);
    for (int i = 0; i < count; i++)
        SC_NEAR(json_number_value(json_array_get(list, (size_t)i)), value[i], 1e-7);
}

Test(tool_follow, a_sample_is_followed_as_by_hand) {
    sc_temp temp;
    begin(&temp);
    tool_result result = tool_run("trace net.yaml --sample 0 --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, "trace");
    const json_t *layers = json_object_get(event, "layers"),
                 *weights = json_object_get(event, "weights");
    SC_NEAR(json_number_value(json_object_get(event, "loss")), 0.298371109, 1e-8);
    expect_numbers(named(layers, "dense1"), "value", 2, (double[]){0.3775, 0.3925});
    expect_numbers(named(layers, "sigmoid1"), "value", 2, (double[]){0.593269992, 0.596884378});
    expect_numbers(named(layers, "dense2"), "value", 2, (double[]){1.105905967, 1.224921404});
    expect_numbers(named(layers, "sigmoid2"), "value", 2, (double[]){0.75136507, 0.772928465});
    expect_numbers(named(layers, "sigmoid2"), "gradient", 2, (double[]){0.74136507, -0.217071535});
    expect_numbers(named(layers, "sigmoid2"), "slope", 2, (double[]){0.186815602, 0.175510053});
    expect_numbers(named(layers, "dense2"), "gradient", 2, (double[]){0.138498562, -0.0380982366});
    expect_numbers(named(layers, "sigmoid1"), "gradient", 2,
                   (double[]){0.0363503064, 0.0413703226});
    expect_numbers(named(weights, "dense2.weight"), "gradient", 4,
                   (double[]){0.0821670406, 0.0826676278, -0.0226025405, -0.0227402422});
    expect_numbers(named(weights, "dense2.weight"), "new", 4,
                   (double[]){0.35891648, 0.408666186, 0.51130127, 0.561370121});
    expect_numbers(named(weights, "dense1.weight"), "new", 4,
                   (double[]){0.149780716, 0.19956143, 0.24975114, 0.29950229});
    json_decref(lines);
    tool_free(&result);
    tool_end(&temp);
}

Test(tool_follow, the_table_has_factors_and_the_step_is_that_of_training) {
    sc_temp temp;
    begin(&temp);
    tool_result result = tool_run("trace net.yaml");
    SC_CONTAINS(result.out, "sample 0, target 0.01, 0.99\nloss quadratic = 0.298371");
    SC_CONTAINS(result.out, "sigmoid2");
    SC_CONTAINS(result.out, "0.138499 * 0.59327");
    SC_CONTAINS(result.out, "0.358916");
    tool_free(&result);
    tool_expect(0, NULL, "train net.yaml -q -o run --set train.steps=1 --set train.shuffle=false");
    size_t size;
    float *weight = (float *)(void *)tool_tensor("run/model.safetensors", "dense2.weight", &size);
    SC_EQ(size, 4 * sizeof(float));
    SC_NEAR(weight[0], 0.35891648, 1e-7);
    SC_NEAR(weight[3], 0.561370121, 1e-7);
    free(weight);
    tool_end(&temp);
}

Test(tool_follow, what_cannot_be_followed_is_said) {
    sc_temp temp;
    begin(&temp);
    tool_expect(2, "samples 2 to 2: the training data have 0 to 1", "trace net.yaml --sample 2");
    tool_expect(2, "which configuration?", "trace");
    tool_result result = tool_run("trace net.yaml --set train.clip.norm=1");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "no weights after the step: train.clip is not followed");
    tool_free(&result);
    static const char *const losses[][2] = {
        {"network: [flatten, {dense: 4}]\nlosses:\n"
         "  - {loss: softmax_cross_entropy, weight: 0.5}\n"
         "  - {loss: softmax_cross_entropy, weight: 0.5}\n",
         "this configuration has several losses"},
        {"networks: {made: [{noise: 8}, {dense: 4}], read: [{dense: 1}]}\nphases:\n"
         "  - {trains: read, losses: [{loss: bce, of: read(made), target: 0}]}\n"
         "  - {trains: made, losses: [{loss: bce, of: read(made), target: 1}]}\n",
         "this configuration has phases, each with losses of its own"}};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "data: {train: {images: train-images, labels: train-labels}}\n"
                 "%soptimizer: {sgd: {lr: 0.1}}\n"
                 "train: {epochs: 1, batch: 16, seed: 1}\n",
                 losses[i][0]);
        tool_put_text("losses.yaml", text);
        tool_expect(2, losses[i][1], "check-gradient losses.yaml");
    }
    tool_end(&temp);
}

static void expect_right(const char *words) {
    tool_result result = tool_run("check-gradient %s", words);
    SC_REPRO("check-gradient %s", words);
    if (result.code != 0) SC_TEST_FAIL("%s%s", result.out, result.err);
    SC_CONTAINS(result.out, "the gradients are those of the loss");
    tool_free(&result);
}

Test(tool_follow, gradients_are_those_of_the_loss) {
    sc_temp temp;
    begin(&temp);
    expect_right("net.yaml --samples 2");
    expect_right("net.yaml --samples 2 --set loss=mean_absolute_error");
    expect_right("net.yaml --samples 2 --set 'network[1]={expr: \"x * tanh(log(1 + exp(x)))\"}'");
    expect_right("tool.yaml --weights 6"); /* relu, dropout, softmax_cross_entropy */
    expect_right(
        "tool.yaml --weights 6 --set 'network=[{conv2d: {filters: 2, kernel: 3}}, batchnorm, "
        "mish, {maxpool2d: 2}, flatten, {dense: 4}]'");
    tool_end(&temp);
}

/* A wave much shorter than the step of the differences, of which they say nothing. */
Test(tool_follow, an_error_above_the_tolerance_is_told) {
    sc_temp temp;
    begin(&temp);
    tool_result result = tool_run("check-gradient net.yaml --samples 2 --set "
                                  "'network[1]={expr: \"sin(10000000000 * x)\"}'");
    SC_EQ(result.code, 6);
    SC_CONTAINS(result.out, "WRONG");
    SC_CONTAINS(result.out, "the gradients are not those of the loss");
    tool_free(&result);
    result = tool_run("check-gradient net.yaml --samples 2 --json");
    json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, "gradient");
    SC_EQ(json_array_size(lines), 4u);
    SC_EQ_STR(json_string_value(json_object_get(event, "parameter")), "dense1.weight");
    SC_TRUE(json_is_true(json_object_get(event, "passed")));
    SC_TRUE(json_number_value(json_object_get(event, "error")) < 1e-6);
    json_decref(lines);
    tool_free(&result);
    tool_end(&temp);
}

/* Bias 0 and input 0: relu stands at its kink, where the slope is that of the left. */
Test(tool_follow, kinks_are_not_errors) {
    sc_temp temp;
    begin(&temp);
    put_floats("points", 2, 2, (const float[]){0, 0, 0, 0});
    tool_result result =
        tool_run("check-gradient net.yaml --samples 2 --json --set 'network[1]=relu' --set "
                 "'network[0].dense.bias_init={values: [0, 0]}'");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    int kinks = 0;
    for (size_t i = 0; i < json_array_size(lines); i++)
        kinks += (int)json_integer_value(json_object_get(json_array_get(lines, i), "kinks"));
    SC_EQ(kinks, 2);
    json_decref(lines);
    tool_free(&result);
    tool_end(&temp);
}
