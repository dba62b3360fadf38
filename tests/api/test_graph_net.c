/* SPDX-License-Identifier: Apache-2.0 */
/* Networks inside graphs: what they compute is what predictions say, steps are those of a trainer,
 * and the network's weights are one thing wherever they were changed. */
#include "api_test.h"

#include "sc_temp.h"

#include <math.h>

enum { ROWS = 24, SIDE = 6, IMAGE = SIDE * SIDE, CLASSES = 3, MOST_WEIGHTS = 4096 };

typedef struct images {
    unsigned char pixel[ROWS][IMAGE], label[ROWS];
} images;

static void draw(images *out) {
    uint32_t state = 99;
    for (int i = 0; i < ROWS; i++) {
        out->label[i] = (unsigned char)(i % CLASSES);
        for (int k = 0; k < IMAGE; k++) {
            state = state * 1664525u + 1013904223u;
            out->pixel[i][k] =
                (unsigned char)((state >> 25) + (k % CLASSES == i % CLASSES ? 120 : 0));
        }
    }
}

/* Convolution, batch normalisation, pooling, flatten, dense: u8 images of one channel. */
static socle_net *make_net(socle_context *context) {
    const socle_batchnorm_opts norm = {.momentum = 0.75f};
    const socle_conv2d_opts convolution = {.no_bias = 1}; /* its gradient would be rounding alone */
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input_named(net, NULL, SOCLE_U8, SOCLE_SHAPE(1, SIDE, SIDE), 1.0f / 255);
    x = socle_relu(net, socle_batchnorm(net, socle_conv2d(net, x, 4, 3, &convolution), &norm));
    x = socle_flatten(net, socle_maxpool2d(net, x, 2, NULL));
    API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, x, CLASSES, NULL)));
    return net;
}

typedef struct bench {
    socle_context *context;
    socle_graph *graph;
    socle_net *net;
    socle_tensor *pixel, *label;
    socle_value x, logits, loss;
    images all;
} bench;

static void open_graph(bench *b, int training) {
    API_OK(b->context, socle_graph_create(&b->graph, b->context));
    b->x = socle_op_tensor(b->graph, b->pixel);
    b->logits = socle_graph_net(b->graph, b->net, 1, &b->x, training);
    b->loss = socle_op_cross_entropy(b->graph, b->logits, socle_op_tensor(b->graph, b->label));
}

static void begin(bench *b, const char *device, int training) {
    memset(b, 0, sizeof *b);
    b->context = api_open(device);
    draw(&b->all);
    b->net = make_net(b->context);
    b->pixel = api_tensor(b->context, SOCLE_U8, SOCLE_SHAPE(ROWS, 1, SIDE, SIDE));
    b->label = api_tensor(b->context, SOCLE_U8, SOCLE_SHAPE(ROWS));
    API_OK(b->context, socle_tensor_write(b->pixel, b->all.pixel, sizeof b->all.pixel));
    API_OK(b->context, socle_tensor_write(b->label, b->all.label, sizeof b->all.label));
    open_graph(b, training);
}

static void end(bench *b) {
    socle_graph_destroy(b->graph);
    socle_net_destroy(b->net);
    socle_tensor_destroy(b->pixel);
    socle_tensor_destroy(b->label);
    socle_close(b->context);
}

static void predict(bench *b, float logits[ROWS][CLASSES]) {
    socle_data *data;
    API_OK(b->context,
           socle_data_arrays(&data, b->context, ROWS, SOCLE_U8, SOCLE_SHAPE(1, SIDE, SIDE),
                             b->all.pixel, SOCLE_U8, NULL, b->all.label));
    API_OK(b->context, socle_predict_logits(b->net, data, logits[0], ROWS * CLASSES));
    socle_data_destroy(data);
}

/* Sums of at most 64 terms in another order: 64 roundings of 6e-8 of values of a few units, through
 * three layers. */
static void near_all(const float *found, const float *expected, int count) {
    for (int i = 0; i < count; i++)
        if (!(fabsf(found[i] - expected[i]) <= 2e-5f * (1 + fabsf(expected[i]))))
            SC_TEST_FAIL("number %d is %.9g, expected %.9g", i, (double)found[i],
                         (double)expected[i]);
}

