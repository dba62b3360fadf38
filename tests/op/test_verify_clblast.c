/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products of CLBlast: that we call it rightly, with every transpose, alone and in batches.
 * PoCL takes longer to compile its kernels than all of ours, so this program goes without the
 * optimizer; with it, test_verify_full.c runs them. */
#include "verify_family.h"

static const char *const ops[] = {"matmul", NULL};

Test(verify_clblast, opencl) {
    family_on_opencl(ops,
                     &(sc_verify_options){.quick = true, .every = 9, .implementation = "clblast"});
}
