/* SPDX-License-Identifier: Apache-2.0 */
/* Level one: tensors, operations, a gradient. Fits a straight line y = w x + b by gradient descent,
 * every number in sight.
 *   tensors [device]
 *   cc tensors.c $(pkg-config --cflags --libs socle) -o tensors && ./tensors */
#include <socle/socle.h>
#include <stdio.h>

enum { POINTS = 8, STEPS = 400, TENSORS = 6 };

typedef struct line {
    socle_tensor *x, *y, *w, *b, *rate, *loss; /* rate: -learning rate / points */
    socle_graph *graph;
} line;

static socle_status create(line *l, socle_context *context) {
    const struct {
        socle_tensor **tensor;
        socle_shape shape;
    } all[TENSORS] = {{&l->x, SOCLE_SHAPE(POINTS, 1)}, {&l->y, SOCLE_SHAPE(POINTS, 1)},
                      {&l->w, SOCLE_SHAPE(1, 1)},      {&l->b, SOCLE_SHAPE(1, 1)},
                      {&l->rate, SOCLE_SHAPE(1, 1)},   {&l->loss, SOCLE_SHAPE(1, 1)}};
    for (int i = 0; i < TENSORS; i++) {
        socle_status status = socle_tensor_create(all[i].tensor, context, SOCLE_F32, all[i].shape);
        if (status != SOCLE_OK) return status;
    }
    return socle_graph_create(&l->graph, context);
}

/* loss = sum (x w + b - y)^2; then w += rate dloss/dw, in place, and b likewise. No check per line:
 * a graph remembers its first error, and socle_graph_compile reports it. */
static socle_status build(line *l) {
    socle_graph *g = l->graph;
    socle_value x = socle_op_tensor(g, l->x), y = socle_op_tensor(g, l->y),
                rate = socle_op_tensor(g, l->rate);
    socle_value parameter[2] = {socle_op_tensor(g, l->w), socle_op_tensor(g, l->b)}, gradient[2];
    socle_value guess =
        socle_op_binary(g, "add", socle_op_matmul(g, x, parameter[0], 0, 0), parameter[1]);
    socle_value square = socle_op_unary(g, "square", socle_op_binary(g, "sub", guess, y));
    socle_value loss = socle_op_sum(g, square, 3); /* bits 0 and 1: over both dimensions */
    socle_graph_gradient(g, loss, 2, parameter, gradient);
    socle_op_store(g, loss, l->loss);
    socle_tensor *home[2] = {l->w, l->b};
    for (int i = 0; i < 2; i++) {
        socle_value step = socle_op_binary(g, "mul", rate, gradient[i]);
        socle_op_store(g, socle_op_binary(g, "add", parameter[i], step), home[i]);
    }
    return socle_graph_compile(g);
}

static socle_status write_data(line *l) {
    float x[POINTS], y[POINTS], rate = -0.05f / POINTS;
    for (int i = 0; i < POINTS; i++) {
        x[i] = (float)i - 3.0f;
        y[i] = 2.0f * x[i] + 1.0f;
    }
    socle_status status = socle_tensor_write(l->x, x, sizeof x);
    if (status == SOCLE_OK) status = socle_tensor_write(l->y, y, sizeof y);
    if (status == SOCLE_OK) status = socle_tensor_write(l->rate, &rate, sizeof rate);
    return status;
}

static socle_status descend(line *l, float *loss) {
    float w = 0, b = 0;
    for (int step = 1; step <= STEPS; step++) {
        socle_status status = socle_graph_run(l->graph);
        if (status == SOCLE_OK && step % 100 == 0) {
            status = socle_tensor_read(l->loss, loss, sizeof *loss);
            if (status == SOCLE_OK) status = socle_tensor_read(l->w, &w, sizeof w);
            if (status == SOCLE_OK) status = socle_tensor_read(l->b, &b, sizeof b);
            printf("step %d: loss %.6f, y = %.4f x + %.4f\n", step, (double)*loss, (double)w,
                   (double)b);
        }
        if (status != SOCLE_OK) return status;
    }
    return SOCLE_OK;
}

int main(int argc, char **argv) {
    socle_context *context;
    line l = {0};
    float loss = 1;
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status == SOCLE_OK) status = create(&l, context);
    if (status == SOCLE_OK) status = write_data(&l);
    if (status == SOCLE_OK) status = build(&l);
    if (status == SOCLE_OK) status = descend(&l, &loss);
    if (status != SOCLE_OK) fprintf(stderr, "tensors: %s\n", socle_error(context));

    socle_graph_destroy(l.graph);
    socle_tensor *all[TENSORS] = {l.x, l.y, l.w, l.b, l.rate, l.loss};
    for (int i = 0; i < TENSORS; i++) socle_tensor_destroy(all[i]);
    socle_close(context);
    return status == SOCLE_OK && loss < 1e-3f ? 0 : 1;
}
