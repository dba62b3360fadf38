/* SPDX-License-Identifier: Apache-2.0 */
/* The random sweep at full length: products and convolutions on OpenCL. With what PoCL compiles, a
 * case takes 0.5 s of a processor and 0.2 s. */
#include "verify_random.h"

VERIFY_RANDOM_OPENCL(matmul, 250)
VERIFY_RANDOM_OPENCL(conv, 600)
