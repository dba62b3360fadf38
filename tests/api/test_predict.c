/* SPDX-License-Identifier: Apache-2.0 */
/* predict, again and again: weights stay on the device between calls, and no call ever sees
 * weights, layers or sizes of another time. */
#include "api_test.h"

#include "sc_temp.h"

#include <stdlib.h>

enum { WEIGHTS = API_WEIGHTS, OUTPUTS = API_SAMPLES * API_CLASSES };

/* What a network that has never predicted gives for the present weights of `net`. */
static void fresh(socle_context *context, socle_net *net, const socle_data *data, float *out) {
    sc_temp temp;
    socle_net *copy;
    sc_temp_make(&temp);
    API_OK(context, socle_save(net, sc_temp_file(&temp, "copy.safetensors")));
    API_OK(context, socle_load(&copy, context, sc_temp_file(&temp, "copy.safetensors")));
    API_OK(context, socle_predict(copy, data, out, OUTPUTS));
    socle_net_destroy(copy);
    sc_temp_remove(&temp);
}

static void expect_fresh(socle_context *context, socle_net *net, const socle_data *data) {
    float again[OUTPUTS], other[OUTPUTS];
    API_OK(context, socle_predict(net, data, again, OUTPUTS));
    fresh(context, net, data, other);
    SC_EQ_MEMORY(again, other, sizeof again);
}

API_TEST(api_predict, follows_every_change_of_weights) {
    socle_context *context = api_open(device);
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    socle_fit_opts opts = api_opts();
    float before[OUTPUTS], after[OUTPUTS], weight[WEIGHTS];
    API_OK(context, socle_predict(net, data, before, OUTPUTS));
    API_OK(context, socle_predict(net, data, after, OUTPUTS));
    SC_EQ_MEMORY(after, before, sizeof before);
    expect_fresh(context, net, data);
    api_weight(context, net, weight);
    weight[5] += 1.0f;
    API_OK(context, socle_net_write(net, "dense1.weight", weight, WEIGHTS));
    API_OK(context, socle_predict(net, data, after, OUTPUTS));
    SC_TRUE(memcmp(after, before, sizeof before) != 0);
    expect_fresh(context, net, data);
    API_OK(context, socle_fit(net, data, &opts));
    expect_fresh(context, net, data);
    socle_trainer *trainer;
    api_blobs blobs;
    api_draw(&blobs);
    API_OK(context, socle_trainer_create(&trainer, net, socle_sgd(0.5f, 0), 8, 1));
    API_OK(context, socle_predict(net, data, before, OUTPUTS));
    API_OK(context, socle_trainer_step(trainer, 8, blobs.input, blobs.label, NULL));
    API_OK(context, socle_predict(net, data, after, OUTPUTS));
    SC_EQ_MEMORY(after, before, sizeof before); /* the net has the weights of the last sync */
    API_OK(context, socle_trainer_sync(trainer));
    API_OK(context, socle_predict(net, data, after, OUTPUTS));
    SC_TRUE(memcmp(after, before, sizeof before) != 0);
    expect_fresh(context, net, data);
    socle_trainer_destroy(trainer);
    expect_fresh(context, net, data);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* One sample, then many, then one; and the network grows in between. */
API_TEST(api_predict, follows_sizes_and_layers) {
    socle_context *context = api_open(device);
    api_blobs blobs;
    api_draw(&blobs);
    socle_data *data = api_data(context), *one;
    API_OK(context, socle_data_arrays(&one, context, 1, SOCLE_F32, SOCLE_SHAPE(API_FEATURES),
                                      blobs.input[7], SOCLE_U8, NULL, NULL));
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(API_FEATURES)), API_CLASSES, NULL);
    float all[OUTPUTS], single[API_CLASSES];
    for (int round = 0; round < 2; round++) {
        API_OK(context, socle_predict(net, one, single, API_CLASSES));
        API_OK(context, socle_predict(net, data, all, OUTPUTS));
        SC_EQ_MEMORY(single, &all[7 * API_CLASSES], sizeof single);
        API_OK(context, socle_predict(net, one, single, API_CLASSES));
        SC_EQ_MEMORY(single, &all[7 * API_CLASSES], sizeof single);
    }
    x = socle_dense(net, socle_relu(net, x), API_CLASSES, NULL);
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    API_OK(context, socle_predict(net, data, all, OUTPUTS));
    for (int i = 0; i < API_SAMPLES; i++)
        SC_NEAR((double)(all[3 * i] + all[3 * i + 1] + all[3 * i + 2]), 1, 1e-5);
    expect_fresh(context, net, data);
    /* In any order: what is on the device goes with the network, and the context with its last
     * user. */
    socle_close(context);
    socle_data_destroy(data);
    socle_data_destroy(one);
    socle_net_destroy(net);
}

