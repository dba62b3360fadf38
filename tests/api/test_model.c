/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets and model files in wrong hands, and the round trip of a model. Linked with --wrap=open.
 */
#include "api_test.h"

#include "sc_temp.h"

/* Once `watched` has been opened, `instead` gets its name. */
static const char *watched, *instead;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode) {
    int file = __real_open(path, flags, mode);
    if (watched && strcmp(path, watched) == 0 && rename(instead, watched) == 0) watched = NULL;
    return file;
}

Test(api_data, wrong_arguments) {
    socle_context *context = api_open("cpu");
    socle_data *data = (void *)1;
    float input[4] = {0};
    unsigned char label[2] = {0};
    const socle_shape one = SOCLE_SHAPE(1);
    SC_EQ(
        socle_data_arrays(NULL, context, 2, SOCLE_F32, SOCLE_SHAPE(2), input, SOCLE_U8, NULL, NULL),
        SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_data_arrays(&data, NULL, 2, SOCLE_F32, SOCLE_SHAPE(2), input, SOCLE_U8, NULL, NULL),
          SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(data == NULL);
    SC_EQ(socle_data_count(NULL), 0);
    const struct {
        int64_t count;
        int dtype;
        socle_shape shape;
        const void *input;
        int target_dtype;
        const socle_shape *target_shape;
        const void *target;
        socle_status status;
        const char *part;
    } bad[] = {
        {2, SOCLE_F32, SOCLE_SHAPE(2), NULL, SOCLE_U8, NULL, label, SOCLE_STATUS_INVALID_ARGUMENT,
         "inputs is NULL"},
        {0, SOCLE_F32, SOCLE_SHAPE(2), input, SOCLE_U8, NULL, label, SOCLE_STATUS_INVALID_ARGUMENT,
         "0 samples"},
        {-1, SOCLE_F32, SOCLE_SHAPE(2), input, SOCLE_U8, NULL, label, SOCLE_STATUS_INVALID_ARGUMENT,
         "-1 samples"},
        {INT64_MAX, SOCLE_F32, SOCLE_SHAPE(2), input, SOCLE_U8, NULL, label,
         SOCLE_STATUS_INVALID_ARGUMENT, "samples"},
        {2, 5, SOCLE_SHAPE(2), input, SOCLE_U8, NULL, label, SOCLE_STATUS_INVALID_ARGUMENT,
         "dtype 5"},
        {2, SOCLE_F32, SOCLE_SHAPE(0), input, SOCLE_U8, NULL, label, SOCLE_STATUS_SHAPE, "size 0"},
        {2, SOCLE_F32, {.rank = 50}, input, SOCLE_U8, NULL, label, SOCLE_STATUS_SHAPE, "rank 50"},
        {2, SOCLE_F32, SOCLE_SHAPE(INT64_MAX, 2), input, SOCLE_U8, NULL, label, SOCLE_STATUS_SHAPE,
         "too large"},
        {2, SOCLE_F32, SOCLE_SHAPE(2), input, SOCLE_F32, NULL, input, SOCLE_STATUS_INVALID_ARGUMENT,
         "not f32"},
        {2, SOCLE_F32, SOCLE_SHAPE(2), input, 77, &one, input, SOCLE_STATUS_INVALID_ARGUMENT,
         "dtype 77"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SC_REPRO("case %zu", i);
        API_FAILS(context,
                  socle_data_arrays(&data, context, bad[i].count, (socle_dtype)bad[i].dtype,
                                    bad[i].shape, bad[i].input, (socle_dtype)bad[i].target_dtype,
                                    bad[i].target_shape, bad[i].target),
                  bad[i].status, bad[i].part);
        SC_TRUE(data == NULL);
    }
    API_FAILS(context, socle_data_idx(&data, context, NULL, "x"), SOCLE_STATUS_INVALID_ARGUMENT,
              "images is NULL");
    API_FAILS(context, socle_data_idx(&data, context, "/nowhere/images", NULL),
              SOCLE_STATUS_NOT_FOUND, "/nowhere/images");
    API_FAILS(context, socle_data_images(&data, context, NULL, NULL, SOCLE_NCHW),
              SOCLE_STATUS_INVALID_ARGUMENT, "socle_data_images: images is NULL");
    data = (void *)1;
    API_FAILS(context, socle_data_images(&data, context, "x", NULL, (socle_layout)3),
              SOCLE_STATUS_INVALID_ARGUMENT, "no layout 3");
    SC_TRUE(data == NULL);
    data = api_data(context);
    SC_EQ(socle_data_count(data), API_SAMPLES);
    API_FAILS(context, socle_data_add_input(data, "input", SOCLE_F32, one, input),
              SOCLE_STATUS_INVALID_ARGUMENT, "'input' is there already");
    API_FAILS(context, socle_data_add_input(data, NULL, SOCLE_F32, one, input),
              SOCLE_STATUS_INVALID_ARGUMENT, "name is NULL");
    API_FAILS(context, socle_data_add_input(data, "b", SOCLE_F32, one, NULL),
              SOCLE_STATUS_INVALID_ARGUMENT, "values is NULL");
    SC_EQ(socle_data_add_input(NULL, "b", SOCLE_F32, one, input), SOCLE_STATUS_INVALID_ARGUMENT);
    socle_data_destroy(data);
    socle_close(context);
}

static void read_all(socle_context *context, socle_net *net, float out[83]) {
    API_OK(context, socle_net_read(net, "dense1.weight", out, 48));
    API_OK(context, socle_net_read(net, "dense1.bias", out + 48, 8));
    API_OK(context, socle_net_read(net, "dense2.weight", out + 56, 24));
    API_OK(context, socle_net_read(net, "dense2.bias", out + 80, 3));
}

/* A model that was saved and loaded predicts the same bits, and goes on training. */
API_TEST(api_model, round_trip) {
    enum { OUTPUTS = API_SAMPLES * API_CLASSES };
    socle_context *context = api_open(device);
    socle_net *net = api_net(context), *loaded;
    socle_data *data = api_data(context);
    socle_fit_opts opts = api_opts();
    float before[OUTPUTS], after[OUTPUTS], weight[83], same[83];
    sc_temp temp;
    sc_temp_make(&temp);
    const char *path = sc_temp_file(&temp, "model.safetensors");
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_predict(net, data, before, OUTPUTS));
    API_OK(context, socle_save(net, path));
    API_OK(context, socle_load(&loaded, context, path));
    SC_EQ(socle_net_parameters(loaded), socle_net_parameters(net));
    API_OK(context, socle_predict(loaded, data, after, OUTPUTS));
    SC_EQ_MEMORY(after, before, sizeof before);
    read_all(context, net, weight);
    read_all(context, loaded, same);
    SC_EQ_MEMORY(same, weight, sizeof weight);
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_fit(loaded, data, &opts));
    read_all(context, net, weight);
    read_all(context, loaded, same);
    SC_EQ_MEMORY(same, weight, sizeof weight);
    socle_net_destroy(net);
    socle_net_destroy(loaded);
    socle_data_destroy(data);
    socle_close(context);
    sc_temp_remove(&temp);
}

