/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: what they keep, and wrong sizes, types and shapes. */
#include "api_test.h"

#include <limits.h>
#include <math.h>

API_TEST(api_tensor, begins_as_zeros_and_keeps_what_is_written) {
    socle_context *context = api_open(device);
    const int value[6] = {1, -2, 3, INT_MAX, INT_MIN, 0};
    int got[6];
    const unsigned char byte = 200;
    unsigned char got_byte = 1;
    socle_tensor *tensor = api_tensor(context, SOCLE_I32, SOCLE_SHAPE(2, 3));
    API_OK(context, socle_tensor_read(tensor, got, sizeof got));
    for (int i = 0; i < 6; i++) SC_EQ(got[i], 0);
    API_OK(context, socle_tensor_write(tensor, value, sizeof value));
    API_OK(context, socle_tensor_read(tensor, got, sizeof got));
    SC_EQ_MEMORY(got, value, sizeof value);
    SC_EQ(socle_tensor_bytes(tensor), 24);
    SC_EQ(socle_tensor_dtype(tensor), SOCLE_I32);
    SC_EQ(socle_tensor_shape(tensor).rank, 2);
    SC_EQ(socle_tensor_shape(tensor).size[1], 3);
    socle_tensor_destroy(tensor);
    tensor = api_tensor(context, SOCLE_U8, (socle_shape){0}); /* one element */
    SC_EQ(socle_tensor_bytes(tensor), 1);
    API_OK(context, socle_tensor_write(tensor, &byte, 1));
    API_OK(context, socle_tensor_read(tensor, &got_byte, 1));
    SC_EQ(got_byte, 200);
    socle_tensor_destroy(tensor);
    socle_close(context);
}

enum { HALVES = 8 };

/* What a float is in half of the bytes: exact, ties to even in both directions, the largest, beyond
 * it, -0, the smallest of f16. */
static const float half_value[HALVES] = {1,     1 + 0x1p-11f, 1 + 3 * 0x1p-11f, -65504,
                                         65520, -0.0f,        0x1p-24f,         1 + 3 * 0x1p-8f};
static const struct {
    socle_dtype dtype;
    uint16_t bits[HALVES];
} half_rows[] = {
    {SOCLE_F16, {0x3c00, 0x3c00, 0x3c02, 0xfbff, 0x7c00, 0x8000, 0x0001, 0x3c0c}},
    {SOCLE_BF16, {0x3f80, 0x3f80, 0x3f80, 0xc780, 0x4780, 0x8000, 0x3380, 0x3f82}},
};

/* f32 is rounded where it is stored, and what is read is exact. */
API_TEST(api_tensor, halves_are_rounded_once) {
    if (strcmp(device, "cpu") != 0 && !sc_test_full()) return; /* PoCL compiles for seconds */
    socle_context *context = api_open(device);
    socle_tensor *from = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(HALVES)), *to, *back;
    API_OK(context, socle_tensor_write(from, half_value, sizeof half_value));
    for (int r = 0; r < 2; r++) {
        socle_graph *graph;
        uint16_t bits[HALVES];
        float value[HALVES], doubled[HALVES];
        SC_REPRO("type %d", (int)half_rows[r].dtype);
        to = api_tensor(context, half_rows[r].dtype, SOCLE_SHAPE(HALVES));
        back = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(HALVES));
        SC_EQ(socle_tensor_bytes(to), 2 * HALVES);
        API_OK(context, socle_graph_create(&graph, context));
        socle_op_store(graph, socle_op_tensor(graph, from), to);
        API_OK(context, socle_graph_compile(graph));
        API_OK(context, socle_graph_run(graph));
        socle_graph_destroy(graph);
        API_OK(context, socle_tensor_read(to, bits, sizeof bits));
        for (int i = 0; i < HALVES; i++) SC_EQ(bits[i], half_rows[r].bits[i]);
        API_OK(context, socle_tensor_write(to, bits, sizeof bits));
        API_OK(context, socle_graph_create(&graph, context));
        socle_value x = socle_op_tensor(graph, to);
        socle_op_store(graph, socle_op_to_float(graph, x, 1), from);
        socle_op_store(graph, socle_op_expr(graph, 1, &x, "x + x"), back);
        API_OK(context, socle_graph_compile(graph));
        API_OK(context, socle_graph_run(graph));
        socle_graph_destroy(graph);
        API_OK(context, socle_tensor_read(from, value, sizeof value));
        API_OK(context, socle_tensor_read(back, doubled, sizeof doubled));
        for (int i = 0; i < HALVES; i++) SC_EQ_FLOAT_BITS(doubled[i], value[i] + value[i]);
        API_OK(context, socle_tensor_write(from, half_value, sizeof half_value));
        SC_EQ_FLOAT_BITS(value[0], 1.0f);
        SC_EQ_FLOAT_BITS(value[2], r ? 1.0f : 1 + 0x1p-9f);
        SC_EQ_FLOAT_BITS(value[4], r ? 65536.0f : INFINITY);
        socle_tensor_destroy(to);
        socle_tensor_destroy(back);
    }
    socle_tensor_destroy(from);
    socle_close(context);
}

