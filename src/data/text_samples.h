/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of a text: a window of tokens, and what comes behind it, or behind each token of it. */
#ifndef SC_DATA_TEXT_SAMPLES_H
#define SC_DATA_TEXT_SAMPLES_H

#include "data/preparation.h"

/* Makes a text of the `size` bytes at `text`, behind which is a zero byte: lines end in one
 * newline each, whatever they ended in, and the mark that some editors put before a text is left
 * out. Errors: DATA (a zero byte, not UTF-8; says the line). */
socle_status sc_text_clean(sc_env *env, const char *label, char *text, size_t *size);
/* Files (files.h), each cleaned so, as one text with a zero byte behind it. *text belongs to the
 * caller. */
socle_status sc_text_read_files(char **text, size_t *size, sc_env *env, const char *paths);

/* What is learnt of a text: its vocabulary. `form` says the rest. Errors: DATA. */
socle_status sc_preparation_of_text(sc_preparation *out, sc_env *env, const sc_token_form *form,
                                    const char *label, const char *text, size_t size, size_t most);
/* Column "input" (i32 [length]) of the windows that begin `every` tokens apart, and "label" (i32:
 * the token behind it; or [length], behind each). Errors: DATA (fewer tokens than a sample has). */
socle_status sc_text_samples(sc_dataset **out, const sc_preparation *preparation, const char *label,
                             const char *text, size_t size, int64_t every);
/* One sample without label: the last tokens of a text, which has at least as many. */
socle_status sc_text_last(sc_dataset **out, const sc_preparation *preparation, const char *label,
                          const char *text, size_t size);

#endif
