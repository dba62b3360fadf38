/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas from C: a layer, a loss and an update give the bits of the built-in ones of the same
 * formula, in a fit and step by step; wrong ones are refused with their column. */
#include "api_test.h"

/* dense 8, an activation, dense 3 under a loss of values; formulas where `own`. */
static socle_net *net_of(socle_context *context, int own) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(API_FEATURES)), 8, NULL);
    x = own ? socle_expr(net, 1, &x, "x * tanh(log(1 + exp(x)))")
            : socle_activation(net, x, "mish");
    x = socle_dense(net, x, API_CLASSES, NULL);
    API_OK(context, own ? socle_loss_expr(net, x, "(prediction - target) ** 2")
                        : socle_loss_mean_squared_error(net, x));
    return net;
}

static socle_data *values_of(socle_context *context) {
    api_blobs blobs;
    socle_data *data;
    float target[API_SAMPLES][API_CLASSES] = {{0}};
    api_draw(&blobs);
    for (int i = 0; i < API_SAMPLES; i++) target[i][blobs.label[i]] = 1;
    const socle_shape shape = SOCLE_SHAPE(API_CLASSES);
    API_OK(context,
           socle_data_arrays(&data, context, API_SAMPLES, SOCLE_F32, SOCLE_SHAPE(API_FEATURES),
                             blobs.input, SOCLE_F32, &shape, target));
    return data;
}

API_TEST(api_formula, fits_to_the_bits_of_the_built_in_ones) {
    socle_context *context = api_open(device);
    socle_data *data = values_of(context);
    float weight[2][API_WEIGHTS];
    for (int own = 0; own < 2; own++) {
        char update[] = "v = 0.9 * v + g; w = w - lr * v";
        socle_net *net = net_of(context, own);
        socle_fit_opts opts = api_opts();
        opts.optimizer = own ? socle_update(0.05f, update) : socle_sgd(0.05f, 0.9f);
        opts.weight_decay = 0.01f;
        API_OK(context, socle_fit(net, data, &opts));
        api_weight(context, net, weight[own]);
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(weight[1], weight[0], sizeof weight[0]);
    socle_data_destroy(data);
    socle_close(context);
}

/* dense 8, a layer and a loss as text, with options; the same as formulas where `own`. */
static socle_net *text_net_of(socle_context *context, int own) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(API_FEATURES)), 8, NULL);
    x = own ? socle_expr(net, 1, &x, "x if x > 0 else 0.25 * x")
            : socle_layer(net, 1, &x, "{leaky_relu: {slope: 0.25, name: bent}}");
    x = socle_dense(net, x, API_CLASSES, NULL);
    API_OK(context, own ? socle_loss_expr(net, x,
                                          "r = abs(prediction - target);"
                                          "0.5 * r * r if r < 0.5 else 0.5 * (r - 0.5 * 0.5)")
                        : socle_loss(net, x, "{huber: 0.5}"));
    return net;
}

