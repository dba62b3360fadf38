/* SPDX-License-Identifier: Apache-2.0 */
/* Names from files we do not trust, made fit for a message: control bytes (a terminal would obey
 * them) and what is not UTF-8 become '?', long names are cut. */
#ifndef SC_IO_QUOTE_H
#define SC_IO_QUOTE_H

#include "base/text.h"

enum { SC_QUOTED = 84 };

typedef struct sc_quoted {
    char text[SC_QUOTED];
} sc_quoted;

sc_quoted sc_quote(const char *name);
/* Adds a name uncut: control characters as C writes them, "\n", "\x1b", and bytes that are not
 * UTF-8 as "\xff". */
void sc_quote_whole(sc_text *out, const char *name);
bool sc_is_utf8(const char *text);
size_t sc_utf8_bytes(const char *text); /* how many bytes from its beginning are UTF-8 */

#endif
