/* SPDX-License-Identifier: Apache-2.0 */
/* Samples that the program brings when they are needed, and that never lie in memory together. Here
 * they are computed; they may as well come from a data base or a file of any size. The network
 * learns which points lie in a circle.
 *   reader [device]
 *   cc reader.c $(pkg-config --cflags --libs socle) -o reader && ./reader */
#include <socle/socle.h>
#include <stdio.h>

enum { POINTS = 100000 };

/* A number has the same point always: somewhere in the square from -1 to 1. */
static void point_of(uint32_t number, float point[2]) {
    point[0] = (float)(number * 2654435761u) / 2147483648.0f - 1;
    point[1] = (float)((number + 1) * 2246822519u) / 2147483648.0f - 1;
}

/* Called on any thread, so it keeps nothing in `user` that it would have to lock. */
static int read_points(void *user, const uint32_t *sample, uint32_t count, void *out) {
    float *point = out;
    (void)user;
    for (uint32_t i = 0; i < count; i++) point_of(sample[i], point + 2 * i);
    return 0; /* anything else would end the fit */
}

static socle_status learn(socle_net *net, const socle_data *data) {
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(2)), 16, NULL);
    socle_loss_softmax_cross_entropy(net, socle_dense(net, socle_relu(net, x), 2, NULL));
    opts.optimizer = socle_adam(0.01f);
    opts.batch = 128;
    opts.window = 1000; /* samples of a step lie close together, as a disk likes it */
    return socle_fit(net, data, &opts);
}

static socle_status run(socle_context *context) {
    static uint8_t label[POINTS]; /* targets lie in memory */
    socle_data *data = NULL;
    socle_net *net = NULL;
    socle_result result;
    for (uint32_t i = 0; i < POINTS; i++) {
        float point[2];
        point_of(i, point);
        label[i] = point[0] * point[0] + point[1] * point[1] < 0.5f;
    }
    socle_status status = socle_data_stream(&data, context, POINTS, SOCLE_F32, SOCLE_SHAPE(2),
                                            read_points, NULL, SOCLE_U8, NULL, label);
    if (status == SOCLE_OK) status = socle_net_create(&net, context);
    if (status == SOCLE_OK) status = learn(net, data);
    if (status == SOCLE_OK) status = socle_evaluate(net, data, &result);
    if (status == SOCLE_OK)
        printf("accuracy %.3f on %lld points\n", result.accuracy, (long long)result.samples);
    socle_net_destroy(net);
    socle_data_destroy(data);
    return status;
}

int main(int argc, char **argv) {
    socle_context *context;
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status == SOCLE_OK) status = run(context);
    if (status != SOCLE_OK) fprintf(stderr, "%s\n", socle_error(context));
    socle_close(context);
    return status != SOCLE_OK;
}
