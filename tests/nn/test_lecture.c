/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a first lecture, worked out by hand: lines and their scores, likelihoods and
 * cross-entropies, gradients, a convolution. */
#include "loss_eval.h"

#include <math.h>

static void set_parameters(net_eval *eval) {
    for (size_t p = 0; p < eval->net->parameters; p++) {
        const sc_parameter *parameter = &eval->net->parameter[p];
        float value[SC_OPTION_MOST];
        double *to = eval_parameter(eval, parameter->name);
        SC_OK(eval->env, sc_parameter_initialize(eval->env, parameter, 1, value));
        for (int64_t i = 0; i < sc_tensor_elements(&parameter->desc); i++) to[i] = value[i];
    }
}

/* The network of a text on rows of inputs, with the first weights that the text gives. */
static void expect_outputs(const char *text, int64_t rows, const double *input, int inputs,
                           const double *expected, int outputs) {
    sc_env env;
    sc_net *net;
    net_eval eval;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", text);
    SC_OK(&env, net_from_text(&net, &env, text));
    net_eval_create(&eval, net, SC_BUILD_EVALUATE, rows);
    set_parameters(&eval);
    memcpy(eval_input(&eval, 0), input, (size_t)inputs * sizeof *input);
    eval_run(&eval.eval);
    check_values("output", eval_output(&eval, 0), expected, (size_t)outputs, 0);
    net_eval_destroy(&eval);
}

Test(lecture, an_admission_line_scores_students) {
    const double students[] = {9, 8, 3, 4, 7, 6}, scores[] = {8, -8, 2}, decisions[] = {1, 0, 1};
    expect_outputs(
        "{inputs: [{name: x, shape: [2]}], layers: [{dense: {name: y, from: x, units: 1, "
        "weight_init: {values: [2, 1]}, bias_init: {values: [-18]}}}], output: y}",
        3, students, 6, scores, 3);
    expect_outputs(
        "{inputs: [{name: x, shape: [2]}], layers: [{dense: {name: y, from: x, units: 1, "
        "weight_init: {values: [2, 1]}, bias_init: {values: [-18]}}}, "
        "{step: {name: z, from: y}}], output: z}",
        3, students, 6, decisions, 3);
    expect_outputs("{inputs: [{name: x, shape: [1]}], layers: [{step: {name: z, from: x}}], "
                   "output: z}",
                   1, (double[]){0}, 1, (double[]){1}, 1);
}

static const char picture[] =
    "{inputs: [{name: x, shape: [1, 5, 5]}], layers: [{conv2d: {name: y, from: x, filters: 1, "
    "kernel: 3, bias: false, weight_init: {values: [%s]}}}%s], output: %s}";

Test(lecture, a_filter_goes_over_a_picture) {
    static const double x[25] = {1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1,
                                 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0};
    static const double cross[9] = {4, 3, 4, 2, 4, 3, 2, 3, 4},
                        edge[9] = {-2, 0, 2, -3, -2, 2, -3, -1, 2},
                        relu[9] = {0, 0, 2, 0, 0, 2, 0, 0, 2};
    char text[400];
    snprintf(text, sizeof text, picture, "1, 0, 1, 0, 1, 0, 1, 0, 1", "", "y");
    expect_outputs(text, 1, x, 25, cross, 9);
    snprintf(text, sizeof text, picture, "1, 0, -1, 1, 0, -1, 1, 0, -1", "", "y");
    expect_outputs(text, 1, x, 25, edge, 9);
    snprintf(text, sizeof text, picture, "1, 0, -1, 1, 0, -1, 1, 0, -1",
             ", {relu: {name: z, from: y}}", "z");
    expect_outputs(text, 1, x, 25, relu, 9);
}

/* Losses and slopes of two samples of `width` predictions each. */
static void evaluate(const char *loss, int width, const double *prediction, const double *target,
                     double *losses, double *slopes, double *shown) {
    sc_env env;
    sc_net *net = net_of(&env, loss, width);
    loss_eval eval;
    create(&eval, net, -1);
    run(&eval, prediction, ROWS * width, target, ROWS * width);
    memcpy(losses, data(&eval, SC_LANE_OUTPUTS, LOSS), ROWS * sizeof *losses);
    if (slopes)
        memcpy(slopes, data(&eval, SC_LANE_OUTPUTS, SLOPE),
               (size_t)(ROWS * width) * sizeof *slopes);
    if (shown)
        memcpy(shown, data(&eval, SC_LANE_OUTPUTS, SHOWN), (size_t)(ROWS * width) * sizeof *shown);
    destroy(&eval, net);
}

/* As a slide shows them: to so many digits behind the point. */
static void expect_rounded(double value, double shown, double digits) {
    SC_NEAR(round(value * digits) / digits, shown, 1e-9);
}

