/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation of level one against small values worked out by hand: the result y, and the
 * gradient of 1 y[0] + 2 y[1] + 3 y[2] + ... by each input. Numbers are exact in binary where the
 * operation allows it. */
#include "op_case.h"

static socle_value add(socle_graph *g, const socle_value *x) {
    return socle_op_binary(g, "add", x[0], x[1]);
}
static socle_value sub(socle_graph *g, const socle_value *x) {
    return socle_op_binary(g, "sub", x[0], x[1]);
}
static socle_value mul(socle_graph *g, const socle_value *x) {
    return socle_op_binary(g, "mul", x[0], x[1]);
}
static socle_value divide(socle_graph *g, const socle_value *x) {
    return socle_op_binary(g, "div", x[0], x[1]);
}
static socle_value least(socle_graph *g, const socle_value *x) {
    return socle_op_binary(g, "min", x[0], x[1]);
}
static socle_value largest(socle_graph *g, const socle_value *x) {
    return socle_op_binary(g, "max", x[0], x[1]);
}
static socle_value twice(socle_graph *g, const socle_value *x) {
    return socle_op_binary(g, "add", x[0], x[0]);
}
static socle_value matmul(socle_graph *g, const socle_value *x) {
    return socle_op_matmul(g, x[0], x[1], 0, 0);
}
static socle_value matmul_transposed(socle_graph *g, const socle_value *x) {
    return socle_op_matmul(g, x[0], x[1], 1, 1);
}
static socle_value conv2d(socle_graph *g, const socle_value *x) {
    socle_window window = {.kernel = {2, 2}};
    return socle_op_conv2d(g, x[0], x[1], &window, 0);
}
static socle_value conv2d_grouped(socle_graph *g, const socle_value *x) {
    socle_window window = {.kernel = {1, 2}, .stride = {1, 2}, .pad = {0, 0, 1, 0}};
    return socle_op_conv2d(g, x[0], x[1], &window, 2);
}
static socle_value maxpool(socle_graph *g, const socle_value *x) {
    socle_window window = {.kernel = {2, 2}};
    return socle_op_maxpool2d(g, x[0], &window);
}
static socle_value avgpool(socle_graph *g, const socle_value *x) {
    socle_window window = {.kernel = {2, 2}, .stride = {1, 1}, .pad = {0, 0, 1, 0}};
    return socle_op_avgpool2d(g, x[0], &window);
}
static socle_value sum_rows(socle_graph *g, const socle_value *x) {
    return socle_op_sum(g, x[0], 1);
}
static socle_value sum_all(socle_graph *g, const socle_value *x) {
    return socle_op_sum(g, x[0], 3);
}
static socle_value softmax(socle_graph *g, const socle_value *x) {
    return socle_op_softmax(g, x[0]);
}
static socle_value layer_norm(socle_graph *g, const socle_value *x) {
    return socle_op_layer_norm(g, x[0], x[1], x[2], 3);
}
static socle_value attention(socle_graph *g, const socle_value *x) {
    const socle_attention one = {.scale = 1};
    return socle_op_attention(g, x[0], x[1], x[2], -1, &one);
}
static socle_value cross_entropy(socle_graph *g, const socle_value *x) {
    return socle_op_cross_entropy(g, x[0], x[1]);
}
static socle_value gather(socle_graph *g, const socle_value *x) {
    return socle_op_gather(g, x[0], x[1]);
}
static socle_value argmax(socle_graph *g, const socle_value *x) {
    return socle_op_argmax(g, x[0]);
}
static socle_value reshape(socle_graph *g, const socle_value *x) {
    return socle_op_reshape(g, x[0], SOCLE_SHAPE(3, 1, 2));
}
static socle_value permute(socle_graph *g, const socle_value *x) {
    const int order[3] = {2, 0, 1};
    return socle_op_permute(g, x[0], order);
}
static socle_value concat(socle_graph *g, const socle_value *x) {
    return socle_op_concat(g, 2, x, 1);
}

static socle_value scaled(socle_graph *g, const socle_value *x) {
    return socle_op_to_float(g, x[0], 0.5f);
}

