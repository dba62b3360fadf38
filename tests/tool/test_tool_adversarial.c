/* SPDX-License-Identifier: Apache-2.0 */
/* `socle adversarial`, its figure, and training against it: compared with the arithmetic of small
 * networks, and on Fashion-MNIST with what the method is known for. */
#include "figure.h"

enum { PIXELS = TOOL_SIDE * TOOL_SIDE, POINTS = 24 };

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_adversarial, .init = begin, .fini = end);

/* What the line of an epsilon says. */
static double measured(const char *words, double epsilon, const char *key) {
    tool_result result = tool_run("adversarial --json %s --epsilon %.9g", words, epsilon);
    if (result.code != 0) SC_TEST_FAIL("adversarial %s: %s", words, result.err);
    json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, "adversarial");
    SC_NEAR(json_number_value(json_object_get(event, "epsilon")), epsilon, 0);
    const double value = json_number_value(json_object_get(event, key));
    json_decref(lines);
    tool_free(&result);
    return value;
}

/* Without a move it is what `socle eval` measures; then it only gets worse. */
Test(tool_adversarial, begins_with_the_evaluation) {
    tool_expect(0, NULL, "train tool.yaml -o run -q");
    tool_result result = tool_run("eval --json -m run/model.safetensors --data tool.yaml");
    json_t *lines = tool_json_lines(result.out), *done = tool_event(lines, "done");
    const double accuracy = json_number_value(json_object_get(done, "test_accuracy")),
                 loss = json_number_value(json_object_get(done, "test_loss"));
    SC_NEAR(measured("-m run", 0, "accuracy"), accuracy, 0);
    SC_NEAR(measured("-m run/model.safetensors --data tool.yaml", 0, "loss"), loss, 0);
    SC_EQ(measured("-m run", 0, "samples"), TOOL_TEST);
    SC_EQ(measured("-m run --split train --samples 40", 0, "samples"), 40);
    SC_TRUE(measured("-m run", 0.1, "loss") > loss);
    SC_TRUE(measured("-m run", 0.3, "accuracy") < accuracy);
    json_decref(lines);
    tool_free(&result);
}

/* Of a linear network with softmax the slope by pixel i is the sum of w[c][i] (p[c] - y[c]). */
Test(tool_adversarial, signs_of_a_linear_network) {
    size_t size, bytes;
    tool_expect(0, NULL,
                "train tool.yaml -o run --epochs 1 -q --set 'network=[flatten, {dense: 4}]'");
    float *w = (float *)tool_tensor("run/model.safetensors", "dense1.weight", &size),
          *b = (float *)tool_tensor("run/model.safetensors", "dense1.bias", &bytes);
    char *images = tool_get("test-images", NULL), *labels = tool_get("test-labels", NULL);
    const unsigned char *x = (unsigned char *)images + 16 + 3 * PIXELS;
    double p[TOOL_CLASSES], sum = 0;
    int known = 0;
    SC_EQ(size, TOOL_CLASSES * PIXELS * sizeof(float));
    for (int c = 0; c < TOOL_CLASSES; c++) {
        double z = (double)b[c];
        for (int i = 0; i < PIXELS; i++) z += (double)w[c * PIXELS + i] * x[i] / 255;
        sum += p[c] = exp(z);
    }
    for (int c = 0; c < TOOL_CLASSES; c++) p[c] = p[c] / sum - (c == labels[8 + 3]);
    json_t *figure = figure_of("run --what adversarial --sample 3 --epsilon 0.25");
    const json_t *noise = mark_of(figure, 1, "tiles", 0), *after = mark_of(figure, 2, "tiles", 0);
    for (int i = 0; i < PIXELS; i++) {
        double slope = 0, most = 0;
        for (int c = 0; c < TOOL_CLASSES; c++) {
            slope += (double)w[c * PIXELS + i] * p[c];
            most += fabs((double)w[c * PIXELS + i]);
        }
        if (fabs(slope) < 1e-4 * most) continue; /* rounding decides its sign */
        const double sign = slope > 0 ? 1 : -1, moved = x[i] + 255 * 0.25 * sign;
        SC_EQ(number_at(noise, "value", (size_t)i), sign);
        SC_NEAR(number_at(after, "value", (size_t)i), fmin(fmax(moved, 0), 255), 255 * 0x1p-22);
        known++;
    }
    SC_TRUE(known > PIXELS / 2);
    json_decref(figure);
    free(w), free(b), free(images), free(labels);
}

/* One step on a line: the slope of (1 - share) L(x) + share L(x + epsilon sign(slope of L by x)),
 * the sign being a constant. */
