/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs in wrong hands: numbers that are no values, calls out of order, tensors of others. */
#include "api_test.h"

#include <limits.h>

typedef struct desk {
    socle_context *context;
    socle_graph *graph;
    socle_tensor *a, *b; /* f32[2,3] */
    socle_tensor *label; /* u8[2] */
} desk;

static desk desk_open(void) {
    desk d = {.context = api_open("cpu")};
    API_OK(d.context, socle_graph_create(&d.graph, d.context));
    d.a = api_tensor(d.context, SOCLE_F32, SOCLE_SHAPE(2, 3));
    d.b = api_tensor(d.context, SOCLE_F32, SOCLE_SHAPE(2, 3));
    d.label = api_tensor(d.context, SOCLE_U8, SOCLE_SHAPE(2));
    return d;
}

static void desk_close(desk *d) {
    socle_graph_destroy(d->graph);
    socle_tensor_destroy(d->a);
    socle_tensor_destroy(d->b);
    socle_tensor_destroy(d->label);
    socle_close(d->context);
}

static void desk_fresh(desk *d) {
    socle_graph_destroy(d->graph);
    API_OK(d->context, socle_graph_create(&d->graph, d->context));
}

/* Every builder with no graph. */
Test(api_graph, null_graph) {
    socle_window window = {{2, 2}, {0}, {0}, {0}};
    socle_value x = 0;
    int order[1] = {0};
    SC_EQ(socle_op_tensor(NULL, NULL), -1);
    socle_op_store(NULL, 0, NULL);
    SC_EQ(socle_op_unary(NULL, "relu", 0), -1);
    SC_EQ(socle_op_binary(NULL, "add", 0, 0), -1);
    SC_EQ(socle_op_matmul(NULL, 0, 0, 0, 0), -1);
    SC_EQ(socle_op_conv2d(NULL, 0, 0, &window, 1), -1);
    SC_EQ(socle_op_maxpool2d(NULL, 0, &window), -1);
    SC_EQ(socle_op_avgpool2d(NULL, 0, &window), -1);
    SC_EQ(socle_op_sum(NULL, 0, 1), -1);
    SC_EQ(socle_op_softmax(NULL, 0), -1);
    SC_EQ(socle_op_cross_entropy(NULL, 0, 0), -1);
    SC_EQ(socle_op_gather(NULL, 0, 0), -1);
    SC_EQ(socle_op_argmax(NULL, 0), -1);
    SC_EQ(socle_op_reshape(NULL, 0, SOCLE_SHAPE(1)), -1);
    SC_EQ(socle_op_permute(NULL, 0, order), -1);
    SC_EQ(socle_op_concat(NULL, 1, &x, 0), -1);
    SC_EQ(socle_graph_gradient(NULL, 0, 1, &x, &x), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_graph_compile(NULL), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_graph_run(NULL), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_graph_create(NULL, NULL), SOCLE_STATUS_INVALID_ARGUMENT);
}

/* Each line of `build` is one wrong operation on x, an f32[2,3]. */
static socle_value build_wrong(socle_graph *g, int number, socle_value x) {
    socle_window window = {{2, 2}, {0}, {0}, {0}};
    const int order[2] = {0, 0};
    const socle_value none[2] = {x, -1};
    switch (number) {
    case 0:
        return socle_op_unary(g, "tickle", x);
    case 1:
        return socle_op_unary(g, NULL, x);
    case 2:
        return socle_op_unary(g, "add", x);
    case 3:
        return socle_op_unary(g, "relu", 99);
    case 4:
        return socle_op_unary(g, "relu", INT_MIN);
    case 5:
        return socle_op_binary(g, "relu", x, x);
    case 6:
        return socle_op_binary(g, "add", x, 1000);
    case 7:
        return socle_op_matmul(g, x, x, 0, 0);
    case 8:
        return socle_op_conv2d(g, x, x, &window, 1);
    case 9:
        return socle_op_conv2d(g, x, x, NULL, 1);
    case 10:
        return socle_op_maxpool2d(g, x, NULL);
    case 11:
        return socle_op_avgpool2d(g, x, NULL);
    case 12:
        return socle_op_maxpool2d(g, x, &window);
    case 13:
        return socle_op_sum(g, x, 0);
    case 14:
        return socle_op_sum(g, x, 4);
    case 15:
        return socle_op_cross_entropy(g, x, x);
    case 16:
        return socle_op_gather(g, x, x);
    case 17:
        return socle_op_reshape(g, x, SOCLE_SHAPE(7));
    case 18:
        return socle_op_reshape(g, x, (socle_shape){.rank = 100});
    case 19:
        return socle_op_reshape(g, x, (socle_shape){.rank = -1});
    case 20:
        return socle_op_permute(g, x, NULL);
    case 21:
        return socle_op_permute(g, x, order);
    case 22:
        return socle_op_concat(g, 0, &x, 0);
    case 23:
        return socle_op_concat(g, 1000000, &x, 0);
    case 24:
        return socle_op_concat(g, -3, &x, 0);
    case 25:
        return socle_op_concat(g, 1, NULL, 0);
    case 26:
        return socle_op_concat(g, 2, none, 0);
    case 27:
        return socle_op_concat(g, 1, &x, 5);
    case 28:
        return socle_op_tensor(g, NULL);
    default:
        return -2;
    }
}

