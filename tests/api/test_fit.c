/* SPDX-License-Identifier: Apache-2.0 */
/* fit: learning, the promise of equal bits, going on, options out of range, stopping, diverging.
 * What it is fed with is in test_fit_data.c. */
#include "api_test.h"

enum { WEIGHTS = API_WEIGHTS, OUTPUTS = API_SAMPLES * API_CLASSES };

API_TEST(api_fit, learns_and_repeats_to_the_bit) {
    socle_context *context = api_open(device);
    socle_data *data = api_data(context);
    float weight[2][WEIGHTS], prediction[2][OUTPUTS];
    for (int run = 0; run < 2; run++) {
        socle_net *net = api_net(context);
        socle_fit_opts opts = api_opts();
        opts.epochs = 10;
        opts.validation_split = 0.2f;
        opts.seed = 7;
        socle_result result;
        API_OK(context, socle_fit(net, data, &opts));
        API_OK(context, socle_evaluate(net, data, &result));
        SC_EQ(result.samples, API_SAMPLES);
        SC_TRUE(result.accuracy > 0.9 && result.loss < 0.6);
        api_weight(context, net, weight[run]);
        API_OK(context, socle_predict(net, data, prediction[run], OUTPUTS));
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(weight[1], weight[0], sizeof weight[0]);
    SC_EQ_MEMORY(prediction[1], prediction[0], sizeof prediction[0]);
    for (int i = 0; i < API_SAMPLES; i++) {
        double sum = 0;
        for (int c = 0; c < API_CLASSES; c++) sum += (double)prediction[0][i * API_CLASSES + c];
        SC_NEAR(sum, 1, 1e-5);
    }
    socle_data_destroy(data);
    socle_close(context);
}

/* A second fit goes on from the weights of the first, which another seed does not touch. */
Test(api_fit, goes_on_from_present_weights) {
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    socle_fit_opts opts = api_opts();
    float before[WEIGHTS], after[WEIGHTS];
    socle_result first, second;
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_evaluate(net, data, &first));
    api_weight(context, net, before);
    opts.seed = 99;
    opts.epochs = 0;
    API_OK(context, socle_fit(net, data, &opts));
    api_weight(context, net, after);
    SC_EQ_MEMORY(after, before, sizeof before);
    opts.epochs = 5;
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_evaluate(net, data, &second));
    SC_TRUE(second.loss < first.loss);
    API_OK(context, socle_fit(net, data, NULL)); /* standard options */
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* Half of the bytes for what is between: the same lesson, and the same bits each time. */
Test(api_fit, in_half_precision) {
    static const socle_dtype types[] = {SOCLE_F16, SOCLE_BF16, SOCLE_F16};
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    float weight[3][WEIGHTS];
    for (int run = 0; run < 3; run++) {
        socle_net *net = api_net(context);
        socle_fit_opts opts = api_opts();
        socle_result result;
        opts.epochs = 10;
        opts.precision = types[run];
        API_OK(context, socle_fit(net, data, &opts));
        API_OK(context, socle_evaluate(net, data, &result));
        SC_TRUE(result.accuracy > 0.9);
        api_weight(context, net, weight[run]);
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(weight[2], weight[0], sizeof weight[0]);
    SC_TRUE(memcmp(weight[1], weight[0], sizeof weight[0]) != 0);
    socle_data_destroy(data);
    socle_close(context);
}

typedef struct refusal {
    socle_fit_opts opts;
    const char *part; /* of the message */
} refusal;

enum { MOST_REFUSALS = 32 };

/* Usual options, to be made wrong in one place by the caller. */
static socle_fit_opts *refuse(refusal *list, int *count, const char *part) {
    SC_TRUE(*count < MOST_REFUSALS);
    list[*count] = (refusal){api_opts(), part};
    return &list[(*count)++].opts;
}

static int list_refusals(refusal *list) {
    int count = 0;
    refuse(list, &count, "batch")->batch = 0;
    refuse(list, &count, "batch")->batch = -7;
    refuse(list, &count, "epochs")->epochs = -1;
    refuse(list, &count, "steps")->steps = -1;
    refuse(list, &count, "epochs")->epochs = INT64_MAX;
    refuse(list, &count, "lr: must be 0 to")->optimizer = socle_adam(-1);
    refuse(list, &count, "nan")->optimizer = socle_adam(NAN);
    refuse(list, &count, "inf")->optimizer = socle_adam(INFINITY);
    refuse(list, &count, "momentum")->optimizer = socle_sgd(0.1f, 1.5f);
    refuse(list, &count, "magic")->optimizer.kind = "magic";
    refuse(list, &count, "7")->optimizer.values = 7;
    refuse(list, &count, "-1")->optimizer.values = -1;
    refuse(list, &count, "validation part")->validation_split = 1;
    refuse(list, &count, "validation part")->validation_split = -0.5f;
    refuse(list, &count, "validation part")->validation_split = NAN;
    refuse(list, &count, "weight_decay")->weight_decay = NAN;
    refuse(list, &count, "weight_decay")->weight_decay = -1;
    refuse(list, &count, "weight_decay")->weight_decay = INFINITY;
    refuse(list, &count, "precision must be")->precision = SOCLE_I32;
    refuse(list, &count, "not 99")->precision = (socle_dtype)99;
    return count;
}

Test(api_fit, options_out_of_range) {
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    float before[WEIGHTS], after[WEIGHTS];
    refusal list[MOST_REFUSALS];
    int count = list_refusals(list);
    api_weight(context, net, before);
    SC_EQ(count, 20);
    for (int i = 0; i < count; i++) {
        SC_REPRO("option %d", i);
        API_FAILS(context, socle_fit(net, data, &list[i].opts), SOCLE_STATUS_CONFIG, list[i].part);
    }
    api_weight(context, net, after);
    SC_EQ_MEMORY(after, before, sizeof before);
    socle_fit_opts opts = api_opts();
    opts.batch = INT32_MAX; /* more than there is: all samples */
    opts.optimizer.kind = NULL;
    API_OK(context, socle_fit(net, data, &opts));
    opts.batch = 89; /* leaves a last batch of one */
    opts.no_shuffle = 1;
    API_OK(context, socle_fit(net, data, &opts));
    opts.memory = 1;
    SC_TRUE(socle_fit(net, data, &opts) == SOCLE_OK || socle_error(context)[0]);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

typedef struct watcher {
    socle_context *context;
    socle_net *net;
    socle_data *data;
    int epochs, stop_after;
    double last_loss;
} watcher;

/* Whatever a callback calls on its own context is refused, and harms nothing. */
static int watch(void *user, const socle_epoch *epoch) {
    watcher *w = user;
    socle_result result;
    socle_tensor *tensor;
    socle_net *net;
    float weight[WEIGHTS];
    SC_EQ(epoch->epoch, ++w->epochs);
    SC_TRUE(epoch->loss > 0 && epoch->accuracy >= 0 && epoch->samples_per_second > 0);
    SC_TRUE(isnan(epoch->val_loss) && isnan(epoch->val_accuracy));
    w->last_loss = epoch->loss;
    SC_EQ(socle_evaluate(w->net, w->data, &result), SOCLE_STATUS_STATE);
    SC_CONTAINS(socle_error(w->context), "callback");
    SC_EQ(socle_fit(w->net, w->data, NULL), SOCLE_STATUS_STATE);
    SC_EQ(socle_tensor_create(&tensor, w->context, SOCLE_F32, SOCLE_SHAPE(1)), SOCLE_STATUS_STATE);
    SC_EQ(socle_net_create(&net, w->context), SOCLE_STATUS_STATE);
    SC_EQ(socle_net_read(w->net, "dense1.weight", weight, WEIGHTS), SOCLE_STATUS_STATE);
    SC_EQ(socle_relu(w->net, 0), -1);
    socle_net_destroy(w->net);
    socle_data_destroy(w->data);
    socle_close(w->context);
    return w->stop_after && w->epochs == w->stop_after;
}

Test(api_fit, callback_and_stop) {
    watcher w = {.context = api_open("cpu")};
    w.net = api_net(w.context);
    w.data = api_data(w.context);
    socle_fit_opts opts = api_opts();
    float stopped[WEIGHTS], ended[WEIGHTS];
    opts.epochs = 4;
    opts.on_epoch = watch;
    opts.user = &w;
    w.stop_after = 2;
    API_FAILS(w.context, socle_fit(w.net, w.data, &opts), SOCLE_STATUS_INTERRUPTED,
              "on_epoch asked to stop after epoch 2");
    SC_EQ(w.epochs, 2);
    api_weight(w.context, w.net, stopped); /* those of 2 epochs */
    socle_net *same = api_net(w.context);
    opts.epochs = 2;
    opts.on_epoch = NULL;
    API_OK(w.context, socle_fit(same, w.data, &opts));
    api_weight(w.context, same, ended);
    SC_EQ_MEMORY(stopped, ended, sizeof stopped);
    opts.on_epoch = watch;
    opts.epochs = 3;
    w.stop_after = w.epochs = 0;
    API_OK(w.context, socle_fit(w.net, w.data, &opts));
    SC_EQ(w.epochs, 3);
    socle_net_destroy(same);
    socle_net_destroy(w.net);
    socle_data_destroy(w.data);
    socle_close(w.context);
}

/* A learning rate beyond reason on a linear model: every step multiplies the error. */
static void overshoot(socle_context *context) {
    static float value[API_SAMPLES];
    api_blobs blobs;
    socle_net *net;
    socle_data *data;
    socle_fit_opts opts = api_opts();
    const socle_shape one = SOCLE_SHAPE(1);
    float weight[API_FEATURES];
    api_draw(&blobs);
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(API_FEATURES)), 1, NULL);
    API_OK(context, socle_loss_mean_squared_error(net, x));
    API_OK(context,
           socle_data_arrays(&data, context, API_SAMPLES, SOCLE_F32, SOCLE_SHAPE(API_FEATURES),
                             blobs.input, SOCLE_F32, &one, value));
    opts.optimizer = socle_sgd(100, 0);
    opts.epochs = 30;
    API_FAILS(context, socle_fit(net, data, &opts), SOCLE_STATUS_DIVERGED, "not a finite number");
    API_OK(context, socle_net_read(net, "dense1.weight", weight, API_FEATURES));
    for (int i = 0; i < API_FEATURES; i++) SC_TRUE(isfinite(weight[i]));
    socle_net_destroy(net);
    socle_data_destroy(data);
}

