/* SPDX-License-Identifier: Apache-2.0 */
/* Single steps: wrong calls, equal bits, the network that a trainer holds, divergence without
 * waiting. */
#include "api_test.h"

enum { BATCH = 30, WEIGHTS = 48 };

static socle_trainer *trainer_of(socle_context *context, socle_net *net) {
    socle_trainer *trainer;
    API_OK(context, socle_trainer_create(&trainer, net, socle_adam(0.02f), BATCH, 3));
    return trainer;
}

API_TEST(api_trainer, learns_and_repeats_to_the_bit) {
    socle_context *context = api_open(device);
    api_blobs blobs;
    float weight[2][WEIGHTS], first = 0, last = 0;
    api_draw(&blobs);
    for (int run = 0; run < 2; run++) {
        socle_net *net = api_net(context);
        socle_trainer *trainer = trainer_of(context, net);
        for (int step = 0; step < 40; step++) {
            int row = step * 10 % 60;
            bool wait = step == 0 || step == 39 || run; /* waiting changes nothing */
            API_OK(context, socle_trainer_step(trainer, BATCH, blobs.input[row], blobs.label + row,
                                               wait ? &last : NULL));
            if (step == 0) first = last;
            if (step == 20) API_OK(context, socle_trainer_learning_rate(trainer, 0.01f));
        }
        SC_TRUE(last < 0.7f * first);
        API_OK(context, socle_trainer_sync(trainer));
        API_OK(context, socle_net_read(net, "dense1.weight", weight[run], WEIGHTS));
        socle_trainer_destroy(trainer);
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(weight[1], weight[0], sizeof weight[0]);
    socle_close(context);
}

Test(api_trainer, wrong_arguments) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context), *bare;
    socle_trainer *trainer = (void *)1;
    api_blobs blobs;
    float loss;
    api_draw(&blobs);
    SC_EQ(socle_trainer_create(NULL, net, socle_adam(1), 1, 1), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_trainer_create(&trainer, NULL, socle_adam(1), 1, 1), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(trainer == NULL);
    API_FAILS(context, socle_trainer_create(&trainer, net, socle_adam(1), 0, 1),
              SOCLE_STATUS_INVALID_ARGUMENT, "1 to 2^31-1 rows");
    API_FAILS(context, socle_trainer_create(&trainer, net, socle_adam(1), -4, 1),
              SOCLE_STATUS_INVALID_ARGUMENT, "not -4");
    API_FAILS(context, socle_trainer_create(&trainer, net, socle_adam(-1), 4, 1),
              SOCLE_STATUS_CONFIG, "not -1");
    API_OK(context, socle_net_create(&bare, context));
    socle_dense(bare, socle_input(bare, SOCLE_SHAPE(2)), 2, NULL);
    API_FAILS(context, socle_trainer_create(&trainer, bare, socle_adam(1), 4, 1),
              SOCLE_STATUS_CONFIG, "no loss");
    socle_relu(bare, 55);
    API_FAILS(context, socle_trainer_create(&trainer, bare, socle_adam(1), 4, 1),
              SOCLE_STATUS_CONFIG, "not a layer");
    socle_net_destroy(bare);

    SC_EQ(socle_trainer_step(NULL, 1, blobs.input, blobs.label, &loss),
          SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_trainer_sync(NULL), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_trainer_learning_rate(NULL, 1), SOCLE_STATUS_INVALID_ARGUMENT);
    trainer = trainer_of(context, net);
    API_FAILS(context, socle_trainer_step(trainer, 1, NULL, blobs.label, &loss),
              SOCLE_STATUS_INVALID_ARGUMENT, "inputs is NULL");
    API_FAILS(context, socle_trainer_step(trainer, 1, blobs.input, NULL, &loss),
              SOCLE_STATUS_INVALID_ARGUMENT, "targets is NULL");
    API_FAILS(context, socle_trainer_step(trainer, 0, blobs.input, blobs.label, &loss),
              SOCLE_STATUS_INVALID_ARGUMENT, "0 rows; this trainer takes 1 to 30");
    API_FAILS(context, socle_trainer_step(trainer, 31, blobs.input, blobs.label, &loss),
              SOCLE_STATUS_INVALID_ARGUMENT, "31 rows");
    API_FAILS(context, socle_trainer_step(trainer, INT64_MIN, blobs.input, blobs.label, &loss),
              SOCLE_STATUS_INVALID_ARGUMENT, "rows");
    blobs.label[5] = 3;
    API_FAILS(context, socle_trainer_step(trainer, BATCH, blobs.input, blobs.label, &loss),
              SOCLE_STATUS_DATA, "sample 5 has label 3; with 3 classes, labels are 0 to 2");
    const float rates[] = {-1, NAN, INFINITY};
    for (int i = 0; i < 3; i++)
        API_FAILS(context, socle_trainer_learning_rate(trainer, rates[i]),
                  SOCLE_STATUS_INVALID_ARGUMENT, "learning rate");
    API_OK(context, socle_trainer_step(trainer, 5, blobs.input, blobs.label, &loss));
    SC_TRUE(isfinite(loss)); /* all that was refused left no trace */
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_close(context);
}

