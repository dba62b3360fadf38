/* SPDX-License-Identifier: Apache-2.0 */
/* The copy family against the double reference, on every kind of device there is. */
#include "verify_family.h"

static const char *const ops[] = {"permute", "slice", "concat", "pad", "crop2d", "reorder", NULL};

Test(verify_copy, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_copy, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_copy, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = 9});
}