/* NaN in the data or weights, or steps too long: DIVERGED, and the context serves on. */
API_TEST(api_fit, diverges) {
    socle_context *context = api_open(device);
    socle_net *net = api_net(context);
    socle_data *data = api_data(context), *bad;
    api_blobs blobs;
    float before[WEIGHTS], after[WEIGHTS];
    socle_fit_opts opts = api_opts();
    socle_result result;
    api_draw(&blobs);
    blobs.input[50][2] = NAN;
    API_OK(context,
           socle_data_arrays(&bad, context, API_SAMPLES, SOCLE_F32, SOCLE_SHAPE(API_FEATURES),
                             blobs.input, SOCLE_U8, NULL, blobs.label));
    opts.batch = API_SAMPLES; /* the first step has the NaN in it */
    api_weight(context, net, before);
    API_FAILS(context, socle_fit(net, bad, &opts), SOCLE_STATUS_DIVERGED, "step 1:");
    api_weight(context, net, after);
    SC_EQ_MEMORY(after, before, sizeof before);
    overshoot(context);
    before[3] = NAN;
    API_OK(context, socle_net_write(net, "dense1.weight", before, WEIGHTS));
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DIVERGED, "step 1:");
    socle_net *fresh = api_net(context);
    opts = api_opts();
    API_OK(context, socle_fit(fresh, data, &opts)); /* the context is as good as new */
    API_OK(context, socle_evaluate(fresh, data, &result));
    SC_TRUE(isfinite(result.loss));
    socle_net_destroy(fresh);
    socle_net_destroy(net);
    socle_data_destroy(bad);
    socle_data_destroy(data);
    socle_close(context);
}

SC_OPENCL_BODIES(api_fit)
