/* SPDX-License-Identifier: Apache-2.0 */
/* Written by make_scoring.py with scikit-learn 1.9.1. */
#ifndef SC_TESTS_SCORING_EXPECTED_H
#define SC_TESTS_SCORING_EXPECTED_H

#include "nn/scoring.h"

typedef struct expectation {
    sc_score_fn score;
    sc_average average;
    int class_number;
    double value;
} expectation;

/* clang-format off */
static const float many_label[] = {2, 1, 2, 2, 1, 2, 2, 0, 0, 0, 0, 2, 2, 0, 1, 2, 0, 2, 0, 1, 2, 0, 1, 0, 2, 0, 2, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 2, 1, 0, 2, 0, 2, 1, 0, 0};
static const float many_score[] = {0.25, 0.0625, 0.3125, 1, 0.5, 0.4375, 0.4375, 1, 0.4375, 0.375, 0.4375, 1, 0.1875, 0.25, 0.4375, 1, 0.5, 0.25, 0.0625, 1, 0.5, 0.375, 0.6875, 1, 0.375, 0.1875, 0.4375, 0.0625, 0.5, 0.4375, 0.375, 0.125, 0.5, 0.1875, 0.5, 0.5, 0.3125, 0.3125, 0.5, 0.4375, 0.5625, 0.375, 0.0625, 0.375, 0.25, 0.0625, 0.3125, 0.3125, 0.375, 0.3125, 0.5, 0.4375, 0.5625, 0.1875, 0.375, 0.3125, 0.0625, 0.25, 0.375, 0.25, 0.3125, 0.1875, 0.3125, 0.125, 0.4375, 0.4375, 0.25, 0.25, 0.3125, 0.5, 0.4375, 0.3125, 0.4375, 0.3125, 0.25, 0.375, 0.3125, 0.5625, 0.5, 0.125, 0.3125, 0.25, 0.375, 0.125, 0.25, 0.25, 0.4375, 0.0625, 0.25, 0.6875, 0.5, 0.125, 0.25, 0.375, 0.0625, 0.1875, 0.25, 0.4375, 0.25, 0.375, 0.5, 0.125, 0.4375, 0.4375, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1875, 0.125, 0.3125, 0.3125, 0.4375, 0.5, 0.125, 0.5, 0.0625, 0.125, 0.25, 0.6875, 0.5, 0.375, 0.3125, 0.5, 0.0625, 0.25, 0.5, 0.4375, 0.125, 0.125, 0.375, 0.0625, 0.6875, 0.5, 0.3125, 0.25, 0.625, 0.3125, 0.25, 0.1875, 0.4375, 0.4375, 0.0625, 0.0625, 0.5625, 0.1875, 0.4375, 0.25, 0.5, 0.0625, 0.25, 0.6875, 0.0625, 0.375, 0.375, 0.25, 0.25, 0.3125, 0.25, 0.625, 0.375, 0.1875, 0.25, 0.3125, 0.1875, 0.375, 0.4375, 0.1875, 0.6875, 0.3125, 0.5, 0.4375, 0.4375, 0.5, 0.5, 0.125, 0.4375, 0.5, 0.1875, 0.25, 0.3125, 0.4375, 0.5625, 0.4375, 0.375, 0.125, 0.625, 0.25, 0.4375, 0.4375};
static const float many_class[] = {3, 3, 3, 3, 3, 3, 2, 0, 0, 2, 0, 2, 2, 0, 2, 0, 0, 1, 0, 1, 2, 2, 1, 1, 1, 0, 1, 0, 3, 1, 1, 1, 0, 2, 2, 2, 2, 2, 1, 0, 1, 3, 2, 0, 0, 3, 0, 0};
static const float many_weight[] = {2, 0, 2, 1.5, 1, 1.5, 2, 1, 0, 1.5, 0.5, 0.5, 0, 0, 2, 0.5, 0, 0, 0.5, 0.5, 0.5, 2, 2, 1, 2, 0.5, 0, 0.5, 0, 2, 0.5, 1, 0.5, 2, 0, 1, 2, 1, 2, 2, 1.5, 1.5, 1, 1, 2, 1, 2, 2};
static const expectation many_expected[] = {
    {sc_score_precision, SC_AVERAGE_MACRO, -1, 0.49883449883449882},
    {sc_score_precision, SC_AVERAGE_MICRO, -1, 0.54166666666666663},
    {sc_score_precision, SC_AVERAGE_WEIGHTED, -1, 0.66734654234654223},
    {sc_score_precision, SC_AVERAGE_STANDARD, 0, 0.66666666666666663},
    {sc_score_precision, SC_AVERAGE_STANDARD, 1, 0.63636363636363635},
    {sc_score_precision, SC_AVERAGE_STANDARD, 2, 0.69230769230769229},
    {sc_score_precision, SC_AVERAGE_STANDARD, 3, 0},
    {sc_score_recall, SC_AVERAGE_MACRO, -1, 0.41365914786967417},
    {sc_score_recall, SC_AVERAGE_MICRO, -1, 0.54166666666666663},
    {sc_score_recall, SC_AVERAGE_WEIGHTED, -1, 0.54166666666666663},
    {sc_score_recall, SC_AVERAGE_STANDARD, 0, 0.7142857142857143},
    {sc_score_recall, SC_AVERAGE_STANDARD, 1, 0.46666666666666667},
    {sc_score_recall, SC_AVERAGE_STANDARD, 2, 0.47368421052631576},
    {sc_score_recall, SC_AVERAGE_STANDARD, 3, 0},
    {sc_score_f1, SC_AVERAGE_MACRO, -1, 0.44765417771883287},
    {sc_score_f1, SC_AVERAGE_MICRO, -1, 0.54166666666666663},
    {sc_score_f1, SC_AVERAGE_WEIGHTED, -1, 0.59207490605658708},
    {sc_score_f1, SC_AVERAGE_STANDARD, 0, 0.68965517241379315},
    {sc_score_f1, SC_AVERAGE_STANDARD, 1, 0.53846153846153844},
    {sc_score_f1, SC_AVERAGE_STANDARD, 2, 0.5625},
    {sc_score_f1, SC_AVERAGE_STANDARD, 3, 0},
    {sc_score_auc, SC_AVERAGE_MACRO, -1, 0.75292884977415764},
    {sc_score_auc, SC_AVERAGE_STANDARD, -1, 0.75292884977415764},
    {sc_score_auc, SC_AVERAGE_WEIGHTED, -1, 0.74853696703341732},
    {sc_score_auc, SC_AVERAGE_STANDARD, 0, 0.75420168067226889},
    {sc_score_auc, SC_AVERAGE_STANDARD, 1, 0.804040404040404},
    {sc_score_auc, SC_AVERAGE_STANDARD, 2, 0.70054446460980035},
    {sc_score_auc, SC_AVERAGE_MICRO, -1, 0.73227719907407407},
    {sc_score_average_precision, SC_AVERAGE_MACRO, -1, 0.65538434490383668},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, -1, 0.65538434490383668},
    {sc_score_average_precision, SC_AVERAGE_WEIGHTED, -1, 0.6545037656253162},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, 0, 0.61928062574182752},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, 1, 0.71108094519859222},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, 2, 0.63579146377109019},
    {sc_score_average_precision, SC_AVERAGE_MICRO, -1, 0.44800889869336907},
    {sc_score_kappa, SC_AVERAGE_STANDARD, -1, 0.37217598097502969},
    {sc_score_matthews, SC_AVERAGE_STANDARD, -1, 0.38826037870896257},
};
static const expectation many_weighted[] = {
    {sc_score_precision, SC_AVERAGE_MACRO, -1, 0.47939205955334985},
    {sc_score_precision, SC_AVERAGE_MICRO, -1, 0.50485436893203883},
    {sc_score_precision, SC_AVERAGE_WEIGHTED, -1, 0.63365005179599609},
    {sc_score_precision, SC_AVERAGE_STANDARD, 0, 0.57692307692307687},
    {sc_score_precision, SC_AVERAGE_STANDARD, 1, 0.76000000000000001},
    {sc_score_precision, SC_AVERAGE_STANDARD, 2, 0.58064516129032262},
    {sc_score_precision, SC_AVERAGE_STANDARD, 3, 0},
    {sc_score_recall, SC_AVERAGE_MACRO, -1, 0.39211469534050181},
    {sc_score_recall, SC_AVERAGE_MICRO, -1, 0.50485436893203883},
    {sc_score_recall, SC_AVERAGE_WEIGHTED, -1, 0.50485436893203883},
    {sc_score_recall, SC_AVERAGE_STANDARD, 0, 0.55555555555555558},
    {sc_score_recall, SC_AVERAGE_STANDARD, 1, 0.61290322580645162},
    {sc_score_recall, SC_AVERAGE_STANDARD, 2, 0.40000000000000002},
    {sc_score_recall, SC_AVERAGE_STANDARD, 3, 0},
    {sc_score_f1, SC_AVERAGE_MACRO, -1, 0.42957334373670025},
    {sc_score_f1, SC_AVERAGE_MICRO, -1, 0.50485436893203883},
    {sc_score_f1, SC_AVERAGE_WEIGHTED, -1, 0.55955847210993226},
    {sc_score_f1, SC_AVERAGE_STANDARD, 0, 0.56603773584905659},
    {sc_score_f1, SC_AVERAGE_STANDARD, 1, 0.6785714285714286},
    {sc_score_f1, SC_AVERAGE_STANDARD, 2, 0.47368421052631576},
    {sc_score_f1, SC_AVERAGE_STANDARD, 3, 0},
    {sc_score_auc, SC_AVERAGE_MACRO, -1, 0.74580927403995911},
    {sc_score_auc, SC_AVERAGE_STANDARD, -1, 0.74580927403995911},
    {sc_score_auc, SC_AVERAGE_WEIGHTED, -1, 0.7383209796055813},
    {sc_score_auc, SC_AVERAGE_STANDARD, 0, 0.72197855750487328},
    {sc_score_auc, SC_AVERAGE_STANDARD, 1, 0.8315412186379928},
    {sc_score_auc, SC_AVERAGE_STANDARD, 2, 0.68390804597701149},
    {sc_score_auc, SC_AVERAGE_MICRO, -1, 0.7265686366921168},
    {sc_score_average_precision, SC_AVERAGE_MACRO, -1, 0.69088690972833822},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, -1, 0.69088690972833822},
    {sc_score_average_precision, SC_AVERAGE_WEIGHTED, -1, 0.69317288879321737},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, 0, 0.59506510614581742},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, 1, 0.79726809692853839},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, 2, 0.68032752611065861},
    {sc_score_average_precision, SC_AVERAGE_MICRO, -1, 0.45403172802251468},
    {sc_score_kappa, SC_AVERAGE_STANDARD, -1, 0.3210546723536255},
    {sc_score_matthews, SC_AVERAGE_STANDARD, -1, 0.33646318133779912},
};
static const float share_score[] = {0, 0, 0, 1, 0.25, 0.25, 0.375, 0.125, 0.1875, 0.375, 0.25, 0.1875, 0.3125, 0.25, 0.375, 0.0625, 0.1875, 0.25, 0.1875, 0.375, 0.0625, 0.25, 0.5, 0.1875, 0.375, 0.125, 0.25, 0.25, 0.25, 0.25, 0.3125, 0.1875, 0.1875, 0.4375, 0.1875, 0.1875, 0.25, 0.3125, 0.125, 0.3125, 0.0625, 0.3125, 0.375, 0.25, 0.375, 0.25, 0.125, 0.25, 0.375, 0.3125, 0.25, 0.0625, 0.25, 0.375, 0.0625, 0.3125, 0.0625, 0.125, 0.3125, 0.5, 0.1875, 0.1875, 0.3125, 0.3125, 0.0625, 0.3125, 0.1875, 0.4375, 0.3125, 0.0625, 0.25, 0.375, 0.4375, 0.1875, 0.25, 0.125, 0.3125, 0.25, 0.125, 0.3125, 0.25, 0.0625, 0.4375, 0.25, 0.4375, 0.25, 0.0625, 0.25, 0.1875, 0.1875, 0.1875, 0.4375, 0.25, 0.3125, 0.1875, 0.25, 0.375, 0.3125, 0.0625, 0.25, 0.3125, 0.375, 0.125, 0.1875, 0.25, 0.3125, 0.25, 0.1875, 0.125, 0.3125, 0.3125, 0.25, 0.375, 0.3125, 0.125, 0.1875, 0.3125, 0.3125, 0.3125, 0.0625, 0.125, 0.0625, 0.4375, 0.375, 0.1875, 0.3125, 0.375, 0.125, 0.1875, 0.1875, 0.3125, 0.3125, 0.3125, 0.125, 0.25, 0.3125, 0.125, 0.3125, 0.375, 0.1875, 0.1875, 0.25, 0.3125, 0.25, 0.1875, 0.1875, 0.25, 0.375, 0.25, 0.125, 0.375, 0.25, 0.25, 0.1875, 0.125, 0.4375, 0.3125, 0.125, 0.1875, 0.375, 0.125, 0.125, 0.5, 0.25, 0.1875, 0.1875, 0.4375, 0.1875, 0.25, 0.1875, 0.25, 0.3125, 0.375, 0.1875, 0.25, 0.1875, 0.125, 0.375, 0.3125, 0.1875, 0.375, 0.25, 0.1875, 0.1875, 0.125, 0.3125, 0.375, 0.1875, 0.125, 0.25, 0.3125, 0.3125};
static const expectation share_expected[] = {
    {sc_score_log_loss, SC_AVERAGE_STANDARD, -1, 2.0931883093093657},
};
static const float one_target[] = {0, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0};
static const float one_score[] = {0.8125, 0.625, 0.1875, 0.8125, 0.8125, 0.3125, 0.1875, 0.6875, 0.1875, 0.9375, 0.3125, 0.5, 0.6875, 0.25, 0, 0.8125, 0.9375, 1, 0.25, 0.3125, 0.25, 0.75, 0.9375, 0.6875, 0.3125, 0.9375, 0.1875, 0.0625, 0.5625, 0.25, 0.75, 1, 0.0625, 0.25, 0.125, 0.125, 0.4375, 0.5, 0.8125, 0.375, 0.75, 0.625, 0.6875, 0.3125, 0.375, 0.9375, 0.625, 0.1875};
static const float one_class[] = {1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0};
static const expectation one_expected[] = {
    {sc_score_precision, SC_AVERAGE_STANDARD, -1, 0.60869565217391308},
    {sc_score_precision, SC_AVERAGE_STANDARD, 0, 0.64000000000000001},
    {sc_score_precision, SC_AVERAGE_MACRO, -1, 0.6243478260869566},
    {sc_score_precision, SC_AVERAGE_MICRO, -1, 0.625},
    {sc_score_precision, SC_AVERAGE_WEIGHTED, -1, 0.625},
    {sc_score_recall, SC_AVERAGE_STANDARD, -1, 0.60869565217391308},
    {sc_score_recall, SC_AVERAGE_STANDARD, 0, 0.64000000000000001},
    {sc_score_recall, SC_AVERAGE_MACRO, -1, 0.6243478260869566},
    {sc_score_recall, SC_AVERAGE_MICRO, -1, 0.625},
    {sc_score_recall, SC_AVERAGE_WEIGHTED, -1, 0.625},
    {sc_score_f1, SC_AVERAGE_STANDARD, -1, 0.60869565217391308},
    {sc_score_f1, SC_AVERAGE_STANDARD, 0, 0.64000000000000001},
    {sc_score_f1, SC_AVERAGE_MACRO, -1, 0.6243478260869566},
    {sc_score_f1, SC_AVERAGE_MICRO, -1, 0.625},
    {sc_score_f1, SC_AVERAGE_WEIGHTED, -1, 0.625},
    {sc_score_auc, SC_AVERAGE_STANDARD, -1, 0.71043478260869564},
    {sc_score_average_precision, SC_AVERAGE_STANDARD, -1, 0.74826963178417283},
    {sc_score_kappa, SC_AVERAGE_STANDARD, -1, 0.24869565217391298},
    {sc_score_matthews, SC_AVERAGE_STANDARD, -1, 0.24869565217391304},
    {sc_score_log_loss, SC_AVERAGE_STANDARD, -1, 0.63472437476243482},
};
static const float columns_target[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1};
static const float columns_score[] = {0.3125, 0.4375, 0.21875, 0.5625, 0.3125, 0.25, 0.5625, 0.4375, 0.28125, 0.6875, 0.125, 0.15625, 0.125, 0.5, 0, 0.5, 0.375, 0.3125, 0.75, 0.5, 0.15625, 0.75, 0.3125, 0.1875, 0.25, 0.375, 0.1875, 0.5625, 0.3125, 0, 0.75, 0.5, 0.28125, 0, 0.6875, 0.46875, 0.8125, 0.3125, 0.15625, 0.25, 0.25, 0.375, 0.625, 0.375, 0.46875, 0.5, 0.6875, 0.15625, 0.9375, 0.375, 0.125, 0.625, 0.25, 0.34375, 0.6875, 0.25, 0.4375, 0.5625, 0.0625, 0.34375, 0.25, 0.375, 0.40625, 0.25, 0.5625, 0.34375, 0.1875, 0.125, 0, 0.125, 0.1875, 0.3125, 0.625, 0.375, 0.375, 0.5625, 0.625, 0.28125, 0.9375, 0.75, 0.15625, 0.375, 0.5625, 0.40625, 0.0625, 0.3125, 0.40625, 0.6875, 0.25, 0.28125, 0.5, 0.5, 0.21875, 0.6875, 0.5625, 0.125, 0.3125, 0.375, 0.21875, 0.25, 0.375, 0.375, 0.6875, 0.5, 0.28125, 0.5625, 0.25, 0.40625, 0.875, 0.625, 0, 0.5, 0.3125, 0.40625, 0.8125, 0.5, 0.125, 0.625, 0.0625, 0.28125, 0.6875, 0.5625, 0.40625, 0.5, 0.625, 0.125, 0.75, 0.5, 0.4375, 0.625, 0.4375, 0.3125, 0.5625, 0.375, 0.28125, 0.6875, 0.5625, 0.25, 0.1875, 0.6875, 0.125, 0.5625, 0.0625, 0.1875};
static const float columns_class[] = {0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
static const expectation columns_expected[] = {
    {sc_score_precision, SC_AVERAGE_MACRO, -1, 0.43582375478927204},
    {sc_score_precision, SC_AVERAGE_MICRO, -1, 0.68292682926829273},
    {sc_score_precision, SC_AVERAGE_WEIGHTED, -1, 0.45701149425287357},
    {sc_score_precision, SC_AVERAGE_STANDARD, 0, 0.72413793103448276},
    {sc_score_precision, SC_AVERAGE_STANDARD, 1, 0.58333333333333337},
    {sc_score_precision, SC_AVERAGE_STANDARD, 2, 0},
    {sc_score_recall, SC_AVERAGE_MACRO, -1, 0.34722222222222227},
    {sc_score_recall, SC_AVERAGE_MICRO, -1, 0.37333333333333335},
    {sc_score_recall, SC_AVERAGE_WEIGHTED, -1, 0.37333333333333335},
    {sc_score_recall, SC_AVERAGE_STANDARD, 0, 0.75},
    {sc_score_recall, SC_AVERAGE_STANDARD, 1, 0.29166666666666669},
    {sc_score_recall, SC_AVERAGE_STANDARD, 2, 0},
    {sc_score_f1, SC_AVERAGE_MACRO, -1, 0.37524366471734893},
    {sc_score_f1, SC_AVERAGE_MICRO, -1, 0.48275862068965519},
    {sc_score_f1, SC_AVERAGE_WEIGHTED, -1, 0.39953216374269007},
    {sc_score_f1, SC_AVERAGE_STANDARD, 0, 0.73684210526315785},
    {sc_score_f1, SC_AVERAGE_STANDARD, 1, 0.3888888888888889},
    {sc_score_f1, SC_AVERAGE_STANDARD, 2, 0},
    {sc_score_auc, SC_AVERAGE_MACRO, -1, 0.73989806188175755},
    {sc_score_auc, SC_AVERAGE_MICRO, -1, 0.71990338164251211},
    {sc_score_auc, SC_AVERAGE_WEIGHTED, -1, 0.73995555555555559},
    {sc_score_average_precision, SC_AVERAGE_MACRO, -1, 0.76410028490764104},
    {sc_score_average_precision, SC_AVERAGE_MICRO, -1, 0.71673078572951643},
    {sc_score_average_precision, SC_AVERAGE_WEIGHTED, -1, 0.76561437055548154},
};
static const float value_target[] = {-0.625, -0.8125, 0.5625, -0.8125, -1, -0.3125, 0.25, 2, 0.0625, -0.625, -0.75, -0.1875, 1.75, -0.5, -1, 0.3125, 1.125, 1.8125, -0.875, 1.5625, 1.4375, -0.5, -0.6875, -0.9375, -0.75, 1.5625, -0.75, 0, 1.75, 0.75, -1.5, -1.75, -1.125, 1.5, -1.125, -0.75, 0.1875, 0, -1.75, -1.25, 2, -0.3125, -0.875, 1.3125, -0.125, 1.3125, -1.375, -0.125, 1.25, 1.0625, 0.6875, -0.1875, 1.3125, -0.5, 0.625, 0.1875, -0.8125, -1.1875, 0.125, -0.75, 0.0625, 0.8125, 1.25, 1.125, 0.0625, -1.8125, -1.3125, 0.9375, 0.375, 1.3125, -0.0625, -0.25, -1.0625, -1.75, -1.4375, 0.75, 0.3125, -1, -0.5625, 0.5625, -0.5, -0.5, -0.9375, 0.5625, 1.5625, -1, -0.875, -0.125, -1.25, 0.125, 1.5625, 0.5625, -1.375, -1.1875, -1.75, 1.875};
static const float value_score[] = {-0.8125, -1.0625, 0.9375, -1, -1.3125, -0.5625, 0.125, 1.5625, 0.1875, -0.6875, -0.25, 0.125, 1.625, -0.25, -0.6875, 0, 0.75, 1.4375, -1.375, 1.375, 1.75, -0.1875, -0.8125, -0.9375, -0.4375, 2, -1, 0.1875, 1.875, 0.875, -1.1875, -1.4375, -1.25, 1.75, -1.625, -0.9375, -0.125, -0.25, -1.3125, -1.3125, 1.5625, -0.3125, -1.3125, 0.9375, -0.25, 1.25, -1.6875, 0, 1.25, 0.6875, 1, -0.5625, 1.1875, -0.875, 1.125, -0.0625, -0.4375, -0.6875, -0.1875, -1.25, -0.4375, 0.5, 1.125, 0.75, 0.5625, -1.8125, -0.9375, 0.4375, 0, 1.25, -0.4375, -0.625, -1.5625, -2, -1.1875, 1.0625, 0.3125, -1.3125, -0.625, 0.6875, -0.875, -0.625, -0.625, 0.5, 1.5625, -0.6875, -0.6875, -0.5, -1.125, 0.5625, 1.25, 1, -1.3125, -1, -1.9375, 1.375};
static const expectation value_expected[] = {
    {sc_score_r2, SC_AVERAGE_STANDARD, -1, 0.91168756467486012},
    {sc_score_rmse, SC_AVERAGE_STANDARD, -1, 0.30855729121331321},
};
static const expectation value_weighted[] = {
    {sc_score_r2, SC_AVERAGE_STANDARD, -1, 0.91518281029168191},
    {sc_score_rmse, SC_AVERAGE_STANDARD, -1, 0.30031302783411534},
};
/* clang-format on */

#endif
