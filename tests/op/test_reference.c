/* SPDX-License-Identifier: Apache-2.0 */
/* The reference checked against itself, in double alone: every gradient operation against finite
 * differences of its forward operation, and a few results known by hand. */
#include "op_build.h"
#include "verify/reference.h"
#include "verify/tolerance.h"

#include "sc_test.h"

enum { MOST = 512 };

typedef struct bench {
    sc_op_desc desc;
    sc_launch launch;
    sc_reference_job job;
    double value[SC_MAX_OPERANDS][MOST], bound[SC_MAX_OPERANDS][MOST];
} bench;

static double random_number(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(int32_t)(*state >> 32) * 0x1p-30;
}

/* Infers the outputs and fills the inputs with numbers in [-2, 2). */
static void set_up(bench *b, sc_op_desc desc) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    memset(b, 0, sizeof *b);
    b->desc = desc;
    SC_OK(&env, sc_op_infer(&env, &b->desc));
    SC_OK(&env, sc_op_check(&env, &b->desc));
    b->launch.rows = 2;
    b->job.desc = &b->desc;
    b->job.launch = &b->launch;
    b->job.correct_divide = true;
    uint64_t state = 12345;
    for (int i = 0; i < desc.inputs + desc.outputs; i++) {
        sc_tensor_desc *tensor = &b->desc.tensor[i];
        int64_t count = sc_tensor_elements_at(tensor, b->launch.rows);
        SC_TRUE(count <= MOST);
        b->job.operand[i] = (sc_reference_array){*tensor, count, b->value[i], b->bound[i]};
        for (int64_t e = 0; i < desc.inputs && e < count; e++)
            b->value[i][e] = random_number(&state);
    }
}

/* sum over output 0 of weight * output, after a run. */
static double weighted(bench *b, const double *weight) {
    sc_reference_run(&b->job);
    const sc_reference_array *out = &b->job.operand[b->desc.inputs];
    double sum = 0;
    for (int64_t i = 0; i < out->count; i++) sum += weight[i] * out->value[i];
    return sum;
}

/* `gradient` (count values) must be d(sum weight * output 0) / d(input). */
static void expect_gradient(bench *forward, int input, const double *weight,
                            const double *gradient) {
    const double h = 1e-5;
    double *x = forward->value[input];
    for (int64_t i = 0; i < forward->job.operand[input].count; i++) {
        double at = x[i];
        x[i] = at + h;
        double above = weighted(forward, weight);
        x[i] = at - h;
        double below = weighted(forward, weight);
        x[i] = at;
        double expected = (above - below) / (2 * h);
        SC_REPRO("%s, input %d, element %d", sc_op_word(forward->desc.op), input, (int)i);
        SC_NEAR(gradient[i], expected, 1e-7 * (1 + fabs(expected)));
    }
}

static sc_op_desc conv(sc_op op, sc_tensor_desc a, sc_tensor_desc b, sc_window window, int groups) {
    sc_op_desc desc = build(op, 2, 1, a, b);
    desc.attr.conv.window = window;
    desc.attr.conv.groups = groups;
    return desc;
}

static void check_conv(sc_tensor_desc x, sc_tensor_desc w, sc_window window, int groups) {
    static bench forward, by_input, by_weight;
    set_up(&forward, conv(SC_OP_CONV2D, x, w, window, groups));
    sc_tensor_desc y = forward.desc.tensor[2];
    sc_op_desc desc = conv(SC_OP_CONV2D_GRAD_INPUT, y, w, window, groups);
    desc.tensor[2] = x;
    set_up(&by_input, desc);
    memcpy(by_input.value[1], forward.value[1], sizeof forward.value[1]);
    sc_reference_run(&by_input.job);
    expect_gradient(&forward, 0, by_input.value[0], by_input.value[2]);
    set_up(&by_weight, conv(SC_OP_CONV2D_GRAD_WEIGHT, x, y, window, groups));
    memcpy(by_weight.value[0], forward.value[0], sizeof forward.value[0]);
    memcpy(by_weight.value[1], by_input.value[0], sizeof by_input.value[0]);
    sc_reference_run(&by_weight.job);
    expect_gradient(&forward, 1, by_weight.value[1], by_weight.value[2]);
}

