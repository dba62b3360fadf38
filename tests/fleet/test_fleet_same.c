/* SPDX-License-Identifier: Apache-2.0 */
/* Reproducible mode: everything that persists has the same bits on 1, 2 and 3 devices of one kind,
 * however the steps are split. */
#include "party.h"

/* Devices against the first one alone. */
static void same_on(party_run run, const char *const *devices) {
    party_run one = run;
    one.fit.reproducible = true;
    party_state alone = party_on(devices[0], &one);
    for (int i = 1; devices[i]; i++) {
        party_run several = run;
        several.fit.reproducible = true;
        SC_REPRO("%s on %s and on %s", run.net, devices[0], devices[i]);
        party_state state = party_on(devices[i], &several);
        party_same(&state, &alone);
        SC_EQ_MEMORY(several.loss, one.loss, sizeof one.loss);
        party_free(&state);
    }
    party_free(&alone);
}

/* Shares of three to one, of nothing (1 : 1000), measured, and the slow one first, so that it
 * leads. */
static const char *const cpus[] = {
    "cpu", "cpu,cpu", "cpu,cpu,cpu", "cpu=3,cpu=1", "cpu=1,cpu=1000", "cpu=1,cpu=5,cpu=2", NULL};

/* 320 samples in batches of 50: micro-batches of 7, the last of a step has 1 row; the last batch
 * has 20. */
Test(fleet_same, dropout_and_augmentation) {
    party_run run = party_standard(50);
    run.net = "cnn";
    run.fit.augment = (sc_augment){.shift = 2, .flip_horizontal = true};
    run.fit.optimizer = fixture_optimizer("adam", 0.003f, 0);
    same_on(run, cpus);
}

Test(fleet_same, batch_normalisation) {
    party_run run = party_standard(50);
    run.net = "norm";
    run.fit.optimizer = fixture_optimizer("adam", 0.003f, 0);
    same_on(run, cpus);
}

/* The rows of a step are those of all devices, also of one that has no samples. */
Test(fleet_same, rows_of_an_embedding) {
    party_run run = party_standard(14);
    run.net = "words";
    run.fit.optimizer = fixture_optimizer("adam", 0.003f, 0);
    same_on(run, cpus);
    run.fit.staged = true;
    run.fit.micro_batch = 10;
    same_on(run, (const char *const[]){"cpu", "cpu=2,cpu=1", NULL});
}

Test(fleet_same, named_micro_batches_and_validation) {
    party_run run = party_standard(30);
    run.fit.batch = 60;
    run.fit.micro_batch = 4; /* 15 of them */
    run.fit.validation = 0.2;
    run.fit.weight_decay = 1e-3f;
    same_on(run, cpus);
}

/* Fewer samples than devices in the last batch: 320 = 3 * 106 + 2. */
Test(fleet_same, last_batches_of_next_to_nothing) {
    party_run run = party_standard(14);
    run.fit.batch = 106;
    run.fit.staged = true;
    same_on(run, cpus);
    run.fit.batch = 319; /* and 1 */
    run.fit.steps = 6;
    same_on(run, cpus);
}

/* A step of fewer samples than devices. */
Test(fleet_same, batches_smaller_than_the_fleet) {
    party_run run = party_standard(12);
    run.fit.batch = 2;
    same_on(run, cpus);
}

/* Memory of their own: sums and totals go through buffers that the transfer queue reads. */
Test(fleet_same, devices_with_memory_of_their_own) {
    party_run run = party_standard(20);
    run.fit.reproducible = true;
    party_state alone = party_on("cpu", &run);
    for (int i = 0; i < 3; i++) party_manner(i, (unruly_manner){.own_memory = true});
    party_run several = run;
    party_state state = party_on("unruly=2,unruly=1,unruly=1000", &several);
    party_same(&state, &alone);
    party_free(&state);
    party_free(&alone);
}

/* Devices that do nothing before a caller waits: code that frees host memory too early is found.
 * The first leads, and has no share. */
static void late_net(const char *net, bool own_memory, const char *devices, bool staged) {
    party_run run = party_standard(20);
    run.fit.reproducible = true;
    run.fit.staged = staged;
    run.fit.validation = 0.25;
    run.unwatched = true;
    run.net = net;
    party_state alone = party_on("cpu", &run);
    for (int i = 0; i < 3; i++)
        party_manner(
            i, (unruly_manner){.late = true, .own_memory = own_memory, .drowsy = i ? 0 : 2000000});
    party_run several = run;
    SC_REPRO("late %s, own memory %d, staged %d", devices, own_memory, staged);
    party_state state = party_on(devices, &several);
    party_same(&state, &alone);
    SC_EQ_FLOAT_BITS((float)several.validation, (float)run.validation);
    party_free(&state);
    party_free(&alone);
}

static void late(bool own_memory, const char *devices, bool staged) {
    late_net("mlp", own_memory, devices, staged);
}

Test(fleet_same, late_devices_alone) {
    late(false, "unruly", false);
    late_net("words", false, "unruly", false);
    late(true, "unruly", true);
}

Test(fleet_same, late_devices) {
    late(false, "unruly,unruly", false);
    late(false, "unruly=1,unruly=2,unruly=2", true);
}

Test(fleet_same, late_devices_with_memory_of_their_own) {
    late(true, "unruly,unruly", true);
    late(true, "unruly=1,unruly=2,unruly=2", false);
}

Test(fleet_same, a_late_leader_without_a_share) {
    late(false, "unruly=1,unruly=1000,unruly=1000", false);
    late(true, "unruly=1,unruly=1000,unruly=1000", true);
}
