/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of a text: a window of tokens, and what comes behind it, or behind each token of it. */
#ifndef SC_DATA_TEXT_SAMPLES_H
#define SC_DATA_TEXT_SAMPLES_H

#include "data/preparation.h"

/* Files (files.h) as one text of UTF-8, which has no zero byte and ends in one. *text belongs to
 * the caller. */
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
