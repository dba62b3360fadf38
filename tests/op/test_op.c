/* SPDX-License-Identifier: Apache-2.0 */
/* What sc_op_infer says about the shape of every operation's result, and the canonical texts. The
 * refusals are in test_op_errors.c. */
#include "op_build.h"

#include "base/text.h"
#include "sc_test.h"

/* Infers, then demands that sc_op_check accepts the result and that output k prints as expected. */
static void expect(sc_op_desc *desc, int k, const char *expected) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_op_infer(&env, desc));
    SC_OK(&env, sc_op_check(&env, desc));
    char text[128];
    sc_tensor_text(text, sizeof text, &desc->tensor[desc->inputs + k]);
    SC_EQ_STR(text, expected);
}

Test(op, elementwise_broadcasts) {
    sc_expr expr = build_expr(SC_EXPR_ADD, 2);
    sc_op_desc desc = build(SC_OP_ELEMENTWISE, 2, 1, F32N(8, 3, 4), F32(1, 3, 1));
    desc.expr = &expr;
    expect(&desc, 0, "f32[N,3,4]");
    SC_EQ(desc.tensor[2].dim[0], 8);
    desc = build(SC_OP_ELEMENTWISE, 2, 1, F32(5, 1), F32(1, 7));
    desc.expr = &expr;
    expect(&desc, 0, "f32[5,7]");
    desc = build(SC_OP_ELEMENTWISE, 2, 1, F32(1, 7), F32(1, 1));
    desc.expr = &expr;
    desc.tensor[2] = F32N(9, 7); /* larger than every input, and batched */
    expect(&desc, 0, "f32[N,7]");
}

Test(op, elementwise_types_follow_the_expression) {
    sc_expr expr;
    sc_expr_init(&expr);
    int pixel = sc_expr_input(&expr, 0, SC_EXPR_INT);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT, pixel, 0, 0));
    sc_expr_output(&expr, pixel);
    sc_op_desc desc = build(SC_OP_ELEMENTWISE, 1, 2, batched(SOCLE_U8, 4, 2, (int64_t[]){4, 9}));
    desc.expr = &expr;
    expect(&desc, 0, "f32[N,9]");
    expect(&desc, 1, "i32[N,9]");
    desc.tensor[2].dtype = SOCLE_U8;
    expect(&desc, 1, "u8[N,9]");
}

Test(op, matmul_places_the_batched_dimension) {
    sc_op_desc desc = build(SC_OP_MATMUL, 2, 1, F32N(8, 5), F32(5, 7));
    expect(&desc, 0, "f32[N,7]");
    desc = build(SC_OP_MATMUL, 2, 1, F32N(8, 5), F32(7, 5));
    desc.attr.matmul.transpose_b = true;
    expect(&desc, 0, "f32[N,7]");
    desc = build(SC_OP_MATMUL, 2, 1, F32N(8, 5), F32N(8, 7)); /* a weight gradient: K is batched */
    desc.attr.matmul.transpose_a = true;
    expect(&desc, 0, "f32[5,7]");
    desc = build(SC_OP_MATMUL, 2, 1, F32N(8, 3, 4, 5), F32(1, 1, 5, 6));
    expect(&desc, 0, "f32[N,3,4,6]");
    desc = build(SC_OP_MATMUL, 2, 1, F32(1, 4, 5), F32N(8, 5, 6));
    expect(&desc, 0, "f32[N,4,6]");
}

Test(op, matmul_with_a_tail) {
    sc_expr tail = build_expr(SC_EXPR_ADD, 2);
    sc_op_desc desc = build(SC_OP_MATMUL, 3, 1, F32N(8, 5), F32(5, 7), F32(1, 7));
    desc.tail = &tail;
    expect(&desc, 0, "f32[N,7]");
    SC_EQ(sc_op_base_inputs(&desc), 2);
}

