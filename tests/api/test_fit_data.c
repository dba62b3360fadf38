/* SPDX-License-Identifier: Apache-2.0 */
/* What fit, evaluate and predict are fed with: data that do not suit the network, networks that
 * cannot train, every kind of target, several inputs. */
#include "api_test.h"

enum { WEIGHTS = API_WEIGHTS, OUTPUTS = API_SAMPLES * API_CLASSES };

static socle_data *arrays(socle_context *context, socle_dtype dtype, socle_shape shape,
                          socle_dtype target_dtype, const socle_shape *target_shape,
                          const void *targets) {
    static const float zeros[API_SAMPLES * 16];
    socle_data *data;
    API_OK(context, socle_data_arrays(&data, context, API_SAMPLES, dtype, shape, zeros,
                                      target_dtype, target_shape, targets));
    return data;
}

static void refuse(socle_context *context, socle_net *net, socle_data *data, const char *part) {
    socle_result result;
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DATA, part);
    API_FAILS(context, socle_evaluate(net, data, &result), SOCLE_STATUS_DATA, part);
    socle_data_destroy(data);
}

Test(api_fit, data_that_do_not_suit) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context);
    static float value[API_SAMPLES * 3], out[OUTPUTS];
    unsigned char label[API_SAMPLES] = {0};
    int whole[API_SAMPLES] = {0};
    const socle_shape three = SOCLE_SHAPE(3);
    socle_shape six = SOCLE_SHAPE(6);
    refuse(context, net, arrays(context, SOCLE_F32, SOCLE_SHAPE(2, 3), SOCLE_U8, NULL, label),
           "a sample is f32[2,3], the network's input 'input' is f32[6]");
    refuse(context, net, arrays(context, SOCLE_I32, six, SOCLE_U8, NULL, label),
           "a sample is i32[6], the network's input 'input' is f32[6]");
    refuse(context, net, arrays(context, SOCLE_F32, six, SOCLE_U8, NULL, NULL), "neither");
    refuse(context, net, arrays(context, SOCLE_F32, six, SOCLE_F32, &three, value), "f32 values");
    label[41] = 3;
    refuse(context, net, arrays(context, SOCLE_F32, six, SOCLE_U8, NULL, label),
           "sample 41 has label 3; with 3 classes, labels are 0 to 2");
    whole[7] = -2;
    refuse(context, net, arrays(context, SOCLE_F32, six, SOCLE_I32, NULL, whole),
           "sample 7 has label -2");
    socle_data *data = arrays(context, SOCLE_U8, six, SOCLE_U8, NULL, NULL);
    API_FAILS(context, socle_predict(net, data, out, OUTPUTS), SOCLE_STATUS_DATA,
              "a sample is u8[6]");
    socle_data_destroy(data);
    data = arrays(context, SOCLE_F32, six, SOCLE_U8, NULL, NULL); /* predict needs no targets */
    API_OK(context, socle_predict(net, data, out, OUTPUTS));
    API_FAILS(context, socle_predict(net, data, out, OUTPUTS - 1), SOCLE_STATUS_INVALID_ARGUMENT,
              "269 floats; 90 samples of 3 outputs need 270");
    socle_context *other = api_open("cpu");
    socle_data *foreign = api_data(other);
    API_FAILS(context, socle_fit(net, foreign, NULL), SOCLE_STATUS_INVALID_ARGUMENT,
              "another context");
    socle_data_destroy(foreign);
    socle_close(other);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

