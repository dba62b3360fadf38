/* SPDX-License-Identifier: Apache-2.0 */
/* Every case of every operation on every OpenCL device: minutes of compiling, so not part of a
 * plain ./test. */
#include "verify_family.h"

Test(verify_full, opencl) {
    static const char *const ops[] = {
#define SC_OP(NAME, word, inputs, outputs) #word,
#include "op/op_list.def"
#undef SC_OP
        NULL};
    family_on_opencl(ops, 1);
}
