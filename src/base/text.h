/* SPDX-License-Identifier: Apache-2.0 */
/* A growing string: kernel source, option strings, messages. A failed append is remembered, so that
 * building code checks once, at the end. */
#ifndef SC_BASE_TEXT_H
#define SC_BASE_TEXT_H

#include "env.h"

typedef struct sc_text {
    sc_env *env;
    char *data; /* zero-terminated, never NULL after sc_text_init (points at "" before the first
                   append) */
    size_t length, capacity;
    socle_status status;
} sc_text;

void sc_text_init(sc_text *text, sc_env *env);
void sc_text_free(sc_text *text);
void sc_text_clear(sc_text *text); /* keeps the memory, and the failure if there was one */
void sc_text_add(sc_text *text, const char *format, ...) SC_PRINTF(2, 3);
void sc_text_add_bytes(sc_text *text, const char *bytes, size_t length);

/* The nearest of `count` words to `word` by edit distance (at most 3, and half of the word's
 * length), or NULL: for "unknown key X, did you mean Y?". */
const char *sc_nearest_word(const char *word, const char *const *words, size_t count);

#endif
