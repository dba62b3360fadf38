/* SPDX-License-Identifier: Apache-2.0 */
/* Layer normalisation and its gradient against the double reference, on every kind of device there
 * is. */
#include "verify_family.h"

static const char *const ops[] = {"layer_norm", "layer_norm_grad", NULL};

Test(verify_norm, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_norm, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_norm, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = 7});
}
