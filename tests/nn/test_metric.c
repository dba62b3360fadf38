/* SPDX-License-Identifier: Apache-2.0 */
/* The table of metrics: each row against its definition, in doubles; and which of them a network
 * measures. */
#include "net_eval.h"

#include "graph/build.h"
#include "nn/metric.h"

enum { ROWS = 5, CLASSES = 8 };

/* Scores with ties, and rows that mean nothing: the last two have a NaN and an infinity. */
static const double scores[ROWS * CLASSES] = {
    1, 2,  3, 4, 5, 6, 7,   8,        /* label 3: fifth */
    1, 2,  3, 4, 5, 6, 7,   8,        /* label 2: sixth */
    5, 5,  5, 5, 5, 5, 5,   5,        /* label 4: fifth of equals */
    0, -1, 0, 9, 0, 0, NAN, 0,        /* label 3 */
    1, 0,  0, 0, 0, 0, 0,   INFINITY, /* label 7 */
};
static const double labels[ROWS] = {3, 2, 4, 3, 7};

/* A label is ahead of equal scores that have higher numbers, as the highest score is the first of
 * equals. */
static double is_among(const double *score, int label, int most) {
    int ahead = 0;
    for (int c = 0; c < CLASSES; c++) {
        if (!isfinite(score[c])) return 0;
        ahead += score[c] > score[label] || (score[c] == score[label] && c < label);
    }
    return ahead < most;
}

/* A metric of the loss `loss` on outputs [rows, width] and targets of `dtype`. */
static void measure(const char *word, const char *loss, const double *x, const double *target,
                    int64_t rows, int64_t width, int dtype, double *out) {
    sc_env env;
    sc_graph *graph;
    graph_eval eval;
    sc_env_init(&env, NULL, NULL);
    const sc_net net = {
        .loss = {{.kind = sc_loss_find(loss), .ignored = SC_NO_LABEL, .target = NAN}}, .losses = 1};
    const sc_metric_kind *metric = sc_metric_find(word);
    SC_TRUE(metric != NULL && metric->suits(&net));
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 2, (int64_t[]){rows, width}), wanted;
    SC_OK(&env, sc_graph_create(&graph, &env, rows));
    SC_OK(&env, sc_loss_target(&env, net.loss[0].kind, &desc, &wanted));
    wanted.dim[0] = rows;
    wanted.dtype = (uint8_t)dtype;
    sc_value input[2] = {sc_graph_external(graph, SC_LANE_INPUTS, 0, &desc, NULL),
                         sc_graph_external(graph, SC_LANE_INPUTS, 1, &wanted, NULL)};
    sc_loss_rows each = sc_loss_build(graph, &net.loss[0], input[0], input[1]);
    sc_graph_output(graph, sc_metric_build(graph, &net, metric, &each), SC_LANE_OUTPUTS, 0);
    SC_OK(&env, graph->status);
    eval_create(&eval, graph, false, rows, NULL, NULL);
    memcpy(eval_home_data(&eval, SC_LANE_INPUTS, 0, 0), x, (size_t)(rows * width) * sizeof *x);
    memcpy(eval_home_data(&eval, SC_LANE_INPUTS, 1, 0), target,
           (size_t)sc_tensor_elements(&wanted) * sizeof *target);
    eval_run(&eval);
    memcpy(out, eval_home_data(&eval, SC_LANE_OUTPUTS, 0, 0), (size_t)rows * sizeof *out);
    eval_destroy(&eval);
    sc_graph_destroy(graph);
}

static void check_classes(const char *word, int most) {
    static const int dtypes[] = {SOCLE_U8, SOCLE_I32};
    for (int d = 0; d < 2; d++) {
        double out[ROWS];
        measure(word, "softmax_cross_entropy", scores, labels, ROWS, CLASSES, dtypes[d], out);
        for (int r = 0; r < ROWS; r++)
            SC_EQ(out[r], is_among(scores + (size_t)r * CLASSES, (int)labels[r], most));
    }
}

Test(metric, accuracy) {
    check_classes("accuracy", 1);
}

Test(metric, top5) {
    check_classes("top5", 5);
}

/* Means over the elements of a sample, of the network's own numbers. */
Test(metric, of_values) {
    static const double x[6] = {0.5, -1, 2, 3, 0, -2}, target[6] = {0, 1, 2, -1, 0.5, -2};
    double absolute[3], squared[3];
    measure("mae", "mean_squared_error", x, target, 3, 2, SOCLE_F32, absolute);
    measure("mse", "mean_squared_error", x, target, 3, 2, SOCLE_F32, squared);
    for (int r = 0; r < 3; r++) {
        double a = x[2 * r] - target[2 * r], b = x[2 * r + 1] - target[2 * r + 1];
        SC_EQ(absolute[r], (fabs(a) + fabs(b)) / 2);
        SC_EQ(squared[r], (a * a + b * b) / 2);
    }
    const sc_net scores = {.loss = {{.kind = sc_loss_find("binary_cross_entropy"), .target = NAN}},
                           .losses = 1};
    SC_TRUE(!sc_metric_find("mae")->suits(&scores));
}