Test(reference, convolution_gradients) {
    check_conv(F32N(2, 2, 5, 4), F32(3, 2, 3, 3), build_window(3, 1, 1, 1), 1);
    check_conv(F32N(2, 4, 5, 6), F32(2, 2, 3, 3), build_window(3, 2, 1, 0), 2);
    check_conv(F32N(2, 3, 6, 6), F32(3, 1, 2, 2), build_window(2, 1, 2, 1), 3);
    sc_window uneven = build_window(3, 2, 1, 0);
    uneven.pad_after[0] = 2;
    uneven.pad_before[1] = 1;
    check_conv(F32N(2, 1, 6, 5), F32(2, 1, 3, 3), uneven, 1);
}

static sc_op_desc pool(sc_op op, int inputs, int outputs, sc_tensor_desc a, sc_tensor_desc b,
                       sc_tensor_desc c, sc_window window, bool counted) {
    sc_op_desc desc = build(op, inputs, outputs, a, b, c);
    desc.attr.pool.window = window;
    desc.attr.pool.count_padding = counted;
    return desc;
}

static void check_pool(sc_tensor_desc x, sc_window window) {
    static bench forward, backward;
    sc_tensor_desc none = {0};
    set_up(&forward, pool(SC_OP_MAXPOOL2D, 1, 2, x, none, none, window, false));
    sc_reference_run(&forward.job);
    set_up(&backward, pool(SC_OP_MAXPOOL2D_GRAD, 2, 1, forward.desc.tensor[1],
                           forward.desc.tensor[2], x, window, false));
    memcpy(backward.value[1], forward.value[2], sizeof forward.value[2]);
    sc_reference_run(&backward.job);
    expect_gradient(&forward, 0, backward.value[0], backward.value[2]);
    for (int counted = 0; counted < 2; counted++) {
        set_up(&forward, pool(SC_OP_AVGPOOL2D, 1, 1, x, none, none, window, counted));
        set_up(&backward,
               pool(SC_OP_AVGPOOL2D_GRAD, 1, 1, forward.desc.tensor[1], x, none, window, counted));
        sc_reference_run(&backward.job);
        expect_gradient(&forward, 0, backward.value[0], backward.value[1]);
    }
}

Test(reference, pooling_gradients) {
    check_pool(F32N(2, 2, 4, 6), build_window(2, 2, 1, 0));
    check_pool(F32N(2, 1, 5, 5), build_window(3, 1, 1, 1));
    check_pool(F32N(2, 1, 6, 5), build_window(2, 1, 2, 0));
}

Test(reference, softmax_gradients) {
    static bench forward, backward;
    for (int log_form = 0; log_form < 2; log_form++) {
        sc_op_desc desc = build(SC_OP_SOFTMAX, 1, 1, F32N(2, 3, 5));
        desc.attr.softmax.log = log_form;
        set_up(&forward, desc);
        sc_reference_run(&forward.job);
        desc = build(SC_OP_SOFTMAX_GRAD, 2, 1, F32N(2, 3, 5), F32N(2, 3, 5));
        desc.attr.softmax.log = log_form;
        set_up(&backward, desc);
        memcpy(backward.value[0], forward.value[1], sizeof forward.value[1]);
        sc_reference_run(&backward.job);
        expect_gradient(&forward, 0, backward.value[1], backward.value[2]);
    }
}

Test(reference, layer_norm_gradient) {
    static bench forward, backward;
    sc_op_desc desc = build(SC_OP_LAYER_NORM, 3, 3, F32N(2, 3, 5), F32(5), F32(5));
    desc.attr.layer_norm.epsilon = 0.25f;
    set_up(&forward, desc);
    sc_reference_run(&forward.job);
    set_up(&backward, build(SC_OP_LAYER_NORM_GRAD, 5, 1, F32N(2, 3, 5), F32(5), F32N(2, 3, 5),
                            F32N(2, 3, 1), F32N(2, 3, 1)));
    for (int i = 0; i < 2; i++)
        memcpy(backward.value[i], forward.value[i], sizeof forward.value[i]);
    for (int i = 3; i < 5; i++)
        memcpy(backward.value[i], forward.value[i + 1], sizeof forward.value[i + 1]);
    sc_reference_run(&backward.job);
    expect_gradient(&forward, 0, backward.value[2], backward.value[5]);
}

