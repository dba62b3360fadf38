/* SPDX-License-Identifier: Apache-2.0 */
/* Two networks in one net, which socle_trainer trains in two phases of each step: a generator
 * learns to draw points on a circle, from a discriminator that learns to tell them from real ones
 * (Goodfellow et al. 2014). two_networks.c does the same with a graph of its own.
 *   phases [device]
 *   cc phases.c $(pkg-config --cflags --libs socle) -lm -o phases && ./phases */
#include <math.h>
#include <socle/socle.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 64, UNITS = 32, STEPS = 1500 };

static void add_layers(socle_net *net, socle_node x, int outputs) {
    for (int layer = 0; layer < 2; layer++)
        x = socle_activation(net, socle_dense(net, x, UNITS, NULL), "tanh");
    socle_dense(net, x, outputs, NULL);
}

static socle_status build(socle_net *net) {
    static const char *const generator = "generator", *const discriminator = "discriminator";
    const float real = 1, drawn = 0;
    socle_node points = socle_input(net, SOCLE_SHAPE(2));
    socle_network_begin(net, generator, -1);
    add_layers(net, socle_layer(net, 0, NULL, "{noise: {units: 4}}"), 2);
    socle_node picture = socle_network_end(net);
    socle_network_begin(net, discriminator, points);
    add_layers(net, points, 1);
    socle_node truth = socle_network_end(net);
    socle_node lie = socle_network_apply(net, discriminator, picture);
    socle_phase(net, NULL, 1, &discriminator);
    socle_add_loss(net, truth, "binary_cross_entropy", 1, &real);
    socle_add_loss(net, lie, "binary_cross_entropy", 1, &drawn);
    socle_phase(net, NULL, 1, &generator);
    socle_add_loss(net, lie, "binary_cross_entropy", 1, &real);
    return socle_net_output(net, picture); /* reports the first error of all these */
}

static void draw_circle(float point[POINTS][2]) {
    for (int i = 0; i < POINTS; i++) {
        float angle = 6.2831853f * (float)rand() / (float)RAND_MAX;
        point[i][0] = cosf(angle);
        point[i][1] = sinf(angle);
    }
}

static socle_status show(socle_trainer *trainer, int step) {
    socle_metric metric[3];
    int count = 0;
    socle_status status = socle_trainer_metrics(trainer, metric, 3, &count);
    printf("step %d:", step);
    for (int i = 0; i < 3 && i < count; i++) printf("  %s %.3f", metric[i].name, metric[i].value);
    printf("\n");
    return status;
}

static socle_status loop(socle_net *net, float point[POINTS][2]) {
    static const char *const generator = "generator";
    const socle_parameter_group slower = {
        .parameters = &generator, .count = 1, .optimizer = socle_adam(0.001f)};
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    socle_trainer *trainer;
    opts.optimizer = socle_adam(0.002f);
    opts.batch = POINTS;
    opts.groups = &slower;
    opts.group_count = 1;
    socle_status status = socle_trainer_create_with(&trainer, net, &opts);
    for (int step = 1; step <= STEPS && status == SOCLE_OK; step++) {
        draw_circle(point);
        const socle_batch batch = {.rows = POINTS, .inputs = point};
        status = socle_trainer_step_with(trainer, &batch, NULL);
        if (status == SOCLE_OK && step % 300 == 0) status = show(trainer, step);
    }
    if (status == SOCLE_OK) status = socle_trainer_sync(trainer);
    socle_trainer_destroy(trainer);
    return status;
}

/* *off: how far what the generator draws is from the circle, on the average. */
static socle_status look(socle_net *net, socle_context *context, float point[POINTS][2],
                         double *off) {
    socle_data *data;
    float drawn[POINTS][2];
    socle_status status = socle_data_arrays(&data, context, POINTS, SOCLE_F32, SOCLE_SHAPE(2),
                                            point, SOCLE_F32, NULL, NULL);
    if (status == SOCLE_OK) status = socle_predict(net, data, &drawn[0][0], 2 * POINTS);
    socle_data_destroy(data);
    *off = 0;
    for (int i = 0; i < POINTS && status == SOCLE_OK; i++)
        *off += fabs(hypot((double)drawn[i][0], (double)drawn[i][1]) - 1) / POINTS;
    return status;
}

int main(int argc, char **argv) {
    socle_context *context;
    socle_net *net = NULL;
    float point[POINTS][2];
    double off = 1;
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status == SOCLE_OK) status = socle_net_create(&net, context);
    if (status == SOCLE_OK) status = build(net);
    if (status == SOCLE_OK) status = loop(net, point);
    if (status == SOCLE_OK) status = look(net, context, point, &off);
    if (status == SOCLE_OK) printf("%.3f from the circle\n", off);
    if (status != SOCLE_OK) fprintf(stderr, "phases: %s\n", socle_error(context));
    socle_net_destroy(net);
    socle_close(context);
    return status == SOCLE_OK && off < 0.2 ? 0 : 1;
}