/* A file that is replaced while it is loaded is loaded whole, or the other one is. */
Test(api_model, replaced_while_it_is_loaded) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context), *loaded;
    float weight[83], same[83];
    char path[512], other[512];
    sc_temp temp;
    sc_temp_make(&temp);
    snprintf(path, sizeof path, "%s", sc_temp_file(&temp, "model"));
    snprintf(other, sizeof other, "%s", sc_temp_file(&temp, "other"));
    API_OK(context, socle_save(net, path));
    read_all(context, net, weight);
    const float zero[48] = {0};
    API_OK(context, socle_net_write(net, "dense1.weight", zero, 48));
    API_OK(context, socle_save(net, other));
    watched = path;
    instead = other;
    API_OK(context, socle_load(&loaded, context, path));
    SC_TRUE(!watched && access(other, F_OK) != 0); /* it was replaced */
    read_all(context, loaded, same);
    SC_EQ_MEMORY(same, weight, sizeof weight);
    socle_net_destroy(loaded);
    socle_net_destroy(net);
    socle_close(context);
    sc_temp_remove(&temp);
}

Test(api_model, bad_files) {
    socle_context *context = api_open("cpu");
    socle_net *net = (void *)1;
    sc_temp temp;
    sc_temp_make(&temp);
    API_FAILS(context, socle_load(&net, context, temp.path), SOCLE_STATUS_IO, temp.path);
    SC_TRUE(net == NULL);
    API_FAILS(context, socle_load(&net, context, sc_temp_put(&temp, "empty", "", 0)),
              SOCLE_STATUS_DATA, "empty");
    API_FAILS(context, socle_load(&net, context, SC_SOURCE_DIR "/tests/golden/mlp.safetensors"),
              SOCLE_STATUS_DATA, "mlp.safetensors"); /* weights alone: no network in it */
    net = api_net(context);
    API_FAILS(context, socle_save(net, "/nowhere/model.safetensors"), SOCLE_STATUS_IO,
              "/nowhere/model.safetensors");
    socle_net_destroy(net);
    socle_close(context);
    sc_temp_remove(&temp);
}

