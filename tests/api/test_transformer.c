/* SPDX-License-Identifier: Apache-2.0 */
/* Attention and layer normalisation, with their gradients, against what PyTorch makes of the same
 * numbers (make_transformer.py). Refusals. */
#include "api_test.h"
#include "transformer_expected.h"

#include <math.h>

enum { MOST_OPERANDS = 3 };

/* An operation of three operands and a loss that weighs its results. */
typedef struct bench {
    socle_context *context;
    socle_graph *graph;
    int operands;
    socle_tensor *tensor[MOST_OPERANDS], *gradient[MOST_OPERANDS], *weight, *result;
    socle_value x[MOST_OPERANDS];
} bench;

static size_t count_of(socle_shape shape) {
    size_t count = 1;
    for (int d = 0; d < shape.rank; d++) count *= (size_t)shape.size[d];
    return count;
}

static socle_tensor *wave(bench *b, socle_shape shape, double (*function)(double), double step,
                          double phase) {
    float value[TORCH_MOST];
    socle_tensor *tensor = api_tensor(b->context, SOCLE_F32, shape);
    for (size_t i = 0; i < count_of(shape); i++)
        value[i] = (float)function(step * (double)i + phase);
    API_OK(b->context, socle_tensor_write(tensor, value, socle_tensor_bytes(tensor)));
    return tensor;
}

static void begin(bench *b, const char *device) {
    *b = (bench){.context = api_open(device)};
    API_OK(b->context, socle_graph_create(&b->graph, b->context));
}

static void add_operand(bench *b, socle_shape shape) {
    int i = b->operands++;
    b->tensor[i] = wave(b, shape, sin, 0.7, i);
    b->gradient[i] = api_tensor(b->context, SOCLE_F32, shape);
    b->x[i] = socle_op_tensor(b->graph, b->tensor[i]);
}

static void run(bench *b, socle_value y, socle_shape shape) {
    socle_value slope[MOST_OPERANDS];
    b->weight = wave(b, shape, cos, 0.3, 0);
    b->result = api_tensor(b->context, SOCLE_F32, shape);
    socle_op_store(b->graph, y, b->result);
    socle_value loss = socle_op_binary(b->graph, "mul", y, socle_op_tensor(b->graph, b->weight));
    API_OK(b->context, socle_graph_gradient(b->graph, loss, b->operands, b->x, slope));
    for (int i = 0; i < b->operands; i++) socle_op_store(b->graph, slope[i], b->gradient[i]);
    API_OK(b->context, socle_graph_compile(b->graph));
    API_OK(b->context, socle_graph_run(b->graph));
}

/* Numbers are of size 1, made of 20 roundings or less of 6e-8. */
static void expect(bench *b, socle_tensor *tensor, const char *what, const double *expected) {
    float got[TORCH_MOST];
    API_OK(b->context, socle_tensor_read(tensor, got, socle_tensor_bytes(tensor)));
    SC_REPRO("%s", what);
    for (size_t i = 0; i < socle_tensor_bytes(tensor) / sizeof *got; i++)
        SC_NEAR((double)got[i], expected[i], 2e-6 * fmax(1, fabs(expected[i])));
}

static void end(bench *b) {
    socle_graph_destroy(b->graph);
    for (int i = 0; i < b->operands; i++) {
        socle_tensor_destroy(b->tensor[i]);
        socle_tensor_destroy(b->gradient[i]);
    }
    socle_tensor_destroy(b->weight);
    socle_tensor_destroy(b->result);
    socle_close(b->context);
}

static void check_attention(const char *device, const torch_attention *t) {
    bench b;
    const int64_t width = (int64_t)t->heads * t->depth;
    const socle_shape q = SOCLE_SHAPE(t->samples, t->queries, width),
                      k = SOCLE_SHAPE(t->samples, t->keys, width);
    const socle_attention options = {.heads = t->heads, .causal = t->causal};
    socle_tensor *lengths = NULL;
    socle_value length = -1;
    begin(&b, device);
    add_operand(&b, q);
    add_operand(&b, k);
    add_operand(&b, k);
    if (t->has_length) {
        lengths = api_tensor(b.context, SOCLE_I32, SOCLE_SHAPE(t->samples));
        API_OK(b.context, socle_tensor_write(lengths, t->length, socle_tensor_bytes(lengths)));
        length = socle_op_tensor(b.graph, lengths);
    }
    run(&b, socle_op_attention(b.graph, b.x[0], b.x[1], b.x[2], length, &options), q);
    expect(&b, b.result, "y", t->y);
    expect(&b, b.gradient[0], "dq", t->dq);
    expect(&b, b.gradient[1], "dk", t->dk);
    expect(&b, b.gradient[2], "dv", t->dv);
    socle_tensor_destroy(lengths);
    end(&b);
}

