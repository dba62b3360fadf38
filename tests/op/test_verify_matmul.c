/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products against the double reference, on every kind of device there is. */
#include "verify_family.h"

static const char *const ops[] = {"matmul", NULL};

Test(verify_matmul, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_matmul, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

/* CLBlast's implementation: test_verify_clblast.c. */
Test(verify_matmul, opencl) {
    family_on_opencl(ops,
                     &(sc_verify_options){.quick = true, .every = 7, .implementation = "packed"});
    family_on_opencl(ops,
                     &(sc_verify_options){.quick = true, .every = 7, .implementation = "plain"});
    family_on_opencl(ops,
                     &(sc_verify_options){.quick = true, .every = 11, .implementation = "tile"});
}