/* Every parameter, running statistics too, one after the other. */
static int weights(bench *b, socle_net *net, float *out) {
    socle_parameter parameter;
    int count = 0;
    for (int64_t p = 0; socle_net_parameter(net, p, &parameter) == SOCLE_OK; p++) {
        int elements = 1;
        for (int d = 0; d < parameter.shape.rank; d++) elements *= (int)parameter.shape.size[d];
        SC_TRUE(count + elements <= MOST_WEIGHTS);
        API_OK(b->context, socle_net_read(net, parameter.name, out + count, (size_t)elements));
        count += elements;
    }
    return count;
}

API_TEST(api_graph_net, computes_what_predictions_say) {
    bench b;
    float logits[ROWS][CLASSES], expected[ROWS][CLASSES], bias[CLASSES] = {3, -1, 0.5f};
    begin(&b, device, 0);
    socle_tensor *out = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(ROWS, CLASSES));
    socle_op_store(b.graph, b.logits, out);
    API_OK(b.context, socle_graph_compile(b.graph));
    for (int k = 0; k < 2; k++) {
        predict(&b, expected);
        API_OK(b.context, socle_graph_run(b.graph));
        API_OK(b.context, socle_tensor_read(out, logits, sizeof logits));
        near_all(logits[0], expected[0], ROWS * CLASSES);
        API_OK(b.context, socle_net_write(b.net, "dense1.bias", bias, CLASSES)); /* is seen */
    }
    socle_tensor_destroy(out);
    end(&b);
}

/* Steps of a graph and of a trainer, from equal weights. */
static void steps_agree(const char *device, const socle_optimizer *optimizer, int steps) {
    static float found[MOST_WEIGHTS], expected[MOST_WEIGHTS];
    bench b;
    socle_trainer *trainer;
    begin(&b, device, 1);
    SC_REPRO("%s", optimizer->kind);
    socle_net *other = make_net(b.context);
    API_OK(b.context, socle_graph_minimize(b.graph, b.loss, b.net, *optimizer, 0));
    API_OK(b.context, socle_graph_compile(b.graph));
    SC_EQ(weights(&b, b.net, found), weights(&b, other, expected));
    API_OK(b.context, socle_trainer_create(&trainer, other, *optimizer, ROWS, 1));
    for (int s = 0; s < steps; s++) {
        if (s == 2) {
            API_OK(b.context, socle_graph_learning_rate(b.graph, b.net, 0.01f));
            API_OK(b.context, socle_trainer_learning_rate(trainer, 0.01f));
        }
        API_OK(b.context, socle_graph_run(b.graph));
        API_OK(b.context, socle_trainer_step(trainer, ROWS, b.all.pixel, b.all.label, NULL));
    }
    API_OK(b.context, socle_trainer_sync(trainer));
    int count = weights(&b, b.net, found);
    weights(&b, other, expected);
    near_all(found, expected, count);
    socle_trainer_destroy(trainer);
    socle_net_destroy(other);
    end(&b);
    sc_repro_line[0] = '\0';
}

API_TEST(api_graph_net, steps_are_those_of_a_trainer) {
    const socle_optimizer all[] = {
        socle_adam(0.02f),
        socle_update(0.02f, "m = 0.9 * m + g; w = w - lr * m / (sqrt(total(g * g)) + 0.1)"),
        socle_sgd(0.05f, 0.9f),
        {"lamb", {0.02f}, 1}, /* sums over each parameter */
        socle_update(0.02f, "w = w - lr * g if step < 3 else w - 0.5 * lr * g"),
    };
    const size_t count = strcmp(device, "cpu") == 0 ? sizeof all / sizeof all[0] : 2;
    for (size_t i = 0; i < count; i++) steps_agree(device, &all[i], 4);
}

