/* SPDX-License-Identifier: Apache-2.0 */
/* What test_fleet_opencl.c has no time for: more networks, more members, other splits. */
#include "party.h"

static party_state run_on(const char *devices, const char *net, bool reproducible, party_run *run) {
    *run = party_standard(reproducible ? 50 : 20);
    run->net = net;
    run->fit.reproducible = reproducible;
    if (reproducible) run->fit.optimizer = fixture_optimizer("adam", 0.003f, 0);
    SC_REPRO("%s on %s", net, devices);
    return party_on(devices, run);
}

static void same_on(const char *net, const char *const *devices) {
    party_run run;
    party_state alone = run_on(devices[0], net, true, &run);
    for (int i = 1; devices[i]; i++) {
        party_state state = run_on(devices[i], net, true, &run);
        SC_REPRO("%s on %s and on %s", net, devices[0], devices[i]);
        party_same(&state, &alone);
        party_free(&state);
    }
    party_free(&alone);
}

/* Bounds: test_fleet_near.c. */
static void near_on(const char *net, const char *const *devices) {
    party_run one, several;
    party_state alone = run_on(devices[0], net, false, &one);
    for (int i = 1; devices[i]; i++) {
        party_state state = run_on(devices[i], net, false, &several);
        SC_REPRO("%s on %s and on %s", net, devices[0], devices[i]);
        for (int step = 0; step < 10; step++)
            SC_NEAR((double)several.loss[step] / (double)one.loss[step], 1, 1e-5);
        SC_NEAR(party_distance(&state, &alone), 0, 2e-5);
        party_free(&state);
    }
    party_free(&alone);
}

static const char *const parts[] = {"opencl:0/0", "opencl:0", "opencl:0/0,opencl:0/1",
                                    "opencl:0/0=1,opencl:0/1=3,opencl:0=2", NULL};
static const char *const roots[] = {"opencl:0", "opencl:0,opencl:1", "opencl:1=1,opencl:0=5",
                                    "opencl:0=1,opencl:1=1000", NULL};
static const char *const mixed[] = {"cpu", "opencl:0/0,cpu", "cpu=1,opencl:0/0=1,cpu=1",
                                    "opencl:0/0,opencl:0/1,cpu", NULL};

Test(fleet_long, same_with_dropout) {
    same_on("cnn", parts);
}

Test(fleet_long, same_with_batch_normalisation) {
    same_on("norm", parts);
}

Test(fleet_long, same_on_root_devices) {
    setenv("POCL_DEVICES", "pthread pthread", 1);
    same_on("cnn", roots);
    same_on("norm", roots);
}

Test(fleet_long, near_on_parts) {
    near_on("mlp", parts);
    near_on("cnn", parts);
}

Test(fleet_long, near_on_unlike_devices) {
    near_on("mlp", mixed);
    near_on("cnn", mixed);
}

/* A device that works behind the caller's back: to hand in a step takes no time, to wait for one
 * takes 2.4 s (more than the grace after a deadline), and what counts as a hang goes by the latter.
 */
Test(fleet_long, a_slow_device_that_queues_its_work_is_none) {
    static party p;
    party_run run = party_standard(5);
    run.unwatched = true;
    run.fit.hooks.least_deadline = 20000000;
    party_manner(0, (unruly_manner){.late = true, .drowsy = 2400000000});
    party_open(&p, "unruly");
    party_state state = party_trained(&p, &run);
    SC_EQ(party_lines(&p, "did not"), 0);
    party_free(&state);
    party_close(&p);
}
