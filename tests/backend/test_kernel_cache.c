/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared kernels are shared: equal operations get one kernel, unlike ones do not, plans find what
 * others prepared, what nobody uses stays for a while, and all goes with the device. */
#include "backend/kernel_cache.h"
#include "backend/null.h"
#include "nn/lanes.h"
#include "plan_fixture.h"
#include "sc_device_bodies.h"

/* A product of [rows, 4] and [4, columns]. */
static sc_op_desc product(int64_t rows, int64_t columns) {
    sc_op_desc desc = {.op = SC_OP_MATMUL, .inputs = 2, .outputs = 1};
    desc.tensor[0] = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){rows, 4});
    desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){4, columns});
    desc.tensor[2] = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){rows, columns});
    return desc;
}

static sc_op_desc scaling(sc_expr *expr, float factor) {
    sc_op_desc desc = {.op = SC_OP_ELEMENTWISE, .inputs = 1, .outputs = 1, .expr = expr};
    sc_expr_init(expr);
    sc_expr_output(expr, sc_expr_add_node(expr, SC_EXPR_MUL, sc_expr_input(expr, 0, SC_EXPR_FLOAT),
                                          sc_expr_const(expr, factor), 0));
    desc.tensor[0] = desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 1, (const int64_t[]){8});
    return desc;
}

typedef struct null_fixture {
    sc_env env;
    sc_null_counts counts;
    sc_device *device;
} null_fixture;

static void open_null(null_fixture *f) {
    memset(f, 0, sizeof *f);
    sc_env_init(&f->env, NULL, NULL);
    SC_OK(&f->env, sc_null_open(&f->device, &f->env, &f->counts));
}

static sc_kernel *prepared(null_fixture *f, const sc_op_desc *desc) {
    sc_kernel *kernel;
    SC_OK(&f->env, sc_prepare(&kernel, f->device, desc, NULL));
    return kernel;
}

static void check_counts(const null_fixture *f, int kernels, int idle) {
    const sc_prepared now = sc_device_prepared(f->device);
    SC_EQ(now.kernels, kernels);
    SC_EQ(now.idle, idle);
    SC_EQ(now.programs, 0);
    SC_EQ(f->counts.kernels, kernels + idle);
}

Test(kernel_cache, equal_operations_share) {
    null_fixture f;
    sc_expr twice, thrice;
    open_null(&f);
    const sc_op_desc desc[4] = {product(3, 5), product(5, 3), scaling(&twice, 2),
                                scaling(&thrice, 3)};
    sc_kernel *kernel[4];
    check_counts(&f, 0, 0);
    for (int i = 0; i < 4; i++) {
        kernel[i] = prepared(&f, &desc[i]);
        for (int k = 0; k < i; k++) SC_TRUE(kernel[k] != kernel[i]);
    }
    for (int i = 0; i < 4; i++) SC_TRUE(prepared(&f, &desc[i]) == kernel[i]);
    SC_EQ(f.counts.prepares, 4);
    check_counts(&f, 4, 0);
    for (int i = 0; i < 4; i++) sc_kernel_release(kernel[i]);
    check_counts(&f, 4, 0);
    for (int i = 0; i < 4; i++) sc_kernel_release(kernel[i]);
    check_counts(&f, 0, 4);
    SC_TRUE(prepared(&f, &desc[1]) == kernel[1]); /* who asks later finds it */
    check_counts(&f, 1, 3);
    sc_kernel_release(kernel[1]);
    sc_device_close(f.device);
    SC_EQ(f.counts.kernels, 0);
}

/* The idle kernels are bounded; the one that has rested longest goes first. */
Test(kernel_cache, idle_kernels_are_few) {
    null_fixture f;
    open_null(&f);
    for (int i = 0; i < SC_IDLE_KERNELS; i++) {
        const sc_op_desc desc = product(1, i + 1);
        sc_kernel_release(prepared(&f, &desc));
    }
    check_counts(&f, 0, SC_IDLE_KERNELS);
    const sc_op_desc first = product(1, 1), second = product(1, 2), fresh = product(2, 1);
    sc_kernel_release(prepared(&f, &first));
    SC_EQ(f.counts.prepares, SC_IDLE_KERNELS);
    sc_kernel_release(prepared(&f, &fresh));
    check_counts(&f, 0, SC_IDLE_KERNELS);
    sc_kernel_release(prepared(&f, &first));
    SC_EQ(f.counts.prepares, SC_IDLE_KERNELS + 1);
    sc_kernel_release(prepared(&f, &second)); /* had to make room */
    SC_EQ(f.counts.prepares, SC_IDLE_KERNELS + 2);
    sc_device_close(f.device);
    SC_EQ(f.counts.kernels, 0);
}

