/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions against the double reference, on every kind of device there is. */
#include "verify_family.h"

static const char *const ops[] = {"reduce", NULL};

Test(verify_reduce, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_reduce, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_reduce, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = 17});
}
