/* SPDX-License-Identifier: Apache-2.0 */
/* The shared part of the training tests. It knows the engine and the network description, no
 * driver. */
#include "fixture.h"

#include "io/safetensors.h"
#include "model/net_config.h"

static fixture *opened;

const char *fixture_text(void) {
    return opened ? opened->env.text : "";
}

static void open_with(fixture *f, const char *device, const sc_device_options *options) {
    memset(f, 0, sizeof *f);
    sc_env_init(&f->env, NULL, NULL);
    opened = f;
    FIXTURE_OK(sc_registry_create(&f->registry, &f->env));
    sc_device_choice *choices;
    int count;
    if (sc_registry_select(&f->registry, &f->env, device, &choices, &count) != SOCLE_OK)
        cr_skip_test("no device %s here: %s", device, f->env.text);
    FIXTURE_OK(sc_registry_open(&f->device, &f->registry, &f->env, &choices[0], options));
    sc_release(&f->env, choices);
}

void fixture_open(fixture *f, const char *device, int threads) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.threads = threads;
    open_with(f, device, &options);
}

void fixture_open_timed(fixture *f, const char *device) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.timestamps = true;
    open_with(f, device, &options);
}

void fixture_close(fixture *f) {
    sc_net_destroy(f->net);
    sc_dataset_destroy(f->data);
    sc_device_close(f->device);
    sc_registry_free(&f->registry, &f->env);
}

static int layer(sc_net *net, const char *word, int input, int size, int stride) {
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &options);
    if (strcmp(word, "dense") == 0) options.units = size;
    if (strcmp(word, "rnn") == 0) options.units = size, options.returns = "sequence";
    if (strcmp(word, "maxpool") == 0) options.kernel[0] = options.kernel[1] = size;
    if (strcmp(word, "dropout") == 0) options.rate = 0.25f;
    if (strcmp(word, "batchnorm") == 0) options.group = size;
    if (strcmp(word, "conv2d") == 0) {
        options.filters = size;
        options.kernel[0] = options.kernel[1] = 3;
        options.stride[0] = options.stride[1] = stride;
        options.padding.way = SC_PADDING_EXPLICIT;
        for (int i = 0; i < 4; i++) options.padding.size[i] = 1;
    }
    return sc_net_layer(net, kind, NULL, 1, &input, &options);
}

static int add_mlp(sc_net *net, int x, bool dropout) {
    x = layer(net, "flatten", x, 0, 0);
    x = layer(net, "relu", layer(net, "dense", x, 32, 0), 0, 0);
    if (dropout) x = layer(net, "dropout", x, 0, 0);
    x = layer(net, "tanh", layer(net, "dense", x, 32, 0), 0, 0);
    return layer(net, "dense", x, 10, 0);
}

static int add_cnn(sc_net *net, int x) {
    x = layer(net, "conv2d", x, 8, 1);
    x = layer(net, "relu", layer(net, "batchnorm", x, 0, 0), 0, 0);
    x = layer(net, "maxpool", x, 2, 0);
    x = layer(net, "conv2d", x, 12, 2);
    x = layer(net, "relu", layer(net, "batchnorm", x, 0, 0), 0, 0);
    return layer(net, "dense", layer(net, "global_avgpool", x, 0, 0), 10, 0);
}

/* Channels in whole blocks of 16, and some that are not. */
static int add_wide(sc_net *net, int x) {
    x = layer(net, "relu", layer(net, "conv2d", x, 16, 1), 0, 0);
    x = layer(net, "maxpool", layer(net, "conv2d", x, 32, 1), 2, 0);
    x = layer(net, "tanh", layer(net, "batchnorm", x, 0, 0), 0, 0);
    x = layer(net, "relu", layer(net, "conv2d", layer(net, "conv2d", x, 32, 1), 16, 2), 0, 0);
    x = layer(net, "dropout", layer(net, "conv2d", x, 12, 1), 0, 0);
    return layer(net, "dense", layer(net, "flatten", x, 0, 0), 10, 0);
}