Test(tool_adversarial, a_step_by_hand) {
    enum { CASES = 2 };
    static const double shares[CASES] = {0.5, 1}, epsilon = 0.25, w0 = 0.5, b0 = 0.125,
                        rate = 0.0625;
    float x[POINTS], y[POINTS];
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)(i % 7) / 4;
        y[i] = 3 - x[i] + (float)(i * 29 % 17) / 8;
    }
    put_floats("x", x, POINTS, 1);
    put_floats("y", y, POINTS, 1);
    tool_put_text("line.yaml",
                  "data: {train: {images: x, labels: y}}\n"
                  "network: [{dense: {units: 1, weight_init: {values: [0.5]}, bias_init: {values: "
                  "[0.125]}}}]\n"
                  "loss: mse\noptimizer: {sgd: {lr: 0.0625}}\n"
                  "train: {epochs: 1, batch: 24, seed: 3, adversarial: 0.25}\n");
    for (int k = 0; k < CASES; k++) {
        double w = 0, b = 0, size = 1;
        size_t bytes;
        for (int i = 0; i < POINTS; i++) {
            const double error = w0 * (double)x[i] + b0 - (double)y[i];
            const double to = (double)x[i] + epsilon * (error * w0 > 0   ? 1
                                                        : error * w0 < 0 ? -1
                                                                         : 0);
            const double other = w0 * to + b0 - (double)y[i];
            w += 2 * ((1 - shares[k]) * error * (double)x[i] + shares[k] * other * to) / POINTS;
            b += 2 * ((1 - shares[k]) * error + shares[k] * other) / POINTS;
            size += 2 * (fabs(error) + fabs(other)) * (1 + fabs(to)) / POINTS;
        }
        tool_expect(
            0, NULL,
            "train line.yaml -o run%d -q --set 'train.adversarial={epsilon: 0.25, share: %g}'", k,
            shares[k]);
        char model[64];
        snprintf(model, sizeof model, "run%d/model.safetensors", k);
        float *weight = (float *)tool_tensor(model, "dense1.weight", &bytes),
              *bias = (float *)tool_tensor(model, "dense1.bias", &bytes);
        /* a few roundings of each part, and of their sum */
        SC_NEAR(weight[0], w0 - rate * w, (POINTS + 16) * 0x1p-24 * size);
        SC_NEAR(bias[0], b0 - rate * b, (POINTS + 16) * 0x1p-24 * size);
        free(weight), free(bias);
    }
}

Test(tool_adversarial, training_against_it_helps) {
    tool_expect(0, NULL, "train tool.yaml -o plain -q --epochs 6");
    tool_expect(0, NULL, "train tool.yaml -o hard -q --epochs 6 --set train.adversarial=0.3");
    SC_TRUE(measured("-m hard", 0.3, "loss") < 0.8 * measured("-m plain", 0.3, "loss"));
}

/* On one device or two, and continued after a stop, to the same bytes as ever. */
Test(tool_adversarial, goes_on_and_is_shared) {
    static const char some[] = "train tool.yaml -q --set train.adversarial=0.2 --reproducible";
    tool_expect(0, NULL, "%s -o whole", some);
    tool_expect(0, NULL, "%s -o part --set train.steps=17", some);
    tool_expect(0, NULL, "train --resume part -q --set train.steps=0");
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
    tool_expect(0, NULL, "%s -o both --device cpu,cpu", some);
    SC_TRUE(tool_same("both/model.safetensors", "whole/model.safetensors"));
    tool_expect(0, NULL, "plan tool.yaml --set train.adversarial=0.2");
}

Test(tool_adversarial, what_cannot_be_moved) {
    tool_expect(2, "which model? -m MODEL", "adversarial");
    tool_expect(3, "there is no such run or model", "adversarial -m nosuch");
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1 -q");
    tool_expect(2, "which data? --data CONFIG", "adversarial -m run/model.safetensors");
    tool_expect(2, "--epsilon: must be a number from 0 to 1e+06, not 'x'",
                "adversarial -m run --epsilon x");
    tool_expect(2, "has samples 0 to 63", "plot run --what adversarial --sample 64");
    tool_put_text("words.yaml",
                  "inputs: [{shape: [4], dtype: i32}]\n"
                  "network: [{embedding: {vocabulary: 9, units: 2}}, flatten, {dense: 4}]\n"
                  "loss: softmax_cross_entropy\n"
                  "data: {train: {images: words.npy, labels: train-labels, limit: 8}}\n"
                  "train: {adversarial: 0.1}\n");
    static const char head[] = "\x93NUMPY\x01\x00\x76\x00{'descr': '<i4', 'fortran_order': False, "
                               "'shape': (256, 4), }";
    char words[128 + 256 * 16] = {0};
    memset(words + 10, ' ', 118);
    memcpy(words, head, sizeof head - 1);
    words[127] = '\n';
    tool_put("words.npy", words, sizeof words);
    tool_expect(2, "train.adversarial: the loss has no slope by the input 'input'",
                "train words.yaml -o no");
}

/* Right answers become wrong ones by changes of a tenth of black to white; in a plain ./test of a
 * network that has seen a fifth of the data. */
Test(tool_adversarial, fashion) {
    static const char images[] = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";
    if (access(images, R_OK) != 0) cr_skip_test("dataset-fashion-mnist is not installed");
    const char *some = sc_test_full() ? ""
                                      : "--epochs 2 --set data.train.limit=12000 --set "
                                        "data.test.limit=1000";
    tool_expect(
        0, NULL,
        "train %s/examples/fashion-adversarial.yaml -o plain -q --set train.adversarial=0 %s",
        SC_SOURCE_DIR, some);
    SC_TRUE(measured("-m plain", 0, "accuracy") > (sc_test_full() ? 0.85 : 0.75));
    SC_TRUE(measured("-m plain", 0.1, "accuracy") < 0.30);
    if (!sc_test_full()) return;
    tool_expect(0, NULL, "train %s/examples/fashion-adversarial.yaml -o hard -q %s", SC_SOURCE_DIR,
                some);
    SC_TRUE(measured("-m hard", 0, "accuracy") > 0.80);
    SC_TRUE(measured("-m hard", 0.1, "accuracy") > 0.60);
}
