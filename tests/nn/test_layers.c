/* SPDX-License-Identifier: Apache-2.0 */
/* What each layer computes, in double: by hand, by plain loops, and for batch normalisation by
 * PyTorch 1.13. */
#include "net_eval.h"

static const double TOLERANCE = 1e-7; /* constants of an expression are floats */

static void fill(double *data, size_t count, double scale) {
    uint32_t word = 12345;
    for (size_t i = 0; i < count; i++) {
        word = word * 1664525u + 1013904223u;
        data[i] = scale * ((double)(word >> 8) * 0x1p-23 - 1.0);
    }
}

Test(layers, dense_and_scaled_bytes) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_U8, 1, (int64_t[]){3}, 0.5f);
    sc_layer_options options = options_of("dense");
    options.units = 2;
    net_add(net, "dense", -1, &options);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 2);
    memcpy(eval_input(&e, 0), (double[]){0, 2, 255, 4, 6, 8}, 6 * sizeof(double));
    memcpy(eval_parameter(&e, "dense1.weight"), (double[]){1, 10, 100, -1, 0, 2},
           6 * sizeof(double));
    memcpy(eval_parameter(&e, "dense1.bias"), (double[]){0.5, -3}, 2 * sizeof(double));
    eval_run(&e.eval);
    check_values("dense", eval_output(&e, 0), (double[]){12760.5, 252, 432.5, 3}, 4, 0);
    net_eval_destroy(&e);
}

/* One channel, one row of four pixels, kernel 3, stride 2: "same" makes 2 outputs from 1 column of
 * padding, at the end. */
Test(layers, same_padding_is_at_the_end) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_F32, 3, (int64_t[]){1, 1, 4}, 1);
    sc_layer_options options = options_of("conv2d");
    options.filters = 1;
    options.use_bias = false;
    options.kernel[0] = 1;
    options.kernel[1] = 3;
    options.stride[0] = options.stride[1] = 2;
    options.padding.way = SC_PADDING_SAME;
    net_add(net, "conv2d", -1, &options);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 1);
    memcpy(eval_input(&e, 0), (double[]){1, 2, 3, 4}, 4 * sizeof(double));
    memcpy(eval_parameter(&e, "conv2d1.weight"), (double[]){1, 10, 100}, 3 * sizeof(double));
    eval_run(&e.eval);
    check_values("conv2d", eval_output(&e, 0), (double[]){321, 43}, 2, 0);
    net_eval_destroy(&e);
}

typedef struct convolution {
    int channels, height, width, filters, groups, kernel[2], stride[2], dilation[2], pad[4], out[2];
} convolution;

/* The definition, in plain loops. */
static double at(const convolution *c, const double *x, const double *w, int o, int y0, int x0) {
    int per_group = c->channels / c->groups, first = o / (c->filters / c->groups) * per_group;
    double sum = 0;
    for (int i = 0; i < per_group; i++)
        for (int ky = 0; ky < c->kernel[0]; ky++)
            for (int kx = 0; kx < c->kernel[1]; kx++) {
                int iy = y0 * c->stride[0] + ky * c->dilation[0] - c->pad[0],
                    ix = x0 * c->stride[1] + kx * c->dilation[1] - c->pad[2];
                if (iy < 0 || ix < 0 || iy >= c->height || ix >= c->width) continue;
                sum += x[((first + i) * c->height + iy) * c->width + ix] *
                       w[((o * per_group + i) * c->kernel[0] + ky) * c->kernel[1] + kx];
            }
    return sum;
}

