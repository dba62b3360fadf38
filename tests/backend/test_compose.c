/* SPDX-License-Identifier: Apache-2.0 */
/* Composites: an operation, then its tail as a launch of its own, gives the bits of the fused form,
 * for every operation that takes tails and on every device; and a composite is built where only the
 * tail stands in the way. */
#include "device_fixture.h"

enum { ROWS = 5, MOST = 4096 };

/* relu(0.5 * result + bias) - residual, bias broadcast, and dropout of it: an operand of each kind
 * and random numbers. */
static void make_tail(sc_expr *tail) {
    sc_expr_init(tail);
    int raw = sc_expr_input(tail, 0, SC_EXPR_FLOAT), bias = sc_expr_input(tail, 1, SC_EXPR_FLOAT),
        residual = sc_expr_input(tail, 2, SC_EXPR_FLOAT);
    int scaled = sc_expr_add_node(tail, SC_EXPR_MUL, raw, sc_expr_const(tail, 0.5f), 0);
    int active = sc_expr_add_node(tail, SC_EXPR_TANH,
                                  sc_expr_add_node(tail, SC_EXPR_ADD, scaled, bias, 0), 0, 0);
    int draw = sc_expr_leaf(tail, SC_EXPR_UNIFORM, 0, 7);
    int kept =
        sc_expr_add_node(tail, SC_EXPR_LT, draw, sc_expr_leaf(tail, SC_EXPR_SCALAR, 2, 0), 0);
    int dropped = sc_expr_add_node(tail, SC_EXPR_SELECT, kept, active, sc_expr_const(tail, 0.0f));
    sc_expr_output(tail, sc_expr_add_node(tail, SC_EXPR_SUB, dropped, residual, 0));
}

static void add_tail(sc_op_desc *desc, const sc_expr *tail, sc_env *env) {
    SC_OK(env, sc_op_infer(env, desc));
    sc_tensor_desc result = desc->tensor[desc->inputs], bias = result;
    for (int d = 0; d < bias.rank; d++)
        if (d != 1) bias.dim[d] = 1;
    bias.rows_per_sample = 0;
    desc->tensor[2] = bias;
    desc->tensor[3] = desc->tensor[4] = result;
    desc->inputs = 4;
    desc->tail = tail;
    SC_OK(env, sc_op_check(env, desc));
}

static sc_op_desc make_desc(sc_op op, const sc_expr *tail, sc_env *env) {
    sc_op_desc desc = {.op = op, .inputs = 2, .outputs = 1};
    desc.attr.conv.window = (sc_window){{3, 3}, {2, 1}, {1, 1}, {1, 1}, {1, 1}};
    desc.attr.conv.groups = 1;
    const int64_t x[4] = {ROWS, 3, 7, 6}, w[4] = {10, 3, 3, 3}, dy[4] = {ROWS, 10, 4, 6},
                  a[2] = {ROWS, 33}, b[2] = {33, 19};
    if (op == SC_OP_MATMUL) {
        memset(&desc.attr, 0, sizeof desc.attr);
        desc.tensor[0] = sc_tensor_make(SOCLE_F32, 1, 2, a);
        desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 2, b);
    } else {
        desc.tensor[0] = sc_tensor_make(SOCLE_F32, 1, 4, op == SC_OP_CONV2D ? x : dy);
        desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 4, w);
        if (op == SC_OP_CONV2D_GRAD_INPUT) desc.tensor[2] = sc_tensor_make(SOCLE_F32, 1, 4, x);
    }
    add_tail(&desc, tail, env);
    return desc;
}

static void run(device_fixture *f, const sc_op_desc *desc, const char *force, const char *expected,
                float *out, int64_t rows) {
    static float data[4][MOST];
    void *operand[5] = {data[0], data[1], data[2], data[3], out};
    sc_kernel *kernel;
    for (int i = 0; i < 4; i++) device_fill(data[i], MOST, (uint32_t)i + 1);
    for (int i = 0; i < MOST; i++) out[i] = -1.0f;
    SC_OK(&f->env, sc_prepare(&kernel, f->device, desc, force));
    SC_EQ_STR(sc_kernel_name(kernel), expected);
    sc_launch launch = {
        .rows = rows, .sample_offset = 11, .step = 5, .seed = 9, .scalar = {[2] = 0.75f}};
    device_run(f, kernel, desc, operand, &launch);
    sc_kernel_release(kernel);
}

