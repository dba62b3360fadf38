/* SPDX-License-Identifier: Apache-2.0 */
/* A device made of two: everything happens on both, and after each launch their results are
 * compared. The first difference stops with WRONG_RESULT, naming the operation, both
 * implementations and the element. Whole networks run on it unchanged. */
#ifndef SC_BACKEND_CHECK_H
#define SC_BACKEND_CHECK_H

#include "backend/backend.h"

/* Floats may differ by `relative` times the largest magnitude in the tensor, or by `absolute` (sums
 * that cancel); both 0: equal bits but for NaN payloads. Integers must be equal. Both devices stay
 * the caller's and must outlive this one; they share `env`'s thread. */
socle_status sc_check_open(sc_device **out, sc_env *env, sc_device *first, sc_device *second,
                           double relative, double absolute);
/* The place on the first (0) or second (1) device behind a place on the check device. */
sc_operand sc_check_side(sc_operand operand, int side);
/* Launches compared so far. */
int64_t sc_check_compared(const sc_device *check);

#endif
