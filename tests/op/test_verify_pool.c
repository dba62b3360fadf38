/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling and its gradients against the double reference, on every kind of device there is. */
#include "verify_family.h"

static const char *const ops[] = {"maxpool2d", "maxpool2d_grad", "avgpool2d", "avgpool2d_grad",
                                  NULL};

Test(verify_pool, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_pool, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_pool, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = 7});
}