/* After a run everybody finds the new weights: reading, predictions, files, other graphs. */
API_TEST_IN_FULL(api_graph_net, weights_are_one_thing) {
    static float before[MOST_WEIGHTS], after[MOST_WEIGHTS], loaded[MOST_WEIGHTS];
    bench b;
    float first[ROWS][CLASSES], second[ROWS][CLASSES];
    sc_temp folder;
    socle_net *copy;
    sc_temp_make(&folder);
    begin(&b, device, 1);
    int count = weights(&b, b.net, before);
    predict(&b, first);
    API_OK(b.context, socle_graph_minimize(b.graph, b.loss, b.net, socle_sgd(0.1f, 0), 0.5f));
    API_OK(b.context, socle_graph_compile(b.graph));
    API_OK(b.context, socle_graph_run(b.graph));
    predict(&b, second);
    SC_TRUE(memcmp(first, second, sizeof first) != 0);
    SC_EQ(weights(&b, b.net, after), count);
    SC_TRUE(memcmp(before, after, (size_t)count * sizeof *after) != 0);
    API_OK(b.context, socle_save(b.net, sc_temp_file(&folder, "net.safetensors")));
    API_OK(b.context, socle_load(&copy, b.context, sc_temp_file(&folder, "net.safetensors")));
    SC_EQ(weights(&b, copy, loaded), count);
    SC_EQ_MEMORY(loaded, after, (size_t)count * sizeof *after);
    /* What is written between two runs is what the second one begins with. */
    for (int k = 0; k < 2; k++) {
        float bias[CLASSES] = {1, 2, 3}, moved[CLASSES];
        API_OK(b.context, socle_net_write(b.net, "dense1.bias", bias, CLASSES));
        API_OK(b.context, socle_graph_run(b.graph));
        API_OK(b.context, socle_net_read(b.net, "dense1.bias", moved, CLASSES));
        for (int c = 0; c < CLASSES; c++) SC_TRUE(fabsf(moved[c] - bias[c]) < 0.1f);
        SC_TRUE(moved[0] != bias[0]);
    }
    SC_EQ(socle_dense(b.net, 3, 2, NULL), -1);
    SC_CONTAINS(socle_error(b.context), "a trainer or a graph uses this network");
    socle_net_destroy(copy);
    end(&b);
    sc_temp_remove(&folder);
}

/* The gradient by the input is that of differences, where the images are numbers. */
API_TEST(api_graph_net, gradient_by_the_input) {
    bench b;
    float image[IMAGE], slope[IMAGE], loss[2];
    begin(&b, device, 0);
    socle_graph_destroy(b.graph);
    API_OK(b.context, socle_graph_create(&b.graph, b.context));
    socle_tensor *x = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(1, 1, SIDE, SIDE)),
                 *label = api_tensor(b.context, SOCLE_U8, SOCLE_SHAPE(1)),
                 *out = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(1)),
                 *dx = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(1, 1, SIDE, SIDE));
    socle_value vx = socle_op_tensor(b.graph, x), slopes;
    socle_value logits = socle_graph_net(b.graph, b.net, 1, &vx, 0);
    socle_value cost = socle_op_cross_entropy(b.graph, logits, socle_op_tensor(b.graph, label));
    API_OK(b.context, socle_graph_gradient(b.graph, cost, 1, &vx, &slopes));
    socle_op_store(b.graph, cost, out);
    socle_op_store(b.graph, slopes, dx);
    API_OK(b.context, socle_graph_compile(b.graph));
    for (int i = 0; i < IMAGE; i++) image[i] = b.all.pixel[0][i];
    API_OK(b.context, socle_tensor_write(x, image, sizeof image));
    API_OK(b.context, socle_graph_run(b.graph));
    API_OK(b.context, socle_tensor_read(dx, slope, sizeof slope));
    int moved = 0;
    for (int i = 0; i < IMAGE; i += 5) {
        for (int side = 0; side < 2; side++) {
            image[i] += side ? -1.0f : 0.5f;
            API_OK(b.context, socle_tensor_write(x, image, sizeof image));
            API_OK(b.context, socle_graph_run(b.graph));
            API_OK(b.context, socle_tensor_read(out, &loss[side], sizeof loss[side]));
        }
        image[i] += 0.5f;
        /* Losses are exact to some 1e-6; half a grey level meets no corner of a maximum. */
        SC_TRUE(fabsf(loss[0] - loss[1] - slope[i]) < 1e-4f + 0.05f * fabsf(slope[i]));
        moved += fabsf(slope[i]) > 1e-4f;
    }
    SC_TRUE(moved > 0);
    socle_tensor *all[4] = {x, label, out, dx};
    for (int i = 0; i < 4; i++) socle_tensor_destroy(all[i]);
    end(&b);
}

/* Owners may go in any order. */
API_TEST_IN_FULL(api_graph_net, owners_go_in_any_order) {
    bench b;
    begin(&b, device, 1);
    API_OK(b.context, socle_graph_minimize(b.graph, b.loss, b.net, socle_adam(0.1f), 0));
    API_OK(b.context, socle_graph_compile(b.graph));
    socle_net_destroy(b.net);
    socle_tensor_destroy(b.pixel);
    API_OK(b.context, socle_graph_run(b.graph));
    API_OK(b.context, socle_graph_run(b.graph));
    socle_close(b.context);
    socle_graph_destroy(b.graph);
    socle_tensor_destroy(b.label);
}