API_TEST(transformer, attention_as_pytorch) {
    for (size_t i = 0; i < sizeof torch_attentions / sizeof torch_attentions[0]; i++)
        check_attention(device, &torch_attentions[i]);
}

API_TEST(transformer, layer_norm_as_pytorch) {
    for (size_t i = 0; i < sizeof torch_layer_norms / sizeof torch_layer_norms[0]; i++) {
        const torch_layer_norm *t = &torch_layer_norms[i];
        bench b;
        begin(&b, device);
        add_operand(&b, SOCLE_SHAPE(t->rows, t->columns));
        add_operand(&b, SOCLE_SHAPE(t->columns));
        add_operand(&b, SOCLE_SHAPE(t->columns));
        run(&b, socle_op_layer_norm(b.graph, b.x[0], b.x[1], b.x[2], t->epsilon),
            SOCLE_SHAPE(t->rows, t->columns));
        expect(&b, b.result, "y", t->y);
        expect(&b, b.gradient[0], "dx", t->dx);
        expect(&b, b.gradient[1], "dscale", t->dscale);
        expect(&b, b.gradient[2], "dshift", t->dshift);
        end(&b);
    }
}

/* Heads that lie apart are samples of one head each: the same numbers. */
Test(transformer, heads_may_be_samples) {
    enum { HEADS = 3, STEPS = 5, DEPTH = 4, WIDTH = HEADS * DEPTH };
    bench b;
    float together[STEPS * WIDTH], apart[STEPS * WIDTH];
    begin(&b, "cpu");
    add_operand(&b, SOCLE_SHAPE(1, STEPS, WIDTH));
    const socle_attention options = {.heads = HEADS};
    socle_tensor *other = api_tensor(b.context, SOCLE_F32, SOCLE_SHAPE(1, STEPS, WIDTH));
    socle_value x = b.x[0], y = socle_op_attention(b.graph, x, x, x, -1, &options);
    x = socle_op_permute(b.graph, socle_op_reshape(b.graph, x, SOCLE_SHAPE(STEPS, HEADS, DEPTH)),
                         (const int[]){1, 0, 2});
    x = socle_op_permute(b.graph, socle_op_attention(b.graph, x, x, x, -1, NULL),
                         (const int[]){1, 0, 2});
    socle_op_store(b.graph, socle_op_reshape(b.graph, x, SOCLE_SHAPE(1, STEPS, WIDTH)), other);
    run(&b, y, SOCLE_SHAPE(1, STEPS, WIDTH));
    API_OK(b.context, socle_tensor_read(b.result, together, sizeof together));
    API_OK(b.context, socle_tensor_read(other, apart, sizeof apart));
    SC_EQ_MEMORY(together, apart, sizeof apart);
    socle_tensor_destroy(other);
    end(&b);
}

static void refused(socle_status status, const char *part,
                    socle_value (*build)(socle_graph *graph, socle_value x)) {
    bench b;
    begin(&b, "cpu");
    add_operand(&b, SOCLE_SHAPE(2, 3, 4));
    SC_EQ(build(b.graph, b.x[0]), -1);
    API_FAILS(b.context, socle_graph_compile(b.graph), status, part);
    end(&b);
}

static socle_value five_heads(socle_graph *graph, socle_value x) {
    return socle_op_attention(graph, x, x, x, -1, &(socle_attention){.heads = 5});
}
static socle_value floats_as_lengths(socle_graph *graph, socle_value x) {
    return socle_op_attention(graph, x, x, x, x, NULL);
}
static socle_value no_value(socle_graph *graph, socle_value x) {
    return socle_op_attention(graph, x, x + 50, x, -1, NULL);
}
static socle_value long_scale(socle_graph *graph, socle_value x) {
    return socle_op_layer_norm(graph, x, x, x, 1e-5f);
}
static socle_value no_epsilon(socle_graph *graph, socle_value x) {
    socle_value ones = socle_op_constant(graph, 1, SOCLE_SHAPE(4));
    return socle_op_layer_norm(graph, x, ones, ones, 0);
}

Test(transformer, refusals) {
    refused(SOCLE_STATUS_SHAPE, "a width of 4 is not divided by 5 heads", five_heads);
    refused(SOCLE_STATUS_SHAPE, "must be i32", floats_as_lengths);
    refused(SOCLE_STATUS_INVALID_ARGUMENT, "is not a value of this graph", no_value);
    refused(SOCLE_STATUS_SHAPE, "must have 1", long_scale);
    refused(SOCLE_STATUS_SHAPE, "epsilon is 0", no_epsilon);
    SC_EQ(socle_op_attention(NULL, 0, 0, 0, -1, NULL), -1);
    SC_EQ(socle_op_layer_norm(NULL, 0, 0, 0, 1e-5f), -1);
}

SC_OPENCL_BODIES(transformer)