static const op_case cases[] = {
    {"to_float", scaled, 1, {{F32(2), {3, -1}, {0.5f, 1}}}, F32(2), {1.5f, -0.5f}},
    {"add, b stretched",
     add,
     2,
     {{F32(2, 3), {1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}}, {F32(1, 3), {10, 20, 30}, {5, 7, 9}}},
     F32(2, 3),
     {11, 22, 33, 14, 25, 36}},
    {"sub, a stretched",
     sub,
     2,
     {{F32(2, 1), {1, 2}, {3, 7}}, {F32(2, 2), {1, 2, 3, 4}, {-1, -2, -3, -4}}},
     F32(2, 2),
     {0, -1, -1, -2}},
    {"mul",
     mul,
     2,
     {{F32(3), {2, -3, 0.5f}, {4, 10, -18}}, {F32(3), {4, 5, -6}, {2, -6, 1.5f}}},
     F32(3),
     {8, -15, -3}},
    {"div",
     divide,
     2,
     {{F32(2), {3, 8}, {0.5f, 0.5f}}, {F32(2), {2, 4}, {-0.75f, -1}}},
     F32(2),
     {1.5f, 2}},
    {"min", least, 2, {{F32(2), {1, 5}, {1, 0}}, {F32(2), {2, 4}, {0, 2}}}, F32(2), {1, 4}},
    {"max", largest, 2, {{F32(2), {1, 5}, {0, 2}}, {F32(2), {2, 4}, {1, 0}}}, F32(2), {2, 5}},
    {"add of one value twice", twice, 1, {{F32(2), {1, 5}, {2, 4}}}, F32(2), {2, 10}},
    /* da = w b^T, db = a^T w with w = [1 2; 3 4] */
    {"matmul",
     matmul,
     2,
     {{F32(2, 3), {1, 2, 3, 4, 5, 6}, {5, 11, 17, 11, 25, 39}},
      {F32(3, 2), {1, 2, 3, 4, 5, 6}, {13, 18, 17, 24, 21, 30}}},
     F32(2, 2),
     {22, 28, 49, 64}},
    {"matmul, both transposed",
     matmul_transposed,
     2,
     {{F32(3, 2), {1, 4, 2, 5, 3, 6}, {5, 11, 11, 25, 17, 39}},
      {F32(2, 3), {1, 3, 5, 2, 4, 6}, {13, 17, 21, 18, 24, 30}}},
     F32(2, 2),
     {22, 28, 49, 64}},
    {"conv2d",
     conv2d,
     2,
     {{F32(1, 1, 3, 3), {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 4, 4, 6, 20, 16, 9, 24, 16}},
      {F32(1, 1, 2, 2), {1, 2, 3, 4}, {37, 47, 67, 77}}},
     F32(1, 1, 2, 2),
     {37, 47, 67, 77}},
    /* Windows begin one column before the image and step by 2: columns (-1,0), (1,2). */
    {"conv2d, 2 groups, stride, padding",
     conv2d_grouped,
     2,
     {{F32(1, 2, 1, 3), {1, 2, 3, 4, 5, 6}, {10, 2, 20, 120, 120, 160}},
      {F32(2, 1, 1, 2), {1, 10, 30, 40}, {4, 7, 20, 36}}},
     F32(1, 2, 1, 2),
     {10, 32, 160, 390}},
    {"maxpool2d",
     maxpool,
     1,
     {{F32(1, 1, 2, 4), {1, 5, -1, -2, 3, 2, -4, -3}, {0, 1, 2, 0, 0, 0, 0, 0}}},
     F32(1, 1, 1, 2),
     {5, -1}},
    /* The first window has one column of padding and divides by the 2 elements inside. */
    {"avgpool2d",
     avgpool,
     1,
     {{F32(1, 1, 2, 2), {1, 2, 3, 4}, {1, 0.5f, 1, 0.5f}}},
     F32(1, 1, 1, 2),
     {2, 2.5f}},
    {"sum over rows", sum_rows, 1, {{F32(2, 2), {1, 2, 3, 4}, {1, 2, 1, 2}}}, F32(1, 2), {4, 6}},
    {"sum over all", sum_all, 1, {{F32(2, 2), {1, 2, 3, 4}, {1, 1, 1, 1}}}, F32(1, 1), {10}},
    /* p = [1/4 3/4]; dx = p (w - w.p), w.p = 7/4; second row p = [1/2 1/2], w.p = 7/2 */
    {"softmax",
     softmax,
     1,
     {{F32(2, 2), {0, 1.0986122887f, 7, 7}, {-0.1875f, 0.1875f, -0.25f, 0.25f}}},
     F32(2, 2),
     {0.25f, 0.75f, 0.5f, 0.5f}},
    /* mean 2, variance 1, 1 / sqrt(1 + 3) = 1/2: h = [-1/2 1/2]; g = w scale = [2 8], of mean 5,
     * and of g h 3/2: dx = (g - 5 - 3/2 h) / 2 */
    {"layer_norm",
     layer_norm,
     3,
     {{F32(1, 2), {1, 3}, {-1.125f, 1.125f}},
      {F32(2), {2, 4}, {-0.5f, 1}},
      {F32(2), {10, 20}, {1, 2}}},
     F32(1, 2),
     {9, 22}},
    /* p = [1/4 3/4], y = 7; dv = p; p (v - y) = [-3/4 3/4] is dk, and by log 3 dq */
    {"attention",
     attention,
     3,
     {{F32(1, 1, 1), {1}, {0.823959217f}},
      {F32(1, 2, 1), {0, 1.0986122887f}, {-0.75f, 0.75f}},
      {F32(1, 2, 1), {4, 8}, {0.25f, 0.75f}}},
     F32(1, 1, 1),
     {7}},
    /* -log 3/4 and -log 1/2; dx = w (p - onehot) */
    {"cross_entropy, u8",
     cross_entropy,
     2,
     {{F32(2, 2), {0, 1.0986122887f, 7, 7}, {0.25f, -0.25f, -1, 1}},
      {SOCLE_U8, SHAPE(2), {1, 0}, {0, 0}}},
     F32(2),
     {0.28768207f, 0.69314718f}},
    {"cross_entropy, i32",
     cross_entropy,
     2,
     {{F32(1, 2), {0, 1.0986122887f}, {-0.75f, 0.75f}}, {SOCLE_I32, SHAPE(1), {0}, {0}}},
     F32(1),
     {1.3862944f}},
    /* Row 1 is read twice, row 9 is none. */
    {"gather",
     gather,
     2,
     {{F32(2, 2), {1, 2, 3, 4}, {3, 4, 6, 8}}, {SOCLE_I32, SHAPE(4), {1, 0, 1, 9}, {0}}},
     F32(4, 2),
     {3, 4, 1, 2, 3, 4, 0, 0}},
    {"argmax", argmax, 1, {{F32(2, 3), {1, 3, 3, -1, -2, -3}, {0}}}, SOCLE_I32, SHAPE(2), {1, 0}},
    {"reshape",
     reshape,
     1,
     {{F32(2, 3), {1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}}},
     F32(3, 1, 2),
     {1, 2, 3, 4, 5, 6}},
    /* y[i][j][k] = x[j][k][i] */
    {"permute",
     permute,
     1,
     {{F32(1, 2, 3), {1, 2, 3, 4, 5, 6}, {1, 3, 5, 2, 4, 6}}},
     F32(3, 1, 2),
     {1, 4, 2, 5, 3, 6}},
    {"concat",
     concat,
     2,
     {{F32(2, 1), {1, 2}, {1, 4}}, {F32(2, 2), {3, 4, 5, 6}, {2, 3, 5, 6}}},
     F32(2, 3),
     {1, 3, 4, 2, 5, 6}},
};

