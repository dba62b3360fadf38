/* SPDX-License-Identifier: Apache-2.0 */
/* The room for a kernel's arguments: it is asked for, and what needs more is declined before the
 * driver sees it. */
#include "device_fixture.h"
#include "opencl/ocl.h"

static void describe(sc_op_desc *desc, sc_expr *expr) {
    sc_expr_init(expr);
    sc_expr_output(
        expr, sc_expr_add_node(expr, SC_EXPR_RELU, sc_expr_input(expr, 0, SC_EXPR_FLOAT), 0, 0));
    *desc = (sc_op_desc){.op = SC_OP_ELEMENTWISE, .inputs = 1, .outputs = 1, .expr = expr};
    desc->tensor[0] = desc->tensor[1] = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){3, 5});
}

Test(arguments, the_device_says_how_much_it_takes) {
    device_fixture f;
    size_t told = 0;
    device_open(&f, "opencl:0", NULL);
    sc_ocl_device *device = sc_ocl_device_of(f.device);
    SC_TRUE(sc_ocl_device_value(device->handle, CL_DEVICE_MAX_PARAMETER_SIZE, &told, sizeof told));
    SC_EQ(device->argument_bytes, told);
    device_close(&f);
}

/* Two buffers with their offsets, and sc_shape_space: exactly that much is enough, a byte less is
 * not. */
Test(arguments, what_takes_more_is_declined) {
    const size_t needed = 2 * (sizeof(cl_mem) + sizeof(cl_ulong)) + 4 * (14 + 6 + 9 + 24 * 6);
    device_fixture f;
    sc_op_desc desc;
    sc_expr expr;
    sc_kernel *kernel;
    device_open(&f, "opencl:0", NULL);
    describe(&desc, &expr);
    sc_ocl_device_of(f.device)->argument_bytes = needed;
    SC_OK(&f.env, sc_prepare(&kernel, f.device, &desc, "thin"));
    sc_kernel_release(kernel);
    device_close(&f); /* or it would find the kernel that it has */
    device_open(&f, "opencl:0", NULL);
    sc_ocl_device_of(f.device)->argument_bytes = needed - 1;
    SC_FAILS(&f.env, sc_prepare(&kernel, f.device, &desc, "thin"), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(f.env.text, "elementwise_thin has 724 bytes of arguments");
    SC_CONTAINS(f.env.text, "takes 723");
    device_close(&f);
}