/* Options are constants of the formulas of the table, on every device. */
API_TEST_IN_FULL(api_formula, layers_and_losses_with_options_are_their_formulas) {
    socle_context *context = api_open(device);
    socle_data *data = values_of(context);
    float weight[2][API_WEIGHTS];
    for (int own = 0; own < 2; own++) {
        socle_net *net = text_net_of(context, own);
        socle_fit_opts opts = api_opts();
        opts.optimizer = socle_sgd(0.05f, 0.9f);
        API_OK(context, socle_fit(net, data, &opts));
        api_weight(context, net, weight[own]);
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(weight[1], weight[0], sizeof weight[0]);
    socle_data_destroy(data);
    socle_close(context);
}

/* A decay that the formula names is its own affair: AdamW-like updates are formulas too. */
Test(api_formula, decay_is_coupled_unless_the_formula_reads_it) {
    static const char *const update[] = {"w = w - lr * g", "w = w - lr * (g + decay * w)",
                                         "w = w - lr * (g + 0 * decay)"};
    socle_context *context = api_open("cpu");
    socle_data *data = values_of(context);
    float weight[3][API_WEIGHTS];
    for (int i = 0; i < 3; i++) {
        socle_net *net = net_of(context, 0);
        socle_fit_opts opts = api_opts();
        opts.optimizer = socle_update(0.05f, update[i]);
        opts.weight_decay = 0.1f;
        API_OK(context, socle_fit(net, data, &opts));
        api_weight(context, net, weight[i]);
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(weight[1], weight[0], sizeof weight[0]);
    SC_TRUE(memcmp(weight[2], weight[0], sizeof weight[0]) != 0);
    socle_data_destroy(data);
    socle_close(context);
}

/* The trainer keeps what it needs of the text. Where the update is no number, a weight stays as it
 * is. */
Test(api_formula, a_trainer_steps_with_an_update) {
    socle_context *context = api_open("cpu");
    float weight[2][API_WEIGHTS], loss;
    api_blobs blobs;
    api_draw(&blobs);
    for (int run = 0; run < 2; run++) {
        char update[64] = "w = w - lr * g / (sqrt(g) * 0 + 1)";
        if (run) strcpy(update, "w = w - lr * max(g, 0)");
        socle_net *net = api_net(context);
        socle_trainer *trainer;
        API_OK(context, socle_trainer_create(&trainer, net, socle_update(0.1f, update), 30, 1));
        memset(update, 0, sizeof update);
        for (int step = 0; step < 5; step++)
            API_OK(context, socle_trainer_step(trainer, 30, blobs.input, blobs.label, &loss));
        API_OK(context, socle_trainer_sync(trainer));
        api_weight(context, net, weight[run]);
        socle_trainer_destroy(trainer);
        socle_net_destroy(net);
    }
    for (int i = 0; i < API_WEIGHTS; i++)
        SC_NEAR(weight[0][i], weight[1][i], 0); /* sqrt(g) of a negative g is none */
    socle_close(context);
}

/* Every parameter before and after one step with an update. */
enum { PARAMETERS = 4, MOST = API_WEIGHTS };
typedef struct weights {
    size_t count[PARAMETERS];
    float value[PARAMETERS][MOST];
} weights;

static void read_all(socle_context *context, socle_net *net, weights *out) {
    for (int p = 0; p < PARAMETERS; p++) {
        socle_parameter parameter;
        API_OK(context, socle_net_parameter(net, p, &parameter));
        out->count[p] = 1;
        for (int d = 0; d < parameter.shape.rank; d++)
            out->count[p] *= (size_t)parameter.shape.size[d];
        API_OK(context, socle_net_read(net, parameter.name, out->value[p], out->count[p]));
    }
}

static void step_with(socle_context *context, const char *update, weights *before, weights *after) {
    socle_net *net = net_of(context, 0);
    socle_trainer *trainer;
    api_blobs blobs;
    float target[30][API_CLASSES] = {{0}};
    api_draw(&blobs);
    for (int i = 0; i < 30; i++) target[i][blobs.label[i]] = 1;
    API_OK(context,
           socle_trainer_create(&trainer, net, (socle_optimizer){update, {0.5f}, 1}, 30, 5));
    read_all(context, net, before);
    API_OK(context, socle_trainer_step(trainer, 30, blobs.input, target, NULL));
    API_OK(context, socle_trainer_sync(trainer));
    read_all(context, net, after);
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
}

/* Sums are over each tensor without its padding, or over all tensors. */
API_TEST(api_formula, an_update_sums_over_tensors) {
    socle_context *context = api_open(device);
    weights before, plain, after;
    double gradient[PARAMETERS][MOST], sum[PARAMETERS] = {0}, square[PARAMETERS] = {0}, total = 0,
                                       all = 0;
    int number = 0;
    step_with(context, "w = w - g", &before, &plain);
    for (int p = 0; p < PARAMETERS; p++)
        for (size_t i = 0; i < before.count[p]; i++) {
            double g = gradient[p][i] = (double)before.value[p][i] - (double)plain.value[p][i];
            total += g * g;
            all += (double)before.value[p][i] + 1;
            sum[p] += exp((double)before.value[p][i]);
            square[p] += g * g;
        }
#define EXPECT(update, expected)                                                                   \
    do {                                                                                           \
        if (!sc_test_takes(device, number++, 4)) break;                                            \
        SC_REPRO("%s on %s", update, device);                                                      \
        step_with(context, update, &before, &after);                                               \
        for (int p = 0; p < PARAMETERS; p++)                                                       \
            for (size_t i = 0; i < before.count[p]; i++) {                                         \
                const double w = (double)before.value[p][i], g = gradient[p][i],                   \
                             n = (double)before.count[p];                                          \
                (void)w, (void)g, (void)n;                                                         \
                SC_NEAR(after.value[p][i], expected, 2e-6 * (1 + fabs(expected)));                 \
            }                                                                                      \
    } while (0)
    EXPECT("w = sum(exp(w)) + 0 * g", sum[p]);
    EXPECT("w = mean(exp(w)) + 0 * g", sum[p] / n);
    EXPECT("w = w - lr * g / (norm(g) + 1e-6)", w - 0.5 * g / (sqrt(square[p]) + 1e-6));
    EXPECT("w = w - g * min(1, 0.01 / (total_norm(g) + 1e-6))",
           w - g * fmin(1, 0.01 / (sqrt(total) + 1e-6)));
    EXPECT("w = w + total(w + 1) * 0.001 + 0 * g", w + all * 0.001);
    EXPECT("r = norm(g); w = w - g / (r + norm(g / (r + 1)) + 1e-6)",
           w - g / (sqrt(square[p]) + sqrt(square[p]) / (sqrt(square[p]) + 1) + 1e-6));
    double ratio[PARAMETERS]; /* LAMB, You et al. 2020: the first step's direction is g / (|g| +
                                 epsilon) */
    for (int p = 0; p < PARAMETERS; p++) {
        double w = 0, r = 0;
        for (size_t i = 0; i < before.count[p]; i++) {
            w += pow((double)before.value[p][i], 2);
            r += pow(gradient[p][i] / (fabs(gradient[p][i]) + 1e-6), 2);
        }
        ratio[p] = w > 0 && r > 0 ? sqrt(w) / sqrt(r) : 1;
    }
    EXPECT(
        "m = 0.9 * m + (1 - 0.9) * g; v = 0.999 * v + (1 - 0.999) * g ** 2;"
        "r = m / (1 - 0.9 ** step) / (sqrt(v / (1 - 0.999 ** step)) + 1e-6);"
        "ratio = norm(w) / norm(r) if norm(w) > 0 and norm(r) > 0 else 1; w = w - lr * ratio * r",
        w - 0.5 * ratio[p] * g / (fabs(g) + 1e-6));
    EXPECT("lamb", w - 0.5 * ratio[p] * g / (fabs(g) + 1e-6));
#undef EXPECT
    socle_close(context);
}

API_TEST(api_formula, a_graph_has_formulas_and_their_gradients) {
    enum { COUNT = 5 };
    static const float x[COUNT] = {-2, -0.5f, 0, 1.5f, 80}, y[1] = {3};
    socle_context *context = api_open(device);
    socle_tensor *in = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(COUNT)),
                 *scale = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(1)),
                 *out = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(COUNT)),
                 *slope = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(COUNT));
    socle_graph *graph;
    float got[COUNT], slopes[COUNT];
    API_OK(context, socle_tensor_write(in, x, sizeof x));
    API_OK(context, socle_tensor_write(scale, y, sizeof y));
    API_OK(context, socle_graph_create(&graph, context));
    const socle_value both[2] = {socle_op_tensor(graph, in), socle_op_tensor(graph, scale)};
    socle_value value = socle_op_expr(graph, 2, both, "x1 * x2 if x1 > 0 else x2 * (exp(x1) - 1)"),
                gradient;
    API_OK(context, socle_graph_gradient(graph, value, 1, both, &gradient));
    socle_op_store(graph, value, out);
    socle_op_store(graph, gradient, slope);
    API_OK(context, socle_graph_compile(graph));
    API_OK(context, socle_graph_run(graph));
    API_OK(context, socle_tensor_read(out, got, sizeof got));
    API_OK(context, socle_tensor_read(slope, slopes, sizeof slopes));
    for (int i = 0; i < COUNT; i++) {
        double at = (double)x[i], expected = at > 0 ? 3 * at : 3 * expm1(at);
        SC_NEAR(got[i], expected, 1e-6 * (1 + fabs(expected)));
        SC_NEAR(slopes[i], at > 0 ? 3 : 3 * exp(at), 1e-6);
    }
    socle_graph_destroy(graph);
    static const char *const wrong[] = {"x1 * x3", "x1 +", NULL};
    static const char *const part[] = {"column 6: unknown name 'x3'", "column 5: the formula ends",
                                       "formula is NULL"};
    for (int i = 0; i < 3; i++) {
        API_OK(context, socle_graph_create(&graph, context));
        const socle_value two[2] = {socle_op_tensor(graph, in), socle_op_tensor(graph, scale)};
        SC_EQ(socle_op_expr(graph, 2, two, wrong[i]), -1);
        API_FAILS(context, socle_graph_compile(graph), SOCLE_STATUS_INVALID_ARGUMENT, part[i]);
        socle_graph_destroy(graph);
    }
    SC_EQ(socle_op_expr(NULL, 1, both, "x"), -1);
    socle_tensor_destroy(in), socle_tensor_destroy(scale), socle_tensor_destroy(out),
        socle_tensor_destroy(slope);
    socle_close(context);
}

