/* SPDX-License-Identifier: Apache-2.0 */
/* Words that people bring along from other systems: those that mean one of ours ("swish" is silu),
 * and those that mean something Socle does not have ("elu"), for which the nearest of our words
 * would be another function. One table; what our own words are, the tables of layers, losses and
 * optimizers say. */
#ifndef SC_NN_WORD_H
#define SC_NN_WORD_H

#include <stdbool.h>

typedef enum sc_word_group {
    SC_WORD_NAME, /* given by the user: no other word means the same */
    SC_WORD_LAYER,
    SC_WORD_LOSS,
    SC_WORD_OPTIMIZER,
    SC_WORD_INITIALIZER,
    SC_WORD_OPTION, /* of a layer or an optimizer */
    SC_WORD_KEY     /* of the other sections of a configuration: values alone, no sections */
} sc_word_group;

typedef struct sc_word_alias {
    sc_word_group group;
    const char *alias;
    const char *word; /* ours; NULL: Socle has nothing of that kind */
} sc_word_alias;

/* Ended by an alias of NULL. */
const sc_word_alias *sc_word_aliases(void);
/* Our word for an alias; `word` itself where it is none. */
const char *sc_word_meant(sc_word_group group, const char *word);
/* Something well known that Socle does not have. */
bool sc_word_is_foreign(sc_word_group group, const char *word);

#endif
