/* SPDX-License-Identifier: Apache-2.0 */
/* Losses, their slopes, what counts as right, what is shown: against PyTorch 1.13 in double
 * (F.cross_entropy, F.binary_cross_entropy_with_logits, F.mse_loss; reduction none, then the mean
 * over each sample). */
#include "net_eval.h"

#include "graph/build.h"
#include "graph/grad.h"
#include "nn/metric.h"

enum { LOSS, CORRECT, PREDICTION, SLOPE };

typedef struct loss_eval {
    sc_env env;
    sc_graph *graph;
    graph_eval eval;
    bool counts;
} loss_eval;

static void create_of(loss_eval *out, const sc_loss_kind *kind, int64_t rows, int64_t width,
                      int dtype) {
    sc_env *env = &out->env;
    sc_env_init(env, NULL, NULL);
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 2, (int64_t[]){rows, width}), target_desc;
    SC_OK(env, sc_graph_create(&out->graph, env, rows));
    SC_OK(env, sc_loss_target(env, kind, &desc, &target_desc));
    target_desc.dim[0] = rows;
    target_desc.dtype = (uint8_t)dtype;
    sc_value x = sc_graph_external(out->graph, SC_LANE_INPUTS, 0, &desc, NULL),
             target = sc_graph_external(out->graph, SC_LANE_INPUTS, 1, &target_desc, NULL), slope,
             correct = SC_NO_VALUE;
    const sc_net net = {.loss = {{.kind = kind, .ignored = SC_NO_LABEL, .target = NAN}},
                        .losses = 1};
    const sc_metric_kind *accuracy = sc_metric_find("accuracy");
    sc_loss_rows loss_rows = sc_loss_build(out->graph, &net.loss[0], x, target);
    sc_value loss = loss_rows.loss;
    SC_EQ(loss_rows.counts, SC_NO_VALUE);
    out->counts = accuracy->suits(&net);
    SC_EQ(out->counts, sc_loss_counts_correct(kind));
    if (out->counts) correct = accuracy->build(out->graph, &net, accuracy, &loss_rows);
    sc_value prediction = sc_loss_prediction(out->graph, &net.loss[0], x);
    SC_OK(env, sc_graph_gradient(out->graph, loss, SC_NO_VALUE, 1, &x, &slope, NULL));
    const sc_value value[4] = {loss, correct, prediction, slope};
    for (int i = 0; i < 4; i++)
        if (value[i] != SC_NO_VALUE) sc_graph_output(out->graph, value[i], SC_LANE_OUTPUTS, i);
    SC_OK(env, out->graph->status);
    eval_create(&out->eval, out->graph, false, rows, NULL, NULL);
}

/* The loss of `word` on outputs [rows, width] and targets of `dtype`. */
static void create(loss_eval *out, const char *word, int64_t rows, int64_t width, int dtype) {
    const sc_loss_kind *kind = sc_loss_find(word);
    SC_TRUE(kind != NULL);
    create_of(out, kind, rows, width, dtype);
}

static void run(loss_eval *loss, const double *x, size_t x_count, const double *target,
                size_t target_count) {
    memcpy(eval_home_data(&loss->eval, SC_LANE_INPUTS, 0, 0), x, x_count * sizeof *x);
    memcpy(eval_home_data(&loss->eval, SC_LANE_INPUTS, 1, 0), target,
           target_count * sizeof *target);
    eval_run(&loss->eval);
}

static const double *result(loss_eval *loss, int index) {
    return eval_home_data(&loss->eval, SC_LANE_OUTPUTS, index, 0);
}

static void destroy(loss_eval *loss) {
    eval_destroy(&loss->eval);
    sc_graph_destroy(loss->graph);
}

static const double logits[6] = {0.3, -1.2, 2.5, 4, -4, 0};
static const double targets[6] = {0, 1, 0.25, 1, 1, 0};
static const double TOLERANCE = 1e-7; /* constants such as 1/3 are floats in an expression */

Test(loss, softmax_cross_entropy) {
    static const double loss[2] = {0.12709658280048583, 8.018479302594658}, right[2] = {1, 0};
    static const double slope[6] = {0.09757864772562466, 0.021772739294085852,
                                    -0.1193513870197106, 0.9816903928255046,
                                    -0.9996706795610361, 0.017980286735531554};
    static const double softmax[6] = {0.09757864772562466,    0.021772739294085852,
                                      0.8806486129802894,     0.9816903928255046,
                                      0.00032932043896389293, 0.017980286735531543};
    static const int dtypes[] = {SOCLE_U8, SOCLE_I32};
    for (int i = 0; i < 2; i++) {
        loss_eval eval;
        create(&eval, "softmax_cross_entropy", 2, 3, dtypes[i]);
        run(&eval, logits, 6, (double[]){2, 1}, 2);
        check_values("loss", result(&eval, LOSS), loss, 2, TOLERANCE);
        check_values("correct", result(&eval, CORRECT), right, 2, 0);
        check_values("slope", result(&eval, SLOPE), slope, 6, TOLERANCE);
        check_values("prediction", result(&eval, PREDICTION), softmax, 6, TOLERANCE);
        destroy(&eval);
    }
}

