/* SPDX-License-Identifier: Apache-2.0 */
/* The random sweep at full length: every family on the cpu device. */
#include "verify_random.h"

enum { CASES = 20000 };

VERIFY_RANDOM_PRODUCTS(VERIFY_RANDOM_CPU, CASES)
VERIFY_RANDOM_OTHERS(VERIFY_RANDOM_CPU, CASES)