Test(op, convolution_and_its_gradients) {
    sc_window same = build_window(3, 2, 1, 1);
    sc_op_desc desc = build(SC_OP_CONV2D, 2, 1, F32N(8, 6, 15, 16), F32(10, 3, 3, 3));
    desc.attr.conv.window = same;
    desc.attr.conv.groups = 2;
    expect(&desc, 0, "f32[N,10,8,8]");
    desc = build(SC_OP_CONV2D_GRAD_WEIGHT, 2, 1, F32N(8, 6, 15, 16), F32N(8, 10, 8, 8));
    desc.attr.conv.window = same;
    desc.attr.conv.groups = 2;
    expect(&desc, 0, "f32[10,3,3,3]");
    desc = build(SC_OP_CONV2D_GRAD_INPUT, 2, 1, F32N(8, 10, 8, 8), F32(10, 3, 3, 3));
    desc.attr.conv.window = same;
    desc.attr.conv.groups = 2;
    expect(&desc, 0, "f32[N,6,15,15]");
    desc.tensor[2] = F32N(8, 6, 15, 16); /* the caller's choice among the sizes that give 8 x 8 */
    expect(&desc, 0, "f32[N,6,15,16]");
}

Test(op, pooling_and_its_gradients) {
    sc_op_desc desc = build(SC_OP_MAXPOOL2D, 1, 2, F32N(8, 6, 15, 16));
    desc.attr.pool.window = build_window(2, 2, 1, 0);
    expect(&desc, 0, "f32[N,6,7,8]");
    expect(&desc, 1, "i32[N,6,7,8]");
    desc = build(SC_OP_MAXPOOL2D_GRAD, 2, 1, F32N(8, 6, 7, 8),
                 batched(SOCLE_I32, 8, 4, (int64_t[]){8, 6, 7, 8}), F32N(8, 6, 15, 16));
    desc.attr.pool.window = build_window(2, 2, 1, 0);
    expect(&desc, 0, "f32[N,6,15,16]");
    desc = build(SC_OP_AVGPOOL2D_GRAD, 1, 1, F32N(8, 6, 8, 8), F32N(8, 6, 15, 15));
    desc.attr.pool.window = build_window(3, 2, 1, 1);
    expect(&desc, 0, "f32[N,6,15,15]");
}

Test(op, reduce_keeps_reduced_dimensions_as_one) {
    sc_expr expr = build_expr(SC_EXPR_MUL, 2);
    sc_op_desc desc = build(SC_OP_REDUCE, 2, 1, F32N(8, 3, 4), F32(1, 3, 1));
    desc.expr = &expr;
    desc.attr.reduce.axes = 4;
    expect(&desc, 0, "f32[N,3,1]");
    desc.attr.reduce.axes = 5;
    memset(&desc.tensor[2], 0, sizeof desc.tensor[2]);
    expect(&desc, 0, "f32[1,3,1]");
}

Test(op, operations_along_rows) {
    sc_op_desc desc = build(SC_OP_SOFTMAX, 1, 1, F32N(8, 5, 10));
    expect(&desc, 0, "f32[N,5,10]");
    desc = build(SC_OP_SOFTMAX_GRAD, 2, 1, F32N(8, 10), F32N(8, 10));
    expect(&desc, 0, "f32[N,10]");
    desc = build(SC_OP_CROSS_ENTROPY, 2, 2, F32N(8, 10), batched(SOCLE_U8, 8, 1, (int64_t[]){8}));
    expect(&desc, 0, "f32[N]");
    expect(&desc, 1, "f32[N,10]");
    desc = build(SC_OP_ARGMAX, 1, 1, F32N(8, 10));
    expect(&desc, 0, "i32[N]");
    desc = build(SC_OP_GATHER, 2, 1, plain(SOCLE_U8, 3, (int64_t[]){100, 5, 2}),
                 batched(SOCLE_I32, 8, 1, (int64_t[]){8}));
    expect(&desc, 0, "u8[N,5,2]");
    desc = build(SC_OP_SCATTER_ADD, 2, 1, batched(SOCLE_I32, 8, 1, (int64_t[]){8}), F32N(8, 5),
                 F32(100, 1));
    expect(&desc, 0, "f32[100,5]");
    desc = build(SC_OP_PUT_ROWS, 3, 1, F32(100, 5), batched(SOCLE_I32, 8, 1, (int64_t[]){8}),
                 F32N(8, 5));
    expect(&desc, 0, "f32[100,5]");
}

