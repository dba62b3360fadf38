/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is that a command cannot read, by what it begins with: for messages that say what to
 * do with it. */
#ifndef SC_CLI_FOREIGN_H
#define SC_CLI_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sc_foreign {
    const char *begin;
    size_t length;
    const char *what;   /* "a GGUF file" */
    const char *advice; /* to whoever has taken it for weights; "": none */
    bool text;
} sc_foreign;

/* NULL: nothing that is known. */
const sc_foreign *sc_foreign_kind(const unsigned char *head, size_t size);
/* The length of a header that could be, and the brace that it begins with. */
bool sc_may_be_safetensors(const unsigned char *head, size_t size);

#endif
