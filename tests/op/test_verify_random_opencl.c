/* SPDX-License-Identifier: Apache-2.0 */
/* The random sweep at full length: all but products and convolutions on OpenCL. PoCL compiles a
 * program for most cases, which takes 0.35 s of a processor for a random expression, 0.13 s for a
 * reduction and 0.1 s for the others; copies share a few programs. */
#include "verify_random.h"

VERIFY_RANDOM_OPENCL(elementwise, 400)
VERIFY_RANDOM_OPENCL(pool, 500)
VERIFY_RANDOM_OPENCL(reduce, 500)
VERIFY_RANDOM_OPENCL(softmax, 500)
VERIFY_RANDOM_OPENCL(norm, 500)
VERIFY_RANDOM_OPENCL(attention, 200)
VERIFY_RANDOM_OPENCL(index, 500)
VERIFY_RANDOM_OPENCL(copy, 3000)