/* While a trainer reads the network's description it must not change; weights may. */
Test(api_trainer, holds_the_network) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context);
    socle_data *data = api_data(context);
    float zeros[WEIGHTS] = {0}, got[WEIGHTS];
    socle_trainer *trainer = trainer_of(context, net);
    SC_EQ(socle_dense(net, 4, 3, NULL), -1);
    SC_CONTAINS(socle_error(context), "a trainer or a graph uses this network");
    SC_EQ(socle_input(net, SOCLE_SHAPE(2)), -1);
    API_FAILS(context, socle_loss_mean_squared_error(net, 4), SOCLE_STATUS_STATE, "a trainer");
    API_OK(context, socle_net_write(net, "dense1.weight", zeros, WEIGHTS));
    API_OK(context, socle_fit(net, data, NULL)); /* on an engine of its own */
    API_OK(context, socle_trainer_sync(trainer));
    API_OK(context, socle_net_read(net, "dense1.weight", got, WEIGHTS));
    SC_TRUE(got[0] != 0.0f); /* the trainer's, as they were when it was made */
    socle_trainer_destroy(trainer);
    SC_TRUE(socle_dense(net, 4, 3, NULL) >= 0);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

/* Without waiting for a loss, divergence comes to light later, at sync at the latest. */
API_TEST(api_trainer, diverges) {
    socle_context *context = api_open(device);
    socle_net *net = api_net(context);
    api_blobs blobs;
    float before[WEIGHTS], after[WEIGHTS], loss = 0;
    api_draw(&blobs);
    socle_trainer *trainer = trainer_of(context, net);
    API_OK(context, socle_trainer_step(trainer, BATCH, blobs.input, blobs.label, NULL));
    API_OK(context, socle_trainer_sync(trainer));
    API_OK(context, socle_net_read(net, "dense1.weight", before, WEIGHTS));
    float good = blobs.input[3][1];
    blobs.input[3][1] = INFINITY;
    socle_status status = socle_trainer_step(trainer, BATCH, blobs.input, blobs.label, NULL);
    SC_TRUE(status == SOCLE_OK || status == SOCLE_STATUS_DIVERGED);
    blobs.input[3][1] = good;
    API_FAILS(context, socle_trainer_step(trainer, BATCH, blobs.input, blobs.label, &loss),
              SOCLE_STATUS_DIVERGED, "step 2:");
    API_FAILS(context, socle_trainer_sync(trainer), SOCLE_STATUS_DIVERGED, "step 2:");
    API_OK(context, socle_net_read(net, "dense1.weight", after, WEIGHTS));
    SC_EQ_MEMORY(after, before, sizeof before);
    socle_trainer_destroy(trainer);
    trainer = trainer_of(context, net); /* from the rescued weights */
    API_OK(context, socle_trainer_step(trainer, BATCH, blobs.input, blobs.label, &loss));
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_close(context);
}

/* Losses on values: mean over the elements and the samples, by hand. */
API_TEST(api_trainer, loss_by_hand) {
    socle_context *context = api_open(device);
    socle_net *net;
    socle_trainer *trainer;
    const float weight[2] = {2, -1}, bias = 0.5f, input[2][2] = {{1, 2}, {3, 1}};
    const float target[2] = {1.5f, 4.5f};
    float loss, got[2];
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(2)), 1, NULL);
    API_OK(context, socle_loss_mean_squared_error(net, x));
    API_OK(context, socle_net_write(net, "dense1.weight", weight, 2));
    API_OK(context, socle_net_write(net, "dense1.bias", &bias, 1));
    API_OK(context, socle_trainer_create(&trainer, net, socle_sgd(0.5f, 0), 2, 1));
    API_OK(context, socle_trainer_step(trainer, 2, input, target, &loss));
    /* outputs 0.5 and 5.5, errors -1 and 1: loss 1, dw = mean of 2 e x = [2, -1], db = 0 */
    SC_EQ_FLOAT_BITS(loss, 1);
    API_OK(context, socle_trainer_sync(trainer));
    API_OK(context, socle_net_read(net, "dense1.weight", got, 2));
    SC_EQ_FLOAT_BITS(got[0], 1);
    SC_EQ_FLOAT_BITS(got[1], -0.5f);
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_close(context);
}