Test(metric, of_a_network) {
    sc_env env;
    sc_net *net;
    int judge;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_net_create(&net, &env));
    sc_net_input(net, "x", SOCLE_F32, &(socle_shape){1, {8}}, 1);
    SC_FAILS(&env, sc_net_measure(net, "accuracy", NULL), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "without a loss");
    SC_OK(&env, sc_net_loss(net, "mean_squared_error", 0));
    SC_EQ(net->metrics, 0);
    SC_OK(&env, sc_net_judge(&judge, net, NULL));
    SC_EQ(judge, SC_JUDGED_BY_LOSS);
    SC_TRUE(isnan(sc_metric_value(net, (double[]){1}, "accuracy")));
    SC_FAILS(&env, sc_net_measure(net, "accuracy", NULL), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text,
                "the loss mean_squared_error has no accuracy; known for it: mean_absolute_error");
    SC_OK(&env, sc_net_loss(net, "softmax_cross_entropy", 0));
    SC_EQ(net->metrics, 1);
    SC_OK(&env, sc_net_measure(net, "acc", NULL)); /* is there already */
    SC_EQ(net->metrics, 1);
    SC_EQ(sc_metric_value(net, (double[]){0.5}, "accuracy"), 0.5);
    SC_FAILS(&env, sc_net_measure(net, "iou", NULL), SOCLE_STATUS_CONFIG);
    SC_OK(&env, sc_net_measure(net, "top_5", NULL));
    SC_EQ(sc_metric_value(net, (double[]){0.5, 0.75}, "top5"), 0.75);
    SC_OK(&env, sc_net_judge(&judge, net, NULL));
    SC_EQ(judge, 0);
    SC_OK(&env, sc_net_judge(&judge, net, "top_5"));
    SC_EQ(judge, 1);
    SC_OK(&env, sc_net_judge(&judge, net, "loss"));
    SC_EQ(judge, SC_JUDGED_BY_LOSS);
    SC_FAILS(&env, sc_net_judge(&judge, net, "mae"), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "'mae' is not measured, so it cannot say which epoch is best; what can: "
                          "loss, accuracy, top5");
    sc_net_destroy(net);
}

/* A larger score is a better epoch, whatever the metric is like. */
Test(metric, scores) {
    sc_env env;
    sc_net *net;
    int judge;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_net_create(&net, &env));
    sc_net_input(net, "x", SOCLE_F32, &(socle_shape){1, {8}}, 1);
    SC_OK(&env, sc_net_loss(net, "softmax_cross_entropy", 0));
    SC_OK(&env, sc_net_judge(&judge, net, NULL));
    SC_TRUE(sc_metric_score(net, judge, (double[]){0.75}, 9) >
            sc_metric_score(net, judge, (double[]){0.5}, 1));
    SC_TRUE(sc_metric_score(net, judge, (double[]){0.5}, 1) >
            sc_metric_score(net, judge, (double[]){0.5}, 2));
    SC_EQ(sc_metric_score(net, SC_JUDGED_BY_LOSS, (double[]){0.5}, 2), -2);
    SC_OK(&env, sc_net_loss(net, "mean_squared_error", 0));
    SC_OK(&env, sc_net_measure(net, "mean_absolute_error", NULL));
    SC_OK(&env, sc_net_judge(&judge, net, "mae"));
    SC_EQ(judge, 0);
    SC_TRUE(sc_metric_score(net, judge, (double[]){0.5}, 2) >
            sc_metric_score(net, judge, (double[]){0.75}, 1));
    sc_net_destroy(net);
}

#define FORMULA(its_formula, its_name, its_better)                                                 \
    { .formula = its_formula, .name = its_name, .better = its_better }

