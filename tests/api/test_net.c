/* SPDX-License-Identifier: Apache-2.0 */
/* Networks in wrong hands; weights by name; networks that grow. */
#include "api_test.h"

Test(api_net, null_arguments) {
    socle_context *context = api_open("cpu");
    socle_net *net = (void *)1;
    float weight[48];
    socle_result result;
    SC_EQ(socle_net_create(NULL, context), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_net_create(&net, NULL), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(net == NULL);
    SC_EQ(socle_input(NULL, SOCLE_SHAPE(1)), -1);
    SC_EQ(socle_input_named(NULL, "x", SOCLE_F32, SOCLE_SHAPE(1), 1), -1);
    SC_EQ(socle_dense(NULL, 0, 1, NULL), -1);
    SC_EQ(socle_conv2d(NULL, 0, 1, 1, NULL), -1);
    SC_EQ(socle_maxpool2d(NULL, 0, 1, NULL), -1);
    SC_EQ(socle_avgpool2d(NULL, 0, 1, NULL), -1);
    SC_EQ(socle_global_avgpool(NULL, 0), -1);
    SC_EQ(socle_batchnorm(NULL, 0, NULL), -1);
    SC_EQ(socle_dropout(NULL, 0, 0), -1);
    SC_EQ(socle_flatten(NULL, 0), -1);
    SC_EQ(socle_activation(NULL, 0, "relu"), -1);
    SC_EQ(socle_relu(NULL, 0), -1);
    SC_EQ(socle_layer(NULL, 1, (socle_node[]){0}, "relu"), -1);
    SC_EQ(socle_loss(NULL, 0, "mse"), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_add(NULL, 2, (socle_node[]){0, 0}), -1);
    SC_EQ(socle_concat(NULL, 2, (socle_node[]){0, 0}, 0), -1);
    SC_EQ(socle_loss_softmax_cross_entropy(NULL, 0), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_loss_binary_cross_entropy(NULL, 0), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_loss_mean_squared_error(NULL, 0), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_net_parameters(NULL), 0);
    SC_EQ(socle_outputs(NULL), 0);
    SC_EQ(socle_net_read(NULL, "x", weight, 1), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_net_write(NULL, "x", weight, 1), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_save(NULL, "x"), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_load(NULL, context, "x"), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_load(&net, NULL, "x"), SOCLE_STATUS_INVALID_ARGUMENT);
    API_FAILS(context, socle_load(&net, context, NULL), SOCLE_STATUS_INVALID_ARGUMENT, "path");
    net = api_net(context);
    API_FAILS(context, socle_save(net, NULL), SOCLE_STATUS_INVALID_ARGUMENT, "path is NULL");
    API_FAILS(context, socle_net_read(net, NULL, weight, 48), SOCLE_STATUS_INVALID_ARGUMENT,
              "name is NULL");
    API_FAILS(context, socle_net_read(net, "dense1.weight", NULL, 48),
              SOCLE_STATUS_INVALID_ARGUMENT, "data is NULL");
    API_FAILS(context, socle_net_write(net, "dense1.weight", NULL, 48),
              SOCLE_STATUS_INVALID_ARGUMENT, "data is NULL");
    API_FAILS(context, socle_fit(net, NULL, NULL), SOCLE_STATUS_INVALID_ARGUMENT, "data is NULL");
    API_FAILS(context, socle_evaluate(net, NULL, &result), SOCLE_STATUS_INVALID_ARGUMENT,
              "data is NULL");
    API_FAILS(context, socle_predict(net, NULL, weight, 1), SOCLE_STATUS_INVALID_ARGUMENT,
              "data is NULL");
    socle_data *data = api_data(context);
    SC_EQ(socle_fit(NULL, data, NULL), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_evaluate(NULL, data, &result), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_predict(NULL, data, weight, 1), SOCLE_STATUS_INVALID_ARGUMENT);
    API_FAILS(context, socle_evaluate(net, data, NULL), SOCLE_STATUS_INVALID_ARGUMENT,
              "out is NULL");
    API_FAILS(context, socle_predict(net, data, NULL, 270), SOCLE_STATUS_INVALID_ARGUMENT,
              "out is NULL");
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

/* Each case is one wrong layer on x, a node of shape [3,8,8]; the text must name what is wrong. */
static socle_node build_wrong(socle_net *net, int number, socle_node x, const char **part) {
    const socle_node pair[2] = {x, x};
    socle_conv2d_opts conv = {0};
    socle_dense_opts dense = {0};
    socle_pool2d_opts pool = {0};
    switch (number) {
    case 0:
        return *part = "units", socle_dense(net, socle_flatten(net, x), 0, NULL);
    case 1:
        return *part = "units", socle_dense(net, socle_flatten(net, x), -5, NULL);
    case 2:
        return *part = "not a layer", socle_dense(net, 77, 1, NULL);
    case 3:
        return *part = "not a layer", socle_relu(net, -1);
    case 4:
        return *part = "filters", socle_conv2d(net, x, 0, 3, NULL);
    case 5:
        return *part = "kernel", socle_conv2d(net, x, 1, 0, NULL);
    case 6:
        return *part = "kernel", socle_conv2d(net, x, 1, 9, NULL); /* larger than the image */
    case 7:
        return conv.groups = 2, *part = "groups", socle_conv2d(net, x, 4, 3, &conv);
    case 8:
        return conv.stride[0] = -1, *part = "stride", socle_conv2d(net, x, 4, 3, &conv);
    case 9:
        return conv.dilation[1] = -1, *part = "dilation", socle_conv2d(net, x, 4, 3, &conv);
    case 10:
        return conv.pad[2] = -1, *part = "padding", socle_conv2d(net, x, 4, 3, &conv);
    case 11:
        conv.padding = (socle_padding)7;
        return *part = "padding", socle_conv2d(net, x, 4, 3, &conv);
    case 12:
        conv.padding = (socle_padding)2;
        return *part = "padding", socle_conv2d(net, x, 4, 3, &conv);
    case 13:
        dense.weight_init.kind = "magic";
        return *part = "magic", socle_dense(net, socle_flatten(net, x), 4, &dense);
    case 14:
        dense.weight_init = (socle_initializer){"normal", NAN};
        return *part = "scale", socle_dense(net, socle_flatten(net, x), 4, &dense);
    case 15:
        return dense.name = "", *part = "name", socle_dense(net, x, 4, &dense);
    case 16:
        return dense.name = "a b/c", *part = "name", socle_dense(net, x, 4, &dense);
    case 17:
        return dense.name = "input", *part = "twice", socle_dense(net, x, 4, &dense);
    case 18:
        return *part = "kernel", socle_maxpool2d(net, x, 0, NULL);
    case 19:
        return pool.stride[0] = -2, *part = "stride", socle_avgpool2d(net, x, 2, &pool);
    case 20:
        return *part = "rate", socle_dropout(net, x, 1.0f);
    case 21:
        return *part = "rate", socle_dropout(net, x, -0.1f);
    case 22:
        return *part = "rate", socle_dropout(net, x, NAN);
    case 23:
        return *part = "tickle", socle_activation(net, x, "tickle");
    case 24:
        return *part = "function", socle_activation(net, x, NULL);
    case 25:
        return *part = "NULL", socle_add(net, 2, NULL);
    case 26:
        return *part = "1 input", socle_add(net, 1, pair);
    case 27:
        return *part = "-1 inputs", socle_concat(net, -1, pair, 0);
    case 28:
        return *part = "inputs", socle_concat(net, 1000000, pair, 0);
    case 29:
        return *part = "axis", socle_concat(net, 2, pair, 9);
    case 30:
        return *part = "before its layers",
               socle_input_named(net, "late", SOCLE_F32, SOCLE_SHAPE(1), 1);
    case 31: {
        socle_batchnorm_opts bn = {.epsilon = NAN};
        return *part = "epsilon", socle_batchnorm(net, x, &bn);
    }
    default:
        return -2;
    }
}

Test(api_net, remembers_the_first_error) {
    socle_context *context = api_open("cpu");
    float weight;
    for (int number = 0;; number++) {
        socle_net *net;
        const char *part = "";
        API_OK(context, socle_net_create(&net, context));
        SC_REPRO("build_wrong %d", number);
        socle_node x = socle_relu(net, socle_input(net, SOCLE_SHAPE(3, 8, 8)));
        SC_TRUE(x >= 0);
        socle_node wrong = build_wrong(net, number, x, &part);
        if (wrong == -2) {
            socle_net_destroy(net);
            break;
        }
        SC_EQ(wrong, -1);
        SC_CONTAINS(socle_error(context), part);
        char text[1024];
        snprintf(text, sizeof text, "%s", socle_error(context));
        SC_EQ(socle_relu(net, x), -1); /* even what would be right */
        API_FAILS(context, socle_load(&(socle_net *){NULL}, context, "/nowhere"),
                  SOCLE_STATUS_NOT_FOUND, "/nowhere"); /* another text in between */
        socle_status status = socle_loss_mean_squared_error(net, x);
        SC_TRUE(status != SOCLE_OK);
        SC_EQ_STR(socle_error(context), text);
        SC_EQ(socle_net_read(net, "dense1.weight", &weight, 1), status);
        SC_EQ(socle_save(net, "/tmp/never-written.safetensors"), status);
        socle_data *data = api_data(context);
        SC_EQ(socle_fit(net, data, NULL), status);
        SC_EQ_STR(socle_error(context), text);
        socle_data_destroy(data);
        socle_net_destroy(net);
    }
    socle_close(context);
}

Test(api_net, wrong_inputs_and_losses) {
    socle_context *context = api_open("cpu");
    const struct {
        int dtype;
        socle_shape shape;
        float scale;
        const char *part;
    } bad[] = {{SOCLE_F32, SOCLE_SHAPE(0), 1, "size 0"},
               {SOCLE_F32, {.rank = 99}, 1, "not 99"},
               {SOCLE_F32, {.rank = -1}, 1, "not -1"},
               {9, SOCLE_SHAPE(2), 1, "element type 9"},
               {SOCLE_U8, SOCLE_SHAPE(2), NAN, "scale"},
               {SOCLE_F32, SOCLE_SHAPE(1 << 20, 1 << 20), 1, "2^31"}};
    socle_net *net;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        API_OK(context, socle_net_create(&net, context));
        SC_EQ(socle_input_named(net, NULL, (socle_dtype)bad[i].dtype, bad[i].shape, bad[i].scale),
              -1);
        SC_CONTAINS(socle_error(context), bad[i].part);
        socle_net_destroy(net);
    }
    API_OK(context, socle_net_create(&net, context));
    API_FAILS(context, socle_loss_mean_squared_error(net, 0), SOCLE_STATUS_CONFIG, "no layer");
    socle_net_destroy(net);
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input(net, SOCLE_SHAPE(1, 3, 4));
    API_FAILS(context, socle_loss_ignore(net, 3), SOCLE_STATUS_CONFIG, "no classes");
    socle_net_destroy(net);
    API_OK(context, socle_net_create(&net, context));
    x = socle_input(net, SOCLE_SHAPE(1, 3, 4));
    API_FAILS(context, socle_loss_softmax_cross_entropy(net, x), SOCLE_STATUS_SHAPE,
              "class scores");
    socle_net_destroy(net);
    socle_close(context);
}

Test(api_net, weights_by_name) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context);
    float weight[48], got[48];
    API_FAILS(context, socle_net_read(net, "dense9.weight", weight, 48), SOCLE_STATUS_NOT_FOUND,
              "dense9.weight");
    API_FAILS(context, socle_net_read(net, "dense1.weight", weight, 47),
              SOCLE_STATUS_INVALID_ARGUMENT, "dense1.weight is f32[8,6], 48 elements, not 47");
    API_FAILS(context, socle_net_write(net, "dense1.weight", weight, SIZE_MAX),
              SOCLE_STATUS_INVALID_ARGUMENT, "48 elements");
    SC_EQ(socle_net_parameters(net), 8 * 6 + 8 + 3 * 8 + 3);
    SC_EQ(socle_outputs(net), 3);
    API_OK(context, socle_net_read(net, "dense1.weight", weight, 48));
    int zeros = 0;
    for (int i = 0; i < 48; i++) zeros += weight[i] == 0.0f;
    SC_EQ(zeros, 0); /* initial values are there before any run */
    for (int i = 0; i < 48; i++) weight[i] = (float)i;
    API_OK(context, socle_net_write(net, "dense1.weight", weight, 48));
    API_OK(context, socle_net_read(net, "dense1.weight", got, 48));
    SC_EQ_MEMORY(got, weight, sizeof got);
    socle_net_destroy(net);
    socle_close(context);
}

/* Layers added after training: the old weights stay, the new ones get initial values. */
Test(api_net, grows_after_a_fit) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context);
    socle_data *data = api_data(context);
    socle_fit_opts opts = api_opts();
    socle_result result;
    float before[48], after[48], fresh[9];
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_net_read(net, "dense1.weight", before, 48));
    socle_node x = socle_dense(net, 4, 3, NULL); /* node 4: the scores of dense2 */
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    API_OK(context, socle_net_read(net, "dense1.weight", after, 48));
    SC_EQ_MEMORY(after, before, sizeof before);
    API_OK(context, socle_net_read(net, "dense3.weight", fresh, 9));
    SC_TRUE(fresh[0] != 0.0f);
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_evaluate(net, data, &result));
    SC_EQ(result.samples, API_SAMPLES);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}