static socle_status prepare_some(sc_env *env, void *unused) {
    sc_null_counts counts = {0};
    sc_device *device;
    sc_kernel *kernel[3] = {NULL};
    socle_status status = SOCLE_OK;
    (void)unused;
    SC_TRY(sc_null_open(&device, env, &counts));
    for (int i = 0; i < 3 && status == SOCLE_OK; i++) {
        const sc_op_desc desc = product(1 + i / 2, 2);
        status = sc_prepare(&kernel[i], device, &desc, NULL);
    }
    for (int i = 0; i < 3; i++) sc_kernel_release(kernel[i]);
    sc_device_close(device);
    SC_EQ(counts.kernels, 0);
    return status;
}

Test(kernel_cache, survives_refused_allocations) {
    sc_test_each_allocation(prepare_some, NULL);
}

/* The same operation by another implementation is another kernel. */
static void implementations_differ(const char *name) {
    device_fixture f;
    sc_expr twice;
    device_open(&f, name, NULL);
    const sc_op_desc desc = scaling(&twice, 2);
    sc_kernel *best, *plain, *again;
    const char *reference = NULL;
    for (const sc_implementation *const *list = f.device->implementations; *list; list++)
        if ((*list)->op == SC_OP_ELEMENTWISE) reference = (*list)->name;
    SC_OK(&f.env, sc_prepare(&best, f.device, &desc, NULL));
    SC_OK(&f.env, sc_prepare(&plain, f.device, &desc, reference));
    SC_OK(&f.env, sc_prepare(&again, f.device, &desc, sc_kernel_name(best)));
    SC_TRUE(again == best);
    SC_EQ(plain == best, strcmp(reference, sc_kernel_name(best)) == 0);
    sc_kernel_release(best);
    sc_kernel_release(plain);
    sc_kernel_release(again);
    device_close(&f);
}

Test(kernel_cache, implementations_differ_cpu) {
    implementations_differ("cpu");
}

SC_OPENCL_BODY(implementations_differ)

/* y = x w, twice the same weights' shape: one kernel for both launches and both plans. */
static void make_plan(plan_fixture *p, device_fixture *f) {
    enum { ROWS = 6, SIDE = 16 };
    plan_begin(p, f, ROWS);
    sc_value y = plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 2, (int64_t[]){ROWS, SIDE});
    for (int layer = 0; layer < 3; layer++) {
        sc_value w =
            plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, 2, (int64_t[]){SIDE, SIDE});
        sc_value inputs[2] = {y, w};
        sc_graph_append(p->graph, SC_OP_MATMUL, NULL, NULL, 2, inputs, 1, &y);
    }
    plan_output(p, y, SC_LANE_OUTPUTS);
    SC_OK(&f->env, plan_make(p, NULL));
}

static void plans_share(const char *name) {
    device_fixture f;
    plan_fixture first, second;
    device_open(&f, name, NULL);
    make_plan(&first, &f);
    SC_EQ(sc_plan_launches(first.plan) - sc_plan_sizes(first.plan).packs, 3);
    SC_EQ(sc_device_prepared(f.device).kernels, 1);
    make_plan(&second, &f);
    SC_EQ(sc_device_prepared(f.device).kernels, 1);
    plan_end(&first);
    SC_EQ(sc_device_prepared(f.device).kernels, 1);
    plan_end(&second);
    SC_EQ(sc_device_prepared(f.device).kernels, 0);
    SC_EQ(sc_device_prepared(f.device).idle, 1);
    device_close(&f);
}

Test(kernel_cache, plans_share_cpu) {
    plans_share("cpu");
}

SC_OPENCL_BODY(plans_share)

SC_OPENCL_BODIES(kernel_cache)
