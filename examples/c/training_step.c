/* SPDX-License-Identifier: Apache-2.0 */
/* Level two: your own training loop. Learns y = sin(a) * b from random points, with a learning rate
 * that falls by half every 200 steps.
 *   training_step [device]
 *   cc training_step.c $(pkg-config --cflags --libs socle) -lm -o training_step && ./training_step
 */
#include <math.h>
#include <socle/socle.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 64, STEPS = 600 };

static void draw_batch(float input[BATCH][2], float target[BATCH][1]) {
    for (int i = 0; i < BATCH; i++) {
        for (int k = 0; k < 2; k++) input[i][k] = 4.0f * (float)rand() / (float)RAND_MAX - 2.0f;
        target[i][0] = sinf(input[i][0]) * input[i][1];
    }
}

static socle_status loop(socle_trainer *trainer, float *loss) {
    float input[BATCH][2], target[BATCH][1], rate = 0.02f;
    for (int step = 1; step <= STEPS; step++) {
        draw_batch(input, target);
        socle_status status =
            socle_trainer_step(trainer, BATCH, input, target, step % 100 ? NULL : loss);
        if (status != SOCLE_OK) return status;
        if (step % 100 == 0) printf("step %d: loss %.5f\n", step, (double)*loss);
        if (step % 200 == 0) status = socle_trainer_learning_rate(trainer, rate /= 2);
        if (status != SOCLE_OK) return status;
    }
    return socle_trainer_sync(trainer);
}

int main(int argc, char **argv) {
    socle_context *context;
    socle_net *net = NULL;
    socle_trainer *trainer = NULL;
    float loss = 0;
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status == SOCLE_OK) status = socle_net_create(&net, context);
    if (status == SOCLE_OK) {
        socle_node x = socle_input(net, SOCLE_SHAPE(2));
        x = socle_activation(net, socle_dense(net, x, 64, NULL), "tanh");
        x = socle_activation(net, socle_dense(net, x, 64, NULL), "tanh");
        status = socle_loss_mean_squared_error(net, socle_dense(net, x, 1, NULL));
    }
    if (status == SOCLE_OK)
        status = socle_trainer_create(&trainer, net, socle_adam(0.02f), BATCH, 1);
    if (status == SOCLE_OK) status = loop(trainer, &loss);
    if (status != SOCLE_OK) fprintf(stderr, "training_step: %s\n", socle_error(context));

    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_close(context);
    return status == SOCLE_OK && loss < 0.02f ? 0 : 1;
}
