/* SPDX-License-Identifier: Apache-2.0 */
/* How long one prediction takes through the public API: `bench_predict DEVICE THREADS NETWORK
 * ROWS`, NETWORK fashion-cnn or dense (3200-3200-10). Prints one JSON line: wall and processor time
 * of a call, the median of many. benchmarks/peers/torch_predict.py measures the same elsewhere. */
#include <socle/socle.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS = 200, WARM_UP = 20, CLASSES = 10, SIDE = 28, WIDTH = 3200 };

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void build_cnn(socle_net *net) {
    socle_node x = socle_input(net, SOCLE_SHAPE(1, SIDE, SIDE));
    for (int filters = 32; filters <= 64; filters *= 2) {
        x = socle_conv2d(net, x, filters, 3, &(socle_conv2d_opts){.padding = SOCLE_SAME});
        x = socle_maxpool2d(net, socle_relu(net, x), 2, NULL);
    }
    x = socle_relu(net, socle_dense(net, socle_flatten(net, x), 128, NULL));
    socle_loss_softmax_cross_entropy(net, socle_dense(net, x, CLASSES, NULL));
}

static void build_dense(socle_net *net) {
    socle_node x = socle_input(net, SOCLE_SHAPE(WIDTH));
    x = socle_relu(net, socle_dense(net, x, WIDTH, NULL));
    socle_loss_softmax_cross_entropy(net, socle_dense(net, x, CLASSES, NULL));
}

static int measure(socle_net *net, const socle_data *data, float *out, size_t size) {
    static double wall[CALLS];
    double processor = 0;
    for (int call = -WARM_UP; call < CALLS; call++) {
        if (call == 0) processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
        double begin = seconds(CLOCK_MONOTONIC);
        if (socle_predict(net, data, out, size) != SOCLE_OK) return 1;
        if (call >= 0) wall[call] = seconds(CLOCK_MONOTONIC) - begin;
    }
    processor = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
    qsort(wall, CALLS, sizeof *wall, compare);
    printf("{\"wall_ms\": %.4f, \"least_ms\": %.4f, \"processor_ms\": %.4f}\n",
           1e3 * wall[CALLS / 2], 1e3 * wall[0], 1e3 * processor / CALLS);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "bench_predict DEVICE THREADS fashion-cnn|dense ROWS\n");
        return 2;
    }
    bool cnn = strcmp(argv[3], "fashion-cnn") == 0;
    int64_t rows = atoll(argv[4]), width = cnn ? SIDE * SIDE : WIDTH;
    socle_open_opts opts = {.threads = atoi(argv[2])};
    socle_context *context;
    socle_net *net = NULL;
    socle_data *data = NULL;
    float *x = calloc((size_t)(rows * width), sizeof *x),
          *out = calloc((size_t)rows * CLASSES, sizeof *out);
    int code = 1;
    if (x && out && socle_open_with(&context, argv[1], &opts) == SOCLE_OK) {
        for (int64_t i = 0; i < rows * width; i++) x[i] = (float)(i * 37 % 101) / 101.0f;
        bool ready = socle_net_create(&net, context) == SOCLE_OK;
        if (ready && cnn) build_cnn(net);
        if (ready && !cnn) build_dense(net);
        socle_shape shape = cnn ? SOCLE_SHAPE(1, SIDE, SIDE) : SOCLE_SHAPE(WIDTH);
        ready = ready && socle_data_arrays(&data, context, rows, SOCLE_F32, shape, x, SOCLE_U8,
                                           NULL, NULL) == SOCLE_OK;
        if (ready) code = measure(net, data, out, (size_t)rows * CLASSES);
        if (code) fprintf(stderr, "bench_predict: %s\n", socle_error(context));
        socle_net_destroy(net);
        socle_data_destroy(data);
        socle_close(context);
    }
    free(x);
    free(out);
    return code;
}