typedef struct counted {
    size_t bytes;
} counted;

static void *count(void *user, size_t size) {
    ((counted *)user)->bytes += size;
    return malloc(size);
}

static void let_go(void *user, void *memory) {
    (void)user;
    free(memory);
}

/* The cpu backend takes device memory from the context's allocator: a call with weights that are
 * there already takes far less than they need. */
Test(api_predict, a_second_call_does_not_bring_the_weights_again) {
    enum { WIDE = 500 };
    static float input[WIDE], out[WIDE];
    counted total = {0};
    socle_allocator allocator = {count, let_go, &total};
    socle_open_opts opts = {.allocator = &allocator, .threads = 1};
    socle_context *context;
    socle_data *data;
    socle_net *net;
    API_OK(context, socle_open_with(&context, "cpu", &opts));
    API_OK(context, socle_net_create(&net, context));
    socle_dense(net, socle_input(net, SOCLE_SHAPE(WIDE)), WIDE, NULL);
    API_OK(context, socle_data_arrays(&data, context, 1, SOCLE_F32, SOCLE_SHAPE(WIDE), input,
                                      SOCLE_U8, NULL, NULL));
    const size_t weights = (size_t)WIDE * WIDE * sizeof(float);
    total.bytes = 0;
    API_OK(context, socle_predict(net, data, out, WIDE));
    SC_TRUE(total.bytes > weights);
    total.bytes = 0;
    API_OK(context, socle_predict(net, data, out, WIDE));
    SC_TRUE(total.bytes < weights / 4);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* What predictions hold of a device is given back where something else lacks it: memory that is
 * refused once is there at the second attempt. */
Test(api_predict, gives_memory_back_where_it_is_short) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    socle_open_opts opts = {.allocator = &allocator, .threads = 1};
    socle_context *context;
    socle_result expected, result;
    float out[OUTPUTS];
    long again = 0;
    API_OK(context, socle_open_with(&context, "cpu", &opts));
    socle_data *data = api_data(context);
    socle_net *first = api_net(context), *second = api_net(context);
    API_OK(context, socle_evaluate(second, data, &expected));
    bool refused = true;
    for (long k = 1; refused; k++) {
        SC_REPRO("refuse request %ld of a call", k);
        API_OK(context, socle_predict(first, data, out, OUTPUTS));
        state.refuse = atomic_load(&state.requests) + k;
        socle_status status = socle_evaluate(second, data, &result);
        refused = atomic_load(&state.requests) >= state.refuse;
        state.refuse = 0;
        SC_TRUE(status == SOCLE_OK || status == SOCLE_STATUS_OUT_OF_MEMORY); /* of the host */
        if (status == SOCLE_OK) SC_TRUE(result.loss == expected.loss);
        again += refused && status == SOCLE_OK;
    }
    SC_TRUE(again > 5);
    socle_net_destroy(first);
    socle_net_destroy(second);
    socle_data_destroy(data);
    socle_close(context);
    SC_EQ(atomic_load(&state.live), 0);
}