/* Two heads of three columns; causal, with a query that sees nothing and a short second sample. */
static void check_attention(sc_op op, int by, int result) {
    static bench forward, backward;
    sc_tensor_desc q = F32N(2, 4, 6), k = F32N(2, 5, 6), per_head = F32N(2, 4, 2);
    sc_tensor_desc length = batched(SOCLE_I32, 2, 1, (int64_t[]){2});
    sc_op_desc desc = build(SC_OP_ATTENTION, 4, 2, q, k, k, length);
    desc.attr.attention.heads = 2;
    desc.attr.attention.scale = 0.6f;
    desc.attr.attention.causal = true;
    desc.attr.attention.shift = -1;
    set_up(&forward, desc);
    forward.value[3][0] = 5;
    forward.value[3][1] = 2;
    sc_reference_run(&forward.job);
    sc_op_attr attr = desc.attr;
    desc = build(op, 7, op == SC_OP_ATTENTION_GRAD_KEY ? 2 : 1, q, k, k, q, per_head, per_head,
                 length);
    desc.attr = attr;
    set_up(&backward, desc);
    for (int i = 0; i < 3; i++)
        memcpy(backward.value[i], forward.value[i], sizeof forward.value[i]);
    memcpy(backward.value[4], forward.value[5], sizeof forward.value[5]);
    memcpy(backward.value[6], forward.value[3], sizeof forward.value[3]);
    for (int i = 0; i < 2 * 4 * 2; i++) {
        backward.value[5][i] = 0;
        for (int d = 0; d < 3; d++)
            backward.value[5][i] += backward.value[3][3 * i + d] * forward.value[4][3 * i + d];
    }
    sc_reference_run(&backward.job);
    expect_gradient(&forward, by, backward.value[3], backward.value[7 + result]);
}

Test(reference, attention_gradients) {
    check_attention(SC_OP_ATTENTION_GRAD_QUERY, 0, 0);
    check_attention(SC_OP_ATTENTION_GRAD_KEY, 1, 0);
    check_attention(SC_OP_ATTENTION_GRAD_KEY, 2, 1);
}

Test(reference, cross_entropy_gradient) {
    static bench forward;
    static double gradient[MOST];
    set_up(&forward,
           build(SC_OP_CROSS_ENTROPY, 2, 2, F32N(2, 5), batched(SOCLE_I32, 2, 1, (int64_t[]){2})));
    forward.value[1][0] = 3;
    forward.value[1][1] = 0;
    const double ones[MOST] = {1, 1};
    sc_reference_run(&forward.job);
    memcpy(gradient, forward.value[3], sizeof gradient);
    expect_gradient(&forward, 0, ones, gradient);
}

Test(reference, scatter_add_is_the_gradient_of_gather) {
    static bench forward, backward;
    sc_tensor_desc index = batched(SOCLE_I32, 2, 1, (int64_t[]){2});
    set_up(&forward, build(SC_OP_GATHER, 2, 1, F32(4, 3), index));
    forward.value[1][0] = forward.value[1][1] = 2;
    set_up(&backward, build(SC_OP_SCATTER_ADD, 2, 1, index, F32N(2, 3), F32(4, 1)));
    memcpy(backward.value[0], forward.value[1], sizeof forward.value[1]);
    for (int i = 0; i < 6; i++) backward.value[1][i] = (double)(float)(i - 2.5);
    sc_reference_run(&backward.job);
    expect_gradient(&forward, 0, backward.value[1], backward.value[2]);
}

Test(reference, rows_put_by_hand) {
    static bench b;
    sc_tensor_desc index = batched(SOCLE_I32, 2, 1, (int64_t[]){2});
    set_up(&b, build(SC_OP_PUT_ROWS, 3, 1, F32(3, 2), index, F32N(2, 2)));
    memcpy(b.value[0], (double[]){1, 2, 3, 4, 5, 6}, 6 * sizeof(double));
    memcpy(b.value[1], (double[]){2, 0}, 2 * sizeof(double));
    memcpy(b.value[2], (double[]){10, 20, 30, 40}, 4 * sizeof(double));
    const double both[] = {30, 40, 3, 4, 10, 20}, one[] = {1, 2, 10, 20, 5, 6};
    sc_reference_run(&b.job);
    for (int i = 0; i < 6; i++) SC_EQ(b.value[3][i], both[i]);
    memcpy(b.value[1], (double[]){1, 3}, 2 * sizeof(double));
    sc_reference_run(&b.job);
    for (int i = 0; i < 6; i++) SC_EQ(b.value[3][i], one[i]);
}

