/* SPDX-License-Identifier: Apache-2.0 */
/* A plain program (Criterion does not run under ThreadSanitizer): two contexts, each trained from a
 * thread of its own at the same time, on the cpu or on the devices named. Alone or together, the
 * weights are the same to the bit. */
#include <pthread.h>
#include <socle/socle.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 200, FEATURES = 10, UNITS = 16, WEIGHTS = UNITS * FEATURES, THREADS = 2 };

typedef struct job {
    const char *device;
    uint64_t seed;
    socle_status status;
    float weight[WEIGHTS];
} job;

static socle_status learn(socle_context *context, socle_net *net, socle_data *data, job *j) {
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.epochs = 3;
    opts.seed = j->seed;
    opts.validation_split = 0.25f;
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(FEATURES)), UNITS, NULL);
    x = socle_dense(net, socle_dropout(net, socle_relu(net, x), 0.2f), 2, NULL);
    socle_loss_softmax_cross_entropy(net, x);
    socle_status status = socle_fit(net, data, &opts);
    if (status == SOCLE_OK) status = socle_net_read(net, "dense1.weight", j->weight, WEIGHTS);
    if (status != SOCLE_OK) fprintf(stderr, "%s: %s\n", j->device, socle_error(context));
    return status;
}

static void *run(void *argument) {
    static const unsigned char label[SAMPLES];
    float input[SAMPLES][FEATURES];
    job *j = argument;
    socle_context *context;
    socle_data *data = NULL;
    socle_net *net = NULL;
    for (int i = 0; i < SAMPLES; i++)
        for (int k = 0; k < FEATURES; k++) input[i][k] = (float)((i * 7 + k * 3) % 11) / 11.0f;
    j->status = socle_open(&context, j->device);
    if (j->status == SOCLE_OK)
        j->status = socle_data_arrays(&data, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(FEATURES),
                                      input, SOCLE_U8, NULL, label);
    if (j->status == SOCLE_OK) j->status = socle_net_create(&net, context);
    if (j->status == SOCLE_OK) j->status = learn(context, net, data, j);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
    return NULL;
}

int main(int argc, char **argv) {
    static job together[THREADS], alone[THREADS];
    pthread_t thread[THREADS];
    for (int t = 0; t < THREADS; t++) {
        together[t].device = alone[t].device = argc > 1 + t ? argv[1 + t] : "cpu";
        together[t].seed = alone[t].seed = (uint64_t)t + 1;
    }
    for (int t = 0; t < THREADS; t++)
        if (pthread_create(&thread[t], NULL, run, &together[t]) != 0) return 2;
    for (int t = 0; t < THREADS; t++) pthread_join(thread[t], NULL);
    for (int t = 0; t < THREADS; t++) {
        run(&alone[t]);
        if (together[t].status == SOCLE_STATUS_NO_DEVICE) {
            fprintf(stderr, "skipped: there is no device %s\n", together[t].device);
            return 77;
        }
        if (together[t].status != SOCLE_OK || alone[t].status != SOCLE_OK) return 1;
        if (memcmp(together[t].weight, alone[t].weight, sizeof alone[t].weight) == 0) continue;
        fprintf(stderr, "thread %d: other weights together than alone\n", t);
        return 1;
    }
    return 0;
}
