/* SPDX-License-Identifier: Apache-2.0 */
/* What each layer computes, in double: by hand, by plain loops, and for batch normalisation,
 * prelu and maxout by PyTorch 1.13. */
#include "net_eval.h"

#include "graph/formula.h"
#include "graph/grad.h"

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

/* A layer with parameters, and the gradients of the sum of its squares by them and by its input. */
typedef struct learnt {
    net_eval eval;
    int parameters;
} learnt;

static void learnt_create(learnt *out, sc_net *net, int64_t rows) {
    sc_value gradient[4];
    *out = (learnt){.eval = {.env = net->env, .net = net}, .parameters = (int)net->parameters};
    SC_OK(net->env, sc_graph_create(&out->eval.graph, net->env, rows));
    sc_graph *graph = out->eval.graph;
    sc_tensor_desc desc = net->input[0].desc;
    desc.dim[0] = rows;
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &desc, NULL);
    SC_OK(net->env, sc_net_build(&out->eval.build, net, graph, SC_BUILD_TRAIN, &x));
    sc_value y = out->eval.build.node[net->output], wrt[4] = {x};
    sc_value squares = sc_build_formula(graph, "y * y", "y", &y);
    uint32_t axes = ((1u << sc_graph_desc(graph, y)->rank) - 1) & ~1u;
    sc_value loss =
        sc_build_reshape(graph, sc_build_reduce(graph, SC_REDUCE_SUM, squares, axes), 1, &rows);
    for (int p = 0; p < out->parameters; p++) wrt[1 + p] = out->eval.build.parameter[p];
    SC_OK(net->env,
          sc_graph_gradient(graph, loss, SC_NO_VALUE, 1 + out->parameters, wrt, gradient, NULL));
    sc_graph_output(graph, y, SC_LANE_OUTPUTS, 0);
    for (int i = 0; i <= out->parameters; i++)
        sc_graph_output(graph, gradient[i], SC_LANE_OUTPUTS, 1 + i);
    SC_OK(net->env, graph->status);
    eval_create(&out->eval.eval, graph, false, rows, NULL, NULL);
}

/* torch.nn.functional.prelu with one slope, and with one for each channel. */
Test(layers, prelu) {
    static const double x[6] = {1.5, -2, 0.5, -1, 3, -0.25},
                        y[2][6] = {{1.5, -0.5, 0.5, -0.25, 3, -0.0625},
                                   {1.5, 1, 0.5, -0.25, 3, -0.5}},
                        dx[2][6] = {{3, -0.25, 1, -0.125, 6, -0.03125}, {3, -1, 1, -0.125, 6, -2}},
                        dw[2][3] = {{2.53125}, {0.5, -4, 0.25}};
    for (int channels = 0; channels < 2; channels++) {
        sc_env env;
        learnt e;
        sc_layer_options options = options_of("prelu");
        options.per_channel = channels;
        sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){3}, 1);
        net_add(net, "prelu", -1, &options);
        float start[3];
        SC_OK(&env, sc_parameter_initialize(&env, &net->parameter[0], 1, start));
        SC_TRUE(start[0] == 0.25f && net->parameter[0].role != SC_PARAMETER_WEIGHT);
        learnt_create(&e, net, 2);
        memcpy(eval_input(&e.eval, 0), x, sizeof x);
        memcpy(eval_parameter(&e.eval, "prelu1.weight"), (double[]){0.25, -0.5, 2},
               (channels ? 3 : 1) * sizeof(double));
        eval_run(&e.eval.eval);
        check_values("prelu", eval_output(&e.eval, 0), y[channels], 6, 0);
        check_values("dx", eval_output(&e.eval, 1), dx[channels], 6, 0);
        check_values("dw", eval_output(&e.eval, 2), dw[channels], channels ? 3 : 1, 0);
        net_eval_destroy(&e.eval);
    }
}

/* The largest of three linear maps for each of two units (Goodfellow et al. 2013), by PyTorch's
 * linear, view and max. */