Test(lecture, likelihoods_and_cross_entropies_of_four_points) {
    static const double p[] = {0.6, 0.2, 0.1, 0.7, 0.7, 0.9, 0.8, 0.6},
                        ones[] = {1, 1, 1, 1, 1, 1, 1, 1},
                        each[] = {0.51, 1.61, 2.30, 0.36, 0.36, 0.11, 0.22, 0.51};
    double loss[ROWS], one[ROWS];
    evaluate("{binary_cross_entropy_probabilities: {reduction: sum}}", 4, p, ones, loss, NULL,
             NULL);
    expect_rounded(exp(-loss[0]), 0.0084, 1e4);
    expect_rounded(exp(-loss[1]), 0.3024, 1e4);
    expect_rounded(loss[0], 4.8, 10);
    expect_rounded(loss[1], 1.2, 10);
    for (int i = 0; i < 8; i++) {
        evaluate("binary_cross_entropy_probabilities", 1, (double[]){p[i], p[i]}, ones, one, NULL,
                 NULL);
        expect_rounded(one[0], each[i], 100); /* a slide cuts 0.105 to .10 */
    }
}

Test(lecture, the_mean_cross_entropy_of_three_points) {
    static const double f[] = {0.1, 0.8, 0.6, 0.1, 0.8, 0.6}, y[] = {1, 0, 1, 1, 0, 1};
    double loss[ROWS];
    evaluate("binary_cross_entropy_probabilities", 3, f, y, loss, NULL, NULL);
    expect_rounded(loss[0], 1.4743, 1e4);
}

/* Both have the slope phi - y by the score, and so (phi - y) x by the weights. */
Test(lecture, squared_residuals_and_log_loss_have_the_same_slopes) {
    static const double z[] = {-2, -0.3, 0.8, 3}, y[] = {0, 1, 1, 0};
    double phi[4], loss[ROWS], by_squares[4], by_log[4], twice[4];
    for (int i = 0; i < 4; i++) phi[i] = 1 / (1 + exp(-z[i]));
    evaluate("quadratic", 2, phi, y, loss, by_squares, NULL);
    evaluate("sum_squared_error", 2, phi, y, loss, twice, NULL);
    evaluate("{binary_cross_entropy: {reduction: sum}}", 2, z, y, loss, by_log, NULL);
    for (int i = 0; i < 4; i++) {
        SC_NEAR(by_squares[i], phi[i] - y[i], 1e-15);
        SC_NEAR(by_log[i], phi[i] - y[i], 1e-15);
        SC_NEAR(twice[i], 2 * (phi[i] - y[i]), 1e-15);
    }
}

/* The second of three is the likeliest, and the loss is of its probability. */
Test(lecture, a_softmax_names_its_class) {
    sc_env env;
    sc_net *net = net_of(&env, "softmax_cross_entropy", 3);
    const double score[] = {log(0.1), log(0.6), log(0.3), log(0.1), log(0.6), log(0.3)},
                 label[] = {1, 2};
    loss_eval eval;
    sc_net_standard_metrics(net);
    create(&eval, net, -1);
    run(&eval, score, 6, label, 2);
    check_values("shown", data(&eval, SC_LANE_OUTPUTS, SHOWN),
                 (double[]){0.1, 0.6, 0.3, 0.1, 0.6, 0.3}, 6, 1e-12);
    check_values("right", data(&eval, SC_LANE_OUTPUTS, RIGHT), (double[]){1, 0}, 2, 0);
    check_values("loss", data(&eval, SC_LANE_OUTPUTS, LOSS), (double[]){-log(0.6), -log(0.3)}, 2,
                 1e-12);
    destroy(&eval, net);
}

/* A missed 0 pulls down, a missed 1 up, and nothing else moves; a score of 0 is a 1. */
Test(lecture, the_perceptron_moves_for_what_it_misses) {
    static const double score[] = {22, -3, 5, -1, 0, 0, 17.8, -0.5},
                        target[] = {0, 1, 1, 0, 1, 0, 0, 1}, slope[] = {1, -1, 0, 0, 0, 1, 1, -1},
                        decision[] = {1, 0, 1, 0, 1, 1, 1, 0};
    double loss[ROWS], slopes[8], shown[8];
    evaluate("perceptron", 4, score, target, loss, slopes, shown);
    check_values("slope", slopes, slope, 8, 0);
    check_values("decision", shown, decision, 8, 0);
    SC_EQ(loss[0], 22 + 3);
    SC_EQ(loss[1], 17.8 + 0.5);
}

Test(lecture, given_values_are_as_many_as_the_tensor_has) {
    static const char text[] =
        "{inputs: [{name: x, shape: [2]}], layers: [{dense: {name: y, from: x, units: 1, "
        "weight_init: {values: [1, 2, 3]}}}], output: y}";
    sc_env env;
    sc_net *net;
    sc_env_init(&env, NULL, NULL);
    SC_EQ(net_from_text(&net, &env, text), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "weight: values: has 3 numbers, and f32[1,2] needs 2");
}