/* Parameters are listed with what they are; weights come in under other names; logits come out. */
Test(api_model, parameters_and_foreign_weights) {
    static const struct {
        const char *name, *role;
        socle_shape shape;
        int trained;
    } expected[] = {
        {"dense1.weight", "weight", {2, {8, 6}}, 1},
        {"dense1.bias", "bias", {1, {8}}, 1},
        {"batchnorm1.weight", "weight", {1, {8}}, 1},
        {"batchnorm1.bias", "bias", {1, {8}}, 1},
        {"batchnorm1.running_mean", "running_mean", {1, {8}}, 0},
        {"batchnorm1.running_var", "running_var", {1, {8}}, 0},
    };
    static const socle_rename rename[] = {{"dense1.*", "stem.*"}, {"batch*.*", "norm*.*"}};
    enum { COUNT = sizeof expected / sizeof expected[0] };
    socle_context *context = api_open("cpu");
    socle_net *net, *other;
    socle_parameter p;
    sc_temp temp;
    float a[48], b[48];
    sc_temp_make(&temp);
    const char *path = sc_temp_file(&temp, "weights.safetensors");
    API_OK(context, socle_net_create(&net, context));
    socle_batchnorm(net, socle_dense(net, socle_input(net, SOCLE_SHAPE(6)), 8, NULL), NULL);
    for (int i = 0; i < COUNT; i++) {
        API_OK(context, socle_net_parameter(net, i, &p));
        SC_EQ_STR(p.name, expected[i].name);
        SC_EQ_STR(p.role, expected[i].role);
        SC_EQ(p.trained, expected[i].trained);
        SC_EQ(p.shape.rank, expected[i].shape.rank);
        SC_EQ_MEMORY(p.shape.size, expected[i].shape.size, sizeof p.shape.size);
    }
    API_FAILS(context, socle_net_parameter(net, COUNT, &p), SOCLE_STATUS_NOT_FOUND, "of 6");
    API_FAILS(context, socle_net_parameter(net, -1, &p), SOCLE_STATUS_NOT_FOUND, "-1");
    API_FAILS(context, socle_net_parameter(net, 0, NULL), SOCLE_STATUS_INVALID_ARGUMENT, "out");
    API_OK(context, socle_save(net, path));
    API_OK(context, socle_net_read(net, "dense1.weight", a, 48));

    API_OK(context, socle_net_create(&other, context));
    socle_node x = socle_dense(other, socle_input(other, SOCLE_SHAPE(6)), 8,
                               &(socle_dense_opts){.name = "stem"});
    socle_batchnorm(other, x, &(socle_batchnorm_opts){.name = "normnorm1"});
    API_FAILS(context, socle_load_weights(other, path, 0, NULL), SOCLE_STATUS_DATA, "stem.weight");
    API_FAILS(context, socle_load_weights(other, path, 1, NULL), SOCLE_STATUS_INVALID_ARGUMENT,
              "rename is NULL");
    API_FAILS(context, socle_load_weights(other, path, -1, rename), SOCLE_STATUS_INVALID_ARGUMENT,
              "-1 rules");
    API_FAILS(context, socle_load_weights(other, path, 1, &(socle_rename){"a", NULL}),
              SOCLE_STATUS_INVALID_ARGUMENT, "lacks a name");
    API_FAILS(context, socle_load_weights(other, path, 1, &(socle_rename){"a*", "b"}),
              SOCLE_STATUS_CONFIG, "on the left");
    API_FAILS(context, socle_load_weights(other, "/nosuch", 0, NULL), SOCLE_STATUS_NOT_FOUND, "");
    API_OK(context, socle_load_weights(other, path, 2, rename));
    API_OK(context, socle_net_read(other, "stem.weight", b, 48));
    SC_EQ_MEMORY(b, a, sizeof a);
    socle_net_destroy(net);
    socle_net_destroy(other);
    socle_close(context);
    sc_temp_remove(&temp);
}