/* Class numbers of every type give the same bits; which type they are, the caller says. */
API_TEST(api_trainer, labels_of_every_type) {
    socle_context *context = api_open(device);
    api_blobs blobs;
    int32_t wide[BATCH];
    float weight[2][WEIGHTS], loss[2];
    api_draw(&blobs);
    for (int i = 0; i < BATCH; i++) wide[i] = blobs.label[i];
    for (int run = 0; run < 2; run++) {
        socle_net *net = api_net(context);
        socle_trainer *trainer = trainer_of(context, net);
        const socle_batch batch = {.rows = BATCH,
                                   .inputs = blobs.input,
                                   .targets = run ? (void *)wide : (void *)blobs.label,
                                   .target_dtype = run ? SOCLE_I32 : SOCLE_U8};
        for (int step = 0; step < 3; step++)
            API_OK(context, socle_trainer_step_with(trainer, &batch, &loss[run]));
        API_OK(context, socle_trainer_sync(trainer));
        API_OK(context, socle_net_read(net, "dense1.weight", weight[run], WEIGHTS));
        socle_trainer_destroy(trainer);
        socle_net_destroy(net);
    }
    SC_EQ_FLOAT_BITS(loss[1], loss[0]);
    SC_EQ_MEMORY(weight[1], weight[0], sizeof weight[0]);
    socle_close(context);
}

/* 1,000 scores of which that of `label` is 20 and all others 0. */
static socle_net *thousand(socle_context *context, int label) {
    enum { CLASSES = 1000 };
    static float zeros[2 * CLASSES], bias[CLASSES];
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(2)), CLASSES, NULL);
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    memset(bias, 0, sizeof bias);
    bias[label] = 20;
    API_OK(context, socle_net_write(net, "dense1.weight", zeros, 2 * CLASSES));
    API_OK(context, socle_net_write(net, "dense1.bias", bias, CLASSES));
    return net;
}

API_TEST(api_trainer, a_thousand_classes) {
    socle_context *context = api_open(device);
    socle_net *net = thousand(context, 770);
    socle_trainer *trainer;
    const float input[2][2] = {{1, 2}, {3, 4}};
    const int32_t label[2] = {770, 770}, bad[2] = {0, 1000};
    const unsigned char narrow[2] = {2, 3};
    float loss;
    API_OK(context, socle_trainer_create(&trainer, net, socle_sgd(0, 0), 2, 1));
    API_FAILS(context, socle_trainer_step(trainer, 2, input, narrow, &loss),
              SOCLE_STATUS_INVALID_ARGUMENT, "socle_trainer_step_with");
    socle_batch batch = {2, input, label, SOCLE_I32, NULL};
    API_OK(context, socle_trainer_step_with(trainer, &batch, &loss));
    SC_TRUE(loss < 1e-4f); /* log(1 + 999 exp(-20)) = 2.1e-6 */
    batch.targets = narrow;
    batch.target_dtype = SOCLE_U8;
    API_OK(context, socle_trainer_step_with(trainer, &batch, &loss));
    SC_TRUE(loss > 19.0f);
    batch.targets = bad;
    batch.target_dtype = SOCLE_I32;
    API_FAILS(context, socle_trainer_step_with(trainer, &batch, &loss), SOCLE_STATUS_DATA,
              "sample 1 has label 1000; with 1000 classes");
    batch.target_dtype = SOCLE_F32;
    API_FAILS(context, socle_trainer_step_with(trainer, &batch, &loss),
              SOCLE_STATUS_INVALID_ARGUMENT, "needs class numbers");
    batch.target_dtype = (socle_dtype)9;
    API_FAILS(context, socle_trainer_step_with(trainer, &batch, &loss),
              SOCLE_STATUS_INVALID_ARGUMENT, "no type 9");
    API_FAILS(context, socle_trainer_step_with(trainer, NULL, &loss), SOCLE_STATUS_INVALID_ARGUMENT,
              "batch is NULL");
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_close(context);
}

/* Shares of a class are 0 to 1; as bytes they may be 0 and 1. */
Test(api_trainer, shares_of_a_class) {
    socle_context *context = api_open("cpu");
    socle_net *net;
    socle_trainer *trainer;
    const float input[2][2] = {{1, 2}, {3, 4}}, values[2] = {0, 1};
    const unsigned char bytes[2] = {0, 1}, bad_byte[2] = {0, 2};
    float loss[2];
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(2)), 1, NULL);
    API_OK(context, socle_loss_binary_cross_entropy(net, x));
    API_OK(context, socle_trainer_create(&trainer, net, socle_sgd(0, 0), 2, 1));
    API_OK(context, socle_trainer_step(trainer, 2, input, values, &loss[0]));
    API_OK(context, socle_trainer_step_with(
                        trainer, &(socle_batch){2, input, bytes, SOCLE_U8, NULL}, &loss[1]));
    SC_EQ_FLOAT_BITS(loss[1], loss[0]);
    const float wrong[] = {-1, 1.5f, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        const float bad[2] = {1, wrong[i]};
        API_FAILS(context, socle_trainer_step(trainer, 2, input, bad, &loss[0]), SOCLE_STATUS_DATA,
                  "sample 1 has target");
    }
    API_FAILS(
        context,
        socle_trainer_step_with(trainer, &(socle_batch){2, input, bad_byte, SOCLE_U8, NULL}, NULL),
        SOCLE_STATUS_DATA, "sample 1 has label 2");
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_close(context);
}

SC_OPENCL_BODIES(api_trainer)
