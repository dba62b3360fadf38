/* SPDX-License-Identifier: Apache-2.0 */
/* Fleets of OpenCL devices: in reproducible mode the same bits on several root devices (two of PoCL
 * in one process); else close to one device. Every device of a run compiles its own kernels, so
 * there are few runs; test_fleet_long.c has more, those on parts of one device too. */
#include "party.h"

static party_state reproducible(const char *devices, const char *net) {
    party_run run = party_standard(15);
    run.net = net;
    run.fit.reproducible = true;
    run.fit.optimizer = fixture_optimizer("adam", 0.003f, 0);
    SC_REPRO("%s on %s", net, devices);
    return party_on(devices, &run);
}

static void same(const char *net, const char *one, const char *several) {
    party_state a = reproducible(one, net), b = reproducible(several, net);
    SC_REPRO("%s on %s and on %s", net, one, several);
    party_same(&a, &b);
    party_free(&a);
    party_free(&b);
}

Test(fleet_opencl, root_devices) {
    setenv("POCL_DEVICES", "pthread pthread", 1);
    same("mlp", "opencl:0", "opencl:0,opencl:1");
}

/* Bounds: test_fleet_near.c. */
Test(fleet_opencl, beside_the_cpu) {
    party_run one = party_standard(15), two = one;
    party_state alone = party_on("cpu", &one), state = party_on("opencl:0/0=1,cpu=2", &two);
    for (int step = 0; step < 10; step++)
        SC_NEAR((double)two.loss[step] / (double)one.loss[step], 1, 1e-5);
    SC_NEAR(party_distance(&state, &alone), 0, 2e-5);
    party_free(&state);
    party_free(&alone);
}
