/* SPDX-License-Identifier: Apache-2.0 */
/* Level three: a convolutional network on Fashion-MNIST (Debian package dataset-fashion-mnist) in a
 * few lines. Writes the model to fashion-cnn.safetensors, or where you say.
 *   fit [device [epochs [steps [model]]]]
 *   cc fit.c $(pkg-config --cflags --libs socle) -o fit && ./fit auto 5 */
#include <socle/socle.h>
#include <stdio.h>
#include <stdlib.h>

#define FASHION "/usr/share/datasets/fashion-mnist/"

static int print_epoch(void *user, const socle_epoch *epoch) {
    (void)user;
    printf("epoch %d: loss %.4f accuracy %.4f, validation %.4f, %.0f samples/s\n",
           (int)epoch->epoch, epoch->loss, epoch->accuracy, epoch->val_accuracy,
           epoch->samples_per_second);
    return 0;
}

/* No check per line: a net remembers its first error, and socle_fit reports it. */
static void describe(socle_net *net) {
    socle_conv2d_opts same = {.padding = SOCLE_SAME};
    socle_node x = socle_input_named(net, "input", SOCLE_U8, SOCLE_SHAPE(1, 28, 28), 1.0f / 255.0f);
    x = socle_maxpool2d(net, socle_relu(net, socle_conv2d(net, x, 32, 3, &same)), 2, NULL);
    x = socle_maxpool2d(net, socle_relu(net, socle_conv2d(net, x, 64, 3, &same)), 2, NULL);
    x = socle_relu(net, socle_dense(net, socle_flatten(net, x), 128, NULL));
    x = socle_dense(net, socle_dropout(net, x, 0.5f), 10, NULL);
    socle_loss_softmax_cross_entropy(net, x);
}

static socle_status train(socle_net *net, socle_data *training, socle_data *test,
                          const socle_fit_opts *opts, const char *model) {
    socle_result result;
    socle_status status = socle_fit(net, training, opts);
    if (status == SOCLE_OK) status = socle_evaluate(net, test, &result);
    if (status == SOCLE_OK) status = socle_save(net, model);
    if (status == SOCLE_OK) printf("test accuracy %.4f, model %s\n", result.accuracy, model);
    return status;
}

int main(int argc, char **argv) {
    socle_context *context;
    socle_device_info device;
    socle_data *training = NULL, *test = NULL;
    socle_net *net = NULL;
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.optimizer = socle_adam(1e-3f);
    opts.epochs = argc > 2 ? atoi(argv[2]) : 2;
    opts.steps = argc > 3 ? atoi(argv[3]) : 0;
    opts.batch = 128;
    opts.validation_split = 0.1f;
    opts.on_epoch = print_epoch;

    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status == SOCLE_OK)
        status = socle_data_idx(&training, context, FASHION "train-images-idx3-ubyte.gz",
                                FASHION "train-labels-idx1-ubyte.gz");
    if (status == SOCLE_OK)
        status = socle_data_idx(&test, context, FASHION "t10k-images-idx3-ubyte.gz",
                                FASHION "t10k-labels-idx1-ubyte.gz");
    if (status == SOCLE_OK) status = socle_net_create(&net, context);
    if (status == SOCLE_OK) {
        describe(net);
        socle_context_device(context, &device);
        printf("%s, %lld parameters\n", device.name, (long long)socle_net_parameters(net));
        status = train(net, training, test, &opts, argc > 4 ? argv[4] : "fashion-cnn.safetensors");
    }
    if (status != SOCLE_OK) fprintf(stderr, "fit: %s\n", socle_error(context));

    socle_net_destroy(net);
    socle_data_destroy(training);
    socle_data_destroy(test);
    socle_close(context);
    return status == SOCLE_OK ? 0 : 1;
}
