/* SPDX-License-Identifier: Apache-2.0 */
/* Level one: backpropagation written out. A network of two layers learns the exclusive or; forward
 * pass, chain rule and step are the lines of `build`, one operation each. The same network of the
 * library, from the same first weights, ends with the same weights, to the bit.
 *   backprop [device]
 *   cc backprop.c $(pkg-config --cflags --libs socle) -o backprop && ./backprop */
#include <socle/socle.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 4, INPUTS = 2, HIDDEN = 3, STEPS = 150, WEIGHTS = 4, TENSORS = 8 };
static const float rate = 0.5f;
static const float points[ROWS][INPUTS] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
static const float targets[ROWS] = {0, 1, 1, 0};

/* The weights, by the names that the library's layers have. */
static const struct {
    const char *name;
    int rows, columns;
    float first[HIDDEN * INPUTS];
} weights[WEIGHTS] = {
    {"dense1.weight", HIDDEN, INPUTS, {0.9f, -0.7f, -0.4f, 0.8f, 0.6f, 0.5f}},
    {"dense1.bias", 1, HIDDEN, {0.1f, -0.2f, 0.3f}},
    {"dense2.weight", 1, HIDDEN, {0.5f, 0.7f, -0.6f}},
    {"dense2.bias", 1, 1, {0.2f}},
};

static size_t count_of(int i) {
    return (size_t)weights[i].rows * (size_t)weights[i].columns;
}

typedef struct network {
    socle_tensor *weight[WEIGHTS], *x, *y, *error, *loss;
    socle_graph *graph;
} network;

/* w = w - rate * (sum over the points / their number) */
static void step(network *n, int which, socle_value weight, socle_value sum) {
    socle_value both[2] = {weight, sum};
    char formula[64];
    snprintf(formula, sizeof formula, "x1 - %.9g * (x2 * %.9g)", (double)rate, 1.0 / ROWS);
    socle_op_store(n->graph, socle_op_expr(n->graph, 2, both, formula), n->weight[which]);
}

static socle_status build(network *n) {
    socle_graph *g = n->graph;
    socle_value x = socle_op_tensor(g, n->x), y = socle_op_tensor(g, n->y);
    socle_value w1 = socle_op_tensor(g, n->weight[0]), b1 = socle_op_tensor(g, n->weight[1]),
                w2 = socle_op_tensor(g, n->weight[2]), b2 = socle_op_tensor(g, n->weight[3]);

    /* Forward: z1 = x W1' + b1, a1 = tanh(z1), z2 = a1 W2' + b2, loss = 1/2 (z2 - y)^2. */
    socle_value z1 = socle_op_binary(g, "add", socle_op_matmul(g, x, w1, 0, 1), b1);
    socle_value a1 = socle_op_unary(g, "tanh", z1);
    socle_value z2 = socle_op_binary(g, "add", socle_op_matmul(g, a1, w2, 0, 1), b2);
    socle_value d2 = socle_op_binary(g, "sub", z2, y); /* dL/dz2 */
    socle_op_store(g, d2, n->error);
    socle_op_store(g, socle_op_sum(g, socle_op_expr(g, 1, &d2, "0.5 * x ** 2"), 3), n->loss);

    /* Backward: dL/da1 = d2 W2, dL/dz1 = dL/da1 * tanh'(z1), where tanh' = 1 - a1^2. */
    socle_value da1 = socle_op_matmul(g, d2, w2, 0, 0);
    socle_value slope = socle_op_expr(g, 1, &a1, "1 - x ** 2");
    socle_value d1 = socle_op_binary(g, "mul", da1, slope);

    /* dL/dW = d' times what the layer read, dL/db = the sum of d over the points. */
    step(n, 0, w1, socle_op_matmul(g, d1, x, 1, 0));
    step(n, 1, b1, socle_op_sum(g, d1, 1));
    step(n, 2, w2, socle_op_matmul(g, d2, a1, 1, 0));
    step(n, 3, b2, socle_op_sum(g, d2, 1));
    return socle_graph_compile(g);
}

