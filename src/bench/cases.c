/* SPDX-License-Identifier: Apache-2.0 */
/* See cases.h. A row of the table is a layer of a network with its batch; a family says which
 * operations training such a layer takes. */
#include "bench/cases_private.h"

#include <string.h>

void sc_bench_begin(sc_bench_case *out, sc_op op, int inputs, int outputs) {
    out->desc.op = op;
    out->desc.inputs = inputs;
    out->desc.outputs = outputs;
}

/* ---- Dense layers: {rows, inputs, units} ---- */

static void dense(sc_bench_case *out, const int64_t *s, sc_tensor_desc a, sc_tensor_desc b) {
    sc_bench_begin(out, SC_OP_MATMUL, 2, 1);
    out->desc.tensor[0] = a;
    out->desc.tensor[1] = b;
    out->flops = 2.0 * (double)s[0] * (double)s[1] * (double)s[2];
}

static void dense_forward(sc_bench_case *out, const int64_t *s) {
    dense(out, s, SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1]),
          SC_BENCH_TENSOR(SOCLE_F32, 0, s[2], s[1]));
    out->desc.attr.matmul.transpose_b = true;
}

static void dense_grad_input(sc_bench_case *out, const int64_t *s) {
    dense(out, s, SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[2]),
          SC_BENCH_TENSOR(SOCLE_F32, 0, s[2], s[1]));
}

static void dense_grad_weight(sc_bench_case *out, const int64_t *s) {
    dense(out, s, SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[2]),
          SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1]));
    out->desc.attr.matmul.transpose_a = true;
}

/* ---- Convolutions: {batch, channels, filters, side, kernel, stride}, half a kernel of padding */

static int64_t conv_side(const int64_t *s) {
    return (s[3] + 2 * (s[4] / 2) - s[4]) / s[5] + 1;
}

static void conv(sc_bench_case *out, const int64_t *s, sc_op op) {
    sc_bench_begin(out, op, 2, 1);
    sc_window *window = &out->desc.attr.conv.window;
    for (int d = 0; d < 2; d++) {
        window->kernel[d] = (int)s[4];
        window->stride[d] = (int)s[5];
        window->dilation[d] = 1;
        window->pad_before[d] = window->pad_after[d] = (int)(s[4] / 2);
    }
    out->desc.attr.conv.groups = 1;
    int64_t side = conv_side(s);
    sc_tensor_desc x = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[3], s[3]),
                   y = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[2], side, side),
                   w = SC_BENCH_TENSOR(SOCLE_F32, 0, s[2], s[1], s[4], s[4]);
    out->desc.tensor[0] = op == SC_OP_CONV2D_GRAD_INPUT ? y : x;
    out->desc.tensor[1] = op == SC_OP_CONV2D_GRAD_WEIGHT ? y : w;
    if (op == SC_OP_CONV2D_GRAD_INPUT) out->desc.tensor[2] = x;
    out->flops = 2.0 * (double)(s[0] * s[2] * side * side) * (double)(s[1] * s[4] * s[4]);
}

static void conv_forward(sc_bench_case *out, const int64_t *s) {
    conv(out, s, SC_OP_CONV2D);
}

static void conv_grad_input(sc_bench_case *out, const int64_t *s) {
    conv(out, s, SC_OP_CONV2D_GRAD_INPUT);
}

static void conv_grad_weight(sc_bench_case *out, const int64_t *s) {
    conv(out, s, SC_OP_CONV2D_GRAD_WEIGHT);
}

/* ---- Pooling by 2: {batch, channels, side} ---- */

static void pool(sc_bench_case *out, sc_op op, int inputs, int outputs) {
    sc_bench_begin(out, op, inputs, outputs);
    for (int d = 0; d < 2; d++) {
        out->desc.attr.pool.window.kernel[d] = out->desc.attr.pool.window.stride[d] = 2;
        out->desc.attr.pool.window.dilation[d] = 1;
    }
    out->limit = 4;
}

