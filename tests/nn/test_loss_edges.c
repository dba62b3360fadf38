/* SPDX-License-Identifier: Apache-2.0 */
/* Losses far out and at kinks, what counts as right and what is shown, what each compares with, and
 * what a model file keeps of their options. */
#include "loss_eval.h"

/* What is far out, at a kink or certain stays finite, and so does its slope. */
Test(loss_rows, far_out_nothing_overflows) {
    static const struct {
        const char *text;
        double x[4], target[4], loss[2];
        int targets;
    } rows[] = {
        {"log_cosh", {1e4, 0, -1e4, 1}, {0, 0, 0, 1}, {4999.653426409720, 4999.653426409720}, 4},
        {"huber", {1e4, 0, -1e4, 1}, {0, 0, 0, 1}, {4999.75, 4999.75}, 4},
        {"hinge", {1, -1, 1e4, -1e4}, {1, 0, 0, 1}, {0, 10001}, 4},
        {"binary_focal", {1e4, -1e4, 1e4, -1e4}, {1, 0, 0, 1}, {0, 1e4}, 4},
        {"{binary_focal: 0.5}", {1e4, -1e4, 1e4, -1e4}, {1, 0, 0, 1}, {0, 1e4}, 4},
        {"{focal: 0.5}", {1e4, -1e4, 1e4, -1e4}, {0, 1}, {0, 2e4}, 2},
        {"kl_divergence", {1e4, -1e4, 1e4, -1e4}, {1, 0, 0, 1}, {0, 2e4}, 4},
        {"{softmax_cross_entropy: {label_smoothing: 0.5}}",
         {1e4, -1e4, 0, 0},
         {0, 1},
         {5000, 0.6931471805599453},
         2},
        {"binary_cross_entropy_probabilities", {0, 1, 1, 0}, {0, 1, 0, 1}, {0, 100}, 4},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        sc_env env;
        loss_eval loss;
        SC_REPRO("%s", rows[r].text);
        sc_net *net = net_of(&env, rows[r].text, 2);
        create(&loss, net, -1);
        run(&loss, rows[r].x, 4, rows[r].target, rows[r].targets);
        check_values("loss", data(&loss, SC_LANE_OUTPUTS, LOSS), rows[r].loss, ROWS, 1e-7);
        for (int i = 0; i < 4; i++) SC_TRUE(isfinite(data(&loss, SC_LANE_OUTPUTS, SLOPE)[i]));
        destroy(&loss, net);
    }
}

/* A loss that hid it would let a network of NaN train, and pass an evaluation. */
Test(loss_edges, a_prediction_of_nan_has_no_loss) {
    for (const sc_record *const *record = sc_loss_family.record; *record; record++) {
        const char *const word = (*record)->word;
        const bool own = !sc_loss_find(word)->formula && !sc_loss_find(word)->classes;
        for (int soft = 0; soft < 1 + (sc_loss_find(word)->soft != NULL); soft++) {
            const bool labels = sc_loss_find(word)->classes && !soft,
                       twice = sc_loss_find(word)->second != NULL;
            char text[96];
            sc_env env;
            loss_eval loss;
            snprintf(text, sizeof text,
                     own    ? "{%s: abs(prediction - target)}"
                     : soft ? "{%s: {targets: probabilities}}"
                            : "%s",
                     word);
            SC_REPRO("%s", text);
            sc_net *net = net_of(&env, text, 2);
            create(&loss, net, -1);
            run(&loss, (double[]){NAN, 0.25, 0.25, 0.75}, 4, (double[]){0, 1, 0, 1},
                labels || twice ? 2 : 4);
            SC_TRUE(isnan(data(&loss, SC_LANE_OUTPUTS, LOSS)[0]));
            SC_TRUE(isfinite(data(&loss, SC_LANE_OUTPUTS, LOSS)[1]));
            if (net->metrics) SC_TRUE(data(&loss, SC_LANE_OUTPUTS, RIGHT)[0] < 1);
            destroy(&loss, net);
        }
    }
}

