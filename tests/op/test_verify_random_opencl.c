/* SPDX-License-Identifier: Apache-2.0 */
/* The random sweep at full length: all but products and convolutions on OpenCL. */
#include "verify_random.h"

enum { CASES = 20000 };

VERIFY_RANDOM_OTHERS(VERIFY_RANDOM_OPENCL, CASES)
