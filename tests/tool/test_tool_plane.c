/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of `socle plot` that look at a network from its inputs: the plane of two of them, the
 * line of one, the pixels that decide. Each is compared with the arithmetic of the weights. */
#include "figure.h"

enum { POINTS = 120, HIDDEN = 3 };

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_plane, .init = begin, .fini = end);

static float *weights(const char *name, size_t count) {
    size_t size;
    float *out = (float *)tool_tensor("run/model.safetensors", name, &size);
    SC_EQ(size, count * sizeof(float));
    return out;
}

/* Two clouds that overlap. */
static void put_plane(void) {
    float point[POINTS][2];
    unsigned char label[8 + POINTS] = {0};
    put_u32(label, 0x801);
    put_u32(label + 4, POINTS);
    for (int i = 0; i < POINTS; i++) {
        const int of = i % 2;
        point[i][0] = (float)((i * 37 % 101) / 50.0 - 1 + 0.8 * of);
        point[i][1] = (float)((i * 53 % 89) / 40.0 - 1 + 0.5 * of);
        label[8 + i] = (unsigned char)of;
    }
    put_floats("points", point[0], POINTS, 2);
    tool_put("classes", label, sizeof label);
    tool_put_text("plane.yaml",
                  "data: {train: {images: points, labels: classes}}\n"
                  "network: [{dense: 3}, tanh, {dense: 2}]\nloss: softmax_cross_entropy\n"
                  "optimizer: {adam: {lr: 0.05}}\ntrain: {epochs: 3, batch: 20, seed: 3}\n");
    tool_expect(0, NULL, "train plane.yaml -o run -q");
}

/* The second score less the first. */
static double lead(const double x[2], const float *w1, const float *b1, const float *w2,
                   const float *b2) {
    double sum = (double)b2[1] - (double)b2[0];
    for (int u = 0; u < HIDDEN; u++) {
        const double hidden =
            tanh((double)w1[2 * u] * x[0] + (double)w1[2 * u + 1] * x[1] + (double)b1[u]);
        sum += hidden * ((double)w2[HIDDEN + u] - (double)w2[u]);
    }
    return sum;
}

Test(tool_plane, boundary) {
    put_plane();
    float *w1 = weights("dense1.weight", 2 * HIDDEN), *b1 = weights("dense1.bias", HIDDEN),
          *w2 = weights("dense2.weight", 2 * HIDDEN), *b2 = weights("dense2.bias", 2);
    json_t *figure = figure_of("run --what boundary");
    const json_t *heat = mark_of(figure, 0, "heat", 0);
    const size_t rows = (size_t)json_integer_value(json_object_get(heat, "rows")),
                 columns = (size_t)json_integer_value(json_object_get(heat, "columns"));
    const double left = number_at(heat, "edges", 0), right = number_at(heat, "edges", 1),
                 bottom = number_at(heat, "edges", 2), top = number_at(heat, "edges", 3);
    int both[2] = {0};
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            const double x[2] = {left + (right - left) * ((double)c + 0.5) / (double)columns,
                                 top - (top - bottom) * ((double)r + 0.5) / (double)rows};
            const double by = lead(x, w1, b1, w2, b2);
            const size_t cell = r * columns + c;
            const bool vermilion = number_at(heat, "value", cell) >
                                   number_at(heat, "value", 2 * rows * columns + cell);
            if (fabs(by) < 1e-4) continue; /* either, within the rounding of floats */
            SC_EQ(vermilion, by > 0);
            both[vermilion]++;
        }
    SC_TRUE(both[0] > 100 && both[1] > 100);
    SC_EQ(json_array_size(json_object_get(mark_of(figure, 0, "points", 0), "x")) +
              json_array_size(json_object_get(mark_of(figure, 0, "points", 1), "x")),
          POINTS);
    json_decref(figure);
    free(w1), free(b1), free(w2), free(b2);
    tool_result text = tool_run("plot run --what boundary");
    SC_CONTAINS(text.out, "points are on the wrong side");
    tool_free(&text);
}

/* Each line is where a unit gives 0. */
Test(tool_plane, regions) {
    put_plane();
    float *w1 = weights("dense1.weight", 2 * HIDDEN), *b1 = weights("dense1.bias", HIDDEN);
    json_t *figure = figure_of("run --what regions");
    const json_t *marks =
        json_object_get(json_array_get(json_object_get(figure, "panels"), 0), "marks");
    int lines = 0;
    for (size_t i = 0; i < json_array_size(marks); i++) {
        const json_t *mark = json_array_get(marks, i);
        int unit;
        if (strcmp(json_string_value(json_object_get(mark, "kind")), "line") != 0) continue;
        SC_EQ(sscanf(json_string_value(json_object_get(mark, "name")), "unit %d", &unit), 1);
        for (size_t k = 0; k < 2; k++)
            SC_NEAR((double)w1[2 * unit] * number_at(mark, "x", k) +
                        (double)w1[2 * unit + 1] * number_at(mark, "y", k) + (double)b1[unit],
                    0, 1e-12);
        lines++;
    }
    SC_TRUE(lines > 0);
    json_decref(figure);
    free(w1), free(b1);
}