/* A product of halves is f32, and so is the gradient by them. */
API_TEST(api_tensor, halves_are_operands) {
    if (strcmp(device, "cpu") != 0 && !sc_test_full()) return; /* PoCL compiles for seconds */
    socle_context *context = api_open(device);
    const uint16_t bits[4] = {0x3c00, 0xc000, 0x3800, 0x4200}; /* 1 -2; 0.5 3 */
    const float product[4] = {5, -5.5f, -5.5f, 9.25f}, slope[4] = {2, -4, 1, 6};
    float got[4];
    socle_graph *graph;
    socle_value gradient;
    socle_tensor *half = api_tensor(context, SOCLE_F16, SOCLE_SHAPE(2, 2)),
                 *out = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(2, 2)),
                 *by = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(2, 2));
    API_OK(context, socle_tensor_write(half, bits, sizeof bits));
    API_OK(context, socle_graph_create(&graph, context));
    socle_value x = socle_op_tensor(graph, half);
    socle_op_store(graph, socle_op_matmul(graph, x, x, 0, 1), out);
    socle_value square = socle_op_sum(graph, socle_op_unary(graph, "square", x), 3);
    API_OK(context, socle_graph_gradient(graph, square, 1, &x, &gradient));
    socle_op_store(graph, gradient, by);
    API_OK(context, socle_graph_compile(graph));
    API_OK(context, socle_graph_run(graph));
    API_OK(context, socle_tensor_read(out, got, sizeof got));
    SC_EQ_MEMORY(got, product, sizeof got);
    API_OK(context, socle_tensor_read(by, got, sizeof got));
    SC_EQ_MEMORY(got, slope, sizeof got);
    socle_graph_destroy(graph);
    socle_tensor_destroy(half);
    socle_tensor_destroy(out);
    socle_tensor_destroy(by);
    socle_close(context);
}

Test(api_tensor, wrong_arguments) {
    socle_context *context = api_open("cpu");
    socle_tensor *tensor = (void *)1;
    float data[4] = {0};
    SC_EQ(socle_tensor_create(NULL, context, SOCLE_F32, SOCLE_SHAPE(2)),
          SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_tensor_create(&tensor, NULL, SOCLE_F32, SOCLE_SHAPE(2)),
          SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(tensor == NULL);
    const struct {
        int dtype;
        socle_shape shape;
        socle_status status;
        const char *text;
    } bad[] = {
        {7, SOCLE_SHAPE(2), SOCLE_STATUS_INVALID_ARGUMENT, "7 is not an element type"},
        {-1, SOCLE_SHAPE(2), SOCLE_STATUS_INVALID_ARGUMENT, "element type"},
        {SOCLE_F32, SOCLE_SHAPE(2, 0), SOCLE_STATUS_SHAPE, "dimension 1 has size 0"},
        {SOCLE_F32, SOCLE_SHAPE(-5), SOCLE_STATUS_SHAPE, "size -5"},
        {SOCLE_F32, {.rank = 7}, SOCLE_STATUS_SHAPE, "not 7"},
        {SOCLE_F32, {.rank = -1}, SOCLE_STATUS_SHAPE, "not -1"},
        {SOCLE_U8, SOCLE_SHAPE(65536, 65536), SOCLE_STATUS_SHAPE, "2^31"},
        {SOCLE_U8, SOCLE_SHAPE(INT64_MAX, INT64_MAX), SOCLE_STATUS_SHAPE, "2^31"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SC_REPRO("case %zu", i);
        API_FAILS(context,
                  socle_tensor_create(&tensor, context, (socle_dtype)bad[i].dtype, bad[i].shape),
                  bad[i].status, bad[i].text);
        SC_TRUE(tensor == NULL);
    }
    tensor = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(4));
    API_FAILS(context, socle_tensor_write(tensor, data, 12), SOCLE_STATUS_INVALID_ARGUMENT,
              "12 bytes given; the tensor, f32[4], has 16");
    API_FAILS(context, socle_tensor_read(tensor, data, SIZE_MAX), SOCLE_STATUS_INVALID_ARGUMENT,
              "has 16");
    API_FAILS(context, socle_tensor_write(tensor, NULL, 16), SOCLE_STATUS_INVALID_ARGUMENT,
              "data is NULL");
    API_FAILS(context, socle_tensor_read(tensor, NULL, 16), SOCLE_STATUS_INVALID_ARGUMENT,
              "data is NULL");
    SC_EQ(socle_tensor_write(NULL, data, 16), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_tensor_read(NULL, data, 16), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_tensor_bytes(NULL), 0);
    SC_EQ(socle_tensor_shape(NULL).rank, 0);
    SC_EQ(socle_tensor_dtype(NULL), SOCLE_F32);
    socle_tensor_destroy(tensor);
    socle_close(context);
}

SC_OPENCL_BODIES(api_tensor)
