/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and JSON values as text, the same on every locale: the shortest decimal that reads back
 * as the same double. jansson alone would print 0.1 as 0.10000000000000001. */
#ifndef SC_IO_JSON_TEXT_H
#define SC_IO_JSON_TEXT_H

#include "base/text.h"

#include <jansson.h>

enum { SC_NUMBER_TEXT = 32 };

/* "null" where the value is not finite. Always reads back as a real: 1 becomes "1.0". */
void sc_number_text(char out[SC_NUMBER_TEXT], double value);
/* The double with the shortest decimal that reads back as the same float: 0.9 for 0.9f. */
double sc_number_of_float(float value);
/* The whole of `text` as a decimal number, whatever the locale; false if it is none. May give
 * infinity. */
bool sc_number_parse(double *out, const char *text);
/* Appends `value`; `indent` spaces per level, 0 = one line. */
void sc_json_text(sc_text *out, const json_t *value, int indent);

#endif