Test(api_fit, networks_that_cannot_train) {
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_result result;
    static float out[API_SAMPLES * API_FEATURES];
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_CONFIG, "empty");
    API_FAILS(context, socle_predict(net, data, out, 0), SOCLE_STATUS_CONFIG, "empty");
    socle_node x = socle_input(net, SOCLE_SHAPE(API_FEATURES));
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_CONFIG, "no loss");
    API_FAILS(context, socle_evaluate(net, data, &result), SOCLE_STATUS_CONFIG, "no loss");
    API_OK(context, socle_predict(net, data, out, API_SAMPLES * API_FEATURES)); /* the input */
    api_blobs blobs;
    api_draw(&blobs);
    SC_EQ_MEMORY(out, blobs.input, sizeof blobs.input);
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_CONFIG, "no parameters");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* The loss stays on the node it was given; a layer added behind it is no part of training. */
Test(api_fit, layer_behind_the_loss) {
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    float before[15], after[15];
    socle_dense(net, 4, 5, NULL); /* node 4: the scores */
    SC_EQ(socle_outputs(net), 3);
    API_OK(context, socle_net_read(net, "dense3.weight", before, 15));
    API_OK(context, socle_fit(net, data, NULL));
    API_OK(context, socle_net_read(net, "dense3.weight", after, 15));
    SC_EQ_MEMORY(after, before, sizeof before);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* Every kind of target that each loss reads: labels u8 and i32 give the same bits. */
API_TEST(api_fit, kinds_of_targets) {
    socle_context *context = api_open(device);
    api_blobs blobs;
    int whole[API_SAMPLES];
    float value[API_SAMPLES];
    unsigned char bit[API_SAMPLES];
    const socle_shape one = SOCLE_SHAPE(1), shape = SOCLE_SHAPE(API_FEATURES);
    api_draw(&blobs);
    for (int i = 0; i < API_SAMPLES; i++) {
        whole[i] = blobs.label[i];
        bit[i] = blobs.label[i] == 1;
        value[i] = bit[i];
    }
    const struct {
        int loss; /* 0 softmax, 1 binary, 2 squared */
        socle_dtype dtype;
        const socle_shape *shape;
        const void *target;
    } kinds[] = {{0, SOCLE_U8, NULL, blobs.label}, {0, SOCLE_I32, NULL, whole},
                 {1, SOCLE_F32, &one, value},      {1, SOCLE_U8, NULL, bit},
                 {2, SOCLE_F32, &one, value},      {2, SOCLE_U8, NULL, bit}};
    float weight[2][WEIGHTS];
    for (int k = 0; k < 6; k++) {
        if (!sc_test_takes(device, k / 2, 2)) continue;
        SC_REPRO("kind %d on %s", k, device);
        socle_net *net;
        socle_data *data;
        socle_result result;
        socle_fit_opts opts = api_opts();
        opts.epochs = 8;
        API_OK(context, socle_net_create(&net, context));
        socle_node x = socle_dense(net, socle_input(net, shape), 8, NULL);
        x = socle_dense(net, socle_relu(net, x), kinds[k].loss ? 1 : 3, NULL);
        if (kinds[k].loss == 0) API_OK(context, socle_loss_softmax_cross_entropy(net, x));
        if (kinds[k].loss == 1) API_OK(context, socle_loss_binary_cross_entropy(net, x));
        if (kinds[k].loss == 2) API_OK(context, socle_loss_mean_squared_error(net, x));
        API_OK(context,
               socle_data_arrays(&data, context, API_SAMPLES, SOCLE_F32, shape, blobs.input,
                                 kinds[k].dtype, kinds[k].shape, kinds[k].target));
        API_OK(context, socle_fit(net, data, &opts));
        API_OK(context, socle_evaluate(net, data, &result));
        SC_TRUE(result.loss < 0.65);
        SC_TRUE(kinds[k].loss == 2 ? isnan(result.accuracy) : result.accuracy > 0.6);
        api_weight(context, net, weight[k % 2]);
        if (k % 2) SC_EQ_MEMORY(weight[1], weight[0], sizeof weight[0]);
        socle_net_destroy(net);
        socle_data_destroy(data);
    }
    socle_close(context);
}

/* Two inputs, one of bytes: the data set gets a second column. */
API_TEST(api_fit, several_inputs) {
    socle_context *context = api_open(device);
    socle_net *net;
    socle_trainer *trainer;
    socle_data *data = api_data(context);
    unsigned char byte[API_SAMPLES][2];
    api_blobs blobs;
    socle_result result;
    api_draw(&blobs);
    for (int i = 0; i < API_SAMPLES; i++)
        for (int k = 0; k < 2; k++) byte[i][k] = blobs.label[i] == k ? 255 : 0;
    API_OK(context, socle_net_create(&net, context));
    socle_node x[2] = {socle_input(net, SOCLE_SHAPE(API_FEATURES)),
                       socle_input_named(net, "side", SOCLE_U8, SOCLE_SHAPE(2), 1.0f / 255)};
    socle_node joined = socle_concat(net, 2, x, 0);
    API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, joined, 3, NULL)));
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DATA, "'side'");
    API_OK(context, socle_data_add_input(data, "side", SOCLE_U8, SOCLE_SHAPE(2), byte));
    socle_fit_opts opts = api_opts();
    opts.epochs = 20;
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_evaluate(net, data, &result));
    SC_TRUE(result.accuracy > 0.95);
    float loss[2];
    API_OK(context, socle_trainer_create(&trainer, net, socle_adam(0.1f), API_SAMPLES, 1));
    const void *more[1] = {byte};
    socle_batch batch = {API_SAMPLES, blobs.input, blobs.label, SOCLE_U8, more};
    API_OK(context, socle_trainer_step_with(trainer, &batch, &loss[0]));
    for (int step = 0; step < 20; step++)
        API_OK(context, socle_trainer_step_with(trainer, &batch, &loss[1]));
    SC_TRUE(loss[1] < 0.7f * loss[0]);
    more[0] = NULL;
    API_FAILS(context, socle_trainer_step_with(trainer, &batch, NULL),
              SOCLE_STATUS_INVALID_ARGUMENT, "samples of side are missing");
    API_FAILS(context, socle_trainer_step(trainer, 8, blobs.input, blobs.label, NULL),
              SOCLE_STATUS_INVALID_ARGUMENT, "more[0]");
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* Half of the labels are wrong, and their samples count for nothing. */
API_TEST_IN_FULL(api_fit, weights_of_samples) {
    socle_context *context = api_open(device);
    socle_net *net = api_net(context);
    api_blobs blobs;
    socle_result all, some;
    socle_memory memory, plain;
    float weight[API_SAMPLES], prediction[API_SAMPLES * API_CLASSES];
    api_draw(&blobs);
    for (int i = 0; i < API_SAMPLES; i++) {
        weight[i] = i % 2 ? 0.75f : 0.0f;
        if (i % 2 == 0) blobs.label[i] = (unsigned char)((blobs.label[i] + 1) % API_CLASSES);
    }
    socle_data *data, *unweighted;
    socle_data **each[] = {&data, &unweighted};
    for (int k = 0; k < 2; k++)
        API_OK(context, socle_data_arrays(each[k], context, API_SAMPLES, SOCLE_F32,
                                          SOCLE_SHAPE(API_FEATURES), blobs.input, SOCLE_U8, NULL,
                                          blobs.label));
    API_OK(context, socle_data_add_input(data, "weight", SOCLE_F32, SOCLE_SHAPE(1), weight));
    socle_fit_opts opts = api_opts();
    opts.epochs = 20;
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_evaluate(net, data, &some));
    API_OK(context, socle_evaluate(net, unweighted, &all));
    SC_EQ(some.samples, API_SAMPLES);
    SC_TRUE(some.accuracy > 0.95);
    SC_TRUE(all.accuracy > 0.4 && all.accuracy < 0.6);
    API_OK(context, socle_predict(net, data, prediction, API_SAMPLES * API_CLASSES));
    API_OK(context, socle_memory_forecast(net, data, &opts, &memory));
    API_OK(context, socle_memory_forecast(net, unweighted, &opts, &plain));
    SC_TRUE(memory.total > plain.total);
    socle_data_destroy(data);
    socle_data_destroy(unweighted);
    socle_net_destroy(net);
    socle_close(context);
}