/* A first error stays: whatever is built or fails later, compile tells that one. */
Test(api_graph, remembers_the_first_error) {
    desk d = desk_open();
    socle_tensor *none;
    for (int number = 0;; number++) {
        desk_fresh(&d);
        SC_REPRO("build_wrong %d", number);
        socle_value x = socle_op_tensor(d.graph, d.a);
        SC_TRUE(x >= 0);
        socle_value wrong = build_wrong(d.graph, number, x);
        if (wrong == -2) break;
        char text[512];
        snprintf(text, sizeof text, "%s", socle_error(d.context));
        SC_EQ(wrong, -1);
        SC_TRUE(text[0] != '\0');
        SC_EQ(socle_op_unary(d.graph, "no such word", x), -1);
        SC_EQ(socle_op_tensor(d.graph, d.b), -1);
        socle_op_store(d.graph, x, d.b);
        SC_TRUE(socle_tensor_create(&none, d.context, SOCLE_F32, SOCLE_SHAPE(0)) != SOCLE_OK);
        socle_status status = socle_graph_compile(d.graph);
        SC_TRUE(status != SOCLE_OK);
        SC_EQ_STR(socle_error(d.context), text);
        SC_EQ(socle_graph_compile(d.graph), status);
        SC_EQ(socle_graph_run(d.graph), status);
        SC_EQ(socle_graph_gradient(d.graph, x, 1, &x, &wrong), status);
        SC_EQ_STR(socle_error(d.context), text);
    }
    desk_close(&d);
}

Test(api_graph, order_of_calls) {
    desk d = desk_open();
    float value[6] = {1, 2, 3, 4, 5, 6}, got[6];
    API_FAILS(d.context, socle_graph_run(d.graph), SOCLE_STATUS_STATE, "compile");
    socle_value x = socle_op_tensor(d.graph, d.a);
    SC_EQ(socle_op_tensor(d.graph, d.a), x); /* the same tensor is the same value */
    API_FAILS(d.context, socle_graph_compile(d.graph), SOCLE_STATUS_STATE, "socle_op_store");
    socle_op_store(d.graph, socle_op_unary(d.graph, "neg", x), d.b);
    API_OK(d.context, socle_graph_compile(d.graph));
    API_FAILS(d.context, socle_graph_compile(d.graph), SOCLE_STATUS_STATE, "compiled already");
    SC_EQ(socle_op_unary(d.graph, "neg", x), -1);
    SC_CONTAINS(socle_error(d.context), "compiled");
    SC_EQ(socle_op_tensor(d.graph, d.a), -1);
    socle_op_store(d.graph, x, d.a);
    SC_EQ(socle_graph_gradient(d.graph, x, 1, &x, &x), SOCLE_STATUS_STATE);
    x = 0;
    API_OK(d.context, socle_tensor_write(d.a, value, sizeof value)); /* and it still runs */
    API_OK(d.context, socle_graph_run(d.graph));
    API_OK(d.context, socle_tensor_read(d.b, got, sizeof got));
    for (int i = 0; i < 6; i++) SC_EQ_FLOAT_BITS(got[i], -value[i]);
    desk_close(&d);
}