Test(api_formula, wrong_ones_are_refused) {
    socle_context *context = api_open("cpu");
    socle_net *net;
    socle_data *data = api_data(context);
    socle_trainer *trainer;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input(net, SOCLE_SHAPE(4));
    SC_EQ(socle_expr(net, 1, &x, "x * y"), -1);
    API_FAILS(context, socle_loss_expr(net, x, "abs(prediction - target)"), SOCLE_STATUS_CONFIG,
              "expr1: column 5: unknown name 'y'");
    socle_net_destroy(net);
    API_OK(context, socle_net_create(&net, context));
    x = socle_input(net, SOCLE_SHAPE(4));
    API_FAILS(context, socle_loss_expr(net, x, "abs(prediction)"), SOCLE_STATUS_CONFIG,
              "column 1: the formula never uses target");
    socle_net_destroy(net);
    API_OK(context, socle_net_create(&net, context));
    x = socle_input(net, SOCLE_SHAPE(4));
    API_FAILS(context, socle_loss_expr(net, x, NULL), SOCLE_STATUS_CONFIG,
              "the formula is missing");
    socle_net_destroy(net);
    SC_EQ(socle_expr(NULL, 1, &x, "x"), -1);
    SC_EQ(socle_loss_expr(NULL, 0, "prediction - target"), SOCLE_STATUS_INVALID_ARGUMENT);
    net = api_net(context);
    socle_fit_opts opts = api_opts();
    opts.optimizer = socle_update(0.1f, "w = w - lr * gg");
    API_FAILS(context, socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG,
              "the update of the optimizer: column 14: unknown name 'gg'; did you mean 'g'?");
    API_FAILS(context, socle_trainer_create(&trainer, net, socle_update(0.1f, "w = g / 0"), 4, 1),
              SOCLE_STATUS_CONFIG, "column 9: division by 0");
    opts.optimizer = socle_update(0.1f, "w = w - g * norm(g) * mean(g) * norm(w)");
    API_FAILS(context, socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG,
              "column 33: more than 3 sums over tensors");
    opts.optimizer = socle_update(0.1f, "expr");
    API_FAILS(context, socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG, "the update is missing");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

SC_OPENCL_BODIES(api_formula)
