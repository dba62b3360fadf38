/* SPDX-License-Identifier: Apache-2.0 */
/* The random sweep at full length: convolutions and their gradients on the cpu device. */
#include "verify_random.h"

enum { CASES = 20000 };

VERIFY_RANDOM_CPU(conv, CASES)