Test(api_graph, stores) {
    desk d = desk_open();
    socle_value x = socle_op_tensor(d.graph, d.a);
    socle_op_store(d.graph, x, d.label);
    API_FAILS(d.context, socle_graph_compile(d.graph), SOCLE_STATUS_SHAPE,
              "the value is f32[2,3], the tensor u8[2]");
    desk_fresh(&d);
    x = socle_op_tensor(d.graph, d.a);
    socle_op_store(d.graph, x, d.b);
    socle_op_store(d.graph, x, d.b);
    API_FAILS(d.context, socle_graph_compile(d.graph), SOCLE_STATUS_INVALID_ARGUMENT, "already");
    desk_fresh(&d);
    socle_op_store(d.graph, 0, d.b);
    API_FAILS(d.context, socle_graph_compile(d.graph), SOCLE_STATUS_INVALID_ARGUMENT,
              "0 is not a value");
    desk_fresh(&d);
    x = socle_op_tensor(d.graph, d.a);
    socle_op_store(d.graph, x, NULL);
    API_FAILS(d.context, socle_graph_compile(d.graph), SOCLE_STATUS_INVALID_ARGUMENT, "NULL");
    desk_close(&d);
}

Test(api_graph, gradients_of_nothing) {
    desk d = desk_open();
    socle_value x = socle_op_tensor(d.graph, d.a), gradient = 7;
    API_FAILS(d.context, socle_graph_gradient(d.graph, 55, 1, &x, &gradient),
              SOCLE_STATUS_INVALID_ARGUMENT, "the loss, 55");
    SC_EQ(gradient, -1);
    desk_fresh(&d);
    x = socle_op_tensor(d.graph, d.a);
    const socle_value far = 55;
    API_FAILS(d.context, socle_graph_gradient(d.graph, x, 1, &far, &gradient),
              SOCLE_STATUS_INVALID_ARGUMENT, "wrt[0], 55");
    desk_fresh(&d);
    x = socle_op_tensor(d.graph, d.a);
    API_FAILS(d.context, socle_graph_gradient(d.graph, x, -1, &x, &gradient),
              SOCLE_STATUS_INVALID_ARGUMENT, "count of -1");
    desk_fresh(&d);
    x = socle_op_tensor(d.graph, d.a);
    API_FAILS(d.context, socle_graph_gradient(d.graph, x, 1, NULL, &gradient),
              SOCLE_STATUS_INVALID_ARGUMENT, "wrt is NULL");
    desk_fresh(&d);
    x = socle_op_tensor(d.graph, d.a);
    API_FAILS(d.context, socle_graph_gradient(d.graph, x, 1, &x, NULL),
              SOCLE_STATUS_INVALID_ARGUMENT, "gradient is NULL");
    desk_fresh(&d);
    x = socle_op_tensor(d.graph, d.a);
    API_OK(d.context, socle_graph_gradient(d.graph, x, 0, NULL, NULL));
    desk_close(&d);
}

/* Where the loss does not depend on a value, the gradient is zero; through argmax nothing flows. */
Test(api_graph, gradient_without_dependence) {
    desk d = desk_open();
    float got[6] = {1, 1, 1, 1, 1, 1}, label[2] = {1, 1};
    socle_value x = socle_op_tensor(d.graph, d.a), y = socle_op_tensor(d.graph, d.b);
    socle_value u8 = socle_op_tensor(d.graph, d.label);
    socle_value wrt[3] = {y, u8, x}, gradient[3];
    API_OK(d.context,
           socle_graph_gradient(d.graph, socle_op_unary(d.graph, "exp", x), 3, wrt, gradient));
    socle_tensor *zero = api_tensor(d.context, SOCLE_F32, SOCLE_SHAPE(2));
    socle_op_store(d.graph, gradient[0], d.b);
    socle_op_store(d.graph, gradient[1], zero);
    socle_value index = socle_op_argmax(d.graph, x), through;
    API_OK(d.context, socle_graph_gradient(d.graph, index, 1, &x, &through));
    socle_op_store(d.graph, through, d.a);
    API_OK(d.context, socle_graph_compile(d.graph));
    API_OK(d.context, socle_tensor_write(d.b, got, sizeof got));
    API_OK(d.context, socle_tensor_write(d.a, got, sizeof got));
    API_OK(d.context, socle_graph_run(d.graph));
    API_OK(d.context, socle_tensor_read(d.b, got, sizeof got));
    API_OK(d.context, socle_tensor_read(zero, label, sizeof label));
    for (int i = 0; i < 6; i++) SC_EQ_FLOAT_BITS(got[i], 0);
    for (int i = 0; i < 2; i++) SC_EQ_FLOAT_BITS(label[i], 0);
    API_OK(d.context, socle_tensor_read(d.a, got, sizeof got));
    for (int i = 0; i < 6; i++) SC_EQ_FLOAT_BITS(got[i], 0);
    socle_tensor_destroy(zero);
    desk_close(&d);
}