/* Many parameters of one size: 20 of 16384 bytes each. */
static int add_deep(sc_net *net, int x) {
    x = layer(net, "tanh", layer(net, "dense", layer(net, "flatten", x, 0, 0), 1, 0), 0, 0);
    for (int i = 0; i < 21; i++) {
        x = layer(net, "tanh", layer(net, "dense", x, 64, 0), 0, 0);
        if (i == 10) x = layer(net, "batchnorm", x, 2, 0);
        if (i == 15) x = layer(net, "dropout", x, 0, 0);
    }
    return layer(net, "dense", x, 10, 0);
}

/* Rows as steps, and a dense layer over all states. */
static int add_rnn(sc_net *net, int x) {
    x = layer(net, "flatten", layer(net, "rnn", x, 32, 0), 0, 0);
    return layer(net, "dense", x, 10, 0);
}

void fixture_golden(fixture *f, const char *network) {
    FIXTURE_OK(sc_dataset_from_idx(&f->data, &f->env,
                                   SC_SOURCE_DIR "/tests/golden/images-idx3-ubyte",
                                   SC_SOURCE_DIR "/tests/golden/labels-idx1-ubyte"));
    FIXTURE_OK(sc_net_create(&f->net, &f->env));
    socle_shape shape = {3, {1, 12, 12}};
    int x = sc_net_input(f->net, "input", SOCLE_U8, &shape, 1.0f / 255.0f);
    if (strcmp(network, "wide") == 0)
        x = add_wide(f->net, x);
    else if (strcmp(network, "deep") == 0)
        x = add_deep(f->net, x);
    else if (strcmp(network, "rnn") == 0)
        x = add_rnn(f->net, x);
    else
        x = strcmp(network, "cnn") == 0 ? add_cnn(f->net, x)
                                        : add_mlp(f->net, x, strcmp(network, "dropout") == 0);
    FIXTURE_OK(sc_net_loss(f->net, "softmax_cross_entropy", x));
}

sc_dataset *fixture_rows(fixture *f, const int *index, int count, const float *weight) {
    const socle_shape one = {0};
    sc_dataset *out;
    FIXTURE_OK(sc_dataset_create(&out, &f->env, "rows", count));
    for (int c = 0; c < 2; c++) {
        const sc_column *from = sc_dataset_column(f->data, c);
        void *to;
        FIXTURE_OK(sc_dataset_add_new(out, &to, from->name, from->dtype, &from->shape));
        for (int i = 0; i < count; i++)
            memcpy((char *)to + (size_t)i * from->row_bytes,
                   (const char *)from->data + (size_t)index[i] * from->row_bytes, from->row_bytes);
    }
    if (weight) FIXTURE_OK(sc_dataset_add_copy(out, "weight", SOCLE_F32, &one, weight));
    return out;
}

void fixture_example(fixture *f, const char *name) {
    enum { SIDE = 28, SAMPLES = FIXTURE_EXAMPLE_SAMPLES };
    static unsigned char images[SAMPLES * SIDE * SIDE], labels[SAMPLES];
    const socle_shape shape = {3, {1, SIDE, SIDE}}, label = {0};
    char path[512];
    sc_config *config;
    sc_net_destroy(f->net);
    sc_dataset_destroy(f->data);
    snprintf(path, sizeof path, "%s/examples/%s.yaml", SC_SOURCE_DIR, name);
    FIXTURE_OK(sc_config_load(&config, &f->env, path));
    FIXTURE_OK(sc_net_create(&f->net, &f->env));
    sc_net_input(f->net, SC_INPUT_NAME, SOCLE_U8, &shape, 1.0f / 255.0f);
    FIXTURE_OK(sc_net_read(f->net, config, sc_config_find(config, "network")));
    FIXTURE_OK(sc_loss_read(f->net, config, sc_config_root(config), f->net->output));
    sc_config_destroy(config);
    for (size_t i = 0; i < sizeof images; i++) images[i] = (unsigned char)(i * 2654435761u >> 24);
    for (size_t i = 0; i < SAMPLES; i++) labels[i] = (unsigned char)(i % 10);
    FIXTURE_OK(sc_dataset_create(&f->data, &f->env, "noise", SAMPLES));
    FIXTURE_OK(sc_dataset_add_copy(f->data, "input", SOCLE_U8, &shape, images));
    FIXTURE_OK(sc_dataset_add_copy(f->data, "label", SOCLE_U8, &label, labels));
}

