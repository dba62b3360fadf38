/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax, its gradient and cross-entropy against the double reference, on every kind of device
 * there is. */
#include "verify_family.h"

static const char *const ops[] = {"softmax", "softmax_grad", "cross_entropy", NULL};

Test(verify_softmax, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_softmax, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_softmax, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = 5});
}