Test(reference, matmul_by_hand) {
    static bench b;
    set_up(&b, build(SC_OP_MATMUL, 2, 1, F32(2, 3), F32(3, 1)));
    memcpy(b.value[0], (double[]){1, 2, 3, 4, 5, 6}, 6 * sizeof(double));
    memcpy(b.value[1], (double[]){1, 10, 100}, 3 * sizeof(double));
    sc_reference_run(&b.job);
    SC_EQ(b.value[2][0], 321);
    SC_EQ(b.value[2][1], 654);
    SC_TRUE(b.bound[2][0] > 0 && b.bound[2][0] < 1e-3);
    b.job.whole = true;
    sc_reference_run(&b.job);
    SC_EQ(b.bound[2][0], 0);
    sc_op_desc desc = build(SC_OP_MATMUL, 2, 1, F32(3, 2), F32(1, 3));
    desc.attr.matmul.transpose_a = desc.attr.matmul.transpose_b = true;
    set_up(&b, desc);
    memcpy(b.value[0], (double[]){1, 2, 3, 4, 5, 6}, 6 * sizeof(double));
    memcpy(b.value[1], (double[]){1, 10, 100}, 3 * sizeof(double));
    sc_reference_run(&b.job);
    SC_EQ(b.value[2][0], 531);
    SC_EQ(b.value[2][1], 642);
}

Test(reference, maxima_by_hand) {
    static bench b;
    sc_tensor_desc none = {0};
    set_up(&b, pool(SC_OP_MAXPOOL2D, 1, 2, F32N(2, 1, 2, 2), none, none, build_window(2, 2, 1, 0),
                    false));
    memcpy(b.value[0], (double[]){1, 7, 7, 2, 5, NAN, 9, NAN}, 8 * sizeof(double));
    sc_reference_run(&b.job);
    SC_EQ(b.value[1][0], 7);
    SC_EQ(b.value[2][0], 1);
    SC_TRUE(isnan(b.value[1][1]));
    SC_EQ(b.value[2][1], 1);
    set_up(&b, build(SC_OP_ARGMAX, 1, 1, F32N(2, 4)));
    memcpy(b.value[0], (double[]){1, 3, 3, 2, 5, NAN, 9, NAN}, 8 * sizeof(double));
    sc_reference_run(&b.job);
    SC_EQ(b.value[1][0], 1);
    SC_EQ(b.value[1][1], 1);
}

Test(reference, crops_by_hand) {
    static bench b;
    sc_tensor_desc x = F32N(2, 1, 2, 3), origin = batched(SOCLE_I32, 2, 2, (int64_t[]){2, 3});
    set_up(&b, build(SC_OP_CROP2D, 2, 1, x, origin, F32N(2, 1, 2, 4)));
    memcpy(b.value[0], (double[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 12 * sizeof(double));
    memcpy(b.value[1], (double[]){1, -1, 0, -1, 1, 1}, 6 * sizeof(double));
    const double expected[] = {0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 8};
    sc_reference_run(&b.job);
    for (int i = 0; i < 16; i++) SC_EQ(b.value[2][i], expected[i]);
    memcpy(b.value[1], (double[]){INT32_MIN, 0, 0, 0, INT32_MAX, 1}, 6 * sizeof(double));
    sc_reference_run(&b.job);
    for (int i = 0; i < 16; i++) SC_EQ(b.value[2][i], 0);
}

/* The known answer of Random123 for Philox4x32-10: all ones. */
Test(reference, philox_known_answer) {
    const uint32_t ones = UINT32_MAX, counter[4] = {ones, ones, ones, ones}, key[2] = {ones, ones};
    uint32_t out[4];
    sc_reference_philox(out, counter, key);
    SC_EQ(out[0], 0x408f276d);
    SC_EQ(out[1], 0x41c83b0e);
    SC_EQ(out[2], 0xa20bc7c6);
    SC_EQ(out[3], 0x6d5451fd);
}

Test(reference, errors_are_carried_through_expressions) {
    const sc_launch launch = {.rows = 1};
    const sc_reference_point point = {.launch = &launch};
    sc_expr expr;
    sc_expr_init(&expr);
    int x = sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    int e = sc_expr_add_node(&expr, SC_EXPR_EXP, x, 0, 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SUB, e, sc_expr_const(&expr, 1.0f), 0));
    sc_reference_number in = {0.001, 0}, out;
    sc_reference_expr(&expr, &point, SC_REFERENCE_BOUNDED, true, &in, &out);
    SC_NEAR(out.value, expm1(0.001), 1e-12);
    SC_TRUE(out.error >= 3 * sc_tolerance_ulp(1.001)); /* cancellation keeps the error of exp */
    in.error = 1e-3;
    sc_reference_expr(&expr, &point, SC_REFERENCE_BOUNDED, true, &in, &out);
    SC_TRUE(out.error >= 1e-3 && out.error < 1.1e-3);
    SC_TRUE(!sc_reference_expr_exact(&expr, true));
}
