/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values as text; numbers as base/number.h writes them. jansson alone would print 0.1 as
 * 0.10000000000000001. */
#ifndef SC_IO_JSON_TEXT_H
#define SC_IO_JSON_TEXT_H

#include "base/number.h"
#include "base/text.h"

#include <jansson.h>

/* Appends `value`; `indent` spaces per level, 0 = one line. */
void sc_json_text(sc_text *out, const json_t *value, int indent);

#endif