API_TEST(api_op, by_hand) {
    socle_context *context = api_open(device);
    for (int i = 0; i < (int)(sizeof cases / sizeof cases[0]); i++)
        if (sc_test_takes(device, i, 3)) run_case(context, &cases[i]);
    socle_close(context);
}

/* A label out of range makes its row NaN, and only that. */
API_TEST(api_op, cross_entropy_of_a_wrong_label) {
    socle_context *context = api_open(device);
    const operand logits = {F32(2, 2), {0, 0, 1, 1}, {0}},
                  labels = {SOCLE_I32, SHAPE(2), {5, 1}, {0}};
    socle_tensor *x = tensor_with(context, &logits), *t = tensor_with(context, &labels), *y;
    socle_graph *graph;
    float got[2];
    API_OK(context, socle_tensor_create(&y, context, SOCLE_F32, SOCLE_SHAPE(2)));
    API_OK(context, socle_graph_create(&graph, context));
    socle_op_store(
        graph, socle_op_cross_entropy(graph, socle_op_tensor(graph, x), socle_op_tensor(graph, t)),
        y);
    API_OK(context, socle_graph_compile(graph));
    API_OK(context, socle_graph_run(graph));
    API_OK(context, socle_tensor_read(y, got, sizeof got));
    SC_TRUE(isnan(got[0]));
    SC_NEAR((double)got[1], 0.69314718, 1e-6);
    socle_graph_destroy(graph);
    socle_tensor_destroy(x);
    socle_tensor_destroy(t);
    socle_tensor_destroy(y);
    socle_close(context);
}

/* Bytes and whole numbers become floats, exactly; there is no gradient by them. */
API_TEST(api_op, to_float_of_integers) {
    socle_context *context = api_open(device);
    const operand from[2] = {{SOCLE_U8, SHAPE(2), {3, 255}, {0}},
                             {SOCLE_I32, SHAPE(2), {-7, 12}, {0}}};
    static const float expected[2][2] = {{1.5f, 127.5f}, {-3.5f, 6}};
    for (int i = 0; i < 2; i++) {
        socle_tensor *x = tensor_with(context, &from[i]), *y;
        socle_graph *graph;
        float got[2];
        API_OK(context, socle_tensor_create(&y, context, SOCLE_F32, SOCLE_SHAPE(2)));
        API_OK(context, socle_graph_create(&graph, context));
        socle_op_store(graph, socle_op_to_float(graph, socle_op_tensor(graph, x), 0.5f), y);
        API_OK(context, socle_graph_compile(graph));
        API_OK(context, socle_graph_run(graph));
        API_OK(context, socle_tensor_read(y, got, sizeof got));
        SC_EQ_MEMORY(got, expected[i], sizeof got);
        socle_graph_destroy(graph);
        socle_tensor_destroy(x);
        socle_tensor_destroy(y);
    }
    socle_close(context);
}

SC_OPENCL_BODIES(api_op)