Test(loss, binary_cross_entropy) {
    static const double loss[2] = {1.423842482033036, 1.5764823454651882};
    static const double slope[6] = {0.19148083893721968, -0.2561749278330059,
                                    0.22471393999291883, -0.005995403320697182,
                                    -0.3273379300126361, 0.16666666666666666};
    /* Right where the logit is above 0 and the target above 1/2, or neither. */
    static const double right[2] = {0, 2.0 / 3.0};
    loss_eval eval;
    create(&eval, "binary_cross_entropy", 2, 3, SOCLE_F32);
    run(&eval, logits, 6, targets, 6);
    check_values("loss", result(&eval, LOSS), loss, 2, TOLERANCE);
    check_values("slope", result(&eval, SLOPE), slope, 6, TOLERANCE);
    check_values("correct", result(&eval, CORRECT), right, 2, TOLERANCE);
    for (int i = 0; i < 6; i++)
        SC_NEAR(result(&eval, PREDICTION)[i], 1 / (1 + exp(-logits[i])), TOLERANCE);
    destroy(&eval);
}

/* At 0 the slope is 1/2 - t: a network of zero weights starts there. Far out nothing overflows. */
Test(loss, binary_cross_entropy_at_the_edges) {
    static const double x[5] = {0, 40, -40, 90, -90}, t[5] = {1, 1, 1, 0, 0};
    static const double loss[5] = {0.6931471805599453, 4.248354255291589e-18, 40, 90,
                                   8.194012623990515e-40},
                        slope[5] = {-0.5, -4.248354255291589e-18, -1, 1, 8.194012623990515e-40};
    loss_eval eval;
    create(&eval, "binary_cross_entropy", 5, 1, SOCLE_U8);
    run(&eval, x, 5, t, 5);
    check_values("loss", result(&eval, LOSS), loss, 5, 1e-12);
    check_values("slope", result(&eval, SLOPE), slope, 5, 1e-12);
    SC_TRUE(result(&eval, LOSS)[1] > 4e-18 && result(&eval, LOSS)[4] > 8e-40);
    destroy(&eval);
}

Test(loss, mean_squared_error) {
    static const double loss[2] = {3.330833333333333, 11.333333333333334},
                        slope[6] = {0.2, -1.4666666666666668, 1.5, 2, -3.333333333333333, 0};
    loss_eval eval;
    create(&eval, "mean_squared_error", 2, 3, SOCLE_F32);
    run(&eval, logits, 6, targets, 6);
    SC_TRUE(!eval.counts);
    check_values("loss", result(&eval, LOSS), loss, 2, TOLERANCE);
    check_values("slope", result(&eval, SLOPE), slope, 6, TOLERANCE);
    check_values("prediction", result(&eval, PREDICTION), logits, 6, 0);
    destroy(&eval);
}

/* A score that is NaN or infinite is never right, whatever the largest of them is. */
Test(loss, nan_is_never_right) {
    static const double x[10] = {NAN, 0, 1, NAN, NAN, NAN, 2, INFINITY, 3, 1},
                        right[5] = {0, 0, 0, 0, 1};
    loss_eval eval;
    create(&eval, "softmax_cross_entropy", 5, 2, SOCLE_U8);
    run(&eval, x, 10, (double[]){0, 1, 0, 1, 0}, 5);
    check_values("correct", result(&eval, CORRECT), right, 5, 0);
    destroy(&eval);
    create(&eval, "binary_cross_entropy", 5, 1, SOCLE_F32);
    run(&eval, (double[]){NAN, NAN, INFINITY, -INFINITY, 3}, 5, (double[]){0, 1, 1, 0, 1}, 5);
    check_values("correct", result(&eval, CORRECT), right, 5, 0);
    destroy(&eval);
}

Test(loss, targets) {
    sc_env env;
    sc_tensor_desc target, scores = sc_tensor_make(SOCLE_F32, 1, 2, (int64_t[]){1, 10}),
                           image = sc_tensor_make(SOCLE_F32, 1, 4, (int64_t[]){1, 3, 4, 4}),
                           one = sc_tensor_make(SOCLE_F32, 1, 2, (int64_t[]){1, 1});
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_loss_target(&env, sc_loss_find("softmax_cross_entropy"), &scores, &target));
    SC_EQ(target.rank, 1);
    SC_OK(&env, sc_loss_target(&env, sc_loss_find("softmax_cross_entropy"), &image, &target));
    SC_TRUE(target.rank == 3 && target.dim[1] == 4 && target.dim[2] == 4); /* a label per pixel */
    image.dim[1] = 1;
    SC_FAILS(&env, sc_loss_target(&env, sc_loss_find("softmax_cross_entropy"), &image, &target),
             SOCLE_STATUS_SHAPE);
    SC_FAILS(&env, sc_loss_target(&env, sc_loss_find("softmax_cross_entropy"), &one, &target),
             SOCLE_STATUS_SHAPE);
    SC_OK(&env, sc_loss_target(&env, sc_loss_find("mean_squared_error"), &image, &target));
    SC_TRUE(sc_tensor_equal(&target, &image));
    SC_OK(&env, sc_loss_target(&env, sc_loss_find("binary_cross_entropy"), &one, &target));
    SC_TRUE(sc_loss_find("ctc") == NULL);
}

