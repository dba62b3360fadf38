/* SPDX-License-Identifier: Apache-2.0 */
/* Attention and its gradients against the double reference, on every kind of device there is. */
#include "verify_family.h"

static const char *const ops[] = {"attention", "attention_grad_query", "attention_grad_key", NULL};

Test(verify_attention, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_attention, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_attention, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = 15});
}
