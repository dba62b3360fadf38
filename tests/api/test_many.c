/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that join more values than one operation takes: results and gradients by hand. */
#include "api_test.h"

enum { MOST = 64 };

/* `count` layers of one weight on one input, joined; the loss compares with zeros. */
static socle_net *joined(socle_context *context, int count, bool add) {
    socle_net *net;
    socle_node x, part[MOST];
    API_OK(context, socle_net_create(&net, context));
    x = socle_input(net, SOCLE_SHAPE(1));
    for (int i = 0; i < count; i++)
        part[i] = socle_dense(net, x, 1, &(socle_dense_opts){.no_bias = 1});
    x = add ? socle_add(net, count, part) : socle_concat(net, count, part, 0);
    API_OK(context, socle_loss_mean_squared_error(net, x));
    for (int i = 0; i < count; i++) {
        char name[32];
        const float weight = (float)(i + 1) / 64;
        snprintf(name, sizeof name, "dense%d.weight", i + 1);
        API_OK(context, socle_net_write(net, name, &weight, 1));
    }
    return net;
}

/* With x = 2 and weights w: concat gives 2 w, of which the loss has slope 2 (2 w) 2 / count by w;
 * add gives the sum s of 2 w, slope 2 s 2. */
static void check(socle_context *context, int count, bool add) {
    socle_net *net = joined(context, count, add);
    socle_trainer *trainer;
    float x = 2, zeros[MOST] = {0}, got[MOST], sum = 0, loss;
    socle_data *data;
    int outputs = add ? 1 : count;
    SC_REPRO("%s of %d", add ? "add" : "concat", count);
    API_OK(context, socle_data_arrays(&data, context, 1, SOCLE_F32, SOCLE_SHAPE(1), &x, SOCLE_F32,
                                      NULL, NULL));
    API_OK(context, socle_predict(net, data, got, (size_t)outputs));
    for (int i = 0; i < count; i++) sum += 2 * (float)(i + 1) / 64; /* exact in f32 */
    for (int i = 0; i < outputs; i++) SC_EQ_FLOAT_BITS(got[i], add ? sum : 2 * (float)(i + 1) / 64);
    API_OK(context, socle_trainer_create(&trainer, net, socle_sgd(1, 0), 1, 1));
    API_OK(context, socle_trainer_step(trainer, 1, &x, zeros, &loss));
    API_OK(context, socle_trainer_sync(trainer));
    for (int i = 0; i < count; i++) {
        char name[32];
        float weight = (float)(i + 1) / 64, after;
        double slope = add ? 4 * (double)sum : 8 * (double)weight / count;
        snprintf(name, sizeof name, "dense%d.weight", i + 1);
        API_OK(context, socle_net_read(net, name, &after, 1));
        SC_NEAR((double)after, (double)weight - slope, 1e-6 * (1 + fabs(slope)));
    }
    socle_trainer_destroy(trainer);
    socle_data_destroy(data);
    socle_net_destroy(net);
}

API_TEST(api_many, add_and_concat) {
    static const int counts[] = {2, 8, 9, 15, 16, 17, 31, 64};
    socle_context *context = api_open(device);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (int add = 0; add < 2; add++)
            if (strcmp(device, "cpu") == 0 || counts[i] == 17) check(context, counts[i], add);
    socle_close(context);
}

Test(api_many, too_many) {
    socle_context *context = api_open("cpu");
    socle_net *net;
    socle_node part[MOST + 1];
    API_OK(context, socle_net_create(&net, context));
    for (int i = 0; i <= MOST; i++) part[i] = 0;
    socle_input(net, SOCLE_SHAPE(1));
    SC_EQ(socle_add(net, MOST + 1, part), -1);
    API_FAILS(context, socle_loss_mean_squared_error(net, 0), SOCLE_STATUS_CONFIG,
              "has 65 inputs; add takes 2 to 64");
    socle_net_destroy(net);
    socle_close(context);
}

SC_OPENCL_BODIES(api_many)