Test(op, layer_normalisation) {
    sc_op_desc desc = build(SC_OP_LAYER_NORM, 3, 3, F32N(8, 5, 10), F32(10), F32(10));
    desc.attr.layer_norm.epsilon = 1e-5f;
    expect(&desc, 0, "f32[N,5,10]");
    expect(&desc, 1, "f32[N,5,1]");
    expect(&desc, 2, "f32[N,5,1]");
    desc = build(SC_OP_LAYER_NORM_GRAD, 5, 1, F32R(3, 12, 5), F32(5), F32R(3, 12, 5),
                 F32R(3, 12, 1), F32R(3, 12, 1));
    expect(&desc, 0, "f32[N*3,5]");
}

Test(op, attention) {
    sc_tensor_desc length = batched(SOCLE_I32, 8, 1, (int64_t[]){8});
    sc_op_desc desc =
        build(SC_OP_ATTENTION, 4, 2, F32N(8, 5, 12), F32N(8, 7, 12), F32N(8, 7, 12), length);
    desc.attr.attention.heads = 3;
    desc.attr.attention.scale = 0.5f;
    expect(&desc, 0, "f32[N,5,12]");
    expect(&desc, 1, "f32[N,5,3]");
    desc = build(SC_OP_ATTENTION_GRAD_QUERY, 6, 1, F32(8, 5, 12), F32(8, 7, 12), F32(8, 7, 12),
                 F32(8, 5, 12), F32(8, 5, 3), F32(8, 5, 3));
    desc.attr.attention.heads = 3;
    expect(&desc, 0, "f32[8,5,12]");
    desc.op = SC_OP_ATTENTION_GRAD_KEY;
    desc.outputs = 2;
    memset(&desc.tensor[6], 0, sizeof desc.tensor[6]);
    expect(&desc, 0, "f32[8,7,12]");
    expect(&desc, 1, "f32[8,7,12]");
}

Test(op, copies) {
    sc_op_desc desc = build(SC_OP_PERMUTE, 1, 1, F32N(8, 3, 4, 5));
    memcpy(desc.attr.permute.order, (int[]){0, 3, 1, 2}, 4 * sizeof(int));
    expect(&desc, 0, "f32[N,5,3,4]");
    desc = build(SC_OP_SLICE, 1, 1, F32N(8, 9), F32N(8, 4));
    desc.attr.slice.begin[1] = 5;
    expect(&desc, 0, "f32[N,4]");
    desc = build(SC_OP_PAD, 1, 1, F32N(8, 9), F32N(8, 12));
    desc.attr.pad.before[1] = 2;
    expect(&desc, 0, "f32[N,12]");
    desc = build(SC_OP_CROP2D, 2, 1, batched(SOCLE_U8, 8, 4, (int64_t[]){8, 3, 32, 30}),
                 batched(SOCLE_I32, 8, 2, (int64_t[]){8, 3}), F32(0, 0, 28, 36));
    expect(&desc, 0, "u8[N,3,28,36]");
    SC_EQ(desc.tensor[2].dim[0], 8);
    desc = build(SC_OP_CONCAT, 3, 1, F32N(8, 9), F32N(8, 1), F32N(8, 4));
    desc.attr.concat.axis = 1;
    expect(&desc, 0, "f32[N,14]");
    desc = build(SC_OP_REORDER, 1, 1, F32N(8, 3, 4, 5));
    desc.tensor[1].layout = SC_LAYOUT_C16;
    expect(&desc, 0, "f32[N,3,4,5]:c16");
    SC_EQ(sc_tensor_bytes(&desc.tensor[1]), 8 * 16 * 4 * 5 * 4);
    SC_EQ(sc_tensor_bytes(&desc.tensor[0]), 8 * 3 * 4 * 5 * 4);
}

