/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of level one with its inputs, its result, and the gradient of 1 y[0] + 2 y[1] +
 * 3 y[2] + ... by each input, as numbers; and the run that compares. */
#ifndef SC_TEST_API_OP_CASE_H
#define SC_TEST_API_OP_CASE_H

#include "api_test.h"

enum { MOST = 16, INPUTS = 3 };

typedef struct operand {
    socle_dtype dtype;
    socle_shape shape;
    float value[MOST]; /* u8 and i32 are converted */
    float gradient[MOST];
} operand;

typedef struct op_case {
    const char *name;
    socle_value (*build)(socle_graph *graph, const socle_value *x);
    int inputs;
    operand input[INPUTS];
    socle_dtype dtype; /* of the result */
    socle_shape shape;
    float result[MOST];
} op_case;

static SC_UNUSED size_t count_of(const socle_shape *shape) {
    size_t count = 1;
    for (int d = 0; d < shape->rank; d++) count *= (size_t)shape->size[d];
    return count;
}

static SC_UNUSED socle_tensor *tensor_with(socle_context *context, const operand *from) {
    socle_tensor *tensor;
    size_t count = count_of(&from->shape);
    unsigned char bytes[MOST];
    int whole[MOST];
    const void *data = from->value;
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (unsigned char)from->value[i];
        whole[i] = (int)from->value[i];
    }
    if (from->dtype == SOCLE_U8) data = bytes;
    if (from->dtype == SOCLE_I32) data = whole;
    API_OK(context, socle_tensor_create(&tensor, context, from->dtype, from->shape));
    API_OK(context, socle_tensor_write(tensor, data, socle_tensor_bytes(tensor)));
    return tensor;
}

static SC_UNUSED void expect(socle_context *context, socle_tensor *tensor, const float *expected) {
    float got[MOST];
    int whole[MOST];
    size_t count = socle_tensor_bytes(tensor) / sizeof(float);
    bool is_float = socle_tensor_dtype(tensor) == SOCLE_F32;
    API_OK(context,
           socle_tensor_read(tensor, is_float ? (void *)got : whole, socle_tensor_bytes(tensor)));
    for (size_t i = 0; i < count; i++) {
        double value = is_float ? (double)got[i] : whole[i], limit = fabs((double)expected[i]);
        SC_NEAR(value, (double)expected[i], 2e-6 * (limit > 1 ? limit : 1));
    }
}

/* 1 y[0] + 2 y[1] + ... as a value of the shape of y, so that each element has its own slope. */
static SC_UNUSED socle_value weigh(socle_context *context, socle_graph *graph, socle_value y,
                                   const socle_shape *shape, socle_tensor **weight) {
    operand count = {.dtype = SOCLE_F32, .shape = *shape};
    for (int i = 0; i < MOST; i++) count.value[i] = (float)(i + 1);
    *weight = tensor_with(context, &count);
    return socle_op_binary(graph, "mul", y, socle_op_tensor(graph, *weight));
}

static SC_UNUSED void run_case(socle_context *context, const op_case *c) {
    socle_graph *graph;
    socle_tensor *tensor[INPUTS], *gradient[INPUTS], *result, *weight = NULL;
    socle_value x[INPUTS], slope[INPUTS];
    SC_REPRO("operation %s", c->name);
    API_OK(context, socle_graph_create(&graph, context));
    for (int i = 0; i < c->inputs; i++) {
        tensor[i] = tensor_with(context, &c->input[i]);
        x[i] = socle_op_tensor(graph, tensor[i]);
        API_OK(context, socle_tensor_create(&gradient[i], context, SOCLE_F32, c->input[i].shape));
    }
    API_OK(context, socle_tensor_create(&result, context, c->dtype, c->shape));
    socle_value y = c->build(graph, x);
    socle_op_store(graph, y, result);
    if (c->dtype == SOCLE_F32) {
        socle_value loss = weigh(context, graph, y, &c->shape, &weight);
        API_OK(context, socle_graph_gradient(graph, loss, c->inputs, x, slope));
        for (int i = 0; i < c->inputs; i++) socle_op_store(graph, slope[i], gradient[i]);
    }
    API_OK(context, socle_graph_compile(graph));
    for (int run = 0; run < 2; run++) {
        API_OK(context, socle_graph_run(graph));
        expect(context, result, c->result);
        for (int i = 0; i < c->inputs && c->dtype == SOCLE_F32; i++)
            expect(context, gradient[i], c->input[i].gradient);
    }
    socle_graph_destroy(graph);
    for (int i = 0; i < c->inputs; i++) {
        socle_tensor_destroy(tensor[i]);
        socle_tensor_destroy(gradient[i]);
    }
    socle_tensor_destroy(result);
    socle_tensor_destroy(weight);
}

#define SHAPE(...)                                                                                 \
    {                                                                                              \
        SOCLE_SHAPE_COUNT_(__VA_ARGS__), {                                                         \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define F32(...) SOCLE_F32, SHAPE(__VA_ARGS__)

#endif
