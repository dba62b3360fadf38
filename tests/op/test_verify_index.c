/* SPDX-License-Identifier: Apache-2.0 */
/* Gather, scatter-add, put-rows and argmax against the double reference, on every kind of device
 * there is. */
#include "verify_family.h"

static const char *const ops[] = {"gather", "scatter_add", "put_rows", "argmax", NULL};

Test(verify_index, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_index, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_index, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = 5});
}
