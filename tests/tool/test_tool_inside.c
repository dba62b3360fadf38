/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of `socle plot` that compute inside a network: gradients, what excites its units, where
 * its layers put samples, the loss around it. Each is compared with the arithmetic of the weights.
 */
#include "figure.h"

enum { PIXELS = TOOL_SIDE * TOOL_SIDE, POINTS = 40 };

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_inside, .init = begin, .fini = end);

static float *weights(const char *name, size_t count) {
    size_t size;
    float *out = (float *)tool_tensor("run/model.safetensors", name, &size);
    SC_EQ(size, count * sizeof(float));
    return out;
}

/* Of the mean of (w x + b - y)^2: the mean of 2 (w x + b - y) x. */
Test(tool_inside, gradient_of_a_line) {
    float x[POINTS], y[POINTS];
    double slope = 0, size = 0;
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)(i % 7) / 4;
        y[i] = 3 - x[i] + (float)(i * 29 % 17) / 10;
    }
    put_floats("x", x, POINTS, 1);
    put_floats("y", y, POINTS, 1);
    tool_put_text("line.yaml", "data: {train: {images: x, labels: y}}\nnetwork: [{dense: 1}]\n"
                               "loss: mse\noptimizer: {sgd: {lr: 0.01}}\n"
                               "train: {epochs: 1, batch: 20, seed: 3}\n");
    tool_expect(0, NULL, "train line.yaml -o run -q");
    float *w = weights("dense1.weight", 1), *b = weights("dense1.bias", 1);
    for (int i = 0; i < POINTS; i++) {
        const double part =
            2 * ((double)w[0] * (double)x[i] + (double)b[0] - (double)y[i]) * (double)x[i] / POINTS;
        slope += part;
        size += fabs(part);
    }
    json_t *figure = figure_of("run --what gradients");
    const json_t *bars = mark_of(figure, 0, "bars", 0);
    /* one weight: the bars begin at it. A few roundings of each part, and of their sum */
    SC_NEAR(number_at(bars, "x", 0), slope, (POINTS + 8) * 0x1p-24 * size);
    SC_TRUE(fabs(slope) > 0.1);
    json_decref(figure);
    free(w), free(b);
}

/* The gradient of a linear network is the same everywhere: pixels move along the weights. */
Test(tool_inside, excites_along_the_weights) {
    enum { STEPS = 40, CLASS = 2 };
    double length = 0;
    tool_put_text("linear.yaml",
                  "data: {train: {images: train-images, labels: train-labels}}\n"
                  "network: [flatten, {dense: 4}]\nloss: softmax_cross_entropy\n"
                  "optimizer: {adam: {lr: 0.01}}\ntrain: {epochs: 1, batch: 32, seed: 7}\n");
    tool_expect(0, NULL, "train linear.yaml -o run -q");
    float *w = weights("dense1.weight", TOOL_CLASSES * PIXELS);
    for (int e = 0; e < PIXELS; e++)
        length += (double)w[CLASS * PIXELS + e] * (double)w[CLASS * PIXELS + e];
    json_t *figure = figure_of("run --what excites");
    const json_t *tiles = mark_of(figure, 0, "tiles", 0);
    SC_EQ(json_integer_value(json_object_get(tiles, "count")), TOOL_CLASSES);
    for (size_t e = 0; e < PIXELS; e++) {
        const double way =
            STEPS * 0.01 * 255 * TOOL_SIDE * (double)w[(size_t)CLASS * PIXELS + e] / sqrt(length);
        const double right = fmin(fmax(127.5 + way, 0), 255);
        SC_NEAR(number_at(tiles, "value", (size_t)CLASS * PIXELS + e), right,
                STEPS * 0x1p-22 * 255); /* a rounding of the pixel and of its step, 40 times */
    }
    json_decref(figure);
    free(w);
    tool_expect(2, "has no layer 'nosuch'", "plot run --what excites --layer nosuch");
}

Test(tool_inside, latent_is_the_layer) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1 -q --set network[1].dense=2");
    char *images = tool_get("test-images", NULL), *labels = tool_get("test-labels", NULL);
    float *w = weights("dense1.weight", 2 * PIXELS), *b = weights("dense1.bias", 2);
    json_t *figure = figure_of("run --what latent --layer dense1");
    size_t next[TOOL_CLASSES] = {0};
    for (int i = 0; i < TOOL_TEST; i++) {
        double place[2] = {(double)b[0], (double)b[1]}, size[2] = {fabs(place[0]), fabs(place[1])};
        for (int k = 0; k < 2; k++)
            for (int e = 0; e < PIXELS; e++) {
                const double part =
                    (double)w[k * PIXELS + e] * (unsigned char)images[16 + i * PIXELS + e] / 255.0;
                place[k] += part;
                size[k] += fabs(part);
            }
        const int label = labels[8 + i];
        const json_t *points = mark_of(figure, 0, "points", label); /* all classes are there */
        SC_NEAR(number_at(points, "x", next[label]), place[0], (PIXELS + 4) * 0x1p-24 * size[0]);
        SC_NEAR(number_at(points, "y", next[label]), place[1], (PIXELS + 4) * 0x1p-24 * size[1]);
        next[label]++;
    }
    json_decref(figure);
    free(images), free(labels), free(w), free(b);
    tool_expect(0, NULL, "train tool.yaml -o other --epochs 1 -q");
    tool_expect(2, "no layer before the result has two units", "plot other --what latent");
}

