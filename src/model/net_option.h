/* SPDX-License-Identifier: Apache-2.0 */
/* One option of a layer between its JSON value and the options record, in both directions; and the
 * message for a word that is in no table. Shared by the files behind net_config.h. */
#ifndef SC_MODEL_NET_OPTION_H
#define SC_MODEL_NET_OPTION_H

#include "model/net_config.h"
#include "nn/word.h"

/* Reads object[key], which is there, into the record. `key` is the option's own, or the layer's
 * word for a main option. */
socle_status sc_option_read(sc_layer_options *out, const sc_config *config, const json_t *object,
                            const char *key, const sc_option *option);
/* A new value; NULL when there is no memory. */
json_t *sc_option_value(const sc_layer_options *options, const sc_option *option);

/* "unknown layer 'convd'; did you mean 'conv2d'?" at a member of `container`, or, with key NULL, at
 * element `index` of a list. A word that means something Socle does not have gets no nearest one,
 * which would be another function. */
socle_status sc_fail_unknown(const sc_config *config, const json_t *container, const char *key,
                             size_t index, sc_word_group group, const char *word,
                             const char *const *words, size_t count);
size_t sc_count_words(const char *const *words); /* up to the NULL */

#endif
