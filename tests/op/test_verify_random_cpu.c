/* SPDX-License-Identifier: Apache-2.0 */
/* The random sweep at full length: on the cpu device all families but convolutions, which take as
 * long as all others (test_verify_random_conv.c). */
#include "verify_random.h"

enum { CASES = 20000 };

VERIFY_RANDOM_CPU(matmul, CASES)
VERIFY_RANDOM_OTHERS(VERIFY_RANDOM_CPU, CASES)
