/* SPDX-License-Identifier: Apache-2.0 */
/* Without reproducible mode several devices add the same numbers in another order, so that a run is
 * close to that of one device.
 *
 * How close: a gradient is a sum over the 50 samples of a step (a weight's of a convolution over
 * 144 places of each as well). Another grouping of n terms moves their sum by at most log2(n)
 * rounding errors of 6e-8 of the terms' sum where they are added in pairs, here 13 * 6e-8 = 8e-7 of
 * it, and the loss of a step likewise. Each step adds such an error; in the first ten steps the
 * losses below differ by less than 1e-5 of their size. Weights move by rate / (1 - momentum) = 0.5
 * times the gradients, whose terms sum up to about 1: after 20 steps to 20 * 0.5 * 8e-7 = 8e-6;
 * what earlier differences do to later gradients doubles it at most in so few steps. A sample left
 * out moves them by 1e-3. */
#include "party.h"

static const double loss_bound = 1e-5, weight_bound = 2e-5;

static void near_on(const char *net, const char *const *devices) {
    party_run one = party_standard(20);
    one.net = net;
    party_state alone = party_on(devices[0], &one);
    for (int i = 1; devices[i]; i++) {
        party_run several = party_standard(20);
        several.net = net;
        SC_REPRO("%s on %s and on %s", net, devices[0], devices[i]);
        party_state state = party_on(devices[i], &several);
        SC_TRUE(several.steps >= 10);
        for (int step = 0; step < 10; step++)
            SC_NEAR((double)several.loss[step] / (double)one.loss[step], 1, loss_bound);
        SC_NEAR(party_distance(&state, &alone), 0, weight_bound);
        party_free(&state);
    }
    party_free(&alone);
}

static const char *const cpus[] = {"cpu",         "cpu,cpu",        "cpu,cpu,cpu",
                                   "cpu=7,cpu=2", "cpu=1,cpu=1000", NULL};

Test(fleet_near, mlp_on_cpus) {
    near_on("mlp", cpus);
}

Test(fleet_near, cnn_on_cpus) {
    near_on("cnn", cpus);
}

/* The same evaluation, in parts. */
Test(fleet_near, validation) {
    party_run one = party_standard(12), two = one;
    one.fit.validation = two.fit.validation = 0.25;
    party_state alone = party_on("cpu", &one), state = party_on("cpu=5,cpu=1", &two);
    SC_NEAR(two.validation / one.validation, 1, loss_bound);
    party_free(&alone);
    party_free(&state);
}
