/* SPDX-License-Identifier: Apache-2.0 */
/* How a number is rounded where it is stored as f32, f16 or bf16: by the definition of the types,
 * in doubles. Shares nothing with a driver. */
#ifndef SC_VERIFY_STORAGE_H
#define SC_VERIFY_STORAGE_H

#include "op/op.h"

/* The number of the type nearest to `value`, ties to even; an infinity beyond the largest. */
double sc_storage_round(int dtype, double value);
/* Half of the distance of the type's numbers around `value`: the most that rounding moves it. 0 of
 * integers. */
double sc_storage_half_ulp(int dtype, double value);
/* The largest finite number of the type, and the first that it has no room for: one ulp more. */
double sc_storage_largest(int dtype);
double sc_storage_overflow(int dtype);
/* Bits of a 16-bit float, and back. `value` is one of the type. */
double sc_storage_decode(int dtype, uint16_t bits);
uint16_t sc_storage_encode(int dtype, double value);

/* The same case with its floats, and the places of maxima, stored otherwise: all floats as `dtype`,
 * or each as a number drawn from `mixture` says, where that is not 0. */
struct sc_verify_case;
void sc_storage_case(struct sc_verify_case *test, int dtype, uint64_t mixture);

#endif