/* Every weight is a line, and a number where they are few. */
Test(tool_plane, units_of_a_small_network) {
    char text[32];
    int lines = 0, up = 0, positive = 0;
    put_plane();
    float *w1 = weights("dense1.weight", 2 * HIDDEN), *w2 = weights("dense2.weight", 2 * HIDDEN),
          *b1 = weights("dense1.bias", HIDDEN);
    json_t *figure = figure_of("run --what network");
    const json_t *marks =
        json_object_get(json_array_get(json_object_get(figure, "panels"), 1), "marks");
    size_t i;
    json_t *mark;
    json_array_foreach(marks, i, mark) {
        if (strcmp(json_string_value(json_object_get(mark, "kind")), "line") != 0) continue;
        lines++;
        up += strcmp(json_string_value(json_object_get(mark, "name")), "positive weight") == 0;
    }
    for (int k = 0; k < 2 * HIDDEN; k++) positive += (w1[k] > 0) + (w2[k] > 0);
    SC_EQ(lines, 4 * HIDDEN);
    SC_EQ(up, positive);
    snprintf(text, sizeof text, "%.2f", (double)w1[0]); /* behind the three titles of columns */
    SC_EQ_STR(json_string_value(
                  json_array_get(json_object_get(mark_of(figure, 1, "labels", 3), "text"), 0)),
              text);
    snprintf(text, sizeof text, "%.2f", (double)b1[0]); /* behind the boxes of both inputs */
    SC_EQ_STR(json_string_value(
                  json_array_get(json_object_get(mark_of(figure, 1, "boxes", 2), "text"), 0)),
              text);
    json_decref(figure);
    free(w1), free(w2), free(b1);
}

Test(tool_plane, errors_by_size) {
    put_plane();
    int wrong = 0;
    double most = 0, least = 1e9;
    tool_result predicted = tool_run("predict -m run/model.safetensors --input points --json");
    json_t *lines = tool_json_lines(predicted.out), *figure = figure_of("run --what errors");
    for (size_t i = 0; i < POINTS; i++)
        wrong += json_integer_value(json_object_get(json_array_get(lines, i), "class")) !=
                 (int64_t)i % 2;
    char note[64];
    snprintf(note, sizeof note, "%d of %d points are on the wrong side", wrong, POINTS);
    SC_CONTAINS(json_string_value(json_object_get(figure, "note")), note);
    for (int c = 0; c < 2; c++) {
        const json_t *points = mark_of(figure, 0, "points", c);
        for (size_t i = 0; i < POINTS / 2; i++) { /* diameters grow with the root of the loss */
            const double share =
                number_at(json_array_get(lines, 2 * i + (size_t)c), "outputs", (size_t)c);
            const double part = (number_at(points, "size", i) - 50) / 250;
            const double unit = part * part / -log(share);
            most = fmax(most, unit), least = fmin(least, unit);
        }
    }
    SC_NEAR(most / least, 1, 1e-4); /* shares are floats, and some are close to 1 */
    json_decref(figure);
    json_decref(lines);
    tool_free(&predicted);
    tool_expect(0, NULL, "train tool.yaml -o picture --epochs 1 -q");
    tool_expect(2, "is of networks that read two numbers", "plot picture --what boundary");
}

Test(tool_plane, fit) {
    float x[POINTS], y[POINTS];
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)i / 40;
        y[i] = 2 * x[i] - 1 + (float)(i * 29 % 17) / 50;
    }
    put_floats("x", x, POINTS, 1);
    put_floats("y", y, POINTS, 1);
    tool_put_text("line.yaml", "data: {train: {images: x, labels: y}}\nnetwork: [{dense: 1}]\n"
                               "loss: mse\noptimizer: {adam: {lr: 0.05}}\n"
                               "train: {epochs: 2, batch: 20, seed: 3}\n");
    tool_expect(0, NULL, "train line.yaml -o run -q");
    tool_expect(0, NULL, "train line.yaml -o other -q --seed 4");
    float *w = weights("dense1.weight", 1), *b = weights("dense1.bias", 1);
    json_t *figure = figure_of("run other --what fit");
    const json_t *points = mark_of(figure, 0, "points", 0), *line = mark_of(figure, 0, "line", 0);
    for (size_t i = 0; i < POINTS; i++) {
        SC_NEAR(number_at(points, "x", i), (double)x[i], 0);
        SC_NEAR(number_at(points, "y", i), (double)y[i], 0);
    }
    for (size_t i = 0; i < json_array_size(json_object_get(line, "x")); i++) {
        const double at = number_at(line, "x", i);
        SC_NEAR(number_at(line, "y", i), (double)w[0] * at + (double)b[0],
                0x1p-23 * (fabs((double)w[0] * at) + fabs((double)b[0])));
    }
    SC_EQ_STR(json_string_value(json_object_get(mark_of(figure, 0, "line", 1), "name")), "other");
    json_decref(figure);
    free(w), free(b);
    tool_expect(0, NULL, "train tool.yaml -o picture --epochs 1 -q");
    tool_expect(2, "is of networks that make one number of one number", "plot picture --what fit");
}

