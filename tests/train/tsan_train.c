/* SPDX-License-Identifier: Apache-2.0 */
/* A plain program (Criterion does not run under ThreadSanitizer): trains through the public API
 * with the loader's thread, the device's worker and the cpu backend's pool all at work, on the cpu
 * or on the device named. */
#include <socle/socle.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 600, FEATURES = 20 };

static socle_status run(socle_context *context, socle_net *net, socle_data *data) {
    socle_node x = socle_input(net, SOCLE_SHAPE(FEATURES));
    x = socle_dropout(net, socle_relu(net, socle_dense(net, x, 33, NULL)), 0.2f);
    socle_loss_softmax_cross_entropy(net, socle_dense(net, x, 3, NULL));
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.epochs = 5;
    opts.batch = 32;
    opts.validation_split = 0.2f;
    socle_result result;
    socle_status status = socle_fit(net, data, &opts);
    if (status == SOCLE_OK) status = socle_evaluate(net, data, &result);
    if (status == SOCLE_OK && !(result.accuracy > 0.9)) {
        fprintf(stderr, "accuracy %.3f\n", result.accuracy);
        return SOCLE_STATUS_WRONG_RESULT;
    }
    (void)context;
    return status;
}

int main(int argc, char **argv) {
    static float input[SAMPLES][FEATURES];
    static unsigned char label[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        label[i] = (unsigned char)(i % 3);
        for (int k = 0; k < FEATURES; k++)
            input[i][k] = (float)rand() / (float)RAND_MAX + (k % 3 == label[i] ? 1.0f : 0.0f);
    }
    socle_context *context;
    socle_data *data = NULL;
    socle_net *net = NULL;
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : "cpu");
    if (status == SOCLE_OK)
        status = socle_data_arrays(&data, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(FEATURES), input,
                                   SOCLE_U8, NULL, label);
    if (status == SOCLE_OK) status = socle_net_create(&net, context);
    if (status == SOCLE_OK) status = run(context, net, data);
    if (status != SOCLE_OK) fprintf(stderr, "status %d: %s\n", (int)status, socle_error(context));
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
    return status == SOCLE_OK ? 0 : 1;
}