Test(api_graph, tensors_of_another_context) {
    desk d = desk_open();
    socle_context *other = api_open("cpu");
    socle_tensor *foreign = api_tensor(other, SOCLE_F32, SOCLE_SHAPE(2, 3));
    SC_EQ(socle_op_tensor(d.graph, foreign), -1);
    API_FAILS(d.context, socle_graph_compile(d.graph), SOCLE_STATUS_INVALID_ARGUMENT,
              "another context");
    desk_fresh(&d);
    socle_op_store(d.graph, socle_op_tensor(d.graph, d.a), foreign);
    API_FAILS(d.context, socle_graph_compile(d.graph), SOCLE_STATUS_INVALID_ARGUMENT,
              "another context");
    socle_tensor_destroy(foreign);
    socle_close(other);
    desk_close(&d);
}

/* The sum of many tensors: there is no limit but memory. */
Test(api_graph, many_tensors) {
    enum { MANY = 300 };
    desk d = desk_open();
    socle_tensor *many[MANY], *sum = api_tensor(d.context, SOCLE_F32, SOCLE_SHAPE(1));
    socle_value all = socle_op_constant(d.graph, 0, SOCLE_SHAPE(1));
    float found, expected = 0;
    for (int i = 0; i < MANY; i++) {
        const float value = (float)i;
        many[i] = api_tensor(d.context, SOCLE_F32, SOCLE_SHAPE(1));
        API_OK(d.context, socle_tensor_write(many[i], &value, sizeof value));
        all = socle_op_binary(d.graph, "add", all, socle_op_tensor(d.graph, many[i]));
        expected += value;
    }
    socle_op_store(d.graph, all, sum);
    API_OK(d.context, socle_graph_compile(d.graph));
    API_OK(d.context, socle_graph_run(d.graph));
    API_OK(d.context, socle_tensor_read(sum, &found, sizeof found));
    SC_EQ(found, expected);
    for (int i = 0; i < MANY; i++) socle_tensor_destroy(many[i]);
    socle_tensor_destroy(sum);
    desk_close(&d);
}

/* A tensor that is read and stored: a run reads what was there, and leaves the new value. */
API_TEST(api_graph, updates_a_tensor_in_place) {
    socle_context *context = api_open(device);
    socle_tensor *x = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(3));
    socle_graph *graph;
    float value[3] = {2, 3, -1};
    API_OK(context, socle_tensor_write(x, value, sizeof value));
    API_OK(context, socle_graph_create(&graph, context));
    socle_op_store(graph, socle_op_unary(graph, "square", socle_op_tensor(graph, x)), x);
    API_OK(context, socle_graph_compile(graph));
    for (int run = 0; run < 2; run++) API_OK(context, socle_graph_run(graph));
    API_OK(context, socle_tensor_read(x, value, sizeof value));
    SC_EQ_FLOAT_BITS(value[0], 16);
    SC_EQ_FLOAT_BITS(value[1], 81);
    SC_EQ_FLOAT_BITS(value[2], 1);
    socle_graph_destroy(graph);
    socle_tensor_destroy(x);
    socle_close(context);
}

SC_OPENCL_BODIES(api_graph)