static void check_convolution(const convolution *c) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_F32, 3, (int64_t[]){c->channels, c->height, c->width}, 1);
    sc_layer_options options = options_of("conv2d");
    options.filters = c->filters;
    options.groups = c->groups;
    for (int a = 0; a < 2; a++) {
        options.kernel[a] = c->kernel[a];
        options.stride[a] = c->stride[a];
        options.dilation[a] = c->dilation[a];
    }
    options.padding.way = SC_PADDING_EXPLICIT;
    memcpy(options.padding.size, c->pad, sizeof options.padding.size);
    const sc_tensor_desc *desc = sc_net_desc(net, net_add(net, "conv2d", -1, &options));
    SC_EQ(desc->dim[1], c->filters);
    SC_EQ(desc->dim[2], c->out[0]);
    SC_EQ(desc->dim[3], c->out[1]);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 1);
    double *x = eval_input(&e, 0), *w = eval_parameter(&e, "conv2d1.weight"),
           *bias = eval_parameter(&e, "conv2d1.bias");
    fill(x, (size_t)(c->channels * c->height * c->width), 1);
    fill(w, (size_t)(c->filters * c->channels / c->groups * c->kernel[0] * c->kernel[1]), 2);
    fill(bias, (size_t)c->filters, 3);
    eval_run(&e.eval);
    const double *y = eval_output(&e, 0);
    for (int o = 0; o < c->filters; o++)
        for (int i = 0; i < c->out[0]; i++)
            for (int j = 0; j < c->out[1]; j++, y++)
                SC_NEAR(*y, at(c, x, w, o, i, j) + bias[o], 1e-12);
    net_eval_destroy(&e);
}

Test(layers, convolutions) {
    static const convolution rows[] = {
        {3, 7, 6, 4, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, {7, 6}},
        {4, 9, 8, 6, 2, {3, 2}, {2, 1}, {1, 2}, {1, 0, 2, 3}, {4, 11}},
        {6, 5, 5, 6, 6, {2, 2}, {1, 2}, {1, 1}, {0, 0, 0, 0}, {4, 2}},
        {2, 5, 5, 3, 1, {1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}, {3, 3}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        SC_REPRO("convolution %zu", r);
        check_convolution(&rows[r]);
    }
}

static void check_pool(const char *word, bool count_padding, const double expected[4]) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_F32, 3, (int64_t[]){1, 3, 3}, 1);
    sc_layer_options options = options_of(word);
    options.kernel[0] = options.kernel[1] = 2; /* stride: the same; "same": one row and column at
                                                  the end */
    options.padding.way = SC_PADDING_SAME;
    options.count_padding = count_padding;
    SC_REPRO("%s %d", word, count_padding);
    net_add(net, word, -1, &options);
    SC_EQ(net->layer[0].options.stride[0], 2);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 1);
    memcpy(eval_input(&e, 0), (double[]){-1, -2, -3, -4, -5, -6, -7, -8, -9}, 9 * sizeof(double));
    eval_run(&e.eval);
    check_values(word, eval_output(&e, 0), expected, 4, TOLERANCE);
    net_eval_destroy(&e);
}

Test(layers, pooling) {
    check_pool("maxpool2d", false, (double[]){-1, -3, -7, -9});
    check_pool("avgpool2d", false, (double[]){-3, -4.5, -7.5, -9});
    check_pool("avgpool2d", true, (double[]){-3, -2.25, -3.75, -2.25});
}

Test(layers, global_average_then_dense) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_F32, 3, (int64_t[]){2, 2, 3}, 1);
    const sc_tensor_desc *desc = sc_net_desc(net, net_add(net, "global_avgpool", -1, NULL));
    SC_EQ(desc->rank, 2);
    SC_EQ(desc->dim[1], 2);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 1);
    memcpy(eval_input(&e, 0), (double[]){1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 3}, 12 * sizeof(double));
    eval_run(&e.eval);
    check_values("global_avgpool", eval_output(&e, 0), (double[]){3.5, 0.5}, 2, TOLERANCE);
    sc_layer_options options = options_of("dense");
    options.units = 3;
    net_add(net, "dense", -1, &options);
    net_eval_destroy(&e);
}

/* torch.nn.BatchNorm1d(2, eps=1e-3) on three rows; a capacity of five shows that the rows of the
 * launch count. */