/* A user's formula is the row of the table that says the same, by bits; and which are refused. */
Test(metric, formulas) {
    static const struct {
        sc_metric_options options;
        const char *text;
    } bad[] = {
        {FORMULA("abs(prediction - label)", "a", "lower"), "column 18: unknown name 'label'"},
        {FORMULA("prediction ** 2", "a", "lower"), "column 1: the formula never uses target"},
        {FORMULA("abs(prediction - target)", "mae", "lower"), "name: 'mae' means something else"},
        {FORMULA("abs(prediction - target)", "loss", "lower"), "name: 'loss' means something else"},
        {FORMULA("abs(prediction - target)", "val_a", "lower"),
         "name: 'val_a' means something else"},
        {FORMULA("abs(prediction - target)", "near", "lower"), "is called 'near' already"},
        {FORMULA(NULL, "a", "lower"), "expr: the formula is missing"},
    };
    const sc_metric_options distance = FORMULA("abs(prediction - target)", "distance", "lower"),
                            near = FORMULA("abs(prediction - target) < 0.5", "near", "higher");
    sc_env env;
    sc_net *net;
    int judge;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_net_create(&net, &env));
    sc_net_input(net, "x", SOCLE_F32, &(socle_shape){1, {8}}, 1);
    SC_OK(&env, sc_net_loss(net, "softmax_cross_entropy", 0));
    SC_FAILS(&env, sc_net_measure(net, "expr", &distance), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "the loss softmax_cross_entropy has no expr");
    SC_OK(&env, sc_net_loss(net, "mean_squared_error", 0));
    SC_OK(&env, sc_net_measure(net, "expr", &distance));
    SC_OK(&env, sc_net_measure(net, "expr", &near)); /* it has no derivative, and needs none */
    SC_EQ_STR(sc_metric_word(net->metric[0]), "distance");
    SC_TRUE(sc_metric_is_own(net->metric[0]) && !sc_metric_is_own(sc_metric_find("mae")));
    SC_OK(&env, sc_net_judge(&judge, net, "near"));
    SC_EQ(judge, 1);
    SC_TRUE(sc_metric_score(net, judge, (double[]){0, 0.75}, 1) >
            sc_metric_score(net, judge, (double[]){0, 0.5}, 1));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SC_REPRO("%s", bad[i].text);
        SC_FAILS(&env, sc_net_measure(net, "expr", &bad[i].options), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(env.text, bad[i].text);
        SC_EQ(net->metrics, 2);
    }
    sc_net_destroy(net);
}

/* Rows with options of their own, their names, and which are refused; sums come before what needs
 * all rows, whatever the order in which they are asked for. */
Test(metric, options) {
    static const struct {
        const char *word;
        sc_metric_options options;
        const char *name, *error;
    } rows[] = {
        {"f1", {.average = "weighted", .class_number = -1}, "f1_weighted", NULL},
        {"precision", {.class_number = 7}, "precision_7", NULL},
        {"recall", {.class_number = 2, .name = "found"}, "found", NULL},
        {"top_k", {.places = 3, .class_number = -1}, "top3", NULL},
        {"top_k", {.places = 5, .class_number = -1}, "top5", NULL},
        {"f1", {.class_number = -1}, "f1", NULL},
        {"roc_auc", {.class_number = -1}, "auc", NULL},
        {"precision", {.class_number = 8}, NULL, "class: is 8, and classes are 0 to 7"},
        {"f1", {.class_number = -1, .name = "auc"}, NULL, "'auc' means something else"},
        {"f1", {.class_number = 1, .name = "found"}, NULL, "is called 'found' already"},
        {"top_k", {.class_number = -1}, NULL, "top_k: k is missing"},
        {"r2", {.class_number = -1}, NULL, "the loss softmax_cross_entropy has no r2"},
    };
    sc_env env;
    sc_net *net;
    int judge;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_net_create(&net, &env));
    sc_net_input(net, "x", SOCLE_F32, &(socle_shape){1, {8}}, 1);
    SC_OK(&env, sc_net_loss(net, "softmax_cross_entropy", 0));
    SC_EQ(net->collects, SC_COLLECTS_NOTHING);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SC_REPRO("%s, row %zu", rows[i].word, i);
        const socle_status status = sc_net_measure(net, rows[i].word, &rows[i].options);
        SC_EQ(status, rows[i].error ? SOCLE_STATUS_CONFIG : SOCLE_OK);
        if (rows[i].error) SC_CONTAINS(env.text, rows[i].error);
        if (rows[i].name) SC_TRUE(sc_net_metric(net, rows[i].name) >= 0);
        if (i == 0) SC_EQ(net->collects, SC_COLLECTS_CLASSES);
    }
    SC_EQ(net->collects, SC_COLLECTS_SCORES);
    SC_EQ(net->metrics, 8);
    SC_EQ(net->summed, 3);
    for (int m = 0; m < net->metrics; m++)
        SC_TRUE((net->metric[m]->score != NULL) == (m >= net->summed));
    SC_OK(&env, sc_net_judge(&judge, net, "found"));
    SC_TRUE(sc_metric_score(net, judge, (double[]){0, 0, 0, 0.5, 0.5, 0.75, 0.5, 0.5}, 1) >
            sc_metric_score(net, judge, (double[]){0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5}, 1));
    SC_OK(&env, sc_net_loss(net, "binary_cross_entropy", 0));
    SC_EQ(net->collects, SC_COLLECTS_NOTHING);
    SC_FAILS(&env, sc_net_measure(net, "kappa", NULL), SOCLE_STATUS_CONFIG); /* eight of them */
    SC_OK(&env, sc_net_measure(net, "auc", NULL));
    sc_net_destroy(net);
}