static void maxpool(sc_bench_case *out, const int64_t *s) {
    pool(out, SC_OP_MAXPOOL2D, 1, 2);
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[2], s[2]);
    out->flops = (double)(s[0] * s[1] * s[2] * s[2]);
}

static void maxpool_grad(sc_bench_case *out, const int64_t *s) {
    pool(out, SC_OP_MAXPOOL2D_GRAD, 2, 1);
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[2] / 2, s[2] / 2);
    out->desc.tensor[1] = SC_BENCH_TENSOR(SOCLE_I32, 1, s[0], s[1], s[2] / 2, s[2] / 2);
    out->desc.tensor[2] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[2], s[2]);
}

/* ---- Normalisation: {batch, channels, side} ---- */

static int input(sc_bench_case *out, int index) {
    return sc_expr_input(&out->expr, index, SC_EXPR_FLOAT);
}

static int node(sc_bench_case *out, sc_expr_op op, int a, int b) {
    return sc_expr_add_node(&out->expr, op, a, b, 0);
}

/* The sums of x and x * x over a channel. */
static void moments(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_REDUCE, 1, 2);
    int x = input(out, 0);
    sc_expr_output(&out->expr, x);
    sc_expr_output(&out->expr, node(out, SC_EXPR_SQUARE, x, 0));
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[2], s[2]);
    out->desc.attr.reduce.axes = 1u | 1u << 2 | 1u << 3;
    out->desc.attr.reduce.kind[0] = out->desc.attr.reduce.kind[1] = SC_REDUCE_SUM;
    out->flops = 3.0 * (double)(s[0] * s[1] * s[2] * s[2]);
}

/* relu(x * scale + shift), with a scale and a shift per channel. */
static void normalise(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_ELEMENTWISE, 3, 1);
    int scaled = node(out, SC_EXPR_MUL, input(out, 0), input(out, 1));
    int shifted = node(out, SC_EXPR_ADD, scaled, input(out, 2));
    sc_expr_output(&out->expr, node(out, SC_EXPR_RELU, shifted, 0));
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[2], s[2]);
    out->desc.tensor[1] = out->desc.tensor[2] = SC_BENCH_TENSOR(SOCLE_F32, 0, 1, s[1], 1, 1);
    out->flops = 3.0 * (double)(s[0] * s[1] * s[2] * s[2]);
}

/* ---- Rows: {rows, columns} ---- */

static void softmax(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_SOFTMAX, 1, 1);
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1]);
    out->flops = 5.0 * (double)(s[0] * s[1]); /* maximum, difference, exp, sum, quotient */
}

static void softmax_grad(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_SOFTMAX_GRAD, 2, 1);
    out->desc.tensor[0] = out->desc.tensor[1] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1]);
    out->flops = 4.0 * (double)(s[0] * s[1]);
}

static void cross_entropy(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_CROSS_ENTROPY, 2, 2);
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1]);
    out->desc.tensor[1] = SC_BENCH_TENSOR(SOCLE_I32, 1, s[0]);
    out->limit = s[1];
    out->flops = 5.0 * (double)(s[0] * s[1]);
}

static void sum_rows(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_REDUCE, 1, 1);
    sc_expr_output(&out->expr, input(out, 0));
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1]);
    out->desc.attr.reduce.axes = 1u;
    out->desc.attr.reduce.kind[0] = SC_REDUCE_SUM;
    out->flops = (double)(s[0] * s[1]);
}

/* ---- Tables: {tokens, rows of the table, width} ---- */

static void gather(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_GATHER, 2, 1);
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 0, s[1], s[2]);
    out->desc.tensor[1] = SC_BENCH_TENSOR(SOCLE_I32, 1, s[0]);
    out->limit = s[1];
}

static void scatter_add(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_SCATTER_ADD, 2, 1);
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_I32, 1, s[0]);
    out->desc.tensor[1] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[2]);
    out->desc.tensor[2] = SC_BENCH_TENSOR(SOCLE_F32, 0, s[1], s[2]);
    out->limit = s[1];
    out->flops = (double)(s[0] * s[2]);
}

