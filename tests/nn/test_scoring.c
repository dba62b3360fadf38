/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of all rows at once against scikit-learn (scoring_expected.h), ties and weights included,
 * and where the data do not determine one. */
#include "../sc_test.h"
#include "scoring_expected.h"

#include <math.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static void check(const sc_scored *rows, const expectation *expected, int count) {
    for (int i = 0; i < count; i++) {
        const sc_score_options options = {expected[i].average, expected[i].class_number};
        double value;
        SC_REPRO("expectation %d", i);
        SC_OK(rows->env, expected[i].score(&value, rows, &options));
        if (!(fabs(value - expected[i].value) <= 1e-12))
            SC_TEST_FAIL("expectation %d: %.17g, not %.17g", i, value, expected[i].value);
    }
}

static sc_env env;
static void setup(void) {
    sc_env_init(&env, NULL, NULL);
}

TestSuite(scoring, .init = setup);

static sc_scored many(bool weighted) {
    return (sc_scored){.env = &env,
                       .rows = COUNT(many_label),
                       .columns = 4,
                       .classes = 4,
                       .weight_rows = 1,
                       .data = {[SC_COLLECTED_TARGET] = many_label,
                                [SC_COLLECTED_CLASS] = many_class,
                                [SC_COLLECTED_SCORE] = many_score,
                                [SC_COLLECTED_WEIGHT] = weighted ? many_weight : NULL}};
}

static sc_scored columns(const float *target, const float *class, const float *score, int rows,
                         int count) {
    return (sc_scored){.env = &env,
                       .rows = rows,
                       .columns = count,
                       .middle = 0.5,
                       .weight_rows = 1,
                       .data = {[SC_COLLECTED_TARGET] = target,
                                [SC_COLLECTED_CLASS] = class,
                                [SC_COLLECTED_SCORE] = score}};
}

Test(scoring, classes) {
    sc_scored rows = many(false);
    check(&rows, many_expected, COUNT(many_expected));
    rows = many(true);
    check(&rows, many_weighted, COUNT(many_weighted));
    rows.data[SC_COLLECTED_SCORE] = share_score;
    check(&rows, share_expected, COUNT(share_expected));
}

Test(scoring, sides) {
    sc_scored rows = columns(one_target, one_class, one_score, COUNT(one_target), 1);
    check(&rows, one_expected, COUNT(one_expected));
    rows = columns(columns_target, columns_class, columns_score, COUNT(columns_target) / 3, 3);
    check(&rows, columns_expected, COUNT(columns_expected));
}

Test(scoring, values) {
    sc_scored rows = columns(value_target, NULL, value_score, COUNT(value_target) / 2, 2);
    check(&rows, value_expected, COUNT(value_expected));
    rows.data[SC_COLLECTED_WEIGHT] = many_weight;
    check(&rows, value_weighted, COUNT(value_weighted));
}

/* A matrix of counts has the labels in its rows; its diagonal is what is right. */
Test(scoring, confusion) {
    const float label[] = {0, 1, 2, 2, 2, 9}, found[] = {0, 2, 2, 0, -1, 1}, weight[] = {1, 2, 0.5};
    const sc_scored rows = {.env = &env,
                            .rows = 6,
                            .columns = 3,
                            .classes = 3,
                            .weight_rows = 2,
                            .data = {[SC_COLLECTED_TARGET] = label,
                                     [SC_COLLECTED_CLASS] = found,
                                     [SC_COLLECTED_WEIGHT] = weight}};
    double matrix[9], expected[9] = {1, 0, 0, 0, 0, 1, 2, 0, 2};
    sc_class_counts counts[3];
    sc_confusion(matrix, &rows);
    for (int i = 0; i < 9; i++) SC_TRUE(matrix[i] == expected[i]);
    sc_count_classes(counts, &rows);
    SC_TRUE(counts[2].labelled == 4.5); /* one is predicted as no class, one label is of none */
    SC_TRUE(counts[2].predicted == 3);
    SC_TRUE(counts[2].right == 2);
}

/* Hanley and McNeil's share of pairs, counted pair by pair. */
Test(scoring, pairs) {
    double pairs = 0, won = 0, auc;
    const sc_scored rows = columns(one_target, one_class, one_score, COUNT(one_target), 1);
    for (int i = 0; i < COUNT(one_target); i++)
        for (int j = 0; j < COUNT(one_target); j++) {
            if (one_target[i] != 1 || one_target[j] != 0) continue;
            pairs++;
            won += one_score[i] > one_score[j] ? 1 : one_score[i] == one_score[j] ? 0.5 : 0;
        }
    SC_OK(&env, sc_score_auc(&auc, &rows, &(sc_score_options){.class_number = -1}));
    SC_TRUE(fabs(auc - won / pairs) <= 1e-12);
}

/* By hand: of two answers at 0.65 one is right, of two at 0.9 both, one of 0.2 is wrong by its
 * class 0, which it has with 0.8. */
Test(scoring, calibration_error) {
    const float label[] = {1, 0, 1, 1, 1}, class[] = {1, 1, 1, 1, 0},
                score[] = {0.65f, 0.65f, 0.9f, 0.9f, 0.2f}, weight[] = {1, 1, 1, 1, 2};
    const sc_score_options standard = {.class_number = -1};
    double value;
    sc_scored rows = columns(label, class, score, 5, 1);
    SC_OK(&env, sc_score_calibration_error(&value, &rows, &standard));
    SC_NEAR(value, (2 * 0.15 + 2 * 0.1 + 0.8) / 5, 1e-7);
    rows.data[SC_COLLECTED_WEIGHT] = weight;
    SC_OK(&env, sc_score_calibration_error(&value, &rows, &standard));
    SC_NEAR(value, (2 * 0.15 + 2 * 0.1 + 2 * 0.8) / 6, 1e-7);
}

/* One class only, no spread, no weight, a score that is no number: no value, or the conventional
 * one. */
Test(scoring, undetermined) {
    const float ones[] = {1, 1, 1}, score[] = {0.5f, 0.75f, 1}, none[] = {0, 0, 0},
                bad[] = {0.5f, NAN, 1}, mixed[] = {1, 0, 1};
    const sc_score_options standard = {.class_number = -1};
    double value;
    sc_scored rows = columns(ones, ones, score, 3, 1);
    SC_OK(&env, sc_score_auc(&value, &rows, &standard));
    SC_TRUE(isnan(value));
    SC_OK(&env, sc_score_average_precision(&value, &rows, &standard));
    SC_TRUE(value == 1);
    SC_OK(&env, sc_score_kappa(&value, &rows, &standard));
    SC_TRUE(isnan(value));
    SC_OK(&env, sc_score_matthews(&value, &rows, &standard));
    SC_TRUE(value == 0);
    SC_OK(&env, sc_score_r2(&value, &rows, &standard));
    SC_TRUE(value == 0);
    rows.data[SC_COLLECTED_SCORE] = ones;
    SC_OK(&env, sc_score_r2(&value, &rows, &standard));
    SC_TRUE(value == 1);
    rows = columns(mixed, ones, bad, 3, 1);
    SC_OK(&env, sc_score_auc(&value, &rows, &standard));
    SC_TRUE(isnan(value));
    SC_OK(&env, sc_score_log_loss(&value, &rows, &standard));
    SC_TRUE(isnan(value));
    rows.data[SC_COLLECTED_WEIGHT] = none;
    SC_OK(&env, sc_score_rmse(&value, &rows, &standard));
    SC_TRUE(isnan(value));
    SC_OK(&env, sc_score_f1(&value, &rows, &standard));
    SC_TRUE(value == 0);
}