typedef socle_status wrong_call(bench *b);
static socle_status two_values(bench *b) {
    return socle_graph_net(b->graph, b->net, 2, (socle_value[]){b->x, b->x}, 0) == -1;
}
static socle_status another_shape(bench *b) {
    return socle_graph_net(b->graph, b->net, 1, &b->logits, 0) == -1;
}
static socle_status no_network(bench *b) {
    return socle_graph_net(b->graph, NULL, 1, &b->x, 0) == -1;
}
static socle_status no_values(bench *b) {
    return socle_graph_net(b->graph, b->net, 1, NULL, 0) == -1;
}
static socle_status unknown_parameter(bench *b) {
    return socle_graph_parameter(b->graph, b->net, "dense9.weight") == -1;
}
static socle_status twice(bench *b) {
    API_OK(b->context, socle_graph_minimize(b->graph, b->loss, b->net, socle_adam(1), 0));
    return socle_graph_minimize(b->graph, b->loss, b->net, socle_adam(1), 0);
}
static socle_status reaches_nothing(bench *b) {
    return socle_graph_minimize(b->graph, socle_op_to_float(b->graph, b->x, 1), b->net,
                                socle_adam(1), 0);
}
static socle_status labels_as_loss(bench *b) {
    return socle_graph_minimize(b->graph, b->x, b->net, socle_adam(1), 0);
}
static socle_status unknown_optimizer(bench *b) {
    return socle_graph_minimize(b->graph, b->loss, b->net, (socle_optimizer){"adan", {1}, 1}, 0);
}
static socle_status negative_decay(bench *b) {
    return socle_graph_minimize(b->graph, b->loss, b->net, socle_adam(1), -1);
}
static socle_status empty_network(bench *b) {
    socle_net *net;
    API_OK(b->context, socle_net_create(&net, b->context));
    socle_input(net, SOCLE_SHAPE(2));
    socle_graph_net(b->graph, net, 1, &b->x, 0);
    socle_net_destroy(net);
    return SOCLE_OK;
}

Test(api_graph_net, mistakes) {
    static const struct {
        wrong_call *call;
        socle_status status;
        const char *text;
    } wrong[] = {
        {two_values, SOCLE_STATUS_INVALID_ARGUMENT, "2 values; the network's inputs are 1"},
        {another_shape, SOCLE_STATUS_SHAPE, "x[0] is f32[24,3]; the network's input 'input' is"},
        {no_network, SOCLE_STATUS_INVALID_ARGUMENT, "net"},
        {no_values, SOCLE_STATUS_INVALID_ARGUMENT, "x"},
        {unknown_parameter, SOCLE_STATUS_NOT_FOUND, "no parameter \"dense9.weight\""},
        {twice, SOCLE_STATUS_STATE, "already"},
        {reaches_nothing, SOCLE_STATUS_CONFIG, "does not depend on any parameter"},
        {labels_as_loss, SOCLE_STATUS_INVALID_ARGUMENT, "not a value of f32"},
        {unknown_optimizer, SOCLE_STATUS_CONFIG, "no optimizer \"adan\""},
        {negative_decay, SOCLE_STATUS_CONFIG, "weight_decay"},
        {empty_network, SOCLE_STATUS_INVALID_ARGUMENT, "no layers"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bench b;
        begin(&b, "cpu", 0);
        wrong[i].call(&b);
        API_FAILS(b.context, socle_graph_compile(b.graph), wrong[i].status, wrong[i].text);
        end(&b);
    }
    SC_EQ(socle_graph_net(NULL, NULL, 0, NULL, 0), -1);
    SC_EQ(socle_graph_parameter(NULL, NULL, NULL), -1);
    SC_EQ(socle_graph_minimize(NULL, 0, NULL, socle_adam(1), 0), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_graph_learning_rate(NULL, NULL, 1), SOCLE_STATUS_INVALID_ARGUMENT);
}

Test(api_graph_net, rates) {
    bench b;
    begin(&b, "cpu", 0);
    API_FAILS(b.context, socle_graph_learning_rate(b.graph, b.net, 0.1f), SOCLE_STATUS_STATE,
              "minimizes nothing");
    API_OK(b.context, socle_graph_minimize(b.graph, b.loss, b.net, socle_adam(1), 0));
    API_FAILS(b.context, socle_graph_learning_rate(b.graph, b.net, NAN),
              SOCLE_STATUS_INVALID_ARGUMENT, "learning rate");
    API_OK(b.context, socle_graph_learning_rate(b.graph, b.net, 0.5f));
    API_OK(b.context, socle_graph_compile(b.graph));
    end(&b);
}

SC_OPENCL_BODIES(api_graph_net)