Test(api_fit, bad_weights) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context);
    socle_result result;
    float weight[API_SAMPLES];
    for (int i = 0; i < API_SAMPLES; i++) weight[i] = i == 5 ? -1.0f : 1.0f;
    socle_data *data = api_data(context);
    API_OK(context, socle_data_add_input(data, "weight", SOCLE_F32, SOCLE_SHAPE(1), weight));
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DATA, "sample 5 has weight -1");
    API_FAILS(context, socle_evaluate(net, data, &result), SOCLE_STATUS_DATA,
              "sample 5 has weight -1");
    socle_data_destroy(data);
    data = api_data(context);
    API_OK(context, socle_data_add_input(data, "weight", SOCLE_I32, SOCLE_SHAPE(1), weight));
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DATA, "one f32 per sample");
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

/* Images of 3 x 4 pixels, each with a label, of which some are no pixel of any class. */
typedef struct pixels {
    float input[API_SAMPLES][2][3][4], rows[API_SAMPLES][3][4];
    unsigned char label[API_SAMPLES][3][4], ignored[API_SAMPLES][3][4], mask[API_SAMPLES][3][4];
} pixels;

static void draw_pixels(pixels *p) {
    uint32_t state = 77;
    for (int i = 0; i < API_SAMPLES; i++)
        for (int k = 0; k < 12; k++) {
            int y = k / 4, x = k % 4;
            state = state * 1664525u + 1013904223u;
            p->input[i][0][y][x] = (float)(state >> 8) / 16777216.0f;
            p->input[i][1][y][x] = (float)(state >> 12 & 255) / 255.0f;
            p->label[i][y][x] = (unsigned char)(3 * p->input[i][0][y][x]);
            p->mask[i][y][x] = state >> 30 != 0;
            p->rows[i][y][x] = p->mask[i][y][x];
            p->ignored[i][y][x] = p->mask[i][y][x] ? p->label[i][y][x] : 255;
        }
}

