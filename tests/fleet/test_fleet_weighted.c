/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of samples over several devices: a step is divided by the summed weight of all of them,
 * whatever the shares. Some weights are 0, and of some shares and steps all are. */
#include "party.h"

static void add_weights(party *p) {
    const socle_shape one = {0};
    void *column;
    SC_OK(&p->env, sc_dataset_add_new(p->data, &column, "weight", SOCLE_F32, &one));
    float *weight = column;
    for (int64_t i = 0; i < sc_dataset_count(p->data); i++)
        weight[i] = i % 50 < 12 || i / 50 == 3 ? 0.0f : (float)(i * 29 % 17 + 1) / 7.0f;
}

static party_state weighted_on(const char *devices, party_run *run, bool weighted) {
    static party p;
    party_open(&p, devices);
    if (weighted) add_weights(&p);
    party_state state = party_trained(&p, run);
    party_close(&p);
    return state;
}

static const char *const others[] = {"cpu,cpu",        "cpu,cpu,cpu",       "cpu=3,cpu=1",
                                     "cpu=1,cpu=1000", "cpu=1,cpu=5,cpu=2", NULL};

/* 320 samples in batches of 50, of 20 at last. In order, so that whole shares and a whole step do
 * not count. */
static party_run in_order(int64_t steps) {
    party_run run = party_standard(steps);
    run.fit.shuffle = false;
    return run;
}

/* The same bits on 1, 2 and 3 devices. */
static void same(party_run run) {
    party_run one = run;
    one.fit.reproducible = true;
    party_state alone = weighted_on("cpu", &one, true);
    for (int i = 0; others[i]; i++) {
        party_run several = run;
        several.fit.reproducible = true;
        SC_REPRO("%s on cpu and on %s", run.net, others[i]);
        party_state state = weighted_on(others[i], &several, true);
        party_same(&state, &alone);
        SC_EQ_MEMORY(several.loss, one.loss, sizeof one.loss);
        party_free(&state);
    }
    party_free(&alone);
}

Test(fleet_weighted, reproducible) {
    party_run run = party_standard(14);
    run.fit.validation = 0.2;
    same(run);
}

Test(fleet_weighted, reproducible_in_order) {
    party_run run = in_order(14);
    run.fit.optimizer = fixture_optimizer("adam", 0.003f, 0);
    run.fit.staged = true;
    same(run);
}

Test(fleet_weighted, reproducible_with_batch_normalisation) {
    party_run run = in_order(8);
    run.net = "norm";
    same(run);
}

/* Within rounding of one device: other micro-batches, other shares, a share of nothing, devices
 * with memory of their own. */
static void near(const char *devices, int64_t micro_batch, bool own_memory) {
    party_run one = in_order(14), several = in_order(14), plain = in_order(14);
    one.fit.validation = several.fit.validation = plain.fit.validation = 0.2;
    several.fit.micro_batch = micro_batch;
    several.fit.hooks.engine.own_memory = own_memory;
    party_state alone = weighted_on("cpu", &one, true),
                state = weighted_on(devices, &several, true),
                unweighted = weighted_on("cpu", &plain, false);
    SC_REPRO("%s, micro-batches of %d: distances %g, %g; validation %.9g, %.9g", devices,
             (int)micro_batch, party_distance(&alone, &state), party_distance(&alone, &unweighted),
             one.validation, several.validation);
    SC_TRUE(party_distance(&alone, &state) < 2e-5);
    SC_TRUE(fabs(one.validation - several.validation) < 2e-5);
    SC_TRUE(party_distance(&alone, &unweighted) > 1e-2);
    SC_TRUE(fabs(one.validation - plain.validation) > 1e-4);
    party_free(&alone);
    party_free(&state);
    party_free(&unweighted);
}

Test(fleet_weighted, micro_batches) {
    near("cpu", 10, false);
    near("cpu", 1, false);
}

Test(fleet_weighted, shares) {
    near("cpu,cpu", 0, false);
    near("cpu,cpu,cpu", 10, true);
    near("cpu=1,cpu=1000", 0, false);
    near("cpu=1,cpu=5,cpu=2", 0, true);
}

Test(fleet_weighted, opencl_and_cpu) {
    near("opencl:0,cpu", 0, false);
}