Test(layers, batchnorm_in_training) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){2}, 1);
    sc_layer_options options = options_of("batchnorm");
    options.epsilon = 1e-3f;
    net_add(net, "batchnorm", -1, &options);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 5);
    e.eval.launch.rows = 3;
    memcpy(eval_input(&e, 0), (double[]){1, 2, 3, -4, 0.5, 8}, 6 * sizeof(double));
    memcpy(eval_parameter(&e, "batchnorm1.weight"), (double[]){1.5, -2}, 2 * sizeof(double));
    memcpy(eval_parameter(&e, "batchnorm1.bias"), (double[]){0.25, 1}, 2 * sizeof(double));
    eval_run(&e.eval);
    static const double expected[6] = {-0.44406768096546356, 1,
                                       2.3322030428963907,   3.449438713341535,
                                       -1.1381353619309271,  -1.449438713341535};
    check_values("batchnorm", eval_output(&e, 0), expected, 6, TOLERANCE);
    check_values("mean", eval_output(&e, STATISTICS_OUT + 2), (double[]){1.5, 2}, 2, TOLERANCE);
    check_values("unbiased variance", eval_output(&e, STATISTICS_OUT + 3), (double[]){1.75, 36}, 2,
                 TOLERANCE);
    e.eval.launch.rows = 1; /* no variance of one sample: 0, not NaN */
    eval_run(&e.eval);
    check_values("variance of one", eval_output(&e, STATISTICS_OUT + 3), (double[]){0, 0}, 2, 0);
    net_eval_destroy(&e);
}

Test(layers, batchnorm_in_evaluation) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_F32, 3, (int64_t[]){2, 1, 3}, 1); /* images: a channel is a
                                                                              row here */
    sc_layer_options options = options_of("batchnorm");
    options.epsilon = 1e-3f;
    net_add(net, "batchnorm", -1, &options);
    net_eval_create(&e, net, SC_BUILD_EVALUATE, 1);
    memcpy(eval_input(&e, 0), (double[]){1, 3, 0.5, 2, -4, 8}, 6 * sizeof(double));
    memcpy(eval_parameter(&e, "batchnorm1.weight"), (double[]){1.5, -2}, 2 * sizeof(double));
    memcpy(eval_parameter(&e, "batchnorm1.bias"), (double[]){0.25, 1}, 2 * sizeof(double));
    memcpy(eval_parameter(&e, "batchnorm1.running_mean"), (double[]){0.375, 0.5},
           2 * sizeof(double));
    memcpy(eval_parameter(&e, "batchnorm1.running_var"), (double[]){1.1875, 9.75},
           2 * sizeof(double));
    eval_run(&e.eval);
    static const double expected[6] = {1.1099469952651413,  3.861777380113593,
                                       0.42198939905302824, 0.039280343580956334,
                                       3.882158969257131,   -3.8035982820952183};
    check_values("batchnorm", eval_output(&e, 0), expected, 6, TOLERANCE);
    for (size_t p = 0; p < 4; p++) SC_EQ(e.build.statistic[p], SC_NO_VALUE);
    net_eval_destroy(&e);
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double activation(const char *word, double x) {
    if (strcmp(word, "relu") == 0) return fmax(x, 0);
    if (strcmp(word, "sigmoid") == 0) return sigmoid(x);
    if (strcmp(word, "tanh") == 0) return tanh(x);
    if (strcmp(word, "silu") == 0) return x * sigmoid(x);
    if (strcmp(word, "gelu") == 0) return 0.5 * x * erfc(-x / sqrt(2));
    if (strcmp(word, "gelu_tanh") == 0)
        return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    if (strcmp(word, "mish") == 0) return x * tanh(log1p(exp(x)));
    if (strcmp(word, "softplus") == 0) return log1p(exp(x));
    if (strcmp(word, "elu") == 0) return x > 0 ? x : expm1(x);
    if (strcmp(word, "selu") == 0)
        return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x));
    if (strcmp(word, "leaky_relu") == 0) return x > 0 ? x : 0.01 * x;
    if (strcmp(word, "relu6") == 0) return fmin(fmax(x, 0), 6);
    if (strcmp(word, "hardtanh") == 0) return fmin(fmax(x, -1), 1);
    if (strcmp(word, "hardsigmoid") == 0) return fmin(fmax(x + 3, 0), 6) / 6;
    if (strcmp(word, "hardswish") == 0) return x * fmin(fmax(x + 3, 0), 6) / 6;
    if (strcmp(word, "softsign") == 0) return x / (1 + fabs(x));
    if (strcmp(word, "log_sigmoid") == 0) return -log1p(exp(-x));
    if (strcmp(word, "tanhshrink") == 0) return x - tanh(x);
    SC_TEST_FAIL("the test does not know the activation %s", word);
    return NAN;
}

