/* SPDX-License-Identifier: Apache-2.0 */
/* Two networks in one graph, with an optimizer each: a generator learns to draw points on a circle,
 * from a discriminator that learns to tell them from real ones (Goodfellow et al. 2014).
 *   two_networks [device]
 *   cc two_networks.c $(pkg-config --cflags --libs socle) -lm -o two_networks && ./two_networks */
#include <math.h>
#include <socle/socle.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 64, NOISE = 4, UNITS = 32, STEPS = 1500 };

/* Two hidden layers; `outputs` numbers for each point. */
static socle_status make_net(socle_net **net, socle_context *context, int inputs, int outputs) {
    socle_parameter parameter;
    socle_status status = socle_net_create(net, context);
    if (status != SOCLE_OK) return status;
    socle_node x = socle_input(*net, SOCLE_SHAPE(inputs));
    for (int layer = 0; layer < 2; layer++)
        x = socle_activation(*net, socle_dense(*net, x, UNITS, NULL), "tanh");
    socle_dense(*net, x, outputs, NULL);
    return socle_net_parameter(*net, 0, &parameter); /* or the first error of building */
}

static void draw_circle(float point[POINTS][2]) {
    for (int i = 0; i < POINTS; i++) {
        float angle = 6.2831853f * (float)rand() / (float)RAND_MAX;
        point[i][0] = cosf(angle);
        point[i][1] = sinf(angle);
    }
}

/* Each run: new noise, a step of the discriminator, a step of the generator. */
static socle_status build(socle_graph *graph, socle_net *generator, socle_net *discriminator,
                          socle_tensor *real, socle_tensor *drawn) {
    socle_value noise = socle_op_normal(graph, SOCLE_SHAPE(POINTS, NOISE));
    socle_value truth = socle_op_tensor(graph, real);
    socle_value fake = socle_graph_net(graph, generator, 1, &noise, 1);
    socle_value score[2] = {socle_graph_net(graph, discriminator, 1, &truth, 1),
                            socle_graph_net(graph, discriminator, 1, &fake, 1)};
    socle_value told = socle_op_expr(graph, 2, score, "softplus(-x1) + softplus(x2)");
    socle_value believed = socle_op_expr(graph, 1, &score[1], "softplus(-x)");
    socle_graph_minimize(graph, told, discriminator, socle_adam(0.002f), 0);
    socle_graph_minimize(graph, believed, generator, socle_adam(0.001f), 0);
    socle_op_store(graph, fake, drawn);
    socle_graph_seed(graph, 1);
    return socle_graph_compile(graph); /* reports the first error of all these */
}

/* *off: how far the points that are drawn at last are from the circle, on the average. */
static socle_status loop(socle_graph *graph, socle_tensor *real, socle_tensor *drawn, double *off) {
    float point[POINTS][2];
    socle_status status = SOCLE_OK;
    for (int step = 1; step <= STEPS && status == SOCLE_OK; step++) {
        draw_circle(point);
        status = socle_tensor_write(real, point, sizeof point);
        if (status == SOCLE_OK) status = socle_graph_run(graph);
        if (status != SOCLE_OK || step % 300) continue;
        status = socle_tensor_read(drawn, point, sizeof point);
        *off = 0;
        for (int i = 0; i < POINTS; i++) *off += fabs(hypot(point[i][0], point[i][1]) - 1) / POINTS;
        printf("step %d: %.3f from the circle\n", step, *off);
    }
    return status;
}

int main(int argc, char **argv) {
    socle_context *context;
    socle_net *generator = NULL, *discriminator = NULL;
    socle_tensor *real = NULL, *drawn = NULL;
    socle_graph *graph = NULL;
    double off = 1;
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status == SOCLE_OK) status = make_net(&generator, context, NOISE, 2);
    if (status == SOCLE_OK) status = make_net(&discriminator, context, 2, 1);
    if (status == SOCLE_OK)
        status = socle_tensor_create(&real, context, SOCLE_F32, SOCLE_SHAPE(POINTS, 2));
    if (status == SOCLE_OK)
        status = socle_tensor_create(&drawn, context, SOCLE_F32, SOCLE_SHAPE(POINTS, 2));
    if (status == SOCLE_OK) status = socle_graph_create(&graph, context);
    if (status == SOCLE_OK) status = build(graph, generator, discriminator, real, drawn);
    if (status == SOCLE_OK) status = loop(graph, real, drawn, &off);
    if (status != SOCLE_OK) fprintf(stderr, "two_networks: %s\n", socle_error(context));

    socle_graph_destroy(graph);
    socle_tensor_destroy(real);
    socle_tensor_destroy(drawn);
    socle_net_destroy(generator);
    socle_net_destroy(discriminator);
    socle_close(context);
    return status == SOCLE_OK && off < 0.2 ? 0 : 1;
}
