/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text and back, the same in every locale: the shortest decimal that reads back equal.
 */
#ifndef SC_BASE_NUMBER_H
#define SC_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum { SC_NUMBER_TEXT = 32 };

/* "null" where the value is not finite. Always reads back as a real: 1 becomes "1.0". */
void sc_number_text(char out[SC_NUMBER_TEXT], double value);
/* The double with the shortest decimal that reads back as the same float: 0.9 for 0.9f. */
double sc_number_of_float(float value);
/* IEEE binary16, of its bits: sign 1, exponent 5 (bias 15), fraction 10. Each is an f32. */
float sc_number_of_half(uint16_t bits);
/* The whole of `text` as a decimal number, whatever the locale; false if it is none. May give
 * infinity. */
bool sc_number_parse(double *out, const char *text);

#endif