Test(api_model, logits) {
    enum { OUTPUTS = API_SAMPLES * API_CLASSES };
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context);
    socle_data *data = api_data(context);
    static float shares[OUTPUTS], scores[OUTPUTS];
    API_OK(context, socle_predict(net, data, shares, OUTPUTS));
    API_OK(context, socle_predict_logits(net, data, scores, OUTPUTS));
    for (int i = 0; i < OUTPUTS; i += API_CLASSES) {
        double sum = 0;
        for (int c = 0; c < API_CLASSES; c++) sum += exp((double)scores[i + c]);
        for (int c = 0; c < API_CLASSES; c++)
            SC_NEAR((double)shares[i + c], exp((double)scores[i + c]) / sum, 1e-6);
    }
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

/* Two images of 2 by 2 pixels with three channels each, which lie last in the file. */
Test(api_model, images_with_channels_last) {
    enum {
        HEADER = 20,
        IMAGES = 2,
        SIDE = 2,
        CHANNELS = 3,
        BYTES = IMAGES * SIDE * SIDE * CHANNELS
    };
    unsigned char file[HEADER + BYTES] = {
        0, 0, 8, 4, [7] = IMAGES, [11] = SIDE, [15] = SIDE, [19] = CHANNELS};
    for (int i = 0; i < BYTES; i++) file[HEADER + i] = (unsigned char)(10 * i);
    sc_temp temp;
    sc_temp_make(&temp);
    const char *path = sc_temp_file(&temp, "images");
    FILE *out = fopen(path, "wb");
    SC_TRUE(out && fwrite(file, 1, sizeof file, out) == sizeof file && fclose(out) == 0);
    socle_context *context = api_open("cpu");
    socle_data *data;
    socle_net *net;
    float value[BYTES];
    API_OK(context, socle_data_images(&data, context, path, NULL, SOCLE_NHWC));
    API_OK(context, socle_net_create(&net, context));
    socle_activation(
        net, socle_input_named(net, NULL, SOCLE_U8, SOCLE_SHAPE(CHANNELS, SIDE, SIDE), 1), "relu");
    API_OK(context, socle_predict(net, data, value, BYTES));
    for (int i = 0; i < BYTES; i++) {
        int image = i / 12, channel = i / 4 % 3, pixel = i % 4;
        SC_NEAR((double)value[i], (double)file[HEADER + (image * 4 + pixel) * 3 + channel], 0);
    }
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
    sc_temp_remove(&temp);
}

SC_OPENCL_BODIES(api_model)
