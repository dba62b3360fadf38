/* SPDX-License-Identifier: Apache-2.0 */
/* A stranger's program: from nothing to a model file in some twenty lines, as the README shows it.
 * check_package.cmake builds it against an installed Socle, as C and as C++. */
#include <socle/socle.h>
#include <stdio.h>

enum { SAMPLES = 64, SIDE = 28, CLASSES = 10 };

static float image[SAMPLES][SIDE][SIDE];
static unsigned char label[SAMPLES];

/* Class k has a bright row k. */
static socle_status draw(socle_data **data, socle_context *ctx) {
    for (int i = 0; i < SAMPLES; i++) {
        label[i] = (unsigned char)(i % CLASSES);
        for (int x = 0; x < SIDE; x++) image[i][label[i]][x] = 1.0f;
    }
    return socle_data_arrays(data, ctx, SAMPLES, SOCLE_F32, SOCLE_SHAPE(1, SIDE, SIDE), image,
                             SOCLE_U8, NULL, label);
}

int main(int argc, char **argv) {
    socle_context *ctx;
    socle_data *train = NULL;
    socle_net *net = NULL;
    if (socle_open(&ctx, argc > 1 ? argv[1] : "auto") != SOCLE_OK ||
        draw(&train, ctx) != SOCLE_OK || socle_net_create(&net, ctx) != SOCLE_OK) {
        fprintf(stderr, "%s\n", socle_error(ctx));
        return 1;
    }
    socle_node x = socle_input(net, SOCLE_SHAPE(1, 28, 28));
#ifdef __cplusplus
    socle_conv2d_opts same = socle_conv2d_opts();
    same.padding = SOCLE_SAME;
    x = socle_relu(net, socle_conv2d(net, x, 32, 3, &same));
#else
    x = socle_relu(net, socle_conv2d(net, x, 32, 3, &(socle_conv2d_opts){.padding = SOCLE_SAME}));
#endif
    x = socle_maxpool2d(net, x, 2, NULL);
    x = socle_dense(net, socle_flatten(net, x), CLASSES, NULL);
    socle_loss_softmax_cross_entropy(net, x);

    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.optimizer = socle_adam(1e-3f);
    opts.epochs = 5;
    opts.batch = 16;
    opts.validation_split = 0.1f;
    int failed = socle_fit(net, train, &opts) != SOCLE_OK ||
                 socle_save(net, argc > 2 ? argv[2] : "model.safetensors") != SOCLE_OK;
    if (failed) fprintf(stderr, "%s\n", socle_error(ctx));
    socle_net_destroy(net);
    socle_data_destroy(train);
    socle_close(ctx);
    return failed;
}
