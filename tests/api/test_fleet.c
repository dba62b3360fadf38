/* SPDX-License-Identifier: Apache-2.0 */
/* A context of several devices: fit trains on all of them, everything else runs on the first. */
#include "api_test.h"

#include "api/api.h"

static socle_context *open_one_thread_each(const char *devices) {
    socle_context *context;
    socle_open_opts opts = {.threads = 1};
    API_OK(context, socle_open_with(&context, devices, &opts));
    return context;
}

typedef struct trained {
    float weight[API_WEIGHTS];
    double loss, val_loss;
} trained;

static int note_epoch(void *user, const socle_epoch *epoch) {
    trained *out = user;
    out->loss = epoch->loss;
    out->val_loss = epoch->val_loss;
    return 0;
}

static trained train_on(const char *devices, int reproducible) {
    trained out = {.loss = 0};
    socle_context *context = open_one_thread_each(devices);
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    socle_fit_opts opts = api_opts();
    opts.optimizer = socle_sgd(0.1f, 0.9f);
    opts.epochs = 5;
    opts.validation_split = 0.2f;
    opts.reproducible = reproducible;
    opts.on_epoch = note_epoch;
    opts.user = &out;
    API_OK(context, socle_fit(net, data, &opts));
    socle_result result;
    API_OK(context, socle_evaluate(net, data, &result));
    SC_EQ(result.samples, API_SAMPLES);
    SC_TRUE(result.accuracy > 0.9);
    api_weight(context, net, out.weight);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
    return out;
}

Test(api_fleet, reproducible_runs_are_equal_to_the_bit) {
    trained one = train_on("cpu", 1), two = train_on("cpu,cpu", 1),
            three = train_on("cpu=1,cpu=4,cpu=2", 1);
    SC_EQ_MEMORY(two.weight, one.weight, sizeof one.weight);
    SC_EQ_MEMORY(three.weight, one.weight, sizeof one.weight);
    SC_TRUE(two.loss == one.loss && three.loss == one.loss);
    SC_TRUE(two.val_loss == one.val_loss && three.val_loss == one.val_loss);
}

/* Bounds: tests/fleet/test_fleet_near.c. */
Test(api_fleet, other_runs_are_close) {
    trained one = train_on("cpu", 0), two = train_on("cpu=2,cpu=1", 0);
    for (int i = 0; i < API_WEIGHTS; i++)
        SC_NEAR((double)two.weight[i], (double)one.weight[i], 1e-4);
    SC_NEAR(two.loss / one.loss, 1, 1e-5);
    SC_NEAR(two.val_loss / one.val_loss, 1, 1e-4);
}

Test(api_fleet, the_first_device_does_the_rest) {
    socle_context *context = open_one_thread_each("cpu,cpu");
    socle_device_info info;
    socle_context_device(context, &info);
    SC_EQ_STR(info.backend, "cpu");
    float prediction[API_SAMPLES * API_CLASSES];
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    socle_fit_opts opts = api_opts();
    for (int time = 0; time < 2; time++) { /* again on the same devices */
        API_OK(context, socle_fit(net, data, &opts));
        API_OK(context, socle_predict(net, data, prediction, API_SAMPLES * API_CLASSES));
    }
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* The weights of a network that has predicted are on one device. Where a fit of another network
 * loses that one, the next takes over; where all are lost, one may work again. */
Test(api_fleet, predictions_leave_a_device_that_is_lost) {
    socle_context *context = open_one_thread_each("cpu,cpu");
    float expected[API_SAMPLES * API_CLASSES], out[API_SAMPLES * API_CLASSES];
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    API_OK(context, socle_predict(net, data, expected, API_SAMPLES * API_CLASSES));
    SC_TRUE(net->predictor.home == context->device[0].worker);
    for (int lost = 0; lost < 2; lost++) {
        context->lost[lost] = true;
        API_OK(context, socle_predict(net, data, out, API_SAMPLES * API_CLASSES));
        SC_EQ_MEMORY(out, expected, sizeof out);
        SC_TRUE(net->predictor.home == context->device[!lost].worker);
    }
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

static int stop_at_two(void *user, const socle_epoch *epoch) {
    (void)user;
    return epoch->epoch == 2;
}

Test(api_fleet, stopped_by_its_callback) {
    socle_context *context = open_one_thread_each("cpu,cpu");
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    socle_fit_opts opts = api_opts();
    opts.epochs = 50;
    opts.on_epoch = stop_at_two;
    API_FAILS(context, socle_fit(net, data, &opts), SOCLE_STATUS_INTERRUPTED, "after epoch 2");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

static socle_net *normalised(socle_context *context, int group) {
    socle_net *net;
    socle_batchnorm_opts opts = {.group = group};
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input(net, SOCLE_SHAPE(API_FEATURES));
    x = socle_relu(net, socle_batchnorm(net, socle_dense(net, x, 8, NULL), group ? &opts : NULL));
    API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, x, API_CLASSES, NULL)));
    return net;
}

Test(api_fleet, batch_normalisation_needs_a_group) {
    socle_context *context = open_one_thread_each("cpu,cpu");
    socle_data *data = api_data(context);
    socle_fit_opts opts = api_opts();
    socle_net *whole = normalised(context, 0), *groups = normalised(context, 8);
    API_FAILS(context, socle_fit(whole, data, &opts), SOCLE_STATUS_CONFIG, "group");
    API_OK(context, socle_fit(groups, data, &opts));
    opts.reproducible = 1;
    API_OK(context, socle_fit(whole, data, &opts));
    socle_net_destroy(whole);
    socle_net_destroy(groups);
    socle_data_destroy(data);
    socle_close(context);
}

/* A batch of more samples than there are is cut to them; that must not break what groups need. */
Test(api_fleet, a_batch_larger_than_the_data) {
    socle_context *context = open_one_thread_each("cpu,cpu");
    socle_data *data = api_data(context);
    socle_net *net = normalised(context, 8);
    socle_fit_opts opts = api_opts();
    opts.batch = 128; /* of 90 */
    API_OK(context, socle_fit(net, data, &opts));
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}
