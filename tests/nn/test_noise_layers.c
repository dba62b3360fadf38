/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that draw random numbers: what they do to many values at once, in training, in evaluation
 * and where evaluation is to draw too. */
#include "net_eval.h"

static const double TOLERANCE = 1e-7; /* constants of an expression are floats */

/* A channel is dropped as a whole or not at all; in evaluation it stays, and drawing is as
 * training.
 */
Test(noise_layers, spatial_dropout) {
    enum { CHANNELS = 2000, PIXELS = 6 };
    for (int mode = SC_BUILD_TRAIN; mode <= SC_BUILD_DRAW; mode++) {
        sc_env env;
        net_eval e;
        int dropped = 0;
        sc_net *net = net_create(&env, SOCLE_F32, 3, (int64_t[]){CHANNELS, 2, 3}, 1);
        sc_layer_options options = options_of("dropout");
        options.rate = 0.25f;
        options.spatial = true;
        net_add(net, "dropout", 0, &options);
        net_eval_create(&e, net, (sc_build_mode)mode, 1);
        for (int i = 0; i < CHANNELS * PIXELS; i++) eval_input(&e, 0)[i] = 3;
        eval_run(&e.eval);
        const double *y = eval_output(&e, 0);
        for (int c = 0; c < CHANNELS; c++) {
            for (int i = 1; i < PIXELS; i++) SC_TRUE(y[c * PIXELS + i] == y[c * PIXELS]);
            dropped += y[c * PIXELS] == 0;
            if (y[c * PIXELS] != 0)
                SC_NEAR(y[c * PIXELS], mode == SC_BUILD_EVALUATE ? 3 : 4, 4 * TOLERANCE);
        }
        if (mode == SC_BUILD_EVALUATE) SC_EQ(dropped, 0);
        if (mode != SC_BUILD_EVALUATE)
            SC_NEAR(dropped, 0.25 * CHANNELS, 5 * sqrt(CHANNELS * 0.25 * 0.75));
        net_eval_destroy(&e);
    }
}

Test(noise_layers, gaussian_noise) {
    enum { COUNT = 20000 };
    for (int mode = SC_BUILD_TRAIN; mode <= SC_BUILD_DRAW; mode++) {
        sc_env env;
        net_eval e;
        double sum = 0, squares = 0;
        sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){COUNT}, 1);
        sc_layer_options options = options_of("gaussian_noise");
        options.deviation = 0.5f;
        net_add(net, "gaussian_noise", 0, &options);
        net_eval_create(&e, net, (sc_build_mode)mode, 1);
        for (int i = 0; i < COUNT; i++) eval_input(&e, 0)[i] = 3;
        eval_run(&e.eval);
        for (int i = 0; i < COUNT; i++) {
            const double apart = eval_output(&e, 0)[i] - 3;
            sum += apart;
            squares += apart * apart;
        }
        if (mode == SC_BUILD_EVALUATE) SC_TRUE(squares == 0);
        if (mode != SC_BUILD_EVALUATE) {
            SC_NEAR(sum / COUNT, 0, 5 * 0.5 / sqrt(COUNT));
            SC_NEAR(squares / COUNT, 0.25, 5 * 0.25 * sqrt(2.0 / COUNT));
        }
        net_eval_destroy(&e);
    }
}