Test(layers, activations) {
    enum { COUNT = 8 };
    static const double x[COUNT] = {-6, -1.5, -0.3, 0, 1e-3, 0.7, 2, 8};
    sc_layer_options unused;
    const sc_record *kind = &sc_layer_kind_find("activation", &unused)->record;
    for (const sc_word *row = sc_option_naming(kind)->words; row->word; row++) {
        const char *const *word = &row->word;
        sc_env env;
        net_eval e;
        double expected[COUNT], sum = 0;
        SC_REPRO("%s", *word);
        sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){COUNT}, 1);
        net_add(net, *word, -1, NULL);
        net_eval_create(&e, net, SC_BUILD_TRAIN, 1);
        memcpy(eval_input(&e, 0), x, sizeof x);
        eval_run(&e.eval);
        bool softmax = strcmp(*word, "softmax") == 0;
        for (int i = 0; i < COUNT; i++) sum += exp(x[i]);
        for (int i = 0; i < COUNT; i++)
            expected[i] = softmax ? exp(x[i]) / sum : activation(*word, x[i]);
        check_values(*word, eval_output(&e, 0), expected, COUNT, TOLERANCE);
        net_eval_destroy(&e);
    }
}

Test(layers, dropout) {
    enum { COUNT = 20000 };
    for (int training = 0; training < 2; training++) {
        sc_env env;
        net_eval e;
        sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){COUNT}, 1);
        sc_layer_options options = options_of("dropout");
        options.rate = 0.25f;
        int first = net_add(net, "dropout", 0, &options),
            second = net_add(net, "dropout", 0, &options);
        sc_layer_options join = options_of("concat");
        SC_EQ(sc_net_layer(net, sc_layer_kind_find("concat", &join), NULL, 2,
                           (int[]){first, second}, &join),
              3);
        net_eval_create(&e, net, training ? SC_BUILD_TRAIN : SC_BUILD_EVALUATE, 1);
        for (int i = 0; i < COUNT; i++) eval_input(&e, 0)[i] = 3;
        eval_run(&e.eval);
        const double *y = eval_output(&e, 0);
        int dropped = 0, differ = 0;
        for (int i = 0; i < COUNT; i++) {
            dropped += y[i] == 0;
            differ += y[i] != y[COUNT + i];
            if (y[i] != 0) SC_NEAR(y[i], training ? 4 : 3, training ? 4 * TOLERANCE : 0);
        }
        /* Two layers draw masks of their own; how independent they are is the generator's affair.
         */
        if (training) {
            SC_NEAR(dropped, 0.25 * COUNT, 5 * sqrt(COUNT * 0.25 * 0.75));
            SC_TRUE(differ > COUNT / 4);
        } else {
            SC_EQ(dropped + differ, 0);
        }
        net_eval_destroy(&e);
    }
}

Test(layers, flatten_add_concat) {
    sc_env env;
    net_eval e;
    sc_layer_options options;
    sc_net *net = net_create(&env, SOCLE_F32, 2, (int64_t[]){2, 2}, 1);
    int doubled =
        sc_net_layer(net, sc_layer_kind_find("add", &options), NULL, 2, (int[]){0, 0}, &options);
    int tripled =
        sc_net_layer(net, sc_layer_kind_find("add", &options), NULL, 3, (int[]){0, 0, 0}, &options);
    const sc_layer_kind *concat = sc_layer_kind_find("concat", &options);
    options.axis = 1;
    sc_net_layer(net, concat, NULL, 3, (int[]){0, doubled, tripled}, &options);
    net_add(net, "flatten", -1, NULL);
    SC_OK(&env, net->status);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 2);
    memcpy(eval_input(&e, 0), (double[]){1, 2, 3, 4, 5, 6, 7, 8}, 8 * sizeof(double));
    eval_run(&e.eval);
    static const double expected[24] = {1, 2, 2,  4,  3,  6,  3, 4, 6,  8,  9,  12,
                                        5, 6, 10, 12, 15, 18, 7, 8, 14, 16, 21, 24};
    check_values("joined", eval_output(&e, 0), expected, 24, 0);
    net_eval_destroy(&e);
}
