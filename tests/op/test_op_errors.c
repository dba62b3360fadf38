/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that must be refused, each with a text that names the values. */
#include "op_build.h"

#include "sc_test.h"

static void refused(sc_op_desc desc, socle_status status, const char *part) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_FAILS(&env, sc_op_infer(&env, &desc), status);
    SC_CONTAINS(env.text, sc_op_word(desc.op));
    SC_CONTAINS(env.text, part);
}

/* Refused by the full check alone. */
static void unchecked(sc_op_desc desc, socle_status status, const char *part) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_FAILS(&env, sc_op_check(&env, &desc), status);
    SC_CONTAINS(env.text, part);
}

static sc_op_desc conv(sc_tensor_desc x, sc_tensor_desc w, int groups) {
    sc_op_desc desc = build(SC_OP_CONV2D, 2, 1, x, w);
    desc.attr.conv.window = build_window(3, 1, 1, 0);
    desc.attr.conv.groups = groups;
    return desc;
}

Test(op_errors, convolution) {
    sc_op_desc desc = conv(F32N(8, 3, 9, 9), F32(5, 4, 3, 3), 1);
    refused(desc, SOCLE_STATUS_SHAPE, "input has 3 channels, weight expects 4 (groups 1)");
    refused(conv(F32N(8, 3, 9, 9), F32(6, 1, 3, 3), 2), SOCLE_STATUS_SHAPE,
            "2 groups do not divide 3");
    refused(conv(F32N(8, 3, 9, 9), F32(6, 3, 3, 3), 0), SOCLE_STATUS_SHAPE, "0 groups");
    refused(conv(F32N(8, 3, 9, 9), F32(5, 3, 3, 2), 1), SOCLE_STATUS_SHAPE,
            "weight is 3x2, the window's kernel 3x3");
    refused(conv(F32N(8, 3, 2, 9), F32(5, 3, 3, 3), 1), SOCLE_STATUS_SHAPE,
            "does not fit a height of 2");
    refused(conv(F32N(8, 3, 9), F32(5, 3, 3, 3), 1), SOCLE_STATUS_SHAPE,
            "3 dimensions, must have 4");
    refused(conv(F32N(8, 3, 9, 9), F32N(5, 3, 3, 3), 1), SOCLE_STATUS_SHAPE, "must not be batched");
    static const struct {
        size_t field;
        int value;
        const char *part;
    } bad[] = {
        {offsetof(sc_window, stride), 0, "stride along the height is 0"},
        {offsetof(sc_window, dilation), -1, "dilation along the height is -1"},
        {offsetof(sc_window, pad_before), -1, "padding before along the height is -1"},
        {offsetof(sc_window, pad_after), INT32_MAX, "padding after along the height is 2147483647"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        desc = conv(F32N(8, 3, 9, 9), F32(5, 3, 3, 3), 1);
        memcpy((char *)&desc.attr.conv.window + bad[i].field, &bad[i].value, sizeof(int));
        refused(desc, SOCLE_STATUS_SHAPE, bad[i].part);
    }
}

Test(op_errors, convolution_gradients) {
    sc_op_desc desc = conv(F32N(8, 5, 7, 7), F32(5, 3, 3, 3), 1);
    desc.op = SC_OP_CONV2D_GRAD_INPUT;
    desc.tensor[2] = F32N(8, 3, 10, 9);
    refused(desc, SOCLE_STATUS_SHAPE, "an input height of 10 gives 8, dy has 7");
    desc = conv(F32N(8, 4, 7, 7), F32(5, 3, 3, 3), 1);
    desc.op = SC_OP_CONV2D_GRAD_INPUT;
    refused(desc, SOCLE_STATUS_SHAPE, "dy has 4 channels, weight has 5 filters");
    desc = conv(F32N(8, 3, 9, 9), F32N(4, 5, 7, 7), 1);
    desc.op = SC_OP_CONV2D_GRAD_WEIGHT;
    refused(desc, SOCLE_STATUS_SHAPE, "operand 0 has 8 rows (batched), operand 1 has 4 (batched)");
}

Test(op_errors, rows_per_sample) {
    sc_op_desc good = build(SC_OP_SOFTMAX, 1, 1, F32R(3, 12, 5), F32R(3, 12, 5)), desc = good;
    desc.tensor[0].rows_per_sample = desc.tensor[1].rows_per_sample = 5;
    unchecked(desc, SOCLE_STATUS_SHAPE, "12 rows, which are no samples of 5");
    desc = good, desc.tensor[0].rows_per_sample = desc.tensor[1].rows_per_sample = -1;
    unchecked(desc, SOCLE_STATUS_SHAPE, "12 rows, which are no samples of -1");
    desc = good, desc.tensor[1].rows_per_sample = 4;
    unchecked(desc, SOCLE_STATUS_SHAPE, "output 0 is f32[N*4,5] (batched), must be f32[N*3,5]");
    desc = build(SC_OP_SOFTMAX, 1, 1, F32R(3, 12, 1, 1, 1, 1, 5), F32R(3, 12, 1, 1, 1, 1, 5));
    unchecked(desc, SOCLE_STATUS_SHAPE, "6 dimensions and several rows per sample, limit 5");
    desc = build(SC_OP_MATMUL, 2, 1, F32R(3, 12, 5), F32R(4, 12, 7));
    desc.attr.matmul.transpose_a = true;
    refused(desc, SOCLE_STATUS_SHAPE,
            "the inner dimension K has 3 rows per sample in A and 4 in B");
    desc = build(SC_OP_MATMUL, 2, 1, F32R(3, 12, 4, 5), F32R(4, 12, 5, 6));
    refused(desc, SOCLE_STATUS_SHAPE, "dimension 0 has 3 rows per sample in A and 4 in B");
    desc = build(SC_OP_CROSS_ENTROPY, 2, 2, F32R(3, 12, 5),
                 sc_tensor_make(SOCLE_U8, 1, 1, (int64_t[]){12}));
    refused(desc, SOCLE_STATUS_SHAPE,
            "operand 0 has 12 rows (3 per sample), operand 1 has 12 (batched)");
    desc = build(SC_OP_CONCAT, 2, 1, F32R(3, 12, 5), F32R(4, 12, 5));
    desc.attr.concat.axis = 1;
    refused(desc, SOCLE_STATUS_SHAPE, "operand 1 has 4 rows per sample, operand 0 has 3");
}

Test(op_errors, matmul) {
    sc_op_desc desc = build(SC_OP_MATMUL, 2, 1, F32N(8, 784), F32(100, 10));
    refused(desc, SOCLE_STATUS_SHAPE, "A has K = 784, B has K = 100");
    desc = build(SC_OP_MATMUL, 2, 1, F32N(8, 5), F32N(5, 7));
    refused(desc, SOCLE_STATUS_SHAPE, "batched in B alone");
    desc = build(SC_OP_MATMUL, 2, 1, F32(8, 5), F32N(7, 5));
    desc.attr.matmul.transpose_b = true;
    refused(desc, SOCLE_STATUS_SHAPE, "batched along N");
    desc = build(SC_OP_MATMUL, 2, 1, F32N(5, 8), F32(5, 7));
    desc.attr.matmul.transpose_a = true;
    refused(desc, SOCLE_STATUS_SHAPE, "batched in A alone");
    desc = build(SC_OP_MATMUL, 2, 1, F32N(8, 4, 5), F32(8, 5, 6));
    refused(desc, SOCLE_STATUS_SHAPE, "only A is batched");
    desc = build(SC_OP_MATMUL, 2, 1, F32(3, 4, 5), F32(2, 5, 6));
    refused(desc, SOCLE_STATUS_SHAPE, "batch dimension 0 is 3 in A and 2 in B");
    desc = build(SC_OP_MATMUL, 2, 1, F32(3, 4, 5), F32(5, 6));
    refused(desc, SOCLE_STATUS_SHAPE, "3 dimensions and B 2");
    desc = build(SC_OP_MATMUL, 2, 1, plain(SOCLE_U8, 2, (int64_t[]){4, 5}), F32(5, 6));
    refused(desc, SOCLE_STATUS_SHAPE, "operand 0 is u8, must be f32");
}

Test(op_errors, tails) {
    sc_expr tail = build_expr(SC_EXPR_ADD, 2);
    sc_op_desc desc = build(SC_OP_MATMUL, 2, 1, F32N(8, 5), F32(5, 7));
    desc.tail = &tail;
    refused(desc, SOCLE_STATUS_INTERNAL, "the tail has 2 inputs");
    desc = build(SC_OP_MATMUL, 3, 1, F32N(8, 5), F32(5, 7), F32(7));
    desc.tail = &tail;
    refused(desc, SOCLE_STATUS_SHAPE,
            "operand 2 is f32[7] and does not broadcast against f32[N,7]");
    desc = build(SC_OP_MATMUL, 3, 1, F32N(8, 5), F32(5, 7), F32(1, 6));
    desc.tail = &tail;
    refused(desc, SOCLE_STATUS_SHAPE, "does not broadcast");
    desc = build(SC_OP_MATMUL, 3, 1, F32N(8, 5), F32(5, 7), F32(1, 7));
    refused(desc, SOCLE_STATUS_INTERNAL, "3 inputs, needs 2 (no tail)");
    tail = build_expr(SC_EXPR_LT, 2);
    desc.tail = &tail;
    refused(desc, SOCLE_STATUS_SHAPE, "float");
}

Test(op_errors, elementwise_and_reduce) {
    sc_expr expr = build_expr(SC_EXPR_ADD, 2);
    sc_op_desc desc = build(SC_OP_ELEMENTWISE, 2, 1, F32N(8, 3), F32(8, 3));
    refused(desc, SOCLE_STATUS_INTERNAL, "no expression");
    desc.expr = &expr;
    refused(desc, SOCLE_STATUS_SHAPE, "only one of them is batched");
    desc = build(SC_OP_ELEMENTWISE, 2, 1, F32(8, 3), F32(8, 4));
    desc.expr = &expr;
    refused(desc, SOCLE_STATUS_SHAPE, "does not broadcast against f32[8,4]");
    desc = build(SC_OP_ELEMENTWISE, 2, 1, F32(8, 3), plain(SOCLE_I32, 2, (int64_t[]){8, 3}));
    desc.expr = &expr;
    refused(desc, SOCLE_STATUS_SHAPE, "operand 1 is i32, the expression reads a float there");
    desc = build(SC_OP_ELEMENTWISE, 1, 1, F32(8, 3));
    desc.expr = &expr;
    refused(desc, SOCLE_STATUS_INTERNAL,
            "the expression has 2 inputs and 1 outputs, the operation 1 and 1");
    desc = build(SC_OP_REDUCE, 2, 1, F32(8, 3), F32(8, 3));
    desc.expr = &expr;
    refused(desc, SOCLE_STATUS_SHAPE, "axes 0x0 of an index space of rank 2");
    desc.attr.reduce.axes = 4;
    refused(desc, SOCLE_STATUS_SHAPE, "axes 0x4");
    sc_expr_leaf(&expr, SC_EXPR_COORD, 2, 0);
    desc.attr.reduce.axes = 1;
    refused(desc, SOCLE_STATUS_SHAPE, "coordinate 2 of an index space of rank 2");
    expr = build_expr(SC_EXPR_LT, 2);
    refused(desc, SOCLE_STATUS_SHAPE, "output 0 is an integer");
}

Test(op_errors, pooling) {
    sc_op_desc desc = build(SC_OP_MAXPOOL2D, 1, 2, F32N(8, 3, 9, 9));
    desc.attr.pool.window = build_window(2, 2, 1, 2);
    refused(desc, SOCLE_STATUS_SHAPE, "no data");
    desc.attr.pool.window = build_window(3, 1, 1, 0);
    desc.attr.pool.window.pad_after[1] = 3;
    refused(desc, SOCLE_STATUS_SHAPE, "no data");
    desc.attr.pool.window = build_window(2, 1, 3, 2); /* taps at -2 and 1 of a height of 1: both
                                                         outside */
    desc.tensor[0].dim[2] = 1;
    refused(desc, SOCLE_STATUS_SHAPE, "no data");
    desc = build(SC_OP_MAXPOOL2D_GRAD, 2, 1, F32N(8, 3, 4, 4),
                 batched(SOCLE_I32, 8, 4, (int64_t[]){8, 3, 4, 4}));
    desc.attr.pool.window = build_window(2, 2, 1, 0);
    refused(desc, SOCLE_STATUS_SHAPE, "must be set");
    desc.tensor[2] = F32N(8, 3, 11, 8);
    refused(desc, SOCLE_STATUS_SHAPE, "an input height of 11 gives 5, dy has 4");
}

Test(op_errors, rows_and_tables) {
    sc_op_desc desc = build(SC_OP_SOFTMAX, 1, 1, F32N(8));
    refused(desc, SOCLE_STATUS_SHAPE, "at least 2");
    desc = build(SC_OP_CROSS_ENTROPY, 2, 2, F32N(8, 10), F32N(8));
    refused(desc, SOCLE_STATUS_SHAPE, "labels are f32");
    desc = build(SC_OP_CROSS_ENTROPY, 2, 2, F32N(8, 10), batched(SOCLE_I32, 7, 1, (int64_t[]){7}));
    refused(desc, SOCLE_STATUS_SHAPE, "8 rows (batched), operand 1 has 7");
    desc = build(SC_OP_GATHER, 2, 1, F32N(8, 10), batched(SOCLE_I32, 8, 1, (int64_t[]){8}));
    refused(desc, SOCLE_STATUS_SHAPE, "must not be batched");
    desc = build(SC_OP_SCATTER_ADD, 2, 1, batched(SOCLE_I32, 8, 1, (int64_t[]){8}), F32N(8, 5));
    refused(desc, SOCLE_STATUS_SHAPE, "must be set");
    sc_tensor_desc index = batched(SOCLE_I32, 8, 1, (int64_t[]){8});
    desc = build(SC_OP_PUT_ROWS, 3, 1, F32N(8, 5), index, F32N(8, 5));
    refused(desc, SOCLE_STATUS_SHAPE, "must not be batched");
    desc = build(SC_OP_PUT_ROWS, 3, 1, F32(9, 5), index, F32N(8, 6));
    refused(desc, SOCLE_STATUS_SHAPE, "a row has 6 elements, the table 5");
    desc = build(SC_OP_PUT_ROWS, 3, 1, F32(9, 5), index, F32N(7, 5));
    refused(desc, SOCLE_STATUS_SHAPE, "operand 2 has 7");
    desc =
        build(SC_OP_PUT_ROWS, 3, 1, F32(9, 5), index, batched(SOCLE_F16, 8, 2, (int64_t[]){8, 5}));
    refused(desc, SOCLE_STATUS_SHAPE, "the rows are f16, the table is f32");
    desc = build(SC_OP_SOFTMAX_GRAD, 2, 1, F32N(8, 10), F32N(8, 11));
    refused(desc, SOCLE_STATUS_SHAPE, "y is f32[N,10], dy is f32[N,11]");
}

Test(op_errors, layer_normalisation) {
    sc_op_desc good = build(SC_OP_LAYER_NORM, 3, 3, F32N(8, 5), F32(5), F32(5)), desc = good;
    refused(desc, SOCLE_STATUS_SHAPE, "epsilon is 0, must be finite and above 0");
    desc = good, desc.attr.layer_norm.epsilon = INFINITY;
    refused(desc, SOCLE_STATUS_SHAPE, "epsilon is inf");
    desc = good, desc.tensor[1] = F32(6);
    refused(desc, SOCLE_STATUS_SHAPE, "operand 1 has 6 values, rows have 5");
    desc = good, desc.tensor[2] = F32N(5);
    refused(desc, SOCLE_STATUS_SHAPE, "must not be batched");
    desc = good, desc.tensor[0] = F32N(5);
    refused(desc, SOCLE_STATUS_SHAPE, "needs at least 2");
    desc = build(SC_OP_LAYER_NORM_GRAD, 5, 1, F32N(8, 5), F32(5), F32N(8, 5), F32N(8, 1), F32N(8));
    refused(desc, SOCLE_STATUS_SHAPE, "operand 4 is f32[N], must be f32[N,1]");
    desc.tensor[2] = F32N(8, 6);
    refused(desc, SOCLE_STATUS_SHAPE, "operand 2 is f32[N,6], must be f32[N,5]");
}

Test(op_errors, attention) {
    sc_tensor_desc x = F32N(8, 5, 12), length = batched(SOCLE_I32, 8, 1, (int64_t[]){8});
    sc_op_desc good = build(SC_OP_ATTENTION, 4, 2, x, x, x, length), desc;
    good.attr.attention.heads = 3;
    desc = good, desc.attr.attention.heads = 5;
    refused(desc, SOCLE_STATUS_SHAPE, "a width of 12 is not divided by 5 heads");
    desc.attr.attention.heads = 0;
    refused(desc, SOCLE_STATUS_SHAPE, "divided by 0 heads");
    desc = good, desc.attr.attention.scale = INFINITY;
    refused(desc, SOCLE_STATUS_SHAPE, "scale is inf");
    desc = good, desc.attr.attention.causal = true, desc.attr.attention.shift = INT32_MAX;
    refused(desc, SOCLE_STATUS_SHAPE, "must be within 2^30");
    desc = good, desc.tensor[1].dim[1] = desc.tensor[2].dim[1] = INT64_C(1) << 30;
    refused(desc, SOCLE_STATUS_SHAPE, "must have fewer than 2^30");
    desc = good, desc.tensor[1] = F32N(8, 7, 11);
    refused(desc, SOCLE_STATUS_SHAPE, "operand 1 is 11 wide, the queries are 12");
    desc.tensor[1] = F32N(8, 7, 12);
    refused(desc, SOCLE_STATUS_SHAPE, "there are 7 keys and 5 values");
    desc = good, desc.tensor[2] = F32(8, 5, 12);
    refused(desc, SOCLE_STATUS_SHAPE, "operand 2 has 8 (not batched)");
    desc = good, desc.tensor[0] = F32N(8, 12);
    refused(desc, SOCLE_STATUS_SHAPE, "must have 3");
    desc = good, desc.tensor[3] = batched(SOCLE_I32, 7, 1, (int64_t[]){7});
    refused(desc, SOCLE_STATUS_SHAPE, "operand 3 has 7");
    desc.tensor[3] = F32N(8);
    refused(desc, SOCLE_STATUS_SHAPE, "operand 3 is f32, must be i32");
    desc = good, desc.inputs = 5;
    refused(desc, SOCLE_STATUS_INTERNAL, "5 inputs, needs 3, or 4 with lengths");
    desc = build(SC_OP_ATTENTION_GRAD_QUERY, 6, 1, x, x, x, x, F32N(8, 5, 3), F32N(8, 5, 2));
    desc.attr.attention.heads = 3;
    refused(desc, SOCLE_STATUS_SHAPE, "operand 5 is f32[N,5,2], must be f32[N,5,3]");
}

Test(op_errors, copies) {
    sc_op_desc desc = build(SC_OP_PERMUTE, 1, 1, F32N(8, 3, 4));
    memcpy(desc.attr.permute.order, (int[]){0, 1, 1}, 3 * sizeof(int));
    refused(desc, SOCLE_STATUS_SHAPE, "order[2] is 1");
    memcpy(desc.attr.permute.order, (int[]){1, 0, 2}, 3 * sizeof(int));
    refused(desc, SOCLE_STATUS_SHAPE, "must stay first");
    desc = build(SC_OP_SLICE, 1, 1, F32N(8, 9), F32N(8, 4));
    desc.attr.slice.begin[1] = 6;
    refused(desc, SOCLE_STATUS_SHAPE, "dimension 1: 4 elements from 6 on, the input has 9");
    desc.attr.slice.begin[1] = INT64_MAX;
    refused(desc, SOCLE_STATUS_SHAPE, "the input has 9");
    desc.tensor[1] = F32N(7, 4);
    refused(desc, SOCLE_STATUS_SHAPE, "8 becomes 7");
    desc = build(SC_OP_PAD, 1, 1, F32N(8, 9), F32N(8, 12));
    desc.attr.pad.before[1] = 4;
    refused(desc, SOCLE_STATUS_SHAPE, "9 elements after 4 of padding do not fit 12");
    const int64_t origins[] = {8, 3};
    desc = build(SC_OP_CROP2D, 2, 1, F32N(8, 3, 5, 6), batched(SOCLE_I32, 8, 2, origins));
    refused(desc, SOCLE_STATUS_SHAPE, "must be set; the input's are 5 and 6");
    desc.tensor[2] = F32N(8, 3, 4, 4);
    desc.tensor[1] = batched(SOCLE_I32, 8, 2, (int64_t[]){8, 2});
    refused(desc, SOCLE_STATUS_SHAPE, "2 numbers per sample, must have 3");
    desc.tensor[1] = plain(SOCLE_I32, 2, origins);
    refused(desc, SOCLE_STATUS_SHAPE, "8 rows (batched), operand 1 has 8 (not batched)");
    desc.tensor[1] = F32N(8, 3);
    refused(desc, SOCLE_STATUS_SHAPE, "operand 1 is f32, must be i32");
    desc.tensor[0] = F32N(8, 3, 5);
    refused(desc, SOCLE_STATUS_SHAPE, "with 3 dimensions, must have 4");
    desc = build(SC_OP_CONCAT, 2, 1, F32N(8, 9, 2), F32N(8, 1, 3));
    desc.attr.concat.axis = 1;
    refused(desc, SOCLE_STATUS_SHAPE, "size 3 along dimension 2, operand 0 has 2");
    desc.attr.concat.axis = 0;
    refused(desc, SOCLE_STATUS_SHAPE, "dimension 0 is batched");
}

Test(op_errors, what_only_the_full_check_sees) {
    sc_op_desc good = build(SC_OP_SOFTMAX, 1, 1, F32N(8, 10), F32N(8, 10)), desc;
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_op_check(&env, &good));
    desc = good, desc.tensor[1].dim[1] = 11;
    unchecked(desc, SOCLE_STATUS_SHAPE, "output 0 is f32[N,11] (batched), must be f32[N,10]");
    desc = good, desc.tensor[1].rows_per_sample = 0;
    unchecked(desc, SOCLE_STATUS_SHAPE, "output 0 is f32[8,10], must be f32[N,10] (batched)");
    desc = good, desc.tensor[0].dim[1] = 0;
    unchecked(desc, SOCLE_STATUS_SHAPE, "size 0 along dimension 1");
    desc = good, desc.tensor[0].dim[1] = desc.tensor[1].dim[1] = INT64_C(1) << 28;
    unchecked(desc, SOCLE_STATUS_SHAPE, "2^31 elements or more");
    desc = good, desc.tensor[0].dim[0] = desc.tensor[0].dim[1] = INT64_MAX / 2;
    unchecked(desc, SOCLE_STATUS_SHAPE, "2^31 elements or more");
    desc = good, desc.tensor[0].rank = SC_MAX_RANK + 1;
    unchecked(desc, SOCLE_STATUS_SHAPE, "7 dimensions");
    desc = good, desc.tensor[0].dtype = 9;
    unchecked(desc, SOCLE_STATUS_INTERNAL, "unknown dtype 9");
    desc = good, desc.tensor[0].layout = SC_LAYOUT_C16;
    unchecked(desc, SOCLE_STATUS_SHAPE, "blocked layouts need 4");
    desc = good, desc.inputs = 2;
    unchecked(desc, SOCLE_STATUS_INTERNAL, "takes 1 inputs");
    desc = good, desc.outputs = 0;
    unchecked(desc, SOCLE_STATUS_INTERNAL, "1 inputs and 0 outputs");
    desc = good, desc.op = SC_OP_COUNT;
    unchecked(desc, SOCLE_STATUS_INTERNAL, "unknown operation");
}