static void compare(device_fixture *f, const sc_implementation *fused, const sc_op_desc *desc) {
    static float together[MOST], apart[MOST];
    char name[64];
    const sc_implementation *const *own = f->device->implementations;
    static sc_implementation each[32]; /* stays as long as kernels that were made with it */
    static int made;
    SC_TRUE(made < 32);
    sc_implementation *bare = &each[made++];
    *bare = *fused;
    bare->fuses_tail = false;
    SC_REPRO("%s %s on %s", sc_op_word(fused->op), fused->name, f->device->info.name);
    snprintf(name, sizeof name, "%s+tail", fused->name);
    for (int64_t rows = 0; rows <= ROWS; rows += 2) {
        run(f, desc, fused->name, fused->name, together, rows);
        device_put_first(f, 1, (const sc_implementation *[]){bare}, own);
        run(f, desc, fused->name, name, apart, rows);
        f->device->implementations = own;
        SC_EQ_MEMORY(apart, together, sizeof together);
        SC_TRUE(rows == 0 || together[0] != -1.0f);
    }
}

static void fused_equals_apart(const char *device) {
    device_fixture f;
    sc_expr tail;
    int compared = 0;
    device_open(&f, device, NULL);
    make_tail(&tail);
    const sc_op ops[] = {SC_OP_MATMUL, SC_OP_CONV2D, SC_OP_CONV2D_GRAD_INPUT};
    for (int i = 0; i < 3; i++) {
        if (!sc_test_takes(device, i, 2)) continue;
        sc_op_desc desc = make_desc(ops[i], &tail, &f.env);
        const sc_implementation *const *own = f.device->implementations;
        for (int k = 0; own[k]; k++)
            if (own[k]->op == ops[i] && own[k]->fuses_tail &&
                sc_prepare_fits(f.device, &desc, own[k]->name)) { /* some take special shapes alone
                                                                   */
                compare(&f, own[k], &desc);
                compared++;
            }
    }
    SC_TRUE(compared >= 3);
    device_close(&f);
}

Test(compose, fused_equals_apart_cpu) {
    fused_equals_apart("cpu");
}

Test(compose, fused_equals_apart_opencl) {
    fused_equals_apart("opencl:0");
}

static bool accepts_no_tail(const sc_device *device, const sc_op_desc *desc) {
    (void)device;
    return !desc->tail;
}

/* An implementation that fuses tails but not this one still runs, with the tail behind it. */
Test(compose, a_refused_tail_runs_behind) {
    device_fixture f;
    sc_expr tail;
    static float fused[MOST], apart[MOST];
    device_open(&f, "cpu", NULL);
    make_tail(&tail);
    sc_op_desc desc = make_desc(SC_OP_MATMUL, &tail, &f.env);
    const sc_implementation *packed = device_implementation(f.device, SC_OP_MATMUL, "packed");
    sc_implementation choosy = *packed;
    choosy.accepts = accepts_no_tail;
    run(&f, &desc, "packed", "packed", fused, ROWS);
    device_put_first(&f, 1, (const sc_implementation *[]){&choosy}, f.device->implementations);
    run(&f, &desc, NULL, "packed+tail", apart, ROWS);
    SC_EQ_MEMORY(apart, fused, sizeof fused);
    device_close(&f);
}

static socle_status refuse(sc_kernel **out, sc_device *device,
                           const sc_implementation *implementation, const sc_op_desc *desc,
                           const int *tuning) {
    (void)out, (void)desc, (void)tuning;
    return sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED, "%s refuses", implementation->name);
}

/* When no tail launch can be made, the bare kernel is released (the sanitizers tell) and the
 * reasons name it. */
Test(compose, a_tail_that_nobody_prepares) {
    device_fixture f;
    sc_expr tail;
    sc_kernel *kernel;
    device_open(&f, "cpu", NULL);
    make_tail(&tail);
    sc_op_desc desc = make_desc(SC_OP_MATMUL, &tail, &f.env);
    sc_implementation bare = *device_implementation(f.device, SC_OP_MATMUL, "plain");
    const sc_implementation stubborn = {
        .op = SC_OP_ELEMENTWISE, .name = "stubborn", .prepare = refuse};
    bare.fuses_tail = false;
    device_put_first(&f, 2, (const sc_implementation *[]){&bare, &stubborn}, NULL);
    SC_FAILS(&f.env, sc_prepare(&kernel, f.device, &desc, NULL), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(f.env.text, "stubborn refuses");
    device_put_first(&f, 1, (const sc_implementation *[]){&bare}, NULL);
    SC_FAILS(&f.env, sc_prepare(&kernel, f.device, &desc, NULL), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(f.env.text, "no elementwise implementation takes its tail");
    device_close(&f);
}
