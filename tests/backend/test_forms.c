/* SPDX-License-Identifier: Apache-2.0 */
/* Forms for GPUs that sum in the order of the plain form: they give its bits, and where the order
 * is part of the operation's meaning those of the cpu backend. */
#include "device_fixture.h"

enum { MOST = 1 << 17 };

/* Runs `desc` on the device by the implementation. Result: its first output, in `out`. */
static void run(const char *device, const char *implementation, const sc_op_desc *desc,
                void *const *inputs, float *out, int64_t rows) {
    device_fixture f;
    sc_kernel *kernel;
    void *data[SC_MAX_OPERANDS];
    const sc_launch launch = {.rows = rows};
    device_open(&f, device, NULL);
    for (int i = 0; i < desc->inputs; i++) data[i] = inputs[i];
    data[desc->inputs] = out;
    SC_OK(&f.env, sc_prepare(&kernel, f.device, desc, implementation));
    device_run(&f, kernel, desc, data, &launch);
    sc_kernel_release(kernel);
    device_close(&f);
}

/* Forms of a device against one of its own, or against the best one of cpu (NULL). */
static void same_bits(const sc_op_desc *desc, const char *device, const char *form,
                      const char *const *forms, void *const *inputs, int64_t rows) {
    static float standard[MOST], found[MOST];
    const size_t bytes = sc_tensor_bytes(&desc->tensor[desc->inputs]);
    SC_TRUE(bytes <= sizeof standard);
    memset(standard, 0xff, bytes);
    run(form ? device : "cpu", form, desc, inputs, standard, rows);
    for (; *forms; forms++) {
        SC_REPRO("%s %s", sc_op_word(desc->op), *forms);
        memset(found, 0xff, bytes);
        run(device, *forms, desc, inputs, found, rows);
        SC_EQ_MEMORY(found, standard, bytes);
    }
}

/* Few entries with long sums, entries without rows, and rows that name none. */
static void scatter(int64_t table, int64_t rows, int64_t columns) {
    static const char *const forms[] = {"thin", "wide", "sorted", NULL};
    static float source[MOST];
    static int index[MOST];
    sc_op_desc desc = {.op = SC_OP_SCATTER_ADD, .inputs = 2, .outputs = 1};
    void *const inputs[] = {index, source};
    desc.tensor[0] = sc_tensor_make(SOCLE_I32, 1, 1, &rows);
    desc.tensor[1] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){rows, columns});
    desc.tensor[2] = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){table, columns});
    SC_TRUE(rows * columns <= MOST);
    device_fill(source, (size_t)(rows * columns), 5);
    for (int64_t i = 0; i < rows; i++) index[i] = (int)(i * i * 7919 % (table + table / 8)) - 1;
    same_bits(&desc, "opencl:0", NULL, forms, inputs, rows);
    same_bits(&desc, "opencl:0", NULL, forms, inputs, rows / 3);
}

Test(forms, scatter_add_adds_in_the_order_of_the_rows) {
    scatter(8, 3000, 5);
    scatter(3000, 2500, 17);
    scatter(70000, 900, 1);
}

/* `filters` to each of three channels, which are groups. */
static void depthwise(const char *device, const char *form, sc_op op, int64_t filters, int64_t size,
                      int stride, int dilation) {
    static const char *const forms[] = {"planes", NULL};
    static float data[2][MOST];
    void *const inputs[] = {data[0], data[1]};
    sc_op_desc desc = {.op = SC_OP_CONV2D, .inputs = 2, .outputs = 1};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    desc.attr.conv.groups = 3;
    desc.attr.conv.window =
        (sc_window){{3, 2}, {stride, stride}, {dilation, 1}, {dilation, 1}, {dilation, 0}};
    desc.tensor[0] = sc_tensor_make(SOCLE_F32, 1, 4, (const int64_t[]){5, 3, size, size + 3});
    desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 4, (const int64_t[]){3 * filters, 1, 3, 2});
    SC_OK(&env, sc_op_infer(&env, &desc));
    desc.op = op;
    if (op == SC_OP_CONV2D_GRAD_INPUT) {
        const sc_tensor_desc x = desc.tensor[0];
        desc.tensor[0] = desc.tensor[2];
        desc.tensor[2] = x;
    }
    device_fill(data[0], MOST, 3);
    device_fill(data[1], MOST, 4);
    same_bits(&desc, device, form, forms, inputs, 5);
    same_bits(&desc, device, form, forms, inputs, 4);
}

static void depthwise_passes(const char *device, const char *form) {
    for (int op = SC_OP_CONV2D; op <= SC_OP_CONV2D_GRAD_INPUT; op++) {
        depthwise(device, form, (sc_op)op, 1, 6, 1, 1);
        depthwise(device, form, (sc_op)op, 2, 35, 1, 2);
        depthwise(device, form, (sc_op)op, 2, 19, 2, 1);
        depthwise(device, form, (sc_op)op, 1, 17, 3, 2);
    }
}

Test(forms, convolutions_by_planes_sum_in_the_order_of_the_plain_ones) {
    depthwise_passes("opencl:0", "plain");
}

Test(forms, convolutions_by_planes_sum_in_the_order_of_tiles_on_cpu) {
    depthwise_passes("cpu", "direct");
}
