/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison of one output of one launch on two devices; for check.c. */
#ifndef SC_BACKEND_CHECK_COMPARE_H
#define SC_BACKEND_CHECK_COMPARE_H

#include "backend/backend.h"

/* Reads the first `rows` rows (all of an unbatched tensor) of operand `number` from both queues,
 * and compares as check.h says. */
socle_status sc_check_compare(sc_env *env, sc_queue *const queue[2], const sc_operand at[2],
                              const sc_op_desc *desc, int number, int64_t rows, double relative,
                              double absolute, const char *first, const char *second);

#endif
