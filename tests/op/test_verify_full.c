/* SPDX-License-Identifier: Apache-2.0 */
/* Every case of every operation on every device, and with any number of threads: minutes of
 * compiling, so not part of a plain ./test. */
#include "verify_family.h"

static const char *const ops[] = {
#define SC_OP(NAME, word, inputs, outputs) #word,
#include "op/op_list.def"
#undef SC_OP
    NULL};

Test(verify_full, cpu) {
    family_on_cpu(ops, false);
}

Test(verify_full, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, false);
}

Test(verify_full, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.every = 1});
}