/* A formula of the user's own gives what the loss of the same formula gives, and its slope, to the
 * bit. */
Test(loss, a_formula_is_the_loss_of_the_same_formula) {
    static const struct {
        const char *word, *formula;
    } cases[] = {
        {"mean_squared_error", "(prediction - target) ** 2"},
        {"mean_squared_error", "d = prediction - target; square(d)"},
        {"binary_cross_entropy",
         "target * softplus(-prediction) + (1 - target) * softplus(prediction)"},
    };
    static const int64_t row[] = {3};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_env env;
        loss_eval ours, theirs;
        sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
        SC_REPRO("%s", cases[i].formula);
        SC_OK(&env, sc_net_loss_formula(net, "expr", cases[i].formula, 0));
        create(&ours, cases[i].word, 2, 3, SOCLE_F32);
        create_of(&theirs, net->loss[0].kind, 2, 3, SOCLE_F32);
        run(&ours, logits, 6, targets, 6);
        run(&theirs, logits, 6, targets, 6);
        SC_TRUE(!theirs.counts);
        SC_EQ_MEMORY(result(&theirs, LOSS), result(&ours, LOSS), 2 * sizeof(double));
        SC_EQ_MEMORY(result(&theirs, SLOPE), result(&ours, SLOPE), 6 * sizeof(double));
        SC_EQ_MEMORY(result(&theirs, PREDICTION), logits, 6 * sizeof(double));
        destroy(&ours);
        destroy(&theirs);
        sc_net_destroy(net);
    }
}

/* By the book it overflows: the net makes the safe form of it. */
Test(loss, a_formula_by_the_book_is_made_safe) {
    static const int64_t row[] = {1};
    static const double x[4] = {200, -200, 0, 3}, t[4] = {0, 1, 1, 1};
    static const double loss[4] = {200, 200, 0.6931471805599453, 0.04858735157374206},
                        slope[4] = {1, -1, -0.5, -0.04742587317756678};
    sc_env env;
    loss_eval eval;
    sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
    SC_OK(&env,
          sc_net_loss_formula(
              net, "expr",
              "p = 1 / (1 + exp(-prediction)); -(target * log(p) + (1 - target) * log(1 - p))", 0));
    create_of(&eval, net->loss[0].kind, 4, 1, SOCLE_F32);
    run(&eval, x, 4, t, 4);
    check_values("loss", result(&eval, LOSS), loss, 4, TOLERANCE);
    check_values("slope", result(&eval, SLOPE), slope, 4, TOLERANCE);
    destroy(&eval);
    sc_net_destroy(net);
}

Test(loss, a_bad_formula_is_refused) {
    static const int64_t row[] = {3};
    static const struct {
        const char *formula, *expected;
    } cases[] = {
        {"abs(prediction - label)",
         "expr: column 18: unknown name 'label'; known: prediction, target"},
        {"target * 2", "expr: column 1: the formula never uses prediction"},
        {"prediction ** 2", "expr: column 1: the formula never uses target"},
        {"(prediction - target", "expr: column 1: the ')' of this '(' is missing"},
        {NULL, "expr: the formula is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_env env;
        sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
        SC_FAILS(&env, sc_net_loss_formula(net, "expr", cases[i].formula, 0), SOCLE_STATUS_CONFIG);
        SC_EQ_STR(env.text, cases[i].expected);
        sc_net_destroy(net);
    }
}

Test(loss, chosen_on_a_network) {
    static const int64_t row[] = {12};
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
    net_add(net, "relu", -1, NULL);
    SC_OK(&env, sc_net_loss(net, "softmax_cross_entropy", 0));
    SC_EQ(net->output, 0);
    int judge;
    SC_OK(&env, sc_net_judge(&judge, net, NULL));
    SC_EQ(judge, 0);
    SC_EQ(sc_net_metric(net, "accuracy"), 0);
    SC_FAILS(&env, sc_net_loss(net, "mean_squared_error", 2), SOCLE_STATUS_CONFIG);
    sc_net_destroy(net);
    net = net_create(&env, SOCLE_F32, 1, row, 1);
    SC_FAILS(&env, sc_net_loss(net, "ctc", 0), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "there is no loss 'ctc'; known: softmax_cross_entropy focal ");
    SC_CONTAINS(env.text, " mean_squared_error ");
    sc_net_destroy(net);
}