/* What counts as right, and what is shown. */
Test(loss_rows, right_and_shown) {
    static const struct {
        const char *text;
        double x[4], target[4], right[2], shown[4];
    } rows[] = {
        {"hinge", {0.5, -2, 0.5, -2}, {1, 0, -1, 1}, {1, 0}, {0.5, -2, 0.5, -2}},
        {"binary_cross_entropy_probabilities",
         {0.75, 0.25, 0.75, 0.5},
         {1, 0, 0, 1},
         {1, 0},
         {0.75, 0.25, 0.75, 0.5}},
        {"binary_focal", {0, 0, 0, 0}, {0, 1, 0, 0}, {0.5, 1}, {0.5, 0.5, 0.5, 0.5}},
        {"kl_divergence", {1, 1, -3, -3}, {0.75, 0.25, 0.25, 0.75}, {1, 0}, {0.5, 0.5, 0.5, 0.5}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        sc_env env;
        loss_eval loss;
        SC_REPRO("%s", rows[r].text);
        sc_net *net = net_of(&env, rows[r].text, 2);
        SC_EQ(net->metrics, 1);
        create(&loss, net, -1);
        run(&loss, rows[r].x, 4, rows[r].target, 4);
        check_values("right", data(&loss, SC_LANE_OUTPUTS, RIGHT), rows[r].right, ROWS, 0);
        check_values("shown", data(&loss, SC_LANE_OUTPUTS, SHOWN), rows[r].shown, 4, 1e-12);
        destroy(&loss, net);
    }
    sc_env env;
    loss_eval loss;
    sc_net *net = net_of(&env, "gaussian_nll_softplus", 2);
    create(&loss, net, -1);
    run(&loss, (double[]){3, 0, -2, 0}, 4, (double[]){1, 2}, 2);
    check_values("mean and sigma", data(&loss, SC_LANE_OUTPUTS, SHOWN),
                 (double[]){3, 0.6941471805599453, -2, 0.6941471805599453}, 4, 1e-9);
    destroy(&loss, net);
}

/* An ignored label leaves its row out under a formula as it does under the operation; one-hot
 * probabilities are the labels they stand for. */
Test(loss_rows, labels_and_one_hot_agree) {
    static const double x[6] = {0.3, -1.2, 2.5, 4, -4, 0}, one_hot[6] = {0, 0, 1, 0, 1, 0};
    static const char *const pairs[][2] = {
        {"{softmax_cross_entropy: {targets: one_hot}}", "softmax_cross_entropy"},
        {"{focal: {targets: one_hot, gamma: 3}}", "{focal: 3}"},
        {"kl_divergence", "softmax_cross_entropy"},
    };
    for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++) {
        sc_env env, env2;
        loss_eval soft, hard;
        SC_REPRO("%s", pairs[p][0]);
        sc_net *net = net_of(&env, pairs[p][0], 3), *labels = net_of(&env2, pairs[p][1], 3);
        create(&soft, net, SOCLE_U8);
        create(&hard, labels, SOCLE_I32);
        run(&soft, x, 6, one_hot, 6);
        run(&hard, x, 6, (double[]){2, 1}, 2);
        check_values("loss", data(&soft, SC_LANE_OUTPUTS, LOSS), data(&hard, SC_LANE_OUTPUTS, LOSS),
                     ROWS, 1e-12);
        check_values("slope", data(&soft, SC_LANE_OUTPUTS, SLOPE),
                     data(&hard, SC_LANE_OUTPUTS, SLOPE), 6, 1e-12);
        check_values("right", data(&soft, SC_LANE_OUTPUTS, RIGHT),
                     data(&hard, SC_LANE_OUTPUTS, RIGHT), ROWS, 0);
        destroy(&soft, net);
        destroy(&hard, labels);
    }
}

/* What each compares with, and what is refused. */
Test(loss_rows, targets) {
    sc_env env;
    sc_tensor_desc target, image = sc_tensor_make(SOCLE_F32, 1, 4, (int64_t[]){1, 4, 2, 3}),
                           odd = sc_tensor_make(SOCLE_F32, 1, 2, (int64_t[]){1, 5});
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_loss_target(&env, sc_loss_find("gaussian_nll"), &image, &target));
    SC_TRUE(target.dim[1] == 2 && target.dim[2] == 2 && target.dim[3] == 3);
    SC_FAILS(&env, sc_loss_target(&env, sc_loss_find("gaussian_nll"), &odd, &target),
             SOCLE_STATUS_SHAPE);
    SC_CONTAINS(env.text, "expects twice as many outputs as targets");
    SC_OK(&env, sc_loss_target(&env, sc_loss_find("kl_divergence"), &image, &target));
    SC_TRUE(sc_tensor_equal(&target, &image));
    static const char *const signed_words[] = {"gaussian_nll", "gaussian_nll_softplus",
                                               "poisson_nll", "expr"};
    for (const sc_record *const *record = sc_loss_family.record; *record; record++) {
        bool may_be_negative = false;
        for (int i = 0; i < 4; i++) may_be_negative |= !strcmp((*record)->word, signed_words[i]);
        SC_EQ(sc_loss_find((*record)->word)->is_signed, may_be_negative);
    }
}

static void count_warning(void *user, socle_log_level level, const char *text) {
    (void)text;
    *(int *)user += level == SOCLE_LOG_WARNING;
}

