/* SPDX-License-Identifier: Apache-2.0 */
/* The random sweep at full length: products and convolutions on OpenCL. */
#include "verify_random.h"

enum { CASES = 20000 };

VERIFY_RANDOM_PRODUCTS(VERIFY_RANDOM_OPENCL, CASES)
