/* SPDX-License-Identifier: Apache-2.0 */
/* Positions of runs that measure formulas: their sums may be any floats, and what they score too;
 * nothing else may. */
#include "fixture.h"

#include "nn/metric.h"

#include <float.h>

static sc_trainer *trainer_of(fixture *f) {
    const socle_shape one = {1, {1}}, scalar = {0};
    const float x[4] = {1, 2, 3, 4}, y[4] = {2, 3, 5, 9};
    const sc_metric_options offset = {
        .formula = "prediction - target", .name = "offset", .better = "higher"};
    sc_layer_options dense;
    const sc_layer_kind *kind = sc_layer_kind_find("dense", &dense);
    sc_trainer *trainer;
    fixture_open(f, "cpu", 1);
    FIXTURE_OK(sc_dataset_create(&f->data, &f->env, "line", 4));
    FIXTURE_OK(sc_dataset_add_copy(f->data, "input", SOCLE_F32, &one, x));
    FIXTURE_OK(sc_dataset_add_copy(f->data, "target", SOCLE_F32, &scalar, y));
    FIXTURE_OK(sc_net_create(&f->net, &f->env));
    int input = sc_net_input(f->net, "input", SOCLE_F32, &one, 1.0f);
    dense.units = 1;
    FIXTURE_OK(sc_net_loss(f->net, "mean_squared_error",
                           sc_net_layer(f->net, kind, NULL, 1, &input, &dense)));
    FIXTURE_OK(sc_net_measure(f->net, "expr", &offset));
    sc_fit_options options = fixture_ordered(1, 2);
    options.validation = 0.25;
    options.steps = 2; /* of three of an epoch */
    options.best = "offset";
    FIXTURE_OK(sc_trainer_create(&trainer, f->device, f->net, &options, f->data, NULL));
    FIXTURE_OK(sc_trainer_run(trainer));
    return trainer;
}

Test(position, of_formulas) {
    fixture f;
    sc_trainer *trainer = trainer_of(&f);
    const sc_position honest = sc_trainer_position(trainer);
    const double sums[] = {-FLT_MAX, -7, 0, FLT_MAX, NAN}, bad[] = {-1e39, 1e39, INFINITY};
    SC_EQ(honest.row, 2);
    SC_TRUE(honest.sum.metric[0] != 0 && isfinite(honest.sum.metric[0]));
    for (int i = 0; i < 5; i++) {
        sc_position position = honest;
        position.sum.metric[0] = sums[i];
        FIXTURE_OK(sc_trainer_check_position(trainer, &position, true));
        position = honest;
        position.best = sums[i];
        FIXTURE_OK(sc_trainer_check_position(trainer, &position, true));
    }
    for (int i = 0; i < 3; i++) {
        sc_position position = honest;
        position.sum.metric[0] = bad[i];
        SC_FAILS(&f.env, sc_trainer_check_position(trainer, &position, true), SOCLE_STATUS_DATA);
        SC_CONTAINS(sc_trainer_env(trainer)->text, "run.offset is");
        position = honest;
        position.best = bad[i];
        SC_FAILS(&f.env, sc_trainer_check_position(trainer, &position, true), SOCLE_STATUS_DATA);
        SC_CONTAINS(sc_trainer_env(trainer)->text, "run.best is");
    }
    sc_trainer_destroy(trainer);
    fixture_close(&f);
}