/* ---- {elements} ---- */

/* Adam: w, g, m, v -> w, m, v. */
static void adam(sc_bench_case *out, const int64_t *s) {
    sc_expr *e = &out->expr;
    sc_bench_begin(out, SC_OP_ELEMENTWISE, 4, 3);
    int w = input(out, 0), g = input(out, 1), m = input(out, 2), v = input(out, 3);
    int first = node(out, SC_EXPR_ADD, node(out, SC_EXPR_MUL, m, sc_expr_const(e, 0.9f)),
                     node(out, SC_EXPR_MUL, g, sc_expr_const(e, 0.1f)));
    int square = node(out, SC_EXPR_SQUARE, g, 0);
    int second = node(out, SC_EXPR_ADD, node(out, SC_EXPR_MUL, v, sc_expr_const(e, 0.999f)),
                      node(out, SC_EXPR_MUL, square, sc_expr_const(e, 0.001f)));
    int root = node(out, SC_EXPR_ADD, node(out, SC_EXPR_SQRT, second, 0), sc_expr_const(e, 1e-8f));
    int step =
        node(out, SC_EXPR_MUL, node(out, SC_EXPR_DIV, first, root), sc_expr_const(e, 0.001f));
    sc_expr_output(e, node(out, SC_EXPR_SUB, w, step));
    sc_expr_output(e, first);
    sc_expr_output(e, second);
    for (int i = 0; i < 4; i++) out->desc.tensor[i] = SC_BENCH_TENSOR(SOCLE_F32, 0, s[0]);
    out->flops = 12.0 * (double)s[0];
}

/* ---- Copies: {batch, tokens, heads, width of a head} ---- */

static void permute(sc_bench_case *out, const int64_t *s) {
    static const int order[] = {0, 2, 1, 3};
    sc_bench_begin(out, SC_OP_PERMUTE, 1, 1);
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[2], s[3]);
    memcpy(out->desc.attr.permute.order, order, sizeof order);
}

static sc_bench_builder *const denses[] = {dense_forward, dense_grad_input, dense_grad_weight,
                                           NULL};
static sc_bench_builder *const convs[] = {conv_forward, conv_grad_input, conv_grad_weight, NULL};
static sc_bench_builder *const first_convs[] = {conv_forward, conv_grad_weight, NULL};
static sc_bench_builder *const pools[] = {maxpool, maxpool_grad, NULL};
static sc_bench_builder *const norms[] = {moments, normalise, NULL};
static sc_bench_builder *const softmaxes[] = {softmax, softmax_grad, NULL};
static sc_bench_builder *const entropies[] = {cross_entropy, NULL};
static sc_bench_builder *const sums[] = {sum_rows, NULL};
static sc_bench_builder *const tables[] = {gather, scatter_add, NULL};
static sc_bench_builder *const updates[] = {adam, NULL};
static sc_bench_builder *const copies[] = {permute, NULL};

/* What a list of shapes may name, and how many sizes each has. */
static const struct {
    const char *word;
    sc_bench_builder *const *family;
    int sizes;
} families[] = {
    {"dense", denses, 3},
    {"conv", convs, 6},
    {"pool", pools, 3},
    {"norm", norms, 3},
    {"layer_norm", sc_bench_layer_norms, 2},
    {"attention", sc_bench_attentions, 4},
    {"softmax", softmaxes, 2},
    {"sum", sums, 2},
    {"update", updates, 1},
};
enum { FAMILIES = sizeof families / sizeof families[0] };

typedef struct shape {
    const char *network;
    sc_bench_builder *const *family;
    bool quick;
    int64_t size[6];
} shape;

