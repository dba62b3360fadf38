/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that prepare images, each against its definition in doubles, and its gradient against
 * differences. */
#include "net_eval.h"

#include "graph/grad.h"

#include <math.h>

enum { SAMPLES = 2, CHANNELS = 3, HEIGHT = 6, WIDTH = 5, PIXELS = HEIGHT * WIDTH };

static double at(const double *x, int channels, int height, int width, int n, int c, int h, int w) {
    return x[((n * channels + c) * height + h) * width + w];
}

/* A weight of place `to` at place `from`, before the weights of `to` are made to add up to 1. */
typedef double (*weight_of)(int to, int from, int sizes, int size, double option);

static double triangle(int to, int from, int sizes, int size, double option) {
    const double ratio = (double)size / sizes, reach = ratio > 1 ? ratio : 1;
    (void)option;
    return fmax(1 - fabs((to + 0.5) * ratio - 0.5 - from) / reach, 0);
}

static double nearest(int to, int from, int sizes, int size, double option) {
    (void)option;
    return from == (int)floor((to + 0.5) * size / sizes);
}

static double bell(int to, int from, int sizes, int size, double option) {
    const double r = (to - from) / option;
    (void)sizes, (void)size;
    return fabs(r) <= 4 ? exp(-0.5 * r * r) : 0;
}

/* What a place of the result is: the sums over rows and columns. */
static double expected(const double *x, int channels, int n, int c, int i, int j, int height,
                       int width, weight_of weight, double option) {
    double sum = 0, rows = 0, columns = 0;
    for (int h = 0; h < HEIGHT; h++) rows += weight(i, h, height, HEIGHT, option);
    for (int w = 0; w < WIDTH; w++) columns += weight(j, w, width, WIDTH, option);
    for (int h = 0; h < HEIGHT; h++)
        for (int w = 0; w < WIDTH; w++)
            sum += weight(i, h, height, HEIGHT, option) / rows *
                   weight(j, w, width, WIDTH, option) / columns *
                   at(x, channels, HEIGHT, WIDTH, n, c, h, w);
    return sum;
}

/* The layer on images of `channels`; the sum of back[k] * y[k] may be asked for, and its slope. */
typedef struct trial {
    sc_env env;
    net_eval e;
    double *back;
    size_t inputs, outputs;
} trial;

static void begin(trial *t, const char *word, const sc_layer_options *options, int channels) {
    sc_net *net = net_create(&t->env, SOCLE_F32, 3, (int64_t[]){channels, HEIGHT, WIDTH}, 1);
    net_add(net, word, -1, options);
    net_eval_create(&t->e, net, SC_BUILD_TRAIN, SAMPLES);
    eval_destroy(&t->e.eval);
    sc_value x = t->e.build.node[0], y = t->e.build.node[net->output], slope;
    const sc_tensor_desc desc = *sc_graph_desc(t->e.graph, y);
    sc_value seed = sc_graph_external(t->e.graph, SC_LANE_INPUTS, 1, &desc, NULL);
    SC_OK(&t->env, sc_graph_gradient(t->e.graph, y, seed, 1, &x, &slope, NULL));
    sc_graph_output(t->e.graph, slope, SC_LANE_OUTPUTS, 1);
    eval_create(&t->e.eval, t->e.graph, false, SAMPLES, NULL, NULL);
    t->back = eval_home_data(&t->e.eval, SC_LANE_INPUTS, 1, 0);
    t->inputs = (size_t)(SAMPLES * channels * PIXELS);
    t->outputs = (size_t)sc_tensor_elements(&desc);
    for (size_t i = 0; i < t->inputs; i++) eval_input(&t->e, 0)[i] = (double)(i * i % 37) / 16;
    for (size_t i = 0; i < t->outputs; i++) t->back[i] = (double)(i * 7 % 11) / 8 - 0.5;
    eval_run(&t->e.eval);
}

static double score(const trial *t) {
    double sum = 0;
    for (size_t i = 0; i < t->outputs; i++)
        sum += t->back[i] * eval_output((net_eval *)&t->e, 0)[i];
    return sum;
}

/* Central differences of the score by each of the numbers that went in. */
static void expect_slopes(trial *t, double tolerance) {
    const double h = 1e-5;
    double *slope = malloc(t->inputs * sizeof *slope);
    memcpy(slope, eval_output(&t->e, 1), t->inputs * sizeof *slope);
    for (size_t i = 0; i < t->inputs; i += 7) {
        double *x = eval_input(&t->e, 0), before = x[i];
        x[i] = before + h;
        eval_run(&t->e.eval);
        const double up = score(t);
        eval_input(&t->e, 0)[i] = before - h;
        eval_run(&t->e.eval);
        const double down = score(t);
        eval_input(&t->e, 0)[i] = before;
        SC_NEAR(slope[i], (up - down) / (2 * h), tolerance);
    }
    free(slope);
}

