/* SPDX-License-Identifier: Apache-2.0 */
/* A network inside a graph: pictures are changed a little, each pixel in the direction that the
 * loss grows in, and a trained network no longer knows them (the fast gradient sign method;
 * Goodfellow, Shlens and Szegedy 2015). fgsm [device] cc fgsm.c $(pkg-config --cflags --libs socle)
 * -o fgsm && ./fgsm */
#include <socle/socle.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 256, SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 2 };
static const char model[] = "fgsm.safetensors";

/* pictures += 0.75 sign(slope of the loss), on the device. */
static socle_status attack(socle_context *context, socle_net *net, socle_tensor *pictures,
                           socle_tensor *labels) {
    socle_graph *graph;
    socle_value x, loss, slope;
    socle_status status = socle_graph_create(&graph, context);
    if (status != SOCLE_OK) return status;
    x = socle_op_tensor(graph, pictures);
    loss = socle_op_cross_entropy(graph, socle_graph_net(graph, net, 1, &x, 0),
                                  socle_op_tensor(graph, labels));
    socle_graph_gradient(graph, loss, 1, &x, &slope);
    const socle_value both[2] = {x, slope};
    socle_op_store(graph, socle_op_expr(graph, 2, both, "x1 + 0.75 * sign(x2)"), pictures);
    status = socle_graph_compile(graph);
    if (status == SOCLE_OK) status = socle_graph_run(graph);
    socle_graph_destroy(graph);
    return status;
}

/* Stripes that lie or stand, in noise. */
static void draw(float picture[SAMPLES][PIXELS], unsigned char label[SAMPLES]) {
    for (int i = 0; i < SAMPLES; i++) {
        label[i] = (unsigned char)(i % CLASSES);
        for (int k = 0; k < PIXELS; k++) {
            int line = label[i] ? k % SIDE : k / SIDE;
            picture[i][k] = (float)(line / 2 % 2) + 0.5f * (float)rand() / (float)RAND_MAX;
        }
    }
}

static socle_status data_of(socle_data **out, socle_context *context, const float *picture,
                            const unsigned char *label) {
    return socle_data_arrays(out, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(1, SIDE, SIDE), picture,
                             SOCLE_U8, NULL, label);
}

/* Trains a small convolutional network and saves it. */
static socle_status train(socle_context *context, const socle_data *data) {
    const socle_fit_opts opts = {
        .optimizer = socle_adam(0.01f), .epochs = 4, .batch = 32, .seed = 1};
    socle_net *net;
    socle_status status = socle_net_create(&net, context);
    if (status != SOCLE_OK) return status;
    socle_node x = socle_input(net, SOCLE_SHAPE(1, SIDE, SIDE));
    x = socle_maxpool2d(net, socle_relu(net, socle_conv2d(net, x, 8, 3, NULL)), 2, NULL);
    x = socle_dense(net, socle_flatten(net, x), CLASSES, NULL);
    status = socle_loss_softmax_cross_entropy(net, x);
    if (status == SOCLE_OK) status = socle_fit(net, data, &opts);
    if (status == SOCLE_OK) status = socle_save(net, model);
    socle_net_destroy(net);
    return status;
}

/* Accuracy on the pictures as they are in `tensor` now. */
static socle_status measure(socle_context *context, socle_net *net, socle_tensor *pictures,
                            const unsigned char *label, double *accuracy) {
    static float picture[SAMPLES][PIXELS];
    socle_result result = {0};
    socle_data *data = NULL;
    socle_status status = socle_tensor_read(pictures, picture, sizeof picture);
    if (status == SOCLE_OK) status = data_of(&data, context, picture[0], label);
    if (status == SOCLE_OK) status = socle_evaluate(net, data, &result);
    *accuracy = result.accuracy;
    socle_data_destroy(data);
    return status;
}

int main(int argc, char **argv) {
    static float picture[SAMPLES][PIXELS];
    static unsigned char label[SAMPLES];
    socle_context *context;
    socle_data *data = NULL;
    socle_net *net = NULL;
    socle_tensor *pictures = NULL, *labels = NULL;
    double before = 0, after = 1;
    draw(picture, label);
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status == SOCLE_OK) status = data_of(&data, context, picture[0], label);
    if (status == SOCLE_OK) status = train(context, data);
    if (status == SOCLE_OK) status = socle_load(&net, context, model);
    if (status == SOCLE_OK)
        status =
            socle_tensor_create(&pictures, context, SOCLE_F32, SOCLE_SHAPE(SAMPLES, 1, SIDE, SIDE));
    if (status == SOCLE_OK)
        status = socle_tensor_create(&labels, context, SOCLE_U8, SOCLE_SHAPE(SAMPLES));
    if (status == SOCLE_OK) status = socle_tensor_write(pictures, picture, sizeof picture);
    if (status == SOCLE_OK) status = socle_tensor_write(labels, label, sizeof label);
    if (status == SOCLE_OK) status = measure(context, net, pictures, label, &before);
    if (status == SOCLE_OK) status = attack(context, net, pictures, labels);
    if (status == SOCLE_OK) status = measure(context, net, pictures, label, &after);
    if (status == SOCLE_OK)
        printf("accuracy %.2f, after the attack %.2f\n", before, after);
    else
        fprintf(stderr, "fgsm: %s\n", socle_error(context));

    socle_tensor_destroy(pictures);
    socle_tensor_destroy(labels);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
    return status == SOCLE_OK && before > 0.95 && after < 0.3 ? 0 : 1;
}
