/* SPDX-License-Identifier: Apache-2.0 */
/* A plain program (Criterion does not run under ThreadSanitizer): trains on two members of one
 * thread each, with validation between epochs, on samples that stay on the devices; then once more
 * in reproducible mode, whose weights must be those of one device. */
#include <socle/socle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 500, FEATURES = 20, HIDDEN = 24, CLASSES = 3, WEIGHTS = HIDDEN * FEATURES };

static float input[SAMPLES][FEATURES];
static unsigned char label[SAMPLES];

static void fill(void) {
    for (int i = 0; i < SAMPLES; i++) {
        label[i] = (unsigned char)(i % CLASSES);
        for (int k = 0; k < FEATURES; k++)
            input[i][k] = (float)rand() / (float)RAND_MAX + (k % CLASSES == label[i] ? 1.0f : 0.0f);
    }
}

static socle_status train(socle_context *context, socle_net *net, int reproducible,
                          float *weights) {
    socle_data *data;
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.optimizer = socle_adam(0.01f);
    opts.epochs = 6;
    opts.batch = 48;
    opts.validation_split = 0.2f;
    opts.reproducible = reproducible;
    socle_node x = socle_input(net, SOCLE_SHAPE(FEATURES));
    x = socle_dropout(net, socle_relu(net, socle_dense(net, x, HIDDEN, NULL)), 0.2f);
    socle_loss_softmax_cross_entropy(net, socle_dense(net, x, CLASSES, NULL));
    socle_status status = socle_data_arrays(&data, context, SAMPLES, SOCLE_F32,
                                            SOCLE_SHAPE(FEATURES), input, SOCLE_U8, NULL, label);
    if (status != SOCLE_OK) return status;
    status = socle_fit(net, data, &opts);
    socle_result result = {0};
    if (status == SOCLE_OK) status = socle_evaluate(net, data, &result);
    if (status == SOCLE_OK && !(result.accuracy > 0.9)) {
        fprintf(stderr, "accuracy %.3f\n", result.accuracy);
        status = SOCLE_STATUS_WRONG_RESULT;
    }
    if (status == SOCLE_OK) status = socle_net_read(net, "dense1.weight", weights, WEIGHTS);
    socle_data_destroy(data);
    return status;
}

static int run(const char *devices, int reproducible, float *weights) {
    socle_context *context;
    socle_net *net = NULL;
    socle_open_opts opts = {.threads = 1};
    socle_status status = socle_open_with(&context, devices, &opts);
    if (status == SOCLE_OK) status = socle_net_create(&net, context);
    if (status == SOCLE_OK) status = train(context, net, reproducible, weights);
    if (status != SOCLE_OK)
        fprintf(stderr, "%s: status %d: %s\n", devices, (int)status, socle_error(context));
    socle_net_destroy(net);
    socle_close(context);
    return status == SOCLE_OK;
}

int main(void) {
    static float one[WEIGHTS], two[WEIGHTS], near[WEIGHTS];
    fill();
    if (!run("cpu", 1, one) || !run("cpu,cpu", 1, two) || !run("cpu,cpu", 0, near)) return 1;
    if (memcmp(one, two, sizeof one) == 0) return 0;
    fprintf(stderr, "one device and two give different weights\n");
    return 1;
}