void fixture_weights(fixture *f, sc_engine *engine, const char *network) {
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/%s.safetensors", SC_SOURCE_DIR, network);
    sc_safetensors *file;
    FIXTURE_OK(sc_safetensors_open(&file, &f->env, path));
    for (size_t p = 0; p < f->net->parameters; p++) {
        const sc_safetensors_tensor *tensor;
        FIXTURE_OK(
            sc_safetensors_expect(&tensor, file, f->net->parameter[p].name, SOCLE_F32, NULL));
        SC_EQ(tensor->bytes, sc_tensor_bytes(&f->net->parameter[p].desc));
        float *data = malloc(tensor->bytes);
        FIXTURE_OK(sc_safetensors_read(file, tensor, data, tensor->bytes));
        FIXTURE_OK(sc_engine_write(engine, (int)p, data));
        free(data);
    }
    sc_safetensors_close(file);
}

json_t *fixture_expected(void) {
    json_error_t error;
    json_t *root = json_load_file(SC_SOURCE_DIR "/tests/golden/expected.json", 0, &error);
    if (!root) SC_TEST_FAIL("expected.json: %s", error.text);
    return root;
}

sc_optimizer fixture_optimizer(const char *word, float rate, float momentum) {
    sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find(word));
    optimizer.value[0] = rate;
    if (strcmp(word, "sgd") == 0) optimizer.value[1] = momentum;
    return optimizer;
}

/* Of the parts of a step: a single row leaves none in an engine for several. */
static int leave_statistics(const sc_engine *engine, int64_t rows, int parts) {
    return parts > 1 || rows > 1 || sc_engine_capacity(engine) == 1 ? parts : 0;
}

float fixture_step(fixture *f, sc_engine *engine, uint32_t step, int64_t first, int64_t rows,
                   int parts, float rate) {
    const sc_column *images = sc_dataset_column(f->data, sc_dataset_find(f->data, "input"));
    const sc_column *labels = sc_dataset_column(f->data, sc_dataset_find(f->data, "label"));
    for (int part = 0; part < parts; part++) {
        int64_t begin = rows * part / parts, end = rows * (part + 1) / parts;
        const void *column[2] = {
            (const char *)images->data + (size_t)(first + begin) * images->row_bytes,
            (const char *)labels->data + (size_t)(first + begin) * labels->row_bytes};
        int slot = part % sc_engine_slots(engine);
        FIXTURE_OK(sc_engine_upload(engine, slot, end - begin, column, NULL));
        FIXTURE_OK(sc_engine_micro_batch(engine, slot, end - begin, (uint32_t)begin, step));
    }
    sc_engine_step commit = {step, (double)rows, leave_statistics(engine, rows, parts), rate};
    FIXTURE_OK(sc_engine_commit(engine, &commit));
    sc_totals totals;
    FIXTURE_OK(sc_engine_totals(engine, &totals));
    SC_EQ(totals.bad_step, 0);
    return totals.last_loss;
}

float *fixture_parameters(fixture *f, sc_engine *engine, size_t *count) {
    size_t total = 0;
    for (size_t p = 0; p < f->net->parameters; p++)
        total += (size_t)sc_tensor_elements(&f->net->parameter[p].desc);
    float *all = malloc(total * sizeof *all), *next = all;
    for (size_t p = 0; p < f->net->parameters; p++) {
        FIXTURE_OK(sc_engine_read(engine, (int)p, next));
        next += sc_tensor_elements(&f->net->parameter[p].desc);
    }
    *count = total;
    return all;
}

sc_fit_options fixture_ordered(int64_t batch, int64_t epochs) {
    sc_fit_options options = sc_fit_defaults();
    options.optimizer = fixture_optimizer("sgd", 0.1f, 0.9f);
    options.batch = batch;
    options.epochs = epochs;
    options.shuffle = false;
    options.seed = 3;
    return options;
}