Test(layers, maxout) {
    static const double x[6] = {1, -1, 0.5, 2, -1, 0.75},
                        w[12] = {1, 2, -1, 0.5, 0.25, -2, 0.5, 0.5, 2, -1, -3, 1},
                        b[6] = {0.5, 0, 1, -1, 0.25, 0}, y[6] = {3.25, 3.25, 5, 0.5, 1.375, 3.75},
                        dx[6] = {14.625, -19.5, 7, 21, -25.25, 8.875},
                        dw[12] = {5, 20, -2.75, 2.0625, 6.5, -6.5, 0, 0, 6.5, -6.5, -7, 7.625},
                        db[6] = {10, 2.75, 6.5, 0, 6.5, 8.5};
    for (int rank = 1; rank < 3; rank++) { /* three samples, or one of three steps */
        sc_env env;
        learnt e;
        sc_layer_options options = options_of("maxout");
        options.units = 2;
        options.pieces = 3;
        sc_net *net =
            net_create(&env, SOCLE_F32, rank, rank == 1 ? (int64_t[]){2, 0} : (int64_t[]){3, 2}, 1);
        net_add(net, "maxout", -1, &options);
        SC_EQ(sc_net_desc(net, 1)->dim[rank], 2);
        learnt_create(&e, net, rank == 1 ? 3 : 1);
        memcpy(eval_input(&e.eval, 0), x, sizeof x);
        memcpy(eval_parameter(&e.eval, "maxout1.weight"), w, sizeof w);
        memcpy(eval_parameter(&e.eval, "maxout1.bias"), b, sizeof b);
        eval_run(&e.eval.eval);
        check_values("maxout", eval_output(&e.eval, 0), y, 6, 0);
        check_values("dx", eval_output(&e.eval, 1), dx, 6, 0);
        check_values("dw", eval_output(&e.eval, 2), dw, 12, 0);
        check_values("db", eval_output(&e.eval, 3), db, 6, 0);
        net_eval_destroy(&e.eval);
    }
}

/* By its definition: y[n, k] = |x[n] - w[k]|^2, and what is derived of the sum of y^2. */
Test(layers, distances) {
    enum { ROWS = 3, UNITS = 2, INPUTS = 2 };
    static const double x[ROWS][INPUTS] = {{1, -1}, {0.5, 2}, {-1, 0.75}},
                        w[UNITS][INPUTS] = {{0.25, -2}, {100.5, 0.5}};
    double y[ROWS][UNITS] = {{0}}, dx[ROWS][INPUTS] = {{0}}, dw[UNITS][INPUTS] = {{0}};
    for (int n = 0; n < ROWS; n++)
        for (int k = 0; k < UNITS; k++) {
            for (int i = 0; i < INPUTS; i++) y[n][k] += pow(x[n][i] - w[k][i], 2);
            for (int i = 0; i < INPUTS; i++) dx[n][i] += 4 * y[n][k] * (x[n][i] - w[k][i]);
            for (int i = 0; i < INPUTS; i++) dw[k][i] -= 4 * y[n][k] * (x[n][i] - w[k][i]);
        }
    for (int rank = 1; rank < 3; rank++) { /* three samples, or one of three steps */
        sc_env env;
        learnt e;
        sc_layer_options options = options_of("distances");
        options.units = UNITS;
        sc_net *net = net_create(&env, SOCLE_F32, rank,
                                 rank == 1 ? (int64_t[]){INPUTS, 0} : (int64_t[]){ROWS, INPUTS}, 1);
        net_add(net, "distances", -1, &options);
        SC_EQ(sc_net_desc(net, 1)->dim[rank], UNITS);
        learnt_create(&e, net, rank == 1 ? ROWS : 1);
        memcpy(eval_input(&e.eval, 0), x, sizeof x);
        memcpy(eval_parameter(&e.eval, "distances1.weight"), w, sizeof w);
        eval_run(&e.eval.eval);
        check_values("distances", eval_output(&e.eval, 0), y[0], ROWS * UNITS, 1e-15);
        check_values("dx", eval_output(&e.eval, 1), dx[0], ROWS * INPUTS, 1e-15);
        check_values("dw", eval_output(&e.eval, 2), dw[0], UNITS * INPUTS, 1e-15);
        net_eval_destroy(&e.eval);
    }
}