/* Points and axes are in the units of the table, whatever the network sees. */
Test(tool_plane, units_of_a_table) {
    static const double x[] = {10, 20, 35, 41}, y[] = {-300, 200, 900, 1500};
    tool_put_text("table.csv", "age,pay\n10,-300\n20,200\n35,900\n41,1500\n");
    tool_put_text("table.yaml", "data: {train: {csv: table.csv, target: pay, standardise: true}}\n"
                                "network: [{dense: 1}]\nloss: mse\noptimizer: {adam: {lr: 0.05}}\n"
                                "train: {epochs: 2, batch: 4, seed: 3}\n");
    tool_expect(0, NULL, "train table.yaml -o run -q");
    json_t *figure = figure_of("run --what fit");
    const json_t *panel = json_array_get(json_object_get(figure, "panels"), 0),
                 *points = mark_of(figure, 0, "points", 0);
    SC_EQ_STR(json_string_value(json_object_get(json_object_get(panel, "x"), "label")), "age");
    SC_EQ_STR(json_string_value(json_object_get(json_object_get(panel, "y"), "label")), "pay");
    for (size_t i = 0; i < 4; i++) { /* standardised floats: one rounding of at most 2 spreads */
        SC_NEAR(number_at(points, "x", i), x[i], 0x1p-23 * 41);
        SC_NEAR(number_at(points, "y", i), y[i], 0x1p-23 * 1500);
    }
    json_decref(figure);
}

/* By the chain rule through tanh; a pixel counts 1/255. */
Test(tool_plane, saliency) {
    enum { PIXELS = TOOL_SIDE * TOOL_SIDE, UNITS = 16, SAMPLE = 3 };
    double hidden[UNITS], score[TOOL_CLASSES], x[PIXELS];
    int best = 0;
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1 --set network[2]=tanh -q");
    char *images = tool_get("test-images", NULL);
    float *w1 = weights("dense1.weight", UNITS * PIXELS), *b1 = weights("dense1.bias", UNITS),
          *w2 = weights("dense2.weight", TOOL_CLASSES * UNITS),
          *b2 = weights("dense2.bias", TOOL_CLASSES);
    for (int e = 0; e < PIXELS; e++) x[e] = (unsigned char)images[16 + SAMPLE * PIXELS + e] / 255.0;
    for (int u = 0; u < UNITS; u++) {
        hidden[u] = (double)b1[u];
        for (int e = 0; e < PIXELS; e++) hidden[u] += (double)w1[u * PIXELS + e] * x[e];
        hidden[u] = tanh(hidden[u]);
    }
    for (int c = 0; c < TOOL_CLASSES; c++) {
        score[c] = (double)b2[c];
        for (int u = 0; u < UNITS; u++) score[c] += (double)w2[c * UNITS + u] * hidden[u];
        if (score[c] > score[best]) best = c;
    }
    json_t *figure = figure_of("run --what saliency --sample 3");
    const json_t *seen = mark_of(figure, 0, "tiles", 0), *map = mark_of(figure, 1, "tiles", 0);
    for (size_t e = 0; e < PIXELS; e++) {
        double slope = 0, size = 0;
        for (size_t u = 0; u < UNITS; u++) {
            const double part = (double)w2[(size_t)best * UNITS + u] * (1 - hidden[u] * hidden[u]) *
                                (double)w1[u * PIXELS + e] / 255;
            slope += part;
            size += fabs(part);
        }
        SC_NEAR(number_at(seen, "value", e), x[e] * 255, 1e-9);
        /* sums of 64 and 16 products, and 1 - tanh^2, which loses digits near 1 */
        SC_NEAR(number_at(map, "value", e), fabs(slope), 1e-4 * size);
    }
    char note[48];
    snprintf(note, sizeof note, "the answer is %d with probability", best);
    SC_CONTAINS(json_string_value(json_object_get(figure, "note")), note);
    json_decref(figure);
    free(images), free(w1), free(b1), free(w2), free(b2);
}
