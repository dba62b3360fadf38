/* SPDX-License-Identifier: Apache-2.0 */
/* The sweep over learning rates: which rates the steps have, what their losses are, where it ends,
 * and what is proposed. */
#include "fixture.h"

#include "train/rate_sweep.h"

#include <string.h>

enum { STEPS = 40, BATCH = 64 /* five steps an epoch */ };

/* A loss that falls by `fall` a step between two steps, and grows behind them. */
Test(rate_sweep, proposes_where_the_loss_falls_fastest) {
    double rate[60], loss[60], smooth[60];
    sc_rate_sweep sweep = {.steps = 60, .rate = rate, .loss = loss, .smooth = smooth};
    for (int i = 0; i < 60; i++) {
        rate[i] = pow(10, (double)i / 10 - 6);
        loss[i] = i < 20 ? 3 : i < 40 ? 3 - 0.1 * (i - 20) : 1 + 0.3 * (i - 40);
    }
    sc_rate_sweep_judge(&sweep);
    SC_NEAR(smooth[0], 3, 1e-15);
    SC_NEAR(smooth[19], 3, 1e-14);
    /* The average falls faster and faster while the loss falls, and still for a few steps. */
    SC_TRUE(sweep.proposal >= rate[36] && sweep.proposal <= rate[43]);
    SC_TRUE(sweep.least > sweep.proposal && sweep.least < rate[55]);
    for (int i = 0; i < 60; i++) loss[i] = 1 + 0.1 * i;
    sc_rate_sweep_judge(&sweep);
    SC_TRUE(isnan(sweep.proposal));
    SC_EQ(sweep.least == rate[0], true);
    sweep.steps = 0;
    sc_rate_sweep_judge(&sweep);
    SC_TRUE(isnan(sweep.least));
}

typedef struct setting {
    fixture f;
    sc_fleet_device device;
    sc_fit_options fit;
    sc_rate_sweep_options options;
} setting;

static void begin(setting *s) {
    fixture_open(&s->f, "cpu", 1);
    fixture_golden(&s->f, "mlp");
    s->device = (sc_fleet_device){.device = s->f.device};
    s->fit = fixture_ordered(BATCH, 1);
    s->fit.validation = 0.2; /* is left out, as are these: */
    s->fit.patience = 1;
    s->fit.average = 0.9f;
    s->fit.schedule = (sc_schedule){.word = "cosine", .value = {0, 1, 0}};
    s->options = (sc_rate_sweep_options){.low = 1e-4, .high = 1e-1, .steps = STEPS};
}

static socle_status run(setting *s, sc_rate_sweep *out) {
    return sc_rate_sweep_run(out, &s->f.env, &s->device, 1, s->f.net, &s->fit, s->f.data,
                             &s->options);
}

/* The loss of the first batch with the first weights. */
static double first_loss(setting *s) {
    sc_trainer *trainer;
    sc_evaluation out;
    sc_fit_options fit = fixture_ordered(BATCH, 1);
    int first[BATCH];
    for (int i = 0; i < BATCH; i++) first[i] = i;
    sc_dataset *rows = fixture_rows(&s->f, first, BATCH, NULL);
    FIXTURE_OK(sc_trainer_create(&trainer, s->f.device, s->f.net, &fit, rows, rows));
    FIXTURE_OK(sc_trainer_test(trainer, &out)); /* before any step */
    sc_trainer_destroy(trainer);
    sc_dataset_destroy(rows);
    return out.loss;
}

/* Eight epochs of five steps: the last step of each counts as the others do. */
Test(rate_sweep, takes_each_step_with_a_larger_rate) {
    setting s;
    sc_rate_sweep one, again;
    begin(&s);
    FIXTURE_OK(run(&s, &one));
    FIXTURE_OK(run(&s, &again));
    SC_EQ(one.steps, STEPS);
    for (size_t i = 0; i < STEPS; i++)
        SC_NEAR(one.rate[i], 1e-4 * pow(1e3, (double)i / (STEPS - 1)), 1e-12 * one.rate[i]);
    SC_NEAR(one.loss[0], first_loss(&s), 1e-5 * one.loss[0]);
    SC_TRUE(one.loss[STEPS - 1] < one.loss[0]);
    SC_EQ_MEMORY(again.loss, one.loss, sizeof(double) * STEPS);
    SC_EQ(again.proposal == one.proposal && one.proposal > 1e-4 && one.proposal < 1e-1, true);
    sc_rate_sweep_free(&one);
    sc_rate_sweep_free(&again);
    fixture_close(&s.f);
}

static bool after_three(void *user) {
    return ++*(int *)user == 3;
}

Test(rate_sweep, ends_where_there_is_nothing_more_to_see) {
    setting s;
    sc_rate_sweep sweep;
    int asked = 0;
    begin(&s);
    s.options.high = 1e12; /* the loss grows, or is no number any more */
    FIXTURE_OK(run(&s, &sweep));
    SC_TRUE(sweep.steps > 10 && sweep.steps < STEPS);
    SC_TRUE(isfinite(sweep.loss[sweep.steps - 1]));
    sc_rate_sweep_free(&sweep);
    s.options.stop = after_three;
    s.options.user = &asked;
    SC_EQ(run(&s, &sweep), SOCLE_STATUS_INTERRUPTED);
    SC_TRUE(sweep.rate == NULL);
    fixture_close(&s.f);
}

Test(rate_sweep, refuses_what_is_no_range) {
    setting s;
    sc_rate_sweep sweep;
    begin(&s);
    const double low[] = {0, -1, 1, NAN}, high[] = {1, 1, 1, 1};
    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++) {
        s.options.low = low[i];
        s.options.high = high[i];
        SC_FAILS(&s.f.env, run(&s, &sweep), SOCLE_STATUS_CONFIG);
    }
    s.options = (sc_rate_sweep_options){.low = 1, .high = INFINITY, .steps = STEPS};
    SC_FAILS(&s.f.env, run(&s, &sweep), SOCLE_STATUS_CONFIG);
    s.options = (sc_rate_sweep_options){.low = 1, .high = 2, .steps = SC_RATE_SWEEP_LEAST - 1};
    SC_FAILS(&s.f.env, run(&s, &sweep), SOCLE_STATUS_CONFIG);
    fixture_close(&s.f);
}