static void check_matrix(const char *word, const sc_layer_options *options, int height, int width,
                         weight_of weight, double option) {
    trial t;
    begin(&t, word, options, CHANNELS);
    SC_EQ(t.outputs, SAMPLES * CHANNELS * height * width);
    for (int n = 0; n < SAMPLES; n++)
        for (int c = 0; c < CHANNELS; c++)
            for (int i = 0; i < height; i++)
                for (int j = 0; j < width; j++)
                    SC_NEAR(at(eval_output(&t.e, 0), CHANNELS, height, width, n, c, i, j),
                            expected(eval_input(&t.e, 0), CHANNELS, n, c, i, j, height, width,
                                     weight, option),
                            1e-6);
    expect_slopes(&t, 1e-6);
    net_eval_destroy(&t.e);
}

Test(image_layers, resize) {
    static const int sizes[][2] = {{12, 10}, {3, 2}, {6, 5}, {1, 1}, {7, 3}};
    sc_layer_options options = options_of("resize");
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        options.size[0] = sizes[s][0];
        options.size[1] = sizes[s][1];
        options.method = "bilinear";
        check_matrix("resize", &options, sizes[s][0], sizes[s][1], triangle, 0);
        options.method = "nearest";
        check_matrix("resize", &options, sizes[s][0], sizes[s][1], nearest, 0);
    }
}

Test(image_layers, blur) {
    sc_layer_options options = options_of("blur");
    static const double sigmas[] = {0.25, 1, 3};
    for (size_t s = 0; s < 3; s++) {
        options.deviation = (float)sigmas[s];
        check_matrix("blur", &options, HEIGHT, WIDTH, bell, sigmas[s]);
    }
}

Test(image_layers, grey) {
    trial t;
    begin(&t, "grey", NULL, 3);
    for (int n = 0; n < SAMPLES; n++)
        for (int p = 0; p < PIXELS; p++) {
            const double *x = eval_input(&t.e, 0) + n * 3 * PIXELS;
            SC_NEAR(eval_output(&t.e, 0)[n * PIXELS + p],
                    0.299 * x[p] + 0.587 * x[PIXELS + p] + 0.114 * x[2 * PIXELS + p], 1e-6);
        }
    expect_slopes(&t, 1e-6);
    net_eval_destroy(&t.e);
}

static void check_standardise(const char *per, int parts) {
    trial t;
    sc_layer_options options = options_of("standardise");
    options.method = per;
    begin(&t, "standardise", &options, CHANNELS);
    const int each = CHANNELS * PIXELS / parts;
    for (int part = 0; part < SAMPLES * parts; part++) {
        const double *x = eval_input(&t.e, 0) + part * each,
                     *y = eval_output(&t.e, 0) + part * each;
        double mean = 0, square = 0;
        for (int i = 0; i < each; i++) mean += x[i] / each;
        for (int i = 0; i < each; i++) square += pow(x[i] - mean, 2) / each;
        for (int i = 0; i < each; i++)
            SC_NEAR(y[i], (x[i] - mean) / fmax(sqrt(square), 1 / sqrt(each)), 1e-6);
    }
    expect_slopes(&t, 1e-5);
    for (size_t i = 0; i < t.inputs; i++) eval_input(&t.e, 0)[i] = 0.5; /* even images */
    eval_run(&t.e.eval);
    for (size_t i = 0; i < t.outputs; i++) SC_NEAR(eval_output(&t.e, 0)[i], 0, 1e-6);
    for (size_t i = 0; i < t.inputs; i++) SC_TRUE(isfinite(eval_output(&t.e, 1)[i]));
    net_eval_destroy(&t.e);
}

Test(image_layers, standardise) {
    check_standardise("image", 1);
    check_standardise("channel", CHANNELS);
}

Test(image_layers, wrong_inputs) {
    sc_env env;
    const char *const words[] = {"resize", "blur", "grey", "standardise"};
    for (size_t k = 0; k < 4; k++) {
        sc_layer_options options = options_of(words[k]);
        options.size[0] = options.size[1] = 2;
        sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){6}, 1);
        sc_layer_options standard;
        const sc_layer_kind *kind = sc_layer_kind_find(words[k], &standard);
        int from = 0;
        SC_EQ(sc_net_layer(net, kind, NULL, 1, &from, &options), -1);
        SC_CONTAINS(env.text, "expects images");
        sc_net_destroy(net);
    }
    sc_net *net = net_create(&env, SOCLE_F32, 3, (int64_t[]){1, 4, 4}, 1);
    sc_layer_options options = options_of("grey");
    int from = 0;
    SC_EQ(sc_net_layer(net, sc_layer_kind_find("grey", &options), NULL, 1, &from, &options), -1);
    SC_CONTAINS(env.text, "three channels, red, green and blue; the input has 1");
    sc_net_destroy(net);
}