static socle_status create(network *n, socle_context *context) {
    const struct {
        socle_tensor **tensor;
        socle_shape shape;
        const void *data;
    } all[] = {{&n->x, SOCLE_SHAPE(ROWS, INPUTS), points},
               {&n->y, SOCLE_SHAPE(ROWS, 1), targets},
               {&n->error, SOCLE_SHAPE(ROWS, 1), NULL},
               {&n->loss, SOCLE_SHAPE(1, 1), NULL}};
    socle_status status = SOCLE_OK;
    for (size_t i = 0; i < 4 && status == SOCLE_OK; i++) {
        status = socle_tensor_create(all[i].tensor, context, SOCLE_F32, all[i].shape);
        if (status == SOCLE_OK && all[i].data)
            status =
                socle_tensor_write(*all[i].tensor, all[i].data, socle_tensor_bytes(*all[i].tensor));
    }
    for (int i = 0; i < WEIGHTS && status == SOCLE_OK; i++) {
        status = socle_tensor_create(&n->weight[i], context, SOCLE_F32,
                                     SOCLE_SHAPE(weights[i].rows, weights[i].columns));
        if (status == SOCLE_OK)
            status =
                socle_tensor_write(n->weight[i], weights[i].first, count_of(i) * sizeof(float));
    }
    return status == SOCLE_OK ? socle_graph_create(&n->graph, context) : status;
}

static void destroy(network *n) {
    socle_graph_destroy(n->graph);
    for (int i = 0; i < WEIGHTS; i++) socle_tensor_destroy(n->weight[i]);
    socle_tensor *others[] = {n->x, n->y, n->error, n->loss};
    for (int i = 0; i < 4; i++) socle_tensor_destroy(others[i]);
}

static socle_status learn(network *n, float *loss) {
    socle_status status = SOCLE_OK;
    for (int s = 1; s <= STEPS && status == SOCLE_OK; s++) {
        status = socle_graph_run(n->graph);
        if (status == SOCLE_OK && s % 30 == 0) {
            status = socle_tensor_read(n->loss, loss, sizeof *loss);
            printf("step %d: loss %.6f\n", s, (double)*loss / ROWS);
        }
    }
    return status;
}

/* The same by the library: layers, a loss and an optimizer. */
static socle_status learn_built_in(socle_net *net) {
    socle_trainer *trainer = NULL;
    socle_node x = socle_activation(
        net, socle_dense(net, socle_input(net, SOCLE_SHAPE(INPUTS)), HIDDEN, NULL), "tanh");
    socle_status status = socle_loss(net, socle_dense(net, x, 1, NULL), "quadratic");
    for (int i = 0; i < WEIGHTS && status == SOCLE_OK; i++)
        status = socle_net_write(net, weights[i].name, weights[i].first, count_of(i));
    if (status == SOCLE_OK)
        status = socle_trainer_create(&trainer, net, socle_sgd(rate, 0), ROWS, 1);
    for (int s = 0; s < STEPS && status == SOCLE_OK; s++)
        status = socle_trainer_step(trainer, ROWS, points, targets, NULL);
    if (status == SOCLE_OK) status = socle_trainer_sync(trainer);
    socle_trainer_destroy(trainer);
    return status;
}

/* How many weights of both differ in any bit. */
static socle_status compare(network *n, socle_net *net, int *different) {
    socle_status status = SOCLE_OK;
    for (int i = 0; i < WEIGHTS && status == SOCLE_OK; i++) {
        float hand[HIDDEN * INPUTS], built_in[HIDDEN * INPUTS];
        status = socle_tensor_read(n->weight[i], hand, count_of(i) * sizeof(float));
        if (status == SOCLE_OK)
            status = socle_net_read(net, weights[i].name, built_in, count_of(i));
        for (size_t k = 0; k < count_of(i) && status == SOCLE_OK; k++) {
            if (memcmp(&hand[k], &built_in[k], sizeof(float)) == 0) continue;
            printf("%s %zu: %.9g by hand, %.9g built in\n", weights[i].name, k, (double)hand[k],
                   (double)built_in[k]);
            ++*different;
        }
    }
    return status;
}

int main(int argc, char **argv) {
    socle_context *context;
    socle_net *net = NULL;
    network n = {.graph = NULL};
    float loss = 1;
    int different = 0;
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status == SOCLE_OK) status = create(&n, context);
    if (status == SOCLE_OK) status = build(&n);
    if (status == SOCLE_OK) status = learn(&n, &loss);
    if (status == SOCLE_OK) status = socle_net_create(&net, context);
    if (status == SOCLE_OK) status = learn_built_in(net);
    if (status == SOCLE_OK) status = compare(&n, net, &different);
    if (status != SOCLE_OK) fprintf(stderr, "backprop: %s\n", socle_error(context));
    if (status == SOCLE_OK) printf("weights that differ from the built-in ones: %d\n", different);

    destroy(&n);
    socle_net_destroy(net);
    socle_close(context);
    return status == SOCLE_OK && loss / ROWS < 0.001f && different == 0 ? 0 : 1;
}
