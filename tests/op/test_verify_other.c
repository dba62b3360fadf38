/* SPDX-License-Identifier: Apache-2.0 */
/* Every family of operations on PoCL's single-threaded device and under oclgrind, which looks for
 * races and accesses out of bounds: minutes of compiling and simulating, so not part of a plain
 * ./test. */
#include "verify_family.h"

#define OTHER(word, every_basic)                                                                   \
    Test(verify_other, word##_on_pocl_basic) {                                                     \
        family_on_basic(&(sc_verify_options){.family = #word, .every = every_basic});              \
    }                                                                                              \
    Test(verify_other, word##_under_oclgrind) {                                                    \
        family_under_oclgrind(&(sc_verify_options){.family = #word});                              \
    }

OTHER(elementwise, 6)
OTHER(matmul, 1)
OTHER(conv, 2)
OTHER(pool, 4)
OTHER(reduce, 2)
OTHER(softmax, 1)
OTHER(norm, 1)
OTHER(attention, 2)
OTHER(index, 1)
OTHER(copy, 1)
