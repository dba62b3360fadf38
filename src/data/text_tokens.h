/* SPDX-License-Identifier: Apache-2.0 */
/* Text as whole numbers: characters or words, by a vocabulary that was learnt of a text. Number 0
 * is whatever the vocabulary has not. Knows no files and no samples. */
#ifndef SC_DATA_TEXT_TOKENS_H
#define SC_DATA_TEXT_TOKENS_H

#include "base/arena.h"
#include "base/option.h"

enum { SC_VOCABULARY = 1 << 20 }; /* tokens at most */

extern const sc_word sc_token_kinds[]; /* character, word */

typedef struct sc_vocabulary {
    const char *by;     /* of these words; NULL: there is none */
    const char **token; /* 1 to count - 1, in the order of bytes; token[0] is "" */
    size_t count;
} sc_vocabulary;

/* The bytes of the next token of text[*at, size); *at moves behind it. 0: the text is over. A
 * character is one of UTF-8; a word is a run of letters and digits, of UTF-8 beyond ASCII too, or
 * one other character; spaces between words are passed over, but not ends of lines. Bytes that are
 * no UTF-8 are characters of their own. */
size_t sc_text_token_next(const char *text, size_t size, size_t *at, const char *by);

/* The tokens of a text, those that come most often where there are more than `most` (0: all).
 * Memory is the arena's. Errors: DATA (no token, too many). */
socle_status sc_vocabulary_learn(sc_vocabulary *out, sc_arena *arena, sc_env *env,
                                 const char *label, const char *text, size_t size, const char *by,
                                 size_t most);
/* The number of a token of `length` bytes. */
int32_t sc_vocabulary_find(const sc_vocabulary *vocabulary, const char *token, size_t length);
/* All numbers of a text; *out belongs to the caller. */
socle_status sc_vocabulary_apply(int32_t **out, size_t *count, sc_env *env,
                                 const sc_vocabulary *vocabulary, const char *text, size_t size);

#endif