/* In its middle is the network's own loss. */
Test(tool_inside, landscape_is_around_the_network) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 2 -q");
    tool_result eval = tool_run("eval -m run/model.safetensors --data tool.yaml --json"),
                again[2] = {tool_run("plot run --what landscape --json"),
                            tool_run("plot run --what landscape --json")};
    json_t *lines = tool_json_lines(eval.out), *figure = figure_of("run --what landscape");
    const json_t *heat = mark_of(figure, 0, "heat", 0);
    const double loss = json_number_value(json_object_get(tool_event(lines, "done"), "test_loss"));
    const size_t side = (size_t)json_integer_value(json_object_get(heat, "rows"));
    const double middle = number_at(heat, "value", side * (side / 2) + side / 2);
    const bool logarithm =
        strstr(json_string_value(json_object_get(heat, "scale")), "power of 10") != NULL;
    SC_NEAR(logarithm ? pow(10, middle) : middle, loss, 1e-6 * loss);
    SC_EQ_STR(again[0].out, again[1].out);
    json_decref(figure);
    json_decref(lines);
    tool_free(&eval);
    tool_free(&again[0]);
    tool_free(&again[1]);
}

/* Each point is a weight of a run, at its penalty. */
Test(tool_inside, coefficients_of_runs) {
    enum { INPUTS = 3, RIDGES = 3 };
    static const double l2[RIDGES] = {0.1, 0.001, 0.01}; /* drawn in their order */
    static const int order[RIDGES] = {1, 2, 0};
    float x[POINTS][INPUTS], y[POINTS];
    char model[48];
    for (int i = 0; i < POINTS; i++) {
        for (int k = 0; k < INPUTS; k++) x[i][k] = (float)((i * (7 + 4 * k) + k) % 23) / 11 - 1;
        y[i] = 2 * x[i][0] - x[i][1];
    }
    put_floats("x", x[0], POINTS, INPUTS);
    put_floats("y", y, POINTS, 1);
    tool_put_text("ridge.yaml", "data: {train: {images: x, labels: y}}\nnetwork: [{dense: 1}]\n"
                                "loss: mse\noptimizer: {sgd: {lr: 0.1}}\n"
                                "train: {epochs: 3, batch: 20, seed: 3}\n");
    for (int r = 0; r < RIDGES; r++)
        tool_expect(0, NULL, "train ridge.yaml -o ridge%d -q --set train.penalty.l2=%g", r, l2[r]);
    tool_expect(0, NULL, "train ridge.yaml -o lasso -q --set train.penalty.l1=0.05");
    tool_expect(0, NULL, "train ridge.yaml -o plain -q");
    json_t *figure = figure_of("ridge0 ridge1 ridge2 lasso plain --what coefficients");
    SC_EQ(json_array_size(json_object_get(figure, "panels")), 2);
    for (size_t i = 0; i < RIDGES; i++) {
        size_t size;
        snprintf(model, sizeof model, "ridge%d/model.safetensors", order[i]);
        float *w = (float *)tool_tensor(model, "dense1.weight", &size);
        for (int k = 0; k < INPUTS; k++) {
            const json_t *line = mark_of(figure, 0, "line", k);
            SC_NEAR(number_at(line, "x", i), l2[order[i]], 0);
            SC_NEAR(number_at(line, "y", i), (double)w[k], 0);
        }
        free(w);
    }
    SC_EQ(json_array_size(json_object_get(mark_of(figure, 1, "line", 0), "x")), 1);
    for (int k = 0; k < INPUTS; k++) { /* its name stands before it, joined to its begin */
        const json_t *label = mark_of(figure, 0, "labels", k),
                     *join = mark_of(figure, 0, "line", INPUTS + k);
        SC_TRUE(number_at(label, "x", 0) < l2[order[0]]);
        for (int end = 0; end < 2; end++)
            SC_NEAR(number_at(join, end ? "y" : "x", 0), number_at(label, end ? "y" : "x", 0), 0);
        SC_NEAR(number_at(join, "x", 1), l2[order[0]], 0);
        const char *name = json_string_value(json_array_get(json_object_get(label, "text"), 0));
        int which = 0;
        while (which < INPUTS && strcmp(name, json_string_value(json_object_get(
                                                  mark_of(figure, 0, "line", which), "name"))) != 0)
            which++;
        SC_TRUE(which < INPUTS);
        SC_NEAR(number_at(join, "y", 1), number_at(mark_of(figure, 0, "line", which), "y", 0), 0);
    }
    json_decref(figure);
    tool_expect(2, "none of these runs has a penalty", "plot plain --what coefficients");
    tool_expect(0, NULL, "train tool.yaml -o other --epochs 1 -q");
    tool_expect(2, "is of linear models", "plot other --what coefficients");
}
