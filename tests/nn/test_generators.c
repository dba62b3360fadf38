/* SPDX-License-Identifier: Apache-2.0 */
/* The layers that generators are made of: noise, reshape, upsample. */
#include "net_eval.h"

#include "graph/grad.h"

#include <math.h>

/* A sample's six elements as an image of 1x2x3, each pixel then 2 rows and 3 columns of equal ones;
 * the gradient of a pixel is the sum over its block. */
Test(generators, reshape_and_upsample) {
    sc_env env;
    net_eval e;
    sc_layer_options reshape = options_of("reshape"), upsample = options_of("upsample");
    sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){6}, 1);
    reshape.shape = (socle_shape){3, {1, 2, 3}};
    upsample.factor[0] = 2;
    upsample.factor[1] = 3;
    net_add(net, "reshape", -1, &reshape);
    net_add(net, "upsample", -1, &upsample);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 2);
    eval_destroy(&e.eval);
    sc_value x = e.build.node[0], y = e.build.node[net->output], slope;
    const sc_tensor_desc desc = *sc_graph_desc(e.graph, y);
    sc_value seed = sc_graph_external(e.graph, SC_LANE_INPUTS, 1, &desc, NULL);
    SC_OK(&env, sc_graph_gradient(e.graph, y, seed, 1, &x, &slope, NULL));
    sc_graph_output(e.graph, slope, SC_LANE_OUTPUTS, 1);
    eval_create(&e.eval, e.graph, false, 2, NULL, NULL);
    double *back = eval_home_data(&e.eval, SC_LANE_INPUTS, 1, 0);
    for (int i = 0; i < 12; i++) eval_input(&e, 0)[i] = i + 1;
    for (int i = 0; i < 72; i++) back[i] = i * i % 31;
    eval_run(&e.eval);
    for (int n = 0; n < 2; n++)
        for (int h = 0; h < 4; h++)
            for (int w = 0; w < 9; w++)
                SC_EQ(eval_output(&e, 0)[n * 36 + h * 9 + w], n * 6 + h / 2 * 3 + w / 3 + 1);
    for (int i = 0; i < 12; i++) {
        double sum = 0;
        for (int k = 0; k < 6; k++)
            sum += back[i / 6 * 36 + (i % 6 / 3 * 2 + k / 3) * 9 + i % 3 * 3 + k % 3];
        SC_EQ(eval_output(&e, 1)[i], sum);
    }
    net_eval_destroy(&e);
}

/* Of 4,000 numbers of a standard deviation s, the mean is within 5 s / sqrt(4,000) of its own, and
 * the mean square, of deviation 1.5 s^2 at most, within 5 * 1.5 s^2 / sqrt(4,000). */
Test(generators, noise) {
    static const struct {
        const char *distribution;
        double square, most;
    } cases[] = {{"normal", 1, 8}, {"uniform", 1.0 / 3, 1}};
    enum { ROWS = 40, UNITS = 100 };
    for (size_t c = 0; c < 2; c++) {
        sc_env env;
        net_eval e;
        sc_layer_options options = options_of("noise");
        sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){6}, 1);
        options.units = UNITS;
        options.distribution = cases[c].distribution;
        SC_TRUE(sc_net_layer(net, sc_layer_kind_find("noise", &(sc_layer_options){0}), NULL, 0,
                             NULL, &options) >= 0);
        SC_TRUE(!sc_net_reads_inputs(net, net->output));
        net_eval_create(&e, net, SC_BUILD_EVALUATE, ROWS);
        eval_run(&e.eval);
        const double *x = eval_output(&e, 0);
        double sum = 0, square = 0;
        for (int i = 0; i < ROWS * UNITS; i++) {
            SC_TRUE(fabs(x[i]) <= cases[c].most);
            sum += x[i] / (ROWS * UNITS);
            square += x[i] * x[i] / (ROWS * UNITS);
        }
        SC_TRUE(fabs(sum) < 5 * sqrt(cases[c].square / (ROWS * UNITS)));
        SC_TRUE(fabs(square - cases[c].square) < 5 * 1.5 * cases[c].square / sqrt(ROWS * UNITS));
        SC_TRUE(memcmp(x, x + UNITS, UNITS * sizeof *x) != 0);
        net_eval_destroy(&e);
    }
}
