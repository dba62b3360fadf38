/* SPDX-License-Identifier: Apache-2.0 */
/* The random sweep at full length: an hour, so not part of a plain ./test. */
#include "verify_random.h"

enum { CASES = 20000 };

VERIFY_RANDOM(CASES, CASES)