/* Whatever trains wants all of the memory, also that of other networks' predictions. */
Test(api_predict, a_fit_ends_the_predictions_of_others) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    socle_open_opts opts = {.allocator = &allocator, .threads = 1};
    socle_context *context;
    float out[OUTPUTS];
    socle_fit_opts fit = api_opts();
    API_OK(context, socle_open_with(&context, "cpu", &opts));
    socle_data *data = api_data(context);
    socle_net *net[3];
    for (int i = 0; i < 3; i++) net[i] = api_net(context);
    for (int round = 0; round < 2; round++) {
        API_OK(context, socle_fit(net[0], data, &fit));
        long none = atomic_load(&state.live);
        for (int i = 2; i >= 0; i--) API_OK(context, socle_predict(net[i], data, out, OUTPUTS));
        long three = atomic_load(&state.live);
        SC_TRUE(three > none + 30);
        API_OK(context, socle_fit(net[1], data, &fit));
        SC_TRUE(atomic_load(&state.live) < none + (three - none) / 3);
    }
    for (int i = 0; i < 3; i++) API_OK(context, socle_predict(net[i], data, out, OUTPUTS));
    socle_net_destroy(net[1]); /* from the middle of the list */
    API_OK(context, socle_predict(net[0], data, out, OUTPUTS));
    API_OK(context, socle_fit(net[2], data, &fit));
    socle_net_destroy(net[0]);
    socle_net_destroy(net[2]);
    socle_data_destroy(data);
    socle_close(context);
    SC_EQ(atomic_load(&state.live), 0);
}

/* Predictions and what the loss reads, in turn: neither call gives what the other asked for. */
API_TEST(api_predict, in_turn_with_logits) {
    socle_context *context = api_open(device);
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    float shares[OUTPUTS], scores[OUTPUTS], again[OUTPUTS];
    API_OK(context, socle_predict(net, data, shares, OUTPUTS));
    API_OK(context, socle_predict_logits(net, data, scores, OUTPUTS));
    SC_TRUE(memcmp(scores, shares, sizeof scores) != 0);
    API_OK(context, socle_predict(net, data, again, OUTPUTS));
    SC_EQ_MEMORY(again, shares, sizeof shares);
    API_OK(context, socle_predict_logits(net, data, again, OUTPUTS));
    SC_EQ_MEMORY(again, scores, sizeof scores);
    API_FAILS(context, socle_predict_logits(net, data, again, 1), SOCLE_STATUS_INVALID_ARGUMENT,
              "socle_predict_logits: out has 1 floats");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

static void note_building(void *user, const char *what, int number, int total) {
    (void)number;
    (void)total;
    *(bool *)user = what != NULL;
}

/* Memory that is short at any one place while that which predicts is made: nothing of it stays, who
 * was told that kernels are built is told that they are not any more, and the next call works. */
Test(api_predict, recovers_from_every_refused_request) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    bool building = false, refused = true;
    socle_progress progress = {note_building, &building};
    socle_open_opts opts = {.allocator = &allocator, .threads = 1, .progress = &progress};
    socle_context *context;
    float expected[OUTPUTS], out[OUTPUTS];
    long failed = 0;
    API_OK(context, socle_open_with(&context, "cpu", &opts));
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    API_OK(context, socle_predict(net, data, expected, OUTPUTS));
    for (long k = 1; refused; k++) {
        SC_REPRO("refuse request %ld of a call", k);
        API_OK(context, socle_predict_logits(net, data, out, OUTPUTS)); /* predict begins anew */
        state.refuse = atomic_load(&state.requests) + k;
        socle_status status = socle_predict(net, data, out, OUTPUTS);
        refused = atomic_load(&state.requests) >= state.refuse;
        state.refuse = 0;
        SC_EQ(status != SOCLE_OK, refused);
        SC_TRUE(!building);
        failed += refused;
        API_OK(context, socle_predict(net, data, out, OUTPUTS));
        SC_EQ_MEMORY(out, expected, sizeof out);
    }
    SC_TRUE(failed > 50);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
    SC_EQ(atomic_load(&state.live), 0);
}

SC_OPENCL_BODIES(api_predict)