/* The layer above the data needs no gradient to its input. */
static const shape shapes[] = {
    {"fashion-mlp", denses, true, {128, 784, 256}},
    {"fashion-cnn", denses, false, {128, 3136, 128}},
    {"gpt", denses, true, {2048, 256, 1024}},
    {"gpt", sc_bench_attentions, true, {16, 128, 4, 64}},
    {"gpt", sc_bench_layer_norms, true, {2048, 256}},
    {"fashion-cnn", first_convs, false, {128, 1, 32, 28, 3, 1}},
    {"fashion-cnn", convs, true, {128, 32, 64, 14, 3, 1}},
    {"resnet-18", first_convs, false, {64, 3, 64, 64, 7, 2}},
    {"resnet-18", convs, false, {64, 64, 64, 16, 3, 1}},
    {"resnet-18", convs, false, {64, 64, 128, 16, 3, 2}},
    {"resnet-18", convs, false, {64, 64, 128, 16, 1, 2}},
    {"resnet-18", convs, false, {64, 256, 256, 4, 3, 1}},
    {"fashion-cnn", pools, true, {128, 32, 28}},
    {"resnet-18", norms, true, {64, 64, 16}},
    {"gpt", softmaxes, true, {8192, 128}},
    {"fashion-mlp", entropies, true, {128, 10}},
    {"gpt", sums, true, {2048, 1024}},
    {"gpt", tables, true, {2048, 256, 256}},
    {"resnet-18", updates, true, {1 << 22}},
    {"gpt", copies, true, {16, 128, 4, 64}},
};

static double bytes_of(const sc_op_desc *desc) {
    double bytes = 0.0;
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        bytes += (double)sc_tensor_bytes(&desc->tensor[i]);
    return bytes;
}

static socle_status finish(sc_env *env, sc_bench_case *out) {
    sc_op_desc *desc = &out->desc;
    if (out->expr.outputs) desc->expr = &out->expr;
    SC_TRY(sc_op_infer(env, desc));
    SC_TRY(sc_op_check(env, desc));
    out->rows = 1;
    for (int i = 0; i < desc->inputs; i++)
        if (desc->tensor[i].rows_per_sample) out->rows = sc_tensor_samples(&desc->tensor[i]);
    out->bytes = bytes_of(desc);
    return SOCLE_OK;
}

static void start(sc_bench_case *out, const char *network) {
    memset(out, 0, sizeof *out);
    sc_expr_init(&out->expr);
    out->network = network;
    out->limit = 1;
}

/* Case `number` without what is inferred of it; false beyond the last. */
static bool build_at(int number, sc_bench_case *out) {
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (sc_bench_builder *const *build = shapes[i].family; *build; build++) {
            if (number-- > 0) continue;
            start(out, shapes[i].network);
            out->quick = shapes[i].quick;
            (*build)(out, shapes[i].size);
            return true;
        }
    return false;
}

socle_status sc_bench_case_at(sc_env *env, int number, sc_bench_case *out, bool *there) {
    *there = build_at(number, out);
    return *there ? finish(env, out) : SOCLE_OK;
}

const char *sc_bench_family(int number, int *sizes) {
    if (number < 0 || number >= FAMILIES) return NULL;
    *sizes = families[number].sizes;
    return families[number].word;
}

socle_status sc_bench_case_of(sc_env *env, int family, const int64_t *size, int number,
                              sc_bench_case *out, bool *there) {
    sc_bench_builder *const *build = families[family].family;
    for (int i = 0; i < number && *build; i++) build++;
    *there = *build != NULL;
    if (!*there) return SOCLE_OK;
    start(out, "list");
    (*build)(out, size);
    return finish(env, out);
}

static bool has_shape(sc_op op) {
    sc_bench_case test;
    for (int number = 0; build_at(number, &test); number++)
        if (test.desc.op == op) return true;
    return false;
}

const char *sc_bench_operation_word(int number) {
    for (int op = 0; op < SC_OP_COUNT; op++)
        if (has_shape((sc_op)op) && number-- == 0) return sc_op_word((sc_op)op);
    return NULL;
}
