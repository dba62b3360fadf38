/* SPDX-License-Identifier: Apache-2.0 */
/* What a message says to somebody who wrote a configuration that is wrong: the word that was meant,
 * the place of a key or of a value. */
#ifndef SC_IO_CONFIG_HINT_H
#define SC_IO_CONFIG_HINT_H

#include "base/option.h"
#include "base/text.h"
#include "io/config.h"

/* "; did you mean 'same'?", for the nearest word or those that it is a part of (init: weight_init,
 * bias_init). False: none is near. */
bool sc_config_hint_near(sc_text *hint, const char *word, const char *const *words, size_t count);
/* "; known: same, valid", at most 40 of the words. */
void sc_config_list(sc_text *hint, const char *const *words, size_t count);
/* The one, or where nothing is near the other. */
void sc_config_hint(sc_text *hint, const char *word, const char *const *words, size_t count);

/* The table by which the whole tree is read: a key that is unknown where it stands may belong
 * elsewhere. NULL until it is set. */
void sc_config_describe(sc_config *config, const sc_record *table);
const sc_record *sc_config_table(const sc_config *config);

/* Where `status` is CONFIG, and its text begins with the path of a value of this tree, as of code
 * that knows no file ("train.schedule: ..."): puts the place before it. Returns `status`. */
socle_status sc_config_place(const sc_config *config, socle_status status);

#endif