static socle_net *pixel_net(socle_context *context, bool ignores) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input(net, SOCLE_SHAPE(2, 3, 4));
    const socle_conv2d_opts same = {.padding = SOCLE_SAME};
    x = socle_relu(net, socle_conv2d(net, x, 6, 3, &same));
    x = socle_conv2d(net, x, 3, 1, NULL);
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    if (ignores) API_OK(context, socle_loss_ignore(net, 255));
    return net;
}

static socle_data *pixel_data(socle_context *context, const pixels *p, const void *label) {
    const socle_shape shape = SOCLE_SHAPE(3, 4);
    socle_data *data;
    API_OK(context, socle_data_arrays(&data, context, API_SAMPLES, SOCLE_F32, SOCLE_SHAPE(2, 3, 4),
                                      p->input, SOCLE_U8, &shape, label));
    return data;
}

/* A mask of bytes, one of floats and labels that are ignored leave out the same, by bits. */
Test(api_fit, masks_of_pixels) {
    static pixels p;
    socle_context *context = api_open("cpu");
    float weight[3][6 * 2 * 9];
    socle_result result[3];
    draw_pixels(&p);
    for (int k = 0; k < 3; k++) {
        socle_net *net = pixel_net(context, k == 0);
        socle_data *data = pixel_data(context, &p, k ? p.label : p.ignored);
        const void *mask = k == 1 ? (const void *)p.mask : p.rows;
        if (k)
            API_OK(context, socle_data_add_input(data, "mask", k == 1 ? SOCLE_U8 : SOCLE_F32,
                                                 SOCLE_SHAPE(3, 4), mask));
        socle_fit_opts opts = api_opts();
        opts.validation_split = 0.2f;
        API_OK(context, socle_fit(net, data, &opts));
        API_OK(context, socle_evaluate(net, data, &result[k]));
        API_OK(context, socle_net_read(net, "conv2d1.weight", weight[k], 6 * 2 * 9));
        socle_data_destroy(data);
        socle_net_destroy(net);
        SC_EQ_MEMORY(weight[k], weight[0], sizeof weight[0]);
        SC_TRUE(result[k].loss == result[0].loss && result[k].accuracy == result[0].accuracy);
    }
    socle_close(context);
}

static void refuse_mask(socle_context *context, const pixels *p, socle_dtype dtype,
                        socle_shape shape, const void *mask, const char *text) {
    socle_net *net = pixel_net(context, false);
    socle_data *data = pixel_data(context, p, p->label);
    API_OK(context, socle_data_add_input(data, "mask", dtype, shape, mask));
    refuse(context, net, data, text);
    socle_net_destroy(net);
}

Test(api_fit, bad_masks) {
    static pixels p;
    static const unsigned char none[API_SAMPLES * 12];
    socle_context *context = api_open("cpu");
    draw_pixels(&p);
    p.rows[41][1][2] = 0.5f;
    refuse_mask(context, &p, SOCLE_F32, SOCLE_SHAPE(3, 4), p.rows,
                "sample 41 has 0.5 in its mask; 1 is what counts, 0 what does not");
    refuse_mask(context, &p, SOCLE_U8, SOCLE_SHAPE(3, 4), none, "the mask is 0 everywhere");
    refuse_mask(context, &p, SOCLE_I32, SOCLE_SHAPE(3), p.rows, "values of type u8 or f32");
    refuse_mask(context, &p, SOCLE_U8, SOCLE_SHAPE(4, 3), p.mask,
                "rows and columns lie in another order than those of the labels");
    refuse_mask(context, &p, SOCLE_U8, SOCLE_SHAPE(1), p.mask,
                "a sample has 1 value, the loss 12 rows for each sample");
    socle_net *net = api_net(context);
    socle_data *data = api_data(context);
    API_OK(context, socle_data_add_input(data, "mask", SOCLE_U8, SOCLE_SHAPE(3), p.mask));
    refuse(context, net, data, "one row for each sample, of which nothing can be left out");
    socle_net_destroy(net);
    socle_close(context);
}

SC_OPENCL_BODIES(api_fit)
