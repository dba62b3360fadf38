/* SPDX-License-Identifier: Apache-2.0 */
/* How everything that can be configured is described: a record lists options (key, type, range,
 * help), each at an offset of a C struct; a family lists records, of which one is chosen by its
 * word ("conv2d", "adam"). Reading, writing, checks, help, the reference and the JSON schema all
 * come from these tables (io/record.h, src/cli). Knows no JSON, no layer and no key by name. */
#ifndef SC_BASE_OPTION_H
#define SC_BASE_OPTION_H

#include "base/env.h"

typedef struct sc_record sc_record;
typedef struct sc_family sc_family;

typedef enum sc_option_type {
    SC_OPTION_INTEGER, /* int */
    SC_OPTION_LONG,    /* int64_t */
    SC_OPTION_FLOAT,   /* float */
    SC_OPTION_DOUBLE,  /* double; NaN: none */
    SC_OPTION_BOOL,    /* bool */
    SC_OPTION_WORD,    /* const char *: one of `words`, the table's own text; NULL: none */
    SC_OPTION_TEXT,    /* const char *: borrowed from the configuration; NULL: none */
    SC_OPTION_NAME,    /* the same: letters, digits, '_', '-' and '.' */
    SC_OPTION_PATH,    /* char *: a file, owned (sc_record_release); NULL: none */
    SC_OPTION_PATHS,   /* the same of one or several, a path per line; each may be a pattern */
    SC_OPTION_PAIR, /* int[2]: 3, or [3, 5] (height, width); 0, 0 by default: the kind settles it */
    SC_OPTION_SHAPE,   /* socle_shape, where it is held: a whole number or a list of up to `most` */
    SC_OPTION_PADDING, /* sc_padding: same, valid, N, [vertical, horizontal] or [top, bottom, left,
                          right] */
    SC_OPTION_KIND,    /* a struct that begins with the word (const char *) of a record of `family`,
                          which describes the rest */
    SC_OPTION_SECTION, /* a mapping that `record` describes; its offsets count from this option's */
    /* Checked by the table, taken from the configuration by whoever needs them: */
    SC_OPTION_NUMBERS, /* a list of numbers, one of them above 0 where none may be below; in a
                          struct sc_numbers, up to SC_OPTION_MOST of them */
    SC_OPTION_NAMES,   /* a name, or a list of `least` to `most` */
    SC_OPTION_MAP, /* a mapping of texts to texts; with a family, of names to lists of its kinds */
    SC_OPTION_LIST /* a list, each member a mapping that `record` describes or a kind of `family`;
                      where there may be none of these, one stands for a list of it */
} sc_option_type;

enum { SC_OPTION_MOST = 32, SC_FAMILY_MOST_WORDS = 96, SC_NAME_MOST = 100 };
#define SC_OPTION_ELSEWHERE ((size_t)-1) /* in place of an offset: not in the struct */

typedef enum sc_padding_way {
    SC_PADDING_VALID,
    SC_PADDING_SAME,
    SC_PADDING_EXPLICIT
} sc_padding_way;
typedef struct sc_padding {
    sc_padding_way way;
    int size[4]; /* explicit: top, bottom, left, right */
} sc_padding;

typedef struct sc_numbers {
    int count;
    float value[SC_OPTION_MOST];
} sc_numbers;

/* What a value has to do with the identity of a run. */
typedef enum sc_option_identity {
    SC_RUN_MAY_CHANGE,
    SC_RUN_SAMPLES, /* decides which samples make which step, and what they look like: a run goes on
                       with the same alone */
    SC_RUN_SCORES,  /* decides which epoch is best: a run goes on with the same alone */
    SC_RUN_ROUNDING /* decides in which parts a step is summed: a run that goes on with another one
                       is not the same to the bit */
} sc_option_identity;

typedef struct sc_word {
    const char *word, *help;
    const char *aliases; /* words of other systems for the same, with spaces between them */
} sc_word;

typedef struct sc_option {
    const char *key;
    sc_option_type type;
    size_t offset; /* into the struct; SC_OPTION_ELSEWHERE */
    const char *help;
    double minimum, maximum;
    bool below;         /* the maximum itself is out of range */
    bool required;      /* a configuration must give it */
    const char *unless; /* or one of these keys in its place, with spaces between them */
    bool shorthand;     /* a value in place of the mapping is this option's: dense: 128 */
    bool names_kind;    /* each of `words` is a kind of its own: relu is activation: relu */
    int least, most;    /* members of a list */
    const char *unit;
    const char *aliases;
    const char *standard; /* what its absence means, where the record's defaults do not tell */
    const char *example;  /* a value as it stands behind the key */
    const sc_word *words; /* ended by a NULL word */
    const sc_family *family;
    const sc_record *record;
    sc_option_identity identity;
} sc_option;

struct sc_record {
    const char *word; /* "conv2d"; of a section its path: "train.checkpoint" */
    const char *help, *aliases;
    /* Of what `socle explain` explains. Formula and derivative are for people, where none is
     * computed with; NULL: those of its row. */
    const char *formula, *derivative, *use;
    const char *source; /* NULL: the help names it, in parentheses */
    const sc_option *options;
    int count;
    const void *standard; /* the struct with its default values; NULL: zeros */
    size_t size;          /* of the struct; 0: the record is part of a larger one */
};

struct sc_family {
    const char *what;    /* "layer" */
    const char *example; /* "relu or {dense: 128}" */
    const char *help;
    const char *foreign; /* well-known words of which Socle has none, with spaces between them: no
                            nearest word is offered */
    const sc_record *const *record; /* ended by NULL */
    const sc_record *common;        /* options that each has beside its own; NULL: none */
};

/* One of the words of a text in which spaces separate them. NULL texts have none. */
bool sc_is_among(const char *words, const char *word);

/* 1 to SC_NAME_MOST letters, digits, '_', '-' and '.'. Errors: CONFIG. */
socle_status sc_name_check(sc_env *env, const char *name);

/* By key or alias; NULL: there is none. A record's own option comes before the common one. */
const sc_option *sc_option_find(const sc_record *record, const sc_record *common, const char *key);
/* All options by number: the record's, then those of `common` (may be NULL) that it does not
 * replace. NULL behind the last. */
const sc_option *sc_option_at(const sc_record *record, const sc_record *common, int number);
/* The option that a bare value stands for; NULL: there is none. */
const sc_option *sc_option_main(const sc_record *record, const sc_record *common);
const sc_option *sc_option_naming(const sc_record *record); /* whose words are kinds of their own;
                                                               NULL: none */
const sc_word *sc_option_word(const sc_option *option, const char *word); /* by word or alias */
const void *sc_option_standard(const sc_record *record, const sc_option *option); /* its default;
                                                                                     NULL: zero, or
                                                                                     elsewhere */

/* By word or alias. *named: the word of its option that names kinds, where that was given; else
 * NULL. */
const sc_record *sc_family_find(const sc_family *family, const char *word, const char **named);
/* Whether a word names a record itself, whatever options name kinds. */
bool sc_family_has(const sc_family *family, const char *word);
/* Words of all records, then those of options that name further kinds; at most
 * SC_FAMILY_MOST_WORDS. */
size_t sc_family_words(const sc_family *family, const char *words[SC_FAMILY_MOST_WORDS]);

/* Fills a struct with a record's defaults. */
void sc_record_defaults(void *out, const sc_record *record);
/* The values of a struct that code has filled: in range, words known; words become the tables' own,
 * so that the caller's need not live on. Errors: CONFIG ("units: must be 1 to ..., not 0"). */
socle_status sc_record_check(sc_env *env, const sc_record *record, void *data);

#endif