/* Losses that apply softmax or sigmoid themselves, behind a layer that has done so; and those that
 * expect it, behind one that has not. */
Test(loss_edges, layers_that_do_not_suit_a_loss_are_warned_about) {
    for (const sc_record *const *record = sc_loss_family.record; *record; record++) {
        const sc_loss_kind *kind = sc_loss_find((*record)->word);
        for (int squashed = 0; squashed < 2 && kind->formula; squashed++) { /* NULL: the user's */
            int warnings = 0;
            const socle_logger logger = {count_warning, &warnings, SOCLE_LOG_WARNING};
            const char *layer = squashed ? "softmax" : "prelu";
            sc_env env;
            sc_net *net;
            SC_REPRO("%s behind %s", (*record)->word, layer);
            sc_env_init(&env, NULL, &logger);
            SC_OK(&env, sc_net_create(&net, &env));
            sc_net_input(net, "x", SOCLE_F32, &(socle_shape){.rank = 1, .size = {2}}, 1);
            SC_OK(&env, sc_net_loss(net, (*record)->word, net_add(net, layer, 0, NULL)));
            SC_EQ(warnings, (squashed ? kind->applies : kind->expects) != NULL);
            sc_net_destroy(net);
        }
    }
    SC_TRUE(sc_loss_find("binary_cross_entropy_probabilities")->expects != NULL);
    SC_TRUE(sc_loss_find("focal")->applies && sc_loss_find("kl_divergence")->applies);
}

/* A layer that hands on what it reads hides none. */
Test(loss_edges, layers_between_are_looked_through) {
    static const char *const rows[] = {"{identity: {name: y, from: s}}",
                                       "{flatten: {name: y, from: s}}",
                                       "{reshape: {shape: [2], name: y, from: s}}"};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        int warnings = 0;
        const socle_logger logger = {count_warning, &warnings, SOCLE_LOG_WARNING};
        char text[512];
        sc_env env;
        sc_net *net;
        SC_REPRO("%s", rows[r]);
        sc_env_init(&env, NULL, &logger);
        snprintf(text, sizeof text,
                 "{inputs: [{name: x, shape: [2]}], layers: [{softmax: {name: s, from: x}}, %s], "
                 "output: y, loss: softmax_cross_entropy}",
                 rows[r]);
        SC_OK(&env, net_from_text(&net, &env, text));
        SC_EQ(warnings, 1);
        sc_net_destroy(net);
    }
}

/* A model file has what is not as by default, a main option alone without its key. */
Test(loss_edges, options_make_the_round_trip) {
    static const struct {
        const char *given, *kept;
    } rows[] = {
        {"{mse: {reduction: mean}}", "\"loss\": \"mean_squared_error\""},
        {"{l1: {reduction: sum}}", "\"loss\": {\"mean_absolute_error\": {\"reduction\": \"sum\"}}"},
        {"{huber: {delta: 0.5}}", "\"loss\": {\"huber\": 0.5}"},
        {"{huber: 1}", "\"loss\": \"huber\""},
        {"{quantile: {tau: 0.75, reduction: sum}}",
         "\"loss\": {\"quantile\": {\"q\": 0.75, \"reduction\": \"sum\"}}"},
        {"{focal: 1.5}", "\"loss\": {\"focal\": 1.5}"},
        {"{cross_entropy: {targets: soft, label_smoothing: 0.25}}",
         "\"loss\": {\"softmax_cross_entropy\": {\"targets\": \"probabilities\", "
         "\"label_smoothing\": 0.25}}"},
        {"{cross_entropy: {ignore: 3, label_smoothing: 0.25}}",
         "\"loss\": {\"softmax_cross_entropy\": {\"ignore\": 3, \"label_smoothing\": 0.25}}"},
        {"{expr: {formula: abs(prediction - target), reduction: sum}}",
         "\"loss\": {\"expr\": {\"formula\": \"abs(prediction - target)\", \"reduction\": "
         "\"sum\"}}"},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        sc_env env, again_env;
        char *text, *again;
        SC_REPRO("%s", rows[r].given);
        sc_net *net = net_of(&env, rows[r].given, 4), *copy;
        SC_OK(&env, sc_net_text(&text, net));
        SC_CONTAINS(text, rows[r].kept);
        sc_env_init(&again_env, NULL, NULL);
        SC_OK(&again_env, net_from_text(&copy, &again_env, text));
        SC_OK(&again_env, sc_net_text(&again, copy));
        SC_EQ_STR(again, text);
        SC_EQ(copy->loss[0].ignored, net->loss[0].ignored);
        sc_release(&env, text);
        sc_release(&again_env, again);
        sc_net_destroy(copy);
        sc_net_destroy(net);
    }
}
