/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution and its gradients against the double reference, on every kind of device there is. */
#include "verify_family.h"

static const char *const ops[] = {"conv2d", "conv2d_grad_input", "conv2d_grad_weight", NULL};

Test(verify_conv, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_conv, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_conv, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = 13});
}