Test(op, rows_change_only_batched_tensors) {
    sc_tensor_desc x = F32N(8, 3, 4), w = F32(8, 3);
    SC_EQ(sc_tensor_elements(&x), 96);
    SC_EQ(sc_tensor_elements_at(&x, 5), 60);
    SC_EQ(sc_tensor_elements_at(&x, 0), 0);
    SC_EQ(sc_tensor_elements_at(&w, 5), 24);
    SC_EQ(sc_tensor_dim_at(&x, 0, 5), 5);
    SC_EQ(sc_tensor_dim_at(&x, 1, 5), 3);
    sc_tensor_desc several = F32R(3, 12, 5);
    SC_EQ(sc_tensor_samples(&several), 4);
    SC_EQ(sc_tensor_elements(&several), 60);
    SC_EQ(sc_tensor_dim_at(&several, 0, 2), 6);
    SC_EQ(sc_tensor_elements_at(&several, 2), 30);
    SC_EQ(sc_tensor_samples(&w), 1);
    sc_tensor_desc scalar = plain(SOCLE_F32, 0, NULL);
    SC_EQ(sc_tensor_elements(&scalar), 1);
    SC_EQ(sc_tensor_bytes(&scalar), 4);
}

/* Results have the rows per sample of what they are made of. */
Test(op, several_rows_per_sample) {
    sc_expr sum = build_expr(SC_EXPR_ADD, 2);
    sc_op_desc desc = build(SC_OP_ELEMENTWISE, 2, 1, F32R(3, 12, 5), F32(1, 5));
    desc.expr = &sum;
    expect(&desc, 0, "f32[N*3,5]");
    desc = build(SC_OP_MATMUL, 2, 1, F32R(3, 12, 5), F32(5, 7));
    expect(&desc, 0, "f32[N*3,7]");
    desc = build(SC_OP_MATMUL, 2, 1, F32R(3, 12, 5), F32R(3, 12, 7)); /* one weight gradient of all
                                                                         rows */
    desc.attr.matmul.transpose_a = true;
    expect(&desc, 0, "f32[5,7]");
    desc = build(SC_OP_MATMUL, 2, 1, F32R(3, 12, 4, 5), F32(1, 5, 6));
    expect(&desc, 0, "f32[N*3,4,6]");
    desc = build(SC_OP_GATHER, 2, 1, F32(9, 5), sc_tensor_make(SOCLE_I32, 3, 1, (int64_t[]){12}));
    expect(&desc, 0, "f32[N*3,5]");
    desc = build(SC_OP_ARGMAX, 1, 1, F32R(3, 12, 5));
    expect(&desc, 0, "i32[N*3]");
    desc = build(SC_OP_CROSS_ENTROPY, 2, 2, F32R(3, 12, 5),
                 sc_tensor_make(SOCLE_U8, 3, 1, (int64_t[]){12}));
    expect(&desc, 0, "f32[N*3]");
    desc = build(SC_OP_REDUCE, 2, 1, F32R(3, 12, 5), F32(1, 5));
    desc.expr = &sum;
    desc.attr.reduce.axes = 2;
    expect(&desc, 0, "f32[N*3,1]");
    desc.attr.reduce.axes = 1;
    expect(&desc, 0, "f32[1,5]");
}

Test(op, text_says_everything) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_expr tail = build_expr(SC_EXPR_RELU, 1);
    sc_op_desc desc = build(SC_OP_CONV2D, 2, 1, F32N(8, 6, 15, 16), F32(10, 3, 3, 3));
    desc.attr.conv.window = build_window(3, 2, 1, 1);
    desc.attr.conv.groups = 2;
    desc.tail = &tail;
    SC_OK(&env, sc_op_infer(&env, &desc));
    sc_text text;
    sc_text_init(&text, &env);
    sc_op_print(&text, &desc);
    SC_EQ_STR(text.data, "conv2d(f32[N=8,6,15,16],f32[10,3,3,3])->f32[N=8,10,8,8] kernel 3x3 "
                         "stride 2x2 dilation 1x1 "
                         "pad 1+1x1+1 groups 2 tail{f0=in0 f1=relu(f0) out f1}");
    sc_text_free(&text);
}
